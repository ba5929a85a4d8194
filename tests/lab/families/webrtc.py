"""WebRTC: browsers talk by DTLS-SRTP, or send texts by SCTP in DTLS; they find each other by WebSocket."""
import base64

import turn_relay
import webrtc_peers as peers
from scenario import Host, Subject, scenario

ALICE, BOB = Host("10.77.0.101", "client_internal"), Host("10.77.0.102", "client_internal")
CAROL = Host("198.51.100.7", "client_external")
FE01 = Host("10.77.0.10", "front_end", trust="enterprise")
TURN01 = Host("192.0.2.12", "edge_av")
INSIDE = {"alice": ALICE, "bob": BOB, "fe01": FE01}
RELAYED = {"alice": ALICE, "turn01": TURN01, "carol": CAROL, "fe01": FE01}
MARKER = "The merger is signed on Friday, tell nobody."
REPLACEABLE = "whoever can change what the WebSocket carries can replace the fingerprints"


def signalling(hosts, tls):
    """What is said of each end's WebSocket: readable fingerprints are weak, certificates are hidden by TLS 1.3."""
    out = []
    for key in [key for key in hosts if key not in ("fe01", "turn01")]:
        if tls:
            hidden = tls == "TLSv1_3"
            out += [Subject("TT-24", key, "fe01", "unknown" if hidden else "compliant",
                            "compliant" if hidden else None), Subject("TT-15", key, "fe01", "none")]
        else:
            out.append(Subject("TT-15", key, "fe01", "weak", area="policy", note=REPLACEABLE))
    return out


def media(hosts, carried, transport):
    """What is said of the media: on each of its legs, if there are two. carried: has the call media at all?"""
    verdict = "compliant" if carried else "none"
    if "turn01" not in hosts:
        return [Subject("TT-04", "alice", "bob", verdict, area="media")]
    inner = {"secrets": verdict, "note": "what the TLS carries is not to be seen"} if transport == "tls" else {}
    return [Subject("TT-04", "alice", "turn01", "unknown" if inner and carried else verdict, area="media", **inner),
            Subject("TT-04", "turn01", "carol", verdict, area="media"),
            Subject("TT-41", "alice", "turn01", "exempt", area="policy")]


def add(name, shows, kinds, tls=None, relay=None, old=False, bundle="balanced"):
    """A scenario. kinds: audio, video, data; tls: of the WebSocket; relay: transport to the relay that the caller
    must use; old: the callee is aiortc."""
    hosts = RELAYED if relay else INSIDE
    callee = "carol" if relay else "bob"

    def play(lab, work):
        plan = {**{kind: kind in kinds for kind in ("audio", "video", "data")}, "bundle": bundle,
                "seconds": 2.5 if relay else 3, "text": base64.b64encode(MARKER.encode("ascii")).decode("ascii"),
                "relays": {"caller": peers.relay(relay, TURN01.address)} if relay else {}}
        if relay:
            turn_relay.serve(lab, work, TURN01.address)
        origin, log = peers.serve(lab, work, FE01.address, plan, tls)
        ends = [(peers.join_aiortc if old else peers.browse)(lab, work, callee, origin, "callee")]
        peers.wait_said(lab, log, "callee joined")
        ends.append(peers.browse(lab, work, "alice", origin, "caller"))
        said = peers.wait_said(lab, log, "caller done", "callee done")
        peers.check(said, kinds, "FEFD" if old else "FEFC")
        for end in reversed(ends):
            lab.stop(end)
    play.__doc__ = shows
    carried = "audio" in kinds or "video" in kinds
    packages = ("chromium",) + (("python3-aiortc",) if old else ()) + (("coturn",) if relay else ())
    texts = {"hidden": ("a=fingerprint:", MARKER)} if tls else {"clear": ("<title>Meeting",), "hidden": (MARKER,)}
    texts["inside"] = ("a=fingerprint:",) if tls else ()  # no key log opens SCTP in DTLS
    scenario(f"webrtc/{name}", hosts, media(hosts, carried, relay) + signalling(hosts, tls), *packages, **texts)(play)


add("audio_wss13", "Two browsers talk: DTLS 1.3 and SRTP, fingerprints by WebSocket inside TLS 1.3.", ("audio",),
    "TLSv1_3")
add("audio_ws", "Two browsers talk: DTLS 1.3 and SRTP; the fingerprints go by WebSocket without TLS, where they can be "
    "replaced.", ("audio",))
add("audio_dtls12_wss12", "A browser talks with aiortc: DTLS 1.2 and SRTP, fingerprints by WebSocket inside TLS 1.2.",
    ("audio",), "TLSv1_2", old=True)
add("audio_dtls12_ws", "A browser talks with aiortc: DTLS 1.2 and SRTP; the fingerprints go by WebSocket without TLS.",
    ("audio",), old=True)
add("bundle_wss13", "Two browsers with speech, small video and a data channel, all in one pair of ports (BUNDLE and "
    "rtcp-mux): DTLS 1.3.", ("audio", "video", "data"), "TLSv1_3", bundle="max-bundle")
add("unbundled_offer_wss13", "Two browsers with speech and a data channel; the caller offers a pair of ports for each, "
    "and both end up in one: DTLS 1.3.", ("audio", "data"), "TLSv1_3", bundle="max-compat")
add("data_wss13", "Two browsers send each other texts by SCTP in DTLS 1.3, and no media.", ("data",), "TLSv1_3")
add("data_ws", "Two browsers send each other texts by SCTP in DTLS 1.3, and no media; the fingerprints go by WebSocket "
    "without TLS.", ("data",))
add("data_dtls12_wss12", "A browser and aiortc send each other texts by SCTP in DTLS 1.2, and no media.", ("data",),
    "TLSv1_2", old=True)
add("relay_udp_wss13", "A browser inside talks with one outside through a TURN relay over UDP: DTLS 1.3 and SRTP.",
    ("audio",), "TLSv1_3", "udp")
add("relay_tcp_wss13", "A browser inside talks with one outside through a TURN relay, over TCP up to the relay: DTLS "
    "1.3 and SRTP.", ("audio",), "TLSv1_3", "tcp")
add("relay_tls_wss13", "A browser inside talks with one outside through a TURN relay, inside TLS up to the relay: DTLS "
    "1.3 and SRTP.", ("audio",), "TLSv1_3", "tls")
add("relay_udp_dtls12", "A browser inside talks with aiortc outside through a TURN relay over UDP: DTLS 1.2 and SRTP.",
    ("audio",), "TLSv1_2", "udp", old=True)
add("relay_data_wss13", "A browser inside and one outside send each other texts through a TURN relay over UDP, and no "
    "media.", ("data",), "TLSv1_3", "udp")
