#!/usr/bin/python3
"""Fails when a join, a role or a rule reads a kind of fact that observation.c says is for flow records alone.

Usage: check_record_kinds.py ROOT. Without --flows such facts are not kept: a verdict must not rest on them."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
kinds = set(re.findall(r"\[(OBS_\w+)\] = true", (root / "analyzers/observation.c").read_text()))
readers = [path for place in ("rules", "cli", "analyzers/joins") for path in sorted((root / place).glob("**/*.[ch]"))]
readers += sorted((root / "analyzers").glob("dispatch*.[ch]"))
bad = [f"{path.relative_to(root)}: {kind} is for flow records alone (analyzers/observation.c)"
       for path in readers for kind in sorted(set(re.findall(r"\bOBS_\w+", path.read_text())) & kinds)]
print("\n".join(bad) or f"{len(kinds)} kinds, read by none of {len(readers)} files")
sys.exit(bool(bad) or not kinds)
