"""A SIP trunk inside OpenVPN: UDP and TCP, with ciphers, with none, and with no crypto at all."""
import cut
import tunnel_trunk as trunk
from scenario import scenario
from tunnel_trunk import HOSTS, INNER, MARKERS, OUTER, PACKAGES, PEER, READABLE_HOSTS

PROGRAMS = ("openvpn", *PACKAGES)
READABLE = "the tunnel does not encrypt"
# Scenarios declare inside=(): keys of the control channel are logged, and open nothing of the data.
PORT = 1194


def tunnel(lab, protocol, options):
    """A tunnel between the hosts, udp or tcp; the gateway is the server. options: {host: list}."""
    logs = {host: lab.path(f"{host}-openvpn.log") for host in ("gateway", "mediation")}
    for host, log in logs.items():
        side = {"gateway": "-server", "mediation": "-client"}[host] if protocol == "tcp" else ""
        lab.start(host, ["openvpn", "--dev", "tun0", "--disable-dco", "--local", OUTER[host], "--remote",
                         OUTER[PEER[host]], "--proto", protocol + side, "--port", str(PORT), "--ifconfig", INNER[host],
                         INNER[PEER[host]], "--log", log, "--verb", "4", "--connect-retry", "1",
                         *options[host]])
        if host == "gateway":
            lab.wait_listening(host, protocol, PORT)
    for host, log in logs.items():
        trunk.poll(lambda path=log: trunk.said(path, "Initialization Sequence Completed"), f"the tunnel on {host}")
    return logs


def tls(work, cipher, *more):
    """The options of both ends for keys agreed on by TLS with certificates of both, and a data cipher."""
    both = {}
    for host, side in (("gateway", ["--tls-server", "--dh", "none"]), ("mediation", ["--tls-client"])):
        certificate, key = work.ca.issue(f"{host}.contoso.com")
        both[host] = [*side, "--ca", work.ca.pem, "--cert", certificate, "--key", key, "--data-ciphers", cipher,
                      "--data-ciphers-fallback", cipher, "--cipher", cipher, *more]
    return both


def trunk_call(lab, work, protocol, cipher, *more):
    """A tunnel with this data cipher, and a call inside."""
    logs = tunnel(lab, protocol, tls(work, cipher, *more))
    shown = f"Data Channel: cipher '{'[null-cipher]' if cipher == 'none' else cipher}'"
    for host, log in logs.items():
        trunk.poll(lambda path=log: trunk.said(path, shown), f"{host} to use the data cipher {cipher}")
    trunk.call(lab, work)


def control_key(lab):
    """A key that both ends have, for the control channel."""
    path = lab.path("control.key")
    lab.run("gateway", ["openvpn", "--genkey", "secret", path])
    return path


@scenario("openvpn/udp_aes256_gcm", HOSTS, trunk.subjects("compliant"), *PROGRAMS, robust=True,
          hidden=MARKERS, inside=())
def udp_aes256_gcm(lab, work):
    """A call on a SIP trunk inside OpenVPN over UDP: TLS in the control channel, AES-256-GCM for the data."""
    trunk_call(lab, work, "udp", "AES-256-GCM")


@scenario("openvpn/udp_aes128_cbc", HOSTS, trunk.subjects("compliant"), *PROGRAMS, hidden=MARKERS, inside=())
def udp_aes128_cbc(lab, work):
    """A call on a SIP trunk inside OpenVPN over UDP: AES-128-CBC with HMAC-SHA-256 for the data."""
    trunk_call(lab, work, "udp", "AES-128-CBC", "--auth", "SHA256")


@scenario("openvpn/udp_chacha20_poly1305", HOSTS, trunk.subjects("compliant"), *PROGRAMS, hidden=MARKERS, inside=())
def udp_chacha20_poly1305(lab, work):
    """A call on a SIP trunk inside OpenVPN over UDP: ChaCha20-Poly1305 for the data."""
    trunk_call(lab, work, "udp", "CHACHA20-POLY1305")


@scenario("openvpn/udp_3des", HOSTS, trunk.subjects("violation", "3DES is weaker than AES-128"), *PROGRAMS,
          hidden=MARKERS, inside=())
def udp_3des(lab, work):
    """A call on a SIP trunk inside OpenVPN over UDP: 3DES-CBC for the data, weaker than the table demands."""
    trunk_call(lab, work, "udp", "DES-EDE3-CBC", "--auth", "SHA1")


@scenario("openvpn/udp_tls_crypt", HOSTS, trunk.subjects("compliant"), *PROGRAMS, hidden=MARKERS, inside=())
def udp_tls_crypt(lab, work):
    """A call on a SIP trunk inside OpenVPN over UDP with tls-crypt: the TLS handshake is encrypted too."""
    trunk_call(lab, work, "udp", "AES-256-GCM", "--tls-crypt", control_key(lab))


@scenario("openvpn/udp_tls_auth", HOSTS, trunk.subjects("compliant"), *PROGRAMS, hidden=MARKERS, inside=())
def udp_tls_auth(lab, work):
    """A call on a SIP trunk inside OpenVPN over UDP with tls-auth: an HMAC stands before each control message."""
    trunk_call(lab, work, "udp", "AES-256-GCM", "--tls-auth", control_key(lab))


@scenario("openvpn/tcp_aes256_gcm", HOSTS, trunk.subjects("compliant", "speech in TCP: slow, not unprotected"),
          *PROGRAMS, hidden=MARKERS, inside=())
def tcp_aes256_gcm(lab, work):
    """A call on a SIP trunk inside OpenVPN over TCP: AES-256-GCM for the data."""
    trunk_call(lab, work, "tcp", "AES-256-GCM")


@scenario("openvpn/udp_cipher_none", READABLE_HOSTS, trunk.readable_subjects(READABLE), *PROGRAMS, clear=MARKERS)
def udp_cipher_none(lab, work):
    """A call on a SIP trunk inside OpenVPN over UDP: TLS in the control channel, cipher none for the data. All of it is
    readable, each packet with an HMAC."""
    trunk_call(lab, work, "udp", "none", "--auth", "SHA256")


@scenario("openvpn/tcp_cipher_none", READABLE_HOSTS, trunk.readable_subjects(READABLE), *PROGRAMS, clear=MARKERS)
def tcp_cipher_none(lab, work):
    """A call on a SIP trunk inside OpenVPN over TCP: cipher none and auth none for the data. All of it is readable."""
    trunk_call(lab, work, "tcp", "none", "--auth", "none")


@scenario("openvpn/udp_no_crypto", READABLE_HOSTS, trunk.readable_subjects(READABLE), *PROGRAMS, clear=MARKERS)
def udp_no_crypto(lab, work):
    """A call on a SIP trunk inside OpenVPN over UDP without any crypto: bare IP packets in datagrams."""
    tunnel(lab, "udp", {host: ["--ping", "1"] for host in HOSTS})
    trunk.call(lab, work)


@scenario("openvpn/udp_data_only", HOSTS,
          trunk.subjects("unknown", "without the handshake nothing tells the cipher"), *PROGRAMS,
          hidden=MARKERS, inside=())
def udp_data_only(lab, work):
    """A call on a SIP trunk inside OpenVPN over UDP, AES-256-GCM; the capture was started after the handshake."""
    work.afterwards(keep_data)
    trunk_call(lab, work, "udp", "AES-256-GCM")


@scenario("leak/openvpn_rtp_outside", HOSTS, trunk.leak_subjects("TT-11a"), *PROGRAMS, cases=(27,),
          clear=("phone@" + OUTER["mediation"],), hidden=MARKERS, inside=())
def rtp_outside(lab, work):
    """A call on a SIP trunk inside OpenVPN over UDP, then clear speech between the same two hosts outside."""
    trunk_call(lab, work, "udp", "AES-256-GCM")
    trunk.talk_outside(lab, work)


def keep_data(path):
    """Leaves the data messages only: opcodes 6 and 9 in the upper five bits."""
    cut.keep(path, [record for record in cut.read(path)[1] if record[trunk.PAYLOAD_AT] >> 3 in (6, 9)])
