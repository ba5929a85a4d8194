"""Leaves out packets of a finished capture. Classic little-endian pcap of Ethernet and IP, as the lab writes it."""
import struct


def read(path):
    """The file header and the records, each with its header."""
    with open(path, "rb") as file:
        data = file.read()
    records, at = [], 24
    while at < len(data):
        size = 16 + struct.unpack_from("<I", data, at + 8)[0]
        records.append(data[at: at + size])
        at += size
    return data[:24], records


def keep(path, records):
    """Rewrites the file with these records only."""
    header, _ = read(path)
    with open(path, "wb") as file:
        file.write(header + b"".join(records))


def transport(record):
    """The segment or datagram of a record: IPv4, or IPv6 without extension headers."""
    packet = record[16 + 14:]
    if packet[0] >> 4 == 6:
        return packet[40: 40 + struct.unpack_from(">H", packet, 4)[0]]
    return packet[(packet[0] & 15) * 4: struct.unpack_from(">H", packet, 2)[0]]


def tcp_payload(record):
    """What the segment of a record carries."""
    tcp = transport(record)
    return tcp[(tcp[12] >> 4) * 4:]


def ports(record):
    """(source, target) of a record."""
    return struct.unpack_from(">HH", transport(record))


def source_port(record):
    """The port that a record comes from."""
    return ports(record)[0]


def from_first_application_data(path):
    """Removes all before the first segment that begins with a TLS application data record."""
    _, records = read(path)
    first = next(i for i, record in enumerate(records) if tcp_payload(record)[:1] == b"\x17")
    keep(path, records[first:])


def without_port_5061_as_source(path):
    """Removes what the listener on 5061 sent."""
    _, records = read(path)
    keep(path, [record for record in records if source_port(record) != 5061])
