"""SIP trunks to a provider's gateway, declared private, inside a VPN, public, or not at all: clear and protected."""
import gateway_calls
from gateway_calls import Call
from scenario import Host, Subject, scenario

MED01 = Host("10.77.0.40", "mediation", trust="enterprise")
GATEWAYS = {"private": Host("10.77.9.50", "gateway", trust="enterprise", trunk="private"),
            "vpn": Host("10.77.8.50", "gateway", trust="enterprise", trunk="vpn"),
            "public": Host("203.0.113.50", "gateway", trust="enterprise", trunk="public"),
            "public_inside": Host("10.77.0.50", "gateway", trust="enterprise", trunk="public"),
            "undeclared": Host("203.0.113.50", "gateway", trust="enterprise")}
NO_TUNNEL = "no tunnel is there: all of it is outside"
MEANT = {"private": "A trunk declared private", "vpn": "A trunk declared to run in a VPN, which it does not",
         "public": "A trunk declared public", "public_inside": "A trunk declared public whose near end is inside",
         "undeclared": "A trunk to a provider outside, of undeclared class"}
CLEAR = {"private": "exempt", "vpn": "unknown"}  # else a violation


def signalling_rows(kind, call):
    """TT-10a and TT-10b, the keys, the certificates."""
    pair, tls13 = (call.caller, call.callee), call.version == "TLSv1.3"
    if not call.tls:
        return [Subject("TT-10a", *pair, CLEAR.get(kind, "violation")), Subject("TT-10b", *pair, "none"),
                Subject("TT-15", *pair, "violation" if call.announces_keys else "none")]
    return [Subject("TT-10b", *pair, "compliant" if call.signalling == "mutual" else "violation",
                    area="tls" if tls13 else None),
            Subject("TT-10a", *pair, "none"), Subject("TT-15", *pair, "none", note="not readable"),
            Subject("TT-24", *pair, "unknown" if tls13 else "compliant", "compliant" if tls13 else None)]


def is_whole(call):
    """Mutual TLS and SRTP that encrypts and authenticates: all that a public path demands."""
    return call.signalling == "mutual" and call.media == "aes128-80"


def media_rows(kind, call):
    """TT-11a and TT-11b."""
    if call.media == "clear":
        return [Subject("TT-11a", *call.ends, CLEAR.get(kind, "violation")), Subject("TT-11b", *call.ends, "none")]
    return [Subject("TT-11b", *call.ends, "compliant" if is_whole(call) else "violation",
                    area="tls" if call.version == "TLSv1.3" else None), Subject("TT-11a", *call.ends, "none")]


def trunk_row(kind, call):
    """TT-20, TT-21, TT-22: rows of later versions."""
    pair = (call.caller, call.callee)
    if kind == "private":
        return [] if call.tls else [Subject("TT-20", *pair, "exempt", area="policy")]
    if kind == "vpn":
        return [Subject("TT-21", *pair, "violation", area="policy", note=NO_TUNNEL)]
    return [Subject("TT-22", *pair, "compliant" if is_whole(call) else "violation", area="policy")]


def add(kind, name, call, shows, robust=False, cases=(), play=None, packages=(), more=None):
    hosts = {"med01": MED01, "gw01": GATEWAYS[kind], **(more or {})}

    def play_call(lab, work):
        if play:
            play(lab)
        gateway_calls.play(lab, work, call)
    play_call.__doc__ = f"{MEANT[kind]}: {shows}"
    words = (f"INVITE sip:{gateway_calls.NUMBERS[1]}", *(("inline:",) if call.announces_keys else ()))
    rows = signalling_rows(kind, call) + media_rows(kind, call) + trunk_row(kind, call)
    rows += [Subject("TT-20", key, "gw01", "violation", area="policy", note="others use the private link")
             for key in more or {}]
    scenario(f"trunk/{kind}_{name}", hosts, rows, *gateway_calls.PROGRAMS, *packages, robust=robust, cases=cases,
             clear=() if call.tls else words, hidden=(*words, "inline:") if call.tls else (),
             inside=words if call.tls else ())(play_call)


def visit(lab):
    """A stranger opens the gateway's web page."""
    page = lab.write("page/index.html", "<html>Gateway: status of the lines</html>\n").removesuffix("/index.html")
    lab.start("gw01", ["/usr/bin/python3", "-m", "http.server", "80", "--directory", page])
    lab.wait_listening("gw01", "tcp", 80)
    lab.run("stranger", ["curl", "-s", f"http://{lab.hosts['gw01']}/"])


OUT, IN = ("med01", "gw01"), ("gw01", "med01")
WHOLE = Call(*OUT, 5082, "mutual", "aes128-80")
ONE_WAY = Call(*OUT, 5082, "one-way", "aes128-80")
CLEAR_RTP = Call(*OUT, 5082, "mutual")
KEYS_READABLE = Call(*OUT, 5081, "tcp", "aes128-80")
INBOUND_CLEAR = Call(*IN, 5068, "tcp")
SAYS_WHOLE = "TLS 1.2 with certificates of both, and SRTP."
SAYS_ONE_WAY = "TLS 1.2 without a client certificate, and SRTP whose keys can go to an impostor."
SAYS_RTP = "TLS 1.2 with certificates of both, but speech is plain RTP."
SAYS_KEYS = "speech is SRTP, but its keys are readable in SIP over TCP."
SAYS_INBOUND = "the provider calls on 5068 by SIP over TCP; speech is plain RTP."
SAYS_CLEAR = "SIP over UDP, speech as plain RTP."

for KIND in GATEWAYS:
    add(KIND, "clear_udp", Call(*OUT), SAYS_CLEAR, robust=KIND == "public")
    add(KIND, "clear_tcp_5068_inbound", INBOUND_CLEAR, SAYS_INBOUND,
        cases={"private": (10,), "undeclared": (11,)}.get(KIND, ()))
    add(KIND, "tls12_mutual_srtp", WHOLE, SAYS_WHOLE, robust=KIND == "public")
for KIND in ("private", "vpn", "public", "undeclared"):
    add(KIND, "tls12_one_way_srtp", ONE_WAY, SAYS_ONE_WAY)
    add(KIND, "srtp_over_tcp", KEYS_READABLE, SAYS_KEYS)
    add(KIND, "tls12_mutual_rtp", CLEAR_RTP, SAYS_RTP)
add("public", "tls13_mutual_srtp", Call(*OUT, 5082, "mutual", "aes128-80", version="TLSv1.3"),
    "TLS 1.3 with certificates of both, and SRTP.")
add("public", "tls13_one_way_srtp", Call(*OUT, 5082, "one-way", "aes128-80", version="TLSv1.3"),
    "TLS 1.3 without a client certificate, and SRTP whose keys can go to an impostor.")
add("public", "tls12_mutual_srtp_inbound", Call(*IN, 5067, "mutual", "aes128-80"),
    "the provider calls on 5067 by TLS 1.2 with certificates of both, and SRTP.")
add("public", "tls12_mutual_null_cipher", Call(*OUT, 5082, "mutual", "null-80", True),
    "TLS 1.2 with certificates of both; speech is SRTP with the NULL cipher, which everybody can hear.")
add("private", "stranger", Call(*OUT), "but a stranger on the link opens the gateway's web page over HTTP.", play=visit,
    packages=("curl",), more={"stranger": Host("10.77.9.77")})
