"""SIP trunks inside VPNs of the last century, written byte by byte (RFC 2637, 2661, 1661, 3078): PPTP with MPPE, which is RC4, PPTP
without it, and L2TP alone, which encrypts nothing. (The kernel here has no PPP for programs that speak it.)"""
import struct

from families.microsoft import noise
from packets import CLIENT, SERVER, Capture, checksum, ip_packet
from scenario import Host, Subject, scenario

MED01, GW01 = "10.77.0.40", "10.77.8.50"
INSIDE = ("172.31.7.2", "172.31.7.1")  # addresses of the two ends inside the tunnel
HOSTS = {"med01": Host(MED01, "mediation"), "gw01": Host(GW01, "gateway", trunk="vpn"),
         "near": Host(INSIDE[0]), "far": Host(INSIDE[1])}
PASSWORD = "Trunk-Secret-0815"
MARKER = "sip:+14255550123@172.31.7.1"
INVITE = f"OPTIONS {MARKER} SIP/2.0\r\nVia: SIP/2.0/UDP 172.31.7.2;branch=z9hG4bK1\r\nContent-Length: 0\r\n\r\n".encode()
LCP, IPCP, CCP, PAP, CHAP, IP, MPPE = 0xC021, 0x8021, 0x80FD, 0xC023, 0xC223, 0x0021, 0x00FD
REQUEST, ACK, REJECT = 1, 2, 4
PAP_OPTION, MS_CHAP_2 = b"\x03\x04\xc0\x23", b"\x03\x05\xc2\x23\x81"
MPPE_128 = b"\x12\x06\x01\x00\x00\x40"  # stateless, strong (RFC 3078 2.1)
COOKIE = 0x1A2B3C4D


class Gre:
    """PPP frames in enhanced GRE (RFC 2637 4.1) between the two hosts."""

    def __init__(self, capture):
        self.capture, self.sequence, self.seen = capture, [0, 0], [None, None]

    def send(self, side, protocol, body):
        frame = struct.pack(">BBH", 0xFF, 3, protocol) + body
        acknowledged = self.seen[side]
        flags = 0x3001 | (0x80 if acknowledged is not None else 0)
        header = struct.pack(">HHHHI", flags, 0x880B, len(frame), (0x4001, 0x0007)[side], self.sequence[side])
        header += struct.pack(">I", acknowledged) if acknowledged is not None else b""
        self.sequence[side] += 1
        self.seen[1 - side], self.seen[side] = self.sequence[side] - 1, None
        ends = (MED01, GW01) if side == CLIENT else (GW01, MED01)
        self.capture.add(*ends, raw_ip(*ends, 47, header + frame))


class L2tp:
    """PPP frames in data messages of L2TP (RFC 2661 3.1)."""

    def __init__(self, capture):
        self.capture = capture

    def send(self, side, protocol, body):
        self.datagram(side, struct.pack(">HHHBBH", 0x0002, (21, 3)[side], (77, 9)[side], 0xFF, 3, protocol) + body)

    def datagram(self, side, data):
        ends = (MED01, GW01) if side == CLIENT else (GW01, MED01)
        self.capture.datagram(ends[0], 1701, ends[1], 1701, data)


def raw_ip(source, target, protocol, payload):
    """An IPv4 packet whose payload has no checksum of IP."""
    packet = ip_packet(source, target, protocol, payload + b"\0\0", len(payload))[:-2]
    packet = packet[:2] + struct.pack(">H", len(packet)) + packet[4:10] + b"\0\0" + packet[12:]
    return packet[:10] + struct.pack(">H", checksum(packet[:20])) + packet[12:]


def option(code, identifier, body):
    """RFC 1661 5: a packet of LCP and of what is built like it."""
    return struct.pack(">BBH", code, identifier, 4 + len(body)) + body


def negotiate(link, authentication):
    """LCP, both ways; the server asks for authentication."""
    for side, more in ((CLIENT, b""), (SERVER, authentication)):
        wanted = b"\x01\x04\x05\x78" + more + b"\x05\x06" + noise(f"magic {side}", 4)
        link.send(side, LCP, option(REQUEST, 1, wanted))
        link.send(1 - side, LCP, option(ACK, 1, wanted))


def addresses(link):
    """IPCP, both ways."""
    for side, address in enumerate((bytes([172, 31, 7, 2]), bytes([172, 31, 7, 1]))):
        link.send(side, IPCP, option(REQUEST, 3, b"\x03\x06" + address))
        link.send(1 - side, IPCP, option(ACK, 3, b"\x03\x06" + address))


def ms_chap(link):
    """RFC 2759: challenge, response, success."""
    link.send(SERVER, CHAP, option(1, 1, b"\x10" + noise("challenge", 16) + b"gw01"))
    link.send(CLIENT, CHAP, option(2, 1, b"\x31" + noise("peer", 16) + b"\0" * 8 + noise("answer", 24) + b"\0" + b"trunk"))
    link.send(SERVER, CHAP, option(3, 1, b"S=" + noise("success", 20).hex().upper().encode()))


def signalling(link):
    """OPTIONS each way, readable."""
    for number in range(4):
        ends = INSIDE if number % 2 == 0 else INSIDE[::-1]
        udp = struct.pack(">HHHH", 5060, 5060, 8 + len(INVITE), 0) + INVITE
        link.send(number % 2, IP, ip_packet(*ends, 17, udp, 6))


def pptp_control(capture):
    """RFC 2637 2: control connection and one call."""
    stream = capture.connect(MED01, GW01, 1723)
    names = b"med01".ljust(64, b"\0") + b"overt lab".ljust(64, b"\0")
    said = struct.pack(">IIHH", 3, 3, 0, 1) + names
    stream.send(CLIENT, struct.pack(">HHIHHHH", 156, 1, COOKIE, 1, 0, 0x0100, 0) + said)
    stream.send(SERVER, struct.pack(">HHIHHHBB", 156, 1, COOKIE, 2, 0, 0x0100, 1, 0) + said)
    stream.send(CLIENT, struct.pack(">HHIHHHHIIIIHHHH", 168, 1, COOKIE, 7, 0, 0x0007, 1, 2400, 10_000_000, 3, 3, 64, 0, 0, 0) +
                b"\0" * 128)
    stream.send(SERVER, struct.pack(">HHIHHHHBBHIHHI", 32, 1, COOKIE, 8, 0, 0x4001, 0x0007, 1, 0, 0, 10_000_000, 64, 0, 0))


def l2tp_control(link):
    """RFC 2661 6: tunnel and session."""
    def avp(kind, value):
        return struct.pack(">HHH", 0x8000 | (6 + len(value)), 0, kind) + value

    def control(side, kind, ns, nr, *avps):
        body = b"".join((avp(0, struct.pack(">H", kind)), *avps)) if kind else b""
        tunnel = 0 if kind == 1 else (21, 3)[side]
        session = (77, 9)[side] if kind in (11, 12) else 0
        link.datagram(side, struct.pack(">HHHHHH", 0xC802, 12 + len(body), tunnel, session, ns, nr) + body)

    about = (avp(2, b"\x01\x00"), avp(3, b"\0\0\0\x03"), avp(7, b"med01"))
    control(CLIENT, 1, 0, 0, *about, avp(9, struct.pack(">H", 3)))
    control(SERVER, 2, 0, 1, *about, avp(9, struct.pack(">H", 21)))
    control(CLIENT, 3, 1, 1)
    control(CLIENT, 10, 2, 1, avp(14, struct.pack(">H", 9)), avp(15, b"\0\0\0\x01"))
    control(SERVER, 11, 1, 3, avp(14, struct.pack(">H", 77)))
    control(CLIENT, 12, 3, 2, avp(24, struct.pack(">I", 10_000_000)), avp(19, b"\0\0\0\x03"))
    control(SERVER, 0, 2, 4)


def trunk(name, shows, note, play, inside=False, **more):
    def write(path, work):
        capture = Capture()
        play(capture)
        capture.write(path)
    write.__doc__ = shows
    rows = [Subject("TT-21", "med01", "gw01", "violation", area="policy", note=note)]
    if inside:
        rows.append(Subject("TT-02", "near", "far", "violation", area="policy",
                            note="SIP inside is readable; the policy does not name its ends"))
    scenario(f"oldvpn/{name}", HOSTS, rows, synthetic=True, robust=True, **more)(write)


def pptp(capture, encrypted):
    pptp_control(capture)
    link = Gre(capture)
    negotiate(link, MS_CHAP_2)
    ms_chap(link)
    for side in (CLIENT, SERVER):
        link.send(side, CCP, option(REQUEST, 2, MPPE_128))
        link.send(1 - side, CCP, option(ACK if encrypted else REJECT, 2, MPPE_128))
    addresses(link)
    if not encrypted:
        signalling(link)
        return
    for number in range(6):
        link.send(number % 2, MPPE, struct.pack(">H", 0x9000 | number // 2) + noise(f"data {number}", 180 + 11 * number))


def l2tp(capture):
    link = L2tp(capture)
    l2tp_control(link)
    negotiate(link, PAP_OPTION)
    link.send(CLIENT, PAP, option(1, 1, b"\x05trunk" + bytes([len(PASSWORD)]) + PASSWORD.encode()))
    link.send(SERVER, PAP, option(2, 1, b"\0"))
    addresses(link)
    signalling(link)


trunk("pptp_mppe", "A trunk inside PPTP: MPPE with keys of 128 bits, which is RC4 and keyed by a password (MS-CHAP-v2).",
      "MPPE is RC4, which is weak", lambda capture: pptp(capture, True), hidden=(MARKER,))
trunk("pptp_clear", "A trunk inside PPTP whose peers refuse MPPE: SIP is readable inside GRE.", "nothing is encrypted",
      lambda capture: pptp(capture, False), True, clear=(MARKER,))
trunk("l2tp_pap", "A trunk inside L2TP without IPsec: the password (PAP) and SIP are readable.", "nothing is encrypted",
      l2tp, True, clear=(MARKER, PASSWORD))
