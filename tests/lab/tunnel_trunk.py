"""What the tunnel families share: a SIP trunk between a Mediation Server and a provider's gateway, run inside a tunnel.

The tunnel's ends are the two hosts; each has a second address that only the tunnel carries. A call on the trunk is SIP
over TCP and clear RTP between the second addresses, so what is readable on the wire is the tunnel's doing.
"""
import time

import media
import phones
from lab import LabError
from scenario import Host, Subject

MEDIATION, GATEWAY = "10.77.0.51", "203.0.113.20"
INNER = {"mediation": "10.99.1.1", "gateway": "10.99.2.1"}
OUTER = {"mediation": MEDIATION, "gateway": GATEWAY}
PEER = {"mediation": "gateway", "gateway": "mediation"}
SIP_PORT = 5068
PAYLOAD_AT = 16 + 14 + 20 + 8  # in a record of cut.py: after its header, Ethernet, IPv4 without options, UDP
HOSTS = {"mediation": Host(MEDIATION, "mediation"), "gateway": Host(GATEWAY, "gateway", trunk="vpn")}
# The second addresses too, for captures in which they are readable. Their namespaces only hold the place.
READABLE_HOSTS = {**HOSTS, "mediation_inside": Host(INNER["mediation"], "mediation"),
                  "gateway_inside": Host(INNER["gateway"], "gateway", trunk="vpn")}
# in the SIP and in the CNAMEs of the RTCP of every call inside
MARKERS = ("sip:+15550199@", "phone@" + INNER["mediation"], "phone@" + INNER["gateway"])
PACKAGES = ("sip-tester", "gcc", "libsrtp2-dev")
GATEWAY_ROWS = ("TT-10a", "TT-10b", "TT-11a", "TT-11b")


def subjects(verdict, note="", secrets=None):
    """TT-21's verdict on the tunnel (secrets: where the key log is given too); the rows of signalling and media have
    nothing to do with its packets."""
    return [Subject("TT-21", "mediation", "gateway", verdict, secrets=secrets, area="policy", note=note),
            *(Subject(row, "mediation", "gateway", "none") for row in GATEWAY_ROWS)]


def readable_subjects(note):
    """The tunnel does not encrypt: the trunk inside is readable, which its rows must not permit."""
    inside = [Subject(row, "mediation_inside", "gateway_inside", "violation", area="policy", note=note)
              for row in ("TT-10a", "TT-11a")]
    return [*subjects("violation", note), *inside]


def leak_subjects(*rows):
    """TT-21's and other rows' verdicts when the trunk is in the clear beside the tunnel, too."""
    return [Subject("TT-21", "mediation", "gateway", "violation", area="policy", note="the same trunk is in the clear"),
            *(Subject(row, "mediation", "gateway", "violation", area="policy",
                      note="permitted in the VPN only, and this is outside") for row in rows)]


def call(lab, work, ends=None, speech=True):
    """One call on the trunk, SIP over TCP and clear RTP; it fails if no SIP comes through. ends: {caller: address,
    callee: address}, by default those inside the tunnel. speech: False leaves out the RTP."""
    (caller, here), (callee, there) = (ends or INNER).items()
    keys = {"profile": "RTP/AVP", "offer_key": "a=sendrecv", "answer_key": "a=sendrecv",
            "agent": "RTCC/4.0.0.0 MediationServer", "caller": "+15550100", "callee": "+15550199"}
    answer = phones.sipp(lab, callee, there, SIP_PORT, phones.INVITE_ANSWER, transport="t1", keys=keys)
    lab.wait_listening(callee, "tcp", SIP_PORT)
    dialled = phones.sipp(lab, caller, here, 5062, phones.INVITE, transport="t1", keys=keys,
                          remote=f"{there}:{SIP_PORT}")
    time.sleep(0.3)
    if speech:
        media.talk(lab, work, caller, here, callee, there, "clear")
    lab.wait_ended(dialled)
    lab.wait_ended(answer)


def talk_outside(lab, work):
    """Clear RTP between the same two hosts, past the tunnel."""
    media.talk(lab, work, "mediation", MEDIATION, "gateway", GATEWAY, "clear", port=50000)


def poll(condition, what, seconds=20):
    """Waits until condition() is true."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise LabError(f"waited {seconds} s for {what}")
        time.sleep(0.1)


def said(path, text):
    """Whether a log holds the text."""
    try:
        with open(path, encoding="utf-8", errors="replace") as log:
            return text in log.read()
    except FileNotFoundError:
        return False
