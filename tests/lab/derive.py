"""Copies of a recorded capture as worse sensors would have made them, always the same for the same capture.

A copy may show less, so a verdict may become open; it must never become wrong. Where a copy no longer shows at all why
something is a violation, the truth itself has changed; `excused` says when.
"""
import hashlib
import ipaddress
import random
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path

import verdicts

ETHERNET, NULL, RAW, SLL, SLL2 = 1, 0, 101, 113, 276
IPV4, IPV6, VLAN, QINQ = 0x0800, 0x86DD, 0x8100, 0x88A8
SECOND_NS = 1_000_000_000
# calls whose protection changes: a part is not the whole
CHANGES_ON_THE_WAY = {"media/exact_ends_clear", "srtp/tls_ends_clear"}
MEDIA_ROWS = {"TT-04", "TT-11a", "TT-11b", "TT-12"}
SEEN_IN_HEADERS = {"media.clear", "media.negotiated-not-applied"}  # RTP headers and sizes show it, cut or not


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


def block(kind, body):
    body += b"\0" * (-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def pcapng_of_two(frames):
    """Each direction on its own interface; the second one counts nanoseconds."""
    resolution = struct.pack("<HHBxxxHH", 9, 1, 9, 0, 0)
    out = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)),
           block(1, struct.pack("<HHI", ETHERNET, 0, 0)), block(1, struct.pack("<HHI", ETHERNET, 0, 0) + resolution)]
    for frame in frames:
        interface = int(is_upward(frame))
        ticks = frame.time_ns if interface else frame.time_ns // 1000
        out.append(block(6, struct.pack("<IIIII", interface, ticks >> 32, ticks & 0xFFFFFFFF, len(frame.data),
                                        frame.size) + frame.data))
    return b"".join(out)


def pcapng_with_secrets(secrets):
    """A pcapng whose decryption secrets block (type 10) with the TLS key log stands before the packets."""
    def write(frames):
        out = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)),
               block(1, struct.pack("<HHI", ETHERNET, 0, 0)),
               block(10, struct.pack("<4sI", b"KSLT", len(secrets)) + secrets)]  # "TLSK", little endian
        for frame in frames:
            ticks = frame.time_ns // 1000
            out.append(block(6, struct.pack("<IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, len(frame.data), frame.size)
                             + frame.data))
        return b"".join(out)
    return write


# --- changes: each takes frames and a random source, and gives frames ------------------------------------------------

def changed(frame, **more):
    return Frame(**{**frame.__dict__, **more})


def is_upward(frame):
    source, target = ends(frame)
    return source < target


def lose(share):
    return lambda frames, chance: [f for f in frames if chance.random() >= share]


def reorder(frames, chance):
    """One in five frames comes up to four places late; the times stay those of the places."""
    places = [(i + chance.randint(1, 4) + 0.5 if chance.random() < 0.2 else i, f) for i, f in enumerate(frames)]
    late = [f for _, f in sorted(places, key=lambda place: place[0])]
    return [changed(f, time_ns=place.time_ns) for f, place in zip(late, frames)]


def upward(frames, _chance):
    return [f for f in frames if is_upward(f)]


def downward(frames, _chance):
    return [f for f in frames if not is_upward(f)]


def part(first, last):
    return lambda frames, _chance: frames[int(len(frames) * first): int(len(frames) * last)]


def snap(size):
    return lambda frames, _chance: [changed(f, data=f.data[:size]) for f in frames]


def tag(frame, *tags):
    """Puts (ethertype, VLAN id) before the frame's type."""
    inside = b"".join(struct.pack(">HH", ethertype, number) for ethertype, number in tags)
    return changed(frame, data=frame.data[:12] + inside + frame.data[12:], size=frame.size + len(inside))


def twice(first, second):
    """A SPAN of two ports: each frame is there twice, 3 microseconds apart; each copy with its tags."""
    def copy(frames, _chance):
        out = []
        for f in frames:
            again = changed(f, time_ns=f.time_ns + 3000)
            out += [tag(f, *first), tag(again, *second)]
        return out
    return copy


def tagged(*tags):
    return lambda frames, _chance: [tag(f, *tags) for f in frames]


def jump(seconds, share=0.5):
    """The sensor's clock is set after this share of the packets."""
    def copy(frames, _chance):
        first = int(len(frames) * share)
        return frames[:first] + [changed(f, time_ns=f.time_ns + seconds * SECOND_NS) for f in frames[first:]]
    return copy


def under(header):
    """Another link header before the IP packet; frames without IP are left out."""
    def copy(frames, _chance):
        out = []
        for f in frames:
            ethertype, packet = network(f)
            if ethertype:
                data = header(ethertype, f) + packet
                out.append(changed(f, data=data, size=len(data)))
        return out
    return copy


def sll(ethertype, frame):
    return struct.pack(">HHH", 4 * is_upward(frame), 1, 6) + frame.data[6:12] + b"\0\0" + struct.pack(">H", ethertype)


def sll2(ethertype, frame):
    return struct.pack(">HHIHBB", ethertype, 0, 2, 1, 4 * is_upward(frame), 6) + frame.data[6:12] + b"\0\0"


def null(ethertype, _frame):
    return struct.pack("<I", 2 if ethertype == IPV4 else 30)


def same(frames, _chance):
    return frames


@dataclass(frozen=True)
class Kind:
    """A way to make a copy. loses: packets, or parts of them, are missing in it; equal: it shows exactly the same."""
    name: str
    change: object
    write: object = classic
    loses: bool = False
    equal: bool = False


WITH_SECRETS = "pcapng with secrets"


def linked(link):
    return lambda frames: classic(frames, link)


KINDS = [
    *(Kind(f"loss {percent} % ({seed})", lose(percent / 100), loses=True) for percent in (1, 5) for seed in (1, 2, 3)),
    Kind("reordered (1)", reorder), Kind("reordered (2)", reorder),
    Kind("one direction (1)", upward, loses=True), Kind("one direction (2)", downward, loses=True),
    *(Kind(f"from {percent} %", part(percent / 100, 1), loses=True) for percent in (2, 10, 30, 60)),
    Kind("until 50 %", part(0, 0.5), loses=True),
    *(Kind(f"snap length {size}", snap(size), loses=True) for size in (64, 96, 128)),
    Kind("twice on one VLAN", twice([(VLAN, 12)], [(VLAN, 12)])),
    Kind("twice on two VLANs", twice([(VLAN, 12)], [(VLAN, 13)])), Kind("twice untagged", twice([], [])),
    Kind("clock 2 h forward", jump(7200)), Kind("clock 10 s forward", jump(10)),
    Kind("clock 2 h back", jump(-7200)), Kind("clock 10 s back", jump(-10)),
    Kind("clock 10 s back, early", jump(-10, 0.05)),
    Kind("VLAN", tagged((VLAN, 12)), equal=True), Kind("QinQ", tagged((QINQ, 100), (VLAN, 12)), equal=True),
    Kind("SLL", under(sll), linked(SLL), equal=True), Kind("SLL2", under(sll2), linked(SLL2), equal=True),
    Kind("raw IP", under(lambda ethertype, frame: b""), linked(RAW), equal=True),
    Kind("null", under(null), linked(NULL), equal=True),
    Kind("big endian", same, lambda frames: classic(frames, order=">"), equal=True),
    Kind("nanoseconds", same, lambda frames: classic(frames, nanoseconds=True), equal=True),
    Kind("big endian nanoseconds", same, lambda frames: classic(frames, order=">", nanoseconds=True), equal=True),
    Kind("pcapng, two interfaces", same, pcapng_of_two, equal=True),
]


def copies(name, frames, secrets=b""):
    """[(kind, frames of the copy, bytes of its file)] of a scenario's capture. secrets: its key log."""
    more = [Kind(WITH_SECRETS, same, pcapng_with_secrets(secrets), equal=True)] if secrets else []
    for kind in KINDS + more:
        seed = hashlib.sha256(f"{name} {kind.name}".encode()).digest()
        kept = kind.change(frames, random.Random(seed))
        if kept:
            yield kind, kept, kind.write(kept)


# --- where the truth itself changed ----------------------------------------------------------------------------------

def worst_of(findings, row):
    """The finding of a row on its pair of hosts that `verdicts.said` speaks of."""
    pair = {row["client"], row["server"]}
    about = [f for f in findings if f["row"] == row["row"] and {f["client"]["ip"], f["server"]["ip"]} == pair]
    return min(about, key=lambda f: verdicts.WORST_FIRST.index(f["verdict"]), default=None)


def judge_copies(overt, name, folder):
    """[{kind, rows}] of all copies of a recorded scenario; None where its capture is no classic pcap of Ethernet."""
    frames = read(folder / "traffic.pcap")
    if frames is None:
        return None
    whole, results, secrets = verdicts.findings_of(overt, folder), [], folder / verdicts.SECRETS
    secrets = secrets.read_bytes() if secrets.exists() else b""
    with tempfile.TemporaryDirectory(prefix="overt-derived-") as temporary:
        capture = Path(temporary) / "copy.pcap"
        for kind, kept, data in copies(name, frames, secrets):
            capture.write_bytes(data)
            rows = verdicts.check(overt, folder, capture)
            for row in rows:
                why = excused(name, kind, frames, kept, row, worst_of(whole, row)) if row["grade"] == "wrong" else ""
                if why:
                    row.update(grade="open", note=why)
                before = worst_of(whole, row)
                row["before"] = before["verdict"] if before else "none"
                row["differs"] = kind.equal and row["before"] != row["got"]
                if kind.name == WITH_SECRETS and row.get("secrets") == row["got"]:  # overt used the block
                    row.update(wanted=row["got"], grade="right", differs=False)
            results.append({"kind": kind.name, "rows": rows})
    return results


def has_key_of(frame, senders):
    """Is the frame an uncut message whose body announces a key and the address of one of the senders?"""
    body = frame.data.partition(b"\r\n\r\n")[2] or frame.data
    return len(frame.data) == frame.size and b"inline:" in body and any(s.encode() in body for s in senders)


def is_good(proof):
    """A flow is shown by packets of both sides; where one side is protected its packet proves no violation."""
    return proof["fact"].endswith(".protection") and proof.get("detail") == "srtp"


def excused(name, kind, frames, kept, row, finding):
    """Why a copy need no longer show a violation that the whole capture showed, or "".

    finding: what overt says of the row on the whole capture. Two cases: no packet of the flows that prove it is left;
    or it is media, and the packets that prove it (the clear ones, or those with readable keys) are gone or cut. So a
    copy of one direction cannot show the other side's clear media, nor one from the middle the keys before it."""
    if not kind.loses or row["wanted"] != "violation" or not finding or finding["verdict"] != "violation":
        return ""
    numbers = {proof["packet"] for proof in finding.get("proof", []) if "packet" in proof and not is_good(proof)}
    if not numbers:
        return ""
    flows = {flow(f) for f in frames if f.number in numbers}
    if not flows & {flow(f) for f in kept}:
        return "no packet of the flows that prove it is in the copy"
    codes = {reason["code"] for reason in finding["reasons"]}
    if codes == {"media.key-exposed"}:
        senders = {ends(f)[0][0] for f in kept if flow(f) in flows}
        left = [f for f in kept if has_key_of(f, senders)]
    else:
        headers_tell = bool(codes & SEEN_IN_HEADERS)
        left = [f for f in kept if f.number in numbers and (headers_tell or len(f.data) == f.size)]
    if row["row"] in MEDIA_ROWS and name in CHANGES_ON_THE_WAY:
        return "the part of the call that was in the clear may be missing"
    if row["row"] in MEDIA_ROWS and not left:
        return "the packets that prove it are not in the copy"
    return ""
