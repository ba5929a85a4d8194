"""A SIP trunk inside VPNs in TLS and DTLS: AnyConnect's (openconnect and ocserv), and SSTP (sstp-client)."""
import base64
import hashlib
import os
import sys

import sstp_peers
import tunnel_trunk as trunk
from scenario import scenario
from tunnel_trunk import HOSTS, INNER, MARKERS, OUTER, PACKAGES

PROGRAMS = ("ocserv", "openconnect", *PACKAGES)
SSTP = ("sstp-client", "python3")
PASSWORD = "Trunk-Secret-0815"
SIGNALLING = MARKERS[:1]
TLS_ALONE = "TLS alone: what it carries shows under keys only"

CONFIGURATION = """auth = "plain[passwd={folder}/passwords]"
tcp-port = 443
udp-port = 443
run-as-user = root
run-as-group = root
socket-file = {folder}/ocserv.socket
server-cert = {certificate}
server-key = {key}
isolate-workers = false
try-mtu-discovery = false
device = ocvpn
ipv4-network = 10.99.3.0
ipv4-netmask = 255.255.255.0
cisco-client-compat = true
dtls-legacy = true
tls-priorities = "NORMAL:%SERVER_PRECEDENCE:%COMPAT"
"""


def pin(lab, certificate):
    """What openconnect knows the server's key by."""
    key = lab.run("gateway", ["openssl", "x509", "-in", certificate, "-pubkey", "-noout"])
    return base64.b64encode(hashlib.sha256(base64.b64decode("".join(key.split("-----")[2].split()))).digest()).decode()


def connect(lab, work, *options):
    """ocserv on the gateway, openconnect on the Mediation Server, and their second addresses behind both ends."""
    certificate, key = work.ca.issue("gateway.contoso.com")
    hashed = lab.run("gateway", ["openssl", "passwd", "-5", PASSWORD]).strip()
    lab.write("passwords", f"trunk:*:{hashed}\n")
    folder = os.path.dirname(lab.path("passwords"))
    settings = lab.write("ocserv.conf", CONFIGURATION.format(folder=folder, certificate=certificate, key=key))
    lab.start("gateway", ["ocserv", "-f", "-c", settings])
    lab.wait_listening("gateway", "tcp", 443)
    secret = lab.write("secret", PASSWORD + "\n")
    command = ("exec openconnect --user=trunk --passwd-on-stdin --servercert pin-sha256:" + pin(lab, certificate) +
               f" --script /bin/true -i tun0 {' '.join(options)} https://{OUTER['gateway']}/ < {secret}")
    lab.start("mediation", ["sh", "-c", command])
    trunk.poll(lambda: has_link(lab, "mediation", "tun0") and has_link(lab, "gateway", "ocvpn0"), "the tunnel")
    for host, link, there in (("mediation", "tun0", "gateway"), ("gateway", "ocvpn0", "mediation")):
        lab.run(host, ["ip", "addr", "add", f"{INNER[host]}/32", "dev", link])
        lab.run(host, ["ip", "link", "set", link, "up"])
        lab.run(host, ["ip", "route", "add", f"{INNER[there]}/32", "dev", link])


def has_link(lab, host, name):
    return name in lab.run(host, ["ip", "-o", "link", "show"])


@scenario("tlsvpn/anyconnect_dtls_psk", HOSTS,
          trunk.subjects("compliant", "DTLS 1.2 with a key of the HTTPS connection"), *PROGRAMS, robust=True,
          hidden=MARKERS, inside=())
def anyconnect_dtls_psk(lab, work):
    """A call on a SIP trunk inside DTLS 1.2 of openconnect and ocserv: a PSK from the HTTPS connection beside it."""
    connect(lab, work)
    trunk.call(lab, work)


@scenario("tlsvpn/anyconnect_dtls_resumed", HOSTS,
          trunk.subjects("compliant", "DTLS goes on with a session of the HTTPS connection"), *PROGRAMS,
          hidden=SIGNALLING, inside=())
def anyconnect_dtls_resumed(lab, work):
    """Signalling of a SIP trunk inside DTLS 1.2 of openconnect and ocserv, resumed as AnyConnect does it."""
    connect(lab, work, "--dtls12-ciphers=AES256-GCM-SHA384")
    trunk.call(lab, work, speech=False)


@scenario("tlsvpn/anyconnect_tls", HOSTS,
          trunk.subjects("unknown", TLS_ALONE, "compliant"), *PROGRAMS, hidden=SIGNALLING, inside=())
def anyconnect_tls(lab, work):
    """Signalling of a SIP trunk inside TLS of openconnect and ocserv, without DTLS."""
    connect(lab, work, "--no-dtls")
    trunk.call(lab, work, speech=False)


@scenario("leak/anyconnect_rtp_outside", HOSTS, trunk.leak_subjects("TT-11a"), *PROGRAMS, cases=(27,),
          clear=("phone@" + OUTER["mediation"],), hidden=SIGNALLING, inside=())
def rtp_outside(lab, work):
    """Signalling of a SIP trunk inside DTLS of openconnect and ocserv, then clear speech between the same two hosts outside."""
    connect(lab, work)
    trunk.call(lab, work, speech=False)
    trunk.talk_outside(lab, work)


@scenario("tlsvpn/sstp", HOSTS, trunk.subjects("unknown", TLS_ALONE, "compliant"), *SSTP, inside=())
def sstp(lab, work):
    """SSTP of sstp-client, in TLS 1.2, up to the first frames of PPP, which the kernel here has not."""
    certificate, key = work.ca.issue("gateway.contoso.com")
    peers = [sys.executable, sstp_peers.__file__]
    server = lab.start("gateway", [*peers, "server", OUTER["gateway"], certificate, key])
    lab.wait_listening("gateway", "tcp", 443)
    lab.run("mediation", [*peers, "client", OUTER["gateway"]], seconds=30)
    lab.wait_ended(server)
