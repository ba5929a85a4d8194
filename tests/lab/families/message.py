"""Instant messages by SIP MESSAGE: from client to client and through a server, in one datagram, in fragments, over TCP
and TLS."""
import kamailio
import lab as labs
import phones
import srtp_calls
from scenario import Host, Subject, here, scenario

MARKER = "The merger is signed on Friday, tell nobody."
LONG = MARKER + " " + "padding " * 500
INSIDE = {"alice": Host("10.77.0.101", "client_internal"), "bob": Host("10.77.0.102", "client_internal")}
FROM_OUTSIDE = {"alice": Host("198.51.100.7", "client_external"), "bob": INSIDE["bob"]}
TO_OUTSIDE = {"alice": INSIDE["alice"], "bob": Host("198.51.100.8", "client_external")}
BOTH_OUTSIDE = {"alice": FROM_OUTSIDE["alice"], "bob": TO_OUTSIDE["bob"]}
FE01 = Host("10.77.0.10", "front_end", trust="enterprise")
THROUGH = {"fe01": FE01, **INSIDE}
ROUTES = """
request_route {
    $du = "sip:%s:5060;transport=%s";
    t_relay();
}
"""


def send(lab, transport, text, tunnel=None):
    """alice sends bob one MESSAGE. tunnel: port of the entrance of a TLS tunnel that hides it."""
    alice, bob = lab.hosts["alice"], lab.hosts["bob"]
    mode = "t1" if transport == "tcp" else "u1"
    answer = phones.sipp(lab, "bob", bob, 5060, phones.MESSAGE_ANSWER, transport=mode)
    lab.wait_listening("bob", transport, 5060)
    remote = f"{labs.literal(alice if tunnel else bob)}:{tunnel or 5060}"
    message = phones.sipp(lab, "alice", alice, 5062, phones.MESSAGE, transport=mode, keys={"text": text}, remote=remote)
    lab.wait_ended(message)
    lab.wait_ended(answer)


def through_server(lab, work, transport):
    """alice sends bob one MESSAGE through fe01, which knows where he is."""
    there, mode = here(lab, THROUGH), "t1" if transport == "tcp" else "u1"
    alice, bob, fe01 = (there[key].address for key in ("alice", "bob", "fe01"))
    kamailio.start(lab, work, "fe01", fe01, ROUTES % (labs.literal(bob), transport), "", {transport: 5060})
    answer = phones.sipp(lab, "bob", bob, 5060, phones.MESSAGE_ANSWER, transport=mode)
    lab.wait_listening("bob", transport, 5060)
    message = phones.sipp(lab, "alice", alice, 5062, phones.MESSAGE, transport=mode, keys={"text": MARKER},
                          remote=f"{labs.literal(fe01)}:5060")
    lab.wait_ended(message)
    lab.wait_ended(answer)


def inside(verdict):
    return [Subject("TT-14a", "alice", "bob", verdict), Subject("TT-14b", "alice", "bob", "none")]


def across(verdict):
    return [Subject("TT-14b", "alice", "bob", verdict), Subject("TT-14a", "alice", "bob", "none")]


def served(*legs):
    return [Subject(row, who, "fe01", "violation") for who in legs for row in ("TT-02", "TT-03")]


@scenario("message/udp_fragmented", INSIDE, [Subject("TT-14a", "alice", "bob", "exempt")], "sip-tester",
          robust=True, clear=(MARKER,))
def udp_fragmented(lab, work):
    """A SIP MESSAGE of 4 kB between two internal clients over UDP, in three IP fragments."""
    send(lab, "udp", LONG)


@scenario("message/tcp_inside", INSIDE, inside("exempt"), "sip-tester", robust=True, clear=(MARKER,), cases=(8,))
def tcp_inside(lab, work):
    """A SIP MESSAGE between two internal clients over TCP: readable, and permitted strictly inside."""
    send(lab, "tcp", MARKER)


@scenario("message/tcp_inside_long", INSIDE, inside("exempt"), "sip-tester", clear=(MARKER,), cases=(8,))
def tcp_inside_long(lab, work):
    """A SIP MESSAGE of 4 kB between two internal clients over TCP, in several segments."""
    send(lab, "tcp", LONG)


@scenario("message/udp_inside", INSIDE, inside("exempt"), "sip-tester", clear=(MARKER,))
def udp_inside(lab, work):
    """A SIP MESSAGE between two internal clients in one UDP datagram."""
    send(lab, "udp", MARKER)


@scenario("message/tcp_from_outside", FROM_OUTSIDE, across("violation"), "sip-tester", robust=True, clear=(MARKER,),
          cases=(9,))
def tcp_from_outside(lab, work):
    """A SIP MESSAGE from a client outside to one inside over TCP, past the Edge: the text is readable."""
    send(lab, "tcp", MARKER)


@scenario("message/tcp_to_outside", TO_OUTSIDE, across("violation"), "sip-tester", clear=(MARKER,), cases=(9,))
def tcp_to_outside(lab, work):
    """A SIP MESSAGE from a client inside to one outside over TCP, past the Edge: the text is readable."""
    send(lab, "tcp", MARKER)


@scenario("message/udp_from_outside_fragmented", FROM_OUTSIDE, across("violation"), "sip-tester", clear=(MARKER,))
def udp_from_outside_fragmented(lab, work):
    """A SIP MESSAGE of 4 kB from a client outside to one inside over UDP, in three IP fragments."""
    send(lab, "udp", LONG)


@scenario("message/tcp_both_outside", BOTH_OUTSIDE, across("violation"), "sip-tester", clear=(MARKER,))
def tcp_both_outside(lab, work):
    """A SIP MESSAGE between two clients outside over TCP: the text is readable."""
    send(lab, "tcp", MARKER)


def add_tls(name, hosts, version, rows, shows):
    def play(lab, work):
        there = here(lab, hosts)
        ends = tuple((key, there[key].address) for key in ("alice", "bob"))
        srtp_calls.tunnel(lab, work, ends, 5061, False, version)
        send(lab, "tcp", MARKER, srtp_calls.ENTRANCE)
    play.__doc__ = shows
    scenario(f"message/{name}", hosts, rows, "sip-tester", "stunnel4", hidden=(MARKER,))(play)


HIDDEN = "whether it is an instant message is not to be seen"
add_tls("tls12_inside", INSIDE, "TLSv1.2", [Subject("TT-14a", "alice", "bob", "compliant", area="policy", note=HIDDEN)],
        "A SIP MESSAGE between two internal clients inside TLS 1.2.")
add_tls("tls13_from_outside", FROM_OUTSIDE, "TLSv1.3",
        [Subject("TT-14b", "alice", "bob", "compliant", area="policy", note=HIDDEN)],
        "A SIP MESSAGE from a client outside to one inside, in TLS 1.3.")


@scenario("message/server_tcp", THROUGH, served("alice", "bob"), "kamailio", "sip-tester", clear=(MARKER,))
def server_tcp(lab, work):
    """A SIP MESSAGE from client to client through a Front End over TCP: readable on both hops."""
    through_server(lab, work, "tcp")


@scenario("message/server_udp", THROUGH, served("alice", "bob"), "kamailio", "sip-tester", clear=(MARKER,))
def server_udp(lab, work):
    """A SIP MESSAGE from client to client through a Front End over UDP: readable on both hops."""
    through_server(lab, work, "udp")
