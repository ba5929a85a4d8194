"""Calls over two proxies, alice - fe01 - dir01 - bob: one hop in clear undoes what the others protect."""
import call_phones
import call_truth
import lab as labs
import trapezoid_proxies
from scenario import Host, Subject, here, scenario

HOSTS = {"fe01": Host("10.77.0.10", "front_end", trust="enterprise"),
         "dir01": Host("10.77.0.11", "director", trust="enterprise"),
         "alice": Host("10.77.0.101", "client_internal"), "bob": Host("10.77.0.102", "client_internal")}
# with the second server at the perimeter and the callee outside
ACROSS = {"fe01": HOSTS["fe01"], "edge01": Host("192.0.2.10", "edge_access", trust="enterprise"),
          "alice": HOSTS["alice"], "bob": Host("198.51.100.8", "client_external")}
PROGRAMS = ("kamailio", "kamailio-tls-modules", "baresip")
CERTIFICATE_HIDDEN = "TLS 1.3 hides the certificates"


def play_call(lab, work, hosts, hop, media, bob_by="tls", method="TLSv1.2", asked=True):
    """alice calls bob; hop: transport between the servers, bob_by: of bob's leg."""
    hosts = here(lab, hosts)
    first, second = list(hosts)[:2]
    work.afterwards(call_truth.media_is(media != "rtp", hosts["alice"].address, hosts["bob"].address))
    trapezoid_proxies.start(lab, work, hosts, first, second, hop, method, asked)
    trapezoid_proxies.start(lab, work, hosts, second, first, hop, method, asked)
    far = trapezoid_proxies.TLS_PORT if bob_by == "tls" else trapezoid_proxies.CLEAR_PORT
    alice = call_phones.Phone("alice", hosts["alice"].address, f"{labs.literal(hosts[first].address)}:5061", "tls", media)
    bob = call_phones.Phone("bob", hosts["bob"].address, f"{labs.literal(hosts[second].address)}:{far}", bob_by, media)
    call_phones.talk(lab, work, alice, bob)


def key_row(media, clear):
    """What TT-15 says of a leg."""
    return {"sdes": "violation", "dtls": "weak"}.get(media, "none") if clear else "none"


def phone_leg(user, proxy, clear, media, tls13):
    rows = [Subject("TT-02", user, proxy, "violation" if clear else "compliant"),
            Subject("TT-15", user, proxy, key_row(media, clear))]
    return rows if clear else [*rows, certificate(user, proxy, tls13)]


def certificate(client, server, tls13):
    if tls13:
        return Subject("TT-24", client, server, "unknown", "compliant", note=CERTIFICATE_HIDDEN)
    return Subject("TT-24", client, server, "compliant")


def server_leg(first, second, hop, media, tls13, asked):
    """TT-01: only mutual TLS will do."""
    keys = Subject("TT-15", first, second, key_row(media, hop != "tls"))
    if hop != "tls":
        return [Subject("TT-01", first, second, "violation"), keys]
    return [Subject("TT-01", first, second, "compliant" if asked else "violation", area="tls" if tls13 else None),
            keys, certificate(first, second, tls13)]


def add(name, shows, hop="tls", media="sdes", bob_by="tls", method="TLSv1.2", asked=True, hosts=None, robust=False):
    hosts = hosts or HOSTS
    first, second = list(hosts)[:2]
    tls13 = method != "TLSv1.2"
    clear = hop != "tls" or bob_by != "tls"
    lost = media == "rtp" or (media == "sdes" and clear)

    def play(lab, work):
        play_call(lab, work, hosts, hop, media, bob_by, method, asked)
    play.__doc__ = shows
    subjects = [*phone_leg("alice", first, False, media, tls13),
                *phone_leg("bob", second, bob_by != "tls", media, tls13),
                *server_leg(first, second, hop, media, tls13, asked),
                Subject("TT-04", "alice", "bob", "violation" if lost else "compliant",
                        note="another flow's signalling shows the keys" if media == "sdes" and clear else "")]
    keys = {"sdes": ("inline:",), "dtls": ("a=fingerprint:",)}.get(media, ())
    scenario(f"trapezoid/{name}", hosts, subjects, *PROGRAMS, robust=robust,
             clear=("INVITE sip:bob", *keys) if clear else (),
             hidden=() if clear else ("INVITE sip:bob", "inline:", "a=fingerprint:"),
             inside=("INVITE sip:bob", *keys))(play)


add("tls12_sdes", "A call over two servers: TLS 1.2 on every hop, mutual between the servers, and SRTP keyed by SDP.",
    robust=True)
add("tls13_sdes", "A call over two servers: TLS 1.3 on every hop, mutual between the servers, and SRTP keyed by SDP.",
    method="TLSv1.2+")
add("tls12_dtls",
    "A call over two servers: TLS 1.2 on every hop, mutual between the servers, and DTLS-SRTP.", media="dtls")
add("tls12_rtp", "A call over two servers: TLS 1.2 on every hop, mutual between the servers, but speech is plain RTP.",
    media="rtp")
add("tls12_one_way_sdes",
    "A call over two servers with TLS 1.2 on every hop, but the servers do not ask each other for a certificate; "
    "SRTP.", asked=False)
add("tls13_one_way_sdes",
    "A call over two servers with TLS 1.3 on every hop, but the servers do not ask each other for a certificate; "
    "SRTP.", asked=False, method="TLSv1.2+")
add("hop_udp_sdes",
    "Both clients speak TLS 1.2, but the hop between the two servers is UDP and shows the keys of their SRTP.",
    hop="udp", robust=True)
add("hop_tcp_sdes",
    "Both clients speak TLS 1.2, but the hop between the two servers is TCP and shows the keys of their SRTP.",
    hop="tcp")
add("hop_udp_sdes_tls13",
    "Both clients speak TLS 1.3, but the hop between the two servers is UDP and shows the keys of their SRTP.",
    hop="udp", method="TLSv1.2+")
add("hop_udp_dtls", "Both clients speak TLS 1.2, but the hop between the two servers is UDP, where the fingerprints of "
    "their DTLS-SRTP can be replaced.", hop="udp", media="dtls")
add("hop_tcp_rtp", "Both clients speak TLS 1.2, but the hop between the two servers is TCP, and speech is plain RTP.",
    hop="tcp", media="rtp")
add("callee_udp_sdes",
    "The caller and both servers speak TLS 1.2; the callee's own leg is UDP and shows the keys of their SRTP.",
    bob_by="udp")
add("callee_tcp_dtls",
    "The caller and both servers speak TLS 1.2; the callee's own leg is TCP, where the fingerprints of their "
    "DTLS-SRTP can be replaced.", bob_by="tcp", media="dtls")
add("edge_tls12_sdes",
    "A call from inside over Front End and Access Edge to a client outside: TLS 1.2 on every hop, mutual between "
    "the servers, and SRTP.", hosts=ACROSS)
add("edge_hop_tcp_sdes",
    "A call from inside over Front End and Access Edge to a client outside: both clients speak TLS 1.2, the hop "
    "between the servers is TCP and shows the keys of their SRTP.", hop="tcp", hosts=ACROSS)
