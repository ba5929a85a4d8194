#!/usr/bin/python3
"""Does overt write the same, byte for byte, whatever the number of workers, and the same findings without flow records?

  tests/golden/workers.py OVERT_BINARY [CAPTURE|DIR...]     default: pcaps/

All captures go through one run for each number of workers; findings and flow records are compared.
Exit 0: the same. 1: not. 2: bad usage.
"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORKERS = (1, 2, 4)
GOOD_STATUS = (0, 3)  # 3: some captures are damaged on purpose


def audit(overt, workers, inputs, directory, with_flows=True):
    """The two files of one run, as bytes."""
    findings, flows = directory / f"findings{workers}", directory / f"flows{workers}"
    records = ["--flows", str(flows)] if with_flows else []
    run = subprocess.run([overt, "audit", "--quiet", "--all", "--each", "--fail-on", "never", "--workers", str(workers), "--out",
                          str(findings), *records, *inputs], capture_output=True, text=True, check=False,
                         env={**os.environ, "ASAN_OPTIONS": "exitcode=99", "TSAN_OPTIONS": "exitcode=98"})
    if run.returncode not in GOOD_STATUS:
        sys.exit(f"{workers} workers: exit {run.returncode}: {run.stderr[-3000:]}")
    return findings.read_bytes(), flows.read_bytes()


def captures_in(place):
    """The captures below a folder, or the one file."""
    if not place.is_dir():
        return [place]
    return sorted(path for path in place.rglob("*") if path.suffix in (".pcap", ".pcapng", ".cap"))


def first_difference(one, other):
    for number, (a, b) in enumerate(zip(one.splitlines(), other.splitlines()), 1):
        if a != b:
            return f"line {number}:\n  {a[:600]}\n  {b[:600]}"
    return f"{len(one.splitlines())} lines and {len(other.splitlines())}"


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    inputs = [str(path) for name in sys.argv[2:] or [ROOT / "pcaps"] for path in captures_in(Path(name))]
    with tempfile.TemporaryDirectory(prefix="overt-workers-") as temporary:
        results = [audit(sys.argv[1], workers, inputs, Path(temporary)) for workers in WORKERS]
        alone, _ = audit(sys.argv[1], WORKERS[0], inputs, Path(temporary), with_flows=False)
    same = alone == results[0][0]
    if not same:
        print(f"findings without --flows differ, {first_difference(results[0][0], alone)}")
    for workers, result in zip(WORKERS[1:], results[1:]):
        for name, one, other in zip(("findings", "flows"), results[0], result):
            if one != other:
                same = False
                print(f"{name} of {WORKERS[0]} and of {workers} workers differ, {first_difference(one, other)}")
    print(f"{len(results[0][1].splitlines())} flows, {len(results[0][0].splitlines())} other records: "
          f"{'the same' if same else 'NOT the same'} with {', '.join(map(str, WORKERS))} workers")
    return 0 if same and results[0][1] else 1


if __name__ == "__main__":
    sys.exit(main())
