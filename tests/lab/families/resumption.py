"""TLS sessions taken up again: no certificate is shown then, and the first connection is in the capture or not."""
from dataclasses import replace

import mtls_peers as peers
from mtls_peers import ACROSS, ACROSS_TRUST, EDGE01, FE01, INSIDE, INSIDE_TRUST, REQUEST_LINE
from scenario import Host, Subject, scenario

CLIENTS = {"alice": Host("10.77.0.101", "client_internal"), "fe01": Host(FE01, "front_end")}
TABLES = {("fe01", "edge01"): (ACROSS, ACROSS_TRUST), ("edge01", "fe01"): (ACROSS, ACROSS_TRUST),
          ("director01", "fe01"): (INSIDE, INSIDE_TRUST), ("alice", "fe01"): (CLIENTS, CLIENTS)}
KINDS = {  # version and options of both sides
    "ticket": ("tls12", [], "TLS 1.2, by ticket"),
    "session_id": ("tls12", ["-no_ticket"], "TLS 1.2, by session id"),
    "psk": ("tls13", [], "TLS 1.3, by pre-shared key"),
}


def resumption(name, shows, kind, rows, pair=("fe01", "edge01"), trust=False, asks="insists", client="good",
               restart=None, orphan=False, times=1, **more):
    """Declares a connection and `times` that resume it. restart: the server forgets the session in between.
    orphan: only the last connection stays in the capture."""
    version, both, _ = KINDS[kind]
    table = TABLES[pair][1 if trust else 0]
    initiator, listener = pair
    full_name = f"{listener}.contoso.com"

    def play(lab, work):
        flag = peers.VERSIONS[version]
        asking = {"insists": peers.ask(), None: [], "may be empty": ["-verify", "4"]}[asks]
        server = peers.serve(lab, work, listener, flag, *both, *asking)
        session = lab.path("session.pem")
        options = [flag, *both, *peers.own(work, initiator, client), *peers.check(work, full_name)]
        peers.connect(lab, initiator, lab.hosts[listener], *options, "-sess_out", session, name=full_name)
        if restart:
            lab.stop(server)
            peers.serve(lab, work, listener, flag, *both, *asking)
        for _ in range(times):
            peers.connect(lab, initiator, lab.hosts[listener], *options, "-sess_in", session, name=full_name)
        work.afterwards(peers.resumes_not if restart else peers.resumes)
        if orphan:
            work.afterwards(peers.only_last_connection)
    play.__doc__ = shows
    if not orphan:
        shown = "not requested" if not asks else "shown" if client else "empty"
        rows = [replace(row, client_certificate=shown) if row.row == "TT-01" else row for row in rows]
    scenario(f"resumption/{name}", table, rows, "openssl", robust=True, hidden=(REQUEST_LINE,), **more)(play)


def rows(pair, mutual, certificates=None, secrets=None, certificate_secrets=None, row="TT-01", note=""):
    """The transport row, and TT-24 where certificates is given."""
    area = "tls" if mutual != "unknown" else None
    found = [Subject(row, *pair, mutual, secrets=secrets, area=area, note=note)]
    if certificates:
        found.append(Subject("TT-24", *pair, certificates, secrets=certificate_secrets,
                             area="tls" if certificates != "unknown" else None, note=note))
    return found


OUT, BACK, WITHIN, CLIENT = ("fe01", "edge01"), ("edge01", "fe01"), ("director01", "fe01"), ("alice", "fe01")
INHERITED = "inherited from the first connection"
UNSEEN = "the first connection is not in the capture"

for kind, (version, _, word) in KINDS.items():
    old = version == "tls12"
    seen = "compliant" if old else "unknown"  # TT-24: TLS 1.3 hides the certificates of the first one, too
    opened = None if old else "compliant"
    cases = (6,) if kind == "ticket" else ()
    resumption(f"{kind}_mutual", f"{word}: a connection with certificates of both servers, and one that resumes it.",
               kind, rows(OUT, "compliant", seen, None, opened, note=INHERITED), OUT, True, cases=cases)
    resumption(f"{kind}_mutual_within", f"{word}: a Director connects to a Front End with certificates of both, then "
               "twice more by the same session.", kind, rows(WITHIN, "compliant", note=INHERITED), WITHIN, times=2)
    resumption(f"{kind}_not_requested", f"{word}: a connection for which the Edge asked for no certificate, and one "
               "that resumes it.", kind, rows(OUT, "violation", note=INHERITED), OUT, asks=None, client=None)
    resumption(f"{kind}_empty", f"{word}: a connection for which the Front End wanted a certificate and got none, and "
               "one that resumes it.", kind, rows(BACK, "violation", note=INHERITED), BACK,
               asks="may be empty", client=None)
    resumption(f"{kind}_client", f"{word}: a client connects to a Front End twice, the second time by the session of "
               "the first.", kind, [Subject("TT-02", *CLIENT, "compliant")], CLIENT, asks=None, client=None)
    cases = (5,) if kind == "psk" else ()
    resumption(f"{kind}_orphan_mutual", f"{word}: only the connection that resumes, the one with the certificates is "
               "not in the capture.", kind, rows(OUT, "unknown", "unknown", note=UNSEEN), OUT, True,
               orphan=True, cases=cases)
    resumption(f"{kind}_orphan_not_requested", f"{word}: only the connection that resumes; in the one before, which is "
               "not in the capture, no certificate was asked for.", kind, rows(WITHIN, "unknown", note=UNSEEN), WITHIN,
               asks=None, client=None, orphan=True, cases=cases)
    resumption(f"{kind}_orphan_client", f"{word}: only the connection by which a client resumes its session at a Front "
               "End; TLS is all that is asked of it.", kind, [Subject("TT-02", *CLIENT, "compliant")], CLIENT,
               asks=None, client=None, orphan=True)
    resumption(f"{kind}_forgotten", f"{word}: a connection with certificates of both servers, and one that wants to "
               "resume it; the server has restarted, knows no session, and all is shown again.", kind,
               rows(BACK, "compliant", seen, None, opened) if not old else
               [Subject("TT-01", *BACK, "compliant"), Subject("TT-24", *BACK, "compliant")], BACK, True, restart=True)


def wrapped(name, shows, version, expected, checks=True, trust=False, more="", orphan=False, **others):
    """Declares a stunnel at both ends, from a Front End to the Edge; its second connection resumes by itself."""
    table = ACROSS_TRUST if trust else ACROSS

    def play(lab, work):
        peers.start_stunnel(lab, work, "edge01", version, checks=checks, more=more)
        peers.start_stunnel(lab, work, "fe01", version, to=EDGE01, more="sni = edge01.contoso.com\n" + more)
        peers.talk(lab, "fe01")
        peers.talk(lab, "fe01")
        work.afterwards(peers.resumes)
        if orphan:
            work.afterwards(peers.only_last_connection)
    play.__doc__ = shows
    scenario(f"resumption/stunnel_{name}", table, expected, "stunnel4", robust=True, hidden=(REQUEST_LINE,),
             **others)(play)


NO_TICKET = "options = NO_TICKET"
wrapped("session_id_mutual", "SIP in a stunnel of TLS 1.2 with certificates of both servers; the second connection "
        "resumes by session id.", "tls12", rows(OUT, "compliant", "compliant", note=INHERITED), trust=True,
        more=NO_TICKET)
wrapped("session_id_not_requested", "SIP in a stunnel of TLS 1.2 without a certificate of the Front End; the second "
        "connection resumes by session id.", "tls12", rows(OUT, "violation", note=INHERITED), False, more=NO_TICKET)
wrapped("session_id_orphan", "SIP in a stunnel of TLS 1.2: only the connection that resumes by session id.", "tls12",
        rows(OUT, "unknown", "unknown", note=UNSEEN), trust=True, more=NO_TICKET, orphan=True)
wrapped("ticket_mutual", "SIP in a stunnel of TLS 1.2 with certificates of both servers; the second connection resumes "
        "by ticket.", "tls12", rows(OUT, "compliant", "compliant", note=INHERITED), trust=True, cases=(6,))
wrapped("psk_mutual", "SIP in a stunnel of TLS 1.3 with certificates of both servers; the second connection resumes by "
        "pre-shared key.", "tls13", rows(OUT, "compliant", "unknown", None, "compliant", note=INHERITED), trust=True)
