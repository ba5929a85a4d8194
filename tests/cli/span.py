#!/usr/bin/python3
"""What span ports, taps and sensors do to packets must change no verdict.

  tests/cli/span.py OVERT_BINARY        exit 0: all is well. 1: not.

Each case of CASES (Ethernet, IPv4, classic pcap) is told anew in a way that keeps all bytes of its conversations, and
has to give the same verdicts for the same flows.
"""
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CASES = ("mtls/tls12_mutual", "mtls/tls12_not_requested", "srtp/sdes_readable", "call/udp_sdes", "http/address_book_clear")
ETHERNET, IPV4, TCP = 14, 20, 6


def records_of(name):
    """(time in microseconds, frame) of a capture."""
    data, at, records = (ROOT / "pcaps" / name / "traffic.pcap").read_bytes(), 24, []
    unit = 1000 if data[:4] == b"\x4d\x3c\xb2\xa1" else 1
    while at + 16 <= len(data):
        seconds, part, size, _ = struct.unpack_from("<IIII", data, at)
        records.append((seconds * 1000000 + part // unit, data[at + 16:at + 16 + size]))
        at += 16 + size
    return records


def capture_of(records):
    out = [struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1)]
    for time_us, frame in records:
        out.append(struct.pack("<IIII", time_us // 1000000, time_us % 1000000, len(frame), len(frame)) + frame)
    return b"".join(out)


def is_tcp(frame):
    return frame[12:15] == b"\x08\x00\x45" and frame[23] == TCP


def parts_of(frame):
    """Headers up to TCP's end and payload, of an IPv4 TCP frame."""
    head = ETHERNET + IPV4 + (frame[ETHERNET + IPV4 + 12] >> 4) * 4
    return frame[:head], frame[head:ETHERNET + struct.unpack_from("!H", frame, 16)[0]]


def coalesced(records, most, length_zero):
    """Segments that follow one another in one direction become one, as a network card hands them over."""
    out = []
    for time_us, frame in records:
        if is_tcp(frame) and out and is_tcp(out[-1][1]):
            (head, data), (last_head, last_data) = parts_of(frame), parts_of(out[-1][1])
            seq, last = struct.unpack_from("!I", head, 38)[0], struct.unpack_from("!I", last_head, 38)[0]
            follows = head[26:38] == last_head[26:38] and seq == last + len(last_data) & 0xffffffff
            if follows and data and last_data and len(last_head) + len(last_data) + len(data) <= most:
                whole = last_data + data
                ip = struct.pack("!H", len(last_head) - ETHERNET + len(whole))
                out[-1] = (out[-1][0], last_head[:16] + ip + last_head[18:] + whole)
                continue
        out.append((time_us, frame))
    if length_zero:
        out = [(t, f[:16] + b"\0\0" + f[18:] if is_tcp(f) and len(f) > 1514 else f) for t, f in out]
    return out


def other_checksums(records):
    """All wrong, as before a network card has filled them in."""
    def change(frame):
        if frame[12:15] != b"\x08\x00\x45" or struct.unpack_from("!H", frame, 20)[0] & 0x3fff:
            return frame
        at = 34 + {6: 16, 17: 6}.get(frame[23], 0)
        frame = frame[:24] + b"\xba\xd0" + frame[26:]
        return frame[:at] + b"\xba\xd1" + frame[at + 2:] if at > 34 else frame
    return [(t, change(f)) for t, f in records]


def twice(change):
    """Every packet a second time, a few microseconds later, as another port mirrors it."""
    return lambda records: [(t + late, g) for t, f in records for late, g in ((0, f), (3, change(f)))]


def other_vlan(frame):
    return frame[:12] + b"\x81\x00\x00\x07" + frame[12:]


def routed(frame):
    """Another pair of MAC addresses, one hop further; the checksum is not looked at."""
    ttl = bytes([frame[22] - 1]) if frame[12:14] == b"\x08\x00" else frame[22:23]
    return bytes.fromhex("02aabbccdd0102aabbccdd02") + frame[12:22] + ttl + frame[23:]


def swapped(records):
    """Neighbours of one connection's two directions, or of two connections, in the other order."""
    out = list(records)
    for i in range(20, len(out) - 1, 7):
        out[i], out[i + 1] = (out[i][0], out[i + 1][1]), (out[i + 1][0], out[i][1])
    return out


def stepped(seconds):
    """The sensor's clock is set in the middle."""
    def change(records):
        half = len(records) // 2
        return [(t + (seconds * 1000000 if i >= half else 0), f) for i, (t, f) in enumerate(records)]
    return change


CHANGES = {
    "jumbo frames": lambda r: coalesced(r, 9014, False),
    "segmentation offload": lambda r: coalesced(r, 65000, False),
    "segmentation offload without lengths": lambda r: coalesced(r, 65000, True),
    "checksums left to the card": other_checksums,
    "two ports": twice(lambda f: f),
    "two ports, one tagged": twice(other_vlan),
    "both sides of a router": twice(routed),
    "reordered": swapped,
    "clock set forward": stepped(2),
    "clock set back": stepped(-2),
    "clock set back by an hour": stepped(-3600),
    "clock set back by a day": stepped(-86400),
}

# After these every flow seems to have been silent for so long that it is over, and what follows is picked up in its
# middle: it may become unknown, and what is at fault is told of two flows.
LEAPS = {
    "clock set forward by an hour": stepped(3600),
    "clock set forward by a day": stepped(86400),
}
OPPOSITE = {"violation": ("compliant", "exempt"), "compliant": ("violation", "weak"), "exempt": ("violation", "weak")}


def told_of_pairs(verdicts):
    """(transport, the two hosts in some order, row) -> verdicts."""
    told = {}
    for transport, client, _, server, _, row, verdict in verdicts:
        told.setdefault((transport, frozenset((client, server)), row), set()).add(verdict)
    return told


class SpanTest(unittest.TestCase):
    maxDiff = None

    def verdicts(self, folder, name, *captures):
        paths = []
        for i, capture in enumerate(captures):
            paths.append(folder / f"{i}.pcap")
            paths[-1].write_bytes(capture)
        policy = ROOT / "pcaps" / name / "policy.yaml"
        words = ["--policy", str(policy)] if policy.exists() else []
        flows = folder / "flows"
        run = subprocess.run([OVERT, "audit", "--quiet", "--out", os.devnull, "--flows", str(flows), *words, *map(str, paths)],
                             capture_output=True, text=True, check=False)
        self.assertIn(run.returncode, (0, 1), run.stderr)
        lines = [json.loads(x) for x in flows.read_text(encoding="utf-8").splitlines() if '"type":"flow"' in x]
        return sorted((x["transport"], x["client"]["ip"], x["client"].get("port", 0), x["server"]["ip"],
                       x["server"].get("port", 0), one["row"], one["verdict"])
                      for x in lines for one in x.get("assessments", []))

    def test_no_change_of_the_way_changes_a_verdict(self):
        for name in CASES:
            records = records_of(name)
            with tempfile.TemporaryDirectory(prefix="overt-span-") as temporary:
                folder = pathlib.Path(temporary)
                whole = self.verdicts(folder, name, capture_of(records))
                self.assertTrue(whole, name)
                for change, make in CHANGES.items():
                    with self.subTest(case=name, change=change):
                        self.assertEqual(self.verdicts(folder, name, capture_of(make(records))), whole)

    def test_a_leap_of_the_clock_turns_no_verdict_into_its_opposite(self):
        for name in CASES:
            records = records_of(name)
            with tempfile.TemporaryDirectory(prefix="overt-span-") as temporary:
                folder = pathlib.Path(temporary)
                whole = told_of_pairs(self.verdicts(folder, name, capture_of(records)))
                for leap, make in LEAPS.items():
                    after = told_of_pairs(self.verdicts(folder, name, capture_of(make(records))))
                    for what, verdicts in after.items():
                        wrong = [v for v in verdicts for w in whole.get(what, ()) if v in OPPOSITE.get(w, ())]
                        with self.subTest(case=name, leap=leap, what=what):
                            self.assertEqual(wrong, [])
                    for what, verdicts in whole.items():
                        if "violation" in verdicts and "unknown" not in after.get(what, ()):
                            self.assertIn("violation", after.get(what, ()), (name, leap, what))

    def test_taps_of_each_direction_are_one_capture(self):
        for name in CASES:
            records = records_of(name)
            up = [r for r in records if r[1][26:30] < r[1][30:34]]
            down = [r for r in records if r[1][26:30] >= r[1][30:34]]
            with self.subTest(case=name), tempfile.TemporaryDirectory(prefix="overt-span-") as temporary:
                folder = pathlib.Path(temporary)
                whole = self.verdicts(folder, name, capture_of(records))
                self.assertEqual(self.verdicts(folder, name, capture_of(down), capture_of(up)), whole)

    def test_a_datagram_is_judged_by_its_beginning_when_fragments_are_lost(self):
        name = "message/udp_fragmented"
        first, second, third, answer = records_of(name)
        others = [(third[0] + 60000000 + i, f[:18] + b"\xee\xee" + f[20:]) for i, (_, f) in enumerate((first, second, third))]
        with tempfile.TemporaryDirectory(prefix="overt-span-") as temporary:
            folder = pathlib.Path(temporary)
            whole = self.verdicts(folder, name, capture_of([first, second, third, answer]))
            self.assertIn("TT-14a", [verdict[5] for verdict in whole])
            for left in ([first, answer], [first, second, answer], [first, third, answer], [third, first, answer],
                         [first, answer, *others]):  # the last: given up in the middle of the capture
                self.assertEqual(self.verdicts(folder, name, capture_of(left)), whole)
            self.assertEqual(self.verdicts(folder, name, capture_of([second, third])), [])


if __name__ == "__main__":
    OVERT = os.path.abspath(sys.argv.pop(1))
    unittest.main()
