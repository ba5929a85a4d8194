#!/usr/bin/python3
"""The web server of a WebRTC meeting: it gives out the page, and repeats what one end says by WebSocket to the other.

  webrtc_server.py ADDRESS PORT PAGE PLAN [CERTIFICATE KEY TLS-VERSION]

PLAN is a file of JSON that the page gets. A text with the member "log" is printed and not repeated.
"""
import asyncio
import base64
import hashlib
import json
import ssl
import sys

MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 1.3


class Meeting:
    """All who are there, and what was said before they came."""

    def __init__(self, page):
        self.page = page
        self.writers = []

    async def serve(self, reader, writer):
        try:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            if headers.get("upgrade", "").lower() == "websocket":
                await self.join(reader, writer, headers["sec-websocket-key"])
            elif lines[0].split()[1] in ("/caller", "/callee"):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d"
                             b"\r\n\r\n" % len(self.page) + self.page)
            else:
                writer.write(b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass  # the other end has gone
        writer.close()

    async def join(self, reader, writer, key):
        accepted = base64.b64encode(hashlib.sha1((key + MAGIC).encode("ascii")).digest()).decode("ascii")
        writer.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     f"Sec-WebSocket-Accept: {accepted}\r\n\r\n".encode("ascii"))
        self.writers.append(writer)
        try:
            while (text := await receive(reader)) is not None:
                said = json.loads(text)
                if "log" in said:
                    print(said["log"], flush=True)
                    continue
                for other in self.writers:
                    if other is not writer:
                        other.write(frame(text))
        finally:
            self.writers.remove(writer)


async def receive(reader):
    """The next text of a client; None: it has left."""
    while True:
        first, size = await reader.readexactly(2)
        size &= 127
        if size > 125:
            size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
        mask, data = await reader.readexactly(4), await reader.readexactly(size)
        if first & 15 == 8:
            return None
        if first & 15 == 1:
            return bytes(b ^ mask[i % 4] for i, b in enumerate(data)).decode("utf-8")


def frame(text):
    """RFC 6455 5.2: a final text frame, not masked as servers must not."""
    data = text.encode("utf-8")
    return b"\x81" + (bytes([len(data)]) if len(data) < 126 else b"\x7e" + len(data).to_bytes(2, "big")) + data


async def main(address, port, page, plan, *tls):
    context = None
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*tls[:2])
        context.maximum_version = getattr(ssl.TLSVersion, tls[2])
    with open(page, encoding="utf-8") as file, open(plan, encoding="utf-8") as values:
        text = file.read().replace("PLAN;", values.read().strip() + ";")
    meeting = Meeting(text.encode("utf-8"))
    server = await asyncio.start_server(meeting.serve, address, int(port), ssl=context)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
