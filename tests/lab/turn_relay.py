#!/usr/bin/python3
"""A TURN client (aioice) that relays the datagrams of local programs to a peer, and the lab's part around it.

  turn_relay.py SERVER PORT udp|tcp|tls channel|indication PEER PEERPORT READY [CA]

Datagrams to 127.0.0.1:21000 and 21001 go through the relay to the peer; the relay's port is written to the file READY.
"""
import asyncio
import os
import ssl
import struct
import sys

USER, PASSWORD = "alice", "Relay-Secret-0815"
LOCAL = (21000, 21001)  # RTP and RTCP of srtpsend, which share one relayed port


def serve(lab, work, address, *options, port=3478, tls_port=5349):
    """Starts coturn on the host turn01."""
    certificate, key = work.ca.issue("turn01.contoso.com")
    lab.start("turn01", ["turnserver", "-n", "--listening-ip", address, "--relay-ip", address, "--listening-port",
                         str(port), "--tls-listening-port", str(tls_port), "--min-port", "50000", "--max-port", "50019",
                         "--lt-cred-mech", "--user", f"{USER}:{PASSWORD}", "--realm", "contoso.com", "--no-cli",
                         "--cert", certificate, "--pkey", key, "--fingerprint", "--userdb", lab.path("turndb"),
                         "--pidfile", lab.path("turn.pid"), "--log-file", "stdout", *options,
                         "--allocation-default-address-family", "keep"])
    lab.wait_listening("turn01", "udp", port)
    lab.wait_listening("turn01", "tcp", tls_port)


def join(lab, work, host, server, port, transport, how, peer):
    """Starts the relaying client on a host; returns (process, relayed port). peer: (address, port)."""
    ready = lab.path(f"{host}-relay-port")
    process = lab.start(host, ["/usr/bin/python3", os.path.abspath(__file__), server, str(port), transport, how,
                               peer[0], str(peer[1]), ready, work.ca.pem])
    import lab as labs  # pcaps/generate/lab.py, which the program does not see
    labs._wait(lambda: os.path.exists(ready), f"{host} to have a relayed address", lab.logs)
    with open(ready, encoding="ascii") as text:
        return process, int(text.read())


class Outside(asyncio.DatagramProtocol):
    """What comes from the peer is heard by nobody: srtpsend does not listen."""

    def datagram_received(self, data, addr):
        pass


class Inside(asyncio.DatagramProtocol):
    """Datagrams of the local programs."""

    def __init__(self, send):
        self.send = send

    def datagram_received(self, data, addr):
        self.send(data)


def indication(stun, inner, peer):
    """A function that sends data by Send indication."""
    def send(data):
        message = stun.Message(message_method=stun.Method.SEND, message_class=stun.Class.INDICATION)
        message.attributes["XOR-PEER-ADDRESS"] = peer
        text = bytes(message)  # aioice knows no DATA attribute (RFC 8656 18.4): it is put behind the others
        value = struct.pack("!HH", 0x0013, len(data)) + data + bytes(-len(data) % 4)
        inner._send(text[:2] + struct.pack("!H", len(text) - 20 + len(value)) + text[4:] + value)
    return send


async def main(server, port, transport, how, peer, peer_port, ready, ca):
    from aioice import stun, turn  # only the program itself needs it
    secure = ssl.create_default_context(cafile=ca) if transport.startswith("tls") else False
    if secure:
        secure.check_hostname = False
        secure.maximum_version = ssl.TLSVersion.TLSv1_2 if transport == "tls12" else ssl.TLSVersion.TLSv1_3
    relay, _ = await turn.create_turn_endpoint(Outside, (server, int(port)), USER, PASSWORD, ssl=secure,
                                               transport="udp" if transport == "udp" else "tcp")
    there = (peer, int(peer_port))
    inner = relay._TurnTransport__inner_protocol
    if how == "channel":
        await inner.send_data(b"\0" * 4, there)  # binds the channel; four bytes that are no protocol

        def send(data):
            relay.sendto(data, there)
    else:
        request = stun.Message(message_method=stun.Method.CREATE_PERMISSION, message_class=stun.Class.REQUEST)
        request.attributes["XOR-PEER-ADDRESS"] = there
        await inner.request_with_retry(request)
        send = indication(stun, inner, there)
    loop = asyncio.get_running_loop()
    for number in LOCAL:
        await loop.create_datagram_endpoint(lambda: Inside(send), local_addr=("127.0.0.1", number))
    with open(ready + ".new", "w", encoding="ascii") as out:
        out.write(str(relay.get_extra_info("sockname")[1]))
    os.rename(ready + ".new", ready)
    await asyncio.sleep(3600)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
