"""SSH as an administrator uses it: what both sides' lists of algorithms agree on, strong and weak."""
import os

from cases import ALICE, FE01, case

SERVER = """
ListenAddress {address}:22
HostKey {directory}/host
AuthorizedKeysFile {directory}/user.pub
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
PidFile none
{settings}
"""
HOSTS = {"alice": ALICE, "fe01": FE01}
PACKAGES = ("openssh-server", "openssh-client")


def talk(lab, settings="", options=()):
    """A login at the server with a key, and one short command."""
    for name in ("host", "user"):
        lab.run("fe01", ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", lab.path(name)])
    os.makedirs("/run/sshd", exist_ok=True)
    text = SERVER.format(address=FE01, directory=lab.directory, settings=settings)
    server = lab.start("fe01", ["/usr/sbin/sshd", "-D", "-e", "-f", lab.write("sshd_config", text)])
    lab.wait_listening("fe01", "tcp", 22)
    lab.run("alice", ["ssh", "-F", "none", "-i", lab.path("user"), "-o", "BatchMode=yes",
                      "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", *options,
                      f"root@{FE01}", "true"], seconds=30)
    lab.stop(server)


@case("ssh/defaults", HOSTS, *PACKAGES)
def defaults(lab, _work):
    """SSH between two OpenSSH with the settings of Debian 12."""
    talk(lab)


@case("ssh/aes128_ctr", HOSTS, *PACKAGES)
def aes128_ctr(lab, _work):
    """SSH whose client demands AES-128 in counter mode, HMAC-SHA2-256 and a group of 2048 bits."""
    talk(lab, options=("-c", "aes128-ctr", "-m", "hmac-sha2-256", "-o", "KexAlgorithms=diffie-hellman-group14-sha256"))


@case("ssh/3des_group1", HOSTS, *PACKAGES)
def triple_des(lab, _work):
    """SSH with 3DES and the group of 1024 bits that RFC 4253 began with, switched on again on both sides."""
    weak = {"Ciphers": "3des-cbc", "KexAlgorithms": "diffie-hellman-group1-sha1", "MACs": "hmac-sha1"}
    talk(lab, "\n".join(f"{name} {value}" for name, value in weak.items()),
         [word for name, value in weak.items() for word in ("-o", f"{name}={value}")])
