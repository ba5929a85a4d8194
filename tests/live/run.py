#!/usr/bin/python3
"""Does overt watch see live what overt audit sees in the same capture, and survive what happens to live links?

  tests/live/run.py OVERT_BINARY [TEST...]      a TEST is a word of a test's name

Captures of pcaps/ are sent at their own pace over veth pairs in a network namespace that is made here and removed at
the end. Exit 0: all is well. 1: not. 77: not root, or no namespaces here. 2: bad usage.
"""
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "golden"))
NAMESPACE = f"overt-live-{os.getpid()}"
GOOD_STATUS = (0, 1)
SAME = ("srtp/sdes_readable", "call/udp_sdes", "message/udp_fragmented", "mtls/tls12_not_requested",
        "http/address_book_clear", "trapezoid/hop_tcp_sdes", "turn/udp_channel_rtp")
STARTED = []  # programs that must not outlive their test
JUNK_FRAMES, JUNK_SIZE = 6000, 1400  # many times the smallest --buffer


def packets_of(path):
    """(seconds after the first, frame) of a classic little-endian capture."""
    data, at, first = path.read_bytes(), 24, None
    fraction = 1e-9 if data[:4] == b"\x4d\x3c\xb2\xa1" else 1e-6
    while at + 16 <= len(data):
        seconds, part, size, _ = struct.unpack_from("<IIII", data, at)
        moment = seconds + part * fraction
        first = moment if first is None else first
        yield moment - first, data[at + 16:at + 16 + size]
        at += 16 + size


def send(interface, capture, begin, end, junk, back):
    """The sender, in the namespace: packets begin to end of the capture, or so many frames of nobody's. What has another
    IPv4 source than the first packet goes to the interface `back`."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as out, \
            socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as other:
        out.bind((interface, 0))
        other.bind((back, 0))
        if junk:
            head = bytes.fromhex("0200000000020200000000010800")
            payload = bytes(JUNK_SIZE - 42)
            for number in range(junk):
                ports = struct.pack("!HHHH", 9, 9, 8 + len(payload), 0)
                ip = struct.pack("!BBHHHBBH4s4s", 69, 0, 28 + len(payload), number & 65535, 0, 64, 17, 0,
                                 bytes((10, 99, 0, 1)), bytes((10, 99, 0, 2)))
                out.send(head + ip + ports + payload)
            return
        packets = list(packets_of(Path(capture)))[begin:end]
        started = time.monotonic() - packets[0][0]
        for moment, frame in packets:
            time.sleep(max(0.0, started + moment - time.monotonic()))
            (out if frame[26:30] == packets[0][1][26:30] else other).send(frame)


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


def in_namespace(*words):
    return ["ip", "netns", "exec", NAMESPACE, *words]


class Link:
    """A veth pair: what is sent into `sender` is seen at `span`."""
    count = 0

    def __init__(self):
        Link.count += 1
        self.sender, self.span = f"s{Link.count}", f"r{Link.count}"
        self.make()

    def make(self):
        ip("-n", NAMESPACE, "link", "add", self.sender, "mtu", "9000", "type", "veth", "peer", "name", self.span, "mtu",
           "9000")
        for name in (self.sender, self.span):
            ip("-n", NAMESPACE, "link", "set", name, "arp", "off", "up")

    def remove(self):
        ip("-n", NAMESPACE, "link", "del", self.sender)

    def send(self, capture="-", begin=0, end=1 << 30, junk=0, back=None):
        return subprocess.Popen(in_namespace(sys.executable, __file__, "--send", self.sender, str(capture), str(begin),
                                             str(end), str(junk), back or self.sender))


class Watch:
    """One overt watch, told by its own service notice that it is ready."""

    def __init__(self, link, folder, *words):
        self.out, self.flows = folder / f"{link.span}.jsonl", folder / f"{link.span}.flows"
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.bind(str(folder / f"{link.span}.sock"))
        notify.settimeout(60)
        self.notify = notify
        command = [OVERT, "watch", "-i", link.span, "--quiet", "--out", str(self.out), "--flows", str(self.flows), *words]
        self.run = subprocess.Popen(in_namespace(*command), stderr=subprocess.PIPE, text=True, env={
            **os.environ, "NOTIFY_SOCKET": str(folder / f"{link.span}.sock"), "ASAN_OPTIONS": "exitcode=99"})
        STARTED.append(self.run)
        self.told = notify.recv(100)

    def records(self, path=None):
        """Whole lines so far."""
        text = (path or self.out).read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def flow_records(self):
        return [record for record in self.records(self.flows) if record["type"] == "flow"]

    def wait_for(self, wanted, seconds=30):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if any(wanted(record) for record in self.records()):
                return True
            time.sleep(0.1)
        return False

    def said_to_service(self):
        """What came since the last look."""
        said = []
        self.notify.setblocking(False)
        try:
            while True:
                said.append(self.notify.recv(200))
        except BlockingIOError:
            return said

    def seconds_of_work(self):
        fields = Path(f"/proc/{self.run.pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self, number=signal.SIGTERM):
        self.run.send_signal(number)
        _, errors = self.run.communicate(timeout=60)
        self.notify.close()
        return self.run.returncode, errors


def last_findings(records):
    """What was said last of each finding, without what depends on the moment of the capture."""
    found = {}
    for record in records:
        if record["type"] == "finding":
            found[record["id"]] = record
    return {key: {
        **{name: r.get(name) for name in ("row", "verdict", "evidence", "severity", "observed", "client", "server",
                                          "capture", "streams_exposed")},
        "flows": r["flows"]["count"],
        "reasons": [reason["code"] for reason in r["reasons"]],
        "proof": [(proof["fact"], re.sub("^f:[0-9a-f]{16}$", "a flow", proof.get("detail", ""))) for proof in r["proof"]],
    } for key, r in found.items() if r["status"] != "resolved"}


def until(true, seconds=60):
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.1)
    return true()


def start(words):
    run = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env={**os.environ, "ASAN_OPTIONS": "exitcode=99"})
    STARTED.append(run)
    return run


def words_of(case):
    policy = ROOT / "pcaps" / case / "policy.yaml"
    return ["--policy", str(policy)] if policy.exists() else []


def capture_of(case):
    return ROOT / "pcaps" / case / "traffic.pcap"


def audit(case):
    run = subprocess.run([OVERT, "audit", "--quiet", "--out", "-", *words_of(case), str(capture_of(case))], check=False,
                         capture_output=True, text=True)
    return last_findings(json.loads(line) for line in run.stdout.splitlines())


class Live(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="overt-live-"))

    def tearDown(self):
        while STARTED:
            run = STARTED.pop()
            if run.poll() is None:  # only after a failure
                run.kill()
                run.wait()
            run.stderr.close()
        shutil.rmtree(self.folder)

    def check_valid(self, *paths):
        import validate  # pylint: disable=import-outside-toplevel
        self.assertEqual(validate.check_files([str(path) for path in paths]), 0)

    def test_a_folder_that_tcpdump_rotates_is_followed(self):
        link, ring = Link(), self.folder / "ring"
        ring.mkdir()
        out, flows = self.folder / "out", self.folder / "flows"
        capture = ROOT / "pcaps" / "call" / "udp_sdes" / "traffic.pcap"
        dump = start(in_namespace("tcpdump", "-i", link.span, "-B", "65536", "-U", "-C", "1", "-Z", "root", "-w",
                                  str(ring / "span.pcap")))
        self.assertIn("listening", dump.stderr.readline())
        follow = start([OVERT, "audit", "--follow", "--quiet", "--out", str(out), "--flows", str(flows), str(ring)])
        for sender in (link.send(junk=JUNK_FRAMES // 6), link.send(capture, 0, 4), link.send(junk=JUNK_FRAMES // 6),
                       link.send(capture, 4)):
            self.assertEqual(sender.wait(), 0)
        frames = [frame for _, frame in packets_of(capture)]
        sent = 2 * (JUNK_FRAMES // 6) + len(frames)
        size = 2 * (JUNK_FRAMES // 6) * (JUNK_SIZE + 16) + sum(len(frame) + 16 for frame in frames)
        self.assertTrue(until(lambda: sum(path.stat().st_size - 24 for path in ring.iterdir()) >= size), "tcpdump lost some")
        dump.send_signal(signal.SIGINT)
        captured = re.search(r"(\d+) packets captured", dump.communicate(timeout=60)[1])
        self.assertEqual(int(captured[1]), sent)
        io = Path(f"/proc/{follow.pid}/io")
        self.assertTrue(until(lambda: int(io.read_text(encoding="ascii").split()[1]) >= size), "not all was read")
        time.sleep(1)  # what was read last is judged
        follow.send_signal(signal.SIGTERM)
        _, errors = follow.communicate(timeout=60)
        self.assertIn(follow.returncode, GOOD_STATUS, errors)
        self.assertGreater(len(list(ring.iterdir())), 1)
        records = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
        self.assertEqual([r for r in records if r["type"] == "notice"], [])
        self.assertEqual(next(r for r in records if r["type"] == "coverage")["packets"], sent)
        self.assertTrue(any(r["type"] == "finding" and r["row"] == "TT-15" for r in records))
        self.check_valid(out, flows)

    def watch_case(self, case, workers):
        link = Link()
        watch = Watch(link, self.folder, "--workers", str(workers), "--all", *words_of(case))
        link.send(capture_of(case)).wait()
        time.sleep(0.3)
        status, errors = watch.end()
        return case, workers, status, errors, watch

    def test_same_findings_as_audit(self):
        jobs = [(case, workers) for case in SAME for workers in (1, 2)]
        with ThreadPoolExecutor(5) as pool:
            runs = list(pool.map(lambda job: self.watch_case(*job), jobs))
        for case, workers, status, errors, watch in runs:
            with self.subTest(case=case, workers=workers):
                self.assertIn(status, GOOD_STATUS, errors)
                seen = {key: f for key, f in last_findings(watch.records()).items()
                        if f["verdict"] in ("violation", "weak", "unknown")}
                self.assertEqual(seen, audit(case))
                self.check_valid(watch.out, watch.flows)
                stats = [record for record in watch.records() if record["type"] == "stats"][-1]
                if workers == 1 or "fragmented" not in case:  # the kernel joins fragments before it deals flows out
                    self.assertEqual(stats["packets"], len(list(packets_of(capture_of(case)))))

    def test_a_tap_with_an_interface_for_each_direction(self):
        for case in ("call/udp_sdes", "mtls/tls12_not_requested", "http/address_book_clear"):
            with self.subTest(case=case):
                there, back = Link(), Link()
                watch = Watch(back, self.folder, "-i", there.span, "--workers", "1", "--all", *words_of(case))
                there.send(capture_of(case), back=back.sender).wait()
                time.sleep(0.3)
                status, errors = watch.end()
                self.assertIn(status, GOOD_STATUS, errors)
                seen = {key: f for key, f in last_findings(watch.records()).items()
                        if f["verdict"] in ("violation", "weak", "unknown")}
                self.assertEqual(seen, audit(case))
                self.check_valid(watch.out, watch.flows)
                stats = [record for record in watch.records() if record["type"] == "stats"][-1]
                self.assertEqual(stats["packets"], len(list(packets_of(capture_of(case)))))

    def test_secrets_may_be_logged_after_their_packets(self):
        case = ROOT / "pcaps" / "keylog" / "stapled"
        secrets = (case / "secrets.keylog").read_text(encoding="ascii").splitlines(keepends=True)
        first = [line for line in secrets if line.split()[1] == secrets[0].split()[1]]
        log, link = self.folder / "secrets", Link()
        log.write_text("", encoding="ascii")
        watch = Watch(link, self.folder, "--workers", "1", "--keylog", str(log))
        sender = link.send(case / "traffic.pcap")  # a request 0.3 s after each handshake, its answer 0.8 s later
        time.sleep(0.9)
        log.write_text("".join(first), encoding="ascii")
        sender.wait()
        time.sleep(0.3)
        status, errors = watch.end()
        self.assertIn(status, GOOD_STATUS, errors)
        late, never = sorted(watch.flow_records(), key=lambda record: record["server"]["port"])[:2]
        self.assertTrue(late["tls"]["decrypted"])
        self.assertEqual(late["tls"]["ocsp"], "good")
        self.assertEqual(late["sip"]["methods"], {"OPTIONS": 1})
        self.assertNotIn("decrypted", never["tls"])
        self.check_valid(watch.out, watch.flows)

    def test_readable_signalling_is_told_within_a_second(self):
        link, case = Link(), "srtp/sdes_readable"
        watch = Watch(link, self.folder, "--workers", "2", *words_of(case))
        sender = link.send(capture_of(case))
        self.assertTrue(watch.wait_for(lambda r: r["type"] == "finding", 2.5), "the call lasts longer")
        self.assertIsNone(sender.poll(), "the call goes on")
        first = next(r for r in watch.records() if r["type"] == "finding")
        self.assertEqual((first["status"], first["verdict"], first["evidence"]), ("open", "violation", "proven"))
        sender.wait()
        status, errors = watch.end()
        self.assertIn(status, GOOD_STATUS, errors)
        said = [r["status"] for r in watch.records() if r.get("id") == first["id"]]
        self.assertEqual((said[0], said.count("open")), ("open", 1))
        self.assertEqual(last_findings(watch.records()), audit(case))
        self.check_valid(watch.out)

    def test_sigterm_in_the_middle_writes_everything(self):
        link = Link()
        watch = Watch(link, self.folder, "--workers", "2", "--stats-interval", "1", "--coverage-interval", "1")
        sender = link.send(capture_of("srtp/sdes_readable"))
        time.sleep(2.5)
        status, errors = watch.end()
        sender.wait()
        self.assertIn(status, GOOD_STATUS, errors)
        kinds = [record["type"] for record in watch.records()]
        self.assertEqual(kinds[-1], "coverage")
        self.assertGreater(kinds.count("coverage"), 1)
        self.assertGreater(kinds.count("stats"), 1)
        self.assertIn("finding", kinds)
        self.assertGreater(len(watch.flow_records()), 0)
        self.check_valid(watch.out, watch.flows)

    def test_it_starts_again_after_sigkill(self):
        link = Link()
        first = Watch(link, self.folder, "--workers", "2")
        first.end(signal.SIGKILL)
        os.unlink(self.folder / f"{link.span}.sock")
        second = Watch(link, self.folder, "--workers", "2")
        self.assertEqual(second.told, b"READY=1")
        link.send(capture_of("http/address_book_clear")).wait()
        status, errors = second.end()
        self.assertIn(status, GOOD_STATUS, errors)
        self.assertIn("finding", [record["type"] for record in second.records()])

    def check_interface(self, take_away, bring_back):
        link = Link()
        watch = Watch(link, self.folder, "--workers", "2")
        take_away(link)
        self.assertTrue(watch.wait_for(lambda r: r.get("code") == "interface.down"))
        before = watch.seconds_of_work()
        time.sleep(1)
        self.assertLess(watch.seconds_of_work() - before, 0.5, "it spins while the interface is away")
        bring_back(link)
        self.assertTrue(watch.wait_for(lambda r: r.get("code") == "interface.up"))
        time.sleep(0.5)
        link.send(capture_of("http/address_book_clear")).wait()
        time.sleep(0.3)
        status, errors = watch.end()
        self.assertIn(status, GOOD_STATUS, errors)
        self.assertIn("finding", [record["type"] for record in watch.records()])
        self.check_valid(watch.out, watch.flows)

    def test_an_interface_that_goes_down_is_waited_for(self):
        self.check_interface(lambda link: ip("-n", NAMESPACE, "link", "set", link.span, "down"),
                             lambda link: ip("-n", NAMESPACE, "link", "set", link.span, "up"))

    def test_an_interface_that_goes_away_is_waited_for(self):
        self.check_interface(Link.remove, Link.make)

    def test_an_interface_that_stays_away_is_told_by_the_exit_status(self):
        link = Link()
        watch = Watch(link, self.folder)
        link.remove()
        self.assertTrue(watch.wait_for(lambda r: r.get("code") == "interface.down"))
        self.assertEqual(watch.end()[0], 3)

    def test_what_was_lost_is_told_and_makes_absence_unknown(self):
        case, link = "microsoft/psom_clear_ipv6", Link()
        self.assertIn("violation", [f["verdict"] for f in audit(case).values()])
        watch = Watch(link, self.folder, "--workers", "1", "--buffer", "1M", "--all", *words_of(case))
        half = len(list(packets_of(capture_of(case)))) // 2
        link.send(capture_of(case), 0, half).wait()
        time.sleep(0.5)
        watch.run.send_signal(signal.SIGSTOP)
        link.send(junk=JUNK_FRAMES).wait()
        watch.run.send_signal(signal.SIGCONT)
        time.sleep(1)
        link.send(capture_of(case), half).wait()
        time.sleep(0.3)
        status, errors = watch.end()
        self.assertIn(status, GOOD_STATUS, errors)
        records = watch.records()
        for kind in ("stats", "coverage"):
            self.assertGreater([r for r in records if r["type"] == kind][-1]["drops"]["kernel"], 0)
        self.assertIn("capture.packets-lost", [r.get("code") for r in records])
        verdicts = [f["verdict"] for f in last_findings(records).values()]
        self.assertIn("unknown", verdicts)
        self.assertNotIn("violation", verdicts)
        self.assertTrue(all(r["seen"].get("lost_nearby") for r in watch.flow_records()))
        self.check_valid(watch.out, watch.flows)

    def reload(self, watch, policy, text, code):
        """Writes the policy, asks for it, and returns the notice of this code that follows."""
        before = len([r for r in watch.records() if r.get("code") == code])
        policy.write_text(text, encoding="utf-8")
        watch.run.send_signal(signal.SIGHUP)
        self.assertTrue(until(lambda: len([r for r in watch.records() if r.get("code") == code]) > before), code)
        return [r for r in watch.records() if r.get("code") == code][-1]

    def test_sighup_reads_the_policy_again(self):
        case, link, policy = "http/address_book_clear", Link(), self.folder / "policy.yaml"
        first = (ROOT / "pcaps" / case / "policy.yaml").read_text(encoding="utf-8")
        without = first + "rows:\n  - {id: TT-08, enabled: false}\n"
        policy.write_text(first, encoding="utf-8")
        watch = Watch(link, self.folder, "--workers", "2", "--policy", str(policy))
        sent = []

        def send():
            link.send(capture_of(case)).wait()
            sent.append(1)
            flows = lambda: [r for r in watch.flow_records() if r["app"] == "http"]
            self.assertTrue(until(lambda: len(flows()) == len(sent)), f"{len(flows())} flows")
            return sorted(a["row"] for a in flows()[-1]["assessments"])

        rows = send()
        self.assertIn("TT-08", rows)
        wrong = self.reload(watch, policy, first.replace("front_end", "frontend") + "rows: 7\n", "policy.not-reloaded")
        self.assertRegex(wrong["text"], r"stays; .*policy.yaml:10:11: found .*; .*policy.yaml:13:7: found")
        self.assertEqual(wrong["file"], str(policy))
        self.assertEqual(send(), rows)
        self.reload(watch, policy, without, "policy.reloaded")
        self.assertNotIn("TT-08", send())
        said = watch.said_to_service()
        self.assertRegex(said[-2], rb"^RELOADING=1\nMONOTONIC_USEC=[0-9]+$")
        self.assertEqual(said[-1], b"READY=1")
        for text in (first, without) * 8 + (first,):  # under traffic
            self.reload(watch, policy, text, "policy.reloaded")
            watch.said_to_service()
        self.assertEqual(send(), rows)
        status, errors = watch.end()
        self.assertEqual(status, 1, errors)
        self.assertRegex(errors, r"policy.yaml:10:11: found role 'frontend'")
        said = [r for r in watch.records() if r["type"] == "finding" and r["row"] == "TT-08"]
        self.assertEqual(len({r["id"] for r in said}), 1)
        self.assertEqual((said[0]["status"], said[-1]["status"], said[-1]["flows"]["count"]), ("open", "changed", 3))
        self.check_valid(watch.out, watch.flows)

    def test_sighup_under_traffic_loses_nothing(self):
        case, link, policy = "srtp/sdes_readable", Link(), self.folder / "policy.yaml"
        policy.write_text("overt: 1\nextends: lync-2010\n", encoding="utf-8")
        words = ["--policy", str(policy)]
        watch = Watch(link, self.folder, "--workers", "2", *words)
        sender = link.send(capture_of(case))
        while sender.poll() is None:
            watch.run.send_signal(signal.SIGHUP)
            time.sleep(0.05)  # nobody reads what the service is told
        time.sleep(0.3)
        status, errors = watch.end()
        self.assertIn(status, GOOD_STATUS, errors)
        records = watch.records()
        self.assertGreater(len([r for r in records if r.get("code") == "policy.reloaded"]), 10)
        whole = subprocess.run([OVERT, "audit", "--quiet", "--out", "-", *words, str(capture_of(case))], check=False,
                               capture_output=True, text=True)
        self.assertEqual(last_findings(records), last_findings(json.loads(line) for line in whole.stdout.splitlines()))
        stats = [record for record in records if record["type"] == "stats"][-1]
        self.assertEqual(stats["packets"], len(list(packets_of(capture_of(case)))))
        self.check_valid(watch.out, watch.flows)

    def test_what_cannot_be_read_is_told(self):
        for words, status, text in ((["-i", "nobody0"], 3, "nobody0"), ([], 2, "interface"),
                                    (["-i", "lo", "--filter", "tcp prot"], 2, "filter")):
            run = subprocess.run(in_namespace(OVERT, "watch", *words), capture_output=True, text=True, check=False)
            self.assertEqual((run.returncode, text in run.stderr), (status, True), run.stderr)
        run = subprocess.run(in_namespace("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--reuid=65534",
                                          "--clear-groups", OVERT, "watch", "-i", "lo"),
                             capture_output=True, text=True, check=False)
        if run.returncode != 127 and "execve" not in run.stderr and "failed" not in run.stderr:
            self.assertEqual((run.returncode, "setcap cap_net_raw" in run.stderr), (3, True), run.stderr)


def main():
    if len(sys.argv) == 8 and sys.argv[1] == "--send":
        send(sys.argv[2], sys.argv[3], *(int(word) for word in sys.argv[4:7]), sys.argv[7])
        return 0
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    if os.geteuid() != 0 or subprocess.run(["ip", "netns", "add", NAMESPACE], capture_output=True,
                                           check=False).returncode != 0:
        print("skipped: live tests need root and network namespaces")
        return 77
    try:
        subprocess.run(in_namespace("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1",
                                    "net.ipv6.conf.all.disable_ipv6=1"), check=False, capture_output=True)
        arguments = [sys.argv[0], *(word for name in sys.argv[2:] for word in ("-k", name))]
        return 0 if unittest.main(argv=arguments, exit=False).result.wasSuccessful() else 1
    finally:
        subprocess.run(["ip", "netns", "del", NAMESPACE], check=False)


OVERT = str(Path(sys.argv[1]).resolve()) if len(sys.argv) > 1 else ""
if __name__ == "__main__":
    sys.exit(main())
