"""Captures written byte by byte: Ethernet, IPv4 or IPv6, UDP, TCP with handshake, acknowledgements and checksums, pcap.

    capture = Capture()
    stream = capture.connect("10.0.0.1", "10.0.0.2", 5060)
    stream.send(CLIENT, b"hello"); stream.close(); capture.write(path)
"""
import hashlib
import ipaddress
import struct

CLIENT, SERVER = 0, 1
FIN, SYN, PSH, ACK = 1, 2, 8, 16
ETHERNET = 1
SEGMENT_BYTES = 1400
START_SECONDS = 1_790_000_000  # September 2026
STEP_US = 700  # between two packets that nobody timed


def mac_of(address):
    """A locally administered hardware address that belongs to an IP address."""
    return b"\x02" + hashlib.sha256(address.encode()).digest()[:5]


def checksum(data):
    """The Internet checksum (RFC 1071)."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip_packet(source, target, protocol, payload, at):
    """An IPv4 or IPv6 packet; at: where the checksum stands in the payload."""
    a, b = ipaddress.ip_address(source).packed, ipaddress.ip_address(target).packed
    pseudo = a + b + struct.pack(">II", len(payload), protocol)
    total = checksum(pseudo + payload) or 0xFFFF
    payload = payload[:at] + struct.pack(">H", total) + payload[at + 2:]
    if len(a) == 16:
        return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + a + b + payload
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0x4000, 64, protocol, 0) + a + b
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + payload


class Capture:
    """Frames with times, in the order in which they were sent."""

    def __init__(self, start_seconds=START_SECONDS):
        self.now_us = start_seconds * 1_000_000
        self.frames = []
        self.next_port = 49200

    def wait(self, microseconds):
        self.now_us += microseconds

    def add(self, source, target, packet):
        """One IP packet in an Ethernet frame."""
        ethertype = 0x86DD if packet[0] >> 4 == 6 else 0x0800
        frame = mac_of(target) + mac_of(source) + struct.pack(">H", ethertype) + packet
        self.frames.append((self.now_us, frame.ljust(60, b"\0")))
        self.now_us += STEP_US

    def datagram(self, source, source_port, target, target_port, data):
        udp = struct.pack(">HHHH", source_port, target_port, 8 + len(data), 0) + data
        self.add(source, target, ip_packet(source, target, 17, udp, 6))

    def connect(self, client, server, port, client_port=None):
        """A TCP connection after its handshake."""
        self.next_port += 1
        return Stream(self, (client, client_port or self.next_port), (server, port))

    def write(self, path):
        with open(path, "wb") as out:
            out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, ETHERNET))
            for time_us, frame in self.frames:
                out.write(struct.pack("<IIII", time_us // 1_000_000, time_us % 1_000_000, len(frame), len(frame)))
                out.write(frame)


class Stream:
    """One TCP connection. Sides are CLIENT and SERVER."""

    def __init__(self, capture, client, server):
        self.capture, self.ends = capture, (client, server)
        seed = hashlib.sha256(repr((client, server)).encode()).digest()
        self.sequence = list(struct.unpack(">II", seed[:8]))
        self._segment(CLIENT, SYN)
        self._segment(SERVER, SYN | ACK)
        self._segment(CLIENT, ACK)

    def send(self, side, data):
        """Data of one side in segments, which the other side acknowledges."""
        for at in range(0, len(data), SEGMENT_BYTES):
            self._segment(side, PSH | ACK, data[at: at + SEGMENT_BYTES])
        self._segment(1 - side, ACK)

    def close(self):
        self._segment(CLIENT, FIN | ACK)
        self._segment(SERVER, FIN | ACK)
        self._segment(CLIENT, ACK)

    def _segment(self, side, flags, data=b""):
        (source, source_port), (target, target_port) = self.ends[side], self.ends[1 - side]
        acknowledged = self.sequence[1 - side] if flags & ACK else 0
        options = b"\x02\x04\x05\xb4" if flags & SYN else b""  # maximum segment size 1460
        tcp = struct.pack(">HHIIBBHHH", source_port, target_port, self.sequence[side], acknowledged,
                          (20 + len(options)) // 4 << 4, flags, 64240, 0, 0) + options + data
        self.capture.add(source, target, ip_packet(source, target, 6, tcp, 16))
        self.sequence[side] = (self.sequence[side] + len(data) + bool(flags & (SYN | FIN))) & 0xFFFFFFFF
