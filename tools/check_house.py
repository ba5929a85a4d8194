"""House rules that no compiler knows (CONTRIBUTING.md): fails with file:line and the rule."""
import pathlib
import re
import sys

FLOORS = ["base", "capture", "analyzers", "rules", "reports", "cli"]
WINDOW_FILES = {"base/bytes.h", "base/scan.c"}  # the only ones that look behind a bytes window
MAX_LINES = 600
RULES = [
    (re.compile(r"(?<![:\"'/])//(?!\s*$)(?![^\"]*\"[^\"]*$)"), "comments are /* */", None),
    (re.compile(r"\b(strcpy|strcat|sprintf|gets|strtok|alloca|atoi|atol|localtime|asctime)\s*\("),
     "unsafe or locale-bound function", None),
    (re.compile(r"\b(TODO|FIXME|XXX)\b"), "unfinished work", None),
    (re.compile(r"\bmemcpy\s*\([^;]*(payload|frame)\.next"), "copy packets with bytes_copy", None),
    (re.compile(r"\b(in|rest|payload|frame|body|value|attrs|window|line|text|name)(?:\.|->)next"
                r"\s*(?:\[|\+|-[^>])"), "packet pointers move in base/bytes.h only", WINDOW_FILES),
    (re.compile(r"^typedef (?!.*\()"), "no typedefs but function types", None),
]

root, bad = pathlib.Path(sys.argv[1]), []
for name in FLOORS + ["tests"]:
    for path in sorted(root.glob(f"{name}/**/*.[ch]")):
        here = path.relative_to(root).as_posix()
        lines = path.read_text().splitlines()
        if len(lines) > MAX_LINES:
            bad.append(f"{here}: {len(lines)} lines, at most {MAX_LINES}")
        if not lines or not lines[0].startswith(f"/* {here}"):
            bad.append(f"{here}:1: a file opens with its path and one sentence")
        if name == "tests":
            continue
        for number, line in enumerate(lines, 1):
            bare = re.sub(r'"(\\.|[^"\\])*"', '""', line)
            for rule, text, allowed in RULES:
                if rule.search(bare) and not (allowed and here in allowed):
                    bad.append(f"{here}:{number}: {text}: {line.strip()}")
print("\n".join(bad))
sys.exit(bool(bad))
