"""Calls from a Front End to a gateway through a Mediation Server that is made of kamailio and rtpengine: each side has
its own signalling and its own protection of the media."""
import time
from dataclasses import dataclass

import call_phones
import call_truth
import kamailio
import phones

CONTROL = 2223  # of rtpengine, on 127.0.0.1
PROGRAMS = ("kamailio", "kamailio-tls-modules", "rtpengine-daemon", "baresip")
ENCRYPTION = {"rtp": "", "sdes": "srtp-mand", "dtls": "dtls_srtp"}
PROFILE = {"rtp": "RTP/AVP", "sdes": "RTP/SAVP", "dtls": "UDP/TLS/RTP/SAVP"}

MODULES = """
loadmodule "nathelper.so"
loadmodule "rtpengine.so"
modparam("rtpengine", "rtpengine_sock", "udp:127.0.0.1:{control}")
modparam("nathelper", "received_avp", "$avp(received)")
"""

ROUTES = """
request_route {{
    if (has_totag()) {{
        loose_route();
        handle_ruri_alias();
        if (is_method("BYE")) {{
            rtpengine_delete();
        }}
        t_relay();
        exit;
    }}
    if (!is_method("INVITE")) {{
        sl_send_reply("200", "OK");
        exit;
    }}
    record_route();
    set_contact_alias();
    rtpengine_offer("{outer}");
    $ru = "sip:gw01@{gateway}";
    t_on_reply("1");
    t_relay();
}}
onreply_route[1] {{
    set_contact_alias();
    if (has_body("application/sdp")) {{
        rtpengine_answer("{inner}");
    }}
}}
"""

STUNNEL = """
foreground = yes
pid =
[sip]
accept = {address}:5067
connect = {address}:5060
cert = {certificate}
key = {key}
CAfile = {ca}
verifyChain = yes
sslVersionMax = TLSv1.2
"""


@dataclass(frozen=True)
class Bridge:
    """The two sides: media as rtp, sdes or dtls; signalling as udp, tcp or mutual (TLS 1.2)."""
    inner: str
    outer: str
    inner_signalling: str = "mutual"
    outer_signalling: str = "udp"


def options_toward(media):
    """How rtpengine is told what a side gets."""
    keys = {"rtp": "", "sdes": " DTLS=off", "dtls": " SDES-off"}[media]
    return f"replace-origin replace-session-connection ICE=remove {PROFILE[media]}{keys}"


def start_mediation(lab, work, address, gateway, bridge):
    """kamailio and rtpengine on med01."""
    lab.start("med01", ["rtpengine", "--foreground", "--log-stderr", "--log-level=4", "--table=-1", "--num-threads=2",
                        f"--interface={address}", f"--listen-ng=127.0.0.1:{CONTROL}", "--port-min=30000",
                        "--port-max=30099", f"--pidfile={lab.path('rtpengine.pid')}"])
    lab.wait_listening("med01", "udp", CONTROL)
    port = {"udp": "5060", "tcp": "5068;transport=tcp", "mutual": "5067;transport=tls"}[bridge.outer_signalling]
    routes = ROUTES.format(outer=options_toward(bridge.outer), inner=options_toward(bridge.inner),
                           gateway=f"{gateway}:{port}")
    secure = "mutual" in (bridge.inner_signalling, bridge.outer_signalling)
    transports = {"udp": 5060, "tcp": 5068, **({"tls": 5061} if secure else {})}
    kamailio.start(lab, work, "med01", address, routes, MODULES.format(control=CONTROL), transports,
                   {"method": "TLSv1.2", "mutual": "yes"} if secure else None)


def start_phone(lab, work, user, server, transport, media, dial=None):
    """A baresip that registers nowhere; over TLS it shows its host's certificate. Returns (process, log)."""
    certificate, key = work.ca.issue(f"{user}.contoso.com")
    with open(certificate, encoding="ascii") as first, open(key, encoding="ascii") as second:
        both = lab.write(f"{user}/both.pem", first.read() + second.read())
    lab.write(f"{user}/config", phones.BARESIP.format(address=lab.hosts[user], wave=work.wave) +
              f"sip_certificate {both}\nsip_cafile {work.ca.pem}\n")
    encryption = f"mediaenc={ENCRYPTION[media]};" if media != "rtp" else ""
    lab.write(f"{user}/accounts", f'<sip:{user}@{lab.hosts[user]};transport={transport}>;auth_pass=none;regint=0;'
              f'outbound="sip:{server};transport={transport}";{encryption}audio_codecs=PCMU/8000/1;answermode=auto\n')
    lab.write(f"{user}/contacts", "")
    log = lab.path(f"{len(lab.processes)}-stdbuf.log")
    dialling = ["-e", f"/dial sip:{dial}"] if dial else []
    return lab.start(user, ["stdbuf", "-oL", "-eL", "baresip", "-f", lab.path(user), *dialling],
                     environment={"HOME": lab.path(user)}), log


def check(path, source, media):
    """Complains unless an end's packets are speech or, with the tag of one suite, something that is none."""
    packets = call_truth.g711_packets(path, source)
    sizes, base = {len(packet) for packet in packets}, 12 + call_truth.FRAME
    wanted = {base} if media == "rtp" else {base + 4, base + 10, base + 16}
    if len(packets) < 50 or len(sizes) != 1 or not sizes <= wanted or \
            call_truth.is_speech(packets) != (media == "rtp"):
        raise RuntimeError(f"{source} sent {len(packets)} packets of {sizes} bytes that are not {media}")


def play(lab, work, bridge, inside, outside):
    """fe01 calls gw01 through med01; inside, outside: the addresses of fe01 and gw01."""
    address = lab.hosts["med01"]
    work.afterwards(lambda path: check(path, inside, bridge.inner))
    work.afterwards(lambda path: check(path, outside, bridge.outer))
    start_mediation(lab, work, address, outside, bridge)
    if bridge.outer_signalling == "mutual":
        certificate, key = work.ca.issue("gw01.contoso.com")
        lab.start("gw01", ["stunnel4", lab.write("stunnel.conf", STUNNEL.format(
            address=outside, certificate=certificate, key=key, ca=work.ca.pem))])
        lab.wait_listening("gw01", "tcp", 5067)
    transport = "udp" if bridge.outer_signalling == "udp" else "tcp"
    answering, heard = start_phone(lab, work, "gw01", f"{address}:5060", transport, bridge.outer)
    lab.wait_listening("gw01", transport, 5060)
    wire, port = ("tls", 5061) if bridge.inner_signalling == "mutual" else ("tcp", 5068)
    calling, said = start_phone(lab, work, "fe01", f"{address}:{port}", wire, bridge.inner, f"gw01@{address}")
    call_phones.wait_said(lab, said, "Call established")
    time.sleep(call_phones.TALK_SECONDS)  # the talk itself
    lab.stop(calling)
    call_phones.wait_said(lab, heard, "terminated")
    lab.stop(answering)
