"""The two ends of SSTP that no kernel here has.

  sstp_peers.py server ADDRESS CERTIFICATE KEY   [MS-SSTP] 3.3 as far as a client's first PPP frames, TLS 1.2 on port 443
  sstp_peers.py client ADDRESS                   sstp-client, and in place of pppd one LCP Configure-Request (RFC 1661 5.1)

The server ends by itself when the client does; the client 1 s after its request was acknowledged."""
import os
import pty
import select
import socket
import ssl
import struct
import subprocess
import sys
import time
import tty

LCP = b"\xff\x03\xc0\x21"
REQUEST, ACK = 1, 2


def configure_request(magic):
    """MRU 1500 and a magic number."""
    return bytes([REQUEST, 1, 0, 14, 1, 4, 5, 0xDC, 5, 6]) + magic


def control(kind, *attributes):
    body = b"".join(attributes)
    return struct.pack(">BBHHH", 0x10, 1, 8 + len(body), kind, len(attributes)) + body


def data(frame):
    return struct.pack(">BBH", 0x10, 0, 4 + len(frame)) + frame


def serve(address, certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # sstp-client 1.0.18 takes a ticket of TLS 1.3 for the answer
    with socket.create_server((address, 443)) as listening:
        raw, _ = listening.accept()
    with context.wrap_socket(raw, server_side=True) as stream:
        head = b""
        while b"\r\n\r\n" not in head:
            head += stream.recv(4096)
        if not head.startswith(b"SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ "):
            sys.exit(f"no request of SSTP: {head!r}")
        stream.sendall(b"HTTP/1.1 200\r\nContent-Length: 18446744073709551615\r\nServer: Microsoft-HTTPAPI/2.0\r\n\r\n")
        stream.recv(4096)
        binding = struct.pack(">BBH", 0, 4, 40) + bytes([0, 0, 0, 2]) + bytes(range(32))
        stream.sendall(control(2, binding))
        stream.sendall(data(LCP + configure_request(b"\1\2\3\4")))
        while packet := receive(stream):
            if packet[4:9] == LCP + bytes([REQUEST]):
                stream.sendall(data(LCP + bytes([ACK]) + packet[9:]))


def receive(stream):
    try:
        return stream.recv(4096)
    except OSError:
        return b""


def checksum(frame):
    """RFC 1662 C.2."""
    value = 0xFFFF
    for byte in frame:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0x8408 if value & 1 else value >> 1
    return struct.pack("<H", value ^ 0xFFFF)


def framed(frame):
    """RFC 1662 4.2."""
    escaped = (bytes([0x7D, b ^ 0x20]) if b < 0x20 or b in (0x7D, 0x7E) else bytes([b]) for b in frame + checksum(frame))
    return b"~" + b"".join(escaped) + b"~"


def dial(address):
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    run = subprocess.Popen(["sstpc", "--nolaunchpppd", "--cert-warn", "--log-stderr", "--user", "trunk", "--password",
                            "Trunk-Secret-0815", address], stdin=theirs, stdout=theirs)
    end, asked, heard = time.monotonic() + 15, False, b""
    while run.poll() is None and time.monotonic() < end:
        if select.select([ours], [], [], 0.2)[0]:
            heard += os.read(ours, 4096)
            if not asked:  # the server's request: PPP may be spoken now
                asked = True
                os.write(ours, framed(LCP + configure_request(b"\x09\x08\x07\x06")))
                end = time.monotonic() + 1
    run.terminate()
    run.wait(5)
    if heard.count(b"~") < 4:
        sys.exit(f"no answer to the request: {heard!r}")


if __name__ == "__main__":
    serve(*sys.argv[2:]) if sys.argv[1] == "server" else dial(sys.argv[2])
