"""Phones that agree on keys by ZRTP on the media path: linphone, which takes its commands from a pipe."""
import os
import subprocess
import time

import bridge_calls
import call_phones

TALK_SECONDS = 3
AGREED = "fully encrypted"
CODECS = {"opus": 0, "pcmu": 3}  # numbers in linphone's list

SETTINGS = """
[net]
enable_nat_helper=0
[sip]
sip_port=5060
sip_tcp_port=-1
sip_tls_port=-1
use_ipv6=0
contact=sip:{user}@{address}
media_encryption=zrtp
media_encryption_mandatory=0
[rtp]
audio_rtp_port=20000
[sound]
echocancellation=0
[video]
enabled=0
capture=0
display=0
"""


def start(lab, user, codec, answers=False):
    """Starts a phone that registers nowhere. Returns (process, log)."""
    lab.write(f"{user}/.local/share/linphone/empty", "")  # linphone does not make the folder
    settings = lab.write(f"{user}/linphonerc", SETTINGS.format(user=user, address=lab.hosts[user]))
    log = lab.path(f"{user}-linphonec.log")
    with open(log, "wb") as out:
        process = subprocess.Popen(
            ["ip", "netns", "exec", f"{lab.prefix}-{user}", "stdbuf", "-oL", "linphonec", "-c", settings,
             *(["-a"] if answers else [])], stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT,
            env={**os.environ, "HOME": lab.path(user), "LC_ALL": "C"})
    lab.processes.append(process)
    lab.wait_listening(user, "udp", 5060)
    tell(process, "codec disable all", f"codec enable {CODECS[codec]}", "soundcard use files")
    return process, log


def tell(process, *commands):
    process.stdin.write("".join(f"{command}\n" for command in commands).encode("ascii"))
    process.stdin.flush()


def call(lab, work, codec="pcmu", early=False):
    """alice calls bob. early: they speak before the keys are there, else when all is agreed."""
    bob, heard = start(lab, "bob", codec, answers=True)
    alice, said = start(lab, "alice", codec)
    speak = f"play {work.wave}"
    if early:
        tell(alice, speak)
        tell(bob, speak)
    tell(alice, f"call sip:bob@{lab.hosts['bob']}")
    for log in (said, heard):
        call_phones.wait_said(lab, log, AGREED)
    if not early:
        tell(alice, speak)
        tell(bob, speak)
    time.sleep(TALK_SECONDS)  # the talk itself
    tell(alice, "terminate")
    call_phones.wait_said(lab, heard, "ended (No error)")
    for process in (alice, bob):
        tell(process, "quit")
        lab.wait_ended(process)


def call_without(lab, work):
    """alice offers ZRTP to a phone that knows none (baresip)."""
    bob, heard = bridge_calls.start_phone(lab, work, "bob", f"{lab.hosts['alice']}:5060", "udp", "rtp")
    lab.wait_listening("bob", "udp", 5060)
    alice, said = start(lab, "alice", "pcmu")
    tell(alice, f"play {work.wave}", f"call sip:bob@{lab.hosts['bob']}")
    call_phones.wait_said(lab, said, "streams established")
    time.sleep(TALK_SECONDS)  # the talk itself
    tell(alice, "terminate")
    call_phones.wait_said(lab, heard, "terminated")
    tell(alice, "quit")
    lab.wait_ended(alice)
    lab.stop(bob)
