#!/usr/bin/python3
"""Is what a scenario forgets to stop found, removed and told? Needs no root: the scenarios here make no namespaces."""
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "pcaps" / "generate")]

import playing  # noqa: E402

playing.SCENARIOS = {name: name for name in ("tidy", "forgetful", "daemon", "failing")}
playing.ORPHANS_SECONDS = 1


def record(scenario, work, folder):
    """Stands for tests/lab/run's: writes who played, and leaves what the scenario's name says."""
    if scenario == "failing":
        raise RuntimeError("no such program")
    Path(folder).write_text(f"{os.getpid()} {Path(work.directory).is_dir()}", encoding="utf-8")
    if scenario == "forgetful":
        os.spawnlp(os.P_NOWAIT, "sleep", "sleep", "60")
    elif scenario == "daemon":
        subprocess.run(["sh", "-c", "setsid sleep 60 & echo $! >" + str(folder) + ".pid"], check=True)


class Playing(unittest.TestCase):
    def play(self, *names):
        with tempfile.TemporaryDirectory() as directory:
            self.told = []
            left = playing.play(record, [(name, Path(directory) / name) for name in names], 2,
                                lambda name, _folder, complaint: self.told.append((name, complaint)))
            self.pids = [int(path.read_text()) for path in Path(directory).glob("*.pid")]
            self.played = [path.read_text().split() for path in Path(directory).glob("[!.]*") if path.suffix != ".pid"]
            return left

    def test_all_are_told_in_order_and_nothing_is_left(self):
        self.assertEqual(self.play("tidy", "tidy", "failing", "tidy"), [])
        self.assertEqual(self.told, [("tidy", ""), ("tidy", ""), ("failing", "no such program"), ("tidy", "")])
        self.assertEqual([made for _, made in self.played], ["True"])

    def test_a_forgotten_program_is_left(self):
        left = self.play("forgetful")
        self.assertEqual([what.partition(" ")[0] for what in left], ["process"])
        self.assertIn("(sleep)", left[0])

    def test_a_daemon_is_left_and_removed(self):
        left = self.play("tidy", "daemon")
        self.assertEqual(left, [f"process {self.pids[0]} (sleep)"])
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pids[0], 0)
            self.fail("it still runs")


if __name__ == "__main__":
    signal.alarm(60)
    unittest.main()
