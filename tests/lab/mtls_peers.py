"""Two servers that speak TLS: their certificates in every right and wrong form, and openssl, stunnel and kamailio."""
import os
import subprocess
import time

import cut
import kamailio
import pki
from lab import LabError, literal
from scenario import Host

FE01, FE02, DIRECTOR, EDGE01 = "10.77.0.10", "10.77.0.12", "10.77.0.11", "192.0.2.10"
REQUEST = "OPTIONS sip:edge01.contoso.com SIP/2.0\\r\\nVia: SIP/2.0/TLS fe01\\r\\nContent-Length: 0\\r\\n\\r\\n"
REQUEST_LINE = "OPTIONS sip:edge01.contoso.com SIP/2.0"
NOT_YET = ("20600101000000Z", "20740101000000Z")
WEAK = "DEFAULT:@SECLEVEL=0"  # what TLS 1.0, SHA-1 signatures and short keys need
VERSIONS = {"tls10": "-tls1", "tls11": "-tls1_1", "tls12": "-tls1_2", "tls13": "-tls1_3"}

# Hosts without and with a trust set for their certificates (TT-24).
ACROSS = {"fe01": Host(FE01, "front_end"), "edge01": Host(EDGE01, "edge_access")}
ACROSS_TRUST = {key: Host(h.address, h.role, trust="enterprise") for key, h in ACROSS.items()}
INSIDE = {"director01": Host(DIRECTOR, "director"), "fe01": Host(FE01, "front_end")}
INSIDE_TRUST = {key: Host(h.address, h.role, trust="enterprise") for key, h in INSIDE.items()}

# Ways in which a certificate is good or not: what `certificate` makes.
KINDS = {
    "good": {},
    "ecdsa": {"key": pki.ECDSA},
    "other_ca": {"authority": "foreign_ca"},
    "expired": {"dates": pki.EXPIRED},
    "not_yet": {"dates": NOT_YET},
    "wrong_name": {"name": "www.contoso.com"},
    "rsa1024": {"key": ("rsa:1024",)},
    "sha1": {"digest": "sha1"},
    "ed25519": {"key": ("ed25519",)},
    "wildcard": {"name": "*.contoso.com"},
    "intermediate": {},
    "chained": {},
    "namesake": {},
}


def certificate(work, host, kind="good", domain="contoso.com"):
    """(certificate, key) of a host, in one of KINDS or "self_signed"."""
    base = os.path.join(work.directory, f"peer-{host}-{kind}")
    if kind == "self_signed":
        return self_signed(work.ca, f"{host}.{domain}", base)
    more = dict(KINDS[kind])
    made = {"intermediate": issuing_ca, "namesake": namesake_ca}.get(kind)
    authority = made(work) if made else getattr(work, more.pop("authority", "ca"))
    return authority.issue(more.pop("name", f"{host}.{domain}"), base=base, **more)


def issuing_ca(work):
    """A CA below the lab's own."""
    if "issuing" not in work.made:
        below = pki.Authority(os.path.join(work.directory, "issuing"), "Contoso Issuing CA")
        openssl("ca", "-batch", "-notext", "-config", work.ca.settings, "-cert", work.ca.pem, "-keyfile", work.ca.key,
                "-in", below.pem + ".csr", "-out", below.pem, "-extensions", "root",
                "-startdate", pki.NOT_BEFORE, "-enddate", pki.NOT_AFTER)
        work.made["issuing"] = below
    return work.made["issuing"]


def namesake_ca(work):
    """A CA that is called as the lab's own, and has a key of its own."""
    if "namesake" not in work.made:
        work.made["namesake"] = pki.Authority(os.path.join(work.directory, "namesake"), "Contoso Enterprise CA")
    return work.made["namesake"]


def openssl(*arguments):
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LabError(f"openssl {' '.join(arguments)}: {done.stderr}")


def self_signed(authority, name, base):
    """A leaf that signed itself. The CA lends only the settings and the list of what was issued."""
    if not os.path.exists(base + ".pem"):
        openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", base + ".key", "-out", base + ".csr",
                "-subj", f"/O=Contoso/CN={name}", "-addext", f"subjectAltName=DNS:{name}")
        openssl("ca", "-batch", "-notext", "-config", authority.settings, "-selfsign", "-keyfile", base + ".key",
                "-in", base + ".csr", "-out", base + ".pem", "-extensions", "leaf",
                "-startdate", pki.NOT_BEFORE, "-enddate", pki.NOT_AFTER)
    return base + ".pem", base + ".key"


def own(work, host, kind="good", domain="contoso.com"):
    """Options of s_client or s_server with the certificate of a host; none for kind None."""
    if kind is None:
        return []
    pem, key = certificate(work, host, kind, domain)
    above = {"other_ca": work.foreign_ca.pem, "intermediate": issuing_ca(work).pem, "chained": work.ca.pem,
             "namesake": namesake_ca(work).pem}.get(kind)
    return ["-cert", pem, "-key", key, *(["-cert_chain", above] if above else [])]


def weak_openssl(lab):
    """Environment in which OpenSSL takes short keys, SHA-1 and TLS 1.0."""
    config = lab.write("weak.cnf", "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = weak\n[weak]\n"
                       f"CipherString = {WEAK}\n")
    return {"OPENSSL_CONF": config}


def serve(lab, work, host, *options, kind="good", port=5061, domain="contoso.com", environment=None):
    """Starts s_server, which answers each line with the line reversed."""
    server = lab.start(host, ["openssl", "s_server", "-accept", str(port), "-CAfile", work.ca.pem, "-rev",
                              *own(work, host, kind, domain), *options], environment)
    lab.wait_listening(host, "tcp", port)
    return server


def connect(lab, host, address, *options, port=5061, name="edge01.contoso.com", succeeds=True, environment=None):
    """Runs s_client for one request and waits for the answer, or, where it must not succeed, for the refusal."""
    connect.count += 1
    out, over = lab.path(f"{connect.count}.answer"), lab.path(f"{connect.count}.over")
    sni = [] if "-noservername" in options else ["-servername", name]
    client = " ".join(["openssl s_client -quiet -no_ign_eof", "-connect", f"{literal(address)}:{port}", *sni, *options])
    script = (f"(printf '{REQUEST}'; for i in $(seq 100); do [ -s {out} ] || [ -e {over} ] && break; sleep 0.1; done;"
              f" sleep 0.1) | {{ {client} >{out}; status=$?; touch {over}; exit $status; }}")
    text = lab.run(host, ["sh", "-c", script], expect=None, seconds=30, environment=environment)
    answered = os.path.getsize(out) > 0
    if answered != succeeds:
        raise LabError(f"s_client on {host} was {'' if answered else 'not '}answered:\n{text[-1500:]}\n{lab.logs()}")


connect.count = 0


def ask(*more):
    """Options of s_server that ask for a certificate, insist on it, and check it (unless `more` says otherwise)."""
    return ["-Verify", "4", "-verify_return_error", *more]


def check(work, name):
    """Options of s_client that check the server's chain and its name."""
    return ["-CAfile", work.ca.pem, "-verify_return_error", "-verify_hostname", name]


# --- kamailio -------------------------------------------------------------------------------------------------------

TLS_CONFIG = """
[server:default]
method = {method}
verify_certificate = {verify}
require_certificate = {require}
{more}
certificate = {certificate}
private_key = {key}
ca_list = {ca}
[client:default]
method = {method}
verify_certificate = {verify_server}
require_certificate = {verify_server}
{own}
ca_list = {ca}
"""


def start_kamailio(lab, work, host, address, peer=None, method="TLSv1.2", verify="yes", require="yes", more="",
                   kind="good", presents=True, verify_server="yes"):
    """A SIP server on 5061; with a peer it sends that one OPTIONS over TLS every two seconds."""
    pem, key = certificate(work, host, kind)
    mine = f"certificate = {pem}\nprivate_key = {key}" if presents else ""
    config = lab.write(f"{host}-tls.cfg", TLS_CONFIG.format(
        method=method, verify=verify, require=require, more=more, certificate=pem, key=key, ca=work.ca.pem, own=mine,
        verify_server=verify_server))
    modules = "enable_tls=yes\n" + kamailio.TLS_MODULES.format(tls_config=config)
    if peer:
        peers = lab.write(f"{host}-peers", f"1 sip:{peer}:5061;transport=tls\n")
        modules += kamailio.SERVER_MODULES.format(list_file=peers, name=f"{host}.contoso.com")
    kamailio.start(lab, work, host, address, kamailio.SERVER_ROUTES, modules, {"tls": 5061})


def wait_for_bytes(lab, least, seconds=12):
    """Waits until the capture holds so many bytes: what was to be exchanged is then there."""
    end = time.monotonic() + seconds
    while os.path.getsize(lab.raw) < least:
        if time.monotonic() > end:
            raise LabError(f"the capture did not reach {least} bytes\n{lab.logs()}")
        time.sleep(0.05)


# --- stunnel --------------------------------------------------------------------------------------------------------

STUNNEL = """foreground = yes
pid =
[sip]
{service}
{own}
CAfile = {ca}
{checks}
sslVersion = {version}
{more}
"""
SNI = "sni = fe01.contoso.com"  # else it sends the address as the server's name
STUNNEL_VERSIONS = {"tls12": "TLSv1.2", "tls13": "TLSv1.3"}


def start_stunnel(lab, work, host, version, to=None, checks=True, kind="good", more=""):
    """stunnel on 5061 that echoes what it gets; or, with `to`, one on 127.0.0.1:5062 that leads there.

    checks: True: the peer must show a good certificate; "optional": it may show one; False: it is not asked."""
    service = f"client = yes\naccept = 127.0.0.1:5062\nconnect = {to}:5061" if to else "accept = 5061\nexec = /bin/cat"
    pem, key = certificate(work, host, kind) if kind else ("", "")
    words = {True: "verifyChain = yes", "optional": "verify = 1", False: ""}[checks]
    text = STUNNEL.format(service=service, own=f"cert = {pem}\nkey = {key}" if kind else "", ca=work.ca.pem,
                          checks=words, version=STUNNEL_VERSIONS[version], more=more)
    lab.start(host, ["stunnel", lab.write(f"{host}-stunnel.conf", text)])
    lab.wait_listening(host, "tcp", 5062 if to else 5061)


def talk(lab, host):
    """One connection through the stunnel of a host: a request, and its echo."""
    script = (f"exec 3<>/dev/tcp/127.0.0.1/5062; printf '{REQUEST}' >&3; read -r -t 10 line <&3 && "
              f"[ \"${{line%?}}\" = '{REQUEST_LINE}' ]")
    lab.run(host, ["bash", "-c", script], seconds=20)


# --- edits of the finished capture ------------------------------------------------------------------------------------

def connections(path):
    """The records of a capture of port 5061 by connection, in the order of their first packet."""
    _, records = cut.read(path)
    found = {}
    for record in records:
        ports = cut.ports(record)
        found.setdefault(ports[0] if ports[0] != 5061 else ports[1], []).append(record)
    return list(found.values())


def only_last_connection(path):
    """Removes all connections but the last: what a capture shows that was started between them."""
    cut.keep(path, connections(path)[-1])


def is_resumption(path):
    """Does the last connection resume a session, by what its server says?"""
    said = b"".join(cut.tcp_payload(r) for r in connections(path)[-1] if cut.source_port(r) == 5061)
    if b"\x00\x2b\x00\x02\x03\x04" in said:  # supported_versions: 1.3; then pre_shared_key tells
        return b"\x00\x29\x00\x02\x00\x00" in said
    return b"Contoso Enterprise CA" not in said


def resumes(path):
    """Complains where the last connection does not resume the one before."""
    if not is_resumption(path):
        raise LabError("the last connection did not resume the one before")


def resumes_not(path):
    """Complains where it does."""
    if is_resumption(path):
        raise LabError("the last connection resumed the one before")
