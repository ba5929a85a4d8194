"""TLS 1.3 between servers, by four libraries on each side: whether a client certificate was shown tells by sizes."""
import os
import subprocess

import mtls_peers as peers
from lab import literal
from mtls_peers import ACROSS, EDGE01
from scenario import Subject, scenario

REQUEST = "GET / HTTP/1.0"
NAME = "edge01.contoso.com"
PACKAGES = ("openssl", "gnutls-bin", "libnss3-tools")
PRIORITY = "NORMAL:-VERS-ALL:+VERS-TLS1.3"
GO_PEER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tls13_peer.go")


def keys(work, host, kind):
    """(file with the whole chain, key) of a host."""
    if kind == "rsa4096":
        pem, key = work.ca.issue(f"{host}.contoso.com", key=("rsa:4096",),
                                 base=os.path.join(work.directory, f"peer-{host}-rsa4096"))
    else:
        pem, key = peers.certificate(work, host, kind)
    above = peers.issuing_ca(work).pem if kind == "intermediate" else work.ca.pem
    chain = pem + ".chain"
    with open(chain, "w", encoding="ascii") as out:
        for path in (pem, above):
            with open(path, encoding="ascii") as part:
                text = part.read()
            out.write(text[text.index("-----BEGIN"):])
    return chain, key


def go_peer(work):
    """The program that speaks with Go's own library, built once."""
    if "tls13_peer" not in work.made:
        program = os.path.join(work.directory, "tls13_peer")
        subprocess.run(["go", "build", "-o", program, GO_PEER], check=True, capture_output=True,
                       env={**os.environ, "GOCACHE": program + ".cache", "GOPROXY": "off", "GOFLAGS": "-trimpath"})
        work.made["tls13_peer"] = program
    return work.made["tls13_peer"]


def database(work, lab, host, kind):
    """An NSS database with the CA and, unless kind is None, the certificate of a host under the name "own"."""
    folder = lab.path(f"nss-{host}")
    os.makedirs(folder)
    place = "sql:" + folder
    lab.run(host, ["certutil", "-N", "-d", place, "--empty-password"])
    lab.run(host, ["certutil", "-A", "-d", place, "-n", "ca", "-t", "CT,C,", "-i", work.ca.pem])
    if kind is not None:
        chain, key = keys(work, host, kind)
        bag = lab.path(f"{host}.p12")
        peers.openssl("pkcs12", "-export", "-in", chain, "-inkey", key, "-name", "own", "-passout", "pass:", "-out", bag)
        lab.run(host, ["pk12util", "-i", bag, "-d", place, "-W", "", "-K", ""], seconds=30)
    return place


def serve(lab, work, library, asks):
    """Starts a server of a library on the Edge. asks: None, "insists", "may be empty"."""
    if library == "nss":
        place = database(work, lab, "edge01", "good")
        asking = {None: [], "insists": ["-r", "-r"], "may be empty": ["-r"]}[asks]
        argv = ["selfserv", "-d", place, "-n", "own", "-p", "5061", "-V", "tls1.3:tls1.3", *asking]
    elif library == "gnutls":
        chain, key = keys(work, "edge01", "good")
        asking = {None: ["--disable-client-cert"], "insists": ["--require-client-cert", "--verify-client-cert"],
                  "may be empty": []}[asks]
        argv = ["gnutls-serv", "--port", "5061", "--http", "--priority", PRIORITY, "--x509certfile", chain,
                "--x509keyfile", key, "--x509cafile", work.ca.pem, *asking]
    elif library == "go":
        chain, key = keys(work, "edge01", "good")
        asking = {None: "none", "insists": "insists", "may be empty": "may"}[asks]
        argv = [go_peer(work), "server", "5061", chain, key, work.ca.pem, asking]
    else:
        chain, key = keys(work, "edge01", "good")
        asking = {None: [], "insists": peers.ask(), "may be empty": ["-verify", "4"]}[asks]
        argv = ["openssl", "s_server", "-accept", "5061", "-rev", "-tls1_3", "-cert", chain, "-key", key,
                "-cert_chain", work.ca.pem, "-CAfile", work.ca.pem, *asking]
    lab.start("edge01", argv)
    lab.wait_listening("edge01", "tcp", 5061)


def client(lab, work, library, kind):
    """The command of a client of a library on the Front End."""
    if library == "nss":
        place = database(work, lab, "fe01", kind)
        own = ["-n", "own"] if kind else []
        return ["timeout", "-k", "1", "6", "tstclnt", "-h", literal(EDGE01), "-p", "5061", "-d", place, "-V", "tls1.3:tls1.3", "-a", NAME, "-o",
                *own]
    chain, key = keys(work, "fe01", kind) if kind else (None, None)
    if library == "gnutls":
        own = ["--x509certfile", chain, "--x509keyfile", key] if kind else []
        return ["gnutls-cli", "--port", "5061", "--priority", PRIORITY, "--sni-hostname", NAME, "--verify-hostname",
                NAME, "--x509cafile", work.ca.pem, *own, literal(EDGE01)]
    if library == "go":
        own = [chain, key] if kind else []
        return [go_peer(work), "client", f"{literal(EDGE01)}:5061", NAME, work.ca.pem, *own]
    own = ["-cert", chain, "-key", key, "-cert_chain", chain] if kind else []
    return ["openssl", "s_client", "-quiet", "-no_ign_eof", "-connect", f"{literal(EDGE01)}:5061", "-servername", NAME,
            "-tls1_3", "-CAfile", work.ca.pem, *own]


def talk(lab, argv):
    """One request, and as long as it takes until something is answered."""
    out = lab.path("answer")
    script = (f"(printf '{REQUEST}\\r\\n\\r\\n'; for i in $(seq 60); do grep -qi 'http' {out} 2>/dev/null && break; "
              f"grep -q 0.1/PTTH {out} 2>/dev/null && break; sleep 0.1; done; sleep 0.2) | {' '.join(argv)} >{out} 2>&1")
    text = lab.run("fe01", ["sh", "-c", script], expect=None, seconds=40)
    with open(out, "rb") as file:
        said = file.read()
    if b"HTTP" not in said and b"PTTH" not in said:
        raise peers.LabError(f"no answer: {text} {said[-1500:]!r}\n{lab.logs()}")


WHAT = {  # how the server asks, the client's certificate, and what TT-01 demands
    "p256": ("insists", "ecdsa", "compliant", "with a P-256 certificate of the Front End"),
    "rsa2048_chain": ("insists", "intermediate", "compliant", "with an RSA-2048 certificate of the Front End and that of "
                      "the CA above it"),
    "rsa4096": ("insists", "rsa4096", "compliant", "with an RSA-4096 certificate of the Front End"),
    "not_requested": (None, None, "violation", "and the Edge asks for no certificate"),
    "empty": ("may be empty", None, "violation", "and the Front End is asked for a certificate and shows none"),
}
LIBRARIES = {"openssl": "OpenSSL", "gnutls": "GnuTLS", "nss": "NSS"}
NAMES = {**LIBRARIES, "go": "Go"}


def declare(server, initiator, what):
    """One connection of two libraries."""
    asks, kind, verdict, words = WHAT[what]

    def play(lab, work):
        argv = client(lab, work, initiator, kind)
        serve(lab, work, server, asks)
        talk(lab, argv)
    play.__doc__ = f"TLS 1.3 of a {NAMES[initiator]} client and a {NAMES[server]} server, {words}."
    packages = PACKAGES if "go" not in (server, initiator) else (*PACKAGES, "golang-go")
    scenario(f"tls13_client_auth/{initiator}_to_{server}_{what}", ACROSS,
             [Subject("TT-01", "fe01", "edge01", verdict, area="tls")], *packages, robust=server == initiator,
             hidden=(REQUEST,))(play)


for one in LIBRARIES:
    for other in LIBRARIES:
        for name in ("p256", "not_requested", "empty"):
            declare(other, one, name)
    for name in ("rsa2048_chain", "rsa4096"):
        declare("openssl", one, name)

for other in ("openssl", "gnutls", "go"):
    for name in ("p256", "not_requested", "empty"):
        declare(other, "go", name)
for name in ("p256", "not_requested", "empty"):
    declare("go", "openssl", name)
for name in ("rsa2048_chain", "rsa4096"):
    declare("openssl", "go", name)
declare("nss", "go", "p256")
declare("go", "gnutls", "p256")
declare("go", "nss", "p256")
