"""SIP, SDP, compressed SIP and real TLS as the bytes of one TCP connection."""
import base64
import ssl

from packets import CLIENT, SERVER

SUITE = "AES_CM_128_HMAC_SHA1_80"


# --- SIP -------------------------------------------------------------------------------------------------------------

def request(method, client, _server, body="", kind="application/sdp", number=1, users=("alice", "bob"), extra="",
            transport="TCP", call="1f7a@contoso.com"):
    """A request of Communicator or Lync."""
    text = (f"{method} sip:{users[1]}@contoso.com SIP/2.0\r\n"
            f"Via: SIP/2.0/{transport} {client}:49201;branch=z9hG4bK{number}\r\nMax-Forwards: 70\r\n"
            f"From: <sip:{users[0]}@contoso.com>;tag=a1\r\nTo: <sip:{users[1]}@contoso.com>\r\n"
            f"Call-ID: {call}\r\nCSeq: {number} {method}\r\n"
            f"Contact: <sip:{users[0]}@{client}:49201;transport={transport.lower()}>\r\n"
            f"User-Agent: UCCAPI/4.0.7577.0 OC/4.0.7577.0 (Microsoft Lync 2010)\r\n{extra}")
    return _finish(text, body, kind)


def response(method, client, server, body="", kind="application/sdp", number=1, users=("alice", "bob"),
             status="200 OK", transport="TCP", call="1f7a@contoso.com", extra=""):
    text = (f"SIP/2.0 {status}\r\nVia: SIP/2.0/{transport} {client}:49201;branch=z9hG4bK{number}\r\n"
            f"From: <sip:{users[0]}@contoso.com>;tag=a1\r\nTo: <sip:{users[1]}@contoso.com>;tag=b2\r\n"
            f"Call-ID: {call}\r\nCSeq: {number} {method}\r\nContact: <sip:{users[1]}@{server}>\r\n{extra}")
    return _finish(text, body, kind)


def _finish(head, body, kind):
    if body:
        head += f"Content-Type: {kind}\r\n"
    return f"{head}Content-Length: {len(body.encode())}\r\n\r\n{body}".encode()


def sdp(address, port, profile, attributes=(), media="audio", formats="0"):
    lines = ["v=0", f"o=- 0 0 IN IP4 {address}", "s=session", f"c=IN IP4 {address}", "b=CT:99980", "t=0 0",
             f"m={media} {port} {profile} {formats}", *attributes]
    return "\r\n".join(lines) + "\r\n"


def crypto(key, tag=2, name="crypto", role=""):
    """a=crypto, or a=cryptoscale with its role."""
    text = base64.b64encode(key).decode("ascii")
    return f"a={name}:{tag} {role + ' ' if role else ''}{SUITE} inline:{text}|2^31|1:1"


def dialog(stream, client, server, offer, answer, **more):
    """INVITE, 200, ACK."""
    stream.send(CLIENT, request("INVITE", client, server, offer, **more))
    stream.send(SERVER, response("INVITE", client, server, answer, **more))
    stream.send(CLIENT, request("ACK", client, server, **more))


def hang_up(stream, client, server, **more):
    stream.send(CLIENT, request("BYE", client, server, number=2, **more))
    stream.send(SERVER, response("BYE", client, server, number=2, **more))
    stream.close()


# --- compression (RFC 2118, the method behind [MS-SIPCOMP]) ----------------------------------------------------------

class Compressor:
    """MPPC with a history of 8 kB, one for each direction."""

    def __init__(self):
        self.history = b""

    def packet(self, data):
        """One compressed message: flags, its size, the bits."""
        bits, at, past = [], 0, self.history
        while at < len(data):
            offset, length = self._match(past + data[:at], data[at:])
            if length >= 3:
                bits += [self._offset(offset), self._length(length)]
            else:
                length = 1
                bits.append(f"{data[at]:08b}" if data[at] < 0x80 else f"10{data[at] - 0x80:07b}")
            at += length
        self.history = (past + data)[-8000:]
        text = "".join(bits)
        text += "0" * (-len(text) % 8)
        packed = int(text, 2).to_bytes(len(text) // 8, "big")
        return bytes([0xA0 if past else 0xE0]) + len(packed).to_bytes(2, "big") + packed

    @staticmethod
    def _match(past, data):
        best = (0, 0)
        for length in range(3, min(len(data), 255) + 1):
            found = past.rfind(data[:length], max(0, len(past) - 8000))
            if found < 0:
                break
            best = (len(past) - found, length)
        return best

    @staticmethod
    def _offset(value):
        if value < 64:
            return f"1111{value:06b}"
        return f"1110{value - 64:08b}" if value < 320 else f"110{value - 320:013b}"

    @staticmethod
    def _length(value):
        if value == 3:
            return "0"
        width = value.bit_length() - 1
        return "1" * (width - 1) + "0" + f"{value - (1 << width):0{width}b}"


# --- TLS, by the ssl module of Python between two buffers ------------------------------------------------------------

class Tls:
    """A TLS connection of two real endpoints in memory; its records go over a Stream."""

    def __init__(self, stream, server_pair, client_pair=None, ask=None, version=ssl.TLSVersion.TLSv1_2, name=None):
        """*_pair: (certificate, key) files. ask: the CA of which the server demands a client certificate."""
        self.stream = stream
        server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
        for context in (server, client):
            context.minimum_version = context.maximum_version = version
        server.load_cert_chain(*server_pair)
        if client_pair:
            client.load_cert_chain(*client_pair)
        if ask:
            server.verify_mode = ssl.CERT_REQUIRED
            server.load_verify_locations(ask)
        self.bios = [(ssl.MemoryBIO(), ssl.MemoryBIO()) for _ in range(2)]  # (in, out) of each side
        self.ends = [client.wrap_bio(*self.bios[CLIENT], server_hostname=name),
                     server.wrap_bio(*self.bios[SERVER], server_side=True)]
        waiting = {CLIENT, SERVER}
        while waiting:
            for side in sorted(waiting):
                try:
                    self.ends[side].do_handshake()
                    waiting.discard(side)
                except ssl.SSLWantReadError:
                    pass
                self._carry(side)

    def _carry(self, side):
        data = self.bios[side][1].read()
        if data:
            self.stream.send(side, data)
            self.bios[1 - side][0].write(data)

    def send(self, side, data):
        self.ends[side].write(data)
        self._carry(side)
        received = 0
        while received < len(data):
            received += len(self.ends[1 - side].read(16384))

    def close(self):
        self.stream.close()
