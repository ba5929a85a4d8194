"""Remote Desktop (xrdp and FreeRDP): a protocol that shares screens, but none of the table's: no row may speak of
it but the last, of what a server protects itself by."""
import os

import lab as labs
from scenario import Host, Subject, scenario

HOSTS = {"alice": Host("10.77.0.101", "client_internal"), "app01": Host("10.77.0.16", "app_server")}
SILENT = [Subject(row, "alice", "app01", "none", note="RDP is no traffic of the table")
          for row in ("TT-02", "TT-04", "TT-05", "TT-24")]
WEAK = [*SILENT, Subject("TT-51", "alice", "app01", "weak", note="RDP's own security: nothing, RC4 or 3DES")]
PACKAGES = ("xrdp", "freerdp2-x11", "xvfb")
SETTINGS = {"port": "tcp://{address}:3389", "fork": "false", "certificate": "{certificate}", "key_file": "{key}",
            "LogFile": "{directory}/xrdp.log", "EnableSyslog": "false"}


def serve(lab, work, layer, level):
    """Starts xrdp with its own settings, changed where they matter."""
    certificate, key = work.ca.issue("app01.contoso.com")
    wanted = {**SETTINGS, "security_layer": layer, "crypt_level": level}
    with open("/etc/xrdp/xrdp.ini", encoding="utf-8") as original:
        lines = original.read().splitlines()
    for i, line in enumerate(lines):
        name = line.partition("=")[0]
        if name in wanted and (name != "port" or line.startswith("port=3389")):
            value = wanted[name].format(address=HOSTS["app01"].address, certificate=certificate, key=key,
                                        directory=lab.directory)
            lines[i] = f"{name}={value}"
    config = lab.write("xrdp.ini", "\n".join(lines) + "\n")
    lab.start("app01", ["sh", "-c", f"mount -t tmpfs tmpfs /run && exec xrdp -n -c {config}"])
    lab.wait_listening("app01", "tcp", 3389)


def look(lab, security):
    """alice opens the server's login screen for some seconds."""
    display = 200 + os.getpid() % 1000
    lab.start("alice", ["Xvfb", f":{display}", "-nolisten", "tcp", "-screen", "0", "640x480x16"])
    labs._wait(lambda: os.path.exists(f"/tmp/.X11-unix/X{display}"), "Xvfb", lab.logs)
    lab.run("alice", ["timeout", "4", "xfreerdp", f"/v:{HOSTS['app01'].address}", "/u:x", f"/sec:{security}",
                      "/cert:ignore", "/size:640x480", "/bpp:16"], expect=None, seconds=20,
            environment={"HOME": lab.directory, "DISPLAY": f":{display}"})


@scenario("rdp/tls", HOSTS, SILENT, *PACKAGES)
def tls(lab, work):
    """A client opens a remote desktop over TLS, which begins after RDP's own first message."""
    serve(lab, work, "tls", "high")
    look(lab, "tls")


@scenario("rdp/standard", HOSTS, WEAK, *PACKAGES)
def standard(lab, work):
    """A client opens a remote desktop with RDP's own encryption (RC4)."""
    serve(lab, work, "rdp", "high")
    look(lab, "rdp")


@scenario("rdp/clear", HOSTS, WEAK, *PACKAGES)
def clear(lab, work):
    """A client opens a remote desktop without encryption."""
    serve(lab, work, "rdp", "none")
    look(lab, "rdp")
