"""TLS between two servers on port 5061: done well, and wrong in every way that peers let pass or refuse."""
import os

import mtls_peers as peers
import pki
from mtls_peers import ACROSS, ACROSS_TRUST, EDGE01, FE01, INSIDE, INSIDE_TRUST, REQUEST_LINE
from scenario import Host, Subject, scenario

SERVER_ASKS = {  # how the server asks for the client's certificate
    None: [],
    "insists": ["-Verify", "4", "-verify_return_error"],
    "takes any": ["-Verify", "4"],  # one must come; what is wrong with it does not matter
    "may be empty": ["-verify", "4"],
}


def subjects(version, client, server, mutual, certificates, shows=None, row="TT-01"):
    """TT-01 (TT-49 on the port of conference control) and, where certificates is given, TT-24. TLS 1.3 hides both; sizes of records tell of the first. shows:
    what becomes of the client's certificate."""
    hidden = version == "tls13"
    rows = [Subject(row, client, server, mutual, area="tls" if hidden else None, client_certificate=shows)]
    if certificates:
        rows.append(Subject("TT-24", client, server, "unknown" if hidden else certificates,
                            secrets=certificates if hidden else None))
    return rows


def handshake(name, shows, version, mutual, certificates=None, pair=("fe01", "edge01"), asks="insists",
              server="good", client="good", checks=True, succeeds=True, suite=(), weak=False, sni=True,
              port=5061, **more):
    """Declares one connection of OpenSSL programs. mutual, certificates: the verdicts of TT-01 and TT-24."""
    table = ACROSS_TRUST if certificates else ACROSS
    if "director01" in pair:
        table = INSIDE_TRUST if certificates else INSIDE
    initiator, listener = pair
    full_name = f"{listener}.contoso.com"

    def play(lab, work):
        environment = peers.weak_openssl(lab) if weak else None
        flag = peers.VERSIONS[version]
        peers.serve(lab, work, listener, flag, *SERVER_ASKS[asks], *suite, kind=server, environment=environment,
                    port=port)
        options = [flag, *peers.own(work, initiator, client), *(peers.check(work, full_name) if checks else []), *suite]
        options += [] if sni else ["-noservername"]
        peers.connect(lab, initiator, lab.hosts[listener], *options, name=full_name, succeeds=succeeds, environment=environment,
                      port=port)
    play.__doc__ = shows
    if succeeds and "clear" not in more:
        more["hidden"] = (REQUEST_LINE,)
    more.setdefault("robust", True)
    ended = mutual == "unknown" or "NULL" in "".join(suite)  # the client ended it; or nothing is hidden
    presented = None if ended or not certificates else "not requested" if not asks else "shown" if client else "empty"
    rows = subjects(version, initiator, listener, mutual, certificates, presented,
                    row="TT-49" if port == 444 else "TT-01")
    scenario(f"mtls/{name}", table, rows, "openssl", **more)(play)


WORDS = {"tls10": "TLS 1.0", "tls11": "TLS 1.1", "tls12": "TLS 1.2", "tls13": "TLS 1.3"}
INWARD, WITHIN = ("edge01", "fe01"), ("director01", "fe01")

# Not robust, and not recorded: where strength alone is at fault, which this version of overt does not judge.
for old, word in (("tls10", "TLS 1.0"), ("tls11", "TLS 1.1")):  # protection is there, strength is below RFC 9325
    handshake(f"{old}_mutual", f"{word} with certificates of both servers, from a Front End to the Edge.", old, "weak",
              "compliant", weak=True, robust=False)
    handshake(f"{old}_mutual_ecdsa", f"{word} with ECDSA certificates of both servers, from the Edge to a Front End.",
              old, "weak", "compliant", INWARD, server="ecdsa", client="ecdsa", weak=True,
              robust=False)
    handshake(f"{old}_not_requested_ecdsa", f"{word} from the Edge to a Front End with an ECDSA certificate, which "
              "does not ask for one.", old, "violation", "compliant", INWARD, None, server="ecdsa", client=None,
              weak=True)
    handshake(f"{old}_not_requested", f"{word} from a Front End to the Edge, which does not ask for a certificate.",
              old, "violation", "compliant", asks=None, client=None, weak=True)
    handshake(f"{old}_empty", f"{word} from a Director to a Front End, which asks for a certificate, gets none and "
              "goes on.", old, "violation", "compliant", WITHIN, "may be empty", client=None, weak=True)
    handshake(f"{old}_refused", f"{word} from a Director to a Front End, which refuses its certificate of another CA.",
              old, "violation", "violation", WITHIN, client="other_ca", succeeds=False, weak=True)

for new in ("tls12", "tls13"):
    word, inferred = WORDS[new], new == "tls13"
    handshake(f"{new}_mutual", f"{word} with RSA certificates of both servers, from a Front End to the Edge; both "
              "check chain and server name.", new, "compliant", "compliant", cases=(3,) if inferred else (1,))
    handshake(f"{new}_mutual_inward", f"{word} with certificates of both servers, from the Edge to a Front End.", new,
              "compliant", "compliant", INWARD)
    handshake(f"{new}_mutual_within", f"{word} with certificates of both servers, from a Director to a Front End, both "
              "inside.", new, "compliant", "compliant", WITHIN)
    handshake(f"{new}_mutual_ecdsa", f"{word} with ECDSA certificates (P-256) of both servers.", new, "compliant",
              "compliant", server="ecdsa", client="ecdsa")
    handshake(f"{new}_mutual_ecdsa_rsa", f"{word}, the listener with an ECDSA certificate, the initiator with an RSA "
              "one.", new, "compliant", "compliant", WITHIN, server="ecdsa")
    handshake(f"{new}_not_requested", f"{word} from a Front End to the Edge, which does not ask for a certificate.",
              new, "violation", "compliant", asks=None, cases=(4,) if inferred else ())
    handshake(f"{new}_not_requested_within", f"{word} from a Director to a Front End, which does not ask for a "
              "certificate; its own is ECDSA.", new, "violation", "compliant", WITHIN, None, server="ecdsa")
    handshake(f"{new}_empty", f"{word} from a Front End to the Edge, which asks for a certificate, gets none and goes "
              "on.", new, "violation", "compliant", asks="may be empty", client=None, cases=() if inferred else (2,))
    handshake(f"{new}_empty_within", f"{word} from a Director to a Front End, which asks for a certificate, gets none "
              "and goes on.", new, "violation", "compliant", WITHIN, "may be empty", client=None)
    handshake(f"{new}_empty_refused", f"{word} from the Edge to a Front End, which insists on a certificate, gets none "
              "and ends.", new, "violation", "compliant", INWARD, client=None, succeeds=False)
    handshake(f"{new}_refused_other_ca", f"{word} from a Front End to the Edge, which refuses its certificate of "
              "another CA.", new, "violation", "violation", client="other_ca", succeeds=False)
    handshake(f"{new}_refused_expired", f"{word} from the Edge to a Front End, which refuses its expired certificate.",
              new, "violation", "weak", INWARD, client="expired", succeeds=False)
    handshake(f"{new}_refused_self_signed", f"{word} from a Director to a Front End, which refuses its self-signed "
              "certificate.", new, "violation", "violation", WITHIN, client="self_signed", succeeds=False)
    handshake(f"{new}_refused_by_initiator", f"{word} from a Front End to the Edge, whose certificate of another CA "
              "the Front End refuses: no connection comes of it.", new, "unknown", "violation", server="other_ca",
              succeeds=False)
    for kind, what, verdict in (("other_ca", "is of another CA", "violation"), ("expired", "expired in 2021", "weak"),
                                ("not_yet", "is valid from 2060", "weak"), ("self_signed", "is self-signed",
                                "violation"), ("wrong_name", "is for www.contoso.com", "violation")):
        handshake(f"{new}_client_{kind}", f"{word} with certificates of both servers; that of the Front End {what}, "
                  "and the Edge lets it in.", new, "compliant", verdict, asks="takes any", client=kind)
        handshake(f"{new}_server_{kind}", f"{word} with certificates of both servers; that of the listening Front End "
                  f"{what}, and the Director goes on.", new, "compliant", verdict, WITHIN, server=kind, checks=False)
    for kind, what in (("rsa1024", "has an RSA key of 1024 bits"), ("sha1", "is signed with SHA-1")):
        handshake(f"{new}_client_{kind}", f"{word} with certificates of both servers; that of the Front End {what}, "
                  "and the Edge lets it in.", new, "compliant", "weak", client=kind, weak=True,
                  robust=inferred)
        handshake(f"{new}_server_{kind}", f"{word} with certificates of both servers; that of the listening Front End "
                  f"{what}, and the Director goes on.", new, "compliant", "weak", WITHIN, server=kind, weak=True,
                  robust=inferred)

for kind, verdict in (("good", "compliant"), ("wrong_name", "violation")):
    what = "its own name" if kind == "good" else "www.contoso.com"
    handshake(f"tls12_no_sni_{kind}", f"TLS 1.2 without a server name in the ClientHello; the listener's certificate "
              f"is for {what}.", "tls12", "compliant", verdict, WITHIN, server=kind, checks=False, sni=False)

# Suites that take away what TLS is there for.
handshake("tls12_null_rsa", "TLS 1.2 with certificates of both servers and TLS_RSA_WITH_NULL_SHA256: all is readable.",
          "tls12", "violation", "compliant", suite=("-cipher", "NULL-SHA256:@SECLEVEL=0"), clear=(REQUEST_LINE,),
          cases=(22,))
handshake("tls12_null_ecdsa", "TLS 1.2 with ECDSA certificates of both servers and TLS_ECDHE_ECDSA_WITH_NULL_SHA: all "
          "is readable.", "tls12", "violation", "compliant", WITHIN, server="ecdsa", client="ecdsa",
          clear=(REQUEST_LINE,), suite=("-cipher", "ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0"))
handshake("tls12_anonymous", "TLS 1.2 between two servers with an anonymous suite (ECDH): nobody proves who it is.",
          "tls12", "violation", asks=None, client=None, checks=False,
          suite=("-cipher", "AECDH-AES128-SHA:@SECLEVEL=0"))
handshake("tls12_psk", "TLS 1.2 between two servers that prove themselves by a shared key, without certificates.",
          "tls12", "violation", pair=WITHIN, asks=None, client=None, checks=False,
          suite=("-psk", "00112233445566778899aabbccddeeff", "-cipher", "PSK-AES128-GCM-SHA256"))
handshake("tls12_static_rsa", "TLS 1.2 with certificates of both servers and an RSA key exchange: no forward secrecy.",
          "tls12", "weak", "compliant", suite=("-cipher", "AES128-GCM-SHA256"), robust=False)
handshake("tls12_dhe", "TLS 1.2 with certificates of both servers and a finite-field Diffie-Hellman key exchange.",
          "tls12", "weak", "compliant", WITHIN, suite=("-cipher", "DHE-RSA-AES256-GCM-SHA384"), robust=False)
handshake("tls12_small_records", "TLS 1.2 with certificates of both servers, in records of at most 512 bytes: "
          "handshake messages are split.", "tls12", "compliant", "compliant", suite=("-max_send_frag", "512"))
handshake("tls12_small_records_not_requested", "TLS 1.2 without a certificate of the Director, in records of at most "
          "512 bytes: handshake messages are split.", "tls12", "violation", "compliant", WITHIN, None, client=None,
          suite=("-max_send_frag", "512"))
handshake("tls12_ed25519", "TLS 1.2 with Ed25519 certificates of both servers.", "tls12", "compliant", "compliant",
          server="ed25519", client="ed25519")
handshake("tls12_wildcard", "TLS 1.2 with certificates of both servers, for *.contoso.com.", "tls12", "compliant",
          "compliant", WITHIN, server="wildcard", client="wildcard")
handshake("tls12_intermediate", "TLS 1.2 with certificates of both servers from a CA below the enterprise CA; its "
          "certificate is sent, too.", "tls12", "compliant", "compliant", server="intermediate", client="intermediate")
handshake("tls12_port_444", "TLS 1.2 with certificates of both servers on port 444 of a Front End.", "tls12",
          "compliant", "compliant", WITHIN, port=444)
handshake("tls12_port_444_not_requested", "TLS 1.2 on port 444 of a Front End, which does not ask for a certificate.",
          "tls12", "violation", "compliant", WITHIN, None, client=None, port=444)
handshake("tls12_port_5063_empty", "TLS 1.2 on port 5063 of a Front End, which asks for a certificate, gets none and "
          "goes on.", "tls12", "violation", "compliant", WITHIN, "may be empty", client=None, port=5063)
handshake("tls13_small_records", "TLS 1.3 with certificates of both servers, in records of at most 512 bytes.", "tls13",
          "compliant", "compliant", suite=("-max_send_frag", "512"))
handshake("tls13_hello_retry", "TLS 1.3 with certificates of both servers after a HelloRetryRequest.", "tls13",
          "compliant", "compliant", suite=("-groups", "P-384"))


@scenario("mtls/tls12_both_directions_one_bad", ACROSS_TRUST,
          [Subject("TT-01", "edge01", "fe01", "violation"), Subject("TT-24", "edge01", "fe01", "compliant")], "openssl",
          robust=True, hidden=(REQUEST_LINE,))
def both_directions_one_bad(lab, work):
    """Front End and Edge connect to each other by TLS 1.2: the Edge asks for a certificate, the Front End does not."""
    peers.serve(lab, work, "edge01", "-tls1_2", *peers.ask())
    peers.serve(lab, work, "fe01", "-tls1_2")
    peers.connect(lab, "fe01", EDGE01, *peers.own(work, "fe01"), *peers.check(work, "edge01.contoso.com"))
    peers.connect(lab, "edge01", FE01, *peers.own(work, "edge01"), *peers.check(work, "fe01.contoso.com"),
                  name="fe01.contoso.com")


@scenario("mtls/tls13_external_psk", ACROSS,
          [Subject("TT-01", "fe01", "edge01", "unknown", secrets="violation", note="looks like a resumption")],
          "openssl", robust=True, hidden=(REQUEST_LINE,), cases=(5,))
def external_psk(lab, work):
    """TLS 1.3 between two servers that prove themselves by a shared key, without certificates and without a connection
    before."""
    shared = ("-psk", "00112233445566778899aabbccddeeff", "-ciphersuites", "TLS_AES_128_GCM_SHA256")
    peers.serve(lab, work, "edge01", "-tls1_3", *shared)
    peers.connect(lab, "fe01", EDGE01, "-tls1_3", *shared)
    work.afterwards(peers.resumes)


@scenario("mtls/tls12_name_in_capitals", ACROSS_TRUST, subjects("tls12", "fe01", "edge01", "compliant", "compliant"),
          "openssl", robust=True, hidden=(REQUEST_LINE,))
def name_in_capitals(lab, work):
    """TLS 1.2 with certificates of both servers; the Front End asks for EDGE01.CONTOSO.COM, in capitals."""
    peers.serve(lab, work, "edge01", "-tls1_2", *peers.ask())
    peers.connect(lab, "fe01", EDGE01, *peers.own(work, "fe01"), *peers.check(work, "edge01.contoso.com"),
                  name="EDGE01.CONTOSO.COM")


ECDSA_CA = {key: Host(host.address, host.role, trust="ecdsa_ca") for key, host in ACROSS.items()}


def ecdsa_ca_peers(lab, work, initiator):
    """The Edge listens, with certificates of a CA whose key is ECDSA; the initiator's is of that CA or of another."""
    authority = pki.Authority(lab.path("ecdsa_ca"), "Contoso ECDSA CA", key=pki.ECDSA)
    authority.publish(os.path.join(work.folder, "ecdsa_ca.pem"))
    edge, mine = (authority.issue(f"{host}.contoso.com", key=pki.ECDSA) for host in ("edge01", "fe01"))
    edge, mine = (["-cert", pem, "-key", key] for pem, key in (edge, mine))
    lab.start("edge01", ["openssl", "s_server", "-accept", "5061", "-rev", "-tls1_2", *edge, "-CAfile", authority.pem,
                         "-Verify", "4"])
    lab.wait_listening("edge01", "tcp", 5061)
    peers.connect(lab, "fe01", EDGE01, *(initiator or mine), "-CAfile", authority.pem, "-verify_return_error",
                  "-verify_hostname", "edge01.contoso.com")


@scenario("mtls/tls12_ecdsa_ca", ECDSA_CA, subjects("tls12", "fe01", "edge01", "compliant", "compliant"), "openssl",
          robust=True, hidden=(REQUEST_LINE,))
def ecdsa_ca(lab, work):
    """TLS 1.2 with ECDSA certificates of both servers, signed by a CA with an ECDSA key."""
    ecdsa_ca_peers(lab, work, None)


@scenario("mtls/tls12_ecdsa_ca_other", ECDSA_CA, subjects("tls12", "fe01", "edge01", "compliant", "violation"),
          "openssl", robust=True, hidden=(REQUEST_LINE,))
def ecdsa_ca_other(lab, work):
    """TLS 1.2 where the trust set is a CA with an ECDSA key, and the Front End's certificate is of another CA with RSA;
    the Edge lets it in."""
    ecdsa_ca_peers(lab, work, peers.own(work, "fe01"))


def asked_later(name, shows, version, key):
    """Declares a connection in which s_server asks for a certificate when it is told to, by a key, after a request."""
    def play(lab, work):
        log, both = lab.path("server.out"), [peers.VERSIONS[version], "-no_ticket"]
        server = " ".join(["openssl s_server -accept 5061 -no_cache -verify_return_error -CAfile", work.ca.pem, *both,
                           *peers.own(work, "edge01")])
        script = (f"(for i in $(seq 200); do grep -q OPTIONS {log} && break; sleep 0.1; done; echo {key}; "
                  f"for i in $(seq 100); do grep -q 'CN = fe01.contoso.com' {log} && break; sleep 0.1; done; sleep "
                  f"0.3; grep -q 'CN = fe01.contoso.com' {log} && echo answer; sleep 20) | {server} >{log} 2>&1")
        lab.start("edge01", ["sh", "-c", f": >{log}; {script}"])
        lab.wait_listening("edge01", "tcp", 5061)
        later = ["-enable_pha"] if version == "tls13" else []
        peers.connect(lab, "fe01", EDGE01, *both, *later, *peers.own(work, "fe01"),
                      *peers.check(work, "edge01.contoso.com"))
    play.__doc__ = shows
    note = "the certificate comes after the first handshake, under its keys"
    scenario(f"mtls/{name}", ACROSS, [Subject("TT-01", "fe01", "edge01", "compliant", area="tls", note=note,
                                              client_certificate="shown" if version == "tls13" else None)], "openssl",
             robust=True, hidden=(REQUEST_LINE,))(play)


asked_later("tls12_renegotiated", "TLS 1.2 where the Edge asks for the Front End's certificate only in a second "
            "handshake, which is encrypted.", "tls12", "R")
asked_later("tls13_asked_later", "TLS 1.3 where the Edge asks for the Front End's certificate only after the "
            "handshake.", "tls13", "c")


# --- kamailio and stunnel ---------------------------------------------------------------------------------------------

def sip_servers(name, shows, version, mutual, certificates, listener=None, client=None, least=4000):
    """Declares two kamailio: fe01 sends OPTIONS to edge01 over TLS, until the capture holds `least` bytes."""
    def play(lab, work):
        method = {"tls12": "TLSv1.2", "tls13": "TLSv1.2+"}[version]
        peers.start_kamailio(lab, work, "edge01", EDGE01, method=method, **(listener or {}))
        peers.start_kamailio(lab, work, "fe01", FE01, peer=EDGE01, method=method, **(client or {}))
        peers.wait_for_bytes(lab, least)
    play.__doc__ = shows
    shown = "not requested" if listener == NOT_ASKING else "empty" if listener == MAY_BE_EMPTY else "shown"
    scenario(f"mtls/kamailio_{name}", ACROSS_TRUST, subjects(version, "fe01", "edge01", mutual, certificates, shown),
             "kamailio", "kamailio-tls-modules", robust=True, hidden=("OPTIONS sip:192.0.2.10",))(play)


NOT_ASKING = {"verify": "no", "require": "no"}
ANY = {"verify": "no", "require": "yes", "more": "verify_client = optional_no_ca"}
MAY_BE_EMPTY = {"verify": "yes", "require": "no", "more": "verify_client = optional"}
for new in ("tls12", "tls13"):
    start = f"Two SIP servers over {WORDS[new]}:"
    sip_servers(f"{new}_mutual", f"{start} OPTIONS from a Front End to the Edge with certificates of both.", new,
                "compliant", "compliant")
    sip_servers(f"{new}_not_requested", f"{start} OPTIONS from a Front End to the Edge, which does not ask for a "
                "certificate.", new, "violation", "compliant", NOT_ASKING)
    sip_servers(f"{new}_empty", f"{start} OPTIONS from a Front End that has no certificate to the Edge, which asks for "
                "one and goes on.", new, "violation", "compliant", MAY_BE_EMPTY, {"presents": False})
    sip_servers(f"{new}_other_ca", f"{start} OPTIONS from a Front End whose certificate is of another CA; the Edge "
                "lets it in.", new, "compliant", "violation", ANY, {"kind": "other_ca"})
    sip_servers(f"{new}_expired", f"{start} OPTIONS from a Front End whose certificate is expired; the Edge lets it "
                "in.", new, "compliant", "weak", ANY, {"kind": "expired"})


def wrapped(name, shows, version, mutual, certificates, checks=True, client="good", sni=peers.SNI,
            robust=True):
    """Declares a stunnel at both ends, from a Director to a Front End; what is inside is echoed."""
    def play(lab, work):
        peers.start_stunnel(lab, work, "fe01", version, checks=checks)
        peers.start_stunnel(lab, work, "director01", version, to=FE01, kind=client, more=sni)
        peers.talk(lab, "director01")
    play.__doc__ = shows
    shown = "not requested" if not checks else "shown" if client else "empty"
    scenario(f"mtls/stunnel_{name}", INSIDE_TRUST, subjects(version, "director01", "fe01", mutual, certificates, shown),
             "stunnel4", robust=robust, hidden=(REQUEST_LINE,))(play)


for new in ("tls12", "tls13"):
    start = f"SIP in a stunnel of {WORDS[new]} from a Director to a Front End,"
    wrapped(f"{new}_mutual", f"{start} with certificates of both.", new, "compliant", "compliant")
    wrapped(f"{new}_mutual_ecdsa", f"{start} with certificates of both; the Director's is ECDSA.", new, "compliant",
            "compliant", client="ecdsa")
    wrapped(f"{new}_not_requested", f"{start} which does not ask for a certificate.", new, "violation", "compliant",
            checks=False)
    wrapped(f"{new}_empty", f"{start} which asks for a certificate, gets none and goes on.", new, "violation",
            "compliant", checks="optional", client=None)

wrapped("sni_is_address", "SIP in a stunnel of TLS 1.2 with certificates of both, where the Director, as stunnel does "
        "by itself, sends the address as the server's name; the certificate bears the Front End's name.", "tls12",
        "compliant", "compliant", sni="", robust=False)  # overt compares with the address: wrong
