"""Judges copies of all recorded scenarios as worse sensors would have made them (derive.py), and counts what became of
the verdicts in each kind of copy."""
import multiprocessing
from pathlib import Path

import derive
import verdicts

PCAPS = Path(__file__).resolve().parents[2] / "pcaps"
COUNTS = ("copies", "right", "open", "wrong", "differs")
HEADING = "## Copies as worse sensors would have made them"


def judge_one(job):
    """(name, copies or None, complaint) of one scenario; runs in a process of its own."""
    overt, name, kinds = job
    chosen = [kind for kind in derive.KINDS if kind.name in kinds]
    try:
        return name, derive.judge_copies(overt, name, PCAPS / name, chosen), ""
    except (verdicts.CheckError, OSError) as error:
        return name, None, str(error)


def jobs_of(overt, names, quick):
    recorded = sorted(truth.parent.relative_to(PCAPS).as_posix() for truth in PCAPS.glob("*/*/truth.json"))
    chosen = [name for name in recorded if not names or any(name.startswith(n) for n in names)]
    return [(overt, name, {kind.name for kind in (derive.sample(turn) if quick else derive.KINDS)})
            for turn, name in enumerate(chosen)]


def tell(kind, row, what):
    print(f"    {kind}{what}: {row['row']} {row['client']} -> {row['server']}: wanted {row['wanted']}, overt says "
          f"{row['got']} ({row['evidence']}, {row['reason']}), of the whole capture {row['before']}")


def tell_scenario(name, found, every):
    """Prints what is wrong. every: also what an equal copy leaves open, which a link nobody decodes does often."""
    rows = [(copy["kind"], row) for copy in found for row in copy["rows"]]
    wrong = [(kind, row) for kind, row in rows if row["grade"] == "wrong"]
    print(f"{'WRONG ' if wrong else 'ok    '} {name}: {len(found)} copies, {len(wrong)} wrong", flush=True)
    for kind, row in wrong:
        tell(kind, row, "")
    for kind, row in rows:
        if row["differs"] and row["grade"] != "wrong" and (every or row["got"] != "none"):
            tell(kind, row, " differs")


def check(overt, names, quick, processes):
    """(copies, names of scenarios that could not be judged): a copy may be open, never wrong."""
    all_copies, failed = [], []
    with multiprocessing.Pool(processes) as pool:
        for name, found, complaint in pool.imap(judge_one, jobs_of(overt, names, quick)):
            if complaint:
                failed.append(name)
                print(f"FAILED {name}: {complaint}", flush=True)
            elif found is None:
                print(f"skip   {name}: no classic pcap of Ethernet", flush=True)
            else:
                tell_scenario(name, found, bool(names))
                all_copies += found
    return all_copies, failed


def counted(copies):
    """{kind: counts} in the order of the kinds, "all" last. differs: the copy shows exactly what the whole capture
    shows, yet overt says something else."""
    kinds = {kind.name: dict.fromkeys(COUNTS, 0) for kind in derive.KINDS}
    kinds["all"] = dict.fromkeys(COUNTS, 0)
    for copy in copies:
        for counts in (kinds[copy["kind"]], kinds["all"]):
            counts["copies"] += 1
            for row in copy["rows"]:
                counts[row["grade"]] += 1
                counts["differs"] += row["differs"]
    return kinds


def never_made(copies):
    """Kinds of which there is no copy at all: nothing would show that they are wrong."""
    return [kind for kind, counts in counted(copies).items() if not counts["copies"]]


def text(copies):
    """The counts for a terminal."""
    lines = [f"{'copy':26} " + " ".join(f"{key:>7}" for key in COUNTS)]
    return "\n".join(lines + [f"{kind:26} " + " ".join(f"{counts[key]:7}" for key in COUNTS)
                              for kind, counts in counted(copies).items() if counts["copies"]])


def section(copies, quick):
    """The counts for RESULTS.md."""
    which = f"{derive.SAMPLE} copies of each scenario above (`--quick`)" if quick else "all copies of the scenarios above"
    lines = ["", HEADING, "", f"Made by `tests/lab/run --derived --results`: verdicts on {which}.",
             "*differs*: the copy holds exactly what the recorded capture holds, yet overt says something else.", "",
             "| copy | " + " | ".join(COUNTS) + " |", "|---|" + "---:|" * len(COUNTS)]
    return "\n".join(lines + [f"| {kind} | " + " | ".join(str(counts[key]) for key in COUNTS) + " |"
                              for kind, counts in counted(copies).items()]) + "\n"


def section_of(results):
    """That part of RESULTS.md, or ""."""
    _, heading, text_below = results.partition("\n" + HEADING)
    return heading + text_below
