"""A SIP trunk inside WireGuard (wireguard-go), and speech of the same trunk beside it."""
import os

import cut
import lab as labs
import tunnel_trunk as trunk
from scenario import scenario
from tunnel_trunk import HOSTS, INNER, MARKERS, OUTER, PACKAGES, PEER

PROGRAMS = ("wireguard-go", "wireguard-tools", *PACKAGES)


def tunnel(lab, port=51820):
    """A WireGuard interface on either host, which sends the other's inner address through the tunnel."""
    keys = {host: lab.run(host, ["wg", "genkey"]).strip() for host in HOSTS}
    for host in HOSTS:
        interface = link_name(host)
        lab.start(host, ["wireguard-go", "-f", interface], environment={"WG_PROCESS_FOREGROUND": "1"})
        trunk.poll(lambda name=interface: os.path.exists(f"/run/wireguard/{name}.sock"), "wireguard-go")
        public = lab.run(PEER[host], ["wg", "pubkey"], stdin=keys[PEER[host]]).strip()
        lab.run(host, ["wg", "set", interface, "listen-port", str(port),
                       "private-key", lab.write(f"{host}.key", keys[host]), "peer", public,
                       "endpoint", f"{labs.literal(lab.hosts[PEER[host]])}:{port}", "allowed-ips", f"{INNER[PEER[host]]}/32"])
        lab.run(host, ["ip", "addr", "add", f"{INNER[host]}/32", "dev", interface])
        lab.run(host, ["ip", "link", "set", interface, "up"])
        lab.run(host, ["ip", "route", "add", f"{INNER[PEER[host]]}/32", "dev", interface])


def link_name(host):
    """At most 15 letters; the daemon's socket is named so too, in a directory that all labs share."""
    return f"wg{os.getpid()}{host[0]}"


@scenario("wireguard/trunk_call", HOSTS, trunk.subjects("compliant", "ChaCha20-Poly1305, always"), *PROGRAMS,
          robust=True, hidden=MARKERS)
def trunk_call(lab, work):
    """A call on a SIP trunk inside WireGuard: handshake and data on UDP 51820."""
    tunnel(lab)
    trunk.call(lab, work)


@scenario("wireguard/odd_port", HOSTS, trunk.subjects("compliant", "ChaCha20-Poly1305, always"), *PROGRAMS,
          hidden=MARKERS)
def odd_port(lab, work):
    """A call on a SIP trunk inside WireGuard on UDP 443: only the bytes tell what it is."""
    tunnel(lab, port=443)
    trunk.call(lab, work)


@scenario("wireguard/no_handshake", HOSTS, trunk.subjects("compliant", "WireGuard has no other cipher"), *PROGRAMS,
          hidden=MARKERS)
def no_handshake(lab, work):
    """A call on a SIP trunk inside WireGuard; the capture was started after the handshake."""
    work.afterwards(keep_data)
    tunnel(lab)
    trunk.call(lab, work)


@scenario("leak/wireguard_rtp_outside", HOSTS, trunk.leak_subjects("TT-11a"), *PROGRAMS, cases=(27,),
          clear=("phone@" + OUTER["mediation"],), hidden=MARKERS)
def rtp_outside(lab, work):
    """A call on a SIP trunk inside WireGuard, then clear speech between the same two hosts outside the tunnel."""
    tunnel(lab)
    trunk.call(lab, work)
    trunk.talk_outside(lab, work)


def keep_data(path):
    """Leaves the data messages only: those that begin with a 4."""
    cut.keep(path, [record for record in cut.read(path)[1] if record[trunk.PAYLOAD_AT] == 4])
