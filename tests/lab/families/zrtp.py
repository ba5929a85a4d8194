"""ZRTP (RFC 6189): keys agreed on the media path after an announcement in the SDP, refused, or agreed too late."""
import call_truth
import zrtp_phones
from scenario import Host, Subject, scenario

PAIR = {"alice": Host("10.77.0.101", "client_internal"), "bob": Host("10.77.0.102", "client_internal")}
TAG = 10  # bytes of HMAC_SHA1_80
NO_KEY = "a=zrtp-hash is no key"


def packets_of(path, host):
    """The media packets of a host, without STUN and ZRTP."""
    return [payload for address, port, payload in call_truth.udp_payloads(path)
            if address == PAIR[host].address and 20000 <= port < 20020 and payload[:2] in (b"\x80\0", b"\x80\x80")]


def clear_packets(least, most):
    """An edit: complains unless each side sent so many packets of G.711 without a tag."""
    def look(path):
        for host in PAIR:
            sizes = [len(packet) - 12 - call_truth.FRAME for packet in packets_of(path, host)]
            bare, tagged = sizes.count(0), sizes.count(TAG)
            if len(sizes) < 100 or not least <= bare <= most or bare + tagged < len(sizes):
                raise RuntimeError(f"{host} sent {len(sizes)} packets, {bare} of them in clear")
    return look


def add(name, shows, verdict, *packages, play, clear=None):
    def play_call(lab, work):
        if clear:
            work.afterwards(clear_packets(*clear))
        play(lab, work)
    play_call.__doc__ = shows
    subjects = [Subject("TT-04", "alice", "bob", verdict, area="media"),
                Subject("TT-15", "alice", "bob", "none", note=NO_KEY)]
    scenario(f"zrtp/{name}", PAIR, subjects, "linphone-cli", *packages, clear=("a=zrtp-hash:",))(play_call)


add("agreed_pcmu", "Two clients call each other by SIP over UDP and agree on keys by ZRTP before they speak: SRTP of "
    "G.711.", "compliant", play=zrtp_phones.call, clear=(0, 0))
add("agreed_opus", "Two clients call each other by SIP over UDP and agree on keys by ZRTP before they speak: SRTP of "
    "Opus.", "compliant", play=lambda lab, work: zrtp_phones.call(lab, work, "opus"))
add("refused", "A client offers ZRTP in SIP over UDP, the other knows none: plain RTP.", "violation", "baresip",
    play=zrtp_phones.call_without, clear=(100, 1000))
add("begins_clear", "Two clients agree on keys by ZRTP while they speak already: the first packets of their speech are "
    "plain RTP, then comes SRTP.", "violation", play=lambda lab, work: zrtp_phones.call(lab, work, early=True),
    clear=(1, 10))
