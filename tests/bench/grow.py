#!/usr/bin/env python3
"""Repeats captures with new addresses and times until the result has the size wanted.

Usage: grow.py MEGABYTES OUT.pcap CAPTURE.pcap ...
Ethernet captures of the classic format, little-endian, microseconds (as pcaps/ holds them). Copy k of a
capture has k in the second and third octet of every IPv4 address and begins 1 s after copy k-1, so
that flows of many copies are open at once and every copy has flows of its own."""
import struct
import sys

STEP_US = 1_000_000


def records(path):
    """(microseconds, record header tail, frame) of each packet; offset of the IPv4 header or None."""
    data = open(path, "rb").read()
    magic, link = struct.unpack_from("<I", data)[0], struct.unpack_from("<I", data, 20)[0]
    if magic != 0xA1B2C3D4 or link != 1:
        sys.exit(f"{path}: not a little-endian Ethernet pcap")
    at, out = 24, []
    while at + 16 <= len(data):
        sec, usec, kept, sent = struct.unpack_from("<IIII", data, at)
        frame = data[at + 16:at + 16 + kept]
        ipv4 = 14 if frame[12:14] == b"\x08\x00" else None
        out.append((sec * 1_000_000 + usec, kept, sent, frame, ipv4))
        at += 16 + kept
    return out


def copies(captures, k):
    """All packets of all captures as copy k, in order of time."""
    high, low = 64 + (k >> 8) % 128, k % 256
    packets = []
    for capture in captures:
        first = capture[0][0]
        for us, kept, sent, frame, ipv4 in capture:
            if ipv4 is not None:
                frame = bytearray(frame)
                frame[ipv4 + 13], frame[ipv4 + 14] = high, low
                frame[ipv4 + 17], frame[ipv4 + 18] = high, low
            packets.append((us - first + k * STEP_US, kept, sent, bytes(frame)))
    packets.sort(key=lambda p: p[0])
    return packets


def main():
    wanted, out = int(sys.argv[1]) * 1_000_000, sys.argv[2]
    captures = [records(p) for p in sys.argv[3:]]
    base, size, k, count = 1_790_000_000_000_000, 24, 0, 0
    with open(out, "wb", buffering=1 << 20) as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        while size < wanted:
            # the copies of one round are woven together: their flows are open at the same time
            woven = [p for j in range(k, k + 32) for p in copies(captures, j)]
            woven.sort(key=lambda p: p[0])
            for us, kept, sent, frame in woven:
                t = base + us
                f.write(struct.pack("<IIII", t // 1_000_000, t % 1_000_000, kept, sent) + frame)
                size += 16 + kept
            count += len(woven)
            k += 32
    print(f"{out}: {size / 1e6:.0f} MB, {count} packets, {k} copies")


main()
