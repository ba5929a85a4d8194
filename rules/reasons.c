/* rules/reasons.c: the reason codes. */
#include "rules/reasons.h"

#include <stddef.h>
#include <string.h>

/* clang-format off */
static const struct reason_word words[] = {
    { "sip.clear",
      "SIP messages could be read in the capture: nothing protects this hop.",
      "" },
    { "sip.credentials-exposed",
      "An Authorization or Proxy-Authorization header with a Digest, NTLM, Kerberos or Basic "
      "answer was sent in the clear. Digest and NTLM answers can be tried against word lists "
      "off-line.",
      "Carry the registration over TLS, and change the passwords that were used." },
    { "sip.sips-in-clear",
      "A sips: URI promises TLS on every hop (RFC 3261 26.2.2), and this hop is not TLS.",
      "Find the element that sent a sips: request on without TLS; it must refuse instead." },
    { "sip.provisions-http",
      "A provisioning document in readable SIP names an address of the address book or of the group "
      "service that begins with http: - clients will download from it in the clear.",
      "Correct the URL on the server (absInternalServerUrl and the like) to https." },
    { "sip.provisions-clear-media",
      "The provisioning document that a server sends to its clients says DoNotSupportEncryption "
      "(ucPC2PCAVEncryption): their calls are RTP in clear, and calls with ends that require SRTP "
      "fail.",
      "Set the level of media encryption to RequireEncryption (Set-CsMediaConfiguration)." },
    { "sip.encryption-refused",
      "A call was refused with 488 since the levels of media encryption of its ends do not match "
      "(ms-diagnostics 52017, or Warning 308 of lcs.microsoft.com). It proves that one end requires "
      "SRTP, as it should, and that another one in use does not offer it.",
      "Find the end that does not encrypt by the Call-ID, and set its level to RequireEncryption." },
    { "sip.compressed",
      "The connection switched to SIP compression (NEGOTIATE). What follows looks binary and "
      "is not encrypted.",
      "" },
    { "sip.key-exposed",
      "SRTP keys (a=crypto, a=cryptoscale or k=) were readable in SIP. The streams they "
      "protect can be decrypted by whoever has this capture.",
      "" },
    { "sip.fingerprint-clear",
      "The DTLS certificate fingerprint was sent over cleartext SIP: it is no secret, but "
      "whoever can change it can pose as the peer.",
      "Carry the signalling over TLS on every hop." },
    { "im.readable",
      "The text of an instant message could be read. overt does not keep it.",
      "" },
    { "im.presence-readable",
      "Presence documents could be read: who is there, and doing what.",
      "" },
    { "im.tls-not-configured",
      "The policy says im_tls: false: cleartext instant messages are exempt in this deployment.",
      "Configure TLS for instant messages and remove the setting." },
    { "sharing.clear",
      "The signalling of a desktop-sharing session could be read.",
      "" },
    { "tls.null-cipher",
      "The negotiated cipher suite authenticates but does not encrypt (NULL).",
      "Remove NULL suites from the server's list." },
    { "tls.anonymous",
      "An anonymous suite was negotiated: no certificate, so that anyone can sit in the middle.",
      "Remove anonymous (ADH, AECDH) suites from the server's list." },
    { "tls.no-server-certificate",
      "A pre-shared key authenticates the connection; no certificate was presented.",
      "Use a certificate suite." },
    { "tls.cipher-broken",
      "The negotiated cipher suite (export grade, RC4, RC2, single DES, or IDEA and 3DES with their "
      "blocks of 64 bits) can be broken.",
      "Keep AES-GCM and ChaCha20 suites only." },
    { "tls.no-forward-secrecy",
      "The negotiated cipher suite (static RSA, DH or ECDH) has no forward secrecy: the server's "
      "private key opens every recorded session (RFC 9325 4.1: should not be negotiated).",
      "Offer and accept ECDHE suites only." },
    { "tls.cipher-unknown",
      "The negotiated cipher suite is not in overt's list or was not seen; unknown is never "
      "taken for good.",
      "" },
    { "tls.version-obsolete",
      "SSL 2.0, SSL 3.0, TLS 1.0, TLS 1.1 or DTLS 1.0 was negotiated (RFC 6176, RFC 7568 and "
      "RFC 8996 forbid them).",
      "Switch on TLS 1.2 or 1.3 on both ends and disable the older versions." },
    { "tls.version-unknown",
      "The negotiated protocol version is not known to overt; unknown is never taken for good.",
      "" },
    { "tls.unfinished",
      "The handshake did not end with encrypted records from both sides: no protected "
      "connection came of it, or it was not seen to.",
      "Look at the alert in the proof: it names the cause." },
    { "tls.handshake-unseen",
      "Records of a TLS connection were captured, but not its handshake, or only parts of it.",
      "Start the capture before the connection, or restart the service once while capturing." },
    { "quic.version-unknown",
      "The QUIC version is none of RFC 9001, RFC 9369 and their drafts: overt cannot read its "
      "handshake, and what it encrypts, if anything, is not known.",
      "Let both ends use QUIC version 1 or 2, or HTTPS over TCP." },
    { "quic.initial-unread",
      "The keys that open QUIC's first packets come from the client's very first one. It, or "
      "the answer, is missing or cut in this capture, so nothing tells what was negotiated.",
      "Capture from before the connection begins, with whole packets (snap length 0)." },
    { "tls.client-certificate-not-requested",
      "The server sent no CertificateRequest: the TLS is one-way.",
      "Switch on client authentication (mutual TLS) on the listener." },
    { "tls.client-certificate-empty",
      "The server asked for a client certificate and got an empty list.",
      "Assign a certificate to the connecting server, from a CA that the listener names." },
    { "tls.client-certificate-unproven",
      "A client certificate was sent without CertificateVerify: possession of its key is not "
      "proven.",
      "" },
    { "tls.client-signature-invalid",
      "The client's CertificateVerify does not verify with the key of the certificate that it "
      "showed, over the messages as they were captured; the server went on all the same. Whoever "
      "connected did not prove to hold that key.",
      "Find out what answers at the client's address, and make the listener refuse such "
      "handshakes. If the capture was rewritten (made anonymous), its signatures cannot verify." },
    { "tls.server-signature-invalid",
      "The server's signature over the key exchange does not verify with the key of the certificate "
      "that it showed; the client went on all the same. Whoever answered did not prove to hold "
      "that key.",
      "Find out what answers at the server's address, and make the client check the server. If "
      "the capture was rewritten (made anonymous), its signatures cannot verify." },
    { "tls.signature-unchecked",
      "The client sent a certificate and a CertificateVerify and the server went on, but the "
      "signature was not verified (tls.certificate_verify_reason tells why), and the policy says "
      "accept_inferred_mtls: false.",
      "Capture the whole handshake, both directions, without loss, and let --verify all check every "
      "signature." },
    { "tls.client-certificate-refused",
      "The server ended the handshake with an alert after the client certificate.",
      "Make the two sides trust each other's CA; check names and dates." },
    { "tls.mtls-by-psk",
      "A pre-shared key stands in for the certificates that MTLS asks for.",
      "" },
    { "tls.mtls-resumed",
      "The session was resumed: certificates were exchanged in an earlier handshake that is "
      "not tied to this one.",
      "Capture from before the first connection, or let the session cache expire." },
    { "tls.mtls-renegotiated",
      "After a handshake without client certificate another one took place inside the encryption; "
      "web servers ask for client certificates that way.",
      "Check the configuration of the listener." },
    { "tls.mtls-hidden",
      "TLS 1.3 encrypts CertificateRequest and the certificates: from outside it cannot be "
      "proven that the client presented one.",
      "Check the configuration of the listener." },
    { "tls.mtls-later",
      "The client showed no certificate in the TLS 1.3 handshake but offers to show one later "
      "(post_handshake_auth), inside the encryption.",
      "Check the configuration of the listener." },
    { "tls.mtls-inferred-only",
      "Record sizes speak for a client certificate, and the policy says accept_inferred_mtls: "
      "false.",
      "" },
    { "tls.mtls-undecided",
      "Nothing in the capture tells whether the client proved who it is.",
      "" },
    { "http.clear",
      "HTTP between servers could be read on a port that must be MTLS.",
      "Bind the service to HTTPS with client certificates." },
    { "http.content-clear",
      "Content was requested and answered by cleartext HTTP.",
      "" },
    { "http.credentials-exposed",
      "An Authorization header was sent over cleartext HTTP.",
      "Require SSL before authentication, and change the passwords that were used." },
    { "http.response-unseen",
      "The request was in the clear, its answer was not captured: it may have been a mere "
      "redirect.",
      "Capture both directions." },
    { "psom.not-tls",
      "The bytes on a web conferencing port are not TLS records.",
      "" },
    { "media.clear",
      "The packets are RTP without encryption: see the proof for the tests that say so.",
      "" },
    { "media.changed",
      "One stream was encrypted for a part of its life and readable for another. Payloads are looked "
      "at from time to time only, so the change may have come some seconds before that packet.",
      "Look for what happened in the call then: hold, transfer, or media sent before the keys." },
    { "media.negotiated-not-applied",
      "The answered SDP promised SRTP, the packets are plain RTP: one end ignores what it "
      "agreed to.",
      "Correct or update the sender named in media.clear; do not rely on its configuration "
      "page." },
    { "media.not-confidential",
      "SRTP with a null cipher or UNENCRYPTED_SRTP: authenticated, but readable.",
      "Remove NULL profiles and UNENCRYPTED_SRTP." },
    { "media.not-authenticated",
      "SRTP without an authentication tag (UNAUTHENTICATED_SRTP): it can be changed, and "
      "replay protection has no base.",
      "Remove UNAUTHENTICATED_SRTP." },
    { "media.authentication-unknown",
      "The payload is random, so it is encrypted. Whether an authentication tag follows it shows by "
      "the length of packets of some codecs, by the handshake, or by the signalling, and none of "
      "these was seen. Unknown is never taken for good.",
      "Capture the signalling in a readable form (a key log for its TLS), or the DTLS handshake." },
    { "media.tag-mismatch",
      "The tags of several packets were checked with the key that the sender announced, also with "
      "many roll-over counters and keys of other calls, and none fits: the stream is keyed anew, or "
      "otherwise, in signalling that was not captured.",
      "Capture all signalling of the call; compare the configuration of both ends." },
    { "media.cipher-unknown",
      "SRTP by its signalling or by the length of its packets, under a cipher that is not known and "
      "in too few packets to tell by their content. Unknown is never taken for good.",
      "Capture more of the call, with the payload of its packets." },
    { "media.key-exposed",
      "The stream's key was readable in SIP: encrypted in name only.",
      "Carry the signalling over TLS; the media settings are right." },
    { "media.key-stream-reused",
      "Two packets of one SSRC have the same index under the same key, proven by their tags, and "
      "different payloads. AES in counter mode then gives both the same key stream (a two-time pad): "
      "their difference is that of what was said, and with GCM tags can be forged as well.",
      "Update the sender: it must take a new key when it starts its numbers anew." },
    { "media.key-shared",
      "RFC 4568 wants a key of its own for each stream and direction. Who gets the key of one stream "
      "has the others, and numbers that meet give the same key stream twice.",
      "Update or configure the end that made the key; it should draw one for each stream." },
    { "media.fingerprint-mismatch",
      "RFC 5763 5 ties DTLS-SRTP to the call by the a=fingerprint lines of the SDP. All of those of "
      "this end were read, both ends of the stream are named by that SDP, and the certificate that "
      "was shown fits none of them: someone on the path may hold the keys of both legs.",
      "Find out who has the certificate (tls.server_chain, tls.client_chain). If it is a session "
      "border controller of yours, let it write its own fingerprint into the SDP." },
    { "media.fingerprint-unknown",
      "Fingerprints (a=fingerprint, RFC 8122) of this end were read, and its certificate fits none. "
      "But the SDP does not name both ends of the stream, part of it was not captured or not "
      "understood, or the handshake came late: there may have been another one.",
      "Capture the whole signalling, from before the call begins, with whole packets." },
    { "media.signalling-clear",
      "SRTP keys and DTLS fingerprints travel in SIP, and SIP between these hosts was seen without "
      "encryption: the stream is encrypted in name only, even if the key itself was not captured.",
      "Move the signalling to mutual TLS; the media settings are right." },
    { "media.signalling-one-way",
      "SRTP keys and DTLS fingerprints travel in SIP, and the TLS that carries it proves one end "
      "only: who holds the keys is not certain.",
      "Make the TLS of the signalling mutual: certificates for both ends." },
    { "media.signalling-unknown",
      "Signalling between the hosts was seen, but nothing captured tells whether it is mutual TLS, "
      "or whether it set up the call. Unknown is never taken for good.",
      "Capture the start of the signalling connection, or restart the service once while "
      "capturing." },
    { "media.signalling-not-seen",
      "The stream is SRTP; how its keys were exchanged is not in the capture, or the signalling "
      "connection was still open when the media ended.",
      "Capture the signalling of the same hosts as well, from before its connection begins." },
    { "media.keying-not-captured",
      "SDES keys travel in SIP. SIP between these hosts and their servers was seen without "
      "encryption, but not the messages that set up this stream, or not all of them: packets were "
      "captured in part, lost, or the capture began later. Whoever saw them whole may have the key.",
      "Move the signalling to TLS. To know more, capture whole packets (snap length 0), from before "
      "the call begins." },
    { "media.clear-before-keys",
      "ZRTP agrees on keys on the path of the media, and what is sent before it has is plain RTP. "
      "The packets of this stream began before the first Confirm1.",
      "Have the endpoints hold the media back until ZRTP is done, or exchange keys by SDES over TLS "
      "or DTLS-SRTP." },
    { "media.hidden-in-tls",
      "Media may go through a relay inside TLS (TURN over TLS). Nobody on this leg can read it, and "
      "overt neither: whether it is SRTP beneath shows on the legs behind the relay.",
      "Give overt the key log of the client, or look at the legs behind the relay." },
    { "media.inside-tls",
      "The media is plain RTP that goes through a relay inside TLS, which a key log opened. Nobody "
      "on this leg can read it; the relay can, and what it sends on is a flow of its own.",
      "Require SRTP on both endpoints: the TLS to a relay ends at the relay." },
    { "media.alternatives-undecided",
      "SIP may offer several descriptions of one call, of which the peer takes one "
      "(multipart/alternative, RFC 2046 5.1.4). The answer was read, but it fits none of them, or "
      "several that do not mean the same.",
      "Capture whole packets, from before the call begins; or have the endpoint offer one "
      "description: SRTP required." },
    { "media.undecided",
      "Too few packets, or packets that look like neither; and no signalling was readable.",
      "Capture the call from its start; some seconds are enough." },
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
      "is, and lengths and contents of the packets fit it; or the format of OpenVPN's packets tells.",
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
      "once; somebody in the middle shows his own to some.",
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

const struct reason_word *reason_find(const char *code)
{
    for (uint32_t i = 0; i < WORDS; i++) {
        if (strcmp(words[i].code, code) == 0) {
            return &words[i];
        }
    }
    return NULL;
}

const struct reason_word *reason_at(uint32_t i)
{
    return i < WORDS ? &words[i] : NULL;
}
