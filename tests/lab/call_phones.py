"""Phones (baresip) whose log tells when they are registered and talking, and calls of two of them."""
import time
from dataclasses import dataclass

import lab as labs
import phones

TALK_SECONDS = 3
REGISTERED = "200 OK (kamailio"
ENCRYPTION = {"rtp": "", "sdes": "srtp-mand", "optional": "srtp", "dtls": "dtls_srtp"}


@dataclass(frozen=True)
class Phone:
    """A phone of the lab: its host and user name, and how it is set up."""
    user: str
    address: str
    server: str  # "10.77.0.10:5060"
    transport: str = "udp"
    media: str = "rtp"
    password: str | None = None


def start(lab, work, phone, dial=None):
    """Starts a phone, which registers and, if asked, dials. Returns (process, path of its log)."""
    user, media = phone.user, ENCRYPTION[phone.media]
    login = f"auth_user={user};auth_pass={phone.password}" if phone.password else "auth_pass=none"
    lab.write(f"{user}/config", phones.BARESIP.format(address=labs.literal(phone.address), wave=work.wave))
    lab.write(f"{user}/accounts",
              f'<sip:{user}@contoso.com;transport={phone.transport}>;{login};'
              f'outbound="sip:{phone.server};transport={phone.transport}";regint=120;'
              f'{f"mediaenc={media};" if media else ""}audio_codecs=PCMU/8000/1;answermode=auto\n')
    lab.write(f"{user}/contacts", "")
    log = lab.path(f"{len(lab.processes)}-stdbuf.log")
    options = ["-e", f"/dial sip:{dial}@contoso.com"] if dial else []
    process = lab.start(user, ["stdbuf", "-oL", "-eL", "baresip", "-f", lab.path(user), *options],
                        environment={"HOME": lab.path(user)})
    return process, log


def wait_said(lab, log, text, seconds=15):
    """Waits until a log holds the text."""
    end = time.monotonic() + seconds
    while True:
        with open(log, encoding="utf-8", errors="replace") as file:
            if text in file.read():
                return
        if time.monotonic() > end:
            raise labs.LabError(f"waited {seconds} s for {text!r}\n{lab.logs()}")
        time.sleep(0.05)


def register(lab, work, phone):
    """A phone registers and, after a moment, signs off."""
    process, log = start(lab, work, phone)
    wait_said(lab, log, REGISTERED)
    time.sleep(0.3)
    lab.stop(process)


def talk(lab, work, caller, callee):
    """Both register, the caller calls, they talk for some seconds and both sign off."""
    answering, callee_log = start(lab, work, callee)
    wait_said(lab, callee_log, REGISTERED)
    calling, caller_log = start(lab, work, caller, dial=callee.user)
    wait_said(lab, caller_log, "Call established")
    time.sleep(TALK_SECONDS)  # the talk itself
    lab.stop(calling)
    wait_said(lab, callee_log, "terminated")
    lab.stop(answering)
