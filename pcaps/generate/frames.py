"""Every link and tunnel that overt takes off, around one datagram: a golden capture and the vectors of a unit test.

  pcaps/generate/frames.py            writes pcaps/frames/tunnels/traffic.pcap and tests/unit/frame_vectors.h

The capture repeats the first SIP request over UDP of pcaps/sip/udp_register_call_rtp_pcmu and its answer once for
each tunnel, each time from another port, so that each tunnel has a flow of its own. Needs nothing but Python; run it again after a change here."""
import os
import struct

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOURCE = os.path.join(ROOT, "pcaps", "sip", "udp_register_call_rtp_pcmu", "traffic.pcap")
MACS = bytes.fromhex("020000000002020000000001")
OUTER = (bytes([192, 0, 2, 5]), bytes([198, 51, 100, 6]))
OUTER6 = (bytes.fromhex("20010db8" + "00" * 11 + "05"), bytes.fromhex("20010db8" + "00" * 11 + "06"))
TEREDO = (bytes.fromhex("20010000c0000201" + "00" * 7 + "01"), bytes.fromhex("20010db8" + "00" * 11 + "02"))


# --- headers -----------------------------------------------------------------------------------------------------------

def checksum(data):
    """RFC 1071."""
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(protocol, payload, ends=OUTER):
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0) + ends[0] + ends[1]
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def ipv6(protocol, payload, ends=OUTER6):
    return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + ends[0] + ends[1] + payload


def udp(port, payload, source=49152):
    return struct.pack(">HHHH", source, port, 8 + len(payload), 0) + payload


def over(port, payload, source=49152):
    """In UDP over IPv4."""
    return ethernet(0x0800, ipv4(17, udp(port, payload, source)))


def ethernet(ethertype, payload):
    return MACS + struct.pack(">H", ethertype) + payload


def ip_of(packet):
    """The EtherType of an IP packet."""
    return 0x0800 if packet[0] >> 4 == 4 else 0x86DD


def frame(packet):
    return ethernet(ip_of(packet), packet)


def snap(packet):
    return bytes.fromhex("aaaa03000000") + struct.pack(">H", ip_of(packet)) + packet


def ppp(packet):
    return bytes.fromhex("ff030021" if packet[0] >> 4 == 4 else "ff030057") + packet


def gre(kind, payload, flags=0, options=b""):
    return ethernet(0x0800, ipv4(47, struct.pack(">HH", flags, kind) + options + payload))


def wlan(payload, first=0x08, second=0x01, more=b""):
    return bytes([first, second]) + bytes(2) + MACS + bytes(6) + bytes(2) + more + payload


def aggregate(payload):
    part = MACS + struct.pack(">H", len(payload)) + payload
    return part + bytes(-len(part) % 4) + MACS + struct.pack(">H", 8) + bytes.fromhex("aaaa030000000806")


# --- what there is -----------------------------------------------------------------------------------------------------

def tunnels(p):
    """(tunnel names joined by spaces, first VLAN, Ethernet frame around the IPv4 packet p)"""
    e = frame(p)
    label, last = bytes.fromhex("00064040"), bytes.fromhex("00065140")
    return [
        ("", 7, ethernet(0x88A8, bytes.fromhex("00078100") + bytes.fromhex("000c0800") + p)),
        ("", 9, ethernet(0x9100, bytes.fromhex("00098100") + bytes.fromhex("20000800") + p)),
        ("", 0, ethernet(len(p) + 8, snap(p))),
        ("mpls:100", 0, ethernet(0x8847, label + last + p)),
        ("mpls:100", 0, ethernet(0x8847, label + last + bytes(4) + e)),
        ("mpls:101", 0, ethernet(0x8847, last + e)),
        ("mpls:101", 0, ethernet(0x0800, ipv4(137, last + p))),
        ("mpls:101", 0, over(6635, last + p)),
        ("pppoe:17", 0, ethernet(0x8864, struct.pack(">BBHH", 0x11, 0, 17, len(p) + 2) + ppp(p)[2:])),
        ("pbb:300", 0, ethernet(0x88E7, bytes.fromhex("0000012c") + e)),
        ("", 5, ethernet(0x8926, bytes.fromhex("00000005") + bytes.fromhex("81000005") + e[12:])),
        ("", 0, ethernet(0x893F, bytes(6) + e[12:])),
        ("trill", 0, ethernet(0x22F3, bytes.fromhex("003f00010002") + e)),
        ("fabricpath", 0, ethernet(0x8903, bytes.fromhex("0420") + e)),
        ("nsh:9", 0, ethernet(0x894F, bytes.fromhex("0fc6010100000903") + bytes(16) + p)),
        ("", 0, ethernet(0x88E5, bytes.fromhex("000000000001") + e[12:] + bytes(16))),
        ("", 0, ethernet(0x88E5, bytes.fromhex("2000000000010200000000010001") + e[12:] + bytes(16))),
        ("", 0, ethernet(0x8909, bytes.fromhex("010100010002") + e[12:])),
        ("ipip", 0, ethernet(0x0800, ipv4(4, p))),
        ("4in6", 0, ethernet(0x86DD, ipv6(4, p))),
        ("gre", 0, gre(0x0800, p)),
        ("gre:42", 0, gre(0x0800, p, 0xB000, bytes(4) + struct.pack(">II", 42, 7))),
        ("gre", 0, gre(0x0800, p, 0x4000, bytes(4) + bytes.fromhex("00020004") + bytes(4) + bytes(4))),
        ("gre", 0, gre(0x6558, e)),
        ("gre", 0, gre(0x880B, ppp(p))),
        ("gre", 0, gre(0x883E, bytes(4) + p)),
        ("gre mpls:101", 0, gre(0x8847, last + p)),
        ("pptp:6", 0, gre(0x880B, ppp(p), 0x3081, struct.pack(">HHII", len(p) + 4, 6, 1, 1))),
        ("eoip:8", 0, gre(0x6400, e, 0x2001, struct.pack(">H", len(e)) + struct.pack("<H", 8))),
        ("gre erspan", 0, gre(0x88BE, e)),
        ("gre erspan:5", 0, gre(0x88BE, e, 0x1000, bytes(4) + bytes.fromhex("1001000500000000"))),
        ("gre erspan:5", 0, gre(0x22EB, e, 0x1000, bytes(4) + bytes.fromhex("200100050000000000000000"))),
        ("gre erspan:5", 0, gre(0x22EB, e, 0x1000, bytes(4) + bytes.fromhex("200100050000000000000001") + bytes(8))),
        ("gre", 0, over(4754, struct.pack(">HH", 0, 0x0800) + p)),
        ("etherip", 0, ethernet(0x0800, ipv4(97, bytes.fromhex("3000") + e))),
        ("vxlan:7", 0, over(4789, bytes.fromhex("0800000000000700") + e)),
        ("vxlan:7", 3, over(8472, bytes.fromhex("0800000000000700") + ethernet(0x8100, bytes.fromhex("0003") + e[12:]))),
        ("vxlan-gpe:7", 0, over(4790, bytes.fromhex("0c00000100000700") + p)),
        ("vxlan-gpe:7 nsh:9", 0, over(4790, bytes.fromhex("0c00000400000700") + bytes.fromhex("0fc6010300000903")
                                      + bytes(16) + e)),
        ("geneve:11", 0, over(6081, bytes.fromhex("0200655800000b00") + bytes.fromhex("0102800100000001") + e)),
        ("geneve:11", 0, ethernet(0x86DD, ipv6(17, udp(6081, bytes.fromhex("0000080000000b00") + p)))),
        ("gtp:305419896", 0, over(2152, struct.pack(">BBHI", 0x30, 255, len(p), 0x12345678) + p, 2152)),
        ("gtp:1", 0, over(2152, struct.pack(">BBHI", 0x36, 255, len(p) + 8, 1) + bytes.fromhex("00010085")
                          + bytes.fromhex("01100100") + p, 2152)),
        ("l2tp:3", 0, over(1701, bytes.fromhex("000200020003") + ppp(p), 1701)),
        ("l2tp:3", 0, over(1701, struct.pack(">HHHHHHH", 0x4A02, len(p) + 4 + 16, 2, 3, 1, 1, 2) + bytes(2) + ppp(p), 1701)),
        ("l2tp:4", 0, over(1701, bytes.fromhex("00030000") + struct.pack(">I", 4) + bytes(4) + e, 1701)),
        ("l2tp:4", 0, ethernet(0x0800, ipv4(115, struct.pack(">I", 4) + bytes(8) + e))),
        ("capwap", 0, over(5247, bytes.fromhex("0010020000000000") + e)),
        ("capwap", 0, over(5247, bytes.fromhex("0010030000000000") + wlan(snap(p)))),
        ("capwap", 0, over(5247, bytes.fromhex("0020032000000000") + bytes.fromhex("0401020304000000")
                           + wlan(snap(p), 0x01, 0x08))),
        ("vxlan:7 gre:42 ipip", 0, over(4789, bytes.fromhex("0800000000000700")
                                        + gre(0x0800, ipv4(4, p), 0x2000, struct.pack(">I", 42)))),
    ]


def tunnels6(p):
    """The same around an IPv6 packet."""
    return [
        ("6in4", 0, ethernet(0x0800, ipv4(41, p))),
        ("6in6", 0, ethernet(0x86DD, ipv6(41, p))),
        ("ayiya", 0, over(5072, bytes.fromhex("41521129") + bytes(4) + bytes(16) + bytes(20) + p)),
        ("pppoe:17", 0, ethernet(0x8864, struct.pack(">BBHH", 0x11, 0, 17, len(p) + 2) + ppp(p)[2:])),
        ("gtp:2", 0, over(2152, struct.pack(">BBHI", 0x32, 255, len(p) + 4, 2) + bytes(4) + p, 2152)),
    ]


def teredo(p):
    """The same around an IPv6 packet from a Teredo address."""
    authentication, origin = bytes.fromhex("00010000") + bytes(9), bytes.fromhex("00003fffffffffff")
    return [("teredo", 0, over(3544, p)), ("teredo", 0, over(49152, authentication + origin + p, 3544))]


def links(p):
    """(link type, frame around the IPv4 packet p)"""
    e = frame(p)
    erf = bytes(8) + bytes([2, 4]) + struct.pack(">HHH", len(e) + 18, 0, len(e)) + bytes(2)
    nflog = bytes.fromhex("02000005") + struct.pack("<HH", 5, 10) + b"x" + bytes(3) + struct.pack("<HH", len(p) + 4, 9) + p
    nflog_swapped = bytes.fromhex("02000005") + struct.pack(">HH", 5, 10) + b"x" + bytes(3) \
        + struct.pack(">HH", len(p) + 4, 9) + p
    pflog = bytes([61, 2]) + bytes(62)
    return [
        (7, bytes([1, 2, 240]) + p),
        (50, ppp(p)),
        (50, bytes.fromhex("0f000800") + p),
        (51, struct.pack(">BBHH", 0x11, 0, 17, len(p) + 2) + ppp(p)[2:]),
        (100, snap(p)),
        (100, bytes.fromhex("aaaa030080c200070000") + e),
        (104, bytes.fromhex("8f000800") + p),
        (105, wlan(snap(p))),
        (105, wlan(snap(p), 0x88, 0x02, bytes(2))),
        (105, wlan(snap(p), 0x88, 0x03, bytes(6) + bytes(2))),
        (105, wlan(aggregate(snap(p)), 0x88, 0x02, bytes.fromhex("8000"))),
        (107, bytes.fromhex("184103cc") + p),
        (107, bytes.fromhex("1841030080") + bytes.fromhex("0000000800") + p),
        (109, bytes.fromhex("02000000") + bytes(8) + p),
        (117, pflog + p),
        (119, bytes.fromhex("4400000090000000") + bytes(136) + wlan(snap(p))),
        (119, bytes.fromhex("8021100100000040") + bytes(56) + wlan(snap(p))),
        (127, bytes.fromhex("0000080000000000") + wlan(snap(p))),
        (127, bytes.fromhex("0000110003000000") + bytes(8) + bytes([0x20]) + wlan(b"", 0x88, 0x01, bytes(2)) + bytes(2) + snap(p)),
        (129, bytes([1, 2, 0, 0, 212]) + bytes(3) + p),
        (163, bytes.fromhex("8021100100000040") + bytes(56) + wlan(snap(p))),
        (166, bytes.fromhex("01030021") + p),
        (178, bytes.fromhex("4d474301") + e),
        (178, bytes.fromhex("4d4743810004") + bytes(4) + e),
        (192, struct.pack("<BBHI", 0, 0, 8, 1) + e),
        (192, struct.pack("<BBHI", 0, 0, 8, 105) + wlan(snap(p))),
        (197, erf + e),
        (197, erf[:8] + bytes([0x82]) + erf[9:16] + bytes(8) + bytes(2) + e),
        (204, b"\x00" + ppp(p)),
        (239, nflog),
        (239, nflog_swapped),
        (258, struct.pack("<III", 108, 1, 1) + bytes(96) + e),
        (274, bytes.fromhex("55555555555555d5") + e + bytes(4)),
    ]


# --- the unit test's vectors -------------------------------------------------------------------------------------------

def hello(version):
    """The datagram that all vectors carry."""
    inside = udp(5061, b"hello", 5060)
    if version == 4:
        return ipv4(17, inside, (bytes([192, 0, 2, 1]), bytes([198, 51, 100, 2])))
    return ipv6(17, inside, TEREDO)


def vectors():
    """(link type, tunnel names, first VLAN, frame)"""
    rows = [(1, *row) for row in tunnels(hello(4)) + tunnels6(hello(6)) + teredo(hello(6))]
    pppoe = {51: "pppoe:17"}
    return rows + [(link, pppoe.get(link, ""), 0, data) for link, data in links(hello(4))]


def write_vectors(path):
    with open(path, "w", encoding="ascii") as out:
        out.write("/* tests/unit/frame_vectors.h: one datagram in every link and tunnel (pcaps/generate).\n"
                  " *\n"
                  " * Each was compared with tshark 4.0. It does not decode eight of them as we do (MPLS pseudowire\n"
                  " * with a second Ethernet header, VXLAN on port 8472, two of L2TP id 4, CAPWAP with a native 802.11\n"
                  " * frame, two of link type 239, link type 274); these rest on reading the documents alone. */\n"
                  "#ifndef OVERT_TESTS_FRAME_VECTORS_H\n#define OVERT_TESTS_FRAME_VECTORS_H\n\n#include <stdint.h>\n\n"
                  "static const struct frame_vector {\n    uint16_t link_type;\n    uint16_t vlan;\n"
                  "    const char *tunnel; /* joined by spaces */\n    const char *hex;\n} frame_vectors[] = {\n"
                  "    /* clang-format off */\n")
        for link, names, vlan, data in vectors():
            lines = [data.hex()[at: at + 80] for at in range(0, 2 * len(data), 80)]
            out.write(f'    {{ {link}, {vlan}, "{names}",\n' + "\n".join(f'      "{line}"' for line in lines) + " },\n")
        out.write("    /* clang-format on */\n};\n\n#endif\n")


# --- the golden capture ------------------------------------------------------------------------------------------------

def talk(path):
    """The UDP payloads of a request and its answer."""
    with open(path, "rb") as file:
        data = file.read()
    payloads, at = [], 24
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        packet = data[at + 30: at + 16 + size]
        if packet[9] == 17 and b"SIP/2.0" in packet:
            payloads.append(packet[28: struct.unpack_from(">H", packet, 2)[0]])
        at += 16 + size
    answer = next(payload for payload in payloads[1:] if payload.startswith(b"SIP/2.0"))
    return payloads[0], answer


def capture():
    """(seconds, frame): request and answer of each tunnel, each pair from a port of its own."""
    request, answer = talk(SOURCE)
    records, port, ends = [], 40000, (bytes([10, 77, 0, 2]), bytes([10, 77, 0, 1]))
    kinds = [(tunnels, 4, ends)] + [(kind, 6, TEREDO) for kind in (tunnels6, teredo)]
    for kind, version, (client, server) in kinds:
        make = ipv4 if version == 4 else ipv6
        for at in range(len(kind(hello(version)))):
            there = make(17, udp(5060, request, port), (client, server))
            back = make(17, udp(port, answer, 5060), (server, client))
            records += [(len(records), kind(there)[at][2]), (len(records) + 1, kind(back)[at][2])]
            port += 1
    return records


def write_capture(path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for second, data in capture():
            out.write(struct.pack("<IIII", 1767225600 + second, 0, len(data), len(data)) + data)


if __name__ == "__main__":
    write_capture(os.path.join(ROOT, "pcaps", "frames", "tunnels", "traffic.pcap"))
    write_vectors(os.path.join(ROOT, "tests", "unit", "frame_vectors.h"))
