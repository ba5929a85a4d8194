"""Certificates of the captures, made by the openssl program. The private keys live only in the lab's directory.

Validity is fixed (2024 to 2074) and not counted from today, so that no capture ever starts to show expired
certificates.
"""
import os
import shutil
import subprocess

NOT_BEFORE, NOT_AFTER = "20240101000000Z", "20740101000000Z"
EXPIRED = ("20200101000000Z", "20210101000000Z")
RSA = ("rsa:2048",)  # what `openssl req -newkey` takes
ECDSA = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")

CA_SETTINGS = """
[ca]
default_ca = lab
[lab]
dir = {directory}
database = $dir/index.txt
new_certs_dir = $dir
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
organizationName = optional
commonName = supplied
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment
extendedKeyUsage = serverAuth,clientAuth
"""


class Authority:
    """A CA below directory; pem is the path of its certificate."""

    def __init__(self, directory, name, key=RSA):
        self.directory = directory
        os.makedirs(directory, exist_ok=True)
        open(os.path.join(directory, "index.txt"), "w", encoding="ascii").close()
        self.settings = os.path.join(directory, "ca.cnf")
        with open(self.settings, "w", encoding="ascii") as out:
            out.write(CA_SETTINGS.format(directory=directory))
        self.pem = os.path.join(directory, "ca.pem")
        self.key = os.path.join(directory, "ca.key")
        _openssl("req", "-new", "-newkey", *key, "-nodes", "-keyout", self.key, "-out", self.pem + ".csr",
                 "-subj", f"/O=Contoso/CN={name}")
        _openssl("ca", "-batch", "-notext", "-config", self.settings, "-selfsign", "-keyfile", self.key,
                 "-in", self.pem + ".csr", "-out", self.pem, "-extensions", "root",
                 "-startdate", NOT_BEFORE, "-enddate", NOT_AFTER)

    def issue(self, name, dates=(NOT_BEFORE, NOT_AFTER), base=None, key=RSA, digest="sha256"):
        """A certificate for the host name: (certificate path, key path). base: path to write to, without suffix."""
        base = base or os.path.join(self.directory, name)
        if not os.path.exists(base + ".pem"):
            _openssl("req", "-new", "-newkey", *key, "-nodes", "-keyout", base + ".key", "-out", base + ".csr",
                     "-subj", f"/O=Contoso/CN={name}", "-addext", f"subjectAltName=DNS:{name}")
            _openssl("ca", "-batch", "-notext", "-config", self.settings, "-cert", self.pem, "-keyfile", self.key,
                     "-in", base + ".csr", "-out", base + ".pem", "-extensions", "leaf", "-md", digest,
                     "-startdate", dates[0], "-enddate", dates[1])
        return base + ".pem", base + ".key"

    def staple(self, certificate, revoked=False):
        """An OCSP response about a certificate of this CA, good for ten years: its path."""
        request, response = certificate + ".request", certificate + ".response"
        if revoked:
            _openssl("ca", "-config", self.settings, "-cert", self.pem, "-keyfile", self.key, "-revoke", certificate)
        _openssl("ocsp", "-issuer", self.pem, "-cert", certificate, "-no_nonce", "-reqout", request)
        _openssl("ocsp", "-index", os.path.join(self.directory, "index.txt"), "-CA", self.pem, "-rsigner", self.pem,
                 "-rkey", self.key, "-reqin", request, "-respout", response, "-ndays", "3650")
        return response

    def publish(self, path):
        """Writes the CA certificate where a policy can name it."""
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copyfile(self.pem, path)


def _openssl(*arguments):
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(arguments)}: {done.stderr}")
