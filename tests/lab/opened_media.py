"""RTP and SRTP of a recorded scenario, without overt: each packet is opened by libsrtp under every key that is known.

Keys come from SDP that is readable in the capture, from SDP in TLS that the key log opens, from DTLS (RFC 5764) under
the key log, and from the senders of the lab, whose keys are fixed."""
import base64
import binascii
import hashlib
import hmac
import re
import struct
import subprocess
from dataclasses import dataclass, field

import call_truth
import derive_frames
import media
import srtp_calls
import srtp_gst

LEAST_PACKETS = 10  # of one stream: fewer prove nothing
HEARD_PACKETS = 4  # fewer may look like anything
SAMPLES = 5  # packets of a stream that every key is tried on
CRYPTO = re.compile(rb"a=crypto:\d+ (\w+) inline:([A-Za-z0-9+/=]{38,88})((?:\|[^\s|]+)*)")
BY_SIZE = {28: ["AEAD_AES_128_GCM"], 30: ["AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"],
           38: ["AES_192_CM_HMAC_SHA1_80", "AES_192_CM_HMAC_SHA1_32"],
           44: ["AEAD_AES_256_GCM"], 46: ["AES_256_CM_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_32"]}
UNAUTHENTICATED = "AES_CM_128_NULL_AUTH"
PROFILES = {1: (16, 14), 2: (16, 14), 5: (16, 14), 6: (16, 14), 7: (16, 12), 8: (32, 12)}  # bytes of key and salt
LAB_MKI = "00000001"
CONCENTRATED = 0.6  # of first payload bytes: a codec's header; SRTP has 0.01
G711 = (0, 8)


@dataclass
class Stream:
    """One RTP source from one address to another."""
    source: str
    target: str
    packets: list = field(default_factory=list)
    opened: dict = field(default_factory=dict)  # number of the packet: as libsrtp opened it
    keys: set = field(default_factory=set)  # where the keys that opened it come from

    @property
    def pair(self):
        return frozenset((self.source, self.target))

    @property
    def closed(self):
        """The packets that no key opens."""
        return [packet for number, packet in enumerate(self.packets) if number not in self.opened]

    @property
    def is_early(self):
        """Are the closed packets those before DTLS was over? gstreamer protects these under a key that nobody knows."""
        first = min(self.opened)
        return ("dtls" in self.keys and first < len(self.packets) / 2 and len(self.closed) == first
                and not (first >= HEARD_PACKETS and heard(self.closed)))

    @property
    def state(self):
        """clear, null (authenticated, and heard all the same), unauthenticated, partly, readable (SRTP whose keys stand
        in the capture), srtp, or closed: nobody knows."""
        if not self.opened:
            return "clear" if heard(self.packets) else "closed"
        if heard([self.packets[number] for number in self.opened]):
            return "null"
        if self.closed and not self.is_early:
            return "partly" if heard(self.closed) else "closed in part"
        if "unauthenticated" in self.keys:
            return "unauthenticated"
        return "readable" if "capture" in self.keys else "srtp"


# --- packets ---------------------------------------------------------------------------------------------------------

def datagrams(frames):
    """(source, target, payload) of UDP, and of RTP that is framed in TCP (RFC 4571)."""
    streams = {}
    for frame in frames:
        (source, port), (target, peer_port) = derive_frames.ends(frame)
        ethertype, packet = derive_frames.network(frame)
        if not ethertype or not port:
            continue
        at = (packet[0] & 15) * 4 if ethertype == derive_frames.IPV4 else 40
        if (packet[9] if ethertype == derive_frames.IPV4 else packet[6]) == 17:
            yield from unwrapped(source, target, packet[at + 8:])
        elif len(packet) > at + 20:
            sequence = struct.unpack_from(">I", packet, at + 4)[0]
            payload = packet[at + (packet[at + 12] >> 4) * 4:]
            streams.setdefault((source, port, target, peer_port), {}).setdefault(sequence, payload)
    for (source, _, target, _), segments in streams.items():
        data = b"".join(payload for _, payload in sorted(segments.items()))
        for payload in framed(data):
            yield source, target, payload


def unwrapped(source, target, payload):
    """TURN ChannelData (RFC 8656 12.4) holds another datagram."""
    if len(payload) > 16 and 0x40 <= payload[0] <= 0x4F:
        size = int.from_bytes(payload[2:4], "big")
        payload = payload[4:4 + size] if size + 4 <= len(payload) else payload
    yield source, target, payload


def framed(data):
    """What stands after lengths, where it is RTP from the first one on."""
    at = 0
    while at + 14 <= len(data):
        size = int.from_bytes(data[at: at + 2], "big")
        packet = data[at + 2: at + 2 + size]
        if not is_rtp(packet) and not (at and len(packet) == size):
            return
        yield packet
        at += 2 + size


def is_rtp(payload):
    """RTP by its first two bytes (RFC 5761: no RTCP)."""
    return len(payload) >= 13 and payload[0] >> 6 == 2 and not 64 <= payload[1] & 127 <= 95


def streams_of(frames):
    """The RTP streams of a capture; what only looks like one, for its numbers do not count, is left out."""
    found = {}
    for source, target, payload in datagrams(frames):
        if is_rtp(payload):
            key = source, target, payload[8:12], payload[1] & 127
            found.setdefault(key, Stream(source, target)).packets.append(payload)
    return [s for s in found.values() if len(s.packets) >= LEAST_PACKETS and counts_up(s.packets)]


def counts_up(packets):
    numbers = [int.from_bytes(packet[2:4], "big") for packet in packets]
    steps = [(b - a) & 0xFFFF for a, b in zip(numbers, numbers[1:])]
    return sum(step in (1, 2, 3) for step in steps) > len(steps) * 0.7


def payload_of(packet):
    """What follows the RTP header."""
    at = 12 + 4 * (packet[0] & 15)
    if packet[0] & 0x10:
        at += 4 + 4 * int.from_bytes(packet[at + 2: at + 4], "big")
    return packet[at:]


def heard(packets):
    """Can the media be understood? G.711 by its uneven bytes, other codecs by the first byte of their payload."""
    payloads = [payload for payload in map(payload_of, packets) if payload]
    if not payloads:
        return False
    if packets[0][1] & 127 in G711:
        return call_truth.is_speech([b"\0" * 12 + payload for payload in payloads])
    first = [payload[0] for payload in payloads]
    return max(map(first.count, set(first))) > CONCENTRATED * len(first)


# --- keys ------------------------------------------------------------------------------------------------------------

def keys_in(data, where):
    """[(suite, key, mki, where)] of the a=crypto lines in some bytes."""
    found = []
    for suite, text, parameters in CRYPTO.findall(data):
        try:
            key = base64.b64decode(text + b"=" * (-len(text) % 4))
        except binascii.Error:
            continue
        identifier = re.search(rb"\|(\d+):(\d+)", parameters)
        mki = f"{int(identifier[1]):0{2 * int(identifier[2])}x}" if identifier else "-"
        names = [suite.decode(), *BY_SIZE.get(len(key), [])]  # the SDP may say one thing and the sender do another
        found += [(name, key.hex(), mki, where) for name in dict.fromkeys(names)]
        found += [(UNAUTHENTICATED, key.hex(), "-", where)] if len(key) == 30 else []
    return found


def known_keys():
    """The fixed keys of srtpsend and gstreamer."""
    keys = [media.CALLER_KEY, media.ANSWER_KEY]
    keys += [srtp_calls.key_of(side, policy) for side in ("caller", "callee") for policy in srtp_calls.SUITES]
    keys += [srtp_gst.key_of(side, suite) for side in (0, 1) for suite in srtp_gst.SUITES]
    found = []
    for key in dict.fromkeys(keys):
        suites = BY_SIZE[len(key) // 2]
        found += [(suite, key, mki, "lab") for suite in suites for mki in ("-", LAB_MKI)]
        found += [(UNAUTHENTICATED, key, "-", "lab")] if len(key) == 60 else []
    return found


def expand(secret, seed, size, digest):
    """P_hash of TLS 1.2 (RFC 5246 5)."""
    out, a = b"", seed
    while len(out) < size:
        a = hmac.new(secret, a, digest).digest()
        out += hmac.new(secret, a + seed, digest).digest()
    return out[:size]


def dtls_keys(frames, secrets):
    """The SRTP keys of DTLS 1.2 handshakes (RFC 5764 4.2), both directions."""
    masters = {random: bytes.fromhex(value) for label, random, value in secrets if label == "CLIENT_RANDOM"}
    clients, found = [], []
    for _, _, data in datagrams(frames):
        if len(data) < 60 or data[0] != 22 or data[1] != 0xFE or data[3:5] != b"\0\0":
            continue
        random = data[27:59]
        if data[13] == 1 and random.hex() in masters and random not in clients:
            clients.append(random)
        if data[13] == 2:
            suite, profile = chosen_by(data[25:])
            for client in clients if profile else ():
                found += exported(masters[client.hex()], client + random, profile, suite)
    return found


def is_unanswered(frames):
    """Did DTLS begin, and nobody answer it?"""
    kinds = {data[13] for _, _, data in datagrams(frames) if len(data) > 25 and data[0] == 22 and data[1] == 0xFE}
    return 1 in kinds and 2 not in kinds


def chosen_by(hello):
    """(cipher suite, SRTP profile or None) of a ServerHello."""
    at = 35 + hello[34]
    suite = int.from_bytes(hello[at: at + 2], "big")
    use_srtp = hello.find(b"\x00\x0e\x00\x05\x00\x02", at)
    return suite, int.from_bytes(hello[use_srtp + 6: use_srtp + 8], "big") if use_srtp > 0 else None


def exported(master, randoms, profile, suite):
    """The keys that both sides send with."""
    key, salt = PROFILES.get(profile, (16, 14))
    digest = hashlib.sha384 if suite in (0xC02C, 0xC030, 0x009D, 0x009F) else hashlib.sha256
    block = expand(master, b"EXTRACTOR-dtls_srtp" + randoms, 2 * (key + salt), digest)
    keys = [block[i * key: (i + 1) * key] + block[2 * key + i * salt: 2 * key + (i + 1) * salt] for i in (0, 1)]
    return [(name, one.hex(), "-", "dtls") for one in keys for name in BY_SIZE[key + salt]]


# --- opening ---------------------------------------------------------------------------------------------------------

class Opener:
    """srtpopen, all of whose questions are asked at once."""

    def __init__(self, program):
        self.program = program
        self.sessions = {}

    def ask(self, questions):
        """The opened packets, or None. questions: [(session, key, packet)]; session: anything that names it."""
        lines = [" ".join((str(self.sessions.setdefault((session, key), len(self.sessions))), *key[:3], packet.hex()))
                 for session, key, packet in questions]
        self.sessions = {}
        done = subprocess.run([self.program], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
        return [None if line == "-" else bytes.fromhex(line) for line in done.stdout.splitlines()]


def open_streams(program, streams, keys):
    """Opens what can be opened of each stream."""
    opener = Opener(program)
    keys = list({key[:3]: key for key in reversed(keys)}.values())  # where a key comes from: the first one counts
    authentic = [key for key in keys if key[0] != UNAUTHENTICATED]
    for number, stream in enumerate(streams):
        samples = stream.packets[:: max(1, len(stream.packets) // SAMPLES)]
        questions = [((number, packet), key, packet) for key in authentic for packet in samples]
        answers = opener.ask(questions) if questions else []
        fitting = {key for (_, key, _), answer in zip(questions, answers) if answer is not None}
        for key in fitting:
            answers = opener.ask([(number, key, packet) for packet in stream.packets])
            stream.opened.update((i, answer) for i, answer in enumerate(answers) if answer is not None)
            stream.keys.add(key[3])
        if not fitting and not heard(stream.packets):
            open_unauthenticated(opener, stream, [key for key in keys if key[0] == UNAUTHENTICATED])


def open_unauthenticated(opener, stream, keys):
    """Without a tag only the sense of what comes out tells the right key."""
    for key in keys:
        answers = opener.ask([(0, key, packet) for packet in stream.packets])
        if None not in answers and heard(answers):
            stream.opened = dict(enumerate(answers))
            stream.keys |= {key[3], "unauthenticated"}
            return
