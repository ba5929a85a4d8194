#!/usr/bin/python3
"""Is what overt opens under a key log what tshark opens under the same one?

  tests/golden/opened.py OVERT_BINARY [--all] [CAPTURE...]

For each capture of pcaps/ with a secrets.keylog and, when it is there, each of ../shared/corpus with secrets inside, both
programs read the capture, and for each connection this is compared: is it opened, version, cipher suite, SNI, ALPN,
SHA-256 of both sides' certificates, whether the server asked for one and what the client showed, and the requests of
SIP (by method) and HTTP/1 inside. CLOSED names what tshark does not open.
--all: every capture, not every sixth.

Exit 0: they agree. 1: not. 2: bad usage. 77: tshark is not there.
"""
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PCAPS = ROOT / "pcaps"
CORPUS = ROOT.parent / "shared" / "corpus"
KEYLOG = "secrets.keylog"
SECRETS_BLOCK = (b"\x0a\x00\x00\x00", b"\x00\x00\x00\x0a")  # pcapng: Decryption Secrets Block
LABEL = re.compile(rb"(?:CLIENT_RANDOM|[A-Z]+_TRAFFIC_SECRET(?:_0)?) [0-9a-fA-F]{64} ")
SAMPLE = 6
SECONDS = 300
SKIPPED = 77
SANITIZER_STATUS = 99
GOOD_STATUS = (0, 1, 3)
CLIENT_HELLO, SERVER_HELLO, ENCRYPTED_EXTENSIONS, CERTIFICATE, REQUEST, FINISHED = 1, 2, 8, 11, 13, 20
RETRY = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
VERSIONS = {0x0300: "SSLv3", 0x0301: "TLSv1.0", 0x0302: "TLSv1.1", 0x0303: "TLSv1.2", 0x0304: "TLSv1.3",
            0xfeff: "DTLSv1.0", 0xfefd: "DTLSv1.2", 0xfefc: "DTLSv1.3"}
# (protocol, part of the suite's name): records that tshark 4.0 leaves closed. That overt opened them is no mistake: they are authenticated.
CLOSED = {("tls", "_ARIA_"): "libgcrypt has no ARIA", ("dtls", "_ARIA_"): "libgcrypt has no ARIA",
          ("dtls", "_CHACHA20_"): "tshark takes the explicit nonce of AES-GCM for granted in DTLS"}


@dataclass
class Connection:
    """What tshark saw of one connection; sides are (address, port)."""
    first: int
    client: tuple
    facts: dict = field(default_factory=dict)
    chains: dict = field(default_factory=dict)
    asked: bool = False
    inside: Counter = field(default_factory=Counter)


def captures(everything):
    """[(capture, key log or None)]"""
    found = [(path, path.parent / KEYLOG) for path in sorted(PCAPS.glob("*/*/traffic.pcap"))
             if (path.parent / KEYLOG).exists()]
    found = found if everything else found[::SAMPLE]
    if not CORPUS.exists():
        print("opened: ../shared/corpus is not there: only pcaps/ is compared", file=sys.stderr)
        return found
    inside = [path for path in sorted(CORPUS.glob("*/*.pcapng*")) if path.is_file()]
    return found + [(path, None) for path in inside if has_secrets(path.read_bytes())]


def has_secrets(content):
    return content[:4] == b"\x0a\x0d\x0d\x0a" and any(block in content for block in SECRETS_BLOCK) \
        and LABEL.search(content) is not None


# --- tshark ----------------------------------------------------------------------------------------------------------

def number_of(element, name):
    for item in element.iter("field"):
        if item.get("name") == name and item.get("value"):
            return int(item.get("value"), 16)
    return None


def all_of(element, name, attribute):
    return [item.get(attribute) for item in element.iter("field") if item.get("name") == name and item.get(attribute)]


def ends_of(packet):
    """((address, port), (address, port)) of sender and receiver, innermost."""
    fields = {}
    for proto in packet.findall("proto"):
        if proto.get("name") in ("ip", "ipv6", "tcp", "udp"):
            for item in proto.iter("field"):
                fields[item.get("name")] = item.get("show")
            fields["l3"] = proto.get("name") if proto.get("name").startswith("ip") else fields.get("l3")
            fields["l4"] = proto.get("name") if proto.get("name") in ("tcp", "udp") else fields.get("l4")
    if not fields.get("l3") or not fields.get("l4"):
        return None, None
    return tuple((fields[f"{fields['l3']}.{end}"], int(fields[f"{fields['l4']}.{end}port"])) for end in ("src", "dst"))


def read_message(one, sender, message, prefix):
    """One handshake message into its connection. In QUIC and TLS the names begin with tls, in DTLS with dtls."""
    kind = number_of(message, f"{prefix}.handshake.type")
    if kind == CLIENT_HELLO:
        one.client = sender
        names = all_of(message, f"{prefix}.handshake.extensions_server_name", "show")
        one.facts.update({"sni": names[0]} if names else {})
    elif kind == SERVER_HELLO and RETRY not in all_of(message, f"{prefix}.handshake.random", "value"):
        suite = re.search(r"Cipher Suite: (\S+) ", next(iter(all_of(message, f"{prefix}.handshake.ciphersuite", "showname"))))
        later = number_of(message, f"{prefix}.handshake.extensions.supported_version")
        version = later or number_of(message, f"{prefix}.handshake.version")
        one.facts.update(version=VERSIONS.get(version, hex(version)), cipher=suite[1])
    if kind in (SERVER_HELLO, ENCRYPTED_EXTENSIONS):
        chosen = all_of(message, f"{prefix}.handshake.extensions_alpn_str", "show")
        one.facts.update({"alpn": chosen[0]} if chosen else {})
    if kind == CERTIFICATE and sender is not None:
        one.chains[sender] = [hashlib.sha256(bytes.fromhex(der)).hexdigest()
                              for der in all_of(message, f"{prefix}.handshake.certificate", "value")]
    one.asked |= kind == REQUEST
    one.facts["opened"] = one.facts.get("opened", False) or kind in (ENCRYPTED_EXTENSIONS, FINISHED)


def read_packet(found, packet):
    sender, receiver = ends_of(packet)
    general = {item.get("name"): item.get("show") for item in packet.iter("field") if item.get("name") in
               ("frame.number", "tcp.stream", "udp.stream")}
    stream = (general.get("tcp.stream"), general.get("udp.stream"))
    if sender is None:
        return
    secured = {"tls", "dtls", "quic"} & {item.get("name") for item in packet.iter("proto")}
    if not secured and stream not in found:
        return
    one = found.setdefault(stream, Connection(int(general["frame.number"]), sender))
    one.server = receiver if one.client == sender else sender
    for item in packet.iter("field"):
        if item.get("name") in ("tls.handshake", "dtls.handshake") and item.find("field") is not None:
            read_message(one, sender, item, item.get("name").split(".")[0])
    if secured and "websocket" not in {item.get("name") for item in packet.iter("proto")}:
        one.inside.update(f"sip {method}" for method in all_of(packet, "sip.Method", "show"))
        one.inside.update("http" for _ in all_of(packet, "http.request.method", "show"))


def decode_as(records):
    """Which ports carry what inside: tshark goes by ports, and only what it finds there is compared."""
    return [part for choice in sorted({f"tls.port=={record['server']['port']},{record['carries']}" for record in records
                                       if record.get("app") == "tls" and record.get("carries") in ("sip", "http")})
            for part in ("-d", choice)]


def by_tshark(path, keylog, records):
    """What tshark says: [Connection]."""
    keys = ["-o", f"tls.keylog_file:{keylog}"] if keylog else []
    command = ["tshark", "-n", "-r", str(path), "-o", "tcp.try_heuristic_first:TRUE",
               "-o", "sdp.establish_conversation:FALSE", *keys, *decode_as(records), "-Y", "tls || dtls || quic",
               "-T", "pdml"]
    done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    found = {}
    for packet in ElementTree.fromstring(done.stdout):
        if packet.tag == "packet":
            read_packet(found, packet)
    return list(found.values())


# --- overt -----------------------------------------------------------------------------------------------------------

def by_overt(overt, path, keylog):
    """What overt says: flow records."""
    options = {name: f"exitcode={SANITIZER_STATUS}" for name in ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS")}
    keys = ["--keylog", keylog] if keylog else []
    with tempfile.TemporaryDirectory(prefix="overt-opened-") as folder:
        flows = Path(folder) / "flows"
        done = subprocess.run([overt, "audit", "--quiet", "--flows", flows, "--out", "/dev/null", *keys, path],
                              timeout=SECONDS, capture_output=True, check=False, env={**os.environ, **options})
        if done.returncode not in GOOD_STATUS:
            raise RuntimeError(f"exit status {done.returncode}")
        records = [json.loads(line) for line in flows.read_text().splitlines() if '"type":"flow"' in line]
    return [record for record in records if record["type"] == "flow"]


def section_of(record):
    return next((record[name] for name in ("tls", "dtls", "quic") if name in record), {})


def facts_of_overt(record):
    tls = section_of(record)
    facts = {name: tls.get(name) for name in ("version", "cipher", "sni", "alpn")}
    facts["opened"] = tls.get("decrypted", False)
    facts["server_chain"] = [one["sha256"] for one in tls.get("server_chain", [])]
    facts["client_chain"] = [one["sha256"] for one in tls.get("client_chain", [])]
    facts["requested"] = tls.get("certificate_requested", False)
    inside = {f"sip {name}": count for name, count in record.get("sip", {}).get("methods", {}).items()
              if record["sip"].get("decrypted") and record["sip"].get("transport") != "wss"}
    if record.get("http", {}).get("decrypted"):
        inside["http"] = record["http"]["requests"]
    facts["inside"] = inside
    return facts


def facts_of_tshark(one, record):
    client = (record["client"]["ip"], record["client"].get("port"))
    server = (record["server"]["ip"], record["server"].get("port"))
    facts = {name: one.facts.get(name) for name in ("version", "cipher", "sni", "alpn")}
    facts["opened"] = one.facts.get("opened", False)
    facts["server_chain"] = one.chains.get(server, [])
    facts["client_chain"] = one.chains.get(client, [])
    facts["requested"] = one.asked
    facts["inside"] = dict(one.inside)
    return facts


def match(records, one):
    """The record of a connection: of the same ends and time."""
    for record in records:
        ends = {(record[side]["ip"], record[side].get("port")) for side in ("client", "server")}
        if ends == {one.client, one.server} and record["packet_first"] <= one.first <= record["packet_last"]:
            return record
    return None


def is_closed(record):
    """Does tshark leave it closed, whatever the key log says?"""
    suite = section_of(record).get("cipher", "")
    return any(protocol in record and part in suite for protocol, part in CLOSED)


def compare(overt, path, keylog):
    """(connections compared, those that both opened, those that overt alone can open, complaints) of one capture."""
    name = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path.relative_to(CORPUS))
    records, complaints, compared, opened, known = by_overt(overt, path, keylog), [], 0, 0, 0
    for one in by_tshark(path, keylog, records):
        record = match(records, one)
        if record is None or "version" not in one.facts and not section_of(record):
            complaints += [f"{name}: packet {one.first}: overt has no such flow"] if record is None else []
            continue
        ours, theirs = facts_of_overt(record), facts_of_tshark(one, record)
        compared, opened = compared + 1, opened + theirs["opened"]
        if section_of(record).get("resumed"):  # its certificates are those of the session before it
            theirs.update(server_chain=ours["server_chain"], client_chain=ours["client_chain"])
        if "dtls" in record:  # tshark reads nothing inside of it but RTP
            theirs["inside"] = ours["inside"]
        if not theirs["opened"] and is_closed(record):
            known += 1
            theirs.update(opened=ours["opened"], inside=ours["inside"])
        complaints += [f"{name}: packet {one.first}: {fact}: overt {ours[fact]}, tshark {theirs[fact]}"
                       for fact in ours if ours[fact] != theirs[fact]]
    return compared, opened, known, complaints


def main(arguments):
    everything = "--all" in arguments
    arguments = [argument for argument in arguments if argument != "--all"]
    if not arguments:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    if shutil.which("tshark") is None:
        print("opened: SKIPPED: tshark is not installed", file=sys.stderr)
        return SKIPPED
    chosen = [(path, path.parent / KEYLOG if (path.parent / KEYLOG).exists() else None)
              for path in (Path(argument).resolve() for argument in arguments[1:])] or captures(everything)
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda pair: compare(os.path.abspath(arguments[0]), *pair), chosen))
    complaints = [complaint for result in results for complaint in result[3]]
    print("\n".join(complaints))
    print(f"{len(chosen)} captures, {sum(result[0] for result in results)} connections, "
          f"{sum(result[1] for result in results)} of them opened by both, {sum(result[2] for result in results)} by overt "
          f"alone, {len(complaints)} disagreements")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
