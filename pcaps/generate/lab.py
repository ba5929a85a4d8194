"""A small network of namespaces around one switch, and a capture of what crosses it.

Each host is a network namespace with one veth to a bridge in a namespace of its own; tcpdump on the bridge sees every
frame once, as a span port would. Names carry the process id, so several labs can run at a time, and everything that a
lab made is gone when its `with` block ends.
"""
import os
import shutil
import signal
import subprocess
import tempfile
import time

MAX_CAPTURE_BYTES = 300 * 1024
QUIET_IPV6 = [f"net.ipv6.conf.eth0.{key}" for key in ("accept_dad=0", "accept_ra=0", "router_solicitations=0")]


class LabError(Exception):
    """A scenario could not be played as it was written."""


def literal(address):
    """An address as it stands before a port: IPv6 in brackets."""
    return f"[{address}]" if ":" in address else address


class Lab:
    """with Lab({"alice": "10.77.0.101"}, "out.pcap") as lab: lab.run("alice", ["ping", ...])"""

    count = 0

    def __init__(self, hosts, capture, capture_filter="tcp or udp", keylog=None):
        """keylog: the library that makes OpenSSL programs write down their secrets; None: nobody writes them."""
        Lab.count += 1
        self.prefix = f"ov{os.getpid()}x{Lab.count}"
        self.hosts = hosts
        self.capture = capture
        self.filter = capture_filter
        self.directory = tempfile.mkdtemp(prefix="overt-lab-")
        self.keylog = keylog
        self.secrets = ""  # the key log of all programs, when the lab has ended
        self.namespaces = []
        self.processes = []
        self.tcpdump = None

    # --- life of the lab -------------------------------------------------------------------------------------------

    def __enter__(self):
        try:
            self._build()
            self._start_capture()
        except BaseException:
            self._destroy()
            raise
        return self

    def __exit__(self, kind, value, trace):
        try:
            self.stop_all()
            self.secrets = _read(self.path("secrets"))
            if kind is None:
                self._finish_capture()
        finally:
            self._destroy()

    def _build(self):
        switch = self._namespace("switch")
        _ip("-n", switch, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        _ip("-n", switch, "link", "set", "br0", "up")
        for number, (name, address) in enumerate(self.hosts.items(), 1):
            host = self._namespace(name)
            port = f"port{number}"
            _ip("-n", switch, "link", "add", port, "type", "veth", "peer", "name", "eth0",
                "address", f"02:00:00:00:00:{number:02x}", "netns", host)
            version = "6" if ":" in address else "4"
            _sysctl(switch, f"net.ipv6.conf.{port}.disable_ipv6=1")
            _sysctl(host, *(QUIET_IPV6 if version == "6" else ["net.ipv6.conf.eth0.disable_ipv6=1"]))
            for namespace, link in ((switch, port), (host, "eth0")):
                _quiet(["ip", "netns", "exec", namespace, "ethtool", "-K", link,
                        "tx", "off", "rx", "off", "sg", "off", "tso", "off", "gso", "off", "gro", "off"])
            _ip("-n", switch, "link", "set", port, "master", "br0", "up")
            _ip("-n", host, "addr", "add", f"{address}/{128 if version == '6' else 32}", "dev", "eth0",
                *(["nodad"] if version == "6" else []))
            _ip("-n", host, "link", "set", "lo", "up")
            _ip("-n", host, "link", "set", "eth0", "up")
            _ip("-n", host, f"-{version}", "route", "add", "default", "dev", "eth0")

    def _namespace(self, name):
        full = f"{self.prefix}-{name}"
        _ip("netns", "add", full)
        self.namespaces.append(full)
        return full

    def _start_capture(self):
        self.raw = os.path.join(self.directory, "raw.pcap")
        log = self.path("tcpdump.log")
        self.tcpdump = self._spawn(f"{self.prefix}-switch", [
            "tcpdump", "-i", "br0", "-n", "-U", "--immediate-mode", "-B", "8192", "-s", "0", "-Z", "root",
            "-w", self.raw, self.filter], log)
        _wait(lambda: "listening on" in _read(log), "tcpdump to listen")

    def _finish_capture(self):
        time.sleep(0.6)  # the last frames are still on their way to the file
        _stop(self.tcpdump, signal.SIGINT)
        size = os.path.getsize(self.raw)
        if size <= 24 or size > MAX_CAPTURE_BYTES:
            raise LabError(f"the capture has {size} bytes")
        os.makedirs(os.path.dirname(self.capture), exist_ok=True)
        shutil.copyfile(self.raw, self.capture)
        os.chmod(self.capture, 0o644)

    def _destroy(self):
        self.stop_all()
        if self.tcpdump:
            _stop(self.tcpdump, signal.SIGKILL)
        for namespace in self.namespaces:
            pids = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True, check=False)
            for pid in pids.stdout.split():
                try:
                    os.kill(int(pid), signal.SIGKILL)
                except ProcessLookupError:
                    pass
            subprocess.run(["ip", "netns", "del", namespace], check=False, capture_output=True)
        self.namespaces = []
        if os.environ.get("OVERT_LAB_KEEP"):
            print(f"kept {self.directory}")
        else:
            shutil.rmtree(self.directory, ignore_errors=True)

    # --- what scenarios do -----------------------------------------------------------------------------------------

    def path(self, name):
        """A file of this lab; gone with it."""
        return os.path.join(self.directory, name)

    def write(self, name, text):
        """Writes a file of this lab and returns its path."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def run(self, host, argv, expect=(0,), seconds=10, stdin=None, environment=None):
        """Runs a program on a host to its end and returns its output; another exit status is an error."""
        command = ["ip", "netns", "exec", f"{self.prefix}-{host}", *argv]
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=False,
                              input=stdin.encode() if stdin is not None else b"", env=self._environment(environment))
        text = (done.stdout + done.stderr).decode("utf-8", "replace")
        if expect is not None and done.returncode not in expect:
            raise LabError(f"{argv[0]} on {host} exited with {done.returncode}:\n{text[-2000:]}")
        return text

    def start(self, host, argv, environment=None, cwd=None):
        """Starts a program on a host in the background; it is stopped at the latest with the lab."""
        log = self.path(f"{len(self.processes)}-{os.path.basename(argv[0])}.log")
        process = self._spawn(f"{self.prefix}-{host}", argv, log, environment, cwd)
        self.processes.append(process)
        return process

    def wait_listening(self, host, protocol, port):
        """Waits until something on the host listens on the port ("tcp" or "udp")."""
        options = "-Hlnt" if protocol == "tcp" else "-Hanu"
        command = ["ip", "netns", "exec", f"{self.prefix}-{host}", "ss", options]

        def listening():
            lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
            return any(line.split()[3].endswith(f":{port}") for line in lines if len(line.split()) > 3)
        _wait(listening, f"{host} to listen on {protocol} {port}", self.logs)

    def wait_ended(self, process, seconds=30):
        """Waits for a background program and demands that it succeeded."""
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise LabError(f"{process.args} did not end\n{self.logs()}") from error
        if status != 0:
            raise LabError(f"{process.args} exited with {status}\n{self.logs()}")

    def stop(self, process, how=signal.SIGTERM):
        _stop(process, how)

    def stop_all(self):
        for process in reversed(self.processes):
            _stop(process, signal.SIGTERM)
        self.processes = []

    def logs(self):
        """What the background programs said, for error messages."""
        texts = []
        for name in sorted(os.listdir(self.directory)):
            if name.endswith(".log"):
                texts.append(f"--- {name}\n{_read(self.path(name))[-700:]}")
        return "\n".join(texts)

    def _spawn(self, namespace, argv, log, environment=None, cwd=None):
        with open(log, "wb") as out:
            return subprocess.Popen(["ip", "netns", "exec", namespace, *argv], stdin=subprocess.DEVNULL, stdout=out,
                                    stderr=subprocess.STDOUT, env=self._environment(environment), cwd=cwd)

    def _environment(self, extra):
        """What every program of the lab finds; curl, GnuTLS and Python know SSLKEYLOGFILE, OpenSSL the library."""
        secrets = self.path("secrets")
        told = {"LD_PRELOAD": self.keylog, "OVERT_KEYLOG": secrets, "SSLKEYLOGFILE": secrets} if self.keylog else {}
        return {**os.environ, "LC_ALL": "C", **told, **(extra or {})}


def _quiet(argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LabError(f"{' '.join(argv)}: {done.stderr.strip()}")


def _sysctl(namespace, *settings):
    _quiet(["ip", "netns", "exec", namespace, "sysctl", "-qw", *settings])


def _ip(*arguments):
    _quiet(["ip", *arguments])


def _read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as text:
            return text.read()
    except FileNotFoundError:
        return ""


def _stop(process, how):
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(condition, what, explain=lambda: "", seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise LabError(f"waited {seconds} s for {what}\n{explain()}")
        time.sleep(0.05)
