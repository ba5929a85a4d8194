"""Media streams without any signalling, and the sender that other cases use too."""
from cases import ALICE, BOB, case

# master key and salt of each side, in hex; sip.py announces them in SDP
CALLER_KEY = "d0c1b2a3948576675849" "3a2b1c0dfeefdccdbaab" "98897667544532231001"
ANSWER_KEY = "0f1e2d3c4b5a69788796" "a5b4c3d2e1f000112233" "445566778899aabbccdd"
SECONDS = 4


def talk(lab, work, caller, caller_address, callee, callee_address, policy, port=20000):
    """Both sides send at once for some seconds; policy is one of srtpsend.c."""
    both = []
    for host, source, peer, key, ssrc in ((callee, callee_address, caller_address, ANSWER_KEY, "0x0badcafe"),
                                          (caller, caller_address, callee_address, CALLER_KEY, "0x1eaf5eed")):
        both.append(lab.start(host, [work.srtpsend, source, str(port), peer, str(port), policy, key, str(SECONDS),
                                     work.mu_law, ssrc]))
    for sender in both:
        lab.wait_ended(sender)


@case("rtp/no_signalling_pcmu", {"alice": ALICE, "bob": BOB}, "gcc")
def no_signalling_pcmu(lab, work):
    """Speech as plain RTP, G.711 mu-law, both ways; no signalling is in the capture."""
    talk(lab, work, "alice", ALICE, "bob", BOB, "clear")


@case("srtp/no_signalling", {"alice": ALICE, "bob": BOB}, "gcc", "libsrtp2-dev")
def no_signalling(lab, work):
    """Speech as SRTP, AES_CM_128_HMAC_SHA1_80, both ways; no signalling is in the capture."""
    talk(lab, work, "alice", ALICE, "bob", BOB, "aes128-80")


@case("srtp/null_cipher", {"alice": ALICE, "bob": BOB}, "gcc", "libsrtp2-dev")
def null_cipher(lab, work):
    """Speech as SRTP with the NULL cipher and HMAC_SHA1_80: authenticated, but everybody can hear it. No signalling."""
    talk(lab, work, "alice", ALICE, "bob", BOB, "null-80")
