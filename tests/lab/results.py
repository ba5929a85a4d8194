"""tests/lab/RESULTS.md: every scenario, what its truth demands, what overt says."""
import json
from pathlib import Path

CASES = range(1, 34)  # of the traffic table, section 7
PCAPS = Path(__file__).resolve().parents[2] / "pcaps"


def table(all_results, scenes):
    """The results as Markdown. all_results: [{name, rows, texts}] of verdicts.check; scenes: all that are declared."""
    rows = [(r["name"], row) for r in all_results for row in r["rows"]]
    grades = {grade: sum(row["grade"] == grade for _, row in rows) for grade in ("right", "open", "wrong")}
    lines = ["# What overt says about the recorded scenarios", "",
             "Made by `tests/lab/run --results`. *open*: overt says unknown, or nothing, where the truth is known; "
             "with the area that will settle it. *with secrets*: what is true, and what overt says, when the key log of "
             "the scenario is given; \"-\": this overt takes none; empty: the scenario has no key log.", "",
             f"{len(all_results)} scenarios, {len(rows)} verdicts: {grades['right']} right, {grades['open']} open, "
             f"{grades['wrong']} wrong.{with_secrets(rows)}", "",
             "| scenario | row | between | truth | overt | truth with secrets | overt with secrets | evidence | |",
             "|---|---|---|---|---|---|---|---|---|"]
    for name, row in rows:
        opened = row["opened"]
        known = (opened["wanted"], got_of(opened)) if opened else ("", "")
        grade = max(row["grade"], (opened or {}).get("grade", "right"), key=("right", "open", "wrong").index)
        mark = {"right": "", "open": f"open: {area_of(row)}", "wrong": "**wrong**"}[grade]
        lines.append(f"| {name} | {row['row']} | {row['client']} {row['server']} | {row['wanted']} | {got_of(row)} | "
                     f"{' | '.join(known)} | {row['evidence']} | {mark} |")
    return "\n".join(lines + ["", *unrecorded(all_results, scenes), *cases_table(all_results)]) + "\n"


def unrecorded(all_results, scenes):
    """The scenarios that `./check --lab=all` plays and pcaps/ does not hold."""
    recorded = {result["name"] for result in all_results}
    missing = [scene for scene in scenes if scene.name not in recorded]
    lines = ["## Declared, not recorded", "",
             "Only `tests/lab/run NAME` and `--lab=all` play these: overt's verdict on them is still wrong.", "",
             "| scenario | what it shows |", "|---|---|"]
    return [*lines, *(f"| {scene.name} | {scene.shows} |" for scene in missing), ""] if missing else []


def got_of(row):
    """What overt says; why, where that is not the truth; "-" where it was not asked."""
    if "got" not in row:
        return "-"
    return row["got"] + (f" ({row['reason']})" if row["reason"] and row["grade"] != "right" else "")


def area_of(row):
    """What will settle an open verdict: what the truth says, else what overt's reason is about."""
    prefix = row["reason"].partition(".")[0]
    areas = {"media": "media", "tls": "tls", "cert": "tls", "capture": "capture"}
    return row.get("area") or areas.get(prefix, "policy")


def with_secrets(rows):
    """A sentence on the verdicts with key logs."""
    graded = [row["opened"]["grade"] for _, row in rows if row["opened"] and "grade" in row["opened"]]
    settled = sum(bool(row["opened"]) and row["opened"]["wanted"] != row["wanted"] for _, row in rows)
    text = f" {settled} verdicts are another when the key log is given"
    if not graded:
        return text + "."
    counts = [f"{graded.count(grade)} {grade}" for grade in ("right", "open", "wrong")]
    return f"{text}; with key logs: {', '.join(counts)}."


def staged(all_results):
    """{truth case of the table: names of the scenarios that stage it}."""
    found = {case: [] for case in CASES}
    for result in all_results:
        truth = json.loads((PCAPS / result["name"] / "truth.json").read_text(encoding="utf-8"))
        for case in truth["cases"]:
            found[case].append(result["name"])
    return found


def cases_table(all_results):
    """Which truth cases of the table are staged, and where."""
    lines = ["## Truth cases staged", "", "| case | scenarios |", "|---|---|"]
    return lines + [f"| {case} | {', '.join(names) or 'none yet'} |" for case, names in staged(all_results).items()]
