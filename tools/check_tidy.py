"""Runs clang-tidy 14 over every product source. Usage: check_tidy.py CLANG_TIDY BUILD_DIR [FILE...]"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

tidy, build = sys.argv[1], pathlib.Path(sys.argv[2])
root = pathlib.Path.cwd()
version = subprocess.run([tidy, "--version"], capture_output=True, text=True, check=True).stdout
if "version 14." not in version:
    sys.exit("clang-tidy 14 is needed")
floors = {"base", "capture", "analyzers", "rules", "reports", "cli"}
commands = json.loads((build / "compile_commands.json").read_text())
sources = sorted({c["file"] for c in commands
                  if pathlib.Path(c["file"]).is_relative_to(root)
                  and pathlib.Path(c["file"]).relative_to(root).parts[0] in floors})
if len(sys.argv) > 3:
    sources = [str(root / s) for s in sys.argv[3:]]


def check(source):
    run = subprocess.run([tidy, "--quiet", "-p", str(build), source], capture_output=True, text=True,
                         check=False)
    return source, run.returncode, run.stdout


failed = 0
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    for source, status, text in pool.map(check, sources):
        if status != 0:
            failed += 1
            print(f"== {source}\n{text}")
print(f"{len(sources)} sources, {failed} with complaints")
sys.exit(failed > 0 or not sources)
