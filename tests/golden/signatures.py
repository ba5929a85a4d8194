#!/usr/bin/python3
"""Are the signatures of handshakes in all captures verified, or is it said and counted why not?

  tests/golden/signatures.py OVERT_BINARY [--all] [DIR]

Audits the captures of pcaps/ (or DIR, then ../shared/corpus when it is there) that hold a handshake of SSL 3.0 to TLS 1.2
or DTLS 1.0 or 1.2, and demands:
  - no signature is invalid: nobody built one of these captures to be so (tests/unit/test_tls_signatures.c builds some);
  - a ServerKeyExchange that was read, and a certificate that a client showed to a server that went on, each have a word
    on their signature, and an unchecked one has its reason;
  - the counts of the coverage record are those of the flows.
--all: every capture, not every fourth of those up to 1 MB.

Exit 0: so. 1: not. 2: bad usage.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
SECONDS = 300
SAMPLE, SAMPLE_BYTES = 4, 1 << 20  # without --all: every so many captures, of at most so many bytes
SANITIZER_STATUS = 99
GOOD_STATUS = (0, 1, 3)
OLD = ("SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "DTLSv1.0", "DTLSv1.2")
# A record in clear with a ServerKeyExchange or CertificateVerify, or a ServerHello before them in the same record.
SIGNED = re.compile(rb"\x16(?:\x03[\x00-\x03]..|\xfe[\xfd\xff].{8}..)[\x02\x0b\x0c\x0f]", re.DOTALL)
FACTS = ("key_exchange_signature", "certificate_verify")


def is_signed(path):
    """May the capture hold a signature? Compressed ones may."""
    content = path.read_bytes()
    return content[:4] == b"\x28\xb5\x2f\xfd" or content[:2] == b"\x1f\x8b" or SIGNED.search(content) is not None


def audit(overt, path):
    """(flow records, coverage record, complaint) of one capture."""
    options = {name: f"exitcode={SANITIZER_STATUS}" for name in ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS")}
    with tempfile.TemporaryDirectory(prefix="overt-signatures-") as folder:
        flows, findings = Path(folder) / "flows", Path(folder) / "findings"
        done = subprocess.run([overt, "audit", "--quiet", "--flows", flows, "--out", findings, path], timeout=SECONDS,
                              capture_output=True, check=False, env={**os.environ, **options})
        if done.returncode not in GOOD_STATUS:
            return [], {}, f"exit status {done.returncode}"
        records = [json.loads(line) for line in flows.read_text().splitlines() if '"type":"flow"' in line]
        coverage = [record for record in map(json.loads, findings.read_text().splitlines())
                    if record["type"] == "coverage"]
    return [record for record in records if record["type"] == "flow"], coverage[-1], None


def faults_of(tls):
    """What is wrong with one handshake."""
    faults = [f"{fact} is invalid" for fact in FACTS if tls.get(fact) == "invalid"]
    faults += [f"{fact} has no reason" for fact in FACTS if tls.get(fact) == "unchecked" and f"{fact}_reason" not in tls]
    if tls.get("version") not in OLD:
        return faults
    if "signature" in tls and FACTS[0] not in tls:
        faults.append("no word on the signature of ServerKeyExchange")
    if tls.get("client_certificate") == "presented" and tls.get("mtls", {}).get("state") in ("proven", "inferred") \
            and FACTS[1] not in tls:
        faults.append("no word on the signature of CertificateVerify")
    return faults


def count(sections):
    """The signatures of the flows, as the coverage record counts them."""
    found = Counter()
    for tls in sections:
        for fact in FACTS:
            if fact in tls:
                found[tls.get(f"{fact}_reason", tls[fact])] += 1
    return found


def check(overt, path):
    """(counts, faults) of one capture."""
    flows, coverage, complaint = audit(overt, path)
    if complaint:
        return Counter(), [complaint]
    sections = [record[name] for record in flows for name in ("tls", "dtls") if name in record]
    faults = [f"{fault} ({tls.get('version')} {tls.get('cipher')})" for tls in sections for fault in faults_of(tls)]
    told = coverage["signatures"]
    counted = Counter({**told["unchecked"], **{word: told[word] for word in ("valid", "invalid") if told[word]}})
    found = count(sections)
    if counted != found:
        faults.append(f"counted {dict(counted)}, found {dict(found)}")
    return found, faults


def captures(arguments):
    """The captures that are looked at."""
    folders = [Path(name) for name in arguments if not name.startswith("--")] or [ROOT / "pcaps", CORPUS]
    files = [path for folder in folders for path in sorted(folder.rglob("*"))
             if path.is_file() and re.search(r"\.(pcap|pcapng|cap)(\.gz|\.zst)?$", path.name)]
    if "--all" not in arguments:
        files = [path for path in files if path.stat().st_size <= SAMPLE_BYTES][::SAMPLE]
    return [path for path in files if is_signed(path)]


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    overt, paths = sys.argv[1], captures(sys.argv[2:])
    total, bad = Counter(), 0
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for path, (found, faults) in zip(paths, pool.map(lambda path: check(overt, path), paths)):
            total += found
            for fault in faults:
                bad += 1
                print(f"{path}: {fault}")
    words = ", ".join(f"{number} {word}" for word, number in sorted(total.items()))
    print(f"{len(paths)} captures: {words}; {bad} faults")
    if not total["valid"]:
        print("no valid signature in them: nothing was tested")
        bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
