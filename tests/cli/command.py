"""What the tests of the command line share: overt as a user calls it, and a folder of its own."""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

OVERT = str(pathlib.Path(sys.argv[1]).resolve())
ROOT = pathlib.Path(__file__).resolve().parents[2]
PCAPS = ROOT / "pcaps"
CLEAR = str(PCAPS / "sip/udp_register_call_rtp_pcmu/traffic.pcap")


def overt(*words, stdin=None):
    return subprocess.run([OVERT, *words], capture_output=True, text=True, input=stdin, check=False,
                          timeout=120)


def records_of(capture):
    """The header of a classic little-endian pcap, and its records as bytes."""
    data, at, records = pathlib.Path(capture).read_bytes(), 24, []
    while at < len(data):
        size = 16 + struct.unpack_from("<I", data, at + 8)[0]
        records.append(data[at:at + size])
        at += size
    return data[:24], records


def flows_in(path):
    """The flow records of a file; beside them are calls, notices and coverage."""
    records = map(json.loads, pathlib.Path(path).read_text().splitlines())
    return [record for record in records if record["type"] == "flow"]


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.dir = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, text):
        path = self.dir / name
        path.write_text(text) if isinstance(text, str) else path.write_bytes(text)
        return str(path)
