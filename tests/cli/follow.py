#!/usr/bin/python3
"""Does overt audit --follow read a folder that is being filled: files in order, each as it grows, until a signal?

  tests/cli/follow.py OVERT_BINARY        exit 0: all is well. 1: not.
"""
import json
import os
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLEAR = ROOT / "pcaps" / "call" / "udp_sdes" / "traffic.pcap"
PATIENCE_S = 60


def records_of(path):
    data, at, records = path.read_bytes(), 24, []
    while at + 16 <= len(data):
        size = 16 + struct.unpack_from("<I", data, at + 8)[0]
        records.append(data[at:at + size])
        at += size
    return data[:24], records


class FollowTest(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="overt-follow-")
        self.dir = pathlib.Path(self.temporary.name)
        self.folder = self.dir / "ring"
        self.folder.mkdir()
        self.run = None
        self.header, self.records = records_of(CLEAR)

    def tearDown(self):
        if self.run is not None and self.run.poll() is None:
            self.run.kill()
            self.run.communicate()
        self.temporary.cleanup()

    def begin(self, *words):
        self.run = subprocess.Popen(
            [OVERT, "audit", "--follow", "--quiet", "--all", "--flows", str(self.dir / "flows"), "--out",
             str(self.dir / "out"), *words, str(self.folder)], stderr=subprocess.PIPE, text=True,
            env={**os.environ, "ASAN_OPTIONS": "exitcode=99"})

    def put(self, name, data):
        with open(self.folder / name, "ab") as file:
            file.write(data)

    def coverage(self):
        return next(x for x in self.lines() if x["type"] == "coverage")

    def lines(self, name="out"):
        path = self.dir / name
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return [json.loads(x) for x in text.splitlines(True) if x[-1] == "\n"]

    def read_of(self, name):
        """Has overt read this file to its present end?"""
        target, size = str(self.folder / name), (self.folder / name).stat().st_size
        for link in pathlib.Path(f"/proc/{self.run.pid}/fd").iterdir():
            if os.path.exists(link) and os.readlink(link) == target:
                info = pathlib.Path(f"/proc/{self.run.pid}/fdinfo/{link.name}").read_text(encoding="utf-8")
                return int(info.split()[1]) == size
        return False

    def wait(self, wanted):
        until = time.monotonic() + PATIENCE_S
        while not wanted():
            self.assertLess(time.monotonic(), until, "overt did not come so far")
            self.assertIsNone(self.run.poll(), "overt ended by itself")
            time.sleep(0.05)

    def end(self, number=signal.SIGTERM):
        self.run.send_signal(number)
        _, errors = self.run.communicate(timeout=PATIENCE_S)
        self.assertEqual(errors, "")
        return self.run.returncode

    def whole(self):
        """What overt says of the same packets in one file."""
        flows = self.dir / "whole"
        subprocess.run([OVERT, "audit", "--quiet", "--out", os.devnull, "--flows", str(flows), str(CLEAR)], check=False)
        return self.lines("whole")

    def test_a_file_is_read_as_it_grows_in_the_middle_of_a_record(self):
        data = self.header + b"".join(self.records)
        self.put("a.pcap", data[:10])
        self.begin("--workers", "2")
        time.sleep(0.3)
        for begin, end in ((10, len(data) // 3 + 5), (len(data) // 3 + 5, len(data) // 2 + 1), (len(data) // 2 + 1, len(data))):
            self.put("a.pcap", data[begin:end])
            self.wait(lambda: self.read_of("a.pcap"))
        self.assertEqual(self.end(), 1)
        self.assertEqual(self.lines("flows"), self.whole())
        self.assertEqual([x for x in self.lines() if x["type"] == "notice"], [])
        self.assertEqual(self.coverage()["packets"], len(self.records))

    def test_files_follow_one_another_and_the_new_one_ends_the_old(self):
        third = len(self.records) // 3
        parts = [self.records[:third], self.records[third:2 * third], self.records[2 * third:]]
        names = ("x.pcap9", "x.pcap10", "x.pcap11")  # as tcpdump -C counts: not in the order of names
        self.put(names[0], self.header + b"".join(parts[0]))
        self.put(names[1], self.header + b"".join(parts[1]))
        self.begin("--workers", "1")
        self.wait(lambda: self.read_of(names[1]))
        self.put(names[2], self.header + b"".join(parts[2]))
        self.wait(lambda: self.read_of(names[2]))
        self.assertEqual(self.end(signal.SIGINT), 1)
        self.assertEqual(self.lines("flows"), self.whole())
        proofs = {pathlib.Path(p.get("file", x.get("file"))).name for x in self.lines() if x["type"] == "finding" for p in x["proof"]}
        self.assertTrue(proofs <= set(names) and proofs)

    def test_findings_are_written_before_the_end(self):
        seconds = struct.unpack_from("<I", self.records[-1])[0]
        late = struct.pack("<I", seconds + 4000) + self.records[-1][4:]
        self.put("a.pcap", self.header + b"".join(self.records) + late)
        self.begin()
        self.wait(lambda: any(x["type"] == "finding" and x["status"] == "open" for x in self.lines()))
        self.assertEqual(self.end(), 1)

    def test_sighup_reads_the_policy_again(self):
        policy = self.dir / "policy.yaml"
        policy.write_text("overt: 1\nextends: sip-generic\n", encoding="utf-8")
        self.put("a.pcap", self.header + self.records[0])
        self.begin("--policy", str(policy))
        self.wait(lambda: self.read_of("a.pcap"))
        for text, code in (("overt: 1\nextends: sip\n", "policy.not-reloaded"), ("overt: 1\nextends: lync-2010\n", "policy.reloaded")):
            policy.write_text(text, encoding="utf-8")
            self.run.send_signal(signal.SIGHUP)
            self.wait(lambda code=code: any(x.get("code") == code for x in self.lines()))
        self.run.send_signal(signal.SIGTERM)
        _, errors = self.run.communicate(timeout=PATIENCE_S)
        self.assertIn("policy.yaml:2:10: found", errors)
        self.assertIn("TT-19", self.coverage()["rows_not_observed"])  # not in sip-generic

    def test_a_ring_begins_its_files_anew(self):
        half = len(self.records) // 2
        self.put("r.pcap0", self.header + b"".join(self.records[:half]))
        self.begin()
        self.wait(lambda: self.read_of("r.pcap0"))
        self.put("r.pcap1", self.header + self.records[half])
        self.wait(lambda: self.read_of("r.pcap1"))
        os.truncate(self.folder / "r.pcap0", 0)
        time.sleep(2.5)
        self.put("r.pcap0", self.header + b"".join(self.records[half + 1:]))
        self.wait(lambda: self.read_of("r.pcap0"))
        self.assertEqual(self.end(), 1)
        self.assertEqual(self.coverage()["packets"], len(self.records))

    def test_a_file_that_is_cut_when_the_next_begins_is_damaged(self):
        self.put("a.pcap", self.header + b"".join(self.records[:5])[:-3])
        self.begin()
        self.wait(lambda: self.read_of("a.pcap"))
        self.put("b.pcap", self.header + b"".join(self.records[5:]))
        self.put("text.pcap", b"no capture")
        self.wait(lambda: self.read_of("b.pcap"))
        self.run.send_signal(signal.SIGTERM)
        _, errors = self.run.communicate(timeout=PATIENCE_S)
        self.assertEqual(self.run.returncode, 3)
        self.assertIn("text.pcap: no packet could be read", errors)
        self.assertEqual({x["code"] for x in self.lines() if x["type"] == "notice"},
                         {"capture.damaged", "capture.unreadable"})

    def test_an_empty_folder_gives_an_empty_audit(self):
        self.begin()
        time.sleep(0.5)
        self.assertIsNone(self.run.poll())
        self.assertEqual(self.end(), 0)

    def test_only_one_folder_can_be_followed(self):
        for words in ((str(CLEAR),), (str(self.folder), str(self.folder)), ("--each", str(self.folder))):
            run = subprocess.run([OVERT, "audit", "--follow", *words], capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, 2)
            self.assertIn("--follow", run.stderr)


if __name__ == "__main__":
    OVERT = os.path.abspath(sys.argv.pop(1))
    unittest.main()
