"""Media of an exact protection and calls that announce it: what the families srtp, streams and dtlssrtp share."""
import base64
import hashlib
import time

import lab as labs
import phones

SECONDS = 3
PORT = 20000  # media, both ends
PROBE = 48  # bytes of speech that are looked for
# policy of srtpsend: its name in SDP, bytes of master key and salt
SUITES = {
    "aes128-80": ("AES_CM_128_HMAC_SHA1_80", 30),
    "aes128-32": ("AES_CM_128_HMAC_SHA1_32", 30),
    "aes192-80": ("AES_192_CM_HMAC_SHA1_80", 38),
    "aes256-80": ("AES_256_CM_HMAC_SHA1_80", 46),
    "aes256-32": ("AES_256_CM_HMAC_SHA1_32", 46),
    "gcm128": ("AEAD_AES_128_GCM", 28),
    "gcm256": ("AEAD_AES_256_GCM", 44),
    "null-80": ("AES_CM_128_HMAC_SHA1_80", 30),  # with UNENCRYPTED_SRTP: SDP has no NULL suite
    "null-32": ("AES_CM_128_HMAC_SHA1_32", 30),
    "clear": ("AES_CM_128_HMAC_SHA1_80", 30),
    "aes128": ("AES_CM_128_HMAC_SHA1_80", 30),
}


def suite_of(policy):
    """The entry of SUITES that a policy such as aes128-80-mki belongs to."""
    return SUITES[max((name for name in SUITES if policy.startswith(name)), key=len)]


def key_of(side, policy):
    """Master key and salt of a side ("caller", "callee") in hex."""
    return hashlib.sha512(f"overt lab {side}".encode()).hexdigest()[: 2 * suite_of(policy)[1]]


def crypto(side, policy, parameters="", tag=1):
    """The a=crypto line for what a side sends."""
    text = base64.b64encode(bytes.fromhex(key_of(side, policy))).decode("ascii")
    identifier = "|2^20|1:4" if "-mki" in policy else ""
    return f"a=crypto:{tag} {suite_of(policy)[0]} inline:{text}{identifier}{' ' if parameters else ''}{parameters}"


def start_talk(lab, work, ends, policies, seconds=SECONDS):
    """Both ends send speech at once; ends: ((host, address), (host, address)), policies: what each one sends."""
    senders = []
    (caller, callee), (first, second) = ends, policies
    for own, peer, policy, side, ssrc in ((callee, caller, second, "callee", "0x0badcafe"),
                                          (caller, callee, first, "caller", "0x1eaf5eed")):
        senders.append(lab.start(own[0], [work.srtpsend, own[1], str(PORT), peer[1], str(PORT), policy,
                                          key_of(side, policy), str(seconds), work.mu_law, ssrc]))
    return senders


def talk(lab, work, ends, policies, seconds=SECONDS):
    """Both ends send speech to the end, and the capture is checked for readable speech."""
    expect_speech(work, policies, seconds)
    for sender in start_talk(lab, work, ends, policies, seconds):
        lab.wait_ended(sender)


def expect_speech(work, policies, seconds=SECONDS):
    """The finished capture must have readable speech if and only if a policy leaves it so."""
    always = [policy.startswith(("clear", "null")) for policy in policies]
    early = sum(a or policy.endswith("-later") for a, policy in zip(always, policies))
    late = sum(a or policy.endswith("-first") for a, policy in zip(always, policies))
    work.afterwards(lambda path: check_speech(path, work.mu_law, {10: early, seconds * 50 - 25: late}))


def check_speech(path, mu_law, senders):
    """Complains when other than so many senders can be heard. senders: {packet of the speech: how many}."""
    with open(path, "rb") as capture, open(mu_law, "rb") as speech:
        data, voice = capture.read(), speech.read()
    heard = {packet: data.count(voice[packet * 160: packet * 160 + PROBE]) for packet in senders}
    if heard != senders:
        raise labs.LabError(f"speech is readable {heard} and not {senders} times")


def scripts(offer, answer, names, agent, seconds):
    """The scenarios of caller and callee. offer, answer: (profile, lines of the SDP after the codec)."""
    out = []
    for text, (profile, lines), key in ((phones.INVITE, offer, "offer_key"),
                                         (phones.INVITE_ANSWER, answer, "answer_key")):
        values = {"profile": profile, key: "\n    ".join(lines) or "a=sendrecv", "agent": agent, "caller": names[0],
                  "callee": names[1]}
        for name, value in values.items():
            text = text.replace(f"[{name}]", value)
        out.append(text.replace('milliseconds="4500"', f'milliseconds="{seconds * 1000 + 700}"'))
    return out


def call(lab, work, ends, offer, answer, media, transport="tcp", port=5060, tunnel=None,
         names=("alice", "conference"), agent="UCCAPI/4.0.7577.0 OC/4.0"):
    """A call by sipp while media() runs. tunnel: (listening port, entrance's port) of a TLS tunnel that hides it."""
    invite, ok = scripts(offer, answer, names, agent, SECONDS)
    (caller, caller_address), (callee, callee_address) = ends
    mode = "t1" if transport == "tcp" else "u1"
    answering = phones.sipp(lab, callee, callee_address, port, ok, transport=mode)
    lab.wait_listening(callee, transport, port)
    remote = f"{labs.literal(caller_address if tunnel else callee_address)}:{tunnel or port}"
    calling = phones.sipp(lab, caller, caller_address, 5062, invite, transport=mode, remote=remote)
    time.sleep(0.3)  # the media follows the answer
    media()
    lab.wait_ended(calling)
    lab.wait_ended(answering)


ENTRANCE = 5070  # where the caller's own tunnel end listens

TUNNEL = """
foreground = yes
pid =
debug = 5
[sip]
accept = {accept}
connect = {connect}
CAfile = {ca}
sslVersionMin = {version}
sslVersionMax = {version}
"""


def tunnel(lab, work, ends, port, mutual, version="TLSv1.2", inner=5060):
    """stunnel from the caller's ENTRANCE to the callee's port, and from there to its own inner port."""
    (caller, caller_address), (callee, callee_address) = ends
    certificate, key = work.ca.issue(f"{callee}.contoso.com")
    server = TUNNEL.format(accept=f"{callee_address}:{port}", connect=f"{callee_address}:{inner}", ca=work.ca.pem,
                           version=version) + f"cert = {certificate}\nkey = {key}\n"
    client = TUNNEL.format(accept=f"{caller_address}:{ENTRANCE}", connect=f"{callee_address}:{port}", ca=work.ca.pem,
                           version=version) + f"client = yes\nverifyChain = yes\nsni = {callee}.contoso.com\n"
    if mutual:
        server += "verifyChain = yes\nrequireCert = yes\n"
        certificate, key = work.ca.issue(f"{caller}.contoso.com")
        client += f"cert = {certificate}\nkey = {key}\n"
    lab.start(callee, ["stunnel", lab.write("server.conf", server)])
    lab.wait_listening(callee, "tcp", port)
    lab.start(caller, ["stunnel", lab.write("client.conf", client)])
    lab.wait_listening(caller, "tcp", ENTRANCE)
