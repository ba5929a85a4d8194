#!/usr/bin/python3
"""SIP over WebSocket with permessage-deflate (RFC 7692), by the library websockets.

  websocket_deflate.py serve ADDRESS PORT CRYPTO           answers every request with 200, an INVITE with that key
  websocket_deflate.py call USER ADDRESS HOST PORT CRYPTO  registers, sends a message, calls bob, hangs up
"""
import asyncio
import sys

import websocket
import websockets

TEXT = "The merger is signed on Friday, tell nobody."


async def serve(address, port, key):
    async def answer(connection, _path=None):
        async for text in connection:
            lines = text.split("\r\n")
            if lines[0].startswith("ACK "):
                continue
            keep = [line for line in lines if line.split(":")[0] in ("Via", "From", "Call-ID", "CSeq")]
            to = next(line for line in lines if line.startswith("To:"))
            body = websocket.SDP.format(address=address, key=key) if lines[0].startswith("INVITE ") else ""
            kind = ["Content-Type: application/sdp"] if body else []
            await connection.send("\r\n".join(["SIP/2.0 200 OK", *keep, to + ";tag=answer", *kind,
                                               f"Content-Length: {len(body)}", "", body]))

    async with websockets.serve(answer, address, int(port), subprotocols=["sip"], compression="deflate"):
        await asyncio.Future()


async def call(user, address, host, port, key):
    async with websockets.connect(f"ws://{host}:{port}/", subprotocols=["sip"], compression="deflate") as connection:
        steps = [("REGISTER", user, "Expires: 120\r\n", ""),
                 ("MESSAGE", "bob", "Content-Type: text/plain\r\n", TEXT),
                 ("INVITE", "bob", "Content-Type: application/sdp\r\n",
                  websocket.SDP.format(address=address, key=key)), ("BYE", "bob", "", "")]
        for number, (method, to, extra, body) in enumerate(steps):
            await connection.send(websocket.REQUEST.format(method=method, to=to, via="WS", user=user, number=number,
                                                           extra=extra, length=len(body), body=body))
            if " 200 " not in (await connection.recv()).split("\r\n")[0]:
                raise SystemExit(f"{method} was not answered with 200")


if __name__ == "__main__":
    asyncio.run((serve if sys.argv[1] == "serve" else call)(*sys.argv[2:]))
