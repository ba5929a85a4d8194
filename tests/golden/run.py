#!/usr/bin/python3
"""Golden test: does overt say of every capture in pcaps/ what is true of it, and nothing worse when it is damaged?

  tests/golden/run.py OVERT_BINARY [CASE...]        CASE is a folder of pcaps/ such as tls/tls12_mtls, or tls/ for many

A case is a folder with traffic.pcap, expect.json and, where roles matter, policy.yaml. expect.json:
  "flows", "findings", "calls" (optional)
                        each element lists members that some record of that type must have: objects are compared member
                        by member, each element of a list must be matched by some element, all else must be equal
  "absent"              {"flows": [...], "findings": [...]}: elements that no record may match
  "counts"              exact numbers of findings by verdict, and "findings" for all of them
  "exit"                exit status of overt
  "keylog"              true: overt gets secrets.keylog; no secret of it may be in any output
  "secrets"             texts that are in the capture and must not be in any output; SDES keys, digest responses,
                        TURN and ICE passwords found in the capture are added to them

Then the truncated twins of the capture are audited: every packet cut at 96 bytes, and the file cut inside a record at
one third and at two thirds, and the file with holes and a tail of zeros. None may crash, show a violation that the whole capture does not show, or call a row of a
flow compliant that is a violation in the whole capture. Without a CASE, all captures are also audited in one run.

Exit 0: as expected. 1: not. 2: bad usage.
"""
import base64
import json
import os
import random
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PCAPS = ROOT / "pcaps"
VALIDATE = ROOT / "tests" / "golden" / "validate.py"
KEYLOG = "secrets.keylog"
SNAP_BYTES = 96
SECONDS = 60
SANITIZER_STATUS = 99  # a sanitizer's report must not look like "findings"
SECRETS_ON_THE_WIRE = (
    rb"inline:([A-Za-z0-9+/=]{20,})",
    rb"response=\"([0-9a-fA-F]{32})\"",
    rb"a=ice-pwd:([A-Za-z0-9+/]{20,})",
    rb"Authorization: (?:Basic|NTLM|Negotiate|Kerberos) ([A-Za-z0-9+/=]{8,})",
)


class Audit:
    """What one run of overt gave: exit status, its records by type, and all its output as text."""

    def __init__(self, status, directory, console):
        self.status = status
        self.console = console
        self.files = [path for path in (directory / "findings.jsonl", directory / "flows.jsonl") if path.exists()]
        self.text = console + "".join(path.read_text(encoding="utf-8", errors="replace") for path in self.files)
        self.records, self.faults = [], []
        for path in self.files:
            for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                try:
                    self.records.append(json.loads(line))
                except ValueError as error:
                    self.faults.append(f"{path.name}:{number} is not JSON: {error}")

    def complaint(self):
        """The part of what overt printed that tells most: a sanitizer's first lines, or the end."""
        lines = self.console.strip().splitlines()
        first = next((i for i, line in enumerate(lines) if "ERROR:" in line or "runtime error:" in line), -8)
        return " / ".join(line.strip() for line in lines[first:][:8])

    def of_type(self, name):
        return [record for record in self.records if record.get("type") == name]


def audit(overt, captures, policy, directory, keylog=None):
    """Runs overt once on all captures; its outputs go to the directory. The policy may be absent."""
    directory.mkdir(parents=True)
    command = [overt, "audit", "--quiet", "--all", "--each", "--flows", str(directory / "flows.jsonl"),
               "--out", str(directory / "findings.jsonl")]
    if policy.exists():
        command += ["--policy", str(policy)]
    if keylog:
        command += ["--keylog", str(keylog)]
    options = {name: f"exitcode={SANITIZER_STATUS}" for name in ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS")}
    try:
        done = subprocess.run([*command, *map(str, captures)], capture_output=True, timeout=SECONDS, check=False,
                              env={**os.environ, **options})
    except subprocess.TimeoutExpired:
        return Audit("timeout", directory, f"no end within {SECONDS} s")
    return Audit(done.returncode, directory, (done.stdout + done.stderr).decode("utf-8", "replace"))


# --- comparison -----------------------------------------------------------------------------------------------------

def mismatches(expected, found, path=""):
    """Where found lacks what is expected: a list of "path: expected ..., found ..."."""
    if isinstance(expected, dict):
        if not isinstance(found, dict):
            return [f"{path or 'record'}: expected an object, found {json.dumps(found)}"]
        out = []
        for key, value in expected.items():
            at = f"{path}.{key}" if path else key
            if key in found:
                out += mismatches(value, found[key], at)
            else:
                out.append(f"{at}: expected {json.dumps(value)}, absent")
        return out
    if isinstance(expected, list):
        if not isinstance(found, list):
            return [f"{path}: expected a list, found {json.dumps(found)}"]
        out = []
        for i, value in enumerate(expected):
            tries = [mismatches(value, other, f"{path}[{i}]") for other in found]
            if not tries:
                out.append(f"{path}[{i}]: expected {json.dumps(value)}, the list is empty")
            elif all(tries):
                out += min(tries, key=len)
        return out
    same = type(expected) is type(found) and expected == found
    return [] if same else [f"{path}: expected {json.dumps(expected)}, found {json.dumps(found)}"]


def summary(record):
    """A record in one line, for messages."""
    ends = " > ".join(f"{record.get(side, {}).get('ip', '?')}:{record.get(side, {}).get('port', '')}"
                      for side in ("client", "server"))
    if record.get("type") == "finding":
        reasons = ",".join(reason.get("code", "?") for reason in record.get("reasons", []))
        return (f"{record.get('row')} {record.get('verdict')} {record.get('evidence')} {record.get('severity')} "
                f"{ends} {reasons}")
    rows = ",".join(f"{a.get('row')}={a.get('verdict')}" for a in record.get("assessments", []))
    return f"{record.get('transport')} {ends} {record.get('app')} {rows}"


def check_expected(kind, expected, records):
    """Faults of the expected elements of one record type."""
    out = []
    for element in expected:
        tries = [(mismatches(element, record), record) for record in records]
        if any(not faults for faults, _ in tries):
            continue
        out.append(f"no {kind} matches {json.dumps(element)}")
        if tries:
            faults, nearest = min(tries, key=lambda pair: len(pair[0]))
            out.append(f"    nearest: {summary(nearest)}")
            out += [f"      {fault}" for fault in faults]
    return out


def check_absent(kind, unwanted, records):
    """Faults: records that match what must not be."""
    return [f"unwanted {kind} {json.dumps(element)}: {summary(record)}"
            for element in unwanted for record in records if not mismatches(element, record)]


def count_findings(findings):
    """Numbers of findings by verdict, and of all."""
    counts = {"findings": len(findings)}
    for finding in findings:
        verdict = finding.get("verdict", "?")
        counts[verdict] = counts.get(verdict, 0) + 1
    return counts


def check_counts(expected, findings):
    """Faults of the counts, with the findings that were counted."""
    counts = count_findings(findings)
    out = []
    for name, number in expected.items():
        if counts.get(name, 0) != number:
            out.append(f"{name}: expected {number}, found {counts.get(name, 0)}")
            out += [f"    {summary(finding)}" for finding in findings if name in ("findings", finding.get("verdict"))]
    return out


def check_whole(expect, result):
    """Faults of the audit of the whole capture."""
    flows, findings = result.of_type("flow"), result.of_type("finding")
    absent = expect.get("absent", {})
    out = check_expected("flow", expect["flows"], flows) + check_expected("finding", expect["findings"], findings)
    out += check_expected("call", expect.get("calls", []), result.of_type("call"))
    out += check_absent("flow", absent.get("flows", []), flows)
    out += check_absent("finding", absent.get("findings", []), findings)
    out += check_counts(expect.get("counts", {}), findings)
    if result.status not in ([expect["exit"]] if "exit" in expect else [0, 1]):
        out.append(f"exit status {result.status}, expected {expect.get('exit', '0 or 1')}: "
                   f"{result.complaint()}")
    return out


# --- what holds for every run -----------------------------------------------------------------------------------------

def key_in_hex(text):
    """The bytes of an SDES key, in hexadecimal."""
    return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)).hex()


def secrets_of(capture, expect):
    """Texts that must not leave: those the case names and those found on the wire."""
    data = capture.read_bytes()
    found = {match.decode("ascii") for pattern in SECRETS_ON_THE_WIRE for match in re.findall(pattern, data)}
    keylog = capture.parent / KEYLOG
    found |= {key_in_hex(text) for text in found if len(text) >= 40 and len(text.rstrip("=")) % 4 != 1}
    logged = {line.split()[2] for line in keylog.read_text(encoding="ascii").splitlines()} if keylog.exists() else set()
    return sorted(found | logged | set(expect.get("secrets", [])))


def check_output(result, secrets):
    """Faults that no run may have: broken lines and secrets."""
    out = list(result.faults)
    for secret in secrets:
        if secret in result.text:
            line = next(line for line in result.text.splitlines() if secret in line)
            out.append(f"secret {secret[:6]}... is in the output: {line[:200]}")
    return out


def check_schema(files):
    """Faults that the validator of the output contract finds, each with the file's folder and name."""
    if not files or not VALIDATE.exists():
        return []
    done = subprocess.run(["/usr/bin/python3", str(VALIDATE), *map(str, files)], capture_output=True, text=True,
                          check=False)
    if done.returncode == 0:
        return []
    folder = str(files[0].parents[1])
    lines = (done.stdout + done.stderr).splitlines()[:12]
    return ["breaks the output contract:"] + [f"    {line.removeprefix(folder)}" for line in lines]


# --- truncated twins -------------------------------------------------------------------------------------------------

def records_of(capture):
    """The file header and the offsets and sizes of the records of a classic little-endian pcap."""
    data = capture.read_bytes()
    at, records = 24, []
    while at + 16 <= len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        records.append((at, size))
        at += 16 + size
    return data, records


def write_snapped(capture, path):
    """The capture as a snap length of 96 bytes would have made it."""
    data, records = records_of(capture)
    out = [data[:16], struct.pack("<I", SNAP_BYTES), data[20:24]]
    for at, size in records:
        kept = min(size, SNAP_BYTES)
        out += [data[at: at + 8], struct.pack("<I", kept), data[at + 12: at + 16 + kept]]
    path.write_bytes(b"".join(out))


def write_cut(capture, path, part):
    """The file, cut in the middle of the record that stands at that part (0 to 1) of all."""
    data, records = records_of(capture)
    at, size = records[int(len(records) * part)]
    path.write_bytes(data[: at + 16 + size // 2])


def write_holed(capture, path):
    """The file with three holes of zeros over up to three records each, and zeros for its end; always the same."""
    data, records = records_of(capture)
    data, dice = bytearray(data), random.Random(len(data))
    for _ in range(3):
        first = dice.randrange(len(records))
        last = min(len(records) - 1, first + dice.randrange(3))
        begin, end = records[first][0] + dice.randrange(12), records[last][0] + 16 + records[last][1] // 2
        data[begin:end] = bytes(end - begin)
    path.write_bytes(bytes(data) + bytes(512))


def ends_of(record):
    """The two ends of a flow or finding, whichever is the client."""
    return tuple(sorted((record.get(side, {}).get("ip", ""), record.get(side, {}).get("port", 0))
                        for side in ("client", "server")))


def violations(result):
    """Row and hosts of every violation."""
    return {(finding.get("row"), tuple(ip for ip, _ in ends_of(finding)))
            for finding in result.of_type("finding") if finding.get("verdict") == "violation"}


def assessments(result, verdict):
    """Flow and row of every assessment with that verdict."""
    return {(flow.get("transport"), ends_of(flow), one.get("row")) for flow in result.of_type("flow")
            for one in flow.get("assessments", []) if one.get("verdict") == verdict}


def compare_twin(whole, twin):
    """Faults of a twin: things worse than, or better than, the whole capture allows."""
    out = [f"violation that the whole capture does not show: {row} {' '.join(hosts)}"
           for row, hosts in sorted(violations(twin) - violations(whole))]
    for transport, ends, row in sorted(assessments(twin, "compliant") & assessments(whole, "violation")):
        out.append(f"compliant, but the whole capture shows a violation: {row} {transport} {ends}")
    return out


def check_twin(result, whole, secrets, damaged):
    """Faults of one twin."""
    allowed = [3] if damaged else [0, 1]
    out = compare_twin(whole, result) + check_output(result, secrets)
    if result.status not in allowed:
        out.append(f"exit status {result.status}, expected {' or '.join(map(str, allowed))}: "
                   f"{result.complaint()}")
    if damaged and not result.of_type("notice"):
        out.append("the file is damaged, but there is no notice record")
    return out


# --- cases ------------------------------------------------------------------------------------------------------------

def run_case(overt, case, directory):
    """All faults of one case, each with the name of the run it belongs to."""
    capture, policy = case / "traffic.pcap", case / "policy.yaml"
    expect = json.loads((case / "expect.json").read_text(encoding="utf-8"))
    secrets = secrets_of(capture, expect)
    keylog = case / KEYLOG if expect.get("keylog") else None
    whole = audit(overt, [capture], policy, directory / "whole", keylog)
    faults = [("whole", fault) for fault in check_whole(expect, whole) + check_output(whole, secrets)]
    twins = (("snapped", False, write_snapped), ("cut-early", True, lambda a, b: write_cut(a, b, 1 / 3)),
             ("cut-late", True, lambda a, b: write_cut(a, b, 2 / 3)), ("holed", True, write_holed))
    files = list(whole.files)
    for name, damaged, write in twins:
        twin = directory / f"{name}.pcap"
        write(capture, twin)
        result = audit(overt, [twin], policy, directory / name, keylog)
        faults += [(name, fault) for fault in check_twin(result, whole, secrets, damaged)]
        files += result.files
    return faults + [("records", fault) for fault in check_schema(files)]


def run_together(overt, cases, directory):
    """Faults of one run over all captures, without a policy: each record must name its file."""
    captures = {case / "traffic.pcap" for case in cases}
    result = audit(overt, sorted(captures), PCAPS / "no policy", directory / "together")
    faults = check_output(result, sorted({secret for capture in captures for secret in secrets_of(capture, {})}))
    if result.status not in (0, 1):
        faults.append(f"exit status {result.status}: {result.complaint()}")
    seen = {Path(flow.get("file", "")) for flow in result.of_type("flow")}
    if seen != captures:
        faults.append(f"files of the flows: missing {sorted(map(str, captures - seen))[:3]}, "
                      f"unexpected {sorted(map(str, seen - captures))[:3]}")
    return faults + check_schema(result.files)


def report(name, faults):
    """Prints the outcome of one case; returns whether it failed."""
    print(f"{'ok    ' if not faults else 'FAILED'} {name}", flush=True)
    for fault in faults:
        print(f"    {fault}")
    return bool(faults)


def find_cases(names):
    """The folders of the named cases; all without a name. Raises SystemExit for a name that fits none."""
    every = sorted(path.parent for path in PCAPS.glob("*/*/expect.json"))
    if not names:
        return every
    chosen = []
    for name in names:
        fitting = [case for case in every if str(case.relative_to(PCAPS)) == name.rstrip("/")
                   or str(case.relative_to(PCAPS)).startswith(name.rstrip("/") + "/")]
        if not fitting:
            print(f"no case {name} in pcaps/", file=sys.stderr)
            raise SystemExit(2)
        chosen += fitting
    return chosen


def main(arguments):
    if not arguments or arguments[0].startswith("-"):
        print(__doc__)
        return 2
    overt = os.path.abspath(arguments[0])
    if not os.access(overt, os.X_OK):
        print(f"{overt} is not a program", file=sys.stderr)
        return 2
    cases, failed = find_cases(arguments[1:]), 0
    for case in cases:
        with tempfile.TemporaryDirectory(prefix="overt-golden-") as directory:
            faults = run_case(overt, case, Path(directory))
        failed += report(case.relative_to(PCAPS), [f"{run}: {fault}" for run, fault in faults])
    print(f"{len(cases) - failed} of {len(cases)} cases as expected")
    if len(arguments) == 1:
        with tempfile.TemporaryDirectory(prefix="overt-golden-") as directory:
            failed += report("all captures in one run", run_together(overt, cases, Path(directory)))
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
