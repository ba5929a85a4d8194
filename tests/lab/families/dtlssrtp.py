"""DTLS-SRTP: keys agreed on the media path, by baresip, by gstreamer, and with profiles chosen exactly."""
import hashlib
import ssl
import time

import cut
import sip
import srtp_calls as calls
import srtp_gst as gst
from scenario import Host, Subject, here, scenario

PAIR = {"alice": Host("10.77.0.101", "client_internal"), "bob": Host("10.77.0.102", "client_internal")}
FE01 = Host("10.77.0.10", "front_end", trust="enterprise")
CALL = {"alice": PAIR["alice"], "fe01": FE01}
PHONES = {"fe01": FE01, **PAIR}
GATEWAY = {"med01": Host("10.77.0.40", "mediation", trust="enterprise"),
           "gw01": Host("10.77.0.50", "gateway", trust="enterprise", trunk="private")}
SENDER = ("gcc", "libsrtp2-dev", "libgnutls28-dev")
GST = ("gstreamer1.0-tools", "gstreamer1.0-plugins-base", "gstreamer1.0-plugins-good", "gstreamer1.0-plugins-bad")
ANNOUNCED = "UDP/TLS/RTP/SAVP"
GOOD = ("aes128-80", "aes128-80")


def ends_of(hosts):
    return tuple((key, host.address) for key, host in hosts.items())


def media(row, verdict, hosts=None, area="media"):
    client, server = hosts or PAIR
    return Subject(row, client, server, verdict, area=area)


def agree_and_talk(lab, work, ends, profiles):
    """DTLS on the media ports, then speech both ways; profiles: of srtpsend, what caller and callee do with it."""
    senders = []
    (caller, callee), (first, second) = ends, profiles
    for own, peer, policy, ssrc in ((callee, caller, f"dtls-{second}-server", "0x0badcafe"),
                                    (caller, callee, f"dtls-{first}-client", "0x1eaf5eed")):
        files = ",".join(work.ca.issue(f"{own[0]}.contoso.com"))
        senders.append(lab.start(own[0], [work.srtpsend, own[1], str(calls.PORT), peer[1], str(calls.PORT), policy,
                                          files, str(calls.SECONDS), work.mu_law, ssrc]))
        lab.wait_listening(own[0], "udp", calls.PORT)
    calls.expect_speech(work, profiles)
    for sender in senders:
        lab.wait_ended(sender)


def fingerprint(work, host):
    """The SDP lines of a host's certificate."""
    with open(work.ca.issue(f"{host}.contoso.com")[0], encoding="ascii") as pem:
        digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.read())).hexdigest().upper()
    pairs = ":".join(digest[i: i + 2] for i in range(0, len(digest), 2))
    return [f"a=fingerprint:sha-256 {pairs}"]


def announced_call(lab, work, hosts, run, port=5060, transport="tcp", tunnel=None, callee=None):
    """A call of sipp with fingerprints in its SDP. callee: whose certificate is announced as the callee's, if not its
    own."""
    ends = ends_of(here(lab, hosts))
    offer = (ANNOUNCED, fingerprint(work, ends[0][0]) + ["a=setup:active"])
    answer = (ANNOUNCED, fingerprint(work, callee or ends[1][0]) + ["a=setup:passive"])
    names = ("+15550100", "+15550199") if "med01" in hosts else ("alice", "conference")
    calls.call(lab, work, ends, offer, answer, lambda: run(ends), transport, port, tunnel, names)


def exact(name, shows, profiles, verdict, cases=(), robust=False, edit=None):
    """DTLS and SRTP without signalling."""
    def play(lab, work):
        agree_and_talk(lab, work, ends_of(here(lab, PAIR)), profiles)
        if edit:
            work.edits[:] = [edit]  # what is left holds no speech to look for
    play.__doc__ = shows
    scenario(f"dtlssrtp/{name}", PAIR, [media("TT-04", verdict)], *SENDER, cases=cases, robust=robust)(play)


def announced(name, shows, profiles, rows, hosts=None, mutual=None, port=5060, transport="tcp", cases=(),
              callee=None):
    """A call with DTLS-SRTP in its SDP; profiles None: plain RTP and no DTLS. mutual None: SIP is readable."""
    hosts = hosts or CALL

    def run(lab, work, ends):
        if profiles:
            agree_and_talk(lab, work, ends, profiles)
        else:
            calls.talk(lab, work, ends, ("clear", "clear"))

    def play(lab, work):
        if mutual is None:
            announced_call(lab, work, hosts, lambda ends: run(lab, work, ends), port, transport, callee=callee)
        else:
            calls.tunnel(lab, work, ends_of(here(lab, hosts)), port, mutual)
            announced_call(lab, work, hosts, lambda ends: run(lab, work, ends), tunnel=calls.ENTRANCE)
    play.__doc__ = shows
    packages = SENDER + ("sip-tester",) + (("stunnel4",) if mutual is not None else ())
    texts = {"clear": ("a=fingerprint:",)} if mutual is None else {"hidden": ("a=fingerprint:", "INVITE sip:")}
    subjects = [media(row, verdict, hosts, None) for row, verdict in rows.items()]
    scenario(f"dtlssrtp/{name}", hosts, subjects, *packages, cases=cases, **texts)(play)


def is_dtls(record):
    """Whether a UDP datagram of a capture begins as a DTLS record does (RFC 7983)."""
    return record[16 + 14 + 9] == 17 and 20 <= record[16 + 14 + 20 + 8] <= 63


def without_dtls(path):
    cut.keep(path, [record for record in cut.read(path)[1] if not is_dtls(record)])


def only_dtls(path):
    cut.keep(path, [record for record in cut.read(path)[1] if is_dtls(record)])


exact("aes128_80", "DTLS 1.2 that agrees on SRTP_AES128_CM_HMAC_SHA1_80, then SRTP both ways; no signalling.", GOOD,
      "compliant", robust=True)
exact("aes128_32", "DTLS 1.2 that agrees on SRTP_AES128_CM_HMAC_SHA1_32, then SRTP both ways; no signalling.",
      ("aes128-32", "aes128-32"), "compliant")
exact("null_80", "DTLS 1.2 that agrees on SRTP_NULL_HMAC_SHA1_80 (0x0005), then speech that can be heard; no "
      "signalling.", ("null", "null"), "violation", cases=(19,), robust=True)
exact("null_32", "DTLS 1.2 that agrees on SRTP_NULL_HMAC_SHA1_32 (0x0006), then speech that can be heard; no "
      "signalling.", ("null32", "null32"), "violation", cases=(19,))
exact("agreed_but_clear", "DTLS 1.2 that agrees on AES-128, and then both sides send plain RTP.", ("clear", "clear"),
      "violation")
exact("one_side_clear", "DTLS 1.2 that agrees on AES-128; the client then sends plain RTP, the server SRTP.",
      ("clear", "aes128-80"), "violation")
exact("handshake_missed", "The SRTP of a DTLS-SRTP session; the capture began after the handshake. (The recording of a "
      "whole session, without the packets of DTLS.)", GOOD, "compliant", edit=without_dtls)
exact("null_handshake_only", "A DTLS 1.2 handshake that agrees on SRTP_NULL_HMAC_SHA1_80, without the media. (The "
      "recording of a whole session, with the packets of DTLS only.)", ("null", "null"), "violation", edit=only_dtls)

announced("readable_fingerprint", "A call that announces DTLS-SRTP in SIP over TCP: SRTP is good, but whoever can "
          "change the signalling can replace the fingerprints.", GOOD,
          {"TT-02": "violation", "TT-15": "violation", "TT-04": "compliant"})
announced("other_certificate", "A call that announces DTLS-SRTP in SIP over TCP, in which the callee shows another "
          "certificate than the SDP announced as its own: someone in between could.", GOOD,
          {"TT-02": "violation", "TT-15": "violation", "TT-04": "violation"}, callee="announced")
announced("readable_null", "A call that announces DTLS-SRTP in SIP over UDP, and whose DTLS agrees on "
          "SRTP_NULL_HMAC_SHA1_80.", ("null", "null"),
          {"TT-02": "violation", "TT-15": "violation", "TT-04": "violation"}, transport="udp", cases=(19,))
announced("readable_but_clear", "A call that announces DTLS-SRTP in SIP over TCP; there is no DTLS, and plain RTP "
          "flows.", None, {"TT-02": "violation", "TT-15": "violation", "TT-04": "violation"})
announced("tls_good", "A call with SIP in TLS 1.2, DTLS 1.2 on the media ports, and SRTP.", GOOD,
          {"TT-02": "compliant", "TT-24": "compliant", "TT-04": "compliant"}, mutual=False, port=5061)
announced("tls_null", "A call with SIP in TLS 1.2, whose DTLS agrees on SRTP_NULL_HMAC_SHA1_80.", ("null", "null"),
          {"TT-02": "compliant", "TT-24": "compliant", "TT-04": "violation"}, mutual=False, port=5061, cases=(19,))
announced("gateway_mtls", "A call from the Mediation Server to the gateway: SIP in mutual TLS 1.2, DTLS-SRTP.", GOOD,
          {"TT-10b": "compliant", "TT-11b": "compliant"}, GATEWAY, True, 5067)
announced("gateway_one_way", "A call from the Mediation Server to the gateway: DTLS-SRTP whose fingerprints went "
          "through TLS in which only the gateway showed a certificate.", GOOD,
          {"TT-10b": "violation", "TT-11b": "violation"}, GATEWAY, False, 5067)
announced("gateway_readable", "A call from the Mediation Server to the gateway: DTLS-SRTP whose fingerprints can be "
          "read, and replaced, in SIP over UDP.", GOOD,
          {"TT-10a": "exempt", "TT-15": "violation", "TT-11b": "violation"}, GATEWAY, None, 5068, "udp")


def phone_subjects(signalling, keys):
    out = [Subject("TT-04", "alice", "bob", "compliant", area="media")]
    for phone in PAIR:
        out += [Subject("TT-02", phone, "fe01", signalling)]
        out += [Subject("TT-15", phone, "fe01", keys)] if keys else []
    return out


@scenario("dtlssrtp/phones_tls", PHONES, phone_subjects("compliant", None), "kamailio", "kamailio-tls-modules",
          "baresip")
def phones_tls(lab, work):
    """Two phones call each other: SIP in TLS 1.2 to the Front End, DTLS-SRTP between them. (Their first and last RTCP
    packets are not encrypted.)"""
    sip.call_by_phones(lab, work, "tls", 5061, "dtls_srtp")


@scenario("dtlssrtp/phones_udp", PHONES, phone_subjects("violation", "violation"), "kamailio", "baresip",
          clear=("a=fingerprint:",))
def phones_udp(lab, work):
    """Two phones call each other: SIP over UDP to the Front End, in which the fingerprints of their DTLS-SRTP can be
    read."""
    sip.call_by_phones(lab, work, "udp", 5060, "dtls_srtp")


def start_dtls(lab, work, number, own, peer, codec, ports):
    """One end of DTLS-SRTP by gstreamer, which runs until it is stopped. ports: (to send from, to listen on)."""
    media_source = gst.source(work, codec).replace(" ! rtp", " ! identity sync=true ! rtp", 1)
    sending, listening = ports
    text = (f"rtpbin name=rb {media_source} ! rb.send_rtp_sink_0 "
            f"dtlssrtpenc name=e connection-id=c is-client={'true' if number else 'false'} "
            "rb.send_rtp_src_0 ! e.rtp_sink_0 "
            f"e.src ! udpsink host={peer[1]} port={gst.PORT} bind-address={own[1]} bind-port={sending} "
            "sync=false async=false "
            f"udpsrc address={own[1]} port={listening} ! dtlssrtpdec name=d connection-id=c "
            "d.rtp_src ! fakesink sync=false async=false d.rtcp_src ! fakesink sync=false async=false")
    return lab.start(own[0], ["gst-launch-1.0", "-q", *text.split()])


def play_gst(lab, work, codec, sending=20100):
    """Both ends for a few seconds. sending: the port that they send from: gst-launch cannot share the socket that it
    listens on, and a second one on that port would take the peer's handshake away."""
    alice, bob = ends_of(PAIR)
    ends = [start_dtls(lab, work, 0, bob, alice, codec, (sending, gst.PORT))]
    lab.wait_listening("bob", "udp", gst.PORT)
    ends.append(start_dtls(lab, work, 1, alice, bob, codec, (sending, gst.PORT)))
    time.sleep(gst.SECONDS + 0.5)  # the handshake and the call
    for end in ends:
        lab.stop(end)


@scenario("dtlssrtp/gst_opus", PAIR, [media("TT-04", "compliant")], *GST)
def gst_opus(lab, work):
    """DTLS 1.2 and SRTP of Opus between two ends of gstreamer, which send from another port than they listen on; no
    signalling."""
    play_gst(lab, work, "opus")


@scenario("dtlssrtp/gst_vp8", PAIR, [media("TT-04", "compliant")], *GST)
def gst_vp8(lab, work):
    """DTLS 1.2 and SRTP of VP8 between two ends of gstreamer, which send from another port than they listen on; no
    signalling."""
    play_gst(lab, work, "vp8")


@scenario("dtlssrtp/gst_split", PAIR, [media("TT-04", "compliant")], *GST)
def gst_split(lab, work):
    """DTLS 1.2 and SRTP of G.711 in which each end sends from a port other than it listens on: one handshake, and one
    session, in two pairs of ports. No signalling."""
    play_gst(lab, work, "pcmu")
