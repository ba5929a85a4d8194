#!/usr/bin/env python3
"""Does the command line keep its contract: exit status, streams, messages? Usage: run.py OVERT"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

OVERT = str(pathlib.Path(sys.argv[1]).resolve())
PCAPS = pathlib.Path(__file__).resolve().parents[2] / "pcaps"
CLEAR = str(PCAPS / "sip/udp_register_call_rtp_pcmu/traffic.pcap")
GOOD = str(PCAPS / "tls/tls12_mtls/traffic.pcap")
GOOD_POLICY = str(PCAPS / "tls/tls12_mtls/policy.yaml")


def overt(*words, stdin=None):
    return subprocess.run([OVERT, *words], capture_output=True, text=True, input=stdin, check=False,
                          timeout=120)


class Contract(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.dir = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, text):
        path = self.dir / name
        path.write_text(text) if isinstance(text, str) else path.write_bytes(text)
        return str(path)

    def test_findings_give_exit_1_and_go_to_a_pipe_as_json_lines(self):
        run = overt("audit", CLEAR)
        self.assertEqual(run.returncode, 1, run.stderr)
        kinds = [json.loads(line)["type"] for line in run.stdout.splitlines()]
        self.assertIn("finding", kinds)
        self.assertEqual(kinds.count("coverage"), 1)

    def test_a_compliant_capture_gives_exit_0(self):
        run = overt("audit", "--policy", GOOD_POLICY, GOOD)
        self.assertEqual(run.returncode, 0, run.stdout)

    def test_fail_on_moves_the_threshold(self):
        self.assertEqual(overt("audit", "--fail-on", "never", CLEAR).returncode, 0)

    def test_out_leaves_the_ending_on_standard_output(self):
        out = self.dir / "findings.jsonl"
        run = overt("audit", "--out", str(out), CLEAR)
        self.assertIn("TRAFFIC PROTECTION", run.stdout)
        self.assertTrue(all(json.loads(line) for line in out.read_text().splitlines()))

    def test_quiet_prints_nothing(self):
        run = overt("audit", "--quiet", "--out", str(self.dir / "o"), CLEAR)
        self.assertEqual((run.stdout, run.stderr), ("", ""))

    def test_flows_are_written_one_a_line(self):
        flows = self.dir / "flows.jsonl"
        overt("audit", "--flows", str(flows), "--out", str(self.dir / "o"), CLEAR)
        records = [json.loads(line) for line in flows.read_text().splitlines()]
        self.assertTrue(records)
        self.assertEqual({r["type"] for r in records}, {"flow"})

    def test_the_same_capture_gives_the_same_bytes(self):
        runs = [overt("audit", "--all", "--flows", "-", "--out", str(self.dir / "o"), CLEAR).stdout
                for _ in range(3)]
        self.assertEqual(len(set(runs)), 1)

    def test_standard_input_is_read_for_a_dash(self):
        with open(CLEAR, "rb") as capture:
            run = subprocess.run([OVERT, "audit", "-"], stdin=capture, capture_output=True,
                                 text=True, check=False, timeout=120)
        self.assertEqual(run.returncode, 1, run.stderr)

    def test_a_folder_stands_for_its_captures(self):
        run = overt("audit", "--fail-on", "never", str(pathlib.Path(CLEAR).parent))
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_a_missing_capture_gives_exit_3_and_the_rest_is_judged(self):
        run = overt("audit", "--fail-on", "never", str(self.dir / "none.pcap"), CLEAR)
        self.assertEqual(run.returncode, 3)
        self.assertIn("none.pcap", run.stderr)
        self.assertIn('"finding"', run.stdout)

    def test_what_is_no_capture_gives_exit_3(self):
        self.assertEqual(overt("audit", self.write("text.pcap", "no capture")).returncode, 3)

    def test_a_damaged_capture_gives_exit_3_and_a_notice_with_its_offset(self):
        whole = pathlib.Path(CLEAR).read_bytes()
        run = overt("audit", self.write("cut.pcap", whole[: len(whole) // 2 + 1]))
        self.assertEqual(run.returncode, 3)
        notices = [json.loads(x) for x in run.stdout.splitlines() if '"notice"' in x]
        self.assertIn("capture.damaged", [n["code"] for n in notices])
        self.assertTrue(any(n.get("offset", 0) > 0 for n in notices))

    def test_a_full_disk_gives_exit_4(self):
        run = overt("audit", "--out", "/dev/full", CLEAR)
        self.assertEqual(run.returncode, 4)
        self.assertIn("/dev/full", run.stderr)

    def test_a_wrong_policy_gives_exit_2_with_its_position(self):
        policy = self.write("p.yaml", "overt: 1\nextends: lync-2010\nzoness: {}\n")
        run = overt("audit", "--policy", policy, CLEAR)
        self.assertEqual(run.returncode, 2)
        self.assertRegex(run.stderr, r"p\.yaml:3:1: found .*zoness.*expected")
        self.assertEqual(overt("policy", "check", policy).returncode, 2)

    def test_wrong_usage_gives_exit_2(self):
        for words in (["audit"], ["audit", "--nonsense", CLEAR], ["audit", "--fail-on", "x", CLEAR],
                      ["frobnicate"], ["audit", "--memory", "12", CLEAR], ["explain"]):
            self.assertEqual(overt(*words).returncode, 2, words)

    def test_a_wrong_filter_gives_exit_2_with_the_reason(self):
        run = overt("audit", "--filter", "tcpp", CLEAR)
        self.assertEqual(run.returncode, 2)
        self.assertIn("tcpp", run.stderr)

    def test_a_filter_narrows_what_is_judged(self):
        run = overt("audit", "--filter", "port 1", CLEAR)
        self.assertEqual(run.returncode, 0, run.stdout)

    def test_help_version_and_explain_answer(self):
        self.assertIn("audit", overt("--help").stdout)
        self.assertIn("nDPI", overt("version").stdout)
        self.assertIn("MTLS", overt("explain", "TT-01").stdout)
        self.assertEqual(overt("explain", "TT-99").returncode, 2)

    def test_roles_proposes_a_policy_that_overt_accepts(self):
        run = overt("roles", CLEAR)
        self.assertEqual(run.returncode, 0, run.stderr)
        policy = self.write("proposed.yaml", run.stdout)
        check = overt("policy", "check", policy)
        self.assertEqual(check.returncode, 0, check.stderr + run.stdout)

    def test_every_built_in_row_explains_itself(self):
        for row in ["TT-0%d" % i for i in range(1, 10)] + ["TT-14a", "TT-14b", "TT-15", "TT-24"]:
            run = overt("explain", row)
            self.assertEqual(run.returncode, 0, row)
            self.assertGreater(len(run.stdout), 200, row)


unittest.main(argv=[sys.argv[0]], verbosity=0)
