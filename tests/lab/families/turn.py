"""Media through a TURN relay (coturn): from the client to the relay inside ChannelData or indications, from there to
the peer bare."""
import lab as labs
import media
import turn_relay
from scenario import Host, Subject, scenario

ALICE = Host("10.77.0.101", "client_internal")
TURN01 = Host("192.0.2.12", "edge_av")
CAROL = Host("198.51.100.7", "client_external")
HOSTS = {"alice": ALICE, "turn01": TURN01, "carol": CAROL}
SECONDS = 3
PORT = 20000
PACKAGES = ("coturn", "python3-aioice", "gcc", "libsrtp2-dev")
INSIDE_TLS = "what the TLS carries is not to be seen"


def subjects(verdict, first=None, secrets=None, transport="udp"):
    """TT-04 on both legs; first: of the client's own leg."""
    mine = Subject("TT-04", "alice", "turn01", first or verdict, secrets=secrets, area="media",
                   note=INSIDE_TLS if transport == "tls" else "")
    control = [Subject("TT-41", "alice", "turn01", "exempt", area="policy")]
    return [mine, Subject("TT-04", "turn01", "carol", verdict, area="media"), *control]


def talk(lab, work, transport, how, policy, back=None, port=3478):
    """alice and carol talk through the relay; policy: alice's media, back: carol's."""
    relay, carol = lab.hosts["turn01"], lab.hosts["carol"]
    turn_relay.serve(lab, work, relay, port=443 if port == 443 else 3478)
    _, relayed = turn_relay.join(lab, work, "alice", relay, port, transport, how, (carol, PORT))
    ends = (("carol", carol, relay, relayed, back or policy, media.ANSWER_KEY, "0x0badcafe"),
            ("alice", "127.0.0.1", "127.0.0.1", turn_relay.LOCAL[0], policy, media.CALLER_KEY, "0x1eaf5eed"))
    both = [lab.start(host, [work.srtpsend, source, str(PORT), to, str(to_port), kind, key, str(SECONDS), work.mu_law,
                             ssrc]) for host, source, to, to_port, kind, key, ssrc in ends]
    for sender in both:
        lab.wait_ended(sender)
    if "Traceback" in lab.logs():
        raise labs.LabError(lab.logs())


@scenario("turn/udp_channel_rtp", HOSTS, subjects("violation"), *PACKAGES, robust=True)
def udp_channel_rtp(lab, work):
    """Speech as plain RTP through a TURN relay over UDP, in ChannelData up to the relay."""
    talk(lab, work, "udp", "channel", "clear")


@scenario("turn/udp_channel_srtp", HOSTS, subjects("compliant"), *PACKAGES, robust=True)
def udp_channel_srtp(lab, work):
    """Speech as SRTP through a TURN relay over UDP, in ChannelData up to the relay."""
    talk(lab, work, "udp", "channel", "aes128-80")


@scenario("turn/udp_indication_rtp", HOSTS, subjects("violation"), *PACKAGES)
def udp_indication_rtp(lab, work):
    """Speech as plain RTP through a TURN relay over UDP, in Send and Data indications up to the relay."""
    talk(lab, work, "udp", "indication", "clear")


@scenario("turn/udp_indication_srtp", HOSTS, subjects("compliant"), *PACKAGES)
def udp_indication_srtp(lab, work):
    """Speech as SRTP through a TURN relay over UDP, in Send and Data indications up to the relay."""
    talk(lab, work, "udp", "indication", "aes128-80")


@scenario("turn/tcp_channel_rtp", HOSTS, subjects("violation"), *PACKAGES)
def tcp_channel_rtp(lab, work):
    """Speech as plain RTP through a TURN relay, over TCP in ChannelData up to the relay."""
    talk(lab, work, "tcp", "channel", "clear")


@scenario("turn/tcp_channel_srtp", HOSTS, subjects("compliant"), *PACKAGES)
def tcp_channel_srtp(lab, work):
    """Speech as SRTP through a TURN relay, over TCP in ChannelData up to the relay."""
    talk(lab, work, "tcp", "channel", "aes128-80")


@scenario("turn/tcp_443_indication_rtp", HOSTS, subjects("violation"), *PACKAGES)
def tcp_443_indication_rtp(lab, work):
    """Speech as plain RTP through a TURN relay on TCP port 443, in indications: the port is that of HTTPS, and nothing
    is encrypted."""
    talk(lab, work, "tcp", "indication", "clear", port=443)


@scenario("turn/tls12_channel_rtp", HOSTS, subjects("violation", "unknown", "violation", "tls"), *PACKAGES)
def tls12_channel_rtp(lab, work):
    """Speech as plain RTP through a TURN relay, up to the relay inside TLS 1.2, from there on readable."""
    talk(lab, work, "tls12", "channel", "clear", port=5349)


@scenario("turn/tls13_channel_srtp", HOSTS, subjects("compliant", "unknown", "compliant", "tls"), *PACKAGES)
def tls13_channel_srtp(lab, work):
    """Speech as SRTP through a TURN relay, up to the relay inside TLS 1.3."""
    talk(lab, work, "tls13", "channel", "aes128-80", port=5349)


@scenario("turn/tcp_indication_srtp", HOSTS, subjects("compliant"), *PACKAGES)
def tcp_indication_srtp(lab, work):
    """Speech as SRTP through a TURN relay over TCP, in Send and Data indications up to the relay."""
    talk(lab, work, "tcp", "indication", "aes128-80")


@scenario("turn/tls13_indication_rtp", HOSTS, subjects("violation", "unknown", "violation", "tls"), *PACKAGES)
def tls13_indication_rtp(lab, work):
    """Speech as plain RTP through a TURN relay, up to the relay in indications inside TLS 1.3, from there on
    readable."""
    talk(lab, work, "tls13", "indication", "clear", port=5349)


@scenario("turn/udp_channel_one_side_clear", HOSTS, subjects("violation"), *PACKAGES)
def udp_channel_one_side_clear(lab, work):
    """Through a TURN relay over UDP: the client inside sends SRTP, the one outside answers in plain RTP."""
    talk(lab, work, "udp", "channel", "aes128-80", "clear")


@scenario("turn/udp_channel_null_cipher", HOSTS, subjects("violation"), *PACKAGES)
def udp_channel_null_cipher(lab, work):
    """Through a TURN relay over UDP: SRTP with the NULL cipher, authenticated and readable."""
    talk(lab, work, "udp", "channel", "null-80")


@scenario("turn/no_media", HOSTS, [Subject("TT-04", "alice", "turn01", "none"),
                                   Subject("TT-04", "turn01", "carol", "none"),
                                   Subject("TT-41", "alice", "turn01", "exempt", area="policy")], "coturn", robust=True)
def no_media(lab, work):
    """Data that is no media goes through a TURN relay over UDP: no row is about it."""
    turn_relay.serve(lab, work, TURN01.address)
    lab.start("carol", ["turnutils_peer", "-L", CAROL.address, "-p", "3480"])
    lab.wait_listening("carol", "udp", 3480)
    lab.run("alice", ["turnutils_uclient", "-u", turn_relay.USER, "-w", turn_relay.PASSWORD, "-e", CAROL.address, "-r",
                      "3480", "-n", "20", "-m", "1", "-c", "-L", ALICE.address, TURN01.address])
