#!/usr/bin/env python3
"""Does the command line keep its contract: exit status, streams, messages? Usage: run.py OVERT"""
import collections
import fcntl
import json
import os
import pathlib
import pty
import re
import struct
import subprocess
import sys
import termios
import unittest

import jsonschema
import yaml

from command import CLEAR, CommandLine, OVERT, PCAPS, ROOT, flows_in, overt

CALL = str(PCAPS / "call/udp_sdes/traffic.pcap")
GOOD = str(PCAPS / "tls/tls12_mtls/traffic.pcap")
GROW = str(pathlib.Path(__file__).resolve().parents[1] / "bench/handshakes.py")
GOOD_POLICY = str(PCAPS / "tls/tls12_mtls/policy.yaml")


class DaysAreText(yaml.SafeLoader):
    """As editors read YAML for a JSON Schema."""
    yaml_implicit_resolvers = {first: [each for each in resolvers if each[0] != "tag:yaml.org,2002:timestamp"]
                               for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def overt_on_a_terminal(columns, *words):
    """Exit status, and the lines that a terminal so wide shows, without colours."""
    try:
        ours, theirs = pty.openpty()
    except OSError as error:
        raise unittest.SkipTest(f"no terminals here: {error}") from error
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    with subprocess.Popen([OVERT, *words], stdin=theirs, stdout=theirs, stderr=theirs) as run:
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # Linux says so when the other end is closed
                break
            if not part:
                break
            shown += part
        os.close(ours)
        status = run.wait(timeout=120)
    return status, re.sub(r"\x1b\[[0-9;]*[mK]", "", shown.decode()).replace("\r", "").split("\n")


class Contract(CommandLine):
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

    def test_judge_says_of_flow_records_what_audit_says_of_the_capture(self):
        flows = str(self.dir / "flows.jsonl")
        audit = overt("audit", "--all", "--flows", flows, CLEAR)
        judge = overt("judge", "--all", flows)
        self.assertEqual((judge.returncode, judge.stdout), (audit.returncode, audit.stdout))
        piped = overt("judge", "--all", "-", stdin=pathlib.Path(flows).read_text())
        self.assertEqual(piped.stdout, audit.stdout)

    def test_judge_tells_lines_that_are_no_records_and_judges_the_rest(self):
        flows = str(self.dir / "flows.jsonl")
        audit = overt("audit", "--flows", flows, CLEAR)
        records = pathlib.Path(flows).read_text()
        bad = self.write("bad.jsonl", b"{\n" + records.encode() + b'[]\n{"type":"flow","v":1}\n"\0"\n' + b"x" * 70000 + b"\n")
        run = overt("judge", bad)
        self.assertEqual(run.returncode, 3, run.stderr)
        line = 2 + records.count("\n")
        self.assertIn(f"{bad}:1: found a fault of JSON", run.stderr)
        self.assertIn(f"{bad}:{line}: found a list, expected a record as a line\n", run.stderr)
        self.assertIn(f"{bad}:{line + 1}: found nothing, expected a value as id\n", run.stderr)
        self.assertIn(f"{bad}:{line + 2}: found more than 65536 bytes or a byte 0, expected a record\n", run.stderr)
        self.assertIn(f"{bad}:{line + 3}: found more than 65536 bytes", run.stderr)
        kinds = [json.loads(text) for text in run.stdout.splitlines()]
        notice = next(record for record in kinds if record["type"] == "notice")
        self.assertEqual(notice["code"], "records.malformed")
        self.assertTrue(notice["text"].startswith("5 lines are no records of overt, the first one line 1;"), notice)
        self.assertEqual([x for x in kinds if x["type"] == "finding"],
                         [x for x in map(json.loads, audit.stdout.splitlines()) if x["type"] == "finding"])
        part = self.write("part.jsonl", "".join(line + "\n" for line in records.splitlines() if '"type":"flow"' in line))
        run = overt("judge", part)
        self.assertIn("records.incomplete", run.stdout)
        self.assertEqual(overt("judge", str(self.dir / "none.jsonl")).returncode, 3)

    def test_policy_test_tells_each_case_that_fails_with_its_place(self):
        cases = str(ROOT / "examples/cases/edge-federation-trunk.yaml")
        good = overt("policy", "test", cases)
        self.assertEqual((good.returncode, good.stdout), (0, "5 cases, 0 failed\n"), good.stderr)
        bad = overt("policy", "test", "--policy", "lync-2010", cases)
        self.assertEqual(bad.returncode, 1)
        self.assertIn(f"{cases}:14: clients talk TLS to the pool: TT-02: expected compliant, found unknown", bad.stdout)
        flows = self.dir / "flows.jsonl"
        overt("audit", "--policy", GOOD_POLICY, "--flows", str(flows), "--out", str(self.dir / "o"), GOOD)
        expect = "{TT-01: compliant proven, TT-02: none}"
        stored = self.write("stored.yaml", f"cases: 1\npolicy: {GOOD_POLICY}\ntests:\n  - {{name: s, records: flows.jsonl, expect: {expect}}}\n")
        self.assertEqual(overt("policy", "test", stored).stdout, "1 cases, 0 failed\n")

    def test_policy_test_refuses_what_is_no_case(self):
        def told(text):
            path = self.write("cases.yaml", "cases: 1\ntests:\n  - name: x\n" + text)
            run = overt("policy", "test", path)
            self.assertEqual(run.returncode, 2, run.stdout)
            return run.stderr.replace(path, "")

        words = told("    flow: {transport: tcp}\n    expect: {TT-01: good, TT-02: none}\n    extra: 1\n")
        self.assertIn(":6:5: found key 'extra', expected one of name,", words)
        self.assertIn(":5:21: found word 'good', expected none, or words of", words)
        self.assertIn(":5: found a row that the policy does not have", told("    flow: {transport: tcp, app: tls, client: {ip: 10.0.0.1}, "
                      "server: {ip: 10.0.0.2}}\n    expect: {TT-99: none}\n"))
        flow = "    flow: &a {transport: tcp, app: sip, sip: %s, client: {ip: 10.0.0.1}, server: {ip: 10.0.0.2}}\n    expect: {TT-01: none}\n"
        self.assertIn(":4: found 7, expected an object as sip", told(flow % "7"))
        self.assertIn(":4: found a flow that is no map, or too large", told(flow % "*a"))
        self.assertIn("found no key 'expect'", told("    flow: {}\n"))
        self.assertIn("found no flow, expected one of", told("    expect: {TT-01: none}\n"))

    def test_judge_refuses_what_is_about_packets(self):
        flows = self.write("flows.jsonl", "")
        for words in (["--flows", "x"], ["--filter", "tcp"], ["--no-ndpi"], ["--each"], ["--verify", "all"]):
            run = overt("judge", *words, flows)
            self.assertEqual(run.returncode, 2)
            self.assertIn(f"judge: found {words[0]}, which is about packets", run.stderr)
        self.assertIn("no flow records named", overt("judge").stderr)

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
        self.assertTrue(flows_in(flows))
        self.assertEqual({r["type"] for r in records}, {"flow", "call", "coverage"})

    def test_a_call_tells_its_flows_and_what_was_judged_of_them(self):
        flows = self.dir / "flows.jsonl"
        overt("audit", "--flows", str(flows), "--out", str(self.dir / "o"), CALL)
        records = [json.loads(line) for line in flows.read_text().splitlines()]
        by_id = {r["id"]: r for r in records if r["type"] == "flow"}
        call, = [r for r in records if r["type"] == "call"]
        media = [by_id[name] for medium in call["media"] for name in medium["flows"]]
        self.assertEqual({flow["media"]["call"] for flow in media}, {call["id"]})
        self.assertEqual([by_id[leg["flow"]]["app"] for leg in call["legs"]], ["sip", "sip"])
        self.assertEqual([(m["section"], m["from"], m["offered"], m["answered"], m["applied"]) for m in call["media"]],
                         [(0, "caller", "srtp", "srtp", "srtp"), (0, "callee", "srtp", "srtp", "srtp")])
        self.assertTrue(all(m["clear_seconds"] == 0 and 2.5 < m["total_seconds"] < 3.5 for m in call["media"]))
        rows = {one["row"]: one["verdict"] for one in by_id[call["worst"]["flow"]]["assessments"]}
        self.assertEqual(rows[call["worst"]["row"]], call["verdict"])

    def test_the_same_capture_gives_the_same_bytes(self):
        runs = [overt("audit", "--all", "--flows", "-", "--out", str(self.dir / "o"), CLEAR).stdout
                for _ in range(3)]
        self.assertEqual(len(set(runs)), 1)

    def test_standard_input_is_read_for_a_dash(self):
        with open(CLEAR, "rb") as capture:
            run = subprocess.run([OVERT, "audit", "-"], stdin=capture, capture_output=True,
                                 text=True, check=False, timeout=120)
        self.assertEqual(run.returncode, 1, run.stderr)

    def test_a_full_disk_gives_exit_4(self):
        run = overt("audit", "--out", "/dev/full", CLEAR)
        self.assertEqual(run.returncode, 4)
        self.assertIn("/dev/full", run.stderr)

    def test_a_capture_is_never_overwritten_by_records(self):
        whole = pathlib.Path(CLEAR).read_bytes()
        precious = self.write("precious.pcap", whole)
        for option in ("--out", "--flows"):
            run = overt("audit", option, precious, CLEAR)
            self.assertEqual(run.returncode, 4)
            self.assertIn("precious.pcap", run.stderr)
            self.assertEqual(pathlib.Path(precious).read_bytes(), whole)

    def test_two_outputs_never_share_a_file(self):
        out = str(self.dir / "o")
        run = overt("audit", "--out", out, "--flows", out, CLEAR)
        self.assertEqual(run.returncode, 4)
        self.assertIn("same file", run.stderr)
        self.assertEqual(overt("audit", "--out", out, CLEAR).returncode, 1)
        self.assertEqual(overt("audit", "--out", out, CLEAR).returncode, 1, "records may be replaced")

    def test_a_wrong_policy_gives_exit_2_with_its_position(self):
        policy = self.write("p.yaml", "overt: 1\nextends: lync-2010\nzoness: {}\n")
        run = overt("audit", "--policy", policy, CLEAR)
        self.assertEqual(run.returncode, 2)
        self.assertRegex(run.stderr, r"p\.yaml:3:1: found .*zoness.*expected")
        self.assertEqual(overt("policy", "check", policy).returncode, 2)

    def signatures_of(self, *words):
        """How often each word was said of a client's signature and of MTLS, for 1 worker and for 4."""
        flows, counts = str(self.dir / "flows"), []
        for workers in ("1", "4"):
            run = overt("audit", "--quiet", "--fail-on", "never", "--workers", workers, "--flows", flows, *words)
            self.assertEqual(run.returncode, 0, run.stderr)
            tls = [flow["tls"] for flow in flows_in(pathlib.Path(flows))]
            counts.append(collections.Counter((t["certificate_verify"], t["mtls"]["state"]) for t in tls))
            self.assertEqual({t["mtls"]["state"] for t in tls if t["certificate_verify"] != "valid"} - {"inferred"}, set())
        self.assertEqual(counts[0], counts[1])
        return counts[0]

    def test_verify_says_which_signatures_are_checked(self):
        grown = str(self.dir / "grown.pcap")
        subprocess.run([sys.executable, GROW, "600", "1", grown, GOOD], check=True, capture_output=True)
        self.assertEqual(self.signatures_of("--verify", "all", grown), {("valid", "proven"): 600})
        self.assertEqual(self.signatures_of("--verify", "none", grown), {("unchecked", "inferred"): 600})
        new = self.signatures_of(grown)
        self.assertEqual(new, self.signatures_of("--verify", "new", grown))
        first = 8192 // 22  # connections of 22 packets until a proof counts
        self.assertGreater(new[("valid", "proven")], first)
        self.assertGreater(new[("unchecked", "inferred")], (600 - first) // 4)
        strict = self.write("p.yaml", "overt: 1\nextends: lync-2010\nsettings: {accept_inferred_mtls: false}\n")
        self.assertEqual(self.signatures_of("--policy", strict, grown), {("valid", "proven"): 600})

    def test_wrong_usage_gives_exit_2(self):
        for words in (["audit"], ["audit", "--nonsense", CLEAR], ["audit", "--fail-on", "x", CLEAR],
                      ["frobnicate"], ["audit", "--memory", "12", CLEAR], ["explain"],
                      ["audit", "--sensor", "", CLEAR], ["audit", "--verify", "some", CLEAR]):
            self.assertEqual(overt(*words).returncode, 2, words)

    def test_a_wrong_filter_gives_exit_2_with_the_reason(self):
        run = overt("audit", "--filter", "tcpp", CLEAR)
        self.assertEqual(run.returncode, 2)
        self.assertIn("tcpp", run.stderr)

    def test_a_filter_narrows_what_is_judged(self):
        run = overt("audit", "--filter", "port 1", CLEAR)
        self.assertEqual(run.returncode, 0, run.stdout)

    def test_an_ending_fits_the_terminal(self):
        trunk = PCAPS / "sip/udp_call_sdes_srtp"
        for columns in (80, 120):
            status, lines = overt_on_a_terminal(columns, "audit", "--policy", str(trunk / "policy.yaml"),
                                                str(trunk / "traffic.pcap"))
            self.assertEqual(status, 1, lines)
            self.assertLessEqual(max(map(len, lines)), columns, lines)
            self.assertTrue(any(line.startswith("TRAFFIC PROTECTION") for line in lines), lines)
            proofs = [line.index("packet ") for line in lines if re.search(r"→ .*   packet \d", line)]
            self.assertGreater(len(proofs), 1, lines)
            self.assertEqual(len(set(proofs)), 1, lines)

    def test_an_explanation_fits_the_terminal(self):
        for word in ("TT-01", "media.clear"):
            status, lines = overt_on_a_terminal(60, "explain", word)
            self.assertEqual(status, 0, lines)
            self.assertLessEqual(max(map(len, lines)), 60, lines)

    def test_packets_of_an_unknown_link_type_are_told(self):
        header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 147)
        strange = self.write("strange.pcap", header + (struct.pack("<IIII", 1, 0, 4, 4) + b"abcd") * 15)
        ending = overt("audit", "--out", str(self.dir / "o"), strange).stdout
        self.assertIn("Not decoded: 15 packets (link type", ending)
        self.assertIn("Nothing was judged", ending)
        codes = [json.loads(line).get("code") for line in (self.dir / "o").read_text().splitlines()]
        self.assertIn("capture.link-type-unknown", codes)

    def test_every_command_answers_help(self):
        for command in ("audit", "roles", "policy", "explain", "version"):
            run = overt(command, "--help")
            self.assertEqual((run.returncode, run.stderr), (0, ""), command)
            self.assertIn("Exit status", run.stdout)

    def test_rows_of_a_policy_are_explained_with_it(self):
        policy = self.write("p.yaml", """overt: 1
name: contoso
extends: lync-2010
rows:
  - id: C-1
    title: calls to the recorder
    subject: media
    traffic: {from: [any_server], to: [any_server]}
    require: srtp
    severity: high
    source: SEC-114
    explain: The recorder is in the cellar.
    fix: Ask the recorder's owner.
""")
        run = overt("explain", "C-1", "--policy", policy)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn("The recorder is in the cellar.", run.stdout)
        run = overt("explain", "C-1")
        self.assertEqual(run.returncode, 2)
        self.assertIn("--policy FILE", run.stdout)

    def test_help_version_and_explain_answer(self):
        self.assertIn("audit", overt("--help").stdout)
        self.assertIn("nDPI", overt("version").stdout)
        self.assertIn("MTLS", overt("explain", "TT-01").stdout)
        self.assertEqual(overt("explain", "TT-99").returncode, 2)

    def test_explain_tells_what_a_row_hangs_on(self):
        for row, line in (("TT-22", "only if     the gateway's trunk is declared public, or not declared"),
                          ("TT-43", "of clients  TLS")):
            self.assertIn(line, overt("explain", row).stdout.splitlines())

    def test_policy_show_prints_the_table_that_results(self):
        policy = self.write("p.yaml", """overt: 1
name: contoso
extends: skype-2015
hosts: [{name: fe01, address: 10.0.1.10, role: front_end}]
rows: [{id: TT-24, severity: low}]
""")
        text = overt("policy", "show", policy)
        self.assertEqual(text.returncode, 0, text.stderr)
        lines = [" ".join(line.split()) for line in text.stdout.splitlines()]
        for line in ("policy contoso", "TT-24 certificate validity TLS low on", "TT-17 Windows Live media none high off",
                     "host 10.0.1.10: fe01; role front_end", "setting table_edition: skype-2015"):
            self.assertIn(line, lines)
        table = overt("policy", "show", "--format", "markdown", policy)
        self.assertEqual(table.returncode, 0, table.stderr)
        self.assertIn("| TT-24 | certificate validity | any | any |  | TLS | low | on |", table.stdout)
        self.assertEqual(overt("policy", "show").returncode, 2)

    def test_examples_and_editions_fit_the_reader_and_the_schema_for_editors(self):
        schema = json.loads((ROOT / "reports/schema/policy.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        policies = sorted(ROOT.glob("examples/*.yaml")) + sorted(ROOT.glob("rules/builtin/*.yaml"))
        self.assertGreaterEqual(len(policies), 8)
        for path in policies:
            policy = yaml.load(path.read_text(encoding="utf-8"), DaysAreText)
            with self.subTest(path.name):
                self.assertEqual([error.message for error in validator.iter_errors(policy)], [])
        for path in ROOT.glob("examples/*.yaml"):
            run = overt("policy", "check", str(path))
            self.assertEqual(run.returncode, 0, run.stderr)
        for wrong in ({"overt": 1, "extends": "lync-2010", "zoness": {}}, {"overt": 1},
                      {"overt": 1, "extends": "x", "hosts": [{"name": "a", "address": "10.0.0.1", "role": "frontend"}]}):
            self.assertFalse(validator.is_valid(wrong), wrong)

    def test_policy_diff_compares_what_policies_decide(self):
        one = self.write("one.yaml", "overt: 1\nextends: lync-2010\nhosts:\n"
                         "  - {name: a, address: [10.0.0.1, 10.0.0.2], role: [front_end, mediation]}\n")
        same = self.write("same.yaml", "overt: 1\nextends: lync-2010\nhosts:\n"
                          "  - {name: a, address: 10.0.0.2, role: [mediation, front_end]}\n"
                          "  - {name: a, address: 10.0.0.1, role: [mediation, front_end]}\nsettings: {im_tls: true}\n")
        run = overt("policy", "diff", one, same)
        self.assertEqual((run.returncode, run.stdout), (0, ""))
        other = self.write("other.yaml", "overt: 1\nextends: lync-2010\nhosts:\n"
                           "  - {name: a, address: 10.0.0.2, role: [mediation, front_end]}\n"
                           "rows: [{id: TT-30, enabled: false}]\n")
        run = overt("policy", "diff", one, other)
        self.assertEqual(run.returncode, 1)
        lines = run.stdout.splitlines()
        self.assertEqual([line[:16] for line in lines], ["- host 10.0.0.1:", "+ row TT-30: arc", "- row TT-30: arc"])
        self.assertTrue(lines[1].endswith("off") and lines[2].endswith("on"), lines)
        self.assertEqual(overt("policy", "diff", one, "/nonexistent").returncode, 2)

    def test_roles_proposes_a_policy_that_overt_accepts(self):
        run = overt("roles", CLEAR)
        self.assertEqual(run.returncode, 0, run.stderr)
        policy = self.write("proposed.yaml", run.stdout)
        check = overt("policy", "check", policy)
        self.assertEqual(check.returncode, 0, check.stderr + run.stdout)
        self.assertIn('address: ["10.77.0.10"]', run.stdout)
        self.assertRegex(run.stdout, r'client_internal:.*\n    - "10\.77\.0\.10[12]"')
        # zones of a file replace the built-in ones, which traffic cannot better
        self.assertNotRegex(run.stdout, r"(?m)^zones:")
        audit = overt("audit", "--policy", policy, CLEAR)
        self.assertEqual(audit.returncode, 1, audit.stderr)

    def test_every_built_in_row_explains_itself(self):
        for row in ["TT-0%d" % i for i in range(1, 10)] + ["TT-14a", "TT-14b", "TT-15", "TT-24"]:
            run = overt("explain", row)
            self.assertEqual(run.returncode, 0, row)
            self.assertGreater(len(run.stdout), 200, row)


unittest.main(argv=[sys.argv[0]], verbosity=0)
