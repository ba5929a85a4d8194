"""Instant messages by SIP MESSAGE, in one datagram, in fragments, over TCP."""
import phones
from scenario import Host, Subject, scenario

MARKER = "The merger is signed on Friday, tell nobody."
INSIDE = {"alice": Host("10.77.0.101", "client_internal"), "bob": Host("10.77.0.102", "client_internal")}


def send(lab, transport, text):
    """alice sends bob one MESSAGE."""
    alice, bob = INSIDE["alice"].address, INSIDE["bob"].address
    mode = "t1" if transport == "tcp" else "u1"
    answer = phones.sipp(lab, "bob", bob, 5060, phones.MESSAGE_ANSWER, transport=mode)
    lab.wait_listening("bob", transport, 5060)
    message = phones.sipp(lab, "alice", alice, 5062, phones.MESSAGE, transport=mode, keys={"text": text},
                          remote=f"{bob}:5060")
    lab.wait_ended(message)
    lab.wait_ended(answer)


@scenario("message/udp_fragmented", INSIDE, [Subject("TT-14a", "alice", "bob", "exempt")], "sip-tester",
          robust=True, clear=(MARKER,))
def udp_fragmented(lab, work):
    """A SIP MESSAGE of 4 kB between two internal clients over UDP, in three IP fragments."""
    send(lab, "udp", MARKER + " " + "padding " * 500)
