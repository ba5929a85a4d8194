#!/usr/bin/env python3
"""Does a secret of the traffic ever leave overt? Each place where one can stand holds the same
word; no output may hold it. Usage: secrets.py OVERT"""
import gzip
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

OVERT = str(pathlib.Path(sys.argv[1]).resolve())
WORD = "S3cr3tS3cr3t"
KEY = WORD * 3 + "abcd"  # 40 characters of base64, as an AES-128 key and salt has
HEX = WORD.encode().hex()

HTTP_HEADERS = [
    f"Host: bob:{WORD}@h", f"Host: {WORD}@h:80", f"Cookie: sid={WORD}", f"X-MS-WebTicket: {WORD}",
    f"Authorization: Basic {WORD}", f"Authorization: {WORD}", f"Authorization: {WORD} x",
    f"Authorization: Bearer {WORD}", f"Authorization: NTLM {WORD}", f"Authorization:\r\n {WORD}",
    f"Authorization: {WORD},x=1", f'Authorization: Digest username="{WORD}", response="{WORD}"',
    f'Proxy-Authorization: Digest realm="a\\", {WORD}=1", cnonce={WORD}, response={WORD}',
    f"Referer: http://h/?t={WORD}", f"Upgrade-Insecure: 1\r\n\t{WORD}", f"{WORD}", f"{WORD}: x",
    f"Content-Length: {WORD}", f"Transfer-Encoding: {WORD}", f"Expect: {WORD}",
]
HTTP_TARGETS = [
    f"/abs/x?user={WORD}", f"/abs/x;id={WORD}", f"/abs/x#{WORD}", f"/abs/x&k={WORD}",
    f"/abs/key={WORD}", f"http://bob:{WORD}@h/abs/y", f"http://bob:1;{WORD}@h/abs/y",
    f"http://bob:1?{WORD}@h/abs/y", f"http://h?{WORD}", f"bob:{WORD}@h:443", f"bob:1;{WORD}@h:443",
    f"bob:{WORD}?1@h:443", f"bob:{WORD};1@h:443", f"bob:{WORD}#1@h:443", f"x?to={WORD}",
    f"/abs/z {WORD}",
]
HTTP_RESPONSES = [
    f"HTTP/1.1 200 OK\r\nSet-Cookie: a={WORD}\r\nContent-Length: 12\r\n\r\n{WORD}",
    f"HTTP/1.1 302 Found\r\nLocation: https://bob:{WORD}@h/?t={WORD}\r\nContent-Length: 0\r\n\r\n",
    f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nc;{WORD}\r\n{WORD}\r\n0\r\nT: {WORD}\r\n\r\n",
    f"HTTP/1.1 401 No\r\nWWW-Authenticate: Digest nonce=\"{WORD}\"\r\nContent-Length: 0\r\n\r\n",
]
SIP_HEADERS = [
    f"Authorization: Digest username=\"{WORD}\", realm=\"r\", response=\"{WORD}\"",
    f"Proxy-Authorization: NTLM qop=\"auth\", realm=\"r\", gssapi-data=\"{WORD}\"",
    f"Authorization: Basic {WORD}", f"Authorization: {WORD}", f"Authorization: {WORD} {WORD}",
    f"Authorization: {WORD},a=b", f"Authentication-Info: rspauth=\"{WORD}\"", f"Subject: {WORD}",
    f"Contact: <sip:bob:{WORD}@h>", f"From: \"x\" <sip:bob:{WORD}@h>;tag=1", f"Identity: {WORD}",
    f"ms-text-format: text/plain;ms-body={WORD}", f"{WORD}: x", f"Event: presence;id={WORD}",
    f"Refer-To: <sip:h?Replaces={WORD}>", f"Route: <sip:bob:{WORD}@h;lr>", f"CSeq: 1 {WORD} x",
    f"Content-Type: multipart/mixed;boundary={WORD}", f"Content-Length: {WORD}",
]
SDP = "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\nc=IN IP4 10.0.0.1\r\nm=audio 4000 RTP/SAVP 0\r\n"
SDP_LINES = [
    f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^31|1:1",
    f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY};inline:{KEY} FEC_KEY=inline:{KEY}",
    f"a=crypto:1 inline:{KEY}", f"a=crypto:1 {KEY}", f"a=crypto:{KEY}", f"a=crypto: {KEY} {KEY}",
    f"a=crypto:1 {WORD}_{WORD} x", f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline: {KEY}",
    f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 {KEY} -{KEY}", f"k=clear:{WORD}", f"k=base64:{WORD}",
    f"a=cryptoscale:1 client AES_CM_128_HMAC_SHA1_80 inline:{KEY}|1", f"k=uri:http://h/{WORD}",
    f"k={WORD}", f"a=key-mgmt:mikey {KEY}", f"a=key-mgmt:{KEY}{KEY}", f"a=ice-pwd:{WORD}",
    f"a=ice-ufrag:{WORD}", f"a=zrtp-hash:1.10 {WORD}", f"a=encryption:{WORD}", f"i={WORD}",
    f"a=candidate:{WORD} 1 {WORD} UDP 0.9 10.0.0.1 4000", f"a=rtcp:{WORD}", f"a={WORD}:1",
    f"a=fingerprint:sha-1 {HEX}", f"a=rtpmap:0 {WORD}", f"u=http://h/?{WORD}",
]
BODIES = [
    ("text/plain", WORD), ("message/cpim", f"From: x\r\n\r\nContent-Type: text/plain\r\n\r\n{WORD}"),
    ("application/msrtc-media-relay-auth+xml", f"<username>{WORD}</username><password>{WORD}"),
    ("multipart/mixed;boundary=b", f"--b\r\nContent-Type: text/plain\r\n\r\n{WORD}\r\n--b--\r\n"),
    ("application/sdp", WORD), ("", WORD),
]
PACKED = [
    ("application/sdp", f"{SDP}{SDP_LINES[0]}\r\n"), ("text/plain", WORD),
    ("multipart/mixed;boundary=b", f"--b\r\nContent-Type: application/sdp\r\n\r\n{SDP}{SDP_LINES[1]}\r\n--b--\r\n"),
]


def sip(header="X: y", kind="application/sdp", body="", method="INVITE", uri="sip:b@h"):
    return (f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nCall-ID: 1\r\nCSeq: 1 {method}\r\n"
            f"{header}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n{body}")


def sip_messages():
    yield sip(uri=f"sip:bob:{WORD}@h?subject={WORD}")
    yield from (sip(header=header) for header in SIP_HEADERS)
    yield from (sip(body=f"{SDP}{line}\r\n") for line in SDP_LINES)
    yield from (sip(body=f"{line}\r\n{SDP}") for line in SDP_LINES)
    yield from (sip(kind=kind, body=body, method="MESSAGE") for kind, body in BODIES)
    for kind, body in PACKED:
        packed = gzip.compress(body.encode()).decode("latin-1")
        yield sip(header="Content-Encoding: gzip", kind=kind, body=packed, method="MESSAGE")
    yield f"{WORD} no message\r\n\r\n"


def stun():
    """A TURN Send indication with credentials and data: RFC 8489 14, RFC 8656 18."""
    attributes = b"".join(struct.pack(">HH", kind, len(WORD)) + WORD.encode()
                          for kind in (0x0006, 0x0007, 0x0008, 0x0013, 0x0014, 0x0015))
    return struct.pack(">HHI", 0x0016, len(attributes), 0x2112A442) + bytes(12) + attributes


def ipv4(protocol, rest):
    return (b"\2" * 6 + b"\4" * 6 + b"\x08\0" + struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(rest), 1, 0, 64,
                                                         protocol, 0)
            + b"\x0a\0\0\1" + b"\x0a\0\0\2" + rest)


def reverse(frame):
    return frame[:26] + frame[30:34] + frame[26:30] + frame[34:]


def udp(port, data):
    return ipv4(17, struct.pack(">HHHH", port, 5060, 8 + len(data), 0) + data)


def tcp(ports, seq, ack, flags, data=b""):
    return ipv4(6, struct.pack(">HHIIBBHHH", *ports, seq, ack, 0x50, flags, 8192, 0, 0) + data)


def connection(port, server_port, request, response=b""):
    """SYN, both SYNs answered, a request, a response, both FINs."""
    there, back = (port, server_port), (server_port, port)
    yield tcp(there, 99, 0, 0x02)
    yield reverse(tcp(back, 199, 100, 0x12))
    yield tcp(there, 100, 200, 0x18, request)
    yield reverse(tcp(back, 200, 100 + len(request), 0x18, response))
    yield tcp(there, 100 + len(request), 200 + len(response), 0x11)
    yield reverse(tcp(back, 200 + len(response), 101 + len(request), 0x11))


def frames():
    port = 20000
    answer = HTTP_RESPONSES[0].encode()
    requests = [f"GET /abs/x HTTP/1.1\r\n{header}\r\n\r\n{WORD}" for header in HTTP_HEADERS]
    requests += [f"{method} {target} HTTP/1.1\r\n\r\n" for target in HTTP_TARGETS
                 for method in ("GET", "CONNECT")]
    for request in requests:
        port += 1
        yield from connection(port, 80, request.encode(), answer)
    for response in HTTP_RESPONSES:
        port += 1
        yield from connection(port, 80, b"GET /abs/x HTTP/1.1\r\n\r\n", response.encode())
    for message in sip_messages():
        port += 1
        yield from connection(port, 5060, message.encode("latin-1"))
        yield udp(port, message.encode("latin-1"))
        yield udp(port, message.encode("latin-1")[:-6])
    yield udp(port + 1, stun())


def capture(path):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for i, frame in enumerate(frames()):
            out.write(struct.pack("<IIII", 1_700_000_000 + i // 100, i % 100, len(frame), len(frame)) + frame)


class Secrets(unittest.TestCase):
    def test_no_output_holds_the_word(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "c.pcap"
            capture(path)
            for words in (["audit", "--all", "--flows", "flows", "--out", "out"], ["audit", "--all"],
                          ["roles"]):
                run = subprocess.run([OVERT, *words, str(path)], capture_output=True, check=False, cwd=folder,
                                     timeout=120)
                self.assertIn(run.returncode, (0, 1), run.stderr)
                self.check(run.stdout + run.stderr, words)
            names = sorted(p.name for p in pathlib.Path(folder).iterdir())
            self.assertEqual(names, ["c.pcap", "flows", "out"])
            for name in ("flows", "out"):
                self.check((pathlib.Path(folder) / name).read_bytes(), name)
            flows = (pathlib.Path(folder) / "flows").read_text()
            for fact in ('"keys_exposed"', '"credentials_exposed":true', '"im":true', '"content_paths"',
                         '"stun"'):
                self.assertIn(fact, flows)

    def check(self, output, where):
        text = output.decode().lower()
        for word in (WORD, HEX):
            at = text.find(word.lower())
            self.assertEqual(at, -1, f"{where}: {text[max(0, at - 80):at + 40]}")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
