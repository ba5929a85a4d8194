"""Copies of a recorded capture as worse sensors would have made them, always the same for the same capture.

A copy may show less, so a verdict may become open; it must never become wrong. Where a copy no longer shows at all why
something is a violation, the truth itself has changed; `excused` says when.
"""
import hashlib
import random
import tempfile
from dataclasses import dataclass
from pathlib import Path

import verdicts
from derive_frames import changed, ends, flow, is_upward, read
from derive_links import LINKS, PLAIN, VLAN, WITH_SECRETS, same, tag, tunnelled, vxlan

SECOND_NS = 1_000_000_000
SAMPLE = 3  # copies of each scenario in a quick run
# calls whose protection changes: a part is not the whole
CHANGES_ON_THE_WAY = {"media/exact_ends_clear", "media/exact_one_side_ends_clear", "srtp/tls_ends_clear"}
MEDIA_ROWS = {"TT-04", "TT-11a", "TT-11b", "TT-12"}
# Told by comparing an answer or a certificate with another, or with the policy.
CONTRADICTIONS = {"dns.conflicting-answers", "dns.foreign-answer", "dns.answered-twice", "cert.issuer-changed", "cert.shared"}
SEEN_IN_HEADERS = {"media.clear", "media.negotiated-not-applied"}  # RTP headers and sizes show it, cut or not


# --- changes: each takes frames and a random source, and gives frames ------------------------------------------------

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


def twice(first, second):
    """A SPAN of two ports: each frame is there twice, 3 microseconds apart; each copy with its tags."""
    def copy(frames, _chance):
        out = []
        for f in frames:
            again = changed(f, time_ns=f.time_ns + 3000)
            out += [tag(f, *first), tag(again, *second)]
        return out
    return copy


def jump(seconds, share=0.5):
    """The sensor's clock is set after this share of the packets."""
    def copy(frames, _chance):
        first = int(len(frames) * share)
        return frames[:first] + [changed(f, time_ns=f.time_ns + seconds * SECOND_NS) for f in frames[first:]]
    return copy


def both(first, second):
    """Two changes, one after the other."""
    return lambda frames, chance: second(first(frames, chance), chance)


@dataclass(frozen=True)
class Kind:
    """A way to make a copy. loses: packets, or parts of them, are missing in it; equal: it shows exactly the same;
    rare: few captures have such a copy, so a quick run takes them all."""
    name: str
    change: object
    write: object = PLAIN
    loses: bool = False
    equal: bool = False
    rare: bool = False


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
    Kind("VXLAN, snap length 128", both(tunnelled(vxlan(4789)), snap(128)), loses=True),
    Kind("loss 5 % in VXLAN", both(lose(0.05), tunnelled(vxlan(4789))), loses=True),
    *(Kind(name, change, write, equal=True) for name, change, write in LINKS if name != "Teredo"),
    # no address in it is of Teredo's prefix (RFC 4380 2.6): who looks closely finds an unknown datagram
    *(Kind(name, change, write, rare=True) for name, change, write in LINKS if name == "Teredo"),
]


def sample(turn):
    """The kinds of a quick run for its scenario number `turn`: in turn all of them."""
    first = turn * SAMPLE
    taken = [KINDS[(first + i) % len(KINDS)] for i in range(SAMPLE)]
    return taken + [kind for kind in KINDS if kind.rare and kind not in taken]


def copies(name, folder, frames, kinds):
    """[(kind, frames of the copy, bytes of its file)] of a scenario's capture."""
    for kind in kinds:
        seed = hashlib.sha256(f"{name} {kind.name}".encode()).digest()
        kept = kind.change(frames, random.Random(seed))
        if kept:
            yield kind, kept, kind.write(kept, folder)


# --- where the truth itself changed ----------------------------------------------------------------------------------

def worst_of(findings, row):
    """The finding of a row on its pair of hosts that `verdicts.said` speaks of."""
    pair = {row["client"], row["server"]}
    about = [f for f in findings if f["row"] == row["row"] and {f["client"]["ip"], f["server"]["ip"]} == pair]
    return min(about, key=lambda f: verdicts.WORST_FIRST.index(f["verdict"]), default=None)


def judge_copies(overt, name, folder, kinds=tuple(KINDS)):
    """[{kind, rows}] of the copies of a recorded scenario; None where its capture is no classic pcap of Ethernet."""
    frames = read(folder / "traffic.pcap")
    if frames is None:
        return None
    whole, results = verdicts.findings_of(overt, folder), []
    with tempfile.TemporaryDirectory(prefix="overt-derived-") as temporary:
        capture = Path(temporary) / "copy.pcap"
        for kind, kept, data in copies(name, folder, frames, kinds):
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

    finding: what overt says of the row on the whole capture. Three cases: it is a contradiction between two flows; no
    packet of the flows that prove it is left; or it is media, and the packets that prove it (the clear ones, or those with readable keys) are gone or cut. So a
    copy of one direction cannot show the other side's clear media, nor one from the middle the keys before it."""
    contradictions = {reason["code"] for reason in finding["reasons"]} if finding else set()
    if not kind.equal and contradictions & CONTRADICTIONS:
        return "what contradicts may not be in the copy, or at another time"
    if not kind.loses or row["wanted"] != "violation" or not finding or finding["verdict"] != "violation":
        return ""
    bare = {f.number: f for f in frames}  # a copy may have them in a tunnel
    numbers = {proof["packet"] for proof in finding.get("proof", []) if "packet" in proof and not is_good(proof)}
    if not numbers:
        return ""
    flows = {flow(f) for f in frames if f.number in numbers}
    if not flows & {flow(bare[f.number]) for f in kept}:
        return "no packet of the flows that prove it is in the copy"
    codes = {reason["code"] for reason in finding["reasons"]}
    if codes == {"media.key-exposed"}:
        senders = {ends(bare[f.number])[0][0] for f in kept if flow(bare[f.number]) in flows}
        left = [f for f in kept if has_key_of(f, senders)]
    else:
        headers_tell = bool(codes & SEEN_IN_HEADERS)
        left = [f for f in kept if f.number in numbers and (headers_tell or len(f.data) == f.size)]
    if row["row"] in MEDIA_ROWS and name in CHANGES_ON_THE_WAY:
        return "the part of the call that was in the clear may be missing"
    if row["row"] in MEDIA_ROWS and not left:
        return "the packets that prove it are not in the copy"
    return ""
