"""What only Microsoft's products put on the wire, written byte by byte from their descriptions (domain facts C)."""
import hashlib
import struct

import microsoft_media as media
import microsoft_talk as talk
from packets import CLIENT, SERVER, Capture
from scenario import Host, Subject, scenario

ALICE, FE01 = "10.77.0.101", "10.77.0.10"
MED01, GW01, ARCH01, WEB01 = "10.77.0.40", "10.77.0.50", "10.77.0.60", "10.77.0.70"
EDGE01, EDGE_WEB, EDGE_AV = "192.0.2.10", "192.0.2.11", "192.0.2.12"
CAROL, GW_FAR, DAVE, PIC01, PUBLIC_DNS = "198.51.100.7", "198.51.100.50", "198.51.100.9", "198.51.100.33", "8.8.8.8"
ALICE6, WEB6 = "fd77::101", "fd77::70"

MARKER = "The merger is signed on Friday, tell nobody."
SLIDES = "Quarterly figures, page 7: strictly confidential."
RELAY_PASSWORD = "UmVsYXktU2VjcmV0LTA4MTU="
CAROL_NAME = "carol@contoso.com"

CLIENT_AND_POOL = {"alice": Host(ALICE, "client_internal"), "fe01": Host(FE01, "front_end")}
CLIENT_AND_RELAY = {"carol": Host(CAROL, "client_external"), "edgeav": Host(EDGE_AV, "edge_av")}
TRUNK = {"med01": Host(MED01, "mediation"), "gw01": Host(GW01, "gateway", trunk="private")}
TRUNK_FAR = {"med01": Host(MED01, "mediation"), "gw01": Host(GW_FAR, "gateway")}
TRUNK_NEAR = {"med01": Host(MED01, "mediation"), "gw01": Host(GW01, "gateway")}

NOT_TLS = "pseudo-TLS is no TLS (trap 1)"
INNER = "judged between the client and the relay, inside TURN"


def capture_of(play):
    """Turns a player of a Capture into one that writes it to a path."""
    def write(path, work):
        capture = Capture()
        play(capture, work)
        capture.write(path)
    write.__doc__ = play.__doc__
    return write


def written(name, hosts, subjects, **more):
    """A synthetic scenario; play(capture, work)."""
    def add(play):
        return scenario(f"microsoft/{name}", hosts, subjects, synthetic=True, robust=True, **more)(capture_of(play))
    return add


def noise(seed, size):
    """Bytes without any pattern, always the same."""
    return b"".join(hashlib.sha256(f"{seed}{i}".encode()).digest() for i in range(size // 32 + 1))[:size]


# --- relays ----------------------------------------------------------------------------------------------------------

RELAY, PEER = (EDGE_AV, 52000), (DAVE, 20000)


def relayed(capture, work, srtp, address=EDGE_AV):
    """carol's call through pseudo-TLS on TCP 443."""
    said = media.talk(work, srtp=srtp, cnames=(CAROL_NAME, "dave@fabrikam.com"))
    stream = capture.connect(CAROL, address, 443)
    media.over_pseudo_tls(capture, stream, RELAY, PEER, said)
    stream.close()


def relay_subjects(verdict):
    return [Subject("TT-41", "carol", "edgeav", "exempt", area="policy", note=NOT_TLS),
            Subject("TT-04", "carol", "edgeav", verdict, area="media", note=INNER)]


@written("pseudo_tls_srtp", CLIENT_AND_RELAY, relay_subjects("compliant"), hidden=(CAROL_NAME,), cases=(14,))
def pseudo_tls_srtp(capture, work):
    """An external client reaches the A/V Edge by TCP 443: pseudo-TLS, MS-TURN, and inside it SRTP both ways."""
    relayed(capture, work, (True, True))


@written("pseudo_tls_rtp", CLIENT_AND_RELAY, relay_subjects("violation"), clear=(CAROL_NAME,), cases=(15,))
def pseudo_tls_rtp(capture, work):
    """An external client reaches the A/V Edge by TCP 443: pseudo-TLS, MS-TURN, and inside it plain RTP and RTCP."""
    relayed(capture, work, (False, False))


@written("pseudo_tls_one_side_clear", CLIENT_AND_RELAY, relay_subjects("violation"), clear=("dave@fabrikam.com",),
         hidden=(CAROL_NAME,))
def pseudo_tls_one_side_clear(capture, work):
    """Pseudo-TLS and MS-TURN on TCP 443: what the client sends is SRTP, what comes back to it is plain RTP."""
    relayed(capture, work, (True, False))


@written("pseudo_tls_shared_edge",
         {"carol": Host(CAROL, "client_external"), "edge01": Host(EDGE01, "[edge_access, edge_web, edge_av]")},
         [Subject("TT-02", "carol", "edge01", "none", note=NOT_TLS),
          Subject("TT-06", "carol", "edge01", "none", note=NOT_TLS),
          Subject("TT-41", "carol", "edge01", "exempt", area="policy", note=NOT_TLS),
          Subject("TT-04", "carol", "edge01", "violation", area="media", note=INNER)], clear=(CAROL_NAME,))
def pseudo_tls_shared_edge(capture, work):
    """Pseudo-TLS with plain RTP inside on TCP 443 of an Edge whose three services share one address: no TLS, and
    neither signalling nor web conferencing."""
    relayed(capture, work, (False, False), EDGE01)


@written("turn_udp_rtp", CLIENT_AND_RELAY, relay_subjects("violation"), clear=(CAROL_NAME,))
def turn_udp_rtp(capture, work):
    """MS-TURN on UDP 3478: after Set Active Destination plain RTP runs bare between client and relay."""
    said = media.talk(work, cnames=(CAROL_NAME, "dave@fabrikam.com"))
    media.over_turn_udp(capture, ((CAROL, 49600), (EDGE_AV, 3478)), RELAY, PEER, with_one_port(said))


@written("turn_udp_srtp", CLIENT_AND_RELAY, relay_subjects("compliant"), hidden=(CAROL_NAME,))
def turn_udp_srtp(capture, work):
    """MS-TURN on UDP 3478: after Set Active Destination SRTP runs bare between client and relay."""
    said = media.talk(work, srtp=(True, True), cnames=(CAROL_NAME, "dave@fabrikam.com"))
    media.over_turn_udp(capture, ((CAROL, 49600), (EDGE_AV, 3478)), RELAY, PEER, with_one_port(said))


@written("turn_udp_rtp_wrapped", CLIENT_AND_RELAY, relay_subjects("violation"), clear=(CAROL_NAME,))
def turn_udp_rtp_wrapped(capture, work):
    """MS-TURN on UDP 3478: plain RTP wrapped in Send requests and Data indications."""
    said = media.talk(work, cnames=(CAROL_NAME, "dave@fabrikam.com"))
    media.over_turn_udp(capture, ((CAROL, 49600), (EDGE_AV, 3478)), RELAY, PEER, with_one_port(said), wrapped=True)


def with_one_port(said):
    """RTCP on RTP's own port (RFC 5761)."""
    return [(pause, side, False, data) for pause, side, _, data in said]


# --- media keys in signalling ----------------------------------------------------------------------------------------

MEDIA_ENDS = ((ALICE, 20000), (FE01, 30000))
KEYED_CLEAR = [Subject("TT-02", "alice", "fe01", "violation"), Subject("TT-15", "alice", "fe01", "violation"),
               Subject("TT-04", "alice", "fe01", "violation", area="media", note="its keys were readable in SIP")]


def call_in_clear(capture, work, offer, answer, users=("alice", "conference")):
    """alice calls the pool by SIP over TCP in clear; the media is SRTP both ways."""
    stream = capture.connect(ALICE, FE01, 5060)
    talk.dialog(stream, ALICE, FE01, offer, answer, users=users)
    media.over_udp(capture, MEDIA_ENDS, media.talk(work, srtp=(True, True)))
    talk.hang_up(stream, ALICE, FE01, users=users)


def optional_offer():
    """RTP/AVP with a=crypto: encryption is offered, not demanded. And the answer, which takes it."""
    encryption = ["a=encryption:optional", "a=rtpmap:0 PCMU/8000"]
    return (talk.sdp(ALICE, 20000, "RTP/AVP", [talk.crypto(media.KEYS[CLIENT]), *encryption]),
            talk.sdp(FE01, 30000, "RTP/SAVP", [talk.crypto(media.KEYS[SERVER]), "a=rtpmap:0 PCMU/8000"]))


@written("optional_crypto_tls", CLIENT_AND_POOL,
         [Subject("TT-02", "alice", "fe01", "compliant"), Subject("TT-15", "alice", "fe01", "none"),
          Subject("TT-04", "alice", "fe01", "compliant", area="media", note="SRTCP trailers show it")],
         hidden=("RTP/SAVP", "alice@contoso.com"), cases=(16,))
def optional_crypto_tls(capture, work):
    """Optional encryption: the offer is RTP/AVP with a=crypto, the answer RTP/SAVP with a=crypto, all inside TLS 1.2;
    the media is SRTP."""
    tls = talk.Tls(capture.connect(ALICE, FE01, 5061), work.ca.issue("fe01.contoso.com"), name="fe01.contoso.com")
    offer, answer = optional_offer()
    talk.dialog(tls, ALICE, FE01, offer, answer, users=("alice", "conference"), transport="TLS")
    media.over_udp(capture, MEDIA_ENDS, media.talk(work, srtp=(True, True)))
    talk.hang_up(tls, ALICE, FE01, users=("alice", "conference"), transport="TLS")


@written("optional_crypto_clear", CLIENT_AND_POOL, KEYED_CLEAR, clear=("RTP/SAVP",))
def optional_crypto_clear(capture, work):
    """Optional encryption in readable SIP: RTP/AVP with a=crypto, answered by RTP/SAVP with a=crypto; SRTP follows, but
    everybody knows its keys."""
    call_in_clear(capture, work, *optional_offer())


LAPS = 2  # roll-overs of the sequence numbers, at fifty packets a second


@written("joined_after_roll_overs", CLIENT_AND_POOL, KEYED_CLEAR, clear=("RTP/SAVP",))
def joined_after_roll_overs(capture, work):
    """SIP that anyone can read, and media that the sensor sees from the 44th minute on only: sequence numbers have
    rolled over twice by then, which no packet tells."""
    stream = capture.connect(ALICE, FE01, 5060)
    talk.dialog(stream, ALICE, FE01, *optional_offer(), users=("alice", "conference"))
    capture.wait(LAPS * 65536 * media.FRAME_US)
    media.over_udp(capture, MEDIA_ENDS, media.talk(work, 1, srtp=(True, True), roll_over=LAPS))
    talk.hang_up(stream, ALICE, FE01, users=("alice", "conference"))


@written("key_stream_reused", CLIENT_AND_POOL, KEYED_CLEAR, clear=("RTP/SAVP",))
def key_stream_reused(capture, work):
    """After a pause both sides number their packets from the same start again, under the same key and SSRC: AES in
    counter mode encrypts two different packets alike."""
    stream = capture.connect(ALICE, FE01, 5060)
    talk.dialog(stream, ALICE, FE01, *optional_offer(), users=("alice", "conference"))
    for begin in (0, 200):
        media.over_udp(capture, MEDIA_ENDS, media.talk(work, 1, srtp=(True, True), begin=begin))
        capture.wait(4_000_000)
    talk.hang_up(stream, ALICE, FE01, users=("alice", "conference"))


@written("optional_crypto_declined", CLIENT_AND_POOL,
         [Subject("TT-02", "alice", "fe01", "violation"),
          Subject("TT-15", "alice", "fe01", "violation", note="the offer's key is readable, though nobody took it"),
          Subject("TT-04", "alice", "fe01", "violation")], clear=("RTP/AVP", "alice@contoso.com"))
def optional_crypto_declined(capture, work):
    """Optional encryption that the answer declines: RTP/AVP without a=crypto; speech is plain RTP."""
    offer, _ = optional_offer()
    stream = capture.connect(ALICE, FE01, 5060)
    talk.dialog(stream, ALICE, FE01, offer, talk.sdp(FE01, 30000, "RTP/AVP", ["a=rtpmap:0 PCMU/8000"]))
    media.over_udp(capture, MEDIA_ENDS, media.talk(work))
    talk.hang_up(stream, ALICE, FE01)


@written("cryptoscale", CLIENT_AND_POOL, KEYED_CLEAR, clear=("a=cryptoscale:1 client",))
def cryptoscale(capture, work):
    """Keys for scale SRTP (a=cryptoscale, the only key attribute) in readable SIP between a client and its pool."""
    lines = [talk.crypto(media.KEYS[CLIENT], 1, "cryptoscale", "client"), "a=rtpmap:0 PCMU/8000"]
    answer = [talk.crypto(media.KEYS[SERVER], 1, "cryptoscale", "server"), "a=rtpmap:0 PCMU/8000"]
    call_in_clear(capture, work, talk.sdp(ALICE, 20000, "RTP/SAVP", lines), talk.sdp(FE01, 30000, "RTP/SAVP", answer))


def ice6(address, port, relay_port, key):
    """SDP of Communicator 2007: the relay in c= and m=, the host's own address among its candidates only."""
    lines = []
    for component in (1, 2):
        for priority, ip, first in (("0.830", address, port), ("0.480", EDGE_AV, relay_port)):
            lines.append(f"a=candidate:bGFiY2FuZGlkYXRlMDE= {component} cGFzc3dvcmRvZmNhbmRpZGF0ZQ== UDP {priority} "
                         f"{ip} {first + component - 1}")
    return talk.sdp(EDGE_AV, relay_port, "RTP/SAVP", [*lines, talk.crypto(key), "a=rtpmap:0 PCMU/8000",
                                                     "a=encryption:required"])


@written("ice6_candidates", CLIENT_AND_POOL | {"edgeav": Host(EDGE_AV, "edge_av")}, KEYED_CLEAR, clear=("UDP 0.830",))
def ice6_candidates(capture, work):
    """ICE of Communicator 2007 (draft 6) in readable SIP: c= names the relay, but SRTP runs between the hosts' own
    candidates, and its keys are known."""
    offer, answer = ice6(ALICE, 20000, 52000, media.KEYS[CLIENT]), ice6(FE01, 30000, 52010, media.KEYS[SERVER])
    call_in_clear(capture, work, offer, answer)


def alternatives(*parts):
    """multipart/alternative, the older description first: (body, content type)."""
    text = "".join(f"--=_part\r\nContent-Type: application/sdp\r\nContent-Transfer-Encoding: 7bit\r\n"
                   f"Content-Disposition: session; handling=optional{more}\r\n\r\n{part}\r\n" for more, part in parts)
    return text + "--=_part--\r\n", 'multipart/alternative;boundary="=_part"'


def ice19(address, port, key):
    lines = [f"a=candidate:1 {component} UDP 2130706431 {address} {port + component - 1} typ host"
             for component in (1, 2)]
    return talk.sdp(address, port, "RTP/SAVP", ["a=ice-ufrag:qkEP", "a=ice-pwd:ed6f9GuHjLcoCN6sC/Eh7fVl", *lines,
                                               talk.crypto(key), "a=rtpmap:0 PCMU/8000", "a=encryption:required"])


@written("alternative_answered", CLIENT_AND_POOL, KEYED_CLEAR, clear=("ms-proxy-2007fallback", "typ host"))
def alternative_answered(capture, work):
    """An offer in two descriptions of which the peer takes one (multipart/alternative): for Communicator 2007 without a
    key, for Lync with one. The answer is to the second, and SRTP follows; its keys are readable."""
    older = talk.sdp(ALICE, 20050, "RTP/AVP", ["a=rtpmap:0 PCMU/8000", "a=encryption:rejected"])
    offer, kind = alternatives(("; ms-proxy-2007fallback", older), ("", ice19(ALICE, 20000, media.KEYS[CLIENT])))
    users = ("alice", "conference")
    stream = capture.connect(ALICE, FE01, 5060)
    stream.send(CLIENT, talk.request("INVITE", ALICE, FE01, offer, kind, users=users))
    stream.send(SERVER, talk.response("INVITE", ALICE, FE01, ice19(FE01, 30000, media.KEYS[SERVER]), users=users))
    stream.send(CLIENT, talk.request("ACK", ALICE, FE01, users=users))
    media.over_udp(capture, MEDIA_ENDS, media.talk(work, 1, srtp=(True, True)))
    talk.hang_up(stream, ALICE, FE01, users=users)


# --- desktop sharing -------------------------------------------------------------------------------------------------

def sharing(profile, key, address, port, role):
    lines = ["a=rtpmap:127 x-data/90000", "a=setup:active", "a=connection:new", "a=x-applicationsharing-session-id:1",
             f"a=x-applicationsharing-role:{role}", "a=x-applicationsharing-media-type:rdp"]
    return talk.sdp(address, port, profile, lines + ([talk.crypto(key)] if key else []), "applicationsharing", "127")


def share_screen(capture, work, srtp):
    profile = "TCP/RTP/SAVP" if srtp else "TCP/RTP/AVP"
    keys = media.KEYS if srtp else (None, None)
    stream = capture.connect(ALICE, FE01, 5060)
    talk.dialog(stream, ALICE, FE01, sharing(profile, keys[0], ALICE, 20100, "sharer"),
                sharing(profile, keys[1], FE01, 50100, "viewer"))
    rdp = [b"\x03\x00" + struct.pack(">H", 300) + b"\x02\xf0\x80" + noise(n, 120) + (SLIDES + " ").encode() * 3
           for n in range(400)]
    said = media.talk(work, srtp=(srtp, srtp), payload=lambda n: rdp[n].ljust(300, b"\0"))
    over = capture.connect(ALICE, FE01, 50100, 20100)
    media.over_tcp(capture, over, said[:200])
    over.close()
    talk.hang_up(stream, ALICE, FE01)


SHARING = [Subject("TT-05", "alice", "fe01", "violation"), Subject("TT-02", "alice", "fe01", "violation"),
           Subject("TT-04", "alice", "fe01", "violation", area="media", note="RTP behind lengths on TCP (RFC 4571)")]


@written("sharing_keys_clear", CLIENT_AND_POOL, [*SHARING, Subject("TT-15", "alice", "fe01", "violation")],
         clear=("m=applicationsharing",), hidden=(SLIDES,))
def sharing_keys_clear(capture, work):
    """Desktop sharing (m=applicationsharing) set up by readable SIP; the screen is SRTP over TCP with known keys."""
    share_screen(capture, work, True)


@written("sharing_rdp_clear", CLIENT_AND_POOL, [*SHARING, Subject("TT-15", "alice", "fe01", "none")],
         clear=("m=applicationsharing", SLIDES))
def sharing_rdp_clear(capture, work):
    """Desktop sharing set up by readable SIP; the screen is RDP in plain RTP over TCP."""
    share_screen(capture, work, False)


# --- web conferencing ------------------------------------------------------------------------------------------------

CONFERENCE = {"alice": Host(ALICE, "client_internal"), "web01": Host(WEB01, "web_mcu")}


def psom(say):
    """PSOM-like bytes: lengths, object numbers, slides as text."""
    for number in range(12):
        side = SERVER if number % 3 else CLIENT
        body = struct.pack(">HHI", 0x5053, number, len(SLIDES)) + SLIDES.encode() + noise(number, 60)
        say(side, struct.pack(">I", len(body)) + body)


@written("psom_clear", CONFERENCE, [Subject("TT-06", "alice", "web01", "violation")], clear=(SLIDES,))
def psom_clear(capture, work):
    """Web conferencing on 8057 whose bytes are no TLS: slides can be read."""
    stream = capture.connect(ALICE, WEB01, 8057)
    psom(stream.send)
    stream.close()


@written("psom_clear_ipv6", {"alice": Host(ALICE6, "client_internal"), "web01": Host(WEB6, "web_mcu")},
         [Subject("TT-06", "alice", "web01", "violation")], clear=(SLIDES,))
def psom_clear_ipv6(capture, work):
    """Web conferencing on 8057 over IPv6 whose bytes are no TLS."""
    stream = capture.connect(ALICE6, WEB6, 8057)
    psom(stream.send)
    stream.close()


@written("psom_tls", CONFERENCE, [Subject("TT-06", "alice", "web01", "compliant")], hidden=(SLIDES,))
def psom_tls(capture, work):
    """Web conferencing on 8057 over TLS 1.2."""
    tls = talk.Tls(capture.connect(ALICE, WEB01, 8057), work.ca.issue("web01.contoso.com"))
    psom(tls.send)
    tls.close()


@written("psom_tls_records", CONFERENCE, [Subject("TT-06", "alice", "web01", "unknown")], hidden=(SLIDES,))
def psom_tls_records(capture, work):
    """Web conferencing on 8057 from its middle: TLS records of application data, and no handshake."""
    from_the_middle(capture, ALICE, WEB01, 8057)


@written("psom_edge_clear", {"fe01": Host(FE01, "front_end"), "edge": Host(EDGE_WEB, "edge_web")},
         [Subject("TT-01", "fe01", "edge", "violation"), Subject("TT-06", "fe01", "edge", "none")], clear=(SLIDES,))
def psom_edge_clear(capture, work):
    """The server leg of web conferencing, Front End to Edge on 8057, whose bytes are no TLS."""
    stream = capture.connect(FE01, EDGE_WEB, 8057)
    psom(stream.send)
    stream.close()


def from_the_middle(capture, client, server, port):
    """TLS 1.2 application data only; not even the TCP handshake was captured."""
    stream = capture.connect(client, server, port)
    capture.frames.clear()
    for number in range(8):
        data = noise(number, 180 + 40 * number)
        stream.send(number % 2, struct.pack(">BHH", 23, 0x0303, len(data)) + data)


@written("tls_from_the_middle", {"fe01": Host(FE01, "front_end"), "edge01": Host(EDGE01, "edge_access")},
         [Subject("TT-01", "fe01", "edge01", "unknown")], cases=(32,))
def tls_from_the_middle(capture, work):
    """TLS between a Front End and the Access Edge on 5061, seen from its middle: nothing tells who showed a
    certificate."""
    from_the_middle(capture, FE01, EDGE01, 5061)


# --- signalling ------------------------------------------------------------------------------------------------------

@written("sip_compressed", CLIENT_AND_POOL, [Subject("TT-02", "alice", "fe01", "violation")], clear=("NEGOTIATE",),
         cases=(31,))
def sip_compressed(capture, work):
    """SIP over TCP that turns binary after NEGOTIATE: compressed (MPPC), and that is no encryption."""
    stream = capture.connect(ALICE, FE01, 5060)
    wish = "Compression: LZ77-8K\r\nSupported: NewNegotiate, OCSNative, ECC, IPv6, TlsRecordSplit\r\n"
    stream.send(CLIENT, talk.request("NEGOTIATE", ALICE, FE01, extra=wish))
    stream.send(SERVER, talk.response("NEGOTIATE", ALICE, FE01, extra="Compression: LZ77-8K\r\n"))
    packers = (talk.Compressor(), talk.Compressor())
    for number, method in enumerate(("REGISTER", "SUBSCRIBE", "MESSAGE", "MESSAGE"), 2):
        body = MARKER if method == "MESSAGE" else ""
        sent = talk.request(method, ALICE, FE01, body, "text/plain", number)
        stream.send(CLIENT, packers[CLIENT].packet(sent))
        stream.send(SERVER, packers[SERVER].packet(talk.response(method, ALICE, FE01, number=number)))
    stream.close()


def relay_credentials(stream, client, server):
    """SERVICE for relay credentials, and the answer that holds them."""
    kind, name = "application/msrtc-media-relay-auth+xml", "http://schemas.microsoft.com/2006/09/sip/mrasp"
    ask = (f'<request requestID="1" version="2.0" to="sip:mras@contoso.com" from="sip:alice@contoso.com" '
           f'xmlns="{name}"><credentialsRequest credentialsRequestID="1"><identity>sip:alice@contoso.com</identity>'
           '<location>intranet</location><duration>480</duration></credentialsRequest></request>')
    give = (f'<response requestID="1" version="2.0" xmlns="{name}" reasonPhrase="OK"><credentialsResponse '
            'credentialsRequestID="1"><credentials><username>AgAAJO0xLwHMwBnV</username>'
            f'<password>{RELAY_PASSWORD}</password><duration>480</duration></credentials><mediaRelayList><mediaRelay>'
            '<location>intranet</location><hostName>edge.contoso.com</hostName><udpPort>3478</udpPort><tcpPort>443'
            '</tcpPort></mediaRelay></mediaRelayList></credentialsResponse></response>')
    stream.send(CLIENT, talk.request("SERVICE", client, server, ask, kind, users=("alice", "mras")))
    stream.send(SERVER, talk.response("SERVICE", client, server, give, kind, users=("alice", "mras")))
    stream.close()


@written("mras_client_clear", CLIENT_AND_POOL,
         [Subject("TT-02", "alice", "fe01", "violation"),
          Subject("TT-16", "alice", "fe01", "violation", area="policy")],
         clear=(RELAY_PASSWORD,))
def mras_client_clear(capture, work):
    """Relay credentials (MRAS) in readable SIP between a client and its pool: user name and password of the relay."""
    relay_credentials(capture.connect(ALICE, FE01, 5060), ALICE, FE01)


@written("mras_server_clear", {"fe01": Host(FE01, "front_end"), "edgeav": Host(EDGE_AV, "edge_av")},
         [Subject("TT-01", "fe01", "edgeav", "violation"),
          Subject("TT-16", "fe01", "edgeav", "violation", area="policy")], clear=(RELAY_PASSWORD,))
def mras_server_clear(capture, work):
    """Relay credentials (MRAS) in readable SIP between a Front End and the A/V Edge on 5062."""
    relay_credentials(capture.connect(FE01, EDGE_AV, 5062), FE01, EDGE_AV)


# --- the gateway -----------------------------------------------------------------------------------------------------

def gateway_call(capture, gateway):
    """The gateway calls in on 5068."""
    offer = talk.sdp(gateway, 40000, "RTP/AVP", ["a=rtpmap:0 PCMU/8000"])
    stream = capture.connect(gateway, MED01, 5068)
    users = ("+15550199", "+15550100")
    talk.dialog(stream, gateway, MED01, offer, talk.sdp(MED01, 60000, "RTP/AVP", ["a=rtpmap:0 PCMU/8000"]), users=users)
    talk.hang_up(stream, gateway, MED01, users=users)


@written("gateway_private_clear", TRUNK, [Subject("TT-10a", "gw01", "med01", "exempt"),
                                          Subject("TT-20", "gw01", "med01", "exempt", area="policy"),
                                          Subject("TT-22", "gw01", "med01", "none")], cases=(10,))
def gateway_private_clear(capture, work):
    """SIP in clear from the gateway to the Mediation Server on 5068; the trunk is private."""
    gateway_call(capture, GW01)


@written("gateway_private_clear_media", TRUNK, [Subject("TT-10a", "gw01", "med01", "exempt"),
                                                Subject("TT-11a", "gw01", "med01", "exempt"),
                                                Subject("TT-04", "gw01", "med01", "none"),
                                                Subject("TT-12", "gw01", "med01", "none")],
         clear=("alice@contoso.com",))
def gateway_private_clear_media(capture, work):
    """A call from the gateway to the Mediation Server over a private trunk, its signalling and its media in clear."""
    gateway_call(capture, GW01)
    media.over_udp(capture, ((GW01, 40000), (MED01, 60000)), media.talk(work))


@written("gateway_undeclared_outside", TRUNK_FAR,
         [Subject("TT-10a", "gw01", "med01", "violation", note="its trunk class is unknown, which counts as public"),
          Subject("TT-22", "gw01", "med01", "violation", area="policy")], cases=(11,))
def gateway_undeclared_outside(capture, work):
    """SIP in clear from a gateway outside to the Mediation Server on 5068; nobody declared the class of the trunk."""
    gateway_call(capture, GW_FAR)


@written("gateway_undeclared_inside", TRUNK_NEAR,
         [Subject("TT-22", "gw01", "med01", "violation", area="policy", note="unknown class; by the letter of case 11 "
                  "TT-10a does not permit it either, but a gateway inside need not be a trunk's end")])
def gateway_undeclared_inside(capture, work):
    """SIP in clear from a gateway inside to the Mediation Server on 5068; nobody declared the class of a trunk."""
    gateway_call(capture, GW01)


@written("gateway_one_way_tls", TRUNK, [Subject("TT-10b", "gw01", "med01", "violation")], hidden=("+15550199",),
         cases=(12,))
def gateway_one_way_tls(capture, work):
    """TLS 1.2 from the gateway to the Mediation Server on 5067 without a client certificate."""
    tls = talk.Tls(capture.connect(GW01, MED01, 5067), work.ca.issue("med01.contoso.com"), name="med01.contoso.com")
    users = ("+15550199", "+15550100")
    offer = talk.sdp(GW01, 40000, "RTP/AVP", ["a=rtpmap:0 PCMU/8000"])
    talk.dialog(tls, GW01, MED01, offer, talk.sdp(MED01, 60000, "RTP/AVP"), users=users, transport="TLS")
    talk.hang_up(tls, GW01, MED01, users=users, transport="TLS")


# --- the rest of the estate ------------------------------------------------------------------------------------------

@written("public_im_mtls", {"edge01": Host(EDGE01, "edge_access"), "pic": Host(PIC01, "pic_provider")},
         [Subject("TT-18a", "edge01", "pic", "compliant", area="policy"),
          Subject("TT-18b", "edge01", "pic", "not_assessable", area="policy", note="the provider's own hop")],
         hidden=(MARKER,), cases=(33,))
def public_im_mtls(capture, work):
    """The Access Edge sends a message to a public IM provider on 5061 over TLS 1.2 with certificates of both."""
    tls = talk.Tls(capture.connect(EDGE01, PIC01, 5061), work.foreign_ca.issue("sip.fabrikam.com"),
                   work.ca.issue("edge01.contoso.com"), work.ca.pem, name="sip.fabrikam.com")
    tls.send(CLIENT, talk.request("MESSAGE", EDGE01, PIC01, MARKER, "text/plain", transport="TLS"))
    tls.send(SERVER, talk.response("MESSAGE", EDGE01, PIC01, transport="TLS"))
    tls.close()


@written("windows_live_rtp", {"alice": Host(ALICE, "client_internal"), "pic": Host(PIC01, "pic_provider")},
         [Subject("TT-17", "alice", "pic", "none", note="windows_live_av is off, so it exempts nothing"),
          Subject("TT-04", "alice", "pic", "violation", area="policy")], clear=("alice@contoso.com",))
def windows_live_rtp(capture, work):
    """Plain RTP between a Lync client and Windows Live in a deployment that has not switched this on."""
    said = media.talk(work, cnames=("alice@contoso.com", "dave@live.com"))
    media.over_udp(capture, ((ALICE, 20000), (PIC01, 30000)), said)


@written("windows_live_rtp_permitted",
         {"alice": Host(ALICE, "client_internal"), "pic": Host(PIC01, "pic_provider")},
         [Subject("TT-17", "alice", "pic", "exempt", area="policy"),
          Subject("TT-04", "alice", "pic", "none", note="TT-17 is the more specific row")],
         clear=("alice@contoso.com",), cases=(29,), later={"windows_live_av": "true", "encryption_level": "supported"})
def windows_live_rtp_permitted(capture, work):
    """Plain RTP between a Lync client and Windows Live in a deployment that has switched this on and whose encryption
    level is Supported."""
    said = media.talk(work, cnames=("alice@contoso.com", "dave@live.com"))
    media.over_udp(capture, ((ALICE, 20000), (PIC01, 30000)), said)


@written("msmq", {"fe01": Host(FE01, "front_end"), "arch01": Host(ARCH01, "archiving")},
         [Subject("TT-30", "fe01", "arch01", "exempt", area="policy"), Subject("TT-01", "fe01", "arch01", "none")],
         clear=(MARKER,), cases=(30,))
def msmq(capture, work):
    """A Front End sends archived messages by MSMQ (TCP 1801) in clear."""
    stream = capture.connect(FE01, ARCH01, 1801)
    queue = "DIRECT=TCP:10.77.0.60\\private$\\lcs archiving\0".encode("utf-16-le")
    for number in range(6):
        body = f"<message n='{number}'>{MARKER}</message>".encode()
        user = noise("guids", 32) + struct.pack("<II", 345600, number) + queue
        stream.send(CLIENT, struct.pack("<BBHIII", 0x10, 0, 3, 0x524F494C, 16 + len(user) + len(body), 0xFFFFFFFF) +
                    user + body)
        stream.send(SERVER, struct.pack("<BBHIII", 0x10, 0, 2, 0x524F494C, 16, number))
    stream.close()


@written("dns_public_resolver", {"fe01": Host(FE01, "front_end"), "resolver": Host(PUBLIC_DNS)},
         [Subject("TT-23", "fe01", "resolver", "violation", area="policy")], cases=(28,))
def dns_public_resolver(capture, work):
    """A Front End asks 8.8.8.8 for the address of its federation partner."""
    name = (b"_sipfederationtls", b"_tcp", b"fabrikam", b"com")
    labels = b"".join(bytes([len(part)]) + part for part in name) + b"\0"
    question = labels + struct.pack(">HH", 33, 1)
    capture.datagram(FE01, 50123, PUBLIC_DNS, 53, struct.pack(">HHHHHH", 0x4711, 0x0100, 1, 0, 0, 0) + question)
    target = b"\x03sip\x08fabrikam\x03com\0"
    answer = b"\xc0\x0c" + struct.pack(">HHIHHHH", 33, 1, 300, 6 + len(target), 0, 0, 5061) + target
    header = struct.pack(">HHHHHH", 0x4711, 0x8180, 1, 1, 0, 0)
    capture.datagram(PUBLIC_DNS, 53, FE01, 50123, header + question + answer)
