"""The Edge and a federation partner over TLS: each with a certificate of its own CA, trusted by the other or not."""
import os

import mtls_peers as peers
import pki
from mtls_peers import EDGE01, REQUEST_LINE
from scenario import Host, Subject, scenario

PARTNER = "198.51.100.20"
HOSTS = {"edge01": Host(EDGE01, "edge_access", trust="enterprise"),
         "sip": Host(PARTNER, "federation_partner", "sip.fabrikam.com", trust="partners")}
NAMES = {"edge01": "edge01.contoso.com", "sip": "sip.fabrikam.com"}
WORDS = {"tls12": "TLS 1.2", "tls13": "TLS 1.3"}
OUT, BACK = ("edge01", "sip"), ("sip", "edge01")


def stranger(work):
    """A CA that is in nobody's trust set."""
    if "stranger" not in work.made:
        work.made["stranger"] = pki.Authority(os.path.join(work.directory, "stranger"), "Tailspin CA")
    return work.made["stranger"]


def partner_certificate(work, kind):
    """(certificate, key) of the partner: kind good, expired, wrong_name, ecdsa, stranger, ours, self_signed."""
    base = os.path.join(work.directory, f"partner-{kind}")
    if kind == "self_signed":
        return peers.self_signed(work.foreign_ca, NAMES["sip"], base)
    authority = {"stranger": stranger(work), "ours": work.ca}.get(kind, work.foreign_ca)
    name = "www.fabrikam.com" if kind == "wrong_name" else NAMES["sip"]
    more = {"expired": {"dates": pki.EXPIRED}, "ecdsa": {"key": pki.ECDSA}}.get(kind, {})
    return authority.issue(name, base=base, **more)


def options_of(work, key, kind):
    """Certificate options of a side; the partner in the kind asked for."""
    if kind is None:
        return []
    pem, private = partner_certificate(work, kind) if key == "sip" else peers.certificate(work, "edge01")
    return ["-cert", pem, "-key", private]


def both_cas(work):
    """What each side trusts: its own CA and the other's."""
    path = os.path.join(work.directory, "both.pem")
    if not os.path.exists(path):
        with open(path, "w", encoding="ascii") as out:
            for authority in (work.ca, work.foreign_ca):
                with open(authority.pem, encoding="ascii") as pem:
                    out.write(pem.read())
    return path


def federate(name, shows, mutual, certificates, version="tls12", pair=OUT, kind="good", asks=True, checks=True,
             presents=True, succeeds=True, **more):
    """Declares one connection between the Edge and the partner. kind: the partner's certificate."""
    initiator, listener = pair
    hidden = version == "tls13"
    shown = None if mutual == "unknown" else "not requested" if not asks else "shown" if presents else "empty"
    rows = [Subject("TT-19", initiator, listener, mutual, area="policy", client_certificate=shown),
            Subject("TT-24", initiator, listener, "unknown" if hidden else certificates,
                    secrets=certificates if hidden else None),
            Subject("TT-01", initiator, listener, "none", note="a partner's server is none of our own")]

    def play(lab, work):
        work.foreign_ca.publish(os.path.join(work.folder, "partners.pem"))
        flag, trusted = peers.VERSIONS[version], both_cas(work)
        asking = [] if not asks else ["-Verify", "4"] if asks == "any" else peers.ask()
        lab.start(listener, ["openssl", "s_server", "-accept", "5061", "-rev", flag, "-CAfile", trusted, *asking,
                             *options_of(work, listener, kind)])
        lab.wait_listening(listener, "tcp", 5061)
        checking = ["-CAfile", trusted, "-verify_return_error", "-verify_hostname", NAMES[listener]] if checks else []
        peers.connect(lab, initiator, lab.hosts[listener], flag, *checking,
                      *(options_of(work, initiator, kind) if presents else []), name=NAMES[listener], succeeds=succeeds)
    play.__doc__ = shows
    if succeeds:
        more["hidden"] = (REQUEST_LINE,)
    scenario(f"federation/{name}", HOSTS, rows, "openssl", robust=True, **more)(play)


for new, word in WORDS.items():
    cases = (23,) if new == "tls12" else ()
    federate(f"{new}_out", f"{word} from the Edge to a partner, each with a certificate of its own CA, which the other "
             "trusts.", "compliant", "compliant", new, cases=cases)
    federate(f"{new}_back", f"{word} from a partner to the Edge, each with a certificate of its own CA, which the "
             "other trusts.", "compliant", "compliant", new, BACK, cases=cases)
    cases = (24,) if new == "tls12" else ()
    federate(f"{new}_out_untrusted", f"{word} from the Edge to a partner whose CA is not in the trust set; the Edge "
             "goes on.", "violation", "violation", new, kind="stranger", checks=False, cases=cases)
    federate(f"{new}_back_untrusted", f"{word} from a partner whose CA is not in the trust set to the Edge, which lets "
             "it in.", "violation", "violation", new, BACK, "stranger", asks="any", cases=cases)
    federate(f"{new}_back_one_way", f"{word} from a partner to the Edge, which does not ask for a certificate.",
             "violation", "compliant", new, BACK, asks=False, presents=False)
    federate(f"{new}_out_one_way", f"{word} from the Edge to a partner, which does not ask for a certificate.",
             "violation", "compliant", new, asks=False)
federate("ecdsa", "TLS 1.2 from a partner with an ECDSA certificate of its own CA, which the Edge trusts.", "compliant",
         "compliant", pair=BACK, kind="ecdsa")
federate("out_wrong_name", "TLS 1.2 from the Edge to a partner whose certificate is for www.fabrikam.com; the Edge "
         "goes on.", "violation", "violation", kind="wrong_name", checks=False)
federate("back_wrong_name", "TLS 1.2 from a partner whose certificate is for www.fabrikam.com to the Edge.",
         "violation", "violation", pair=BACK, kind="wrong_name")
federate("out_expired", "TLS 1.2 from the Edge to a partner whose certificate expired in 2021; the Edge goes on.",
         "compliant", "weak", kind="expired", checks=False)
federate("back_expired", "TLS 1.2 from a partner whose certificate expired in 2021 to the Edge, which lets it in.",
         "compliant", "weak", pair=BACK, kind="expired", asks="any")
federate("out_self_signed", "TLS 1.2 from the Edge to a partner with a self-signed certificate; the Edge goes on.",
         "violation", "violation", kind="self_signed", checks=False)
federate("out_issued_by_us", "TLS 1.2 from the Edge to a partner with a certificate of our own enterprise CA, which is "
         "not in the set for partners.", "violation", "violation", kind="ours")
federate("back_refused", "TLS 1.2 from a partner whose CA is not in the trust set to the Edge, which refuses it.",
         "violation", "violation", pair=BACK, kind="stranger", succeeds=False)
federate("out_refused", "TLS 1.2 from the Edge to a partner whose CA is not in the trust set: the Edge ends it.",
         "unknown", "violation", kind="stranger", succeeds=False)
