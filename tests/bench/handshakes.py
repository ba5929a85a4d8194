#!/usr/bin/env python3
"""Repeats captured TLS connections with new clients until there are as many as wanted.

Usage: handshakes.py CONNECTIONS PAIRS OUT.pcap CAPTURE.pcap ...
Ethernet captures of the classic format (as pcaps/ holds them), one TCP connection each, IPv4. Connection k
is a copy of the captures in turn, between a client and a server that are one of PAIRS pairs of hosts, from a
port of its own; nothing else changes, so that every signature of a handshake stays as good as it was.
Connection k+1 begins 400 us after connection k."""
import struct
import sys

STEP_US, WOVEN = 400, 512


def connection(path):
    """The frames of a capture: (microseconds since its first, bytes sent, frame, from the client)."""
    data = open(path, "rb").read()
    magic, link = struct.unpack_from("<I", data)[0], struct.unpack_from("<I", data, 20)[0]
    if magic != 0xA1B2C3D4 or link != 1:
        sys.exit(f"{path}: not a little-endian Ethernet pcap")
    at, frames, client, first = 24, [], None, 0
    while at + 16 <= len(data):
        sec, usec, kept, sent = struct.unpack_from("<IIII", data, at)
        frame, us = data[at + 16:at + 16 + kept], sec * 1_000_000 + usec
        if frame[12:14] == b"\x08\x00" and frame[23] == 6:
            client, first = client or frame[26:30], first or us
            frames.append((us - first, sent, frame, frame[26:30] == client))
        at += 16 + kept
    return frames


def copy(frames, k, pairs):
    """The frames as connection k."""
    pair, port = k % pairs, struct.pack(">H", 1024 + k // pairs)
    client, server = (bytes([10, net, pair >> 8, pair & 255]) for net in (64, 1))
    for us, sent, frame, by_client in frames:
        ports = 14 + (frame[14] & 15) * 4
        ends = client + server if by_client else server + client
        both = port + frame[ports + 2:ports + 4] if by_client else frame[ports:ports + 2] + port
        yield k * STEP_US + us, sent, frame[:26] + ends + frame[34:ports] + both + frame[ports + 4:]


def main():
    count, pairs, out = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    if not 0 < pairs < 65536 or count // pairs > 64000:
        sys.exit("at least a pair of hosts for every 64000 connections, at most 65535 pairs")
    sources = [connection(path) for path in sys.argv[4:]]
    packets = 0
    with open(out, "wb", buffering=1 << 20) as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for begin in range(0, count, WOVEN):
            woven = [p for k in range(begin, min(begin + WOVEN, count)) for p in copy(sources[k % len(sources)], k, pairs)]
            woven.sort(key=lambda p: p[0])
            for us, sent, frame in woven:
                t = 1_790_000_000_000_000 + us
                f.write(struct.pack("<IIII", t // 1_000_000, t % 1_000_000, len(frame), sent) + frame)
            packets += len(woven)
    print(f"{out}: {count} connections, {packets} packets")


main()
