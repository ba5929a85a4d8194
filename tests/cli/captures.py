#!/usr/bin/env python3
"""Are captures read as they come: packed, rotated, from several taps, damaged? Usage: captures.py OVERT"""
import gzip
import json
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import time
import unittest

from command import CLEAR, CommandLine, OVERT, flows_in, overt, records_of


class Captures(CommandLine):
    def packed(self, whole):
        """Names of files that unpack to these bytes, in one and in several pieces; none is told by its name."""
        half = len(whole) // 2
        names = [self.write("one", gzip.compress(whole)),
                 self.write("two", gzip.compress(whole[:half]) + gzip.compress(whole[half:]) + bytes(512))]
        if shutil.which("zstd"):
            zstd = lambda data: subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, check=True).stdout
            names += [self.write("three", zstd(whole)), self.write("four", zstd(whole[:half]) + zstd(whole[half:]))]
        return names

    def test_packed_captures_are_read_as_plain_ones(self):
        whole = pathlib.Path(CLEAR).read_bytes()
        expected = overt("audit", "--all", CLEAR)
        for name in self.packed(whole):
            run = overt("audit", "--all", name)
            self.assertEqual((run.returncode, run.stdout), (1, expected.stdout), name + run.stderr)
            with open(name, "rb") as capture:
                run = subprocess.run([OVERT, "audit", "--all", "-"], stdin=capture, capture_output=True, text=True,
                                     check=False, timeout=120)
            self.assertEqual(run.stdout, expected.stdout, name)

    def test_packed_captures_are_judged_up_to_their_damage(self):
        for name in self.packed(pathlib.Path(CLEAR).read_bytes()):
            packed = pathlib.Path(name).read_bytes().rstrip(b"\0")
            for kind, data in (("cut", packed[:-len(packed) // 4]), ("flipped", packed[:-9] + b"\xff" * 9),
                               ("followed", packed + b"no gzip, no zstd")):
                run = overt("audit", self.write(f"{pathlib.Path(name).name}.{kind}", data))
                notices = [json.loads(x) for x in run.stdout.splitlines() if '"notice"' in x]
                self.assertEqual(run.returncode, 3, (name, kind))
                in_one_block = name.endswith("three") and kind != "followed"  # zstd gives a block whole or not at all
                code, word = ("unreadable", "packed") if in_one_block else ("damaged", "unpacked")
                self.assertEqual([n["code"] for n in notices], [f"capture.{code}"], (name, kind))
                self.assertIn(word, notices[0]["text"])
                self.assertIn('"coverage"', run.stdout)

    def test_what_is_packed_and_no_capture_gives_exit_3(self):
        run = overt("audit", self.write("text.gz", gzip.compress(b"no capture" * 100)))
        self.assertEqual(run.returncode, 3)
        self.assertIn("packed", run.stderr)

    def test_a_folder_holds_packed_and_rotated_captures(self):
        for name in ("a.pcap3.gz", "b.pcap", "2026.11.02.pcap12", "notes.gz", "c.pcapx"):
            data = pathlib.Path(CLEAR).read_bytes()
            self.write(name, gzip.compress(data) if name.endswith(".gz") else data)
        run = overt("audit", "--out", str(self.dir / "o"), str(self.dir))
        self.assertIn("3 captures", run.stdout)

    def test_a_folder_stands_for_its_captures(self):
        run = overt("audit", "--fail-on", "never", str(pathlib.Path(CLEAR).parent))
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_a_folder_may_end_with_a_slash(self):
        for name in ("a.pcap", "b.pcap"):
            self.write(name, pathlib.Path(CLEAR).read_bytes())
        run = overt("audit", f"{self.dir}/")
        files = {json.loads(line).get("file") for line in run.stdout.splitlines()} - {None}
        self.assertEqual(files, {f"{self.dir}/a.pcap"})

    def test_damage_is_told_with_the_time_of_its_own_capture(self):
        whole = pathlib.Path(CLEAR).read_bytes()
        seconds = struct.unpack_from("<I", whole, 24)[0]
        early = struct.pack("<I", 1000)
        cut = whole[:24] + early + whole[28:24 + 16 + struct.unpack_from("<I", whole, 32)[0]] + b"rest"
        run = overt("audit", CLEAR, self.write("early.pcap", cut))
        notices = [json.loads(x) for x in run.stdout.splitlines() if '"capture.damaged"' in x]
        self.assertGreater(seconds, 1000)
        self.assertEqual([n["time"][:19] for n in notices], ["1970-01-01T00:16:40"])

    def audit_all(self, *words):
        """Findings without the places of their proofs, all their proofs, flow records without files."""
        flows = self.dir / "flows.jsonl"
        run = overt("audit", "--all", "--flows", str(flows), *words)
        self.assertEqual(run.returncode, 1, run.stderr)
        findings = [json.loads(x) for x in run.stdout.splitlines() if '"type":"finding"' in x]
        proofs = [(p.pop("file", f.get("file")), p.pop("packet")) for f in findings for p in f["proof"]]
        bare = [{name: value for name, value in f.items() if name != "file"} for f in findings]
        return bare, proofs, flows_in(flows)

    def test_a_rotating_set_is_one_capture(self):
        header, records = records_of(CLEAR)
        size = 5
        pieces = [records[i:i + size] for i in range(0, len(records), size)]
        names = [self.write(f"z.pcap{i}", header + b"".join(piece)) for i, piece in enumerate(pieces)]
        whole, wanted, flows = self.audit_all(CLEAR)
        self.assertTrue(any(packet > size for _, packet in wanted))
        for inputs in ([str(self.dir)], names, names[::-1], ["--workers", "1", *names], ["--workers", "3", *names]):
            findings, proofs, records = self.audit_all(*inputs)
            self.assertEqual(findings, whole)
            self.assertEqual(records, flows)
            self.assertEqual(proofs, [(f"{self.dir}/z.pcap{(n - 1) // size}", (n - 1) % size + 1) for _, n in wanted])
        run = overt("audit", "--out", str(self.dir / "o"), str(self.dir))
        self.assertIn(f"{len(names)} captures", run.stdout)
        self.assertRegex(run.stdout, r"packet \d+ of z\.pcap\d")

    def test_captures_of_several_taps_are_merged_by_time(self):
        header, records = records_of(CLEAR)
        taps = [], []
        for number, record in enumerate(records, 1):
            taps[record[16 + 26:16 + 30] < record[16 + 30:16 + 34]].append((number, record))
        names = [self.write(f"tap{i}.pcap", header + b"".join(r for _, r in tap)) for i, tap in enumerate(taps)]
        whole, wanted, flows = self.audit_all(CLEAR)
        places = {number: (names[i], n) for i, tap in enumerate(taps) for n, (number, _) in enumerate(tap, 1)}
        for inputs in (names, names[::-1]):
            findings, proofs, records = self.audit_all(*inputs)
            self.assertEqual(findings, whole)
            self.assertEqual(records, flows)
            self.assertEqual(proofs, [places[number] for _, number in wanted])

    def test_what_two_taps_both_saw_is_judged_once(self):
        header, records = records_of(CLEAR)
        names = [self.write("a.pcap", header + b"".join(records)), self.write("b.pcap", header + b"".join(records))]
        whole, _, flows = self.audit_all(CLEAR)
        findings, _, twice = self.audit_all(*names)
        for finding in findings + whole:
            del finding["flows"]["ids"]  # they depend on packet numbers
        self.assertEqual(findings, whole)
        self.assertEqual([f["packets"] for f in twice], [f["packets"] for f in flows])
        copies = sum(flow["seen"]["duplicates"] - one["seen"]["duplicates"] for flow, one in zip(twice, flows))
        coverage = json.loads(overt("audit", *names).stdout.splitlines()[-1])
        self.assertEqual(copies, sum(sum(flow["packets"].values()) for flow in flows))
        self.assertEqual(coverage["not_decoded"]["duplicates"], copies)

    def test_each_judges_every_capture_for_itself(self):
        header, records = records_of(CLEAR)
        half = len(records) // 2
        names = [self.write("a.pcap", header + b"".join(records[:half])),
                 self.write("b.pcap", header + b"".join(records[half:]))]
        _, _, flows = self.audit_all("--each", *names)
        self.assertEqual({flow["file"] for flow in flows}, set(names))
        self.assertIn(1, [flow["packet_first"] for flow in flows if flow["file"] == names[1]])

    def test_a_pipe_and_a_file_are_merged(self):
        header, records = records_of(CLEAR)
        half = len(records) // 2
        name = self.write("b.pcap", header + b"".join(records[half:]))
        run = subprocess.run([OVERT, "audit", "--out", str(self.dir / "o"), name, "-"], capture_output=True,
                             input=header + b"".join(records[:half]), check=False, timeout=120)
        whole = overt("audit", "--out", str(self.dir / "p"), CLEAR).stdout
        self.assertEqual(run.returncode, 1, run.stderr)
        count = lambda text: re.search(r"([\d ]+) packets   (\d+) flows", text).groups()
        self.assertEqual(count(run.stdout.decode()), count(whole))

    def test_damage_in_the_middle_of_a_set_leaves_the_rest(self):
        header, records = records_of(CLEAR)
        half = len(records) // 2
        names = [self.write("a.pcap", header + b"".join(records[:half]) + records[half][:20]),
                 self.write("b.pcap", header + b"".join(records[half:]))]
        run = overt("audit", "--out", str(self.dir / "o"), *names)
        self.assertEqual(run.returncode, 3)
        self.assertIn("a.pcap: damaged at byte", run.stderr)
        self.assertNotIn("b.pcap: damaged", run.stderr)
        self.assertRegex(run.stdout, "2 captures   %s packets" % f"{len(records):,}".replace(",", "."))

    def test_a_missing_capture_gives_exit_3_and_the_rest_is_judged(self):
        run = overt("audit", "--fail-on", "never", str(self.dir / "none.pcap"), CLEAR)
        self.assertEqual(run.returncode, 3)
        self.assertIn("none.pcap", run.stderr)
        self.assertIn('"finding"', run.stdout)

    def test_a_missing_capture_is_a_notice(self):
        run = overt("audit", str(self.dir / "none.pcap"), CLEAR)
        notices = [json.loads(x) for x in run.stdout.splitlines() if '"notice"' in x]
        self.assertEqual([n["code"] for n in notices], ["capture.unreadable"])

    def test_an_interrupt_ends_a_silent_pipe_judges_what_came_and_gives_exit_3(self):
        with subprocess.Popen([OVERT, "audit", "-"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
            run.stdin.write(pathlib.Path(CLEAR).read_bytes()[:-5])
            run.stdin.flush()
            time.sleep(2)
            run.send_signal(signal.SIGINT)
            out = run.stdout.read().decode()
            self.assertEqual(run.wait(timeout=60), 3)
        notices = [json.loads(x) for x in out.splitlines() if '"notice"' in x]
        self.assertEqual([n["code"] for n in notices], ["audit.interrupted"])
        self.assertIn('"finding"', out)

    def test_what_is_no_capture_gives_exit_3(self):
        self.assertEqual(overt("audit", self.write("text.pcap", "no capture")).returncode, 3)

    def test_a_damaged_capture_gives_exit_3_and_a_notice_with_its_offset(self):
        whole = pathlib.Path(CLEAR).read_bytes()
        run = overt("audit", self.write("cut.pcap", whole[: len(whole) // 2 + 1]))
        self.assertEqual(run.returncode, 3)
        notices = [json.loads(x) for x in run.stdout.splitlines() if '"notice"' in x]
        self.assertIn("capture.damaged", [n["code"] for n in notices])
        self.assertTrue(any(n.get("offset", 0) > 0 for n in notices))

    def test_packets_behind_damage_are_judged_and_the_hole_is_told(self):
        header, records = records_of(CLEAR)
        half = len(records) // 2
        at = len(header + b"".join(records[:half]))
        hole = b"\0" * (len(records[half]) + 5)
        name = self.write("hole.pcap", header + b"".join(records[:half]) + hole + b"".join(records[half + 1:]))
        runs = [overt("audit", "--workers", n, "--flows", str(self.dir / n), name) for n in ("1", "3")]
        self.assertEqual([run.returncode for run in runs], [3, 3])
        self.assertEqual(runs[0].stdout, runs[1].stdout)
        self.assertEqual((self.dir / "1").read_bytes(), (self.dir / "3").read_bytes())
        lines = [json.loads(x) for x in runs[0].stdout.splitlines()]
        notice = next(x for x in lines if x["type"] == "notice")
        self.assertEqual((notice["offset"], notice["skipped_bytes"], notice["packet"]), (at, len(hole), half))
        self.assertIn(f"and {len(records) - half - 1} behind it were judged", notice["text"])
        coverage = next(x for x in lines if x["type"] == "coverage")
        self.assertEqual(coverage["packets"], len(records) - 1)
        self.assertEqual(coverage["not_decoded"]["damaged-bytes"], len(hole))
        flows = flows_in(self.dir / "1")
        self.assertTrue(any(flow["seen"].get("lost_nearby") for flow in flows))


unittest.main(argv=[sys.argv[0]], verbosity=0)
