"""Calls between a Mediation Server and its peers: sipp says exactly what is signalled, stunnel gives it TLS, srtpsend
sends exactly the media."""
import base64
import time
from dataclasses import dataclass

import call_truth
import lab as labs
import media as senders
import phones

SUITE = "AES_CM_128_HMAC_SHA1_80"
AGENT = "RTCC/4.0.0.0 MediationServer"
NUMBERS = ("+15550100", "+15550199")
SIPP_PORT, TUNNEL_PORT = 6060, 6061  # behind stunnel; never on the wire
PROGRAMS = ("sip-tester", "stunnel4", "gcc", "libsrtp2-dev")
CERTIFICATES = {"one-way": "server", "mutual": "both"}

STUNNEL = """
foreground = yes
pid =
debug = warning
[sip]
{options}
sslVersionMin = {version}
sslVersionMax = {version}
"""


@dataclass(frozen=True)
class Call:
    """One leg of a call: who calls whom, how it is signalled, and what the media is."""
    caller: str
    callee: str
    port: int = 5060
    signalling: str = "udp"  # udp, tcp, one-way, mutual
    media: str = "clear"  # a policy of srtpsend.c
    keys: bool | None = None  # the SDP has SRTP keys; None: if the media is SRTP
    version: str = "TLSv1.2"
    media_caller: str | None = None  # media bypass: another host has the caller's media
    media_port: int = 20000
    answer_media: str | None = None  # what the callee sends, where it differs
    sni: str | None = None  # what the caller asks the callee's TLS for; None: its FQDN

    @property
    def tls(self):
        return self.signalling in CERTIFICATES

    @property
    def announces_keys(self):
        return self.media != "clear" if self.keys is None else self.keys

    @property
    def ends(self):
        """The hosts that the media runs between."""
        return self.media_caller or self.caller, self.callee


def crypto(key):
    return f"a=crypto:1 {SUITE} inline:{base64.b64encode(bytes.fromhex(key)).decode('ascii')}"


def stunnel(lab, work, host, call, accept, connect):
    """Starts stunnel on one end of the call's signalling and waits until it listens."""
    certificate, key = work.ca.issue(f"{host}.contoso.com")
    options = [f"accept = {accept}", f"connect = {connect}"]
    if host == call.caller:
        options += ["client = yes", "verifyChain = yes", f"CAfile = {work.ca.pem}",
                    f"sni = {call.sni or call.callee + '.contoso.com'}"]
    elif call.signalling == "mutual":
        options += ["verifyChain = yes", f"CAfile = {work.ca.pem}"]
    if host == call.callee or call.signalling == "mutual":
        options += [f"cert = {certificate}", f"key = {key}"]
    config = lab.write(f"stunnel-{host}.conf", STUNNEL.format(options="\n".join(options), version=call.version))
    lab.start(host, ["stunnel4", config])
    lab.wait_listening(host, "tcp", int(accept.rpartition(":")[2]))


def signal(lab, work, call):
    """Starts both sipps of a call; returns their processes, the callee's first."""
    hosts = lab.hosts
    near, far = hosts[call.caller], hosts[call.callee]
    keys = {"agent": AGENT, "caller": NUMBERS[0], "callee": NUMBERS[1], "remote_ip": "[far]",
            "remote_port": str(call.port), "profile": "RTP/SAVP" if call.announces_keys else "RTP/AVP",
            "offer_key": crypto(senders.CALLER_KEY) if call.announces_keys else "a=sendrecv",
            "answer_key": crypto(senders.ANSWER_KEY) if call.announces_keys else "a=sendrecv"}
    invite = media_at(phones.INVITE, hosts[call.ends[0]], call)
    answer = media_at(phones.INVITE_ANSWER, far, call)
    local, remote = call.port, f"{labs.literal(far)}:{call.port}"
    if call.tls:
        keys["transport"] = "TLS"
        local, remote = SIPP_PORT, f"{labs.literal(near)}:{TUNNEL_PORT}"
        stunnel(lab, work, call.callee, call, f"{far}:{call.port}", f"{far}:{SIPP_PORT}")
        stunnel(lab, work, call.caller, call, f"{near}:{TUNNEL_PORT}", f"{far}:{call.port}")
    mode = "u1" if call.signalling == "udp" else "t1"
    spare = ["-mp", str(call.media_port + 10000), "-key", "far", labs.literal(far)]  # the port is sipp's own, unused
    answering = phones.sipp(lab, call.callee, far, local, answer, *spare, transport=mode, keys=keys)
    lab.wait_listening(call.callee, "udp" if mode == "u1" else "tcp", local)
    calling = phones.sipp(lab, call.caller, near, 5062, invite, *spare, transport=mode, keys=keys, remote=remote)
    return answering, calling


def media_at(scenario, address, call):
    """The scenario with its media at an address and port."""
    scenario = scenario.replace("IP[media_ip_type] [media_ip]", f"IP[media_ip_type] {address}")
    return scenario.replace("m=audio 20000", f"m=audio {call.media_port}")


def send_media(lab, work, call, seconds):
    """Starts the media of both ends."""
    one, other = call.ends
    started = []
    for host, peer, policy, key, ssrc in (
            (other, one, call.answer_media or call.media, senders.ANSWER_KEY, "0x0badcafe"),
            (one, other, call.media, senders.CALLER_KEY, "0x1eaf5eed")):
        port = str(call.media_port)
        started.append(lab.start(host, [work.srtpsend, lab.hosts[host], port, lab.hosts[peer], port, policy, key,
                                        str(seconds), work.mu_law, ssrc]))
    return started


def play(lab, work, *calls, seconds=3):
    """All calls at once, to their end."""
    heard = any(policy in ("clear", "null-80") for call in calls for policy in (call.media, call.answer_media))
    work.afterwards(call_truth.speech_is_heard(work, heard))
    signalled = [process for call in calls for process in signal(lab, work, call)]
    wait_answered(lab, calls)
    for sender in [sender for call in calls for sender in send_media(lab, work, call, seconds)]:
        lab.wait_ended(sender)
    for process in signalled:
        lab.wait_ended(process)


def wait_answered(lab, calls, seconds=10):
    """Waits until the calls' messages are in the capture, or the pipe of their TLS is."""
    end = time.monotonic() + seconds
    while True:
        with open(lab.raw, "rb") as capture:
            data = capture.read()
        if all(data.count(b"ACK sip:") if not call.tls else carried(data) for call in calls):
            return
        if time.monotonic() > end:
            raise labs.LabError(f"waited {seconds} s for the calls\n{lab.logs()}")
        time.sleep(0.05)


def carried(data):
    """Has TLS carried something from both sides?"""
    return data.count(b"\x17\x03\x03") >= 3  # INVITE, 200, ACK at the least
