"""Calls that agree on SDES keys: signalling readable or in TLS, and media that is, or is not, what was agreed on."""
import srtp_calls as calls
from scenario import Host, Subject, here, scenario

CALL = {"alice": Host("10.77.0.101", "client_internal"), "fe01": Host("10.77.0.10", "front_end", trust="enterprise")}
GATEWAY = {"med01": Host("10.77.0.40", "mediation", trust="enterprise"),
           "gw01": Host("10.77.0.50", "gateway", trust="enterprise", trunk="private")}
NEXT_HOP = {"med01": Host("10.77.0.40", "mediation", trust="enterprise"), "fe01": CALL["fe01"]}
PACKAGES = ("sip-tester", "gcc", "libsrtp2-dev", "libgnutls28-dev")
SAVP, AVP = "RTP/SAVP", "RTP/AVP"
NUMBERS = ("+15550100", "+15550199")
MEDIATION = "RTCC/4.0.0.0 MediationServer"


def subjects(hosts, rows):
    """rows: {row: verdict or (verdict, area)}, all about the two hosts."""
    client, server = hosts
    out = []
    for row, verdict in rows.items():
        verdict, area = verdict if isinstance(verdict, tuple) else (verdict, None)
        out.append(Subject(row, client, server, verdict, area=area))
    return out


def sdp(side, profile, policy, parameters=""):
    """(profile, lines): what a side says of its media; policy None: no key."""
    return profile, [calls.crypto(side, policy, parameters)] if policy else []


def ends_of(hosts):
    return tuple((key, host.address) for key, host in hosts.items())


def readable(name, shows, policies, rows, *, hosts=None, profiles=(SAVP, SAVP), keyed=(True, True), parameters="",
             transport="tcp", port=5060, suite=None, cases=(), names=("alice", "conference"), agent="UCCAPI/4.0",
             robust=False):
    """A scenario whose SIP anyone can read. keyed: who sends a=crypto; suite: announced, where the media differs."""
    hosts = hosts or CALL

    def play(lab, work):
        offer = sdp("caller", profiles[0], (suite or policies[0]) if keyed[0] else None, parameters)
        answer = sdp("callee", profiles[1], (suite or policies[1]) if keyed[1] else None, parameters)
        ends = ends_of(here(lab, hosts))
        calls.call(lab, work, ends, offer, answer, lambda: calls.talk(lab, work, ends, policies), transport, port,
                   names=names, agent=agent)
    play.__doc__ = shows
    scenario(f"srtp/{name}", hosts, subjects(hosts, rows), *PACKAGES, cases=cases, robust=robust,
             clear=("inline:",) if any(keyed) else ("m=audio",))(play)


def hidden(name, shows, policies, rows, *, hosts=None, profiles=(SAVP, SAVP), keyed=(True, True), parameters="",
           mutual=False, port=5061, version="TLSv1.2", suite=None, cases=(), robust=False):
    """A scenario whose SIP runs in TLS."""
    hosts = hosts or CALL

    def play(lab, work):
        offer = sdp("caller", profiles[0], (suite or policies[0]) if keyed[0] else None, parameters)
        answer = sdp("callee", profiles[1], (suite or policies[1]) if keyed[1] else None, parameters)
        ends = ends_of(here(lab, hosts))
        calls.tunnel(lab, work, ends, port, mutual, version)
        calls.call(lab, work, ends, offer, answer, lambda: calls.talk(lab, work, ends, policies),
                   tunnel=calls.ENTRANCE, names=NUMBERS if "med01" in hosts else ("alice", "conference"),
                   agent=MEDIATION if "med01" in hosts else "UCCAPI/4.0")
    play.__doc__ = shows
    scenario(f"srtp/{name}", hosts, subjects(hosts, rows), *PACKAGES, "stunnel4", cases=cases, robust=robust,
             hidden=("inline:", "INVITE sip:"))(play)


def both(policy):
    return policy, policy


EXPOSED = {"TT-02": "violation", "TT-15": "violation", "TT-04": "violation"}
GOOD = {"TT-02": "compliant", "TT-24": "compliant", "TT-04": "compliant"}
BAD = {"TT-02": "compliant", "TT-24": "compliant", "TT-04": "violation"}
ONLY_TLS_TELLS = {"TT-02": "compliant", "TT-24": "compliant", "TT-04": ("violation", "tls")}

readable("sdes_readable", "A call from a client to a Front End, SIP over TCP: the media is SRTP, AES-128 with "
         "80-bit tags, but its keys can be read in the signalling.", both("aes128-80"), EXPOSED, robust=True)
readable("sdes_readable_udp", "A call from a client to a Front End, SIP over UDP: the media is SRTP, AES-128 with "
         "32-bit tags, but its keys can be read in the signalling.", both("aes128-32"), EXPOSED, transport="udp")
readable("sdes_readable_gcm256", "A call with the strongest cipher, AEAD_AES_256_GCM, whose keys can be read in SIP "
         "over TCP.", both("gcm256"), EXPOSED)
readable("sdes_readable_mki", "A call whose SRTP names its master key in each packet (MKI of 4 bytes); keys can be "
         "read in SIP over TCP.", both("aes128-80-mki"), EXPOSED)
readable("unencrypted_srtp", "A call that agrees on UNENCRYPTED_SRTP: packets are authenticated, speech can be heard.",
         both("null-80"), EXPOSED, parameters="UNENCRYPTED_SRTP")
readable("unauthenticated_srtp", "A call that agrees on UNAUTHENTICATED_SRTP: packets are encrypted and have no tag.",
         both("aes128-noauth"), EXPOSED, parameters="UNAUTHENTICATED_SRTP", cases=(18,))
readable("savp_but_clear", "Offer and answer agree on RTP/SAVP with keys, and then both sides send plain RTP.",
         both("clear"), EXPOSED, cases=(17,), robust=True)
readable("savp_caller_only", "Both agree on RTP/SAVP; only the caller encrypts, the Front End sends plain RTP.",
         ("aes128-80", "clear"), EXPOSED)
readable("savp_callee_only", "Both agree on RTP/SAVP; only the Front End encrypts, the caller sends plain RTP.",
         ("clear", "aes128-80"), EXPOSED)
readable("avp_optional_taken", "Encryption is optional: RTP/AVP with a=crypto is offered, RTP/SAVP with a=crypto "
         "answered, and SRTP sent; the keys can be read.", both("aes128-80"), EXPOSED, profiles=(AVP, SAVP))
readable("avp_optional_kept", "RTP/AVP with a=crypto in offer and answer (RFC 8643), and SRTP sent; the keys can be "
         "read.", both("aes128-80"), EXPOSED, profiles=(AVP, AVP))
readable("avp_optional_refused", "RTP/AVP with a=crypto is offered, RTP/AVP without key answered, and plain RTP "
         "sent. The offered key can be read, but was not used.", both("clear"), EXPOSED, profiles=(AVP, AVP),
         keyed=(True, False))
readable("avp_clear", "RTP/AVP without keys in offer and answer, and plain RTP.", both("clear"),
         {"TT-02": "violation", "TT-15": "none", "TT-04": "violation"}, profiles=(AVP, AVP), keyed=(False, False))
readable("avp_but_srtp", "RTP/AVP without keys in offer and answer, and yet SRTP both ways: keys come from elsewhere.",
         both("aes128-80"), {"TT-02": "violation", "TT-15": "none", "TT-04": "compliant"}, profiles=(AVP, AVP),
         keyed=(False, False))
readable("savp_without_key", "RTP/SAVP is offered and answered without any key, and SRTP sent: keys come from "
         "elsewhere.", both("aes256-80"), {"TT-02": "violation", "TT-15": "none", "TT-04": "compliant"},
         keyed=(False, False))

for _policy, _what in (("aes128-80", "AES_CM_128_HMAC_SHA1_80"), ("aes128-32", "AES_CM_128_HMAC_SHA1_32"),
                       ("aes192-80", "AES_192_CM_HMAC_SHA1_80"), ("aes256-80", "AES_256_CM_HMAC_SHA1_80"),
                       ("aes256-32", "AES_256_CM_HMAC_SHA1_32"), ("gcm128", "AEAD_AES_128_GCM"),
                       ("gcm256", "AEAD_AES_256_GCM"), ("aes128-80-mki", "AES_CM_128_HMAC_SHA1_80 with MKI")):
    hidden(f"tls_{_policy.replace('-', '_')}",
           f"A call from a client to a Front End: SIP in TLS 1.2, and SRTP, {_what}.", both(_policy), GOOD,
           robust=_policy == "aes128-80")
hidden("tls13_aes128_80", "A call from a client to a Front End: SIP in TLS 1.3, which hides the certificate, and "
       "SRTP.", both("aes128-80"), {"TT-02": "compliant", "TT-24": ("compliant", "tls"), "TT-04": "compliant"},
       version="TLSv1.3")
hidden("tls_clear_srtcp", "A call in TLS 1.2 that agrees on UNENCRYPTED_SRTCP: SRTP is whole, its reports can be read.",
       both("aes128-80-clearrtcp"), GOOD, parameters="UNENCRYPTED_SRTCP")
hidden("tls_avp_optional_taken", "In TLS 1.2: RTP/AVP with a=crypto is offered, RTP/SAVP answered, and SRTP sent.",
       both("aes128-80"), GOOD, profiles=(AVP, SAVP), cases=(16,))
hidden("tls_avp_optional_refused", "In TLS 1.2: RTP/AVP with a=crypto is offered, RTP/AVP without key answered; "
       "plain RTP.", both("clear"), BAD, profiles=(AVP, AVP), keyed=(True, False))
hidden("tls_savp_but_clear", "In TLS 1.2 both agree on RTP/SAVP with keys, and then send plain RTP.", both("clear"),
       BAD)
hidden("tls_caller_only", "In TLS 1.2 both agree on RTP/SAVP; the caller sends SRTP, the Front End plain RTP.",
       ("aes128-80", "clear"), BAD)
hidden("tls_callee_only", "In TLS 1.2 both agree on RTP/SAVP; the Front End sends SRTP, the caller plain RTP.",
       ("clear", "aes256-80"), BAD)
hidden("tls_ends_clear", "In TLS 1.2 both agree on RTP/SAVP; in the middle of the call both cease to encrypt.",
       both("aes128-80-first"), BAD)
hidden("tls_begins_clear", "In TLS 1.2 both agree on RTP/SAVP; they encrypt from the middle of the call on only.",
       both("aes128-80-later"), BAD)
hidden("tls_unencrypted_srtp", "In TLS 1.2 both agree on UNENCRYPTED_SRTP: tags of 80 bits after speech that can be "
       "heard.", both("null-80"), BAD, parameters="UNENCRYPTED_SRTP")
hidden("tls_unencrypted_srtp_32", "In TLS 1.2 both agree on UNENCRYPTED_SRTP: tags of 32 bits after speech that can be "
       "heard.", both("null-32"), BAD, parameters="UNENCRYPTED_SRTP")
hidden("tls_unauthenticated_srtp", "In TLS 1.2 both agree on UNAUTHENTICATED_SRTP: packets are encrypted and have "
       "no tag.", both("aes128-noauth"), ONLY_TLS_TELLS, parameters="UNAUTHENTICATED_SRTP")

readable("gateway_keys_readable", "A call from the Mediation Server to the gateway, SIP over UDP to 5068: SRTP "
         "whose keys can be read in the signalling.", both("aes128-80"),
         {"TT-10a": "exempt", "TT-11b": "violation", "TT-15": "violation"}, hosts=GATEWAY, transport="udp", port=5068,
         cases=(13,), names=NUMBERS, agent=MEDIATION, robust=True)
readable("gateway_all_clear", "A call from the Mediation Server to the gateway, SIP over TCP to 5068 and plain RTP: "
         "permitted on a private trunk.", both("clear"), {"TT-10a": "exempt", "TT-11a": "exempt", "TT-15": "none"},
         hosts=GATEWAY, profiles=(AVP, AVP), keyed=(False, False), port=5068, names=NUMBERS, agent=MEDIATION,
         cases=(10,))
hidden("gateway_mtls_srtp", "A call from the Mediation Server to the gateway: SIP in mutual TLS 1.2 to 5067, and "
       "SRTP.", both("aes128-80"), {"TT-10b": "compliant", "TT-24": "compliant", "TT-11b": "compliant"},
       hosts=GATEWAY, mutual=True, port=5067, robust=True)
hidden("gateway_one_way_srtp", "A call from the Mediation Server to the gateway: SRTP, but its keys went through "
       "TLS in which only the gateway showed a certificate.", both("aes128-80"),
       {"TT-10b": "violation", "TT-24": "compliant", "TT-11b": "violation"}, hosts=GATEWAY, port=5067, cases=(12,))
hidden("gateway_mtls_clear_media", "A call from the Mediation Server to the gateway: SIP in mutual TLS 1.2, plain RTP.",
       both("clear"), {"TT-10b": "compliant", "TT-24": "compliant", "TT-11a": "exempt"}, hosts=GATEWAY, mutual=True,
       port=5067, profiles=(AVP, AVP), keyed=(False, False))
hidden("gateway_mtls_null_cipher", "A call from the Mediation Server to the gateway: SIP in mutual TLS 1.2, and "
       "SRTP with UNENCRYPTED_SRTP.", both("null-80"),
       {"TT-10b": "compliant", "TT-24": "compliant", "TT-11b": "violation"}, hosts=GATEWAY, mutual=True, port=5067,
       parameters="UNENCRYPTED_SRTP")
hidden("next_hop_mtls_srtp", "A call from the Mediation Server to the Front End: mutual TLS 1.2 to 5061, and SRTP.",
       both("aes128-80"), {"TT-13": "compliant", "TT-24": "compliant", "TT-12": "compliant"}, hosts=NEXT_HOP,
       mutual=True)
hidden("next_hop_mtls_clear_media", "A call from the Mediation Server to the Front End: mutual TLS 1.2 to 5061, but "
       "plain RTP inside the network.", both("clear"),
       {"TT-13": "compliant", "TT-24": "compliant", "TT-12": "violation"}, hosts=NEXT_HOP, mutual=True,
       profiles=(AVP, AVP), keyed=(False, False))
hidden("next_hop_one_way_srtp", "A call from the Mediation Server to the Front End: TLS in which only the Front End "
       "showed a certificate, and SRTP.", both("gcm128"),
       {"TT-13": "violation", "TT-24": "compliant", "TT-12": "compliant"}, hosts=NEXT_HOP)
hidden("next_hop_caller_only", "A call from the Mediation Server to the Front End: mutual TLS 1.2; the Mediation "
       "Server sends SRTP, the Front End plain RTP.", ("aes128-80", "clear"),
       {"TT-13": "compliant", "TT-24": "compliant", "TT-12": "violation"}, hosts=NEXT_HOP, mutual=True)
