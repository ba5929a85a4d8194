"""SIP in clear and over TLS, with the media that it announces or pretends to announce."""
import base64
import time

import kamailio
import media
import phones
from cases import ALICE, BOB, CAROL, EDGE01, FE01, GW01, MED01, case

PHONES = {"fe01": FE01, "alice": ALICE, "bob": BOB}
CALL_SECONDS = 4
PASSWORD = "Correct-Horse-4711"
MESSAGE_TEXT = "The merger is signed on Friday, tell nobody."
SUITE = "AES_CM_128_HMAC_SHA1_80"


def call_by_phones(lab, work, transport, port, encryption=""):
    """alice and bob register at fe01, then alice calls bob for some seconds and both hang up."""
    tls = {"method": "TLSv1.2", "mutual": "no"} if transport == "tls" else None
    kamailio.start_for_phones(lab, work, "fe01", FE01, {transport: port}, tls=tls)
    server = f"{FE01}:{port}"
    bob = phones.baresip(lab, work, "bob", BOB, server, transport, encryption)
    time.sleep(1.5)
    alice = phones.baresip(lab, work, "alice", ALICE, server, transport, encryption, dial="bob")
    time.sleep(1.5 + CALL_SECONDS)
    lab.stop(alice)
    time.sleep(0.5)
    lab.stop(bob)


def crypto(key, tag=1, parameters=""):
    """The a=crypto line of a master key in hex."""
    text = base64.b64encode(bytes.fromhex(key)).decode("ascii")
    return f"a=crypto:{tag} {SUITE} inline:{text}{parameters}"


def call_by_sipp(lab, work, hosts, transport, port, policy, names=("alice", "bob"), agent="UCCAPI/4.0.7577.0 OC/4.0",
                 parameters=""):
    """A call with SDES keys in its SDP; hosts: {caller: address, callee: address}. policy: what the media really is."""
    (caller, caller_address), (callee, callee_address) = hosts.items()
    keys = {"profile": "RTP/SAVP", "offer_key": crypto(media.CALLER_KEY, 1, parameters), "agent": agent,
            "answer_key": crypto(media.ANSWER_KEY, 1, parameters), "caller": names[0], "callee": names[1]}
    sipp_transport = "t1" if transport == "tcp" else "u1"
    answer = phones.sipp(lab, callee, callee_address, port, phones.INVITE_ANSWER, transport=sipp_transport, keys=keys)
    lab.wait_listening(callee, transport, port)
    call = phones.sipp(lab, caller, caller_address, 5062, phones.INVITE, transport=sipp_transport, keys=keys,
                       remote=f"{callee_address}:{port}")
    time.sleep(0.3)
    media.talk(lab, work, caller, caller_address, callee, callee_address, policy)
    lab.wait_ended(call)
    lab.wait_ended(answer)


def message_by_sipp(lab, sender, sender_address, receiver, receiver_address):
    """One MESSAGE over TCP and its answer."""
    answer = phones.sipp(lab, receiver, receiver_address, 5060, phones.MESSAGE_ANSWER, transport="t1")
    lab.wait_listening(receiver, "tcp", 5060)
    message = phones.sipp(lab, sender, sender_address, 5062, phones.MESSAGE, transport="t1",
                          keys={"text": MESSAGE_TEXT}, remote=f"{receiver_address}:5060")
    lab.wait_ended(message)
    lab.wait_ended(answer)


@case("tls/sip_mtls_kamailio", {"fe01": FE01, "edge01": EDGE01}, "kamailio", "kamailio-tls-modules")
def sip_mtls_kamailio(lab, work):
    """Two SIP servers that send each other OPTIONS over TLS 1.2, each connection with certificates of both."""
    work.publish_ca()
    tls = {"method": "TLSv1.2", "mutual": "yes"}
    kamailio.start_server(lab, work, "fe01", FE01, EDGE01, tls)
    kamailio.start_server(lab, work, "edge01", EDGE01, FE01, tls)
    time.sleep(5)


@case("sip/udp_register_call_rtp_pcmu", PHONES, "kamailio", "baresip")
def udp_register_call_rtp_pcmu(lab, work):
    """Two phones register by SIP over UDP and call each other: SIP is readable and speech is plain RTP (G.711)."""
    call_by_phones(lab, work, "udp", 5060)


@case("sip/tcp_register_digest", {"fe01": FE01, "alice": ALICE}, "kamailio", "sip-tester")
def tcp_register_digest(lab, work):
    """A client registers at a Front End by SIP over TCP in clear, with digest authentication that anybody can
    attack."""
    kamailio.start_for_phones(lab, work, "fe01", FE01, {"tcp": 5060}, password=PASSWORD)
    scenario = phones.REGISTER.replace("PASSWORD", PASSWORD)
    lab.wait_ended(phones.sipp(lab, "alice", ALICE, 5062, scenario, transport="t1", remote=f"{FE01}:5060"))


@case("sip/tls_call_srtp", PHONES, "kamailio", "kamailio-tls-modules", "baresip")
def tls_call_srtp(lab, work):
    """Two phones register by SIP over TLS 1.2 and call each other with SRTP: neither signalling nor speech is readable.
    (baresip sends its first and last RTCP packet unencrypted.)"""
    call_by_phones(lab, work, "tls", 5061, "srtp-mand")


@case("sip/udp_call_sdes_srtp", {"med01": MED01, "gw01": GW01}, "sip-tester", "gcc", "libsrtp2-dev")
def udp_call_sdes_srtp(lab, work):
    """A call from the Mediation Server to the gateway: speech is SRTP, but its SDES keys are readable in SIP over
    UDP."""
    call_by_sipp(lab, work, {"med01": MED01, "gw01": GW01}, "udp", 5060, "aes128-80", ("+15550100", "+15550199"),
                 agent="RTCC/4.0.0.0 MediationServer")


@case("sip/savp_announced_but_clear", {"alice": ALICE, "fe01": FE01}, "sip-tester", "gcc")
def savp_announced_but_clear(lab, work):
    """A call from a client to a Front End: offer and answer agree on RTP/SAVP with SDES keys, but speech is plain
    RTP."""
    call_by_sipp(lab, work, {"alice": ALICE, "fe01": FE01}, "tcp", 5060, "clear", ("alice", "conference"))


@case("sip/unauthenticated_srtp", {"alice": ALICE, "fe01": FE01}, "sip-tester", "gcc", "libsrtp2-dev")
def unauthenticated_srtp(lab, work):
    """A call from a client to a Front End: SRTP is agreed on with UNAUTHENTICATED_SRTP and sent without tags."""
    call_by_sipp(lab, work, {"alice": ALICE, "fe01": FE01}, "tcp", 5060, "aes128-noauth", ("alice", "conference"),
                 parameters=" UNAUTHENTICATED_SRTP")


@case("sip/message_tcp_internal", {"alice": ALICE, "bob": BOB}, "sip-tester")
def message_tcp_internal(lab, work):
    """An instant message from one internal client straight to another, SIP MESSAGE over TCP in clear."""
    message_by_sipp(lab, "alice", ALICE, "bob", BOB)


@case("sip/message_tcp_external", {"carol": CAROL, "bob": BOB}, "sip-tester")
def message_tcp_external(lab, work):
    """An instant message from a client outside straight to an internal one, SIP MESSAGE over TCP in clear."""
    message_by_sipp(lab, "carol", CAROL, "bob", BOB)
