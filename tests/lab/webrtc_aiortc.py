#!/usr/bin/python3
"""The callee of a WebRTC call by aiortc, in the place of a browser: its DTLS is OpenSSL's, which ends at 1.2.

  webrtc_aiortc.py SERVER PORT wss12|wss13|ws CA WAVE SECONDS
"""
import asyncio
import json
import sys
import threading

from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaBlackhole, MediaPlayer
from aiortc.sdp import candidate_from_sdp
from websocket import Connection


class Callee:
    """Answers one offer, talks for some seconds and hangs up."""

    def __init__(self, connection, wave, seconds):
        self.connection, self.wave, self.seconds = connection, wave, seconds
        self.call = RTCPeerConnection()
        self.ended = asyncio.Event()
        self.call.on("connectionstatechange", self.changed)
        self.call.on("track", self.hear)
        self.call.on("datachannel", self.chat)

    def tell(self, text):
        self.connection.send(json.dumps({"log": f"callee {text}"}))

    async def changed(self):
        self.tell(self.call.connectionState)
        if self.call.connectionState == "connected":
            await asyncio.sleep(self.seconds)
            await self.call.close()
            self.tell("done")
            self.ended.set()

    async def hear(self, track):
        sink = MediaBlackhole()
        sink.addTrack(track)
        await sink.start()

    def chat(self, channel):
        channel.on("message", channel.send)

    async def take(self, message):
        if "description" in message:
            await self.call.setRemoteDescription(RTCSessionDescription(**message["description"]))
            if "m=audio" in message["description"]["sdp"]:
                self.call.addTrack(MediaPlayer(self.wave).audio)
            await self.call.setLocalDescription(await self.call.createAnswer())
            here = self.call.localDescription
            self.connection.send(json.dumps({"description": {"type": here.type, "sdp": here.sdp}}))
        elif message["candidate"]["candidate"]:
            candidate = candidate_from_sdp(message["candidate"]["candidate"].partition(":")[2])
            candidate.sdpMid = message["candidate"]["sdpMid"]
            await self.call.addIceCandidate(candidate)

    async def listen(self):
        loop, heard = asyncio.get_running_loop(), asyncio.Queue()
        self.connection.socket.settimeout(30)

        def read():  # the WebSocket blocks
            while True:
                loop.call_soon_threadsafe(heard.put_nowait, json.loads(self.connection.receive()))
        threading.Thread(target=read, daemon=True).start()
        self.tell("joined")
        while True:
            await self.take(await heard.get())


async def main(host, port, kind, certificates, wave, seconds):
    connection = Connection(host, int(port), kind, certificates, path="/signal", protocol=None)
    callee = Callee(connection, wave, float(seconds))
    listening = asyncio.ensure_future(callee.listen())
    ended = asyncio.ensure_future(callee.ended.wait())
    await asyncio.wait([listening, ended], return_when=asyncio.FIRST_COMPLETED)
    if listening.done():
        listening.result()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
