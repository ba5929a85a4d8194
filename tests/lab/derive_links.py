"""Copies of a capture with other links, tunnels and file formats around the same packets.

Each tunnel is a function of one frame that gives the frame as a sensor outside of it would see it, or None where such a
link cannot carry it. Outer addresses are in no zone of the lab's policies.
"""
import ipaddress
import struct
import zlib

import packets
import verdicts
from derive_frames import ETHERNET, IPV4, IPV6, changed, classic, flow, is_upward, network

NULL, PPP, PPP_SERIAL, RAW, CISCO_HDLC, WLAN, LOOP, SLL, RADIOTAP, SLL2 = 0, 9, 50, 101, 104, 105, 108, 113, 127, 276
VLAN, QINQ, MPLS, PPPOE, BRIDGED = 0x8100, 0x88A8, 0x8847, 0x8864, 0x6558
IPIP, UDP, SIXINFOUR, GRE = 4, 17, 41, 47
TUNNEL = ("198.18.7.1", "198.18.7.2")
TUNNEL_MAC = (b"\x02\x07\x07\x07\x07\x01", b"\x02\x07\x07\x07\x07\x02")
TRAILER = bytes.fromhex("000000005a5a5a5a")  # what some switches and taps append


# --- what is put around a packet -------------------------------------------------------------------------------------

def tag(frame, *tags):
    """Puts (ethertype, VLAN id) before the frame's type."""
    inside = b"".join(struct.pack(">HH", ethertype, number) for ethertype, number in tags)
    return changed(frame, data=frame.data[:12] + inside + frame.data[12:], size=frame.size + len(inside))


def relabel(frame, ethertype, data):
    """The frame's addresses with another type and payload."""
    whole = frame.data[:12] + struct.pack(">H", ethertype) + data
    return changed(frame, data=whole, size=len(whole))


def outer(frame, protocol, payload):
    """The frame's direction between the ends of the tunnel."""
    up = is_upward(frame)
    source, target = TUNNEL if up else TUNNEL[::-1]
    addresses = ipaddress.ip_address(source).packed + ipaddress.ip_address(target).packed
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0x4000, 64, protocol, 0) + addresses
    header = header[:10] + struct.pack(">H", packets.checksum(header)) + header[12:]
    macs = TUNNEL_MAC if up else TUNNEL_MAC[::-1]
    data = macs[1] + macs[0] + struct.pack(">H", IPV4) + header + payload
    return changed(frame, data=data, size=len(data))


def over_udp(frame, port, payload, source_port=None):
    """A datagram to the tunnel's port. Without checksum (RFC 7348 4.1); its source tells inner flows apart."""
    hashed = 49152 + zlib.crc32(repr(sorted(flow(frame))).encode()) % 16384
    udp = struct.pack(">HHHH", source_port or hashed, port, 8 + len(payload), 0)
    return outer(frame, UDP, udp + payload)


def ppp(ethertype):
    return struct.pack(">H", 0x0021 if ethertype == IPV4 else 0x0057)


def wlan(ethertype, frame, qos=False):
    """IEEE 802.11 data with LLC and SNAP; the upward side sends to the access point."""
    up = is_upward(frame)
    point, target, source = TUNNEL_MAC[0], frame.data[:6], frame.data[6:12]
    addresses = point + source + target if up else target + point + source
    control = bytes((0x88 if qos else 0x08, 1 if up else 2))
    return control + b"\0\0" + addresses + b"\0\0" + (b"\0\0" if qos else b"") + b"\xaa\xaa\x03\0\0\0" + \
        struct.pack(">H", ethertype)


# --- tunnels: (frame, its ethertype, its IP packet) to a frame or None ------------------------------------------------

def mpls(frame, _ethertype, packet):
    return relabel(frame, MPLS, struct.pack(">II", 16001 << 12 | 255, 299776 << 12 | 1 << 8 | 254) + packet)


def pseudo_wire(control_word):
    def copy(frame, _ethertype, _packet):
        label = struct.pack(">I", 299776 << 12 | 1 << 8 | 254)
        return relabel(frame, MPLS, label + (b"\0\0\0\0" if control_word else b"") + frame.data)
    return copy


def pppoe(frame, ethertype, packet):
    body = ppp(ethertype) + packet
    return relabel(frame, PPPOE, struct.pack(">BBHH", 0x11, 0, 7, len(body)) + body)


def gre(frame, ethertype, packet):
    return outer(frame, GRE, struct.pack(">HH", 0, ethertype) + packet)


def gre_tap(frame, _ethertype, _packet):
    return outer(frame, GRE, struct.pack(">HHI", 0x2000, BRIDGED, 77) + frame.data)


def erspan(version):
    """Type I has no header of its own, II and III do (draft-foschiano-erspan 4)."""
    def copy(frame, _ethertype, _packet):
        sequence = struct.pack(">I", frame.number)
        if version == 1:
            return outer(frame, GRE, struct.pack(">HH", 0, 0x88BE) + frame.data)
        if version == 2:
            head = struct.pack(">HH", 0x1000, 0x88BE) + sequence
            return outer(frame, GRE, head + struct.pack(">HHI", 0x1000 | 12, 5, 3) + frame.data)
        head = struct.pack(">HH", 0x1000, 0x22EB) + sequence
        stamp = frame.time_ns // 100 & 0xFFFFFFFF
        return outer(frame, GRE, head + struct.pack(">HHIHH", 0x2000 | 12, 5, stamp, 0, 0) + frame.data)
    return copy


def vxlan(port):
    def copy(frame, _ethertype, _packet):
        return over_udp(frame, port, struct.pack(">II", 0x08000000, 4242 << 8) + frame.data)
    return copy


def geneve(options):
    def copy(frame, _ethertype, _packet):
        head = struct.pack(">BBHI", len(options) // 4, 0, BRIDGED, 4242 << 8)
        return over_udp(frame, 6081, head + options + frame.data)
    return copy


def ip_in_ip(frame, ethertype, packet):
    return outer(frame, IPIP if ethertype == IPV4 else SIXINFOUR, packet)


def gtp(extended):
    """A user packet (3GPP TS 29.281 5.1); extended: with a PDU session container, as of 5G."""
    def copy(frame, _ethertype, packet):
        extra = b"\0\0\0\x85\x01\x10\x09\0" if extended else b""
        head = struct.pack(">BBHI", 0x34 if extended else 0x30, 0xFF, len(extra) + len(packet), 0xABCD)
        return over_udp(frame, 2152, head + extra + packet, 2152)
    return copy


def teredo(frame, ethertype, packet):
    return over_udp(frame, 3544, packet, 3544) if ethertype == IPV6 else None


def l2tp(with_length):
    """RFC 2661 3.1: flags, length, tunnel, session; then PPP."""
    def copy(frame, ethertype, packet):
        body = b"\xff\x03" + ppp(ethertype) + packet
        head = struct.pack(">HHHH", 0x4002, 8 + len(body), 7, 9) if with_length else struct.pack(">HHH", 2, 7, 9)
        return over_udp(frame, 1701, head + body, 1701)
    return copy


def capwap(frame, ethertype, packet):
    """RFC 5415 4.3: header of two words, 802.11 payload."""
    head = struct.pack(">II", 2 << 19 | 1 << 14 | 1 << 9 | 1 << 8, 0)
    return over_udp(frame, 5247, head + wlan(ethertype, frame) + packet, 24731)


def trailed(frame, _ethertype, packet):
    data = (frame.data[:14] + packet).ljust(60, b"\0") + TRAILER
    return changed(frame, data=data, size=len(data))


def tunnelled(around):
    """All IP packets of a capture in a tunnel; no copy when the tunnel cannot carry one of them."""
    def copy(frames, _chance):
        carried = [(frame, *network(frame)) for frame in frames]
        out = [around(*one) for one in carried if one[1]]
        return out if all(out) else []
    return copy


def tagged(*tags):
    return lambda frames, _chance: [tag(frame, *tags) for frame in frames]


# --- other link types: the header before the IP packet ---------------------------------------------------------------

def under(header):
    """Another link header before the IP packet; frames without IP are left out."""
    def copy(frames, _chance):
        out = []
        for f in frames:
            ethertype, packet = network(f)
            if ethertype:
                data = header(ethertype, f) + packet
                out.append(changed(f, data=data, size=len(data)))
        return out
    return copy


def sll(ethertype, frame):
    return struct.pack(">HHH", 4 * is_upward(frame), 1, 6) + frame.data[6:12] + b"\0\0" + struct.pack(">H", ethertype)


def sll2(ethertype, frame):
    return struct.pack(">HHIHBB", ethertype, 0, 2, 1, 4 * is_upward(frame), 6) + frame.data[6:12] + b"\0\0"


def family(order):
    return lambda ethertype, _frame: struct.pack(order + "I", 2 if ethertype == IPV4 else 30)


def radiotap(ethertype, frame):
    return struct.pack("<BBHI", 0, 0, 8, 0) + wlan(ethertype, frame, qos=True)


def hdlc(ethertype, _frame):
    return struct.pack(">BBH", 0x0F, 0, ethertype)


def framed_ppp(ethertype, _frame):
    return b"\xff\x03" + ppp(ethertype)


def linked(link, order="<"):
    return lambda frames, _folder: classic(frames, link, order)


def as_classic(**how):
    return lambda frames, _folder: classic(frames, **how)


# --- pcapng ----------------------------------------------------------------------------------------------------------

def block(kind, body, order="<"):
    body += b"\0" * (-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def pcapng(frames, interfaces, order="<", secrets=b""):
    """interfaces: [(link type, ticks a second as a power of ten)]; frames: [(interface, frame)]."""
    out = [block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)]
    for link, digits in interfaces:
        resolution = b"" if digits == 6 else struct.pack(order + "HHBxxxHH", 9, 1, digits, 0, 0)
        out.append(block(1, struct.pack(order + "HHI", link, 0, 0) + resolution, order))
    if secrets:
        out.append(block(10, struct.pack(order + "II", 0x544C534B, len(secrets)) + secrets, order))
    for number, f in frames:
        ticks = f.time_ns // 10 ** (9 - interfaces[number][1])
        head = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(f.data), f.size)
        out.append(block(6, head + f.data, order))
    return b"".join(out)


def pcapng_plain(digits, order="<"):
    return lambda frames, _folder: pcapng([(0, f) for f in frames], [(ETHERNET, digits)], order)


def pcapng_of_two(frames, _folder):
    """Each direction on its own interface; the second one counts nanoseconds."""
    return pcapng([(int(is_upward(f)), f) for f in frames], [(ETHERNET, 6), (ETHERNET, 9)])


def pcapng_of_two_links(frames, _folder):
    """One direction on Ethernet, the other as a tunnel interface sees it: IP packets without a link header."""
    split = []
    for f in frames:
        ethertype, packet = network(f)
        bare = bool(ethertype) and is_upward(f)
        split.append((int(bare), changed(f, data=packet, size=len(packet)) if bare else f))
    return pcapng(split, [(ETHERNET, 6), (RAW, 6)])


def pcapng_with_secrets(frames, folder):
    """A decryption secrets block before the packets: the scenario's own key log, or one line that fits nothing."""
    log = folder / verdicts.SECRETS
    secrets = log.read_bytes() if log.exists() else b"CLIENT_RANDOM " + b"5a" * 32 + b" " + b"a5" * 48 + b"\n"
    return pcapng([(0, f) for f in frames], [(ETHERNET, 6)], secrets=secrets)


PLAIN = as_classic()
WITH_SECRETS = "pcapng with secrets"


def same(frames, _chance):
    return frames


# (name, change of the frames, writer of the file): all of them show exactly what the recorded capture shows
LINKS = [
    ("VLAN", tagged((VLAN, 12)), PLAIN), ("priority tag", tagged((VLAN, 5 << 13)), PLAIN),
    ("QinQ", tagged((QINQ, 100), (VLAN, 12)), PLAIN), ("QinQ 8100", tagged((VLAN, 100), (VLAN, 12)), PLAIN),
    ("MPLS", tunnelled(mpls), PLAIN), ("MPLS pseudo-wire", tunnelled(pseudo_wire(False)), PLAIN),
    ("MPLS pseudo-wire, word", tunnelled(pseudo_wire(True)), PLAIN), ("PPPoE", tunnelled(pppoe), PLAIN),
    ("GRE", tunnelled(gre), PLAIN), ("GRE-TAP with key", tunnelled(gre_tap), PLAIN),
    *((f"ERSPAN {'I' * version}", tunnelled(erspan(version)), PLAIN) for version in (1, 2, 3)),
    *((f"VXLAN {port}", tunnelled(vxlan(port)), PLAIN) for port in (4789, 8472)),
    ("GENEVE", tunnelled(geneve(b"")), PLAIN),
    ("GENEVE with option", tunnelled(geneve(bytes.fromhex("0102800100000007"))), PLAIN),
    ("IP in IP", tunnelled(ip_in_ip), PLAIN), ("GTP-U", tunnelled(gtp(False)), PLAIN),
    ("GTP-U, extended", tunnelled(gtp(True)), PLAIN), ("Teredo", tunnelled(teredo), PLAIN),
    ("L2TP", tunnelled(l2tp(False)), PLAIN), ("L2TP with length", tunnelled(l2tp(True)), PLAIN),
    ("CAPWAP", tunnelled(capwap), PLAIN), ("padding and trailer", tunnelled(trailed), PLAIN),
    ("802.11", under(wlan), linked(WLAN)), ("802.11 QoS, radiotap", under(radiotap), linked(RADIOTAP)),
    ("SLL", under(sll), linked(SLL)), ("SLL2", under(sll2), linked(SLL2)),
    ("raw IP", under(lambda ethertype, frame: b""), linked(RAW)),
    ("null", under(family("<")), linked(NULL)), ("null, big endian", under(family(">")), linked(NULL, ">")),
    ("loop", under(family(">")), linked(LOOP)), ("PPP", under(framed_ppp), linked(PPP)),
    ("PPP, HDLC", under(framed_ppp), linked(PPP_SERIAL)), ("Cisco HDLC", under(hdlc), linked(CISCO_HDLC)),
    ("big endian", same, as_classic(order=">")), ("nanoseconds", same, as_classic(nanoseconds=True)),
    ("big endian nanoseconds", same, as_classic(order=">", nanoseconds=True)),
    ("pcapng", same, pcapng_plain(6)), ("pcapng nanoseconds", same, pcapng_plain(9)),
    ("pcapng, big endian", same, pcapng_plain(6, ">")), ("pcapng, two interfaces", same, pcapng_of_two),
    ("pcapng, two link types", same, pcapng_of_two_links), (WITH_SECRETS, same, pcapng_with_secrets),
]
