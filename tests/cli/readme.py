#!/usr/bin/python3
"""Does README.md show what overt prints? Runs the commands of its walk-through ("A policy step by step").

  tests/cli/readme.py OVERT_BINARY        exit 0: all is as shown. 1: not.

A block ```console holds commands behind "$ " and what they print; <!-- file: NAME --> names the file that the next block
```yaml is written to. Seconds are not compared. After a change of what overt prints, tests/cli/readme.py OVERT --write puts
it into README.md: read the difference.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADING = "## A policy step by step"


def blocks(text):
    """("file", name, text) and ("console", "", text), in their order."""
    pattern = r"(?:<!-- file: (\S+) -->\n)?```(yaml|console)\n(.*?)```"
    for name, kind, body in re.findall(pattern, text, re.S):
        if kind == "console":
            yield "console", "", body
        elif name:
            yield "file", name, body


def same_time(text):
    return re.sub(r"\d+\.\d+ s\b", "0.1 s", text)


def play(body, folder, variables, write):
    """Differences of one console block; with `write`, also what it should be."""
    wrong, out = [], ""
    for part in re.split(r"^\$ ", body, flags=re.M)[1:]:
        command, _, shown = part.partition("\n")
        assignment = re.fullmatch(r"(\w+)=\$\((.*)\)", command)
        run = subprocess.run(["bash", "-c", assignment[2] if assignment else command], cwd=folder, env=variables,
                             check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if assignment:
            variables[assignment[1]] = run.stdout.replace("\n", " ")
            out += f"$ {command}\n"
            continue
        out += f"$ {command}\n{run.stdout}"
        if same_time(run.stdout) != same_time(shown):
            wrong.append(f"$ {command}\n--- README.md\n{shown}--- overt\n{run.stdout}")
    write.append((body, out))
    return wrong


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition(HEADING)[2].partition("\n## ")[0]
    wrong, commands, said = [], 0, []
    with tempfile.TemporaryDirectory(prefix="overt-readme-") as name:
        folder = pathlib.Path(name)
        (folder / "pcaps").symlink_to(ROOT / "pcaps")
        (folder / "overt").symlink_to(pathlib.Path(sys.argv[1]).resolve())
        variables = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
        for kind, file, body in blocks(section):
            if kind == "file":
                (folder / file).write_text(body, encoding="utf-8")
            else:
                commands += body.count("\n$ ") + body.startswith("$ ")
                wrong += play(body, folder, variables, said)
    if "--write" in sys.argv:  # after a change of what overt prints: read the difference
        for old, new in said:
            readme = readme.replace(old, new)
        (ROOT / "README.md").write_text(readme, encoding="utf-8")
    for text in wrong:
        print(text)
    print(f"{commands} commands, {len(wrong)} print something else")
    return 0 if commands > 0 and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
