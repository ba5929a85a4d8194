#!/usr/bin/python3
"""The traffic table as flow records: every row has a flow that satisfies it and one that violates it or shows its exemption;
and the 33 truth cases of the table, from captures where there is one, else from records.

  tests/golden/rows/table.py OVERT_BINARY

Runs the cases of cases.yaml (overt policy test), demands that no row of the built-in table lacks its two cases, and audits
the captures of TRUTH. Exit 0: all as expected. 1: not. 2: bad usage.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
PCAPS = HERE.parents[2] / "pcaps"
SATISFIED = {"compliant", "exempt", "not_assessable"}
BROKEN = {"violation", "weak", "exempt", "unknown", "not_assessable"}
# These only forbid: they have nothing to say of a flow that satisfies them. TT-15 is about keys and TT-51 about credentials that anybody
# can read. TT-24 alone speaks of certificates only where it has something to show: with trust sets it says compliant
# (tests/unit/test_judge_certificates.c).
SILENT = {"TT-15", "TT-24", "TT-51"}
# TT-19 is compliant only with trust sets, which need certificates: case 23, from a capture.
BY_CAPTURE = {"TT-19"}
# TT-25 judges by strength profiles: tests/unit/test_strength.c shows it.
BY_UNIT = {"TT-25"}
RECORDS = None  # the case is in cases.yaml as "case N: ..."
TRUTH = {
    1: ("mtls/stunnel_tls12_mutual", ["TT-01 compliant proven"]),
    2: ("mtls/stunnel_tls12_empty", ["TT-01 violation proven"]),
    3: ("mtls/stunnel_tls13_mutual", ["TT-01 compliant inferred"]),
    4: ("mtls/stunnel_tls13_not_requested", ["TT-01 violation inferred"]),
    5: ("resumption/psk_orphan_mutual", ["TT-01 unknown proven"]),
    6: ("resumption/ticket_mutual", ["TT-01 compliant proven"]),
    7: ("sip/udp_register_call_rtp_pcmu", ["TT-02 violation proven"]),
    8: ("message/tcp_inside", ["TT-14a exempt proven"]),
    9: ("message/tcp_from_outside", ["TT-14b violation proven"]),
    10: ("microsoft/gateway_private_clear", ["TT-10a exempt proven", "TT-20 exempt proven"]),
    11: ("microsoft/gateway_undeclared_outside", ["TT-22 violation inferred"]),
    12: ("microsoft/gateway_one_way_tls", ["TT-10b violation proven"]),
    13: ("srtp/gateway_keys_readable", ["TT-11b violation proven", "TT-15 violation proven"]),
    14: ("microsoft/pseudo_tls_srtp", ["TT-41 exempt proven", "TT-04 compliant inferred"]),
    15: ("microsoft/pseudo_tls_rtp", ["TT-04 violation proven"]),
    16: ("srtp/tls_avp_optional_taken", ["TT-04 compliant inferred"]),
    17: ("srtp/savp_but_clear", ["TT-04 violation proven"]),
    18: ("srtp/unauthenticated_srtp", ["TT-04 violation proven"]),
    19: ("dtlssrtp/null_80", ["TT-04 violation inferred"]),
    20: ("web/address_book_http", ["TT-08 violation proven"]),
    21: ("http/address_book_redirected", []),
    22: ("tls/tls12_null_cipher", ["TT-01 violation proven"]),
    23: ("federation/tls12_out", ["TT-19 compliant proven"]),
    24: ("federation/out_self_signed", ["TT-19 violation proven", "TT-24 violation proven"]),
    25: ("ipsec/ikev2_aes256_cbc", ["TT-21 compliant inferred"]),
    26: ("ipsec/ikev1_3des", ["TT-21 violation inferred"]),
    27: ("leak/ipsec_rtp_outside", ["TT-21 violation proven"]),
    28: ("microsoft/dns_public_resolver", ["TT-23 violation proven"]),
    29: RECORDS,
    30: ("microsoft/msmq", ["TT-30 exempt proven"]),
    31: ("microsoft/sip_compressed", ["TT-02 violation proven"]),
    32: ("microsoft/tls_from_the_middle", ["TT-01 unknown proven"]),
    33: ("microsoft/public_im_mtls", ["TT-18a compliant proven", "TT-18b not_assessable declared"]),
}


def rows_of(overt):
    """Ids of all rows of the table, those that are off too."""
    shown = subprocess.run([overt, "policy", "show", str(HERE / "site.yaml")], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in shown.splitlines() if line.startswith("TT-")]


def check_rows(overt, tests):
    expected = {}
    for test in tests:
        for row, words in test["expect"].items():
            expected.setdefault(row, set()).add(words.split()[0])
    faults = []
    for row in sorted(set(rows_of(overt)) - BY_UNIT):
        words = expected.get(row, set())
        if not words & (SATISFIED | ({"none"} if row in SILENT else set())) and row not in BY_CAPTURE:
            faults.append(f"{row}: no case satisfies it")
        if not words & BROKEN:
            faults.append(f"{row}: no case violates it or shows its exemption")
    return faults


def assessed(overt, case):
    capture, policy = PCAPS / case / "traffic.pcap", PCAPS / case / "policy.yaml"
    with tempfile.NamedTemporaryFile("r", prefix="overt-table-") as flows:
        words = ["--policy", str(policy)] if policy.exists() else []
        subprocess.run([overt, "audit", "--quiet", "--fail-on", "never", "--out", "/dev/null", "--flows", flows.name, *words, str(capture)],
                       check=True)
        return {f"{a['row']} {a['verdict']} {a['evidence']}" for line in flows for a in json.loads(line).get("assessments", [])}


def check_truth(overt, tests):
    faults = []
    for number in range(1, 34):
        if TRUTH[number] is RECORDS:
            if not any(test["name"].startswith(f"case {number}: ") for test in tests):
                faults.append(f"truth case {number}: no record shows it")
            continue
        case, wanted = TRUTH[number]
        found = assessed(overt, case)
        faults += [f"truth case {number}: {case}: expected {one}, found {sorted(found)}" for one in wanted if one not in found]
        if not wanted and any("violation" in one for one in found):
            faults.append(f"truth case {number}: {case}: expected no violation, found {sorted(found)}")
    return faults


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    overt = sys.argv[1]
    tests = yaml.safe_load((HERE / "cases.yaml").read_text())["tests"]
    run = subprocess.run([overt, "policy", "test", str(HERE / "cases.yaml")], capture_output=True, text=True, check=False)
    faults = [] if run.returncode == 0 else [run.stdout + run.stderr]
    faults += check_rows(overt, tests) + check_truth(overt, tests)
    print("\n".join(faults))
    print(f"{len(tests)} records, {len(TRUTH)} truth cases, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
