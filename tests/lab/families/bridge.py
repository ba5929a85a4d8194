"""A Mediation Server that decrypts on one side and encrypts on the other: each leg of a call is judged by itself."""
import bridge_calls
from bridge_calls import Bridge
from scenario import Host, Subject, scenario

FE01 = Host("10.77.0.10", "front_end", trust="enterprise")
MED01 = Host("10.77.0.40", "mediation", trust="enterprise")
GATEWAYS = {"private": Host("10.77.9.50", "gateway", trust="enterprise", trunk="private"),
            "public": Host("203.0.113.50", "gateway", trust="enterprise", trunk="public")}
PAIR, TRUNK = ("fe01", "med01"), ("med01", "gw01")
SECRET = ("mutual",)  # signalling that hides keys


def inner_rows(bridge):
    """TT-13 and TT-12: all inside must be protected."""
    hidden = bridge.inner_signalling in SECRET
    passed_on = bridge.inner == bridge.outer == "sdes" and bridge.outer_signalling not in SECRET
    good = bridge.inner != "rtp" and (hidden or bridge.inner == "dtls") and not passed_on
    rows = [Subject("TT-13", *PAIR, "compliant" if hidden else "violation"),
            Subject("TT-12", *PAIR, "compliant" if good else "violation", area="media",
                    note="rtpengine gives the keys of one side to the other" if passed_on else "")]
    if hidden:
        return [*rows, Subject("TT-24", *PAIR, "compliant"), Subject("TT-15", *PAIR, "none")]
    return [*rows, Subject("TT-15", *PAIR, {"sdes": "violation", "dtls": "weak"}.get(bridge.inner, "none"))]


def outer_rows(bridge, kind):
    """TT-10, TT-11, TT-22: a private trunk may be clear, what is encrypted there must be encrypted well."""
    hidden, clear = bridge.outer_signalling in SECRET, "exempt" if kind == "private" else "violation"
    signalling = [Subject("TT-10b", *TRUNK, "compliant"), Subject("TT-24", *TRUNK, "compliant")] if hidden else \
        [Subject("TT-10a", *TRUNK, clear)]
    media = Subject("TT-11a", *TRUNK, clear) if bridge.outer == "rtp" else \
        Subject("TT-11b", *TRUNK, "compliant" if hidden else "violation", area="media")
    keys = Subject("TT-15", *TRUNK, "violation" if bridge.outer == "sdes" and not hidden else "none")
    whole = [Subject("TT-22", *TRUNK, "violation")] if kind == "public" else []  # of it, one trunk is played: in clear
    return [*signalling, media, keys, *whole]


def add(name, shows, bridge, kind="private"):
    hosts = {"fe01": FE01, "med01": MED01, "gw01": GATEWAYS[kind]}

    def play(lab, work):
        bridge_calls.play(lab, work, bridge, FE01.address, hosts["gw01"].address)
    play.__doc__ = shows
    packages = bridge_calls.PROGRAMS + (("stunnel4",) if bridge.outer_signalling == "mutual" else ())
    readable = (bridge.inner == "sdes" and bridge.inner_signalling not in SECRET) or (
        bridge.outer == "sdes" and bridge.outer_signalling not in SECRET)
    scenario(f"bridge/{name}", hosts, inner_rows(bridge) + outer_rows(bridge, kind), *packages,
             clear=("inline:",) if readable else (), hidden=() if readable else ("inline:",),
             inside=() if readable or "sdes" not in (bridge.inner, bridge.outer) else ("inline:",))(play)


add("sdes_to_rtp", "A Mediation Server bridges: inside mutual TLS 1.2 and SRTP with SDES, on the private trunk SIP "
    "over UDP and plain RTP.", Bridge("sdes", "rtp"))
add("sdes_to_rtp_public", "A Mediation Server bridges: inside mutual TLS 1.2 and SRTP with SDES, on a public trunk SIP "
    "over UDP and plain RTP.", Bridge("sdes", "rtp"), "public")
add("dtls_to_rtp", "A Mediation Server bridges: inside mutual TLS 1.2 and DTLS-SRTP, on the private trunk SIP over UDP "
    "and plain RTP.", Bridge("dtls", "rtp"))
add("rtp_to_sdes", "A Mediation Server bridges the wrong way: inside mutual TLS 1.2 but plain RTP, on the private "
    "trunk mutual TLS 1.2 and SRTP.", Bridge("rtp", "sdes", "mutual", "mutual"))
add("sdes_to_sdes", "A Mediation Server between two legs of SRTP with keys of their own, both signalled in mutual TLS "
    "1.2.", Bridge("sdes", "sdes", "mutual", "mutual"))
add("sdes_to_sdes_keys_outside", "A Mediation Server between two legs of SRTP: the keys inside go in mutual TLS 1.2, "
    "and those of the trunk, which are the same, can be read in SIP over UDP.", Bridge("sdes", "sdes"))
add("keys_readable_to_rtp", "A Mediation Server bridges: inside SRTP whose keys can be read in SIP over TCP, on the "
    "private trunk SIP over UDP and plain RTP.", Bridge("sdes", "rtp", "tcp"))
