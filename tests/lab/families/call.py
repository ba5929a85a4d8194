"""Registrations and calls of phones at one proxy: SIP over UDP, TCP and TLS, with speech as RTP, SRTP and DTLS-SRTP."""
import call_phones
import call_truth
import kamailio
import lab as labs
from scenario import Host, Subject, here, scenario

PASSWORD = "Correct-Horse-4711"
INSIDE = {"fe01": Host("10.77.0.10", "front_end", trust="enterprise"),
          "alice": Host("10.77.0.101", "client_internal"), "bob": Host("10.77.0.102", "client_internal")}
OUTSIDE = {"edge01": Host("192.0.2.10", "edge_access", trust="enterprise"),
           "alice": Host("198.51.100.7", "client_external"), "bob": Host("198.51.100.8", "client_external")}
ALONE = {key: INSIDE[key] for key in ("fe01", "alice")}
METHODS = {"tls12": "TLSv1.2", "tls13": "TLSv1.2+"}
SPOKEN = {"udp": "UDP", "tcp": "TCP", "tls12": "TLS 1.2", "tls13": "TLS 1.3",
          "rtp": "plain RTP", "sdes": "SRTP whose keys stand in the SDP", "dtls": "SRTP keyed by DTLS",
          "optional": "SRTP that was offered as RTP/AVP with keys in the SDP"}
PROGRAMS = ("kamailio", "kamailio-tls-modules", "baresip")


def start_proxy(lab, work, hosts, ports, password=None):
    """The proxy of the hosts; ports: {"udp": 5060, "tls12": 5061, ...}."""
    proxy = next(iter(hosts))
    method = next((METHODS[t] for t in ports if t in METHODS), None)
    tls = {"method": method, "mutual": "no"} if method else None
    transports = {wire(transport): port for transport, port in ports.items()}
    kamailio.start_for_phones(lab, work, proxy, hosts[proxy].address, transports, password=password, tls=tls)


def wire(transport):
    return "tls" if transport in METHODS else transport


def phone(hosts, user, transport, port, media="rtp", password=None):
    server = f"{labs.literal(next(iter(hosts.values())).address)}:{port}"
    return call_phones.Phone(user, hosts[user].address, server, wire(transport), media, password)


def leg(hosts, user, transport, media=None):
    """What the rows must say about a phone's signalling with its proxy."""
    proxy = next(iter(hosts))
    if transport in METHODS:
        hidden = transport == "tls13"
        return [Subject("TT-02", user, proxy, "compliant"), Subject("TT-15", user, proxy, "none", note="not readable"),
                Subject("TT-24", user, proxy, "unknown" if hidden else "compliant", "compliant" if hidden else None,
                        note="TLS 1.3 hides the certificate" if hidden else "")]
    keys = {"sdes": "violation", "optional": "violation", "dtls": "weak"}.get(media, "none")
    return [Subject("TT-02", user, proxy, "violation"), Subject("TT-15", user, proxy, keys)]


def media_verdict(media, *transports):
    """SRTP is as good as its key is secret; a DTLS fingerprint is no secret."""
    readable = any(t not in METHODS for t in transports)
    return "violation" if media == "rtp" or (media in ("sdes", "optional") and readable) else "compliant"


def add_register(transport, password, robust=False, cases=()):
    port = 5061 if transport in METHODS else 5060

    def play(lab, work):
        there = here(lab, ALONE)
        start_proxy(lab, work, there, {transport: port}, password)
        call_phones.register(lab, work, phone(there, "alice", transport, port, password=password))
    play.__doc__ = (f"A client registers at a Front End by SIP over {SPOKEN[transport]}, "
                    f"{'with digest authentication' if password else 'which asks for no password'}.")
    tls = transport in METHODS
    readable = () if tls else ("REGISTER sip:", *(("Digest username=",) if password else ()))
    hidden = (PASSWORD, *(("REGISTER sip:",) if tls else ()))
    scenario(f"call/register_{transport}{'_digest' if password else ''}", ALONE, leg(ALONE, "alice", transport),
             *PROGRAMS, robust=robust, cases=cases, clear=readable, hidden=hidden,
             inside=("REGISTER sip:",) if tls else ())(play)


def add_call(name, hosts, ports, transports, media, shows, password=None, robust=False):
    """A call of alice and bob; transports and media: of each of the two."""
    users = dict(zip(("alice", "bob"), zip(transports, media)))
    real = media[0] if media[0] == media[1] else "rtp"

    def play(lab, work):
        there = here(lab, hosts)
        work.afterwards(call_truth.media_is(real != "rtp", there["alice"].address, there["bob"].address))
        start_proxy(lab, work, there, ports, password)
        call_phones.talk(lab, work, *(phone(there, user, transport, ports[transport], kind, password)
                                      for user, (transport, kind) in users.items()))
    play.__doc__ = shows
    subjects = [s for user, (transport, _) in users.items() for s in leg(hosts, user, transport, media[0])]
    subjects.append(Subject("TT-04", "alice", "bob", media_verdict(real, *transports)))
    clear = any(t not in METHODS for t in transports)
    keys = ("inline:",) if media[0] in ("sdes", "optional") else ()
    scenario(name, hosts, subjects, *PROGRAMS, robust=robust, clear=("INVITE sip:bob", *keys) if clear else (),
             hidden=(PASSWORD,) if clear else (PASSWORD, "INVITE sip:bob", "inline:"),
             inside=() if clear else ("INVITE sip:bob", *keys))(play)


def add_all():
    for transport in SPOKEN.keys() & {"udp", "tcp", "tls12", "tls13"}:
        add_register(transport, None, cases=(7,) if transport == "tcp" else ())
        add_register(transport, PASSWORD, robust=transport == "tcp", cases=(7,) if transport == "tcp" else ())
        port = 5061 if transport in METHODS else 5060
        for media in ("rtp", "sdes", "dtls"):
            add_call(f"call/{transport}_{media}", INSIDE, {transport: port}, (transport,) * 2, (media,) * 2,
                     f"Two clients call each other through a Front End: SIP over {SPOKEN[transport]}, speech as "
                     f"{SPOKEN[media]}.", robust=(transport, media) in (("udp", "sdes"), ("tls12", "sdes")))


add_all()
add_call("call/tcp_rtp_digest", INSIDE, {"tcp": 5060}, ("tcp", "tcp"), ("rtp", "rtp"),
         "Two clients sign in with digest authentication by SIP over TCP and call each other; speech is plain RTP.",
         password=PASSWORD)
add_call("call/tls12_sdes_digest", INSIDE, {"tls12": 5061}, ("tls12", "tls12"), ("sdes", "sdes"),
         "Two clients sign in with digest authentication by SIP over TLS 1.2 and call each other; speech is SRTP.",
         password=PASSWORD)
add_call("call/tls12_and_udp_sdes", INSIDE, {"tls12": 5061, "udp": 5060}, ("tls12", "udp"), ("sdes", "sdes"),
         "The caller's SIP is TLS 1.2, the callee's is UDP, where both SRTP keys of their speech can be read.")
add_call("call/tls12_and_udp_dtls", INSIDE, {"tls12": 5061, "udp": 5060}, ("tls12", "udp"), ("dtls", "dtls"),
         "The caller's SIP is TLS 1.2, the callee's is UDP, where the fingerprints of their DTLS-SRTP can be replaced.")
add_call("call/tls12_optional_used", INSIDE, {"tls12": 5061}, ("tls12", "tls12"), ("optional", "optional"),
         "Both clients take SRTP as optional, in SIP over TLS 1.2, and use it.")
add_call("call/tls12_optional_refused", INSIDE, {"tls12": 5061}, ("tls12", "tls12"), ("optional", "rtp"),
         "The caller offers optional SRTP in SIP over TLS 1.2, the callee has none: speech is plain RTP.")
add_call("call/udp_optional_used", INSIDE, {"udp": 5060}, ("udp", "udp"), ("optional", "optional"),
         "Both clients take SRTP as optional and use it; the keys are readable in SIP over UDP.")
add_call("call/udp_optional_refused", INSIDE, {"udp": 5060}, ("udp", "udp"), ("optional", "rtp"),
         "The caller offers optional SRTP in SIP over UDP, the callee has none: speech is plain RTP.")
add_call("call/external_tls12_sdes", OUTSIDE, {"tls12": 443}, ("tls12", "tls12"), ("sdes", "sdes"),
         "Two clients outside call each other through the Access Edge: SIP over TLS 1.2 on 443, speech is SRTP.")
add_call("call/external_tls13_rtp", OUTSIDE, {"tls13": 443}, ("tls13", "tls13"), ("rtp", "rtp"),
         "Two clients outside call each other through the Access Edge: SIP over TLS 1.3 on 443, but speech is plain "
         "RTP.")
add_call("call/external_tcp_sdes", OUTSIDE, {"tcp": 5060}, ("tcp", "tcp"), ("sdes", "sdes"),
         "Two clients outside call each other through the Access Edge by SIP over TCP, where the SRTP keys are "
         "readable.")
