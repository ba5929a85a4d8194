"""The truth of a recorded scenario by a second way, without overt: tshark opens its TLS under the key log, libsrtp its
media, and what is found is held against what the scenario declares."""
import hashlib
import json
import re
import subprocess
from dataclasses import dataclass, field

import derive_frames
import opened_media

SECRETS = "secrets.keylog"
LINE = re.compile(r"^([A-Z0-9_]+) ([0-9a-f]{64}) ([0-9a-f]+)$", re.MULTILINE)
FINGERPRINT = re.compile(rb"a=fingerprint:sha-256 ([0-9A-Fa-f:]{95})")
# RFC 6347 4.3.2, RFC 5246 7.4.2: an unfragmented Certificate of DTLS 1.2, as far as the first length
DTLS_CERTIFICATE = re.compile(rb"\x16\xfe\xfd.{10}\x0b.{3}..\0\0\0.{3}.{3}(.{3})", re.DOTALL)
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, REQUEST, VERIFY = 1, 2, 11, 13, 15
FIELDS = ("tcp.stream", "ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "tls.handshake.type",
          "tls.handshake.certificates_length")
MUTUAL_ROWS = {"TT-01", "TT-10b", "TT-13", "TT-19"}  # good only if both sides show a certificate
MEDIA_ROWS = {"TT-04", "TT-11a", "TT-11b", "TT-12"}
SENT = {"shown": {REQUEST, CERTIFICATE, VERIFY}, "empty": {REQUEST}, "not requested": set()}
NAMES = {REQUEST: "CertificateRequest", CERTIFICATE: "Certificate of the client", VERIFY: "CertificateVerify"}
PACKAGES = ("gcc", "libsrtp2-dev", "tshark")


@dataclass
class Handshakes:
    """One connection of TLS: who sent which handshake messages, and what was said inside."""
    client: str = ""
    server: str = ""
    by_client: list = field(default_factory=list)
    by_server: list = field(default_factory=list)
    inside: tuple = (b"", b"")  # of both directions, opened

    @property
    def pair(self):
        return frozenset((self.client, self.server))

    @property
    def full(self):
        """Did the server show a certificate? If not, it is a resumption, or a suite without."""
        return CERTIFICATE in self.by_server

    @property
    def sent(self):
        """Those of SENT that are there. An empty Certificate does not count."""
        return ({REQUEST} & set(self.by_server)) | ({CERTIFICATE, VERIFY} & set(self.by_client))


# --- the key log -----------------------------------------------------------------------------------------------------

def lines_of(text):
    """[(label, client random, secret)] of a key log, each once."""
    return list(dict.fromkeys(LINE.findall(text)))


def keep_secrets(folder, text):
    """Writes the lines that belong to connections of the capture as secrets.keylog, or removes an old one."""
    path, capture = folder / SECRETS, folder / "traffic.pcap"
    data, lines = capture.read_bytes(), lines_of(text)
    path.write_text(text, encoding="ascii")  # a random may be in what only tshark opens: QUIC, renegotiation
    seen = tshark(folder, "-T", "fields", "-e", "tls.handshake.random") if lines else ""
    kept = [line for line in lines if bytes.fromhex(line[1]) in data or line[1] in seen]
    path.unlink()
    if kept:
        path.write_text("".join(f"{' '.join(line)}\n" for line in kept), encoding="ascii")


def secrets_of(folder):
    path = folder / SECRETS
    return lines_of(path.read_text(encoding="ascii")) if path.exists() else []


# --- TLS by tshark ---------------------------------------------------------------------------------------------------

def tshark(folder, *options):
    """What tshark prints about the capture under its key log."""
    keys = ["-o", f"tls.keylog_file:{folder / SECRETS}"] if (folder / SECRETS).exists() else []
    command = ["tshark", "-n", "-r", str(folder / "traffic.pcap"), "-o", "tcp.try_heuristic_first:TRUE", *keys]
    return subprocess.run([*command, *options], capture_output=True, text=True, check=True, errors="replace").stdout


def connections_of(folder):
    """The TLS connections of a capture, opened as far as the key log goes. QUIC has none of them."""
    wanted = [part for name in FIELDS for part in ("-e", name)]
    lines = tshark(folder, "-Y", "tls.handshake && tcp", "-T", "fields", *wanted).splitlines()
    found = {}
    for line in lines:
        number, *addresses, types, sizes = line.split("\t")
        source, target = addresses[0] or addresses[1], addresses[2] or addresses[3]
        types, sizes = [[int(value, 0) for value in text.split(",") if value] for text in (types, sizes)]
        one = found.setdefault(number.split(",")[0], Handshakes(source, target))
        if types[:1] == [CLIENT_HELLO] and not one.by_client:
            one.client, one.server = source, target
        for kind in types:
            empty = kind == CERTIFICATE and (sizes.pop(0) if sizes else 0) == 0
            if not empty:
                (one.by_client if source == one.client else one.by_server).append(kind)
    follow = [part for number in found for part in ("-z", f"follow,tls,raw,{number}")]
    texts = tshark(folder, "-q", *follow).split("Follow: tls,raw")[1:] if found else []
    for text in texts:
        number = re.search(r"Filter: tcp\.stream eq (\d+)", text)[1]
        found[number].inside = tuple(bytes.fromhex("".join(re.findall(rf"^{tab}([0-9a-f]+)$", text, re.MULTILINE)))
                                     for tab in ("", "\t"))
    return list(found.values())


def inside_quic(folder):
    """What HTTP/3 carried."""
    text = tshark(folder, "-Y", "quic.stream_data", "-T", "fields", "-e", "quic.stream_data")
    return bytes.fromhex("".join(re.findall(r"[0-9a-f]+", text)))


def check_mutual(subject, connections, readable):
    """Complaints about a row that is good only if both sides show a certificate. connections: of its pair. readable:
    the suite does not encrypt."""
    wanted = subject.get("secrets") or subject["verdict"]
    full = [c for c in connections if c.full]
    good = [c for c in full if c.sent == SENT["shown"]]
    hidden = any(not c.inside[0] and not c.full for c in connections)
    if wanted in ("compliant", "weak") and len(good) < len(full) or (not full and wanted == "compliant" and not hidden):
        return [f"{subject['row']} is {wanted}, but {len(good)} of {len(full)} handshakes are mutual"]
    used = full and len(good) == len(full) and all(c.inside[0] and c.inside[1] for c in connections)
    trusted = subject["row"] != "TT-19"  # a partner may be mutual and not trusted
    if wanted == "violation" and used and trusted and not readable:
        return [f"{subject['row']} is {wanted}, but all {len(good)} handshakes are mutual, and what follows is hidden"]
    return []


def check_declared(subject, connections):
    """Complaints about what a subject says of the client's certificate. connections: of its pair."""
    declared = subject.get("client_certificate")
    full = [c for c in connections if c.full]
    if not declared:
        return []
    if not full:
        return [f"the client's certificate is declared {declared}, but no handshake can be read"]
    bad = []
    for one in full:
        bad += [f"{NAMES[kind]} is missing" for kind in SENT[declared] - one.sent]
        bad += [f"{NAMES[kind]} should not be there" for kind in one.sent - SENT[declared]]
    return [f"{subject['client']} -> {subject['server']}: {text}" for text in dict.fromkeys(bad)]


def check_inside(truth, inside):
    """Complaints about hidden texts that are not where they are said to be hidden."""
    return [f"{text!r} is not in what was opened" for text in truth.get("inside", truth["hidden"])
            if text.encode() not in inside]


# --- media -----------------------------------------------------------------------------------------------------------

BAD_STATES = {"clear", "null", "partly", "unauthenticated", "readable", "closed in part"}


def is_announced(frames, texts):
    """Is every certificate that DTLS shows in clear the one of some fingerprint (SHA-256) in the SDP, if there are any?"""
    announced = {pairs.replace(b":", b"").lower().decode() for text in texts for pairs in FINGERPRINT.findall(text)}
    shown = [match for f in frames for match in DTLS_CERTIFICATE.finditer(f.data)]
    leaves = [m.string[m.end(): m.end() + int.from_bytes(m[1], "big")] for m in shown]
    return not announced or all(hashlib.sha256(leaf).hexdigest() in announced for leaf in leaves)


def check_media(subject, streams, knowable, announced=True):
    """Complaints about a row on media. knowable: its keys, if it has any, should be known. announced: whoever showed a
    certificate is who the signalling said."""
    row, wanted = subject["row"], subject["verdict"]
    states = sorted({s.state for s in streams if s.pair == {subject["client"], subject["server"]}})
    what = f"{row} is {wanted}, but the media is {' and '.join(states)}"
    if not states:
        return []
    if wanted == "compliant" and set(states) & (BAD_STATES | ({"closed"} if knowable else set())):
        return [what]
    if row == "TT-04" and wanted == ("violation" if announced else "compliant") and set(states) <= {"srtp"}:
        return [what]
    if row == "TT-11a" and ((wanted == "none" and "clear" in states) or (wanted == "exempt" and states == ["srtp"])):
        return [what]
    return []


def media_of(folder, frames, connections, program):
    """The RTP streams of a capture, opened."""
    streams = opened_media.streams_of(frames)
    if streams:
        keys = opened_media.keys_in((folder / "traffic.pcap").read_bytes(), "capture")
        keys += [key for c in connections for data in c.inside for key in opened_media.keys_in(data, "tls")]
        keys += opened_media.dtls_keys(frames, secrets_of(folder)) + opened_media.known_keys()
        opened_media.open_streams(program, streams, keys)
    return streams


def check_sense(streams):
    """Complaints about packets that authenticate, and in which no speech can be heard. Only G.711 tells that surely."""
    return [f"the media of {s.source} is opened, and is no speech" for s in streams
            if s.state in ("srtp", "readable") and s.packets[0][1] & 127 in opened_media.G711
            and not opened_media.heard(list(s.opened.values()))]


# --- all of it -------------------------------------------------------------------------------------------------------

def verify(folder, program):
    """(what was found, complaints) of a recorded scenario. program: srtpopen."""
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    connections = connections_of(folder)
    frames = derive_frames.read(folder / "traffic.pcap") or []
    streams = media_of(folder, frames, connections, program)
    data, texts = (folder / "traffic.pcap").read_bytes(), [part for c in connections for part in c.inside]
    unanswered = opened_media.is_unanswered(frames)
    knowable = not truth["synthetic"] and any(b"inline:" in text for text in [data, *texts])
    knowable = knowable or unanswered or bool(opened_media.dtls_keys(frames, secrets_of(folder)))
    bad = ["DTLS was begun, and never answered"] if unanswered and streams else []
    for subject in truth["subjects"]:
        between = [c for c in connections if c.pair == {subject["client"], subject["server"]}]
        if subject["row"] in MUTUAL_ROWS:
            bad += check_mutual(subject, between, bool(truth["clear"]))
        if subject["row"] in MEDIA_ROWS:
            bad += check_media(subject, streams, knowable, is_announced(frames, [data, *texts]))
        bad += check_declared(subject, between)
    if secrets_of(folder):
        bad += check_inside(truth, b"\n".join([*texts, inside_quic(folder)]))
    bad += check_sense(streams)
    opened = sum(bool(c.inside[0] or c.inside[1]) for c in connections)
    packets, total = sum(len(s.opened) for s in streams), sum(len(s.packets) for s in streams)
    states = ", ".join(sorted({s.state for s in streams})) or "no RTP"
    return f"{opened} of {len(connections)} TLS connections, {packets} of {total} RTP packets opened: {states}", bad
