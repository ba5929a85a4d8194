#!/usr/bin/python3
"""SIP over WebSocket (RFC 7118): kamailio's configuration, and a client of which one run plays one user.

  websocket.py USER ADDRESS HOST PORT ws|wss12|wss13 CA READY STEP...

A step: register, message:TEXT, invite:CRYPTO (to bob), answer (waits for one request and answers it with 200).
"""
import base64
import os
import socket
import ssl
import sys

MODULES = """
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "nathelper.so"
loadmodule "xhttp.so"
loadmodule "websocket.so"
modparam("usrloc", "db_mode", 0)
modparam("registrar", "received_avp", "$avp(received)")
modparam("nathelper", "received_avp", "$avp(received)")
"""

ROUTES = """
tcp_accept_no_cl=yes
request_route {
    if (is_method("REGISTER")) {
        fix_nated_register();
        save("location");
        exit;
    }
    record_route();
    if (!lookup("location")) {
        sl_send_reply("404", "Not Found");
        exit;
    }
    t_relay();
}
event_route[xhttp:request] {
    set_reply_close();
    set_reply_no_connect();
    if ($hdr(Upgrade) =~ "websocket") {
        if (ws_handle_handshake()) {
            exit;
        }
    }
    xhttp_reply("404", "Not Found", "", "");
}
"""

REQUEST = """{method} sip:{to}@contoso.com SIP/2.0\r
Via: SIP/2.0/{via} {user}.invalid;branch=z9hG4bK{number}{user}\r
Max-Forwards: 70\r
From: <sip:{user}@contoso.com>;tag={user}\r
To: <sip:{to}@contoso.com>\r
Call-ID: {number}-{user}@websocket\r
CSeq: 1 {method}\r
Contact: <sip:{user}@{user}.invalid;transport=ws>\r
User-Agent: websocket client\r
{extra}Content-Length: {length}\r
\r
{body}"""
SDP = """v=0\r
o=- 1 1 IN IP4 {address}\r
s=-\r
c=IN IP4 {address}\r
t=0 0\r
m=audio 20000 RTP/SAVP 0\r
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{key}\r
"""


class Connection:
    """A WebSocket to the server, one SIP message (or what else the protocol says) a frame."""

    def __init__(self, host, port, kind, ca, path="/", protocol="sip"):
        self.socket = socket.create_connection((host, port), 10)
        if kind != "ws":
            context = ssl.create_default_context(cafile=ca)
            context.maximum_version = ssl.TLSVersion.TLSv1_2 if kind == "wss12" else ssl.TLSVersion.TLSv1_3
            self.socket = context.wrap_socket(self.socket, server_hostname="fe01.contoso.com")
        self.via = "WS" if kind == "ws" else "WSS"
        key = base64.b64encode(os.urandom(16)).decode("ascii")
        named = f"Sec-WebSocket-Protocol: {protocol}\r\n" if protocol else ""
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: fe01.contoso.com\r\nUpgrade: websocket\r\n"
                            "Connection: Upgrade\r\n"
                            f"Origin: http://fe01.contoso.com\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13"
                            f"\r\n{named}\r\n".encode("ascii"))
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.exactly(1)
        if b" 101 " not in answer.split(b"\r\n")[0]:
            raise SystemExit(answer.decode("latin-1"))

    def exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise SystemExit("the server closed the connection")
            data += piece
        return data

    def send(self, text):
        """RFC 6455 5.2: a final text frame, masked as clients must."""
        data, mask = text.encode("utf-8"), os.urandom(4)
        size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
        self.socket.sendall(b"\x81" + size + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def receive(self):
        """The next text frame; pings are passed over."""
        while True:
            first, size = self.exactly(2)
            size = int.from_bytes(self.exactly(2), "big") if size == 126 else size
            data = self.exactly(size)
            if first & 15 in (1, 2):
                return data.decode("utf-8")


def ask(connection, user, number, method, to, extra="", body=""):
    """Sends a request and waits for its final answer."""
    connection.send(REQUEST.format(method=method, to=to, via=connection.via, user=user, number=number, extra=extra,
                                   length=len(body), body=body))
    while True:
        status = connection.receive().split(" ", 2)[1]
        if status[0] == "2":
            return
        if status[0] != "1":
            raise SystemExit(f"{method} was answered with {status}")


def answer(connection):
    """Answers the next request with 200."""
    lines = connection.receive().split("\r\n")
    keep = [line for line in lines if line.split(":")[0] in ("Via", "From", "Call-ID", "CSeq", "Record-Route")]
    to = next(line for line in lines if line.startswith("To:"))
    connection.send("\r\n".join(["SIP/2.0 200 OK", *keep, to + ";tag=answer", "Content-Length: 0", "", ""]))


def main(user, address, host, port, kind, ca, ready, *steps):
    connection = Connection(host, int(port), kind, ca)
    for number, step in enumerate(steps):
        name, _, value = step.partition(":")
        if name == "register":
            ask(connection, user, number, "REGISTER", user, "Expires: 120\r\n")
            open(ready, "w", encoding="ascii").close()
        elif name == "message":
            ask(connection, user, number, "MESSAGE", "bob", "Content-Type: text/plain\r\n", value)
        elif name == "invite":
            body = SDP.format(address=address, key=value)
            ask(connection, user, number, "INVITE", "bob", "Content-Type: application/sdp\r\n", body)
        else:
            answer(connection)
    connection.socket.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
