"""What players of captures share: certificates, speech, the media sender, and which packages are there."""
import os
import subprocess

import pki
import speech

HERE = os.path.dirname(os.path.abspath(__file__))
ALWAYS = ("iproute2", "ethtool", "procps", "tcpdump", "openssl")


class Workshop:
    """What scenarios share: certificates, speech, the media sender; and what they leave in the case's folder."""

    def __init__(self, directory):
        self.directory = directory
        self.made = {}
        self.folder = None
        self.edits = []

    def open_case(self, folder):
        """From now on published files go to this case's folder."""
        self.folder, self.edits = folder, []

    def afterwards(self, edit):
        """edit(path) is to change the capture when it is complete."""
        self.edits.append(edit)

    def publish_ca(self):
        """Puts the CA's certificate beside the capture, for policy.yaml."""
        self.ca.publish(os.path.join(self.folder, "ca.pem"))

    def _once(self, name, make):
        if name not in self.made:
            self.made[name] = make(os.path.join(self.directory, name))
        return self.made[name]

    @property
    def ca(self):
        return self._once("ca", lambda path: pki.Authority(path, "Contoso Enterprise CA"))

    @property
    def foreign_ca(self):
        return self._once("foreign", lambda path: pki.Authority(path, "Fabrikam CA"))

    def expired_certificate(self, name):
        """(certificate, key) of our CA that was valid in 2020 only."""
        return self._once("expired", lambda path: self.ca.issue(name, pki.EXPIRED, path))

    @property
    def mu_law(self):
        return self._once("speech.ul", lambda path: speech.write_mu_law(path) or path)

    @property
    def wave(self):
        return self._once("speech.wav", lambda path: speech.write_wave(path) or path)

    @property
    def srtpsend(self):
        return self._once("srtpsend", lambda path: build(path, "srtpsend.c", "-lsrtp2", "-lgnutls"))

    @property
    def srtpopen(self):
        return self._once("srtpopen", lambda path: build(path, "srtpopen.c", "-lsrtp2"))

    @property
    def keylog(self):
        return self._once("keylog.so", lambda path: build(path, "keylog.c", "-shared", "-fPIC"))


def build(path, source, *options):
    """Builds one of the C programs beside this file and returns its path."""
    subprocess.run(["gcc", "-std=c17", "-D_DEFAULT_SOURCE", "-O1", "-Wall", "-Wextra", "-o", path,
                    os.path.join(HERE, source), *options], check=True)
    return path


def package_version(package):
    """The installed version of a Debian package, or None."""
    done = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}${Version}", package],
                          capture_output=True, text=True, check=False)
    return done.stdout[3:] if done.returncode == 0 and done.stdout.startswith("ii") else None


def missing_packages(cases, more=()):
    """Packages that these cases need, and more, and that are not installed."""
    needed = {package for case in cases for package in case.packages} | set(ALWAYS) | set(more)
    return sorted(package for package in needed if not package_version(package))
