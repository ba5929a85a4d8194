"""STUN and TURN between real programs."""
from cases import ALICE, BOB, TURN01, case

PASSWORD = "Relay-Secret-0815"


@case("stun/turn_allocate", {"turn01": TURN01, "alice": ALICE, "bob": BOB}, "coturn")
def turn_allocate(lab, work):
    """A client allocates a relay address by TURN over UDP and sends a little data through it to a peer."""
    lab.start("turn01", ["turnserver", "-n", "--listening-ip", TURN01, "--relay-ip", TURN01, "--listening-port", "3478",
                         "--min-port", "50000", "--max-port", "50019", "--lt-cred-mech", "--user",
                         f"alice:{PASSWORD}", "--realm", "contoso.com", "--no-cli", "--no-tls", "--no-dtls",
                         "--fingerprint", "--userdb", lab.path("turndb"), "--pidfile", lab.path("turn.pid"),
                         "--log-file", "stdout", "--allowed-peer-ip", BOB])
    lab.wait_listening("turn01", "udp", 3478)
    lab.start("bob", ["turnutils_peer", "-L", BOB, "-p", "3480"])
    lab.wait_listening("bob", "udp", 3480)
    lab.run("alice", ["turnutils_uclient", "-u", "alice", "-w", PASSWORD, "-e", BOB, "-r", "3480", "-n", "5", "-m", "1",
                      "-c", "-L", ALICE, TURN01])
