/* rules/reasons_site.c: reason codes of paths, services, certificates, strength and captures. */
#include "rules/reasons_site.h"

#include <stddef.h>

/* clang-format off */
static const struct reason_word words[] = {
    { "gateway.clear-permitted",
      "The table exempts the leg between Mediation Server and gateway from encryption.",
      "" },
    { "gateway.trunk-undeclared",
      "The policy gives the gateway no trunk class; it was taken for a media gateway on the "
      "internal network.",
      "Write trunk: private, vpn or public at the gateway's entry under hosts:." },
    { "gateway.public-clear",
      "The trunk is declared public, or the gateway is outside the network and no class is "
      "declared. There SIP must be MTLS and media SRTP, both.",
      "Ask the provider for TLS and SRTP, or use a private line or a VPN." },
    { "vpn.rated",
      "The VPN between Mediation Server and provider encrypts at least as strongly as AES with 128 "
      "bits. Where evidence is inferred, the cipher of the data is not in clear: that of the IKE SA "
      "is, and lengths and contents of the packets fit it; or the format of OpenVPN's packets tells; or "
      "DTLS has the signs of AnyConnect's, and the cipher suite is that of its hello.",
      "" },
    { "vpn.not-encrypted",
      "What is inside the tunnel can be read: ESP or OpenVPN without a cipher, integrity (AH) alone, "
      "or L2TP, PPTP or GRE by themselves.",
      "Configure AES-GCM or AES-CBC with 128 bits or more for the data, not only for the key "
      "exchange. Put L2TP and GRE inside IPsec, and replace PPTP: it has no such cipher." },
    { "vpn.weak",
      "The tunnel uses DES, 3DES or another cipher with blocks of 64 bits, or agrees on its keys in "
      "a group below MODP 2048: weaker than AES with 128 bits.",
      "Offer only AES (GCM or CBC, 128 bits or more) or ChaCha20-Poly1305, and groups from MODP 2048, "
      "ECP 256 or Curve25519 on. PPTP knows only RC4: replace it by IPsec." },
    { "vpn.unrated",
      "A tunnel was seen, and nothing tells how strong it is: its key exchange is not in the capture, "
      "too few packets are, or its cipher is not known.",
      "Capture from before the tunnel is set up (restart it), with whole packets." },
    { "vpn.leak",
      "There is a VPN between these two hosts, or they tried to set one up, and the trunk passed "
      "beside it: whatever is outside of the tunnel is not protected by it.",
      "Let the firewall or the VPN policy drop whatever would leave outside of the tunnel." },
    { "vpn.not-around",
      "The trunk is declared to run inside a VPN, but was seen outside of any. If there is no tunnel "
      "in the capture at all, nothing shows that there is a VPN; if there are some between other "
      "hosts, it may enter one of them further on.",
      "Capture behind the VPN appliance; or declare the trunk as what it is (trunk: private or "
      "public)." },
    { "vpn.veiled",
      "TLS or DTLS between the two hosts of a trunk that is declared to run inside a VPN, at no port "
      "of SIP. A VPN of that kind (SSTP, AnyConnect, Fortinet) looks like any other HTTPS or DTLS.",
      "Give overt the key log of the VPN's server (--keylog), which shows what it carries; or capture "
      "behind the VPN." },
    { "vpn.inside-tcp",
      "The tunnel carries its packets in TCP, which sends again what came late: calls suffer from "
      "that. It is no fault of protection.",
      "Run the VPN over UDP." },
    { "trunk.private-contradicted",
      "The trunk is declared private, so its link may carry trunk packets only; another host was "
      "seen on it.",
      "Give the trunk a link of its own (link: names its subnet), or declare it public." },
    { "hop.beyond",
      "The provider carries the message on to its own clients: no capture here shows how.",
      "Ask the provider; keep in mind that it may be readable there." },
    { "service.not-tls",
      "A service that must be TLS was seen without it, by the ports and roles of the two hosts.",
      "Switch the service to TLS with certificates." },
    { "service.not-recognised",
      "The port suggests a service that must be protected; the bytes are not TLS, and overt does not "
      "know them.",
      "Find out what the two hosts exchange there." },
    { "service.login-only",
      "SQL Server encrypts the login packet alone unless one side demands more ([MS-TDS] 2.2.6.5).",
      "Set Force Encryption on the server, or Encrypt=True in the connection string." },
    { "sip.relay-credentials-exposed",
      "The answer of the relay authentication service was readable: its user name and password "
      "let anybody use the media relay, and protect the delivery of media keys.",
      "Carry this SIP hop over TLS (MTLS between servers) and renew the credentials." },
    { "relay.control",
      "STUN and TURN negotiate addresses; the table asks for no confidentiality there, and a feigned "
      "TLS handshake in front of them counts as none.",
      "" },
    { "dns.untrusted-resolver",
      "A UC host asked a resolver that the policy does not trust, or one outside the network when it "
      "names none.",
      "Point the host to the trusted resolvers, or list this one under trusted_resolvers:." },
    { "dns.resolvers-undeclared",
      "Whether the resolver is to be trusted is for the policy to say.",
      "Write the addresses of your resolvers under trusted_resolvers:." },
    { "dns.foreign-answer",
      "A resolver gave addresses for a host's name of which the policy declares none: whoever believes "
      "it connects to another machine. Only what hosts inside were told counts.",
      "Find out which is right: add the address to the host in the policy, or correct the zone, or look "
      "for who forges answers." },
    { "dns.conflicting-answers",
      "Two resolvers gave addresses for the name of one of your hosts that have none in common, while the "
      "first answer was valid. A resolver inside and one outside may differ, and members of a pool may be "
      "given out in turn: that is not told. A change of address that has not reached both looks the same.",
      "Ask both resolvers again; what still differs after the time to live is a wrong zone or forged." },
    { "dns.answered-twice",
      "One query over UDP got two answers with different addresses under a resolver's name. It sends one; "
      "the other was forged by somebody on the path or beside it who raced it, and the first to come "
      "is believed.",
      "Compare both answers with the zone, and find out where the wrong one enters the network (its "
      "TTL of IP and MAC address differ). DNSSEC, or DNS over TLS to the resolver, ends it." },
    { "smb.not-encrypted",
      "SMB 3 can encrypt a share or a whole server. Here it did not: signatures keep files from being "
      "changed on the way, not from being read.",
      "Require encryption: Set-SmbServerConfiguration -EncryptData $true -RejectUnencryptedAccess $true, "
      "or smb encrypt = required." },
    { "smb.partly-encrypted",
      "One share of the connection is encrypted, or the session is from some moment on; others, or what "
      "was said before, are readable.",
      "Require encryption of the whole server, not of single shares." },
    { "smb.version-1",
      "SMB 1 is obsolete since 2014: it knows no encryption, and its signatures are MD5 without a nonce.",
      "Switch SMB 1 off on both sides." },
    { "rpc.not-private",
      "DCE/RPC protects calls by the authentication level of their bind; only 6 (packet privacy) "
      "encrypts them.",
      "Set the authentication level of the service to packet privacy." },
    { "service.rc4",
      "Communicator's file transfer encrypts with RC4, which is broken, under a key that every SIP "
      "server on the way knows.",
      "Use a client that transfers files by SRTP, or forbid transfers." },
    { "service.nothing-said",
      "Only what sets a connection up was seen: that is always readable, and tells nothing of how the "
      "rest would have been protected.",
      "Capture the connection while it is used." },
    { "credentials.exposed",
      "A UC host sent or took credentials in a protocol that does not hide them, or that lets them "
      "be broken off-line.",
      "Use the protocol's TLS, and change what was sent." },
    { "media.level-contradicted",
      "windows_live_av exempts media with Windows Live, which is possible only with encryption_level: "
      "supported (R-31).",
      "Set encryption_level to what the deployment really has, or switch windows_live_av off." },
    { "cert.no-trust-set",
      "Federation asks for certificates of a CA that the other side trusts, and the policy does not "
      "say which CAs those are.",
      "Name a trust set (trust:) for the host and for its partner." },
    { "waiver.applied",
      "A waiver of the policy covers the row between these hosts: the fault is known and accepted "
      "for a time.",
      "Nothing before it expires; then renew it with a reason, or repair what it covers." },
    { "waiver.expired",
      "A waiver covered this, and its last day is over: it counts as a finding again.",
      "Repair what the waiver covered, or renew it with a reason." },
    { "server.not-listed",
      "The policy lists the servers that it trusts (trusted_servers:), and a server that proved its "
      "identity by certificate is not among them (R-67).",
      "Add the server to trusted_servers:, or find out why it connects." },
    { "strength.unknown",
      "A value that was negotiated is not in the strength profile of the policy: the profile neither "
      "allows nor forbids it, so that it does not count as good.",
      "Find out what it is; if it is as it should be, list it in a profile of your own (strength:)." },
    { "strength.version",
      "The negotiated protocol version is below the strength profile of the policy.",
      "Switch the version off on the server; offer TLS 1.2 and 1.3." },
    { "strength.suite",
      "The negotiated cipher suite is below the strength profile of the policy.",
      "Remove the suite from the server's list; `overt policy show` lists what the profile allows." },
    { "strength.group",
      "The keys were agreed on in a group that is below the strength profile of the policy.",
      "Offer the profile's groups only, secp256r1 or secp384r1 among them, and DH of 2048 bits or "
      "more." },
    { "strength.signature",
      "The handshake was signed by a scheme that is below the strength profile of the policy.",
      "Offer the profile's schemes only, and issue a certificate whose key fits them." },
    { "strength.key",
      "The key of a certificate is below the strength profile of the policy, by its kind or its size.",
      "Issue a certificate with a key that the profile calls good." },
    { "strength.certificate-signature",
      "A certificate is signed by an algorithm that is below the strength profile of the policy.",
      "Issue the certificate again, signed as the profile asks." },
    { "strength.srtp",
      "The SRTP suite is below the strength profile of the policy.",
      "Configure the endpoints to offer the profile's suites first, or only those." },
    { "strength.ike-encryption",
      "The key exchange of a tunnel is encrypted by a cipher below the strength profile of the policy.",
      "Change the proposal of both gateways, of the IKE SA and of ESP alike." },
    { "strength.ike-prf",
      "The key exchange of a tunnel makes its keys by a function below the strength profile.",
      "Change the proposal of both gateways." },
    { "strength.ike-integrity",
      "The key exchange of a tunnel is authenticated by an algorithm below the strength profile.",
      "Change the proposal of both gateways." },
    { "strength.ike-group",
      "The keys of a tunnel were agreed on in a group below the strength profile of the policy.",
      "Change the proposal of both gateways; modp2048 is the least, ecp256 or better is preferred." },
    { "strength.vpn",
      "The cipher of a tunnel, told by its protocol or by the lengths of its packets, is below the "
      "strength profile of the policy.",
      "Change the cipher on both ends of the tunnel." },
    { "strength.ssh-kex",
      "The SSH key exchange is below the strength profile of the policy.",
      "Remove the method from KexAlgorithms of the server." },
    { "strength.ssh-host-key",
      "The SSH host key algorithm is below the strength profile of the policy.",
      "Remove it from HostKeyAlgorithms of the server." },
    { "strength.ssh-cipher",
      "The SSH cipher is below the strength profile of the policy.",
      "Remove it from Ciphers of the server." },
    { "strength.ssh-mac",
      "The SSH message authentication is below the strength profile of the policy.",
      "Remove it from MACs of the server." },
    { "strength.rdp",
      "The encryption method of RDP's own security is below the strength profile of the policy.",
      "Require TLS or NLA on the server." },
    { "fips.not-seen",
      "FIPS mode asks for approved algorithms only, and not all of this connection's were to be seen: "
      "TLS 1.3 hides certificates and signatures, IKE hides what it agrees on for ESP, and what the "
      "capture lacks is not known.",
      "Give overt a key log (--keylog), capture whole handshakes, or check the host itself." },
    { "sip.inside-tls",
      "SIP goes inside TLS as it must be: messages, keys, credentials in it are protected too.",
      "" },
    { "row.clear-permitted",
      "The row permits cleartext among others.",
      "" },
    { "cert.key-short",
      "The key of a certificate is shorter than 2048 bits (RSA, DSA) or 224 bits (elliptic curve).",
      "Issue a certificate with an RSA key of 2048 bits or more, or one on P-256." },
    { "cert.signature-weak",
      "A certificate is signed with MD5 or SHA-1: it can be forged.",
      "Issue the certificate again, signed with SHA-256 or better." },
    { "cert.usage",
      "The certificate's extended key usage names neither TLS servers nor (for a client) TLS "
      "clients: a peer that checks the purpose refuses it (RFC 5280 4.2.1.12).",
      "Issue the certificate with server authentication; servers need nothing more for MTLS." },
    { "cert.untrusted",
      "The presented chain ends at a CA outside the trust set that the policy names for the "
      "host.",
      "Replace the certificate, or add its CA to the set if it is legitimate." },
    { "cert.chain-incomplete",
      "No path leads from the presented certificates to the trust set. Either the issuer is "
      "foreign, or an intermediate certificate is missing.",
      "Install the intermediates on the host, or add them to the trust set." },
    { "cert.intermediate-not-sent",
      "The presented chain breaks off below the trust set. The missing CA certificate was shown in "
      "another connection and completes it: peers that do not keep it already refuse the chain.",
      "Install the intermediates on the host, so that it sends them (RFC 5246 7.4.2)." },
    { "cert.issuer-changed",
      "One server showed two certificates for one name in this capture, of different keys and CAs, and the "
      "policy names no trust set that would vouch for the later one. A server that changes its CA does so "
      "once; somebody in the middle shows his own to some. CAs are compared by name, and by key where the "
      "chain or the certificate tells it: a CA that got a new key looks as one that took another's name.",
      "Compare both fingerprints with the server's. Name a trust set for the host, so that overt can say "
      "which CA is right." },
    { "cert.renewed",
      "One server showed two certificates for one name, with one key or by one CA: a renewal, or members "
      "of a pool behind one address.",
      "" },
    { "cert.shared",
      "Hosts of different roles showed certificates with one and the same key: whoever gets it from one of "
      "them, an Edge Server for example, can pose as the others. Hosts of one role, as in a pool, may share "
      "one.",
      "Give each role a certificate and a key of its own (the services of one Edge Server may share)." },
    { "cert.expired",
      "The certificate's notAfter lay before the connection.",
      "Renew the certificate." },
    { "cert.not-yet-valid",
      "The certificate's notBefore lay after the connection.",
      "Check the clock of the CA and of the capturing host." },
    { "cert.revoked",
      "A CRL of the trust set lists the certificate, or the OCSP response that the server stapled "
      "says so.",
      "Replace the certificate." },
    { "cert.unchecked",
      "The certificates could not be checked (not kept, or not readable).",
      "" },
    { "cert.name-mismatch",
      "The certificate does not contain the name by which the host was asked for, or which "
      "the policy gives it.",
      "Issue the certificate with the host's FQDN as subjectAltName." },
    { "cert.name-unknown",
      "The certificate could not be compared with a name.",
      "" },
    { "cert.hidden",
      "TLS 1.3 encrypts certificates: their validity is not visible.",
      "Check the certificate on the host itself." },
    { "cert.resumed",
      "A resumed session shows no certificates.",
      "Capture the first handshake." },
    { "cert.not-seen",
      "The policy names a trust set for the host, and its certificate was not captured.",
      "Capture both directions from the start." },
    { "role.inferred",
      "The verdict depends on what the hosts are, and that was learned from their traffic or "
      "assumed; the severity is one step lower.",
      "Write the hosts into a policy file (hosts:, roles:) and audit again with --policy." },
    { "role.unknown",
      "Several rows could apply, depending on what the host is, and they do not agree.",
      "Write the host into a policy file (hosts:, roles:) and audit again with --policy." },
    { "capture.one-direction",
      "Only one direction was captured: what is absent may simply not have been seen.",
      "Mirror both directions of the port." },
    { "capture.start-unseen",
      "The capture began in the middle of the connection.",
      "Start the capture earlier, or restart the service while capturing." },
    { "capture.missing-bytes",
      "The capture lost packets of this connection.",
      "Use a faster capture or a narrower filter." },
    { "capture.cut-packets",
      "The snap length cut packets of this flow.",
      "Capture whole packets (tcpdump -s 0)." },
    { "capture.evicted",
      "overt closed the flow early because a table was full.",
      "Give overt more memory, or filter the capture." },
    { "capture.conflicting-bytes",
      "TCP segments were sent again with other bytes: the first were judged, the receiver may have "
      "taken the others.",
      "Look for a middlebox or an attack that inserts segments between the two hosts." },
    { "capture.packets-lost",
      "The capture lost packets while the flow was under way, or its file is damaged there.",
      "Give overt watch a larger --buffer or more --workers, or a --filter for what matters; save "
      "the file again." },
    { "capture.facts-dropped",
      "overt did not keep all facts about the flow because a cap was reached.",
      "Give overt more memory, or filter the capture." },
};
/* clang-format on */

enum { WORDS = sizeof words / sizeof *words };

const struct reason_word *reasons_site_at(uint32_t i)
{
    return i < WORDS ? &words[i] : NULL;
}
