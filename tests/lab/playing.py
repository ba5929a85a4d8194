"""Plays scenarios, several at a time in processes of their own, and sees to it that nothing of them is left.

Orphans of the players become children of this process, so whatever a scenario started and forgot is found."""
import concurrent.futures
import contextlib
import ctypes
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import lab as labs  # pcaps/generate/lab.py
from scenario import SCENARIOS
from workshop import Workshop

# What `./check --lab` plays: of each family that matters the scenario that would break first. Together, two at a time,
# they take about a minute; each ran every time, with Debian's packages of `tools/install all`.
DOZEN = (
    "call/tls12_sdes",  # kamailio and two phones: signalling hides the keys, media is protected
    "dtlssrtp/aes128_80",
    "federation/tls12_out_untrusted",
    "gateway/tls12_mutual_srtp",
    "media/exact_null_80",  # SRTP in form, speech in the clear
    "mtls/tls12_empty",  # asked for a certificate, got none
    "mtls/tls13_mutual",
    "resumption/stunnel_ticket_mutual",
    "srtp/savp_but_clear",  # announced as SRTP, sent as RTP
    "trapezoid/hop_udp_sdes",  # one hop in the clear exposes the keys of a call
    "turn/udp_channel_srtp",
    "web/address_book_http",
)

PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
ORPHANS_SECONDS = 5  # what was told to end may take so long
_work = None  # this player's workshop


def dozen():
    """The scenarios of DOZEN."""
    unfit = [name for name in DOZEN if name not in SCENARIOS or not SCENARIOS[name].robust]
    if unfit:
        raise ValueError(f"not a robust scenario: {', '.join(unfit)}")
    return [SCENARIOS[name] for name in DOZEN]


def _begin(directory):
    """In a new player: everything it makes lies in a directory named by its process id."""
    global _work
    own = Path(directory) / str(os.getpid())
    (own / "workshop").mkdir(parents=True)
    tempfile.tempdir = str(own)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(1))  # so that labs clean up behind them
    _work = Workshop(str(own / "workshop"))


def _play(record, name, folder):
    try:
        record(SCENARIOS[name], _work, folder)
    except (labs.LabError, OSError, RuntimeError, subprocess.SubprocessError) as error:
        return str(error) or type(error).__name__
    return ""


def _children():
    """(process id, command) of this process's living children; dead ones are buried."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ChildProcessError):
            name, _, rest = stat.read_text(encoding="utf-8", errors="replace").partition(" (")[2].rpartition(") ")
            state, parent = rest.split()[:2]
            if int(parent) == os.getpid():
                if state == "Z":
                    os.waitpid(int(stat.parent.name), os.WNOHANG)
                else:
                    found.append((int(stat.parent.name), name))
    return found


def _end_children(how):
    for pid, _ in _children():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)


def _wait_for_children(seconds):
    end = time.monotonic() + seconds
    while (left := _children()) and time.monotonic() < end:
        time.sleep(0.1)
    return left


def _namespaces(directory):
    """Network namespaces of labs whose players had a directory here."""
    if not shutil.which("ip"):
        return []
    players = {path.name for path in Path(directory).iterdir()}
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=False).stdout
    names = [line.split()[0] for line in listed.splitlines() if line]
    return [name for name in names if (made := re.match(r"ov(\d+)x", name)) and made[1] in players]


def _clear(directory):
    """Removes what is left of the players, and says what it was."""
    left = [f"process {pid} ({name})" for pid, name in _wait_for_children(ORPHANS_SECONDS)]
    _end_children(signal.SIGKILL)
    _wait_for_children(ORPHANS_SECONDS)
    for name in _namespaces(directory):
        left.append(f"namespace {name}")
        subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
    return left


def play(record, jobs, processes, done):
    """Plays the scenarios of jobs ([(name, folder)]) by record(scenario, workshop, folder); done(name, folder,
    complaint) is called for each in their order. Returns what was left, which is removed."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="overt-lab-run-") as directory:
        players = concurrent.futures.ProcessPoolExecutor(
            processes, multiprocessing.get_context("fork"), initializer=_begin, initargs=(directory,))
        try:
            played = [(name, folder, players.submit(_play, record, name, folder)) for name, folder in jobs]
            for name, folder, complaint in played:
                done(name, folder, complaint.result())
        except BaseException:
            players.shutdown(wait=False, cancel_futures=True)
            _end_children(signal.SIGTERM)
            _clear(directory)
            raise
        players.shutdown()
        return _clear(directory)
