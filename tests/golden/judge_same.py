#!/usr/bin/python3
"""Does overt judge say of flow records, byte for byte, what overt audit says of the capture?

  tests/golden/judge_same.py OVERT_BINARY [DIR...]     default: pcaps/

All captures are audited in one run under the built-in policy (--each), and its flow records judged. Then each capture is
audited under its own policy, and judged from flow records that an audit wrote: most under the same policy, every SAMPLE-th
one and all whose policy has trust sets under the built-in one, whose roles and trust are others.
Findings, coverage, notices and exit status must be equal. Exit 0: they are. 1: not. 2: bad usage.
"""
import concurrent.futures
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = 8
THREADS = 2


def overt(*arguments):
    """Exit status of one run; a sanitizer's report ends the test."""
    run = subprocess.run(list(map(str, arguments)), capture_output=True, text=True, check=False,
                         env={**os.environ, "ASAN_OPTIONS": "exitcode=99", "UBSAN_OPTIONS": "exitcode=99"})
    if run.returncode > 4 or run.returncode < 0:
        raise RuntimeError(f"{' '.join(map(str, arguments))}: exit {run.returncode}: {run.stderr[-3000:]}")
    return run.returncode


def captures_in(place):
    return sorted(path for path in place.rglob("*") if path.suffix in (".pcap", ".pcapng", ".cap"))


def first_difference(one, other):
    for a, b in zip(one.splitlines(), other.splitlines()):
        if a != b:
            return f"\n  audit: {a[:600]}\n  judge: {b[:600]}"
    return f"{len(one.splitlines())} lines and {len(other.splitlines())}"


def compare(binary, captures, options, policy, flows_policy, place):
    """None, or how findings differ. options: of both audits; policies: option lists."""
    flows, audited, judged = place / "flows.jsonl", place / "audit.jsonl", place / "judge.jsonl"
    audit = [binary, "audit", "--quiet", "--all", *options]
    status = overt(*audit, *policy, "--flows", flows, "--out", audited, *captures)
    if flows_policy != policy:
        overt(*audit, *flows_policy, "--flows", flows, "--out", os.devnull, *captures)
    again = overt(binary, "judge", "--quiet", "--all", *policy, "--out", judged, flows)
    one, other = audited.read_bytes(), judged.read_bytes()
    if one != other:
        return f"{captures[0]} {first_difference(one.decode(), other.decode())}"
    wanted = status  # of a damaged capture 3, which the records do not repeat
    if again != wanted and wanted != 3:
        return f"{captures[0]}: exit {status} of audit, {again} of judge"
    return None


def check_case(binary, number, capture):
    policy, keylog = capture.parent / "policy.yaml", capture.parent / "secrets.keylog"
    own = ["--policy", policy] if policy.exists() else []
    builtin = number % SAMPLE == 0 or (own and "trust:" in policy.read_text())
    options = ["--workers", "1", *(["--keylog", keylog] if keylog.exists() else [])]
    with tempfile.TemporaryDirectory(prefix="overt-judge-") as place:
        return compare(binary, [capture], options, own, [] if builtin else own, Path(place))


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    binary = sys.argv[1]
    captures = [path for name in sys.argv[2:] or [ROOT / "pcaps"] for path in captures_in(Path(name))]
    with tempfile.TemporaryDirectory(prefix="overt-judge-") as place:
        faults = [compare(binary, captures, ["--each"], [], [], Path(place))]
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        faults += pool.map(lambda case: check_case(binary, *case), enumerate(captures))
    faults = [fault for fault in faults if fault]
    print("\n".join(faults))
    print(f"{len(captures)} captures: {len(faults)} differ")
    return 0 if captures and not faults else 1


if __name__ == "__main__":
    sys.exit(main())
