"""overt's verdicts on a recorded scenario, held against its truth.

A verdict is right, open (overt says unknown where the truth is known) or wrong. Wrong is what must never be: a
violation that is called compliant or exempt, something good that is called a violation, or a row that judges a pair it has
nothing to do with."""
import functools
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

SANITIZER_STATUS = 99
SECRETS = "secrets.keylog"
BAD = {"violation", "weak"}
GOOD = {"compliant", "exempt", "not_assessable"}
WORST_FIRST = ["violation", "unknown", "weak", "exempt", "compliant", "not_assessable"]


class CheckError(Exception):
    """overt crashed, or a file of the scenario cannot be used."""


@functools.cache
def offers_keylog(overt):
    """Can this overt open TLS with a key log?"""
    run = subprocess.run([str(overt), "audit", "--help"], capture_output=True, text=True, check=False, timeout=120)
    return "--keylog" in run.stdout


def findings_of(overt, folder, capture="traffic.pcap", secrets=False):
    """All findings, compliant ones too, of a scenario's capture under its policy. secrets: with its key log."""
    with tempfile.TemporaryDirectory(prefix="overt-verdicts-") as temporary:
        out = Path(temporary) / "out.jsonl"
        command = [str(overt), "audit", "--quiet", "--all", "--fail-on", "never", "--out", str(out)]
        if (folder / "policy.yaml").exists():
            command += ["--policy", str(policy_for(overt, folder, Path(temporary))[0])]
        if secrets:
            command += ["--keylog", str(folder / SECRETS)]
        environment = {"ASAN_OPTIONS": f"exitcode={SANITIZER_STATUS}", "UBSAN_OPTIONS": f"exitcode={SANITIZER_STATUS}"}
        run = subprocess.run([*command, str(folder / capture)], capture_output=True, text=True, check=False,
                             timeout=120, env=environment)
        if run.returncode not in (0, 3):
            raise CheckError(f"overt exited with {run.returncode}: {run.stderr[-2000:]}")
        return [record for record in map(json.loads, out.read_text(encoding="utf-8").splitlines())
                if record["type"] == "finding"]


def policy_for(overt, folder, directory):
    """(the scenario's policy, whether this build takes all of it). Settings that the truth calls `later` are added, in a
    copy below directory, where `overt policy check` does not refuse them."""
    policy, later = folder / "policy.yaml", json.loads((folder / "truth.json").read_text(encoding="utf-8")).get("later")
    if not later:
        return policy, True
    text = policy.read_text(encoding="utf-8")
    text += "" if "\nsettings:\n" in text else "settings:\n"  # policy_of writes them last
    whole = directory / "policy.yaml"
    whole.write_text(text + "".join(f"  {key}: {value}\n" for key, value in later.items()), encoding="utf-8")
    for certificate in folder.glob("*.pem"):
        shutil.copy(certificate, directory)
    known = subprocess.run([str(overt), "policy", "check", str(whole)], capture_output=True, check=False, timeout=60)
    return (whole, True) if known.returncode == 0 else (policy, False)


def knows_settings(overt, folder):
    """Whether this build takes the settings that the scenario's truth rests on."""
    with tempfile.TemporaryDirectory(prefix="overt-policy-") as temporary:
        return policy_for(overt, folder, Path(temporary))[1]


def said(findings, subject):
    """(verdict, evidence, first reason) of a row on a pair of hosts, the worst first; "none" when it says nothing."""
    pair = {subject["client"], subject["server"]}
    about = [f for f in findings if f["row"] == subject["row"] and {f["client"]["ip"], f["server"]["ip"]} == pair]
    if not about:
        return "none", "", ""
    worst = min(about, key=lambda f: WORST_FIRST.index(f["verdict"]))
    reasons = worst.get("reasons") or [{}]
    return worst["verdict"], worst.get("evidence", ""), reasons[0].get("code", "")


def grade(wanted, got):
    """"right", "open" or "wrong"."""
    if wanted == got:
        return "right"
    if got == "unknown" or (got == "none" and wanted != "violation" and wanted != "weak"):
        return "open"
    if got == "none":
        return "open"  # silence is no verdict; the results list it
    if wanted == "unknown":
        return "wrong" if got in GOOD else "open"
    if {wanted, got} <= BAD or {wanted, got} <= GOOD:
        return "right"
    return "wrong"


def check(overt, folder, capture="traffic.pcap", secrets=False):
    """[{row, client, server, wanted, got, evidence, reason, grade, area, note}] of a recorded scenario. secrets: what
    the truth is, and overt says, when the key log is given."""
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    findings = findings_of(overt, folder, capture, secrets)
    results = []
    for subject in truth["subjects"]:
        wanted = subject.get("secrets", subject["verdict"]) if secrets else subject["verdict"]
        got, evidence, reason = said(findings, subject)
        results.append({**subject, "wanted": wanted, "got": got, "evidence": evidence, "reason": reason,
                        "grade": grade(wanted, got)})
    listed = {(s["row"], frozenset((s["client"], s["server"]))) for s in truth["subjects"]}
    for finding in findings:
        key = (finding["row"], frozenset((finding["client"]["ip"], finding["server"]["ip"])))
        if finding["verdict"] == "violation" and key not in listed:
            results.append({"row": finding["row"], "client": finding["client"]["ip"], "server": finding["server"]["ip"],
                            "wanted": "none", "got": "violation", "evidence": finding["evidence"],
                            "reason": finding["reasons"][0]["code"], "grade": "wrong"})
    if not knows_settings(overt, folder):  # it judged by another policy than the truth does
        for row in results:
            row.update({"grade": "open", "area": "policy"} if row["grade"] == "wrong" else {})
    return results


def check_both(overt, folder):
    """check, and in each row under "opened" what check gives with the key log: None where there is no key log, a row
    without "got" where overt takes none yet. A row that only the key log makes overt speak of has no verdict before."""
    rows = check(overt, folder)
    if not (folder / SECRETS).exists():
        return [{**row, "opened": None} for row in rows]
    if not offers_keylog(overt):
        return [{**row, "opened": {"wanted": row.get("secrets", row["wanted"])}} for row in rows]
    opened = {(row["row"], row["client"], row["server"]): row for row in check(overt, folder, secrets=True)}
    both = [{**row, "opened": opened.pop((row["row"], row["client"], row["server"]), None)} for row in rows]
    silent = {"wanted": "none", "got": "none", "grade": "right", "evidence": "", "reason": ""}
    return both + [{**row, **silent, "opened": row} for row in opened.values()]


def check_texts(folder, capture="traffic.pcap"):
    """Complaints about planted texts: `clear` ones must stand in the capture's bytes, `hidden` ones must not."""
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    data = (folder / capture).read_bytes()
    bad = [f"{text!r} should be readable and is not" for text in truth["clear"] if text.encode() not in data]
    return bad + [f"{text!r} should be hidden and is readable" for text in truth["hidden"] if text.encode() in data]
