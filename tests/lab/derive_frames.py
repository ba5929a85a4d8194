"""Captures as lists of frames: read from a classic pcap, taken apart as far as copies need it, written back."""
import ipaddress
import struct
from dataclasses import dataclass

ETHERNET = 1
IPV4, IPV6 = 0x0800, 0x86DD


@dataclass(frozen=True)
class Frame:
    """One captured packet. number: in the recorded capture, from 1."""
    number: int
    time_ns: int
    data: bytes
    size: int  # on the wire


# --- reading ---------------------------------------------------------------------------------------------------------

def read(path):
    """The frames of a classic pcap of Ethernet, or None for anything else."""
    data = path.read_bytes()
    kinds = {b"\xd4\xc3\xb2\xa1": ("<", 1000), b"\xa1\xb2\xc3\xd4": (">", 1000),
             b"\x4d\x3c\xb2\xa1": ("<", 1), b"\xa1\xb2\x3c\x4d": (">", 1)}
    order, tick_ns = kinds.get(data[:4], (None, 0))
    if not order or struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF != ETHERNET:
        return None
    frames, at = [], 24
    while at + 16 <= len(data):
        seconds, ticks, captured, size = struct.unpack_from(order + "IIII", data, at)
        frames.append(Frame(len(frames) + 1, seconds * 1_000_000_000 + ticks * tick_ns,
                            data[at + 16: at + 16 + captured], size))
        at += 16 + captured
    return frames


def network(frame):
    """(ethertype, IP packet without padding) of an Ethernet frame, or (None, b"")."""
    ethertype = int.from_bytes(frame.data[12:14], "big")
    packet = frame.data[14:]
    if ethertype == IPV4 and len(packet) >= 20:
        return ethertype, packet[: int.from_bytes(packet[2:4], "big")]
    if ethertype == IPV6 and len(packet) >= 40:
        return ethertype, packet[: 40 + int.from_bytes(packet[4:6], "big")]
    return None, b""


def ends(frame):
    """((source, port), (target, port)); ports are 0 where there are none."""
    ethertype, packet = network(frame)
    if ethertype is None:
        return ("", 0), ("", 0)
    if ethertype == IPV4:
        header, protocol, a, b = (packet[0] & 15) * 4, packet[9], packet[12:16], packet[16:20]
        whole = int.from_bytes(packet[6:8], "big") & 0x1FFF == 0
    else:
        header, protocol, a, b, whole = 40, packet[6], packet[8:24], packet[24:40], True
    ports = struct.unpack_from(">HH", packet, header) if whole and protocol in (6, 17) and len(packet) >= header + 4 \
        else (0, 0)
    return (str(ipaddress.ip_address(a)), ports[0]), (str(ipaddress.ip_address(b)), ports[1])


def flow(frame):
    return frozenset(ends(frame))


# --- writing ---------------------------------------------------------------------------------------------------------

def classic(frames, link=ETHERNET, order="<", nanoseconds=False, snap=262144):
    magic, tick_ns = (0xA1B23C4D, 1) if nanoseconds else (0xA1B2C3D4, 1000)
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snap, link)]
    for frame in frames:
        out.append(struct.pack(order + "IIII", frame.time_ns // 1_000_000_000,
                               frame.time_ns % 1_000_000_000 // tick_ns, len(frame.data), frame.size))
        out.append(frame.data)
    return b"".join(out)


def changed(frame, **more):
    return Frame(**{**frame.__dict__, **more})


def is_upward(frame):
    source, target = ends(frame)
    return source < target
