"""RTP, SRTP, RTCP, and Microsoft's TURN around them, as bytes (domain facts C.7 to C.10)."""
import hashlib
import hmac
import ipaddress
import struct
import subprocess

from packets import CLIENT, SERVER

FRAME_BYTES = 160  # 20 ms of G.711
FRAME_US = 20_000
FRAMES_A_REPORT = 50
TAG_BYTES = 10
KEYS = (bytes(range(1, 31)), bytes(range(101, 131)))  # master key(16) and salt(14) of client and server
SSRCS = (0x1EAF5EED, 0x0BADCAFE)


# --- RTP and RTCP ----------------------------------------------------------------------------------------------------

def rtp(ssrc, number, payload, payload_type=0):
    return struct.pack(">BBHII", 0x80, payload_type, 1000 + number, 160 * number, ssrc) + payload


def rtcp(ssrc, packets, cname):
    """A sender report and the source's name."""
    report = struct.pack(">BBHIIIIII", 0x80, 200, 6, ssrc, 0xE9000000 + packets // 50, 0, 160 * packets, packets,
                         packets * FRAME_BYTES)
    chunk = struct.pack(">I", ssrc) + b"\x01" + bytes([len(cname)]) + cname.encode() + b"\0"
    chunk += b"\0" * (-len(chunk) % 4)
    return report + struct.pack(">BBH", 0x81, 202, len(chunk) // 4) + chunk


# --- SRTP (RFC 3711), AES_CM_128_HMAC_SHA1_80 ------------------------------------------------------------------------

def aes_blocks(key, blocks):
    """16-byte blocks, encrypted one by one."""
    done = subprocess.run(["openssl", "enc", "-aes-128-ecb", "-nopad", "-K", key.hex()], input=b"".join(blocks),
                          capture_output=True, check=True)
    return done.stdout


def counters(start, count):
    return [((start + i) % (1 << 128)).to_bytes(16, "big") for i in range(count)]


def derive(master, label, size):
    """A session key (RFC 3711, 4.3)."""
    salt = int.from_bytes(master[16:], "big") ^ label << 48
    return aes_blocks(master[:16], counters(salt << 16, (size + 15) // 16))[:size]


def protect(master, packets, control=False, roll_over=0):
    """SRTP (or SRTCP) packets of the RTP (or RTCP) packets of one source, whose sequence numbers began anew so often."""
    labels = (3, 4, 5) if control else (0, 1, 2)
    key, authentication, salt = (derive(master, label, size) for label, size in zip(labels, (16, 20, 14)))
    head = 8 if control else 12
    blocks, counts = [], []
    for number, packet in enumerate(packets):
        ssrc = int.from_bytes(packet[4:8] if control else packet[8:12], "big")
        index = number + 1 if control else roll_over << 16 | int.from_bytes(packet[2:4], "big")
        start = int.from_bytes(salt, "big") << 16 ^ ssrc << 64 ^ index << 16
        counts.append((len(packet) - head + 15) // 16)
        blocks += counters(start, counts[-1])
    stream, at, out = aes_blocks(key, blocks), 0, []
    for number, (packet, count) in enumerate(zip(packets, counts)):
        hidden = bytes(a ^ b for a, b in zip(packet[head:], stream[at: at + 16 * count]))
        at += 16 * count
        trailer = struct.pack(">I", 1 << 31 | number + 1) if control else b""
        signed = packet[:head] + hidden + trailer
        covered = signed + (b"" if control else struct.pack(">I", roll_over))
        out.append(signed + hmac.new(authentication, covered, hashlib.sha1).digest()[:TAG_BYTES])
    return out


def talk(work, seconds=4, srtp=(False, False), cnames=("alice@contoso.com", "bob@contoso.com"), payload=None,
         roll_over=0, begin=0):
    """What both sides say: [(microseconds after the one before, side, is it RTCP, bytes)]. srtp: of which side; begin:
    frame of the speech that comes first."""
    with open(work.mu_law, "rb") as file:
        speech = file.read()
    spoken, told = [], []
    count = seconds * 1000 // 20
    for side in (CLIENT, SERVER):
        media = [rtp(SSRCS[side], n, payload(n) if payload else
                     speech[(begin + n + 40 * side) * FRAME_BYTES:][:FRAME_BYTES], 127 if payload else 0)
                 for n in range(count)]
        reports = [rtcp(SSRCS[side], n, cnames[side]) for n in range(FRAMES_A_REPORT, count + 1, FRAMES_A_REPORT)]
        spoken.append(protect(KEYS[side], media, roll_over=roll_over) if srtp[side] else media)
        told.append(protect(KEYS[side], reports, control=True) if srtp[side] else reports)
    out = []
    for n in range(count):
        for side in (CLIENT, SERVER):
            out.append((FRAME_US // 2, side, False, spoken[side][n]))
            if n % FRAMES_A_REPORT == FRAMES_A_REPORT - 1:
                out.append((0, side, True, told[side][n // FRAMES_A_REPORT]))
    return out


def over_udp(capture, ends, said):
    """RTP between two (address, port), RTCP between the ports above."""
    for pause, side, control, data in said:
        capture.wait(pause)
        (source, source_port), (target, target_port) = ends[side], ends[1 - side]
        capture.datagram(source, source_port + control, target, target_port + control, data)


def over_tcp(capture, stream, said):
    """RFC 4571: each packet behind its length."""
    for pause, side, _, data in said:
        capture.wait(pause)
        stream.send(side, struct.pack(">H", len(data)) + data)


# --- MS-TURN ---------------------------------------------------------------------------------------------------------

ALLOCATE, SEND, SET_ACTIVE, DATA_INDICATION = 0x0003, 0x0004, 0x0006, 0x0115
RESPONSE, ERROR = 0x0100, 0x0110
MAPPED, USERNAME, INTEGRITY, ERROR_CODE, LIFETIME, BANDWIDTH = 1, 6, 8, 9, 0xD, 0x10
COOKIE, DESTINATION, REMOTE, DATA, NONCE, REALM = 0xF, 0x11, 0x12, 0x13, 0x14, 0x15
CONTROL_FRAME, DATA_FRAME = 2, 3

PSEUDO_CLIENT_HELLO = bytes.fromhex(
    "160301002d0100002903016ab00c80" "6d93dd7e0b45673fec7985fbbc3fd660c2ce8485081b8121bcaa10fb" "00000200180100")
PSEUDO_SERVER_HELLO = bytes.fromhex("160301004e020000460301") + bytes(range(32)) + b"\x20" + bytes(range(32, 64)) + \
    bytes.fromhex("0018000e000000")


def turn_address(address, port):
    return struct.pack(">BBH", 0, 1, port) + ipaddress.ip_address(address).packed


def turn(kind, attributes, number=1):
    """A message: 16-byte transaction id, and the magic cookie as first attribute."""
    body = b""
    for name, value in [(COOKIE, b"\x72\xc6\x4b\xc6"), *attributes]:
        body += struct.pack(">HH", name, len(value)) + value + b"\0" * (-len(value) % 4)
    return struct.pack(">HH", kind, len(body)) + hashlib.md5(bytes([number])).digest() + body


def allocation(relay, peer):
    """The messages with which a client gets a relay address and names its peer: [(side, bytes)]."""
    realm = [(NONCE, b"0123456789abcdef"), (REALM, b'"contoso.com"')]
    proven = [(USERNAME, b"\x02\x00\x00\x24" + b"u" * 32), *realm, (INTEGRITY, hashlib.sha1(b"x").digest())]
    return [
        (CLIENT, turn(ALLOCATE, [(USERNAME, b"\x02\x00\x00\x24" + b"u" * 32)], 1)),
        (SERVER, turn(ALLOCATE | ERROR, [(ERROR_CODE, b"\0\0\x04\x01Unauthorized"), *realm], 1)),
        (CLIENT, turn(ALLOCATE, [(LIFETIME, b"\0\0\x02\x58"), *proven], 2)),
        (SERVER, turn(ALLOCATE | RESPONSE, [(MAPPED, turn_address(*relay)), (LIFETIME, b"\0\0\x02\x58"),
                                            (BANDWIDTH, b"\0\0\x02\0")], 2)),
        (CLIENT, turn(SET_ACTIVE, [(DESTINATION, turn_address(*peer)), *proven], 3)),
        (SERVER, turn(SET_ACTIVE | RESPONSE, [], 3))]


def frame(kind, data):
    """The header of 4 bytes before each message on TCP."""
    return struct.pack(">BBH", kind, 0, len(data)) + data


def over_pseudo_tls(capture, stream, relay, peer, said):
    """Pseudo-TLS, the allocation of a relay address, and then the media inside the TURN connection."""
    stream.send(CLIENT, PSEUDO_CLIENT_HELLO)
    stream.send(SERVER, PSEUDO_SERVER_HELLO)
    for side, message in allocation(relay, peer):
        stream.send(side, frame(CONTROL_FRAME, message))
    for pause, side, _, data in said:
        capture.wait(pause)
        stream.send(side, frame(DATA_FRAME, data))


def over_turn_udp(capture, ends, relay, peer, said, wrapped=False):
    """The allocation on UDP 3478, then media: bare between client and relay, or wrapped in Send and Data Indication."""
    for side, message in allocation(relay, peer)[: 4 if wrapped else 6]:
        capture.datagram(*ends[side], *ends[1 - side], message)
    for number, (pause, side, _, data) in enumerate(said):
        capture.wait(pause)
        if wrapped and side == CLIENT:
            data = turn(SEND, [(DESTINATION, turn_address(*peer)), (DATA, data)], number % 256)
        elif wrapped:
            data = turn(DATA_INDICATION, [(REMOTE, turn_address(*peer)), (DATA, data)], number % 256)
        capture.datagram(*ends[side], *ends[1 - side], data)
