"""The Mediation Server and a media gateway inside the network: what may be clear, and what protection must be whole."""
import gateway_calls
from gateway_calls import Call
from scenario import Host, Subject, scenario

HOSTS = {"med01": Host("10.77.0.40", "mediation", trust="enterprise"),
         "gw01": Host("10.77.0.50", "gateway", trust="enterprise")}
BYPASS = {**HOSTS, "alice": Host("10.77.0.101", "client_internal")}
FULL = {**HOSTS, "fe01": Host("10.77.0.10", "front_end", trust="enterprise"),
        "alice": Host("10.77.0.101", "client_internal")}
HIDDEN_13 = "TLS 1.3 hides the client's certificate"


def signalling_rows(call):
    """TT-10a for clear, TT-10b for TLS; and the keys, and the certificates."""
    pair = (call.caller, call.callee)
    if not call.tls:
        return [Subject("TT-10a", *pair, "exempt"), Subject("TT-10b", *pair, "none"),
                Subject("TT-15", *pair, "violation" if call.announces_keys else "none")]
    tls13 = call.version == "TLSv1.3"
    mutual = call.signalling == "mutual"
    return [Subject("TT-10b", *pair, "compliant" if mutual else "violation", area="tls" if tls13 else None,
                    note=HIDDEN_13 if tls13 else ""),
            Subject("TT-10a", *pair, "none"), Subject("TT-15", *pair, "none", note="not readable"),
            Subject("TT-24", *pair, "unknown" if tls13 else "compliant", "compliant" if tls13 else None,
                    note=HIDDEN_13 if tls13 else "")]


def media_rows(call):
    """TT-11a for clear media; TT-11b for SRTP, which is as good as the signalling that carried its keys."""
    if call.answer_media == "clear":  # of two directions one is SRTP
        return [Subject("TT-11a", *call.ends, "exempt"),
                *([] if call.signalling == "mutual" else [Subject("TT-11b", *call.ends, "violation", area="media")])]
    if call.media == "clear":
        return [Subject("TT-11a", *call.ends, "exempt"), Subject("TT-11b", *call.ends, "none")]
    good = call.signalling == "mutual" and call.media == "aes128-80"
    return [Subject("TT-11b", *call.ends, "compliant" if good else "violation",
                    area="tls" if call.version == "TLSv1.3" else None), Subject("TT-11a", *call.ends, "none")]


def texts(call):
    """(clear, hidden) of a call; the last hidden one may not have been sent at all."""
    words = (f"INVITE sip:{gateway_calls.NUMBERS[1]}", *(("inline:",) if call.announces_keys else ()))
    return ((), (*words, "inline:")) if call.tls else (words, ())


def add(name, call, shows, hosts=None, rows=None, robust=False, cases=()):
    def play(lab, work):
        gateway_calls.play(lab, work, call)
    play.__doc__ = shows
    clear, hidden = texts(call)
    scenario(f"gateway/{name}", hosts or HOSTS, rows or [*signalling_rows(call), *media_rows(call)],
             *gateway_calls.PROGRAMS, robust=robust, cases=cases, clear=clear, hidden=hidden,
             inside=hidden[:-1])(play)


OUT, IN = ("med01", "gw01"), ("gw01", "med01")

add("clear_udp", Call(*OUT), "The Mediation Server calls the gateway: SIP over UDP, speech as plain RTP.", robust=True)
add("clear_tcp_5081", Call(*OUT, 5081, "tcp"),
    "The Mediation Server calls the gateway on 5081: SIP over TCP, plain RTP.")
add("clear_tcp_5068_inbound", Call(*IN, 5068, "tcp"),
    "The gateway calls the Mediation Server on 5068: SIP over TCP, plain RTP.")
add("srtp_over_udp", Call(*OUT, media="aes128-80"),
    "The Mediation Server calls the gateway: speech is SRTP, but its keys are readable in SIP over UDP.", cases=(13,),
    robust=True)
add("srtp_over_tcp_5068_inbound", Call(*IN, 5068, "tcp", "aes128-80"),
    "The gateway calls the Mediation Server on 5068: speech is SRTP, but its keys are readable in SIP over TCP.",
    cases=(13,))
add("keys_over_tcp_unused", Call(*OUT, 5081, "tcp", "clear", True),
    "The Mediation Server and the gateway agree on SRTP keys in SIP over TCP, but speech is plain RTP.")
for VERSION, WORD in (("TLSv1.2", "tls12"), ("TLSv1.3", "tls13")):
    SPOKEN = VERSION.replace("v", " ")
    add(f"{WORD}_mutual_srtp", Call(*OUT, 5082, "mutual", "aes128-80", version=VERSION),
        f"The Mediation Server calls the gateway on 5082: {SPOKEN} with certificates of both, and SRTP.",
        robust=WORD == "tls12")
    add(f"{WORD}_mutual_rtp", Call(*OUT, 5082, "mutual", version=VERSION),
        f"The Mediation Server calls the gateway on 5082: {SPOKEN} with certificates of both, but speech is plain "
        "RTP.")
    add(f"{WORD}_one_way_srtp", Call(*OUT, 5082, "one-way", "aes128-80", version=VERSION),
        f"The Mediation Server calls the gateway on 5082: {SPOKEN} without a client certificate, and SRTP whose keys "
        "can go to an impostor.")
    add(f"{WORD}_one_way_rtp_inbound", Call(*IN, 5067, "one-way", version=VERSION),
        f"The gateway calls the Mediation Server on 5067: {SPOKEN} without a client certificate, and plain RTP.",
        cases=(12,) if WORD == "tls12" else ())
    add(f"{WORD}_mutual_srtp_inbound", Call(*IN, 5067, "mutual", "aes128-80", version=VERSION),
        f"The gateway calls the Mediation Server on 5067: {SPOKEN} with certificates of both, and SRTP.")
add("tls12_mutual_5061_srtp", Call(*OUT, 5061, "mutual", "aes128-80"),
    "The Mediation Server calls the gateway on 5061, the port of R2: TLS 1.2 with certificates of both, and SRTP.")
add("tls12_mutual_keys_unused", Call(*OUT, 5082, "mutual", "clear", True),
    "The Mediation Server and the gateway agree on SRTP by TLS 1.2 with certificates of both, but speech is plain "
    "RTP.")
add("tls12_mutual_null_cipher", Call(*OUT, 5082, "mutual", "null-80", True),
    "Mediation Server and gateway: TLS 1.2 with certificates of both; speech is SRTP with the NULL cipher, which "
    "everybody can hear.")
add("tls12_mutual_unauthenticated", Call(*OUT, 5082, "mutual", "aes128-noauth", True),
    "Mediation Server and gateway: TLS 1.2 with certificates of both; speech is SRTP without authentication.")
add("tls12_address_in_sni", Call(*OUT, 5082, "mutual", "aes128-80", sni="10.77.0.50"),
    "TLS 1.2 with certificates of both, and SRTP; the Mediation Server names the gateway by its address in "
    "server_name, where RFC 6066 allows names only.")
add("half_srtp_over_udp", Call(*OUT, media="aes128-80", answer_media="clear"),
    "The Mediation Server sends SRTP whose keys are readable in SIP over UDP, the gateway sends plain RTP.")
add("half_srtp_over_tls12_one_way", Call(*OUT, 5082, "one-way", "aes128-80", answer_media="clear"),
    "The Mediation Server sends SRTP, signalled by one-way TLS 1.2; the gateway sends plain RTP.")
add("half_srtp_over_tls12_mutual", Call(*OUT, 5082, "mutual", "aes128-80", answer_media="clear"),
    "The Mediation Server sends SRTP, signalled by TLS 1.2 with certificates of both; the gateway sends plain RTP.")
add("bypass_clear", Call(*OUT, 5060, "udp", media_caller="alice"),
    "Media bypass: the Mediation Server signals the call by SIP over UDP, the client and the gateway exchange plain "
    "RTP.", BYPASS)
add("bypass_srtp_over_tcp", Call(*OUT, 5081, "tcp", "aes128-80", media_caller="alice"),
    "Media bypass: the client and the gateway exchange SRTP; the keys are readable in the Mediation Server's SIP "
    "over TCP.", BYPASS)
add("bypass_tls12_mutual_srtp", Call(*OUT, 5082, "mutual", "aes128-80", media_caller="alice"),
    "Media bypass: the client and the gateway exchange SRTP; the Mediation Server signals it by TLS 1.2 with "
    "certificates of both.", BYPASS)
add("bypass_tls12_one_way_srtp", Call(*OUT, 5082, "one-way", "aes128-80", media_caller="alice"),
    "Media bypass: the client and the gateway exchange SRTP; the TLS 1.2 of the Mediation Server with the gateway "
    "is one-way.", BYPASS)


def inside_rows(inside, audio, outside):
    """A whole path: TT-13 and TT-12 inside, the gateway's rows outside."""
    rows = [Subject("TT-13", "fe01", "med01", "compliant" if inside.signalling == "mutual" else "violation"),
            Subject("TT-12", *inside.ends, "compliant" if audio == "good" else "violation"),
            Subject("TT-15", "fe01", "med01", "violation" if inside.announces_keys and not inside.tls else "none")]
    return rows + signalling_rows(outside) + media_rows(outside)


def add_path(name, inside, audio, shows):
    outside = Call(*OUT, media_port=21000)

    def play(lab, work):
        gateway_calls.play(lab, work, inside, outside)
    play.__doc__ = shows
    scenario(f"gateway/{name}", FULL, inside_rows(inside, audio, outside), *gateway_calls.PROGRAMS)(play)


INSIDE = ("fe01", "med01", 5070)
add_path("path_inside_protected", Call(*INSIDE, "mutual", "aes128-80", media_caller="alice"), "good",
         "A call from a client to the telephone network: inside, the Mediation Server has mutual TLS 1.2 and SRTP; "
         "to the gateway both are clear, which is allowed.")
add_path("path_inside_one_way", Call(*INSIDE, "one-way", "aes128-80", media_caller="alice"), "good",
         "A call from a client to the telephone network: inside, SRTP, but the TLS of Front End and Mediation "
         "Server is one-way; the gateway's side is clear, which is allowed.")
add_path("path_inside_clear_media", Call(*INSIDE, "mutual", "clear", media_caller="alice"), "bad",
         "A call from a client to the telephone network: the Mediation Server's inner signalling is mutual TLS 1.2, "
         "but speech is plain RTP on both of its sides.")
add_path("path_inside_clear", Call(*INSIDE, "tcp", "aes128-80", media_caller="alice"), "bad",
         "A call from a client to the telephone network: inside, SIP over TCP shows the keys of the SRTP; the "
         "gateway's side is clear, which is allowed.")
