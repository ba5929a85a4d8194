/* rules/reasons.c: the reason codes of signalling, TLS and media, and where all are found. */
#include "rules/reasons.h"

#include <stddef.h>
#include <string.h>

#include "rules/reasons_site.h"

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
};
/* clang-format on */

enum { WORDS = sizeof words / sizeof *words };

const struct reason_word *reason_find(const char *code)
{
    const struct reason_word *word = NULL;
    for (uint32_t i = 0; (word = reason_at(i)) != NULL && strcmp(word->code, code) != 0; i++) {
    }
    return word;
}

const struct reason_word *reason_at(uint32_t i)
{
    return i < WORDS ? &words[i] : reasons_site_at(i - WORDS);
}
