"""DCOM (MS-RPCE) between servers, written byte by byte: no wire protection is demanded of it, and no row may speak."""
import struct
import uuid

from families.microsoft import MARKER, noise
from packets import CLIENT, SERVER, Capture
from scenario import Host, Subject, scenario

FE01, FE02 = "10.77.0.10", "10.77.0.13"
HOSTS = {"fe01": Host(FE01, "front_end"), "fe02": Host(FE02, "front_end")}
REQUEST, RESPONSE, BIND, BIND_ACK, AUTH_3 = 0, 2, 11, 12, 16
CONNECT, PRIVACY = 2, 6  # RPC_C_AUTHN_LEVEL: who calls is proven once; every call is encrypted
NTLM = 10  # RPC_C_AUTHN_WINNT
NDR = uuid.UUID("8a885d04-1ceb-11c9-9fe8-08002b104860").bytes_le + struct.pack("<I", 2)
MAPPER = uuid.UUID("e1af8308-5d1f-11c9-91a4-08002b14a0fa")
ACTIVATION = uuid.UUID("4d9f4ab8-7d1c-11cf-861e-0020af6e7c57")
OFF = "the row is off: DCOM is not demanded to be protected"


def pdu(kind, body, call, secret=b"", level=CONNECT):
    """C706 12.6: common header, body padded to 4, security trailer and its secret."""
    trailer = b""
    if secret:
        body += b"\0" * (-len(body) % 4)
        trailer = struct.pack("<BBBBI", NTLM, level, 0, 0, 0x1000) + secret
    head = struct.pack("<BBBB4sHHI", 5, 0, kind, 3, b"\x10\0\0\0", 16 + len(body) + len(trailer), len(secret), call)
    return head + body + trailer


def ntlm():
    """The three messages of NTLM (MS-NLMP 2.2.1); names and target information are left empty."""
    version, flags = bytes.fromhex("0601b11d0000000f"), struct.pack("<I", 0xE2088297)

    def empty(offset, size=0):
        return struct.pack("<HHI", size, size, offset)
    bodies = (flags + empty(40) * 2 + version,
              empty(56) + flags + noise("challenge", 8) + bytes(8) + empty(56) + version,
              empty(72) + empty(72, 24) + empty(72) * 4 + flags + version + noise("response", 24))
    return [b"NTLMSSP\0" + struct.pack("<I", kind) + body for kind, body in enumerate(bodies, 1)]


def bind(stream, interface, level):
    """Bind with NTLM, its answer, and the third message."""
    context = struct.pack("<HHIB3xHBB", 5840, 5840, 0, 1, 0, 1, 0) + interface.bytes_le + struct.pack("<I", 3) + NDR
    say = ntlm()
    stream.send(CLIENT, pdu(BIND, context, 1, say[0] if level else b"", level))
    accepted = struct.pack("<HHIH6sB3xHHI", 5840, 5840, 0x5001, 6, b"49155\0", 1, 0, 0, 0)[:-4] + NDR
    stream.send(SERVER, pdu(BIND_ACK, accepted, 1, say[1] if level else b"", level))
    if level:
        stream.send(CLIENT, pdu(AUTH_3, b"\0\0\0\0", 1, say[2], level))


def calls(stream, level):
    """Some calls; with privacy their arguments are ciphertext."""
    for number in range(2, 8):
        words = f"<move user='sip:person{number:03}@contoso.com'>{MARKER}</move>".encode("utf-16-le")
        for side, kind in ((CLIENT, REQUEST), (SERVER, RESPONSE)):
            arguments = noise(f"{number}{kind}", len(words)) if level == PRIVACY else words
            signature = struct.pack("<I", 1) + noise(f"s{number}{kind}", 12)
            stream.send(side, pdu(kind, struct.pack("<IHH", len(arguments), 0, 4) + arguments, number, signature, level))


def add(name, level, shows, **texts):
    def play(path, _work):
        capture = Capture()
        mapper = capture.connect(FE01, FE02, 135)
        bind(mapper, MAPPER, 0)
        mapper.close()
        stream = capture.connect(FE01, FE02, 49155)
        bind(stream, ACTIVATION, level)
        calls(stream, level)
        stream.close()
        capture.write(path)
    play.__doc__ = shows
    rows = [Subject(row, "fe01", "fe02", "none", note=OFF if row == "TT-32" else "")
            for row in ("TT-32", "TT-01", "TT-51")]
    scenario(f"microsoft/{name}", HOSTS, rows, synthetic=True, robust=True, **texts)(play)


WIDE = tuple(text.encode("utf-16-le").decode("latin-1") for text in (MARKER,))
add("dcom_connect", CONNECT, "DCOM between two Front Ends, port 135 and then 49155, by NTLM at level connect: what is "
    "called can be read.", clear=WIDE)
add("dcom_privacy", PRIVACY, "DCOM between two Front Ends, port 135 and then 49155, by NTLM at level packet privacy: "
    "what is called is encrypted.", hidden=WIDE)
