"""A second look at what a recorded call carried, without overt: is there speech to be heard in the media packets?"""
import ipaddress
import struct

FRAME = 160  # bytes of 20 ms of G.711
TAG = 10  # HMAC_SHA1_80
SPEECH_SHARE = 0.15  # of the 16 most frequent bytes: noise has 0.07, speech more than 0.3


def udp_payloads(path):
    """The payloads of all UDP frames of a capture that tcpdump wrote, as (source, port, payload)."""
    with open(path, "rb") as file:
        data = file.read()
    at = 24
    while at + 16 <= len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        frame = data[at + 16:at + 16 + size]
        at += 16 + size
        if frame[12:14] == b"\x08\x00" and frame[23] == 17:
            udp = 14 + (frame[14] & 15) * 4
            yield ".".join(map(str, frame[26:30])), struct.unpack_from(">H", frame, udp)[0], frame[udp + 8:]
        elif frame[12:14] == b"\x86\xdd" and frame[20] == 17:
            yield str(ipaddress.ip_address(frame[22:38])), struct.unpack_from(">H", frame, 54)[0], frame[62:]


def g711_packets(path, source):
    """The RTP or SRTP packets of G.711 that an address sent."""
    return [payload for address, port, payload in udp_payloads(path)
            if address == source and payload[:2] in (b"\x80\x00", b"\x80\x80") and port not in (5060, 5061)]


def is_speech(packets):
    """Have the payloads the uneven bytes of speech?"""
    payload = b"".join(packet[12:12 + FRAME] for packet in packets)
    counts = sorted((payload.count(bytes([value])) for value in range(256)), reverse=True)
    return sum(counts[:16]) > SPEECH_SHARE * len(payload)


def media_is(encrypted, *sources):
    """An edit for Workshop.afterwards: complains unless each address sent speech, in clear or encrypted."""
    def look(path):
        for source in sources:
            packets = g711_packets(path, source)
            wanted = 12 + FRAME + (TAG if encrypted else 0)
            if len(packets) < 50 or any(len(packet) != wanted for packet in packets):
                raise RuntimeError(f"{source} sent {len(packets)} media packets, not all of {wanted} bytes")
            if is_speech(packets) == encrypted:
                raise RuntimeError(f"the media of {source} is {'not ' if encrypted else ''}encrypted")
    return look


def speech_is_heard(work, heard):
    """An edit: complains unless pieces of the very speech file stand in the capture, or do not."""
    def look(path):
        with open(work.mu_law, "rb") as speech, open(path, "rb") as capture:
            wanted, data = speech.read(), capture.read()
        pieces = [wanted[at + 40:at + 88] for at in range(0, 100 * FRAME, FRAME)]
        found = sum(piece in data for piece in pieces if len(set(piece)) > 16)
        if (found > 20) != heard or (not heard and found):
            raise RuntimeError(f"{found} pieces of speech stand in the capture")
    return look
