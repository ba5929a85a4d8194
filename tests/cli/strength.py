#!/usr/bin/python3
"""Do policy show and policy diff tell all that a strength profile says, and where it is not sure?

  tests/cli/strength.py OVERT_BINARY    exit 0: all is well. 1: not.
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROFILES = sorted(path.stem for path in ROOT.glob("rules/builtin/strength/*.yaml"))
EACH = ("suites", "groups", "signatures")  # diff grades each value that is known
GRADES = ("good", "acceptable", "weak", "forbidden")


def overt(*words):
    return subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=60, check=False)


def entries(profile):
    """(layer, grade, values, source, unconfirmed) of each entry of the file."""
    told = yaml.safe_load((ROOT / f"rules/builtin/strength/{profile}.yaml").read_text(encoding="utf-8"))
    for layer, listed in told.items():
        for entry in listed if isinstance(listed, list) else ():
            grade = next(grade for grade in GRADES if grade in entry)
            yield layer, grade, [str(value) for value in entry[grade]], entry["source"], entry.get("unconfirmed", False)


class Strength(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def policy(self, profile):
        path = pathlib.Path(self.folder.name) / f"{profile}.yaml"
        path.write_text(f"overt: 1\nname: site\nextends: lync-2010\nstrength: {profile}\n", encoding="utf-8")
        return str(path)

    def shown(self, profile, *options):
        run = overt("policy", "show", *options, self.policy(profile))
        self.assertEqual(run.returncode, 0, run.stderr)
        return [line.removeprefix("- ") for line in run.stdout.splitlines() if line.removeprefix("- ").startswith("strength ")]

    def test_show_prints_each_entry_with_its_source_and_doubt(self):
        self.assertEqual(len(PROFILES), 8)
        for profile in PROFILES:
            lines = self.shown(profile)
            self.assertTrue(lines[0].startswith(f"strength profile {profile}: "), lines[0])
            told = list(entries(profile))
            self.assertGreaterEqual(len(lines), 1 + len(told))  # more where it extends another
            for layer, grade, values, source, unconfirmed in told:
                begins, ends = f"strength {layer} {grade}: {', '.join(values)}", f"by {source}" + (", unconfirmed" if unconfirmed else "")
                with self.subTest(profile=profile, entry=begins):
                    self.assertTrue(any(line.startswith(begins) and line.endswith(ends) for line in lines))
            self.assertEqual(self.shown(profile, "--format", "markdown"), lines)

    def test_diff_tells_what_another_profile_says(self):
        same = overt("policy", "diff", self.policy("rfc9325"), self.policy("rfc9325"))
        self.assertEqual((same.returncode, same.stdout), (0, ""))
        run = overt("policy", "diff", self.policy("rfc9325"), self.policy("legacy-ocs"))
        for line in ("- strength suites TLS_RSA_WITH_AES_128_CBC_SHA: forbidden", "+ strength suites TLS_RSA_WITH_AES_128_CBC_SHA: weak"):
            self.assertIn(line, run.stdout.splitlines())
        for profile in PROFILES:
            if profile == "rfc9325":
                continue
            run = overt("policy", "diff", self.policy("rfc9325"), self.policy(profile))
            self.assertEqual(run.returncode, 1)
            lines = run.stdout.splitlines()
            before, after = ({line for line in self.shown(one) if line.split()[1] not in EACH} for one in ("rfc9325", profile))
            gone, new = ({line[2:] for line in lines if line.startswith(sign + " strength ")} for sign in "-+")
            for wanted, told in ((before - after, gone), (after - before, new)):
                self.assertEqual([line for line in sorted(wanted - told) if not line.startswith("strength profile ")], [])
            suites = {line for line in gone | new if line.startswith("strength suites TLS_RSA_WITH_AES_128_CBC_SHA: ")}
            self.assertIn(len(suites), (0, 2), profile)  # graded otherwise, or alike


if __name__ == "__main__":
    BINARY = sys.argv.pop(1)
    unittest.main(verbosity=2)
