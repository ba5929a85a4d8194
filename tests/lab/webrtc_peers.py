"""The ends of a WebRTC call: Chromium without a window, and aiortc, which knows no DTLS newer than 1.2."""
import base64
import hashlib
import json
import os
import subprocess
import time

import lab as labs
import turn_relay

HERE = os.path.dirname(os.path.abspath(__file__))
SERVER = "fe01.contoso.com"
SWITCHES = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-sync", "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
            "--disable-quic", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
            "--disable-features=WebRtcHideLocalIpsWithMdns,OptimizationHints,MediaRouter,HttpsUpgrades")


def serve(lab, work, address, plan, tls=None):
    """Starts the meeting's server on fe01; returns the page's origin and the server's log. tls: TLSv1_2, TLSv1_3."""
    port = 443 if tls else 80
    log = lab.path(f"{len(lab.processes)}-python3.log")
    options = [*work.ca.issue(SERVER), tls] if tls else []
    lab.start("fe01", ["/usr/bin/python3", os.path.join(HERE, "webrtc_server.py"), address, str(port),
                       os.path.join(HERE, "webrtc_page.html"), lab.write("plan.json", json.dumps(plan)), *options])
    lab.wait_listening("fe01", "tcp", port)
    return f"{'https' if tls else 'http'}://{SERVER}", log


def key_digest(certificate):
    """What Chromium wants to know of a certificate that it shall trust: the digest of its public key."""
    pem = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], capture_output=True, check=True)
    lines = pem.stdout.decode("ascii").splitlines()
    return base64.b64encode(hashlib.sha256(base64.b64decode("".join(lines[1:-1]))).digest()).decode("ascii")


def browse(lab, work, host, origin, side, *switches):
    """Opens the page of one side ("caller", "callee") on a host."""
    trusted = ",".join(key_digest(work.ca.issue(name)[0]) for name in (SERVER, "turn01.contoso.com"))
    return lab.start(host, ["chromium", *SWITCHES, f"--user-data-dir={lab.path(host)}", *switches,
                            f"--ignore-certificate-errors-spki-list={trusted}",
                            f"--unsafely-treat-insecure-origin-as-secure={origin}",
                            f"--host-resolver-rules=MAP {SERVER} {lab.hosts['fe01']},MAP turn01.contoso.com "
                            f"{lab.hosts.get('turn01', '127.0.0.1')},MAP * ~NOTFOUND", f"{origin}/{side}"],
                     environment={"HOME": lab.path(host)})


def wait_said(lab, path, *texts, seconds=25):
    """Waits until the server's log holds each text, and returns the log."""
    end = time.monotonic() + seconds
    while True:
        with open(path, encoding="utf-8") as log:
            said = log.read()
        if all(text in said for text in texts):
            return said
        if " error " in said or time.monotonic() > end:
            raise labs.LabError(f"waited for {texts}\n{said}\n{lab.logs()}")
        time.sleep(0.05)


def relay(transport, address):
    """What a page is told of the relay."""
    # for UDP Chromium asks a real resolver for the name; for TCP it holds addresses against the rules for names
    where = {"udp": f"turn:{address}:3478", "tcp": "turn:turn01.contoso.com:3478",
             "tls": "turns:turn01.contoso.com:5349"}
    url = f"{where[transport]}?transport={'udp' if transport == 'udp' else 'tcp'}"
    return [{"urls": [url], "username": turn_relay.USER, "credential": turn_relay.PASSWORD}]


def join_aiortc(lab, work, host, origin, _side):
    """The callee as a program of aiortc."""
    kind, port = ("wss12", 443) if origin.startswith("https") else ("ws", 80)
    return lab.start(host, ["/usr/bin/python3", os.path.join(HERE, "webrtc_aiortc.py"), lab.hosts["fe01"], str(port),
                            kind, work.ca.pem, work.wave, "3.7"])  # the browser hangs up first


def check(said, kinds, version):
    """Complains unless the ends tell of the media, the texts and the version of DTLS that there should be."""
    wanted = [f" tls {version}"] + [f"{kind}=" for kind in ("audio", "video") if kind in kinds]
    wanted += ["caller got the text"] if "data" in kinds else []
    missing = [text for text in wanted if text not in said] + [text for text in ("=0\n", "=0 ") if text in said]
    if missing:
        raise labs.LabError(f"{missing} is not as wanted:\n{said}")
