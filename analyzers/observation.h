/* analyzers/observation.h: the word list of facts. Analyzers report them, joins tie them together,
 * rules judge them, reports print them: kind, shape, path in the flow record, source.
 *
 * A path is the JSON path of design output contract section 3. `[]` after a name means that
 * observation.index (the first one) or observation.sub (the second one) picks the member. */
#ifndef OVERT_ANALYZERS_OBSERVATION_H
#define OVERT_ANALYZERS_OBSERVATION_H

#include <stdbool.h>
#include <stdint.h>

/* How a fact is kept in the flow and printed. */
enum observation_shape {
    SHAPE_FLAG,   /* value 0 or 1: false, true */
    SHAPE_NUMBER, /* value */
    SHAPE_SCORE,  /* value is a signed number of thousandths: 3250 prints 3.25 */
    SHAPE_TEXT,   /* text; the last one stays */
    SHAPE_LIST,   /* text: array of strings, in order of first report, each once */
    SHAPE_COUNTS, /* text: value (0 counts as 1) is added under that name */
    SHAPE_TIME,   /* value is microseconds since 1970 */
    SHAPE_EVENT,  /* for joins and the dispatcher only: not kept, not printed */
    SHAPE_SIDE,   /* value is a side (0, 1): prints "client" or "server" */
};

/* One certificate of a chain; index = position in the chain, leaf 0. who: SERVER or CLIENT. */
#define CERTIFICATE_OBSERVATIONS(X, who, chain)                                                    \
    X(OBS_##who##_CERT_SUBJECT, SHAPE_TEXT, chain "[].subject", "RFC 5280 4.1.2.6")                \
    X(OBS_##who##_CERT_ISSUER, SHAPE_TEXT, chain "[].issuer", "RFC 5280 4.1.2.4")                  \
    X(OBS_##who##_CERT_SERIAL, SHAPE_TEXT, chain "[].serial", "RFC 5280 4.1.2.2")                  \
    X(OBS_##who##_CERT_SAN, SHAPE_LIST, chain "[].san", "RFC 5280 4.2.1.6")                        \
    X(OBS_##who##_CERT_NOT_BEFORE, SHAPE_TIME, chain "[].not_before", "RFC 5280 4.1.2.5")          \
    X(OBS_##who##_CERT_NOT_AFTER, SHAPE_TIME, chain "[].not_after", "RFC 5280 4.1.2.5")            \
    X(OBS_##who##_CERT_KEY_TYPE, SHAPE_TEXT, chain "[].key.type", "RFC 5280 4.1.2.7")              \
    X(OBS_##who##_CERT_KEY_BITS, SHAPE_NUMBER, chain "[].key.bits", "RFC 5280 4.1.2.7")            \
    X(OBS_##who##_CERT_KEY_CURVE, SHAPE_TEXT, chain "[].key.curve", "RFC 5480 2.1.1")              \
    X(OBS_##who##_CERT_SIGNATURE, SHAPE_TEXT, chain "[].signature", "RFC 5280 4.1.1.2")            \
    X(OBS_##who##_CERT_SHA256, SHAPE_TEXT, chain "[].sha256", "SHA-256 of the DER, hex")           \
    X(OBS_##who##_CERT_EKU, SHAPE_LIST, chain "[].eku", "RFC 5280 4.2.1.12")                       \
    X(OBS_##who##_CERT_SELF_SIGNED, SHAPE_FLAG, chain "[].self_signed", "RFC 5280 3.2")            \
    X(OBS_##who##_CERT_CA, SHAPE_FLAG, chain "[].ca", "RFC 5280 4.2.1.9")                          \
    X(OBS_##who##_CERT_ERROR, SHAPE_TEXT, chain "[].error", "why the DER could not be read")

/* Key exchanges and ciphers of tunnels, and what the join of tunnels makes of them. */
#define TUNNEL_OBSERVATIONS(X)                                                                     \
    X(OBS_IKE_VERSION, SHAPE_TEXT, "ike.version", "RFC 7296 3.1: 1.0 2.0")                         \
    X(OBS_IKE_ENCRYPTION, SHAPE_TEXT, "ike.encryption",                                            \
      "chosen for the IKE SA: IANA name, also of IKEv1's; value: IKEv2 transform")                 \
    X(OBS_IKE_KEY_BITS, SHAPE_NUMBER, "ike.key_bits", "RFC 7296 3.3.5")                            \
    X(OBS_IKE_PRF, SHAPE_TEXT, "ike.prf", "IANA name; IKEv1: of its hash; value: transform")       \
    X(OBS_IKE_INTEGRITY, SHAPE_TEXT, "ike.integrity", "IANA name; value: transform")               \
    X(OBS_IKE_GROUP, SHAPE_TEXT, "ike.group", "modp2048 ecp256 curve25519; value: IANA number")    \
    X(OBS_IKE_ADDITIONAL_GROUP, SHAPE_LIST, "ike.additional_groups", "RFC 9370; likewise")         \
    X(OBS_IKE_AUTHENTICATION, SHAPE_TEXT, "ike.authentication", "IKEv1: RFC 2409 appendix A")      \
    X(OBS_IKE_OFFER_ENCRYPTION, SHAPE_LIST, "ike.offer.encryption", "name, or name/key bits")      \
    X(OBS_IKE_OFFER_GROUP, SHAPE_LIST, "ike.offer.groups", "RFC 7296 3.3.2")                       \
    X(OBS_IKE_EXCHANGE, SHAPE_COUNTS, "ike.exchanges",                                             \
      "RFC 7296 3.1, RFC 2409 5; fragment: RFC 7383")                                              \
    X(OBS_IKE_NOTIFY, SHAPE_LIST, "ike.notify", "RFC 7296 3.10.1, those in clear; value: code")    \
    X(OBS_IKE_VENDOR, SHAPE_LIST, "ike.vendors", "RFC 7296 3.12, those that are known")            \
    X(OBS_IKE_SUITE, SHAPE_LIST, "ike.suites",                                                     \
      "of all IKE SAs of the flow; the facts above are of the first")                              \
    X(OBS_IKE_RATING, SHAPE_TEXT, "ike.rating",                                                    \
      "of the weakest SA: none weak ok128 strong unknown")                                         \
    X(OBS_IKE_NAT_TRAVERSAL, SHAPE_FLAG, "ike.nat_traversal", "RFC 3948: at port 4500")            \
    X(OBS_ESP_SPI, SHAPE_LIST, "esp.spi", "RFC 4303 2.1; value: likewise")                         \
    X(OBS_ESP_CLASS, SHAPE_TEXT, "esp.cipher_class",                                               \
      "by lengths: stream (counter modes) block128 block64 undecided; null: readable")             \
    X(OBS_ESP_EVIDENCE, SHAPE_TEXT, "esp.evidence", "proven inferred: of the class")               \
    X(OBS_ESP_SAMPLES, SHAPE_NUMBER, "esp.samples", "packets whose lengths were looked at")        \
    X(OBS_ESP_LENGTHS, SHAPE_NUMBER, "esp.lengths", "different lengths, up to 8 of each SA")       \
    X(OBS_ESP_LOOKED, SHAPE_NUMBER, "esp.looked", "packets searched for headers in clear")         \
    X(OBS_ESP_READABLE, SHAPE_NUMBER, "esp.readable", "those that had them (RFC 5879)")            \
    X(OBS_ESP_KEEPALIVES, SHAPE_NUMBER, "esp.keepalives", "RFC 3948 2.3")                          \
    X(OBS_AH_SPI, SHAPE_LIST, "ah.spi", "RFC 4302 2.4: integrity only")                            \
    X(OBS_SSH_VERSION, SHAPE_TEXT, "ssh.version", "RFC 4253 4.2: of the last banner")              \
    X(OBS_SSH_SOFTWARE, SHAPE_LIST, "ssh.software", "RFC 4253 4.2")                                \
    X(OBS_SSH_KEX, SHAPE_TEXT, "ssh.kex", "RFC 4253 7.1: agreed, by the names of RFC 4250")        \
    X(OBS_SSH_HOST_KEY, SHAPE_TEXT, "ssh.host_key", "likewise")                                    \
    X(OBS_SSH_CIPHER, SHAPE_TEXT, "ssh.cipher", "likewise; from the client")                       \
    X(OBS_SSH_CIPHER_BACK, SHAPE_TEXT, "ssh.cipher_back", "likewise; to the client")               \
    X(OBS_SSH_MAC, SHAPE_TEXT, "ssh.mac", "from the client; absent when the cipher is an AEAD")    \
    X(OBS_SSH_MAC_BACK, SHAPE_TEXT, "ssh.mac_back", "likewise; to the client")                     \
    X(OBS_SSH_COMPRESSION, SHAPE_TEXT, "ssh.compression", "RFC 4253 6.2; from the client")         \
    X(OBS_SSH_STRICT, SHAPE_FLAG, "ssh.strict_kex", "both sides: no Terrapin (CVE-2023-48795)")    \
    X(OBS_SSH_ESTABLISHED, SHAPE_FLAG, "ssh.established", "both sides sent NEWKEYS")               \
    X(OBS_SSH_RATING, SHAPE_TEXT, "ssh.rating",                                                    \
      "of cipher and key exchange, compared with AES-128: none weak ok128 strong unknown")         \
    X(OBS_WIREGUARD_MESSAGE, SHAPE_COUNTS, "wireguard.messages",                                   \
      "initiation response cookie data: its cipher is ChaCha20-Poly1305, always")                  \
    X(OBS_OPENVPN_WRAP, SHAPE_TEXT, "openvpn.control_wrap",                                        \
      "none tls_auth tls_crypt tls_crypt_v2: around the TLS of its control channel")               \
    X(OBS_OPENVPN_MESSAGE, SHAPE_COUNTS, "openvpn.messages", "ssl_pkt.h, those of control")        \
    X(OBS_OPENVPN_CLASS, SHAPE_TEXT, "openvpn.cipher_class",                                       \
      "of data: aead (its ids count) block128 block64 stream undecided; null: readable")           \
    X(OBS_OPENVPN_EVIDENCE, SHAPE_TEXT, "openvpn.evidence", "proven inferred: of the class")       \
    X(OBS_OPENVPN_SAMPLES, SHAPE_NUMBER, "openvpn.samples", "data packets")                        \
    X(OBS_OPENVPN_LENGTHS, SHAPE_NUMBER, "openvpn.lengths", "different lengths, up to 16")         \
    X(OBS_OPENVPN_LOOKED, SHAPE_NUMBER, "openvpn.looked", "those searched for IP in clear")        \
    X(OBS_OPENVPN_READABLE, SHAPE_NUMBER, "openvpn.readable", "those that had it")                 \
    X(OBS_PPP_AUTHENTICATION, SHAPE_TEXT, "ppp.authentication",                                    \
      "agreed in PPTP or L2TP: pap chap ms-chap ms-chap-v2 other (RFC 1661 6.2)")                  \
    X(OBS_PPP_MPPE, SHAPE_TEXT, "ppp.mppe", "agreed: none 40bit 56bit 128bit: RC4 (RFC 3078 2.1)") \
    X(OBS_PPP_STATELESS, SHAPE_FLAG, "ppp.mppe_stateless", "RFC 3078 2.1: a new key each packet")  \
    X(OBS_PPP_PACKETS, SHAPE_NUMBER, "ppp.packets", "but those with readable IP inside")           \
    X(OBS_PPP_ENCRYPTED, SHAPE_NUMBER, "ppp.encrypted_packets", "under MPPE (RFC 3078 3.1)")       \
    X(OBS_SSTP_MESSAGE, SHAPE_LIST, "sstp.messages", "[MS-SSTP] 2.2; data: settles it")            \
    X(OBS_ANYCONNECT_MESSAGE, SHAPE_LIST, "anyconnect.messages",                                   \
      "draft-mavrogiannopoulos-openconnect-04; likewise")                                          \
    X(OBS_ANYCONNECT_SIGN, SHAPE_TEXT, "anyconnect.sign",                                          \
      "DTLS at UDP 443 for a session agreed on elsewhere, without use_srtp: resumed psk")          \
    X(OBS_VPN_PROTOCOL, SHAPE_TEXT, "vpn.protocol",                                                \
      "esp ah openvpn wireguard pptp l2tp sstp anyconnect: it carried data, or vpn.controls")      \
    X(OBS_VPN_RATING, SHAPE_TEXT, "vpn.rating",                                                    \
      "compared with AES-128: none weak ok128 strong unknown")                                     \
    X(OBS_VPN_EVIDENCE, SHAPE_TEXT, "vpn.evidence", "proven inferred: of the rating")              \
    X(OBS_VPN_REASON, SHAPE_TEXT, "vpn.reason",                                                    \
      "readable integrity-only block64 block128 aead wireguard ike ike-null ike-cipher ike-group " \
      "ike-key ike-cipher-unknown ike-group-unknown no-key-exchange too-little-captured "          \
      "cipher-unknown mppe "                                                                       \
      "no-cipher suite suite-weak suite-null suite-unknown")                                       \
    X(OBS_VPN_KEYED_BY, SHAPE_TEXT, "vpn.keyed_by", "id of the flow with the IKE SA")              \
    X(OBS_VPN_CONTROLS, SHAPE_TEXT, "vpn.controls",                                                \
      "id of the flow with the tunnel that this connection to the same service belongs to")        \
    X(OBS_VPN_INSIDE_TCP, SHAPE_FLAG, "vpn.inside_tcp", "calls in it may suffer")                  \
    X(OBS_VPN_BESIDE, SHAPE_TEXT, "vpn.beside",                                                    \
      "not inside of the tunnel between the same hosts, whose flow has this id")                   \
    X(OBS_VPN_ELSEWHERE, SHAPE_NUMBER, "vpn.elsewhere", "pairs of other hosts with a tunnel")      \
    X(OBS_TUNNEL_SEEN, SHAPE_EVENT, "",                                                            \
      "a tunnel between the flow's hosts; text: protocol; value of ike: transform, key bits << "   \
      "16, group << 32")

/* Services of the estate that protect themselves without TLS. */
#define SERVICE_OBSERVATIONS(X)                                                                    \
    X(OBS_SMB_OFFER, SHAPE_LIST, "smb.offer", "dialects of the client, [MS-SMB2] 2.2.3")           \
    X(OBS_SMB_DIALECT, SHAPE_TEXT, "smb.dialect",                                                  \
      "chosen: lanman 1.0 2.0.2 2.1 3.0 3.0.2 3.1.1; value: revision")                             \
    X(OBS_SMB_CLIENT_SIGNING, SHAPE_TEXT, "smb.client_signing", "no enabled required")             \
    X(OBS_SMB_SERVER_SIGNING, SHAPE_TEXT, "smb.server_signing", "likewise: SecurityMode")          \
    X(OBS_SMB_SIGNING_ALGORITHM, SHAPE_TEXT, "smb.signing_algorithm", "[MS-SMB2] 2.2.3.1.7")       \
    X(OBS_SMB_CIPHER, SHAPE_TEXT, "smb.cipher", "chosen, [MS-SMB2] 2.2.3.1.2; 3.0: the only one")  \
    X(OBS_SMB_SESSION, SHAPE_LIST, "smb.session", "guest anonymous encrypt, [MS-SMB2] 2.2.6")      \
    X(OBS_SMB_SHARE_ENCRYPT, SHAPE_FLAG, "smb.share_encrypt", "a share demands it, 2.2.10")        \
    X(OBS_SMB_ENCRYPTED, SHAPE_NUMBER, "smb.encrypted_messages", "TRANSFORM_HEADER, 2.2.41")       \
    X(OBS_SMB_CLEAR, SHAPE_NUMBER, "smb.clear_messages", "about files and pipes, readable")        \
    X(OBS_SMB_SIGNED, SHAPE_NUMBER, "smb.signed_messages", "of those in clear")                    \
    X(OBS_DCERPC_INTERFACE, SHAPE_LIST, "dcerpc.interfaces", "bound to, C706 12.6.4.3")            \
    X(OBS_DCERPC_AUTH, SHAPE_LIST, "dcerpc.authentication", "[MS-RPCE] 2.2.1.1.7")                 \
    X(OBS_DCERPC_LEVEL, SHAPE_LIST, "dcerpc.levels", "of binds, [MS-RPCE] 2.2.1.1.8")              \
    X(OBS_DCERPC_CALLS, SHAPE_COUNTS, "dcerpc.calls",                                              \
      "requests and responses by their own level; mapper: of the endpoint mapper")                 \
    X(OBS_TELNET_ENCRYPT, SHAPE_TEXT, "telnet.encrypt",                                            \
      "option ENCRYPT: offered refused started (by one side) both, RFC 2946")

#define OBSERVATIONS(X)                                                                            \
    /* any protocol */                                                                             \
    X(OBS_APP, SHAPE_EVENT, "app", "protocol recognised by its bytes (text)")                      \
    X(OBS_CLIENT, SHAPE_EVENT, "initiator_by", "value: side that is the client; text: why")        \
    X(OBS_CARRIES, SHAPE_TEXT, "carries", "protocol inside, where known")                          \
    X(OBS_CARRIES_BY, SHAPE_TEXT, "carries_by", "alpn role starttls content decryption")           \
    X(OBS_MALFORMED, SHAPE_COUNTS, "malformed", "protocol whose bytes break their own rules")      \
    X(OBS_CUT, SHAPE_COUNTS, "not_captured", "protocol that lacked bytes for a fact")              \
    X(OBS_DPI_PROTOCOL, SHAPE_TEXT, "dpi.protocol", "nDPI")                                        \
    X(OBS_DPI_APPLICATION, SHAPE_TEXT, "dpi.application", "nDPI")                                  \
    X(OBS_CREDENTIALS_EXPOSED, SHAPE_LIST, "credentials_exposed",                                  \
      "what a reader gets or can break: plain login password bearer cram-md5 digest-md5 ntlm "     \
      "digest obfuscated")                                                                         \
    /* turning to TLS on the way, and what comes of it */                                          \
    X(OBS_STARTTLS_PROTOCOL, SHAPE_TEXT, "starttls.protocol",                                      \
      "smtp ftp pop3 imap xmpp ldap postgresql mysql tds rdp")                                     \
    X(OBS_STARTTLS_OFFER, SHAPE_TEXT, "starttls.offer", "no offered required: by the server")      \
    X(OBS_STARTTLS_ASKED, SHAPE_FLAG, "starttls.asked", "by the client")                           \
    X(OBS_STARTTLS_ANSWER, SHAPE_TEXT, "starttls.answer", "accepted refused")                      \
    X(OBS_STARTTLS_CLEAR, SHAPE_NUMBER, "starttls.clear_messages",                                 \
      "the client's, in clear, after a refusal or instead of TLS; until mail or stanzas came")     \
    X(OBS_STARTTLS_INJECTED, SHAPE_NUMBER, "starttls.injected_bytes",                              \
      "in the same piece of clear text as the request (CVE-2011-0411)")                            \
    X(OBS_RDP_OFFER, SHAPE_LIST, "rdp.offer",                                                      \
      "standard tls nla rdstls nla_ex aad: by the client, [MS-RDPBCGR] 2.2.1.1.1")                 \
    X(OBS_RDP_SECURITY, SHAPE_TEXT, "rdp.security", "chosen, [MS-RDPBCGR] 2.2.1.2.1")              \
    X(OBS_RDP_METHOD, SHAPE_TEXT, "rdp.encryption_method",                                         \
      "of standard security: none 40bit 56bit 128bit fips, [MS-RDPBCGR] 2.2.1.4.3")                \
    X(OBS_RDP_LEVEL, SHAPE_TEXT, "rdp.encryption_level", "none low client_compatible high fips")   \
    X(OBS_TDS_CLIENT, SHAPE_TEXT, "tds.client",                                                    \
      "off on not_supported required unknown: PRELOGIN, [MS-TDS] 2.2.6.5")                         \
    X(OBS_TDS_SERVER, SHAPE_TEXT, "tds.server", "likewise")                                        \
    X(OBS_TDS_ENCRYPTION, SHAPE_TEXT, "tds.encryption", "agreed: none login all")                  \
    X(OBS_WRAPPER, SHAPE_LIST, "wrappers",                                                         \
      "what the stream runs inside: http_connect websocket http_upgrade socks4 socks5 sstp")       \
    X(OBS_XMPP_STREAM, SHAPE_TEXT, "xmpp.stream", "client server: RFC 6120 4.8.2")                 \
    X(OBS_XMPP_DIALBACK, SHAPE_FLAG, "xmpp.dialback", "XEP-0220")                                  \
    X(OBS_XMPP_DECRYPTED, SHAPE_FLAG, "xmpp.decrypted", "inside TLS that was opened")              \
    /* TLS, DTLS, QUIC: section "tls" on TCP, "dtls" or "quic" on UDP */                           \
    X(OBS_TLS_VERSION, SHAPE_TEXT, "tls.version", "RFC 8446 4.2.1; value: wire number")            \
    X(OBS_TLS_CIPHER, SHAPE_TEXT, "tls.cipher", "IANA name; value: code point")                    \
    X(OBS_TLS_GROUP, SHAPE_TEXT, "tls.group",                                                      \
      "RFC 8446 4.2.7, or size of a DH or export RSA key; value: code")                            \
    X(OBS_TLS_SIGNATURE, SHAPE_TEXT, "tls.signature", "RFC 8446 4.2.3, ServerKeyExchange")         \
    X(OBS_TLS_COMPRESSION, SHAPE_TEXT, "tls.compression", "RFC 3749; absent when null")            \
    X(OBS_TLS_SNI, SHAPE_TEXT, "tls.sni", "RFC 6066 3")                                            \
    X(OBS_TLS_ALPN, SHAPE_TEXT, "tls.alpn", "RFC 7301, the server's choice")                       \
    X(OBS_TLS_OFFER_VERSION, SHAPE_LIST, "tls.offer.versions", "ClientHello")                      \
    X(OBS_TLS_OFFER_CIPHER, SHAPE_LIST, "tls.offer.ciphers", "ClientHello")                        \
    X(OBS_TLS_OFFER_GROUP, SHAPE_LIST, "tls.offer.groups", "ClientHello")                          \
    X(OBS_TLS_OFFER_SIGNATURE, SHAPE_LIST, "tls.offer.signatures", "ClientHello")                  \
    X(OBS_TLS_OFFER_ALPN, SHAPE_LIST, "tls.offer.alpn", "ClientHello")                             \
    X(OBS_TLS_OFFER_SRTP, SHAPE_LIST, "tls.offer.use_srtp", "RFC 5764 4.1.1, ClientHello")         \
    X(OBS_TLS_JA4, SHAPE_TEXT, "tls.ja4", "FoxIO JA4 of the first ClientHello, when it is whole")  \
    X(OBS_TLS_EXTENDED_MASTER_SECRET, SHAPE_FLAG, "tls.extended_master_secret", "RFC 7627")        \
    X(OBS_TLS_ENCRYPT_THEN_MAC, SHAPE_FLAG, "tls.encrypt_then_mac", "RFC 7366")                    \
    X(OBS_TLS_SECURE_RENEGOTIATION, SHAPE_FLAG, "tls.secure_renegotiation", "RFC 5746")            \
    X(OBS_TLS_RENEGOTIATED, SHAPE_FLAG, "tls.renegotiated",                                        \
      "a second handshake in the same connection, in clear or under keys (RFC 5746)")              \
    X(OBS_TLS_HEARTBEAT, SHAPE_TEXT, "tls.heartbeat",                                              \
      "RFC 6520: negotiated; used; overlong, one in clear that says it holds more than its "       \
      "record")                                                                                    \
    X(OBS_TLS_CONNECTION_ID, SHAPE_FLAG, "tls.connection_id", "RFC 9146, RFC 9147 9: agreed on")   \
    X(OBS_TLS_RESUMED, SHAPE_FLAG, "tls.resumed", "RFC 5246 7.3, RFC 8446 2.2")                    \
    X(OBS_TLS_RESUMPTION, SHAPE_TEXT, "tls.resumption", "session_id ticket psk")                   \
    X(OBS_TLS_HELLO_RETRY, SHAPE_FLAG, "tls.hello_retry", "RFC 8446 4.1.4")                        \
    X(OBS_TLS_EARLY_DATA, SHAPE_FLAG, "tls.early_data", "RFC 8446 4.2.10, offered")                \
    X(OBS_TLS_ECH, SHAPE_TEXT, "tls.ech", "RFC 9849: offered, if only as GREASE")                  \
    X(OBS_TLS_ESTABLISHED, SHAPE_FLAG, "tls.established", "both sides sent protected records")     \
    X(OBS_TLS_STARTTLS, SHAPE_TEXT, "tls.starttls", "protocol in whose stream TLS began")          \
    X(OBS_TLS_ALERT_FROM, SHAPE_SIDE, "tls.alerts[].from", "RFC 8446 6")                           \
    X(OBS_TLS_ALERT_LEVEL, SHAPE_TEXT, "tls.alerts[].level", "RFC 8446 6")                         \
    X(OBS_TLS_ALERT_NAME, SHAPE_TEXT, "tls.alerts[].name", "RFC 8446 6; value: code")              \
    X(OBS_TLS_ALERT_PACKET, SHAPE_NUMBER, "tls.alerts[].packet", "packet of the alert")            \
    X(OBS_TLS_USE_SRTP, SHAPE_TEXT, "tls.use_srtp", "RFC 5764 4.1.1, chosen; value: code")         \
    X(OBS_TLS_CERTIFICATE_REQUESTED, SHAPE_FLAG, "tls.certificate_requested", "RFC 5246 7.4.4")    \
    X(OBS_TLS_AUTHORITY, SHAPE_LIST, "tls.certificate_authorities",                                \
      "RFC 5246 7.4.4: the first CAs whose certificates the server takes")                         \
    X(OBS_TLS_AUTHORITIES, SHAPE_NUMBER, "tls.certificate_authority_count",                        \
      "how many it names; 0: any CA will do")                                                      \
    X(OBS_TLS_CLIENT_CERTIFICATE, SHAPE_TEXT, "tls.client_certificate",                            \
      "presented empty none hidden: RFC 5246 7.4.6")                                               \
    X(OBS_TLS_CERTIFICATE_VERIFY, SHAPE_TEXT, "tls.certificate_verify",                            \
      "valid invalid unchecked: signature of the message (RFC 5246 7.4.8)")                        \
    X(OBS_TLS_CERTIFICATE_VERIFY_REASON, SHAPE_TEXT, "tls.certificate_verify_reason",              \
      "why it is unchecked")                                                                       \
    X(OBS_TLS_CLIENT_SIGNATURE, SHAPE_TEXT, "tls.client_signature",                                \
      "RFC 8446 4.2.3, CertificateVerify; value: code point")                                      \
    X(OBS_TLS_KEY_EXCHANGE_SIGNATURE, SHAPE_TEXT, "tls.key_exchange_signature",                    \
      "valid invalid unchecked: signature of the message (RFC 5246 7.4.3)")                        \
    X(OBS_TLS_KEY_EXCHANGE_SIGNATURE_REASON, SHAPE_TEXT, "tls.key_exchange_signature_reason",      \
      "why it is unchecked")                                                                       \
    X(OBS_TLS_MTLS_STATE, SHAPE_TEXT, "tls.mtls.state", "proven inferred disproven unknown")       \
    X(OBS_TLS_MTLS_REASON, SHAPE_TEXT, "tls.mtls.reason", "why that state")                        \
    X(OBS_TLS_MTLS_RECORDS, SHAPE_TEXT, "tls.mtls.records",                                        \
      "sizes of the client's first TLS 1.3 records under keys (RFC 8446 5.2)")                     \
    X(OBS_TLS_MTLS_PARENT, SHAPE_TEXT, "tls.mtls.parent",                                          \
      "id of the flow whose handshake a resumed session inherits from")                            \
    X(OBS_TLS_SESSION_OFFERED, SHAPE_EVENT, "",                                                    \
      "ClientHello; index: TLS_SESSION_*; value: digest")                                          \
    X(OBS_TLS_SESSION_ISSUED, SHAPE_EVENT, "",                                                     \
      "by the server; index: TLS_SESSION_*; value: digest")                                        \
    X(OBS_TLS_DECRYPTED, SHAPE_FLAG, "tls.decrypted", "records were opened with logged secrets")   \
    X(OBS_TLS_DECRYPTION_STOPPED, SHAPE_COUNTS, "tls.decryption_stopped",                          \
      "why a direction was opened no further")                                                     \
    X(OBS_QUIC_VERSION, SHAPE_TEXT, "tls.quic_version", "RFC 9000 15; value: wire number")         \
    X(OBS_QUIC_NEGOTIATION, SHAPE_LIST, "tls.version_negotiation",                                 \
      "RFC 9000 6: versions that the server named")                                                \
    X(OBS_QUIC_RETRY, SHAPE_FLAG, "tls.retry", "RFC 9000 8.1.2, its integrity tag verified")       \
    X(OBS_QUIC_ZERO_RTT, SHAPE_FLAG, "tls.zero_rtt", "RFC 9001 4.6, 0-RTT packets were sent")      \
    X(OBS_QUIC_CLOSE, SHAPE_TEXT, "tls.close",                                                     \
      "RFC 9000 20.1, CONNECTION_CLOSE in an Initial; value: code")                                \
    CERTIFICATE_OBSERVATIONS(X, SERVER, "tls.server_chain")                                        \
    CERTIFICATE_OBSERVATIONS(X, CLIENT, "tls.client_chain")                                        \
    X(OBS_TLS_SERVER_FINGERPRINT, SHAPE_TEXT, "tls.server_fingerprint",                            \
      "match mismatch unknown: DTLS certificate against SDP of its end")                           \
    X(OBS_TLS_CLIENT_FINGERPRINT, SHAPE_TEXT, "tls.client_fingerprint", "likewise")                \
    X(OBS_TLS_OCSP, SHAPE_TEXT, "tls.ocsp",                                                        \
      "stapled response: good revoked unknown stale other invalid unreadable unchecked")           \
    X(OBS_TLS_SERVER_TRUST_STATUS, SHAPE_TEXT, "tls.server_trust.status", "RFC 5280 6")            \
    X(OBS_TLS_SERVER_TRUST_SET, SHAPE_TEXT, "tls.server_trust.set", "policy trust set")            \
    X(OBS_TLS_SERVER_TRUST_ERROR, SHAPE_TEXT, "tls.server_trust.error", "OpenSSL's words")         \
    X(OBS_TLS_SERVER_TRUST_NAME, SHAPE_TEXT, "tls.server_trust.name", "match mismatch unknown")    \
    X(OBS_TLS_SERVER_TRUST_NAME_FROM, SHAPE_TEXT, "tls.server_trust.name_from",                    \
      "sni policy dns sip")                                                                        \
    X(OBS_TLS_CLIENT_TRUST_STATUS, SHAPE_TEXT, "tls.client_trust.status", "RFC 5280 6")            \
    X(OBS_TLS_CLIENT_TRUST_SET, SHAPE_TEXT, "tls.client_trust.set", "policy trust set")            \
    X(OBS_TLS_CLIENT_TRUST_ERROR, SHAPE_TEXT, "tls.client_trust.error", "OpenSSL's words")         \
    X(OBS_TLS_CLIENT_TRUST_NAMED, SHAPE_FLAG, "tls.client_trust.named",                            \
      "a CA of the chain is among those that the server names")                                    \
    X(OBS_TLS_CLIENT_TRUST_NAME, SHAPE_TEXT, "tls.client_trust.name", "match mismatch unknown")    \
    X(OBS_TLS_CLIENT_TRUST_NAME_FROM, SHAPE_TEXT, "tls.client_trust.name_from", "policy")          \
    /* HTTP/1 */                                                                                   \
    X(OBS_HTTP_REQUESTS, SHAPE_NUMBER, "http.requests", "RFC 9112 3; value: count so far")         \
    X(OBS_HTTP_DECRYPTED, SHAPE_FLAG, "http.decrypted", "inside TLS that was opened")              \
    X(OBS_HTTP_HOST, SHAPE_LIST, "http.hosts", "RFC 9110 7.2")                                     \
    X(OBS_HTTP_PATH, SHAPE_LIST, "http.paths", "query masked")                                     \
    X(OBS_HTTP_AUTH_SCHEME, SHAPE_LIST, "http.auth_schemes", "RFC 9110 11.6")                      \
    X(OBS_HTTP_CREDENTIALS_EXPOSED, SHAPE_FLAG, "http.credentials_exposed", "Authorization sent")  \
    X(OBS_HTTP_REDIRECT_TO_HTTPS, SHAPE_FLAG, "http.redirect_to_https", "RFC 9110 15.4")           \
    X(OBS_HTTP_CONTENT_PATH, SHAPE_LIST, "http.content_paths",                                     \
      "request path answered by 2xx with a body (or that sent one)")                               \
    X(OBS_HTTP_UNANSWERED, SHAPE_NUMBER, "http.unanswered", "requests without a response seen")    \
    /* SIP */                                                                                      \
    X(OBS_SIP_TRANSPORT, SHAPE_TEXT, "sip.transport", "udp tcp ws")                                \
    X(OBS_SIP_DECRYPTED, SHAPE_FLAG, "sip.decrypted", "inside TLS or DTLS that was opened")        \
    X(OBS_SIP_METHOD, SHAPE_COUNTS, "sip.methods", "RFC 3261 7.1")                                 \
    X(OBS_SIP_RESPONSE, SHAPE_COUNTS, "sip.responses", "RFC 3261 7.2")                             \
    X(OBS_SIP_CALLS, SHAPE_NUMBER, "sip.calls", "distinct Call-IDs; value: count so far")          \
    X(OBS_SIP_USER_AGENT, SHAPE_LIST, "sip.user_agents", "RFC 3261 20.41, 20.35")                  \
    X(OBS_SIP_DOMAIN, SHAPE_TEXT, "sip.domain",                                                    \
      "host of the first request's URI, RFC 3261 8.1.1.1")                                         \
    X(OBS_SIP_SIPS_URI, SHAPE_FLAG, "sip.sips_uri", "RFC 3261 19.1")                               \
    X(OBS_SIP_VIA_TRANSPORT, SHAPE_LIST, "sip.via_transports", "RFC 3261 20.42")                   \
    X(OBS_SIP_AUTH_SCHEME, SHAPE_LIST, "sip.auth_schemes", "RFC 3261 22, [MS-SIPAE]")              \
    X(OBS_SIP_CREDENTIALS_EXPOSED, SHAPE_FLAG, "sip.credentials_exposed", "Authorization sent")    \
    X(OBS_SIP_IM, SHAPE_FLAG, "sip.im", "message text readable (RFC 3428)")                        \
    X(OBS_SIP_PRESENCE, SHAPE_FLAG, "sip.presence", "RFC 3856")                                    \
    X(OBS_SIP_RELAY_CREDENTIALS, SHAPE_FLAG, "sip.relay_credentials",                              \
      "user name and password of a media relay readable ([MS-AVEDGEA] 2.2)")                       \
    X(OBS_SIP_KEYS_EXPOSED, SHAPE_NUMBER, "sip.keys_exposed", "media keys readable; count so far") \
    X(OBS_SIP_FINGERPRINTS, SHAPE_NUMBER, "sip.fingerprints", "a=fingerprint lines so far")        \
    X(OBS_SIP_SHARING, SHAPE_FLAG, "sip.sharing", "m=applicationsharing in a body")                \
    X(OBS_SIP_COMPRESSED, SHAPE_FLAG, "sip.compressed", "[MS-SIPCOMP] after NEGOTIATE")            \
    X(OBS_SIP_BODY_UNREAD, SHAPE_COUNTS, "sip.unread_bodies",                                      \
      "Content-Encoding (RFC 3261 20.12): unknown-coding damaged too-large no-room")               \
    X(OBS_SIP_DIAGNOSTIC, SHAPE_LIST, "sip.diagnostics",                                           \
      "numbers of ms-diagnostics headers; 52017: encryption levels differ ([MS-OCER])")            \
    X(OBS_SIP_ENCRYPTION_REFUSED, SHAPE_FLAG, "sip.encryption_refused",                            \
      "488 by an end whose level of media encryption differs: 52017, Warning 308 ([MS-SDP])")      \
    X(OBS_SIP_AV_ENCRYPTION, SHAPE_TEXT, "sip.provisioning.av_encryption",                         \
      "required supported rejected: what clients are told of media ([MS-SIPREGE])")                \
    X(OBS_SIP_CLEAR_URL, SHAPE_LIST, "sip.provisioning.http_urls",                                 \
      "names of download addresses that clients are given with http:")                             \
    X(OBS_SIP_REGISTRAR, SHAPE_SIDE, "sip.registrar", "side that answered REGISTER with 2xx/401")  \
    X(OBS_WEBSOCKET_UNREAD, SHAPE_COUNTS, "websocket.unread",                                      \
      "messages (RFC 7692): compressed, and the upgrade was not seen; context-lost damaged "       \
      "too-large no-room")                                                                         \
    /* MSRP */                                                                                     \
    X(OBS_MSRP_METHOD, SHAPE_COUNTS, "msrp.methods", "RFC 4975 7.1: SEND REPORT NICKNAME ...")     \
    X(OBS_MSRP_RESPONSE, SHAPE_COUNTS, "msrp.responses", "RFC 4975 7.2")                           \
    X(OBS_MSRP_TEXT, SHAPE_FLAG, "msrp.text", "words or files of people readable")                 \
    X(OBS_SIP_BEGIN, SHAPE_EVENT, "",                                                              \
      "a SIP message began of which the rest may never come; text: method; value: status or 0")    \
    /* one SIP message, in order, for the call join; END closes it */                              \
    X(OBS_SIP_MESSAGE, SHAPE_EVENT, "", "text: method, of CSeq for responses; value: status or 0") \
    X(OBS_SIP_CALL_ID, SHAPE_EVENT, "", "text: Call-ID")                                           \
    X(OBS_SDP_MEDIA, SHAPE_EVENT, "", "index: m-line; text: media; value: port")                   \
    X(OBS_SDP_PART, SHAPE_EVENT, "",                                                               \
      "index: m-line; value: its description among those of the message, from 0; sub: its place "  \
      "there; text: alternative (RFC 2046 5.1.4) mixed; not told of a message with one")           \
    X(OBS_SDP_PROTO, SHAPE_EVENT, "", "index: m-line; text: proto token")                          \
    X(OBS_SDP_ADDRESS, SHAPE_EVENT, "", "index: m-line; text: address of its c= line")             \
    X(OBS_SDP_RTCP_PORT, SHAPE_EVENT, "", "index: m-line; value: port (RFC 3605)")                 \
    X(OBS_SDP_RTCP_MUX, SHAPE_EVENT, "", "index: m-line (RFC 5761)")                               \
    X(OBS_SDP_CODEC, SHAPE_EVENT, "", "index: m-line; value: payload type; text: name/rate")       \
    X(OBS_SDP_CRYPTO, SHAPE_EVENT, "",                                                             \
      "index: m-line; sub: tag; text: suite; value: keyed digest of key and salt")                 \
    X(OBS_SDP_CRYPTO_KEY, SHAPE_EVENT, "",                                                         \
      "index: m-line; sub: tag; text: key and salt, a secret; value: bytes of MKI in packets")     \
    X(OBS_SDP_CRYPTO_PARAMETER, SHAPE_EVENT, "", "index: m-line; sub: tag; text: RFC 4568 6.3")    \
    X(OBS_SDP_KEY, SHAPE_EVENT, "", "index: m-line; k= line; value: keyed digest")                 \
    X(OBS_SDP_FINGERPRINT, SHAPE_EVENT, "",                                                        \
      "index: m-line; text: hash name, \"\" = not read; sub: bytes; value: keyed digest")          \
    X(OBS_SDP_SETUP, SHAPE_EVENT, "", "index: m-line; text: actpass active passive holdconn")      \
    X(OBS_SDP_KEY_MGMT, SHAPE_EVENT, "", "index: m-line; text: mikey zrtp")                        \
    X(OBS_SDP_ENCRYPTION, SHAPE_EVENT, "", "index: m-line; text: required optional rejected")      \
    X(OBS_SDP_CANDIDATE, SHAPE_EVENT, "",                                                          \
      "index: m-line; sub: component, above 0x8000 as ICE draft 6 writes it; value: port; "        \
      "text: address")                                                                             \
    X(OBS_SIP_MESSAGE_END, SHAPE_EVENT, "", "the message is complete")                             \
    /* DNS */                                                                                      \
    X(OBS_DNS_NAME, SHAPE_LIST, "dns.names", "RFC 1035 4.1.2, asked for")                          \
    X(OBS_DNS_ANSWER_NAME, SHAPE_TEXT, "dns.answers[].name", "that has these addresses")           \
    X(OBS_DNS_ANSWER_ADDRESS, SHAPE_LIST, "dns.answers[].addresses", "RFC 1035 4.1.3, RFC 3596")   \
    X(OBS_DNS_ANSWER_RIVAL, SHAPE_NUMBER, "dns.answers[].rival",                                   \
      "place of an answer with other addresses to the same query, which came before")              \
    X(OBS_DNS_ANSWER_UNTIL, SHAPE_TIME, "dns.answers[].until",                                     \
      "when the last answer that said so ends: its least time to live, RFC 1035 3.2.1")            \
    X(OBS_DNS_ADDRESS, SHAPE_EVENT, "", "text: address, space, name that has it (RFC 1035 4.1.3)") \
    /* STUN, TURN */                                                                               \
    X(OBS_STUN_DIALECT, SHAPE_TEXT, "stun.dialect", "rfc3489 rfc8489 ms-turn")                     \
    X(OBS_STUN_DECRYPTED, SHAPE_FLAG, "stun.decrypted", "inside TLS or DTLS that was opened")      \
    X(OBS_STUN_METHOD, SHAPE_COUNTS, "stun.methods", "binding.request, allocate.error, ...")       \
    X(OBS_STUN_SOFTWARE, SHAPE_TEXT, "stun.software", "RFC 8489 14.14")                            \
    X(OBS_STUN_RELAYED_PEER, SHAPE_LIST, "stun.relayed_peers", "XOR-PEER-ADDRESS, RFC 8656 18.3")  \
    X(OBS_STUN_RELAYED_ADDRESS, SHAPE_TEXT, "stun.relayed_address",                                \
      "XOR-RELAYED-ADDRESS, RFC 8656 18.5: what the relay gave to its client")                     \
    X(OBS_STUN_RELAYS, SHAPE_TEXT, "stun.relays", "turn ms-turn: datagrams were carried")          \
    /* ZRTP */                                                                                     \
    X(OBS_ZRTP_MESSAGE, SHAPE_COUNTS, "zrtp.messages", "RFC 6189 5.1.1")                           \
    X(OBS_ZRTP_VERSION, SHAPE_TEXT, "zrtp.version", "RFC 6189 5.2")                                \
    X(OBS_ZRTP_SOFTWARE, SHAPE_LIST, "zrtp.software", "RFC 6189 5.2, client identifier")           \
    X(OBS_ZRTP_HASH, SHAPE_TEXT, "zrtp.hash", "RFC 6189 5.1.2, of the last Commit")                \
    X(OBS_ZRTP_CIPHER, SHAPE_TEXT, "zrtp.cipher", "RFC 6189 5.1.3")                                \
    X(OBS_ZRTP_TAG, SHAPE_TEXT, "zrtp.tag", "RFC 6189 5.1.4")                                      \
    X(OBS_ZRTP_KEY_AGREEMENT, SHAPE_TEXT, "zrtp.key_agreement", "RFC 6189 5.1.5")                  \
    X(OBS_ZRTP_CONFIRMED, SHAPE_FLAG, "zrtp.confirmed", "the first Confirm1: keys from now on")    \
    X(OBS_ZRTP_STATE, SHAPE_TEXT, "zrtp.state", "agreed failed cleared: the last word")            \
    /* RTP, SRTP: index = stream, sub = ground */                                                  \
    X(OBS_MEDIA_SSRC, SHAPE_TEXT, "media.streams[].ssrc", "RFC 3550 5.1; value: ssrc")             \
    X(OBS_MEDIA_PAYLOAD_TYPE, SHAPE_NUMBER, "media.streams[].payload_type", "RFC 3550 5.1")        \
    X(OBS_MEDIA_CODEC, SHAPE_TEXT, "media.streams[].codec", "RFC 3551 6 or SDP rtpmap")            \
    X(OBS_MEDIA_KIND, SHAPE_TEXT, "media.streams[].kind", "audio video sharing event")             \
    X(OBS_MEDIA_FROM, SHAPE_SIDE, "media.streams[].from", "sender")                                \
    X(OBS_MEDIA_PACKETS, SHAPE_NUMBER, "media.streams[].packets", "RTP packets")                   \
    X(OBS_MEDIA_LOST, SHAPE_NUMBER, "media.streams[].lost", "RFC 3550 A.3")                        \
    X(OBS_MEDIA_FIRST, SHAPE_TIME, "media.streams[].first", "time of the first packet")            \
    X(OBS_MEDIA_LAST, SHAPE_TIME, "media.streams[].last", "time of the last packet")               \
    X(OBS_MEDIA_PROTECTION, SHAPE_TEXT, "media.streams[].protection", "srtp rtp unknown")          \
    X(OBS_MEDIA_CONFIDENTIAL, SHAPE_FLAG, "media.streams[].confidential", "RFC 3711 3.1")          \
    X(OBS_MEDIA_AUTHENTICATED, SHAPE_FLAG, "media.streams[].authenticated", "RFC 3711 3.1")        \
    X(OBS_MEDIA_EVIDENCE, SHAPE_TEXT, "media.streams[].evidence", "proven inferred declared")      \
    X(OBS_MEDIA_GROUND_TEST, SHAPE_TEXT, "media.streams[].grounds[].test", "what was looked at")   \
    X(OBS_MEDIA_GROUND_RESULT, SHAPE_TEXT, "media.streams[].grounds[].result", "srtp rtp unknown") \
    X(OBS_MEDIA_GROUND_PACKETS, SHAPE_NUMBER, "media.streams[].grounds[].packets", "looked at")    \
    X(OBS_MEDIA_GROUND_SCORE, SHAPE_SCORE, "media.streams[].grounds[].score", "see the test")      \
    X(OBS_MEDIA_SAMPLE, SHAPE_EVENT, "",                                                           \
      "text: a whole packet; value: ssrc; sub: 0 SRTP, 1 SRTCP; for tags (RFC 3711 4.2)")          \
    X(OBS_MEDIA_TAG, SHAPE_TEXT, "media.streams[].tag",                                            \
      "of packets, under keys that were read: verified mixed mismatch (RFC 3711 4.2)")             \
    X(OBS_MEDIA_SUITE, SHAPE_TEXT, "media.streams[].suite", "SDES suite or DTLS-SRTP profile")     \
    X(OBS_MEDIA_KEYING, SHAPE_TEXT, "media.streams[].keying", "sdes dtls zrtp mikey")              \
    X(OBS_MEDIA_KEY_EXPOSED, SHAPE_FLAG, "media.streams[].key_exposed", "key readable in SIP")     \
    X(OBS_MEDIA_KEYED_BY, SHAPE_TEXT, "media.streams[].key_from",                                  \
      "id of the flow in which the key was readable")                                              \
    X(OBS_MEDIA_KEY_REUSE, SHAPE_LIST, "media.streams[].key_reuse",                                \
      "what has its SDES key too: direction section call; index: its key stream (RFC 3711 9.1)")   \
    X(OBS_MEDIA_NEGOTIATED, SHAPE_TEXT, "media.streams[].negotiated",                              \
      "what the answered SDP promised: srtp rtp; unknown: which of several it answers")            \
    X(OBS_MEDIA_SIGNALLING, SHAPE_TEXT, "media.streams[].signalling",                              \
      "readable: SIP of its hosts is in clear, and nothing seen of it tells of keys")              \
    X(OBS_MEDIA_RELAYED, SHAPE_TEXT, "media.streams[].relayed", "turn ms-turn: inside a relay's")  \
    X(OBS_MEDIA_RTCP_PROTECTION, SHAPE_TEXT, "media.rtcp.protection", "srtp rtp unknown")          \
    X(OBS_MEDIA_RTCP_EVIDENCE, SHAPE_TEXT, "media.rtcp.evidence", "proven inferred declared")      \
    X(OBS_MEDIA_RTCP_PACKETS, SHAPE_NUMBER, "media.rtcp.packets", "RTCP packets")                  \
    X(OBS_MEDIA_RTCP_GROUND_TEST, SHAPE_TEXT, "media.rtcp.grounds[].test", "what was looked at")   \
    X(OBS_MEDIA_RTCP_GROUND_RESULT, SHAPE_TEXT, "media.rtcp.grounds[].result", "srtp rtp unknown") \
    X(OBS_MEDIA_RTCP_GROUND_PACKETS, SHAPE_NUMBER, "media.rtcp.grounds[].packets", "looked at")    \
    X(OBS_MEDIA_CALL, SHAPE_TEXT, "media.call", "id of the call whose SDP announced this flow")    \
    SERVICE_OBSERVATIONS(X)                                                                        \
    TUNNEL_OBSERVATIONS(X)

enum { OBSERVATION_ICE_DRAFT_6 = 0x8000 }; /* in sub of OBS_SDP_CANDIDATE */

enum observation_kind {
#define X(kind, shape, path, source) kind,
    OBSERVATIONS(X)
#undef X
        OBS_COUNT,
};

enum { OBSERVATION_TEXT_MAX = 512 }; /* bytes of a text that are kept; the rest is cut */

struct observation {
    enum observation_kind kind;
    uint16_t index;     /* member of the first [] in the path, else 0 */
    uint16_t sub;       /* member of the second [] in the path, else 0 */
    uint8_t from;       /* side that sent the evidence */
    bool decrypted;     /* under keys that were logged: nobody on the path could read it */
    const char *text;   /* bytes from the wire or a constant: need not end with NUL; NULL = none */
    uint32_t text_size; /* bytes of text; borrowed until put() returns */
    uint64_t value;     /* unit: see the shape and the source column */
    uint64_t packet;    /* number in the capture, from 1 */
    uint64_t time_us;   /* capture time of that packet */
    uint32_t offset;    /* of the evidence, bytes into the payload that was fed */
};

struct observation_word {
    enum observation_shape shape;
    const char *path;
    const char *source;
};

/* The row of a kind (below OBS_COUNT). */
const struct observation_word *observation_word(enum observation_kind kind);
/* Is its text this C string? */
bool observation_says(const struct observation *obs, const char *text);
/* Do only flow records show facts of this kind? No join, role or rule reads them, which
 * tools/check_record_kinds.py sees to. */
bool observation_is_for_records(enum observation_kind kind);

#endif
