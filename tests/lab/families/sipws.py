"""SIP over WebSocket: frames in an upgraded HTTP connection, or the same inside TLS."""
import base64
import os

import kamailio
import lab as labs
import media
import websocket
from scenario import Host, Subject, scenario

ALICE, BOB = Host("10.77.0.101", "client_internal"), Host("10.77.0.102", "client_internal")
FE01 = Host("10.77.0.10", "front_end")
ONE, ALL = {"alice": ALICE, "fe01": FE01}, {"alice": ALICE, "bob": BOB, "fe01": FE01}
MARKER = "The merger is signed on Friday, tell nobody."
KEY = base64.b64encode(bytes.fromhex(media.CALLER_KEY)).decode("ascii")
MASKED = "what a client sends is masked, and the mask is sent with it"
PACKAGES = ("kamailio", "kamailio-websocket-modules")


def serve(lab, work, kind, port):
    """Starts kamailio as a registrar for WebSocket on fe01."""
    method = {"wss12": "TLSv1.2", "wss13": "TLSv1.2+"}.get(kind)
    tls = {"method": method, "mutual": "no"} if method else None
    kamailio.start(lab, work, "fe01", FE01.address, websocket.ROUTES, websocket.MODULES,
                   {"tls" if tls else "tcp": port}, tls)


def user(lab, work, name, kind, port, *steps):
    """Starts one user's client."""
    script = os.path.abspath(websocket.__file__)
    return lab.start(name, ["/usr/bin/python3", script, name, lab.hosts[name], FE01.address, str(port), kind,
                            work.ca.pem, lab.path(f"{name}-registered"), *steps])


def play(lab, work, kind, port, *steps):
    """alice registers and takes the steps; where they concern bob, he registers first and answers them."""
    serve(lab, work, kind, port)
    bob = user(lab, work, "bob", kind, port, "register", *["answer"] * len(steps)) if steps else None
    if bob:
        labs._wait(lambda: os.path.exists(lab.path("bob-registered")), "bob to register", lab.logs)
    lab.wait_ended(user(lab, work, "alice", kind, port, "register", *steps))
    if bob:
        lab.wait_ended(bob)


def clear(*rows):
    return [Subject(row, who, "fe01", "violation", area="policy", note=MASKED)
            for row in rows for who in ("alice", "bob")]


@scenario("sipws/register_clear", ONE, [Subject("TT-02", "alice", "fe01", "violation", area="policy")], *PACKAGES,
          robust=True, clear=("Sec-WebSocket-Protocol: sip",))
def register_clear(lab, work):
    """A client registers by SIP over WebSocket without TLS on port 5060."""
    play(lab, work, "ws", 5060)


@scenario("sipws/message_clear", ALL, clear("TT-02", "TT-03"), *PACKAGES, robust=True, clear=(MARKER,))
def message_clear(lab, work):
    """An instant message from client to client through a Front End by SIP over WebSocket without TLS, on port 80."""
    play(lab, work, "ws", 80, f"message:{MARKER}")


@scenario("sipws/invite_keys_clear", ALL, clear("TT-02", "TT-15"), *PACKAGES, clear=(KEY,))
def invite_keys_clear(lab, work):
    """A call is set up by SIP over WebSocket without TLS, with SDES keys in its SDP."""
    play(lab, work, "ws", 80, f"invite:{KEY}")


@scenario("sipws/call_deflated_clear", ONE, [Subject(row, "alice", "fe01", "violation", area="policy",
                                                      note="compressed is not encrypted")
                                              for row in ("TT-02", "TT-03", "TT-15")], "python3-websockets",
          clear=("permessage-deflate",))
def call_deflated_clear(lab, work):
    """A client registers, sends a message and sets up a call with SDES keys by SIP over WebSocket without TLS, where
    each message is compressed and refers to those before it (permessage-deflate)."""
    script = ["/usr/bin/python3", os.path.join(os.path.dirname(os.path.abspath(websocket.__file__)),
                                           "websocket_deflate.py")]
    answer = base64.b64encode(bytes.fromhex(media.ANSWER_KEY)).decode("ascii")
    server = lab.start("fe01", [*script, "serve", FE01.address, "80", answer])
    lab.wait_listening("fe01", "tcp", 80)
    lab.wait_ended(lab.start("alice", [*script, "call", "alice", ALICE.address, FE01.address, "80", KEY]))
    lab.stop(server)


@scenario("sipws/message_tls12", ALL, [Subject("TT-02", who, "fe01", "compliant", area="policy") for who in
                                       ("alice", "bob")], *PACKAGES, "kamailio-tls-modules", hidden=(MARKER,))
def message_tls12(lab, work):
    """An instant message from client to client through a Front End by SIP over WebSocket inside TLS 1.2 on port 443."""
    play(lab, work, "wss12", 443, f"message:{MARKER}")


@scenario("sipws/message_tls13", ALL, [Subject("TT-02", who, "fe01", "compliant", area="policy") for who in
                                       ("alice", "bob")], *PACKAGES, "kamailio-tls-modules", hidden=(MARKER,))
def message_tls13(lab, work):
    """An instant message from client to client through a Front End by SIP over WebSocket inside TLS 1.3 on port
    5061."""
    play(lab, work, "wss13", 5061, f"message:{MARKER}")
