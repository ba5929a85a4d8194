"""DTLS-SRTP: a call whose keys are agreed on the media path, and one that agrees on no encryption."""
from cases import ALICE, BOB, FE01, case
from media import SECONDS
from sip import call_by_phones

PHONES = {"fe01": FE01, "alice": ALICE, "bob": BOB}


@case("dtls/srtp_call", PHONES, "kamailio", "kamailio-tls-modules", "baresip")
def srtp_call(lab, work):
    """A call of two phones: SIP over TLS 1.2 to the Front End, DTLS 1.2 on the media ports, then SRTP."""
    call_by_phones(lab, work, "tls", 5061, "dtls_srtp")


@case("dtls/null_profile", {"alice": ALICE, "bob": BOB}, "gcc", "libsrtp2-dev", "libgnutls28-dev")
def null_profile(lab, work):
    """DTLS 1.2 on the media port that agrees on SRTP_NULL_HMAC_SHA1_80 (0x0005), then SRTP that is not encrypted."""
    senders = []
    for host, source, peer, side, ssrc in (("bob", BOB, ALICE, "dtls-null-server", "0x0badcafe"),
                                           ("alice", ALICE, BOB, "dtls-null-client", "0x1eaf5eed")):
        files = ",".join(work.ca.issue(f"{host}.contoso.com"))
        senders.append(lab.start(host, [work.srtpsend, source, "20000", peer, "20000", side, files, str(SECONDS),
                                        work.mu_law, ssrc]))
        lab.wait_listening(host, "udp", 20000)
    for sender in senders:
        lab.wait_ended(sender)
