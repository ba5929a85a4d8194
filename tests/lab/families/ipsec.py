"""A SIP trunk inside IPsec (strongSwan). Without ESP in the kernel charon does it: always ESP in UDP 4500."""
import struct

import cut
import tunnel_trunk as trunk
from lab import LabError
from scenario import Host, Subject, scenario
from tunnel_trunk import HOSTS, INNER, MARKERS, OUTER, PACKAGES, READABLE_HOSTS

PROGRAMS = ("strongswan-charon", "strongswan-swanctl", "libstrongswan-standard-plugins", *PACKAGES)
READABLE = "ESP with NULL encryption: the tunnel does not encrypt"
APPLIANCES = {**HOSTS, "vpn_here": Host("10.77.0.1"), "vpn_there": Host("203.0.113.1")}
IKE_ONLY = "only the cipher of the IKE SA is visible, ESP's is inferred"

DAEMON = """
charon {{
  load = random nonce kdf aes des sha1 sha2 hmac gmp pem pubkey openssl gcm kernel-libipsec kernel-netlink \
socket-default vici updown
  i_dont_care_about_security_and_use_aggressive_mode_psk = yes
  plugins {{
    vici {{
      socket = unix://{socket}
    }}
  }}
  filelog {{
    stderr {{
      default = 1
    }}
  }}
}}
"""

CONNECTION = """
connections {{
  trunk {{
    version = {version}
    aggressive = {aggressive}
    local_addrs = {own}
    remote_addrs = {peer}
    encap = yes
    proposals = {ike}
    local {{
      auth = psk
      id = {own}
    }}
    remote {{
      auth = psk
      id = {peer}
    }}
    children {{
      call {{
        local_ts = {own_inner}
        remote_ts = {peer_inner}
        esp_proposals = {esp}
      }}
    }}
  }}
}}
secrets {{
  ike-lab {{
    secret = "trunk between the sites"
  }}
}}
"""


# what `swanctl --list-sas` calls the ESP suites
SUITES = {"aes256-sha256": "AES_CBC-256/", "aes128-sha256": "AES_CBC-128/", "aes128gcm16": "AES_GCM_16-128",
          "chacha20poly1305": "CHACHA20_POLY1305", "3des-sha1": "3DES_CBC/", "null-sha256": "NULL/",
          "null-sha1": "NULL/"}


def daemons(lab, outer, inner, connections):
    """charon on both hosts with a connection each. outer, inner: {host: address}; connections: {host: settings}."""
    for host in outer:
        settings = lab.write(f"{host}.conf", DAEMON.format(socket=control(lab, host)))
        # its PID file is in /run: each one needs a /run of its own, which `ip netns exec` makes possible
        lab.start(host, ["sh", "-c", "mount -t tmpfs tmpfs /run && exec /usr/lib/ipsec/charon"],
                  environment={"STRONGSWAN_CONF": settings})
    for host, peer in zip(outer, reversed(outer)):
        trunk.poll(lambda name=host: "uptime" in swanctl(lab, name, "--stats", expect=None), f"charon on {host}")
        text = CONNECTION.format(**connections[host], own=outer[host], peer=outer[peer], own_inner=inner[host],
                                 peer_inner=inner[peer])
        swanctl(lab, host, "--load-all", "--file", lab.write(f"{host}.swanctl", text))


def tunnel(lab, version, ike, esp, aggressive="no", outer=None, inner=None):
    """A tunnel that the first host of outer asks for. ike, esp: strongSwan's proposals. Without outer and inner it is
    between the hosts of the trunk."""
    outer, inner = outer or OUTER, inner or INNER
    connection = {"version": version, "aggressive": aggressive, "ike": ike, "esp": esp}
    if inner == INNER:
        give_inner_addresses(lab)
    daemons(lab, outer, inner, {host: connection for host in outer})
    first = next(iter(outer))
    swanctl(lab, first, "--initiate", "--child", "call")
    if f"ESP:{SUITES[esp]}" not in swanctl(lab, first, "--list-sas"):
        raise LabError(f"no tunnel with {esp}")


def give_inner_addresses(lab):
    for host, address in INNER.items():
        lab.run(host, ["ip", "addr", "add", f"{address}/32", "dev", "lo"])


def control(lab, host):
    return lab.path(f"{host}.vici")


def swanctl(lab, host, command, *options, expect=(0,)):
    return lab.run(host, ["swanctl", command, *options, "--uri", f"unix://{control(lab, host)}"], expect=expect)


def trunk_call(lab, work, version, ike, esp, **more):
    tunnel(lab, version, ike, esp, **more)
    trunk.call(lab, work)


@scenario("ipsec/ikev2_aes256_cbc", HOSTS, trunk.subjects("compliant", IKE_ONLY), *PROGRAMS, cases=(25,),
          robust=True, hidden=MARKERS)
def ikev2_aes256_cbc(lab, work):
    """A call on a SIP trunk inside ESP that IKEv2 set up: AES-256-CBC with HMAC-SHA-256 for IKE and ESP."""
    trunk_call(lab, work, 2, "aes256-sha256-modp2048", "aes256-sha256")


@scenario("ipsec/ikev2_aes128_cbc", HOSTS, trunk.subjects("compliant", IKE_ONLY), *PROGRAMS, hidden=MARKERS)
def ikev2_aes128_cbc(lab, work):
    """A call on a SIP trunk inside ESP that IKEv2 set up: AES-128-CBC with HMAC-SHA-256 for IKE and ESP."""
    trunk_call(lab, work, 2, "aes128-sha256-ecp256", "aes128-sha256")


@scenario("ipsec/ikev2_aes128_gcm", HOSTS, trunk.subjects("compliant", IKE_ONLY), *PROGRAMS, hidden=MARKERS)
def ikev2_aes128_gcm(lab, work):
    """A call on a SIP trunk inside ESP that IKEv2 set up: AES-128-GCM for IKE and ESP."""
    trunk_call(lab, work, 2, "aes128gcm16-prfsha256-ecp256", "aes128gcm16")


@scenario("ipsec/ikev2_chacha20_poly1305", HOSTS, trunk.subjects("compliant", IKE_ONLY), *PROGRAMS, hidden=MARKERS)
def ikev2_chacha20_poly1305(lab, work):
    """A call on a SIP trunk inside ESP that IKEv2 set up: ChaCha20-Poly1305 for IKE and ESP."""
    trunk_call(lab, work, 2, "chacha20poly1305-prfsha256-curve25519", "chacha20poly1305")


@scenario("ipsec/ikev2_3des", HOSTS, trunk.subjects("violation", "3DES is weaker than AES-128"), *PROGRAMS,
          hidden=MARKERS)
def ikev2_3des(lab, work):
    """A call on a SIP trunk inside ESP that IKEv2 set up: 3DES with HMAC-SHA-1 for IKE and ESP."""
    trunk_call(lab, work, 2, "3des-sha1-modp1024", "3des-sha1")


@scenario("ipsec/ikev2_esp_null", READABLE_HOSTS, trunk.readable_subjects(READABLE), *PROGRAMS, clear=MARKERS)
def ikev2_esp_null(lab, work):
    """A call on a SIP trunk inside ESP with NULL encryption and HMAC-SHA-256, set up by IKEv2 with AES-256: the calls
    are readable although IKE looks strong."""
    trunk_call(lab, work, 2, "aes256-sha256-modp2048", "null-sha256")


@scenario("ipsec/ikev1_aes256_cbc", HOSTS, trunk.subjects("compliant", IKE_ONLY), *PROGRAMS, hidden=MARKERS)
def ikev1_aes256_cbc(lab, work):
    """A call on a SIP trunk inside ESP that IKEv1 in main mode set up: AES-256-CBC with HMAC-SHA-256."""
    trunk_call(lab, work, 1, "aes256-sha256-modp2048", "aes256-sha256")


@scenario("ipsec/ikev1_aggressive_aes128", HOSTS, trunk.subjects("compliant", IKE_ONLY), *PROGRAMS, hidden=MARKERS)
def ikev1_aggressive_aes128(lab, work):
    """A call on a SIP trunk inside ESP that IKEv1 in aggressive mode set up: AES-128-CBC with HMAC-SHA-256. (Aggressive
    mode lets anybody try out the pre-shared key at leisure.)"""
    trunk_call(lab, work, 1, "aes128-sha256-modp2048", "aes128-sha256", aggressive="yes")


@scenario("ipsec/ikev1_3des", HOSTS, trunk.subjects("violation", "3DES is weaker than AES-128"), *PROGRAMS, cases=(26,),
          hidden=MARKERS)
def ikev1_3des(lab, work):
    """A call on a SIP trunk inside ESP that IKEv1 in main mode set up: 3DES with HMAC-SHA-1 for IKE and ESP."""
    trunk_call(lab, work, 1, "3des-sha1-modp1024", "3des-sha1")


@scenario("ipsec/ikev1_esp_null", READABLE_HOSTS, trunk.readable_subjects(READABLE), *PROGRAMS, clear=MARKERS)
def ikev1_esp_null(lab, work):
    """A call on a SIP trunk inside ESP with NULL encryption and HMAC-SHA-1, set up by IKEv1 with AES-128."""
    trunk_call(lab, work, 1, "aes128-sha1-modp2048", "null-sha1")


@scenario("ipsec/ikev2_aes256_cbc_protocol_50", HOSTS, trunk.subjects("compliant", IKE_ONLY), *PROGRAMS, cases=(25,),
          hidden=MARKERS)
def ikev2_aes256_cbc_protocol_50(lab, work):
    """A call on a SIP trunk inside ESP that IKEv2 set up, AES-256-CBC. The capture was rewritten: the UDP headers were
    taken off ESP, which is IP protocol 50 now, as between hosts that do not need it in UDP."""
    work.afterwards(bare_esp)
    trunk_call(lab, work, 2, "aes256-sha256-modp2048", "aes256-sha256")


@scenario("ipsec/ikev2_esp_null_protocol_50", READABLE_HOSTS, trunk.readable_subjects(READABLE), *PROGRAMS,
          clear=MARKERS)
def ikev2_esp_null_protocol_50(lab, work):
    """A call on a SIP trunk inside ESP with NULL encryption, set up by IKEv2 with AES-256. The capture was rewritten:
    the UDP headers were taken off ESP, which is IP protocol 50 now."""
    work.afterwards(bare_esp)
    trunk_call(lab, work, 2, "aes256-sha256-modp2048", "null-sha256")


@scenario("ipsec/esp_without_ike", HOSTS,
          trunk.subjects("unknown", "without the IKE exchange nothing tells the cipher"), *PROGRAMS, hidden=MARKERS)
def esp_without_ike(lab, work):
    """A call on a SIP trunk inside ESP in UDP, AES-128-GCM; the capture was started after IKE had set it up."""
    work.afterwards(drop_ike)
    trunk_call(lab, work, 2, "aes128gcm16-prfsha256-ecp256", "aes128gcm16")


@scenario("leak/ipsec_rtp_outside", HOSTS, trunk.leak_subjects("TT-11a"), *PROGRAMS, cases=(27,),
          clear=("phone@" + OUTER["mediation"],), hidden=MARKERS)
def rtp_outside(lab, work):
    """A call on a SIP trunk inside ESP that IKEv2 set up, AES-256-CBC, then clear speech between the same two hosts
    outside the tunnel."""
    trunk_call(lab, work, 2, "aes256-sha256-modp2048", "aes256-sha256")
    trunk.talk_outside(lab, work)


@scenario("leak/sip_call_outside_ipsec", HOSTS, trunk.leak_subjects("TT-10a", "TT-11a"), *PROGRAMS, cases=(27,),
          clear=("sip:+15550199@", "phone@" + OUTER["mediation"]), hidden=("phone@" + INNER["mediation"],))
def sip_call_outside_ipsec(lab, work):
    """A call on a SIP trunk inside ESP, AES-256-CBC, then another call, SIP and speech, in the clear between the same
    two hosts outside the tunnel."""
    trunk_call(lab, work, 2, "aes256-sha256-modp2048", "aes256-sha256")
    trunk.call(lab, work, OUTER)


@scenario("leak/ipsec_refused_call_in_clear", HOSTS, trunk.leak_subjects("TT-10a", "TT-11a"), *PROGRAMS,
          clear=("sip:+15550199@", "phone@" + OUTER["mediation"]))
def ipsec_refused_call_in_clear(lab, work):
    """IKEv2 fails because the two sites share no proposal, and the call on the SIP trunk goes out in the clear."""
    settings = {host: {"version": 2, "aggressive": "no", "ike": f"{cipher}-sha256-modp2048", "esp": f"{cipher}-sha256"}
                for host, cipher in (("mediation", "aes128"), ("gateway", "aes256"))}
    give_inner_addresses(lab)
    daemons(lab, OUTER, INNER, settings)
    if "failed" not in swanctl(lab, "mediation", "--initiate", "--child", "call", expect=None):
        raise LabError("the tunnel should have failed")
    trunk.call(lab, work, OUTER)


@scenario("leak/rtp_past_the_appliances", APPLIANCES, trunk.leak_subjects("TT-11a"), *PROGRAMS, cases=(27,),
          clear=("phone@" + OUTER["mediation"],), hidden=MARKERS)
def rtp_past_the_appliances(lab, work):
    """A call on a SIP trunk between two VPN appliances, ESP with AES-256-CBC, then clear speech straight from the
    Mediation Server to the gateway: the sites are the same, the hosts are not the tunnel's ends."""
    ends = {"vpn_here": APPLIANCES["vpn_here"].address, "vpn_there": APPLIANCES["vpn_there"].address}
    inner = dict(zip(ends, INNER.values()))
    for host, address in inner.items():
        lab.run(host, ["ip", "addr", "add", f"{address}/32", "dev", "lo"])
    tunnel(lab, 2, "aes256-sha256-modp2048", "aes256-sha256", outer=ends, inner=inner)
    trunk.call(lab, work, inner)
    trunk.talk_outside(lab, work)


@scenario("ipsec/seen_before_the_appliance", APPLIANCES, [
    Subject("TT-21", "mediation", "gateway", "compliant", area="policy", note="clear only up to our own appliance"),
    Subject("TT-10a", "mediation", "gateway", "exempt", area="policy", note="up to the appliance the subnet is ours"),
    Subject("TT-11a", "mediation", "gateway", "exempt", area="policy", note="up to the appliance the subnet is ours")],
    *PROGRAMS, clear=("sip:+15550199@", "phone@" + OUTER["mediation"]))
def seen_before_the_appliance(lab, work):
    """A call on a SIP trunk, captured on both sides of our VPN appliance: in the clear from the Mediation Server to the
    appliance's Ethernet address, and inside ESP, AES-256-CBC, from there to the provider. No leak."""
    ends = {"vpn_here": APPLIANCES["vpn_here"].address, "vpn_there": APPLIANCES["vpn_there"].address}
    # charon wants an address of its own in the network whose route it sets up
    inner = {"vpn_here": "10.77.0.48/28", "vpn_there": OUTER["gateway"]}
    lab.run("vpn_here", ["ip", "addr", "add", "10.77.0.49/32", "dev", "lo"])
    lab.run("vpn_there", ["ip", "addr", "add", f"{OUTER['gateway']}/32", "dev", "lo"])
    lab.run("vpn_here", ["sysctl", "-qw", "net.ipv4.ip_forward=1"])
    lab.run("mediation", ["ip", "route", "add", f"{ends['vpn_here']}/32", "dev", "eth0"])
    lab.run("mediation", ["ip", "route", "add", f"{OUTER['gateway']}/32", "via", ends["vpn_here"]])
    tunnel(lab, 2, "aes256-sha256-modp2048", "aes256-sha256", outer=ends, inner=inner)
    trunk.call(lab, work, {"mediation": OUTER["mediation"], "vpn_there": OUTER["gateway"]})


# --- edits of the capture ---------------------------------------------------------------------------------------------

UDP_AT = trunk.PAYLOAD_AT - 8
NON_ESP_MARKER = bytes(4)


def is_esp(record):
    """Whether a record is ESP in UDP 4500, no IKE and no keep-alive."""
    ports = struct.unpack_from("!HH", record, UDP_AT)
    return 4500 in ports and len(record) > UDP_AT + 16 and record[UDP_AT + 8: UDP_AT + 12] != NON_ESP_MARKER


def drop_ike(path):
    """Leaves ESP only."""
    cut.keep(path, [record for record in cut.read(path)[1] if is_esp(record)])


def bare_esp(path):
    """Takes the UDP headers off ESP; IKE goes back to port 500, without the marker that tells it from ESP."""
    records = []
    for record in cut.read(path)[1]:
        if is_esp(record):
            record = shorten(record, record[UDP_AT + 8:], protocol=50)
        elif struct.unpack_from("!HH", record, UDP_AT) == (4500, 4500):
            message = record[UDP_AT + 12:]
            if not message:
                continue  # a keep-alive of the UDP ports
            record = shorten(record, struct.pack("!HHHH", 500, 500, 8 + len(message), 0) + message, protocol=17)
        records.append(record)
    cut.keep(path, records)


def shorten(record, payload, protocol):
    """The record with another IP payload."""
    header = bytearray(record[16 + 14: UDP_AT])
    struct.pack_into("!H", header, 2, 20 + len(payload))
    header[9] = protocol
    struct.pack_into("!H", header, 10, 0)
    total = sum(struct.unpack("!10H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    struct.pack_into("!H", header, 10, ~total & 0xFFFF)
    frame = record[16:16 + 14] + bytes(header) + payload
    return record[:8] + struct.pack("<II", len(frame), len(frame)) + frame
