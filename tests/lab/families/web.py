"""Address book, group expansion and meeting content by HTTP, HTTPS, HTTP/2 and HTTP/3; browsing that is nobody's
business."""
import web_site as site
from scenario import Host, Subject, here, scenario

ALICE = Host("10.77.0.101", "client_internal")
CAROL = Host("198.51.100.7", "client_external")
FE01 = Host("10.77.0.10", "front_end")
DIR01 = Host("10.77.0.12", "director")
RP01 = Host("192.0.2.20", "reverse_proxy")
MCU01 = Host("10.77.0.14", "web_mcu")
STRANGER = Host("198.51.100.80")
INSIDE = {"alice": ALICE, "fe01": FE01}
FE_NAME = "fe01.contoso.com"
TRUSTED = {"alice": ALICE, "fe01": Host(FE01.address, "front_end", trust="enterprise")}
ANY_DOWNLOAD = "HTTPS hides the path: the first download row speaks for all three"
DOWNLOADS = ("TT-07", "TT-08", "TT-09")


def at(port, host=FE01, name=FE_NAME):
    return [(name, port, host.address)]


def nothing(client, server, rows=DOWNLOADS, note=""):
    """No row has to say anything of the pair."""
    return [Subject(row, client, server, "none", note=note) for row in rows]


def by_https(row, client="alice", server="fe01"):
    """An HTTPS download, whichever row speaks for it."""
    own = [] if row == "TT-07" else [Subject(row, client, server, "compliant", area="policy", note=ANY_DOWNLOAD)]
    return [Subject("TT-07", client, server, "compliant", note=ANY_DOWNLOAD), *own]


def get_clear(lab, work, path, *options, locations=site.PLAIN, settings="", port=80):
    """alice fetches a path from fe01 by HTTP."""
    fe01 = here(lab, INSIDE)["fe01"]
    site.serve(lab, "fe01", site.server(lab, fe01.address, port, locations, settings), ports=(port,))
    site.fetch(lab, work, "alice", f"http://{FE_NAME}:{port}{path}", at(port, fe01), *options)


def get_tls(lab, work, path, *options, version="TLSv1.2", chain=None, listen=" ssl"):
    """alice fetches a path from fe01 by HTTPS."""
    settings = site.tls(work, FE_NAME, version, chain)
    fe01 = here(lab, INSIDE)["fe01"]
    site.serve(lab, "fe01", site.server(lab, fe01.address, 443, settings=settings, options=listen), ports=(443,))
    site.fetch(lab, work, "alice", f"https://{FE_NAME}{path}", at(443, fe01), *options)


# --- in the clear: content comes back -------------------------------------------------------------------------------

@scenario("web/address_book_http", INSIDE, [Subject("TT-08", "alice", "fe01", "violation")], "nginx", "curl",
          robust=True, cases=(20,), clear=(site.ENTRY,))
def address_book_http(lab, work):
    """A client downloads the address book from a Front End by HTTP on port 80: 200 with a body."""
    get_clear(lab, work, site.BOOK)


@scenario("web/address_book_http_chunked", INSIDE, [Subject("TT-08", "alice", "fe01", "violation")], "nginx", "curl",
          clear=("person017",))
def address_book_http_chunked(lab, work):
    """The address book by HTTP with chunked transfer coding: its answer announces no length."""
    get_clear(lab, work, site.BOOK, settings="ssi on; ssi_types *;")


@scenario("web/address_book_http_compressed", INSIDE, [Subject("TT-08", "alice", "fe01", "violation")], "nginx", "curl",
          hidden=(site.ENTRY,))
def address_book_http_compressed(lab, work):
    """The address book by HTTP, compressed by gzip on its way: unreadable at a glance, and still not encrypted."""
    get_clear(lab, work, site.BOOK, "--compressed", settings="gzip on; gzip_types *; gzip_min_length 1;")


@scenario("web/address_book_http_range", INSIDE, [Subject("TT-08", "alice", "fe01", "violation")], "nginx", "curl")
def address_book_http_range(lab, work):
    """A client asks by HTTP for a piece of the address book and gets it with 206."""
    get_clear(lab, work, site.BOOK, "-r", "100-399")


@scenario("web/address_book_http10", INSIDE, [Subject("TT-08", "alice", "fe01", "violation")], "nginx", "curl",
          clear=(site.ENTRY,))
def address_book_http10(lab, work):
    """The address book by HTTP/1.0 on port 8080."""
    get_clear(lab, work, site.BOOK, "--http1.0", port=8080)


@scenario("web/address_book_http2_clear", INSIDE, [Subject("TT-08", "alice", "fe01", "violation", area="policy")],
          "nginx", "curl", clear=(site.ENTRY,))
def address_book_http2_clear(lab, work):
    """The address book by HTTP/2 without TLS (prior knowledge): binary frames, and the content readable in them."""
    site.serve(lab, "fe01", site.server(lab, FE01.address, 80, options=" http2"))
    site.fetch(lab, work, "alice", f"http://{FE_NAME}{site.BOOK}", at(80), "--http2-prior-knowledge")


@scenario("web/address_book_http_mixed_case", INSIDE, [Subject("TT-08", "alice", "fe01", "violation")], "nginx", "curl",
          clear=(site.ENTRY,))
def address_book_http_mixed_case(lab, work):
    """The address book by HTTP under /ABS/: IIS does not care for case."""
    get_clear(lab, work, site.BOOK.replace("/abs/", "/ABS/"),
              locations="location / { rewrite (?i)^/abs/(.*) /abs/$1 break; }")


@scenario("web/address_book_http_second_request", INSIDE, [Subject("TT-08", "alice", "fe01", "violation")], "nginx",
          "curl", clear=(site.ENTRY, site.PAGE))
def address_book_http_second_request(lab, work):
    """On one HTTP connection a client first reads a harmless page, then the address book."""
    site.serve(lab, "fe01", site.server(lab, FE01.address, 80))
    site.fetch(lab, work, "alice", f"http://{FE_NAME}/index.html", at(80), f"http://{FE_NAME}{site.BOOK}")


@scenario("web/group_expansion_http", INSIDE, [Subject("TT-09", "alice", "fe01", "violation")], "nginx", "curl",
          robust=True, clear=(site.MEMBER,))
def group_expansion_http(lab, work):
    """A client asks a Front End by HTTP who belongs to a distribution group: question and answer are readable."""
    site.serve(lab, "fe01", site.server(lab, FE01.address, 80))
    site.expand(lab, work, "alice", f"http://{FE_NAME}{site.GROUP}", at(80))


@scenario("web/group_expansion_http_basic", INSIDE, [Subject("TT-09", "alice", "fe01", "violation")], "nginx", "curl",
          clear=("YWxpY2U6UGFzc3dvcnQtODE1",))
def group_expansion_http_basic(lab, work):
    """Group expansion by HTTP with a password (Basic) in the header, refused with 403: the password was readable."""
    get_clear(lab, work, site.GROUP, "-u", "alice:Passwort-815", locations="location / { return 403; }")


@scenario("web/meeting_content_http", {"carol": CAROL, "rp01": RP01}, [Subject("TT-07", "carol", "rp01", "violation")],
          "nginx", "curl", robust=True, clear=(site.SLIDE,))
def meeting_content_http(lab, work):
    """A client outside fetches meeting content (/DataCollabWeb) from the reverse proxy by HTTP on port 8080."""
    site.serve(lab, "rp01", site.server(lab, RP01.address, 8080), ports=(8080,))
    site.fetch(lab, work, "carol", f"http://rp01.contoso.com:8080{site.CONTENT}", at(8080, RP01, "rp01.contoso.com"))


@scenario("web/conference_content_http", {"alice": ALICE, "dir01": DIR01},
          [Subject("TT-07", "alice", "dir01", "violation")], "nginx", "curl", clear=(site.SLIDE,))
def conference_content_http(lab, work):
    """A client fetches conference content (/conf/int) from a Director by HTTP on port 80."""
    site.serve(lab, "dir01", site.server(lab, DIR01.address, 80))
    site.fetch(lab, work, "alice", f"http://dir01.contoso.com{site.CONFERENCE}", at(80, DIR01, "dir01.contoso.com"))


@scenario("web/all_downloads_http", INSIDE, [Subject(row, "alice", "fe01", "violation") for row in DOWNLOADS], "nginx",
          "curl", clear=(site.ENTRY, site.MEMBER, site.SLIDE))
def all_downloads_http(lab, work):
    """Address book, group expansion and meeting content by HTTP, each on a connection of its own."""
    site.serve(lab, "fe01", site.server(lab, FE01.address, 80))
    for path in (site.BOOK, site.CONTENT):
        site.fetch(lab, work, "alice", f"http://{FE_NAME}{path}", at(80))
    site.expand(lab, work, "alice", f"http://{FE_NAME}{site.GROUP}", at(80))


@scenario("web/address_book_http_unknown_client", {"dave": Host("10.77.0.66"), "fe01": FE01},
          [Subject("TT-08", "dave", "fe01", "violation", note="5.7: no row that could apply permits it")], "nginx",
          "curl", clear=(site.ENTRY,))
def address_book_http_unknown_client(lab, work):
    """A host that the policy does not know downloads the address book from a Front End by HTTP."""
    site.serve(lab, "fe01", site.server(lab, FE01.address, 80))
    site.fetch(lab, work, "dave", f"http://{FE_NAME}{site.BOOK}", at(80))


@scenario("web/address_book_redirect_to_http", INSIDE, [Subject("TT-08", "alice", "fe01", "violation")], "nginx",
          "curl", clear=(site.ENTRY,))
def address_book_redirect_to_http(lab, work):
    """A redirect that leads to HTTP again: the address book comes from port 8080 in the clear."""
    moved = f"location / {{ return 302 http://{FE_NAME}:8080$request_uri; }}"
    site.serve(lab, "fe01", site.server(lab, FE01.address, 80, moved), site.server(lab, FE01.address, 8080),
               ports=(80, 8080))
    site.fetch(lab, work, "alice", f"http://{FE_NAME}{site.BOOK}", at(80) + at(8080), "-L")


# --- in the clear: no content comes back ----------------------------------------------------------------------------

@scenario("web/root_redirected", INSIDE, nothing("alice", "fe01"), "nginx", "curl", robust=True, cases=(21,))
def root_redirected(lab, work):
    """A client asks a Front End for / on port 80 and is sent to https with 302."""
    get_clear(lab, work, "/", locations=site.TO_HTTPS)


@scenario("web/address_book_redirected", INSIDE, by_https("TT-08"), "nginx", "curl", robust=True, hidden=(site.ENTRY,))
def address_book_redirected(lab, work):
    """A client asks for the address book on port 80, is sent to https with 302, and downloads it there."""
    clear = site.server(lab, FE01.address, 80, site.TO_HTTPS)
    secret = site.server(lab, FE01.address, 443, settings=site.tls(work, FE_NAME), options=" ssl")
    site.serve(lab, "fe01", clear, secret, ports=(80, 443))
    site.fetch(lab, work, "alice", f"http://{FE_NAME}{site.BOOK}", at(80) + at(443), "-L")


@scenario("web/address_book_not_found", INSIDE, nothing("alice", "fe01"), "nginx", "curl")
def address_book_not_found(lab, work):
    """A client asks for the address book by HTTP; the server has none there and says 404."""
    get_clear(lab, work, "/abs/int/handler/none.lsabs")


@scenario("web/address_book_not_modified", INSIDE, nothing("alice", "fe01"), "nginx", "curl", hidden=(site.ENTRY,))
def address_book_not_modified(lab, work):
    """A client asks by HTTP whether the address book has changed; 304, no content."""
    get_clear(lab, work, site.BOOK, "-H", "If-Modified-Since: Mon, 01 Jan 2074 00:00:00 GMT",
              settings="if_modified_since before;")


@scenario("web/address_book_head", INSIDE, nothing("alice", "fe01"), "nginx", "curl", hidden=(site.ENTRY,))
def address_book_head(lab, work):
    """A client asks by HTTP for the headers of the address book only (HEAD)."""
    get_clear(lab, work, site.BOOK, "-I")


@scenario("web/address_book_closed_port", INSIDE, nothing("alice", "fe01"), "curl")
def address_book_closed_port(lab, work):
    """A client tries the address book by HTTP, but nobody listens on port 80 (RST)."""
    site.fetch(lab, work, "alice", f"http://{FE_NAME}{site.BOOK}", at(80), expect=(7,))


@scenario("web/address_book_answers_lost", INSIDE,
          [Subject("TT-08", "alice", "fe01", "unknown", area="capture", note="no answer was captured")], "nginx",
          "curl", hidden=(site.ENTRY,))
def address_book_answers_lost(lab, work):
    """The address book by HTTP, recorded in the direction from the client only: what came back is not known. (The
    recording of a whole connection, from which the lab removed what the server sent.)"""
    get_clear(lab, work, site.BOOK)
    work.afterwards(site.without_answers(80))


# --- HTTPS ----------------------------------------------------------------------------------------------------------

@scenario("web/address_book_tls12", TRUSTED, [*by_https("TT-08"), Subject("TT-24", "alice", "fe01", "compliant")],
          "nginx", "curl", robust=True, hidden=(site.ENTRY,))
def address_book_tls12(lab, work):
    """A client downloads the address book from a Front End by HTTPS with TLS 1.2 on port 443."""
    get_tls(lab, work, site.BOOK)


@scenario("web/address_book_tls13", TRUSTED,
          [*by_https("TT-08"), Subject("TT-24", "alice", "fe01", "unknown", secrets="compliant", area="tls",
                                       note="TLS 1.3 hides the certificate")],
          "nginx", "curl", robust=True, hidden=(site.ENTRY,))
def address_book_tls13(lab, work):
    """A client downloads the address book from a Front End by HTTPS with TLS 1.3 on port 443."""
    get_tls(lab, work, site.BOOK, version="TLSv1.3")


@scenario("web/address_book_http2", INSIDE, by_https("TT-08"), "nginx", "curl", hidden=(site.ENTRY,))
def address_book_http2(lab, work):
    """A client downloads the address book from a Front End by HTTP/2 over TLS 1.2."""
    get_tls(lab, work, site.BOOK, "--http2", listen=" ssl http2")


@scenario("web/address_book_http2_tls13", INSIDE, by_https("TT-08"), "nginx", "curl", hidden=(site.ENTRY,))
def address_book_http2_tls13(lab, work):
    """A client downloads the address book from a Front End by HTTP/2 over TLS 1.3."""
    get_tls(lab, work, site.BOOK, "--http2", version="TLSv1.3", listen=" ssl http2")


@scenario("web/group_expansion_tls12", INSIDE, by_https("TT-09"), "nginx", "curl", hidden=(site.MEMBER,))
def group_expansion_tls12(lab, work):
    """A client asks a Front End by HTTPS with TLS 1.2 who belongs to a distribution group."""
    settings = site.tls(work, FE_NAME)
    site.serve(lab, "fe01", site.server(lab, FE01.address, 443, settings=settings, options=" ssl"), ports=(443,))
    site.expand(lab, work, "alice", f"https://{FE_NAME}{site.GROUP}", at(443))


@scenario("web/meeting_content_tls13", {"carol": CAROL, "rp01": RP01}, by_https("TT-07", "carol", "rp01"), "nginx",
          "curl", hidden=(site.SLIDE,))
def meeting_content_tls13(lab, work):
    """A client outside fetches meeting content from the reverse proxy by HTTPS with TLS 1.3 on port 443."""
    settings = site.tls(work, "rp01.contoso.com", "TLSv1.3")
    site.serve(lab, "rp01", site.server(lab, RP01.address, 443, settings=settings, options=" ssl"), ports=(443,))
    site.fetch(lab, work, "carol", f"https://rp01.contoso.com{site.CONTENT}", at(443, RP01, "rp01.contoso.com"))


@scenario("web/meeting_content_tls12_4443", {"alice": ALICE, "dir01": DIR01}, by_https("TT-07", "alice", "dir01"),
          "nginx", "curl", hidden=(site.SLIDE,))
def meeting_content_tls12_4443(lab, work):
    """A client fetches conference content from a Director by HTTPS with TLS 1.2 on port 4443."""
    settings = site.tls(work, "dir01.contoso.com")
    site.serve(lab, "dir01", site.server(lab, DIR01.address, 4443, settings=settings, options=" ssl"), ports=(4443,))
    site.fetch(lab, work, "alice", f"https://dir01.contoso.com:4443{site.CONFERENCE}",
               at(4443, DIR01, "dir01.contoso.com"))


@scenario("web/address_book_http3", INSIDE, by_https("TT-08"), "caddy", "ngtcp2-client", hidden=(site.ENTRY,))
def address_book_http3(lab, work):
    """A client downloads the address book from a Front End by HTTP/3 (QUIC)."""
    by_http3(lab, work, site.BOOK)


def by_http3(lab, work, path, *options):
    """alice asks fe01 for a path by HTTP/3."""
    fe01 = lab.hosts["fe01"]
    site.serve_http3(lab, work, "fe01", fe01)
    lab.write("hosts", f"127.0.0.1 localhost\n{fe01} {FE_NAME}\n")
    client = " ".join(["gtlsclient -q --timeout=3s --exit-on-all-streams-close", *options, FE_NAME, "443",
                       f"https://{FE_NAME}{path}"])
    lab.run("alice", ["sh", "-c", f"mount --bind {lab.path('hosts')} /etc/hosts && exec {client}"])


@scenario("web/group_expansion_http3", INSIDE, [Subject("TT-09", "alice", "fe01", "compliant", area="tls")], "caddy",
          "ngtcp2-client", hidden=(site.MEMBER,))
def group_expansion_http3(lab, work):
    """A client asks a Front End by HTTP/3 (QUIC) who belongs to a distribution group."""
    by_http3(lab, work, site.GROUP, "-m POST -d", lab.write("query.xml", site.QUERY))


@scenario("web/meeting_content_http3", INSIDE, [Subject("TT-07", "alice", "fe01", "compliant", area="tls")], "caddy",
          "ngtcp2-client", hidden=(site.SLIDE,))
def meeting_content_http3(lab, work):
    """A client fetches conference content from a Front End by HTTP/3 (QUIC)."""
    by_http3(lab, work, site.CONFERENCE)


def expand_by_http2(lab, work, *options, settings="", secure=True):
    """alice asks fe01 by HTTP/2 who belongs to a distribution group."""
    port = 443 if secure else 80
    listen = " ssl http2" if secure else " http2"
    site.serve(lab, "fe01", site.server(lab, FE01.address, port, settings=settings, options=listen), ports=(port,))
    site.expand(lab, work, "alice", f"http{'s' if secure else ''}://{FE_NAME}{site.GROUP}", at(port), *options)


@scenario("web/group_expansion_http2", INSIDE, by_https("TT-09"), "nginx", "curl", hidden=(site.MEMBER,))
def group_expansion_http2(lab, work):
    """A client asks a Front End by HTTP/2 over TLS 1.3 who belongs to a distribution group."""
    expand_by_http2(lab, work, "--http2", settings=site.tls(work, FE_NAME, "TLSv1.3"))


@scenario("web/group_expansion_http2_clear", INSIDE, [Subject("TT-09", "alice", "fe01", "violation", area="policy")],
          "nginx", "curl", clear=(site.MEMBER,))
def group_expansion_http2_clear(lab, work):
    """A client asks a Front End by HTTP/2 without TLS who belongs to a distribution group: all is readable in binary
    frames."""
    expand_by_http2(lab, work, "--http2-prior-knowledge", secure=False)


@scenario("web/address_book_foreign_certificate", TRUSTED,
          [*by_https("TT-08"), Subject("TT-24", "alice", "fe01", "violation")], "nginx", "curl", hidden=(site.ENTRY,))
def address_book_foreign_certificate(lab, work):
    """The address book by HTTPS (TLS 1.2) with a certificate of a CA that nobody trusts; the client does not check."""
    get_tls(lab, work, site.BOOK, "-k", chain=work.foreign_ca.issue(FE_NAME))


@scenario("web/address_book_wrong_name", TRUSTED,
          [*by_https("TT-08"), Subject("TT-24", "alice", "fe01", "violation")], "nginx", "curl", hidden=(site.ENTRY,))
def address_book_wrong_name(lab, work):
    """The address book by HTTPS (TLS 1.2) with the certificate of another host; the client does not check."""
    get_tls(lab, work, site.BOOK, "-k", chain=work.ca.issue("intranet.contoso.com"))


@scenario("web/https_and_http", INSIDE, [*by_https("TT-07"), Subject("TT-08", "alice", "fe01", "violation")], "nginx",
          "curl", clear=(site.ENTRY,), hidden=(site.SLIDE,))
def https_and_http(lab, work):
    """Meeting content by HTTPS and, between the same hosts, the address book by HTTP: the one does not excuse the
    other."""
    secret = site.server(lab, FE01.address, 443, settings=site.tls(work, FE_NAME), options=" ssl")
    site.serve(lab, "fe01", site.server(lab, FE01.address, 80), secret, ports=(80, 443))
    site.fetch(lab, work, "alice", f"https://{FE_NAME}{site.CONTENT}", at(443))
    site.fetch(lab, work, "alice", f"http://{FE_NAME}{site.BOOK}", at(80))


@scenario("web/reverse_proxy_clear_inside", {"carol": CAROL, "rp01": RP01, "fe01": FE01},
          [*by_https("TT-08", "carol", "rp01"),
           Subject("TT-42", "rp01", "fe01", "violation", area="policy", note="HTTPS ends at the proxy")],
          "nginx", "curl", clear=(site.ENTRY,))
def reverse_proxy_clear_inside(lab, work):
    """A client outside downloads the address book by HTTPS from the reverse proxy, which fetches it by HTTP from the
    Front End's port 8080."""
    name = "rp01.contoso.com"
    onward = f"location / {{ proxy_pass http://{FE01.address}:8080; }}"
    site.serve(lab, "fe01", site.server(lab, FE01.address, 8080), ports=(8080,))
    site.serve(lab, "rp01", site.server(lab, RP01.address, 443, onward, site.tls(work, name), " ssl"), ports=(443,))
    site.fetch(lab, work, "carol", f"https://{name}{site.BOOK}", at(443, RP01, name))


# --- server to server over web services -----------------------------------------------------------------------------

SERVERS = {"fe01": FE01, "mcu01": MCU01}
MCU_NAME = "mcu01.contoso.com"


def conference_control(lab, work, *options, version="TLSv1.2", mutual=True, secure=True):
    """fe01 asks mcu01 on port 444, the port of C3P."""
    settings = site.tls(work, MCU_NAME, version, mutual=mutual) if secure else ""
    site.serve(lab, "mcu01", site.server(lab, MCU01.address, 444, settings=settings, options=" ssl" if secure else ""),
               ports=(444,))
    scheme = "https" if secure else "http"
    site.fetch(lab, work, "fe01", f"{scheme}://{MCU_NAME}:444/LiveServer/Focus", at(444, MCU01, MCU_NAME), *options)


def own(work):
    certificate, key = work.ca.issue(FE_NAME)
    return "--cert", certificate, "--key", key


@scenario("web/conference_control_mtls12", SERVERS, [Subject("TT-49", "fe01", "mcu01", "compliant")], "nginx", "curl",
          robust=True)
def conference_control_mtls12(lab, work):
    """A Front End speaks HTTPS with a conferencing server on port 444, TLS 1.2 with certificates of both."""
    conference_control(lab, work, *own(work))


@scenario("web/conference_control_mtls13", SERVERS,
          [Subject("TT-49", "fe01", "mcu01", "compliant", area="tls", note="the sizes of the records tell it")],
          "nginx", "curl")
def conference_control_mtls13(lab, work):
    """A Front End speaks HTTPS with a conferencing server on port 444, TLS 1.3 with certificates of both."""
    conference_control(lab, work, *own(work), version="TLSv1.3")


@scenario("web/conference_control_one_way", SERVERS, [Subject("TT-49", "fe01", "mcu01", "violation")], "nginx", "curl",
          robust=True)
def conference_control_one_way(lab, work):
    """A Front End speaks HTTPS with a conferencing server on port 444, TLS 1.2; no client certificate is asked for."""
    conference_control(lab, work, mutual=False)


@scenario("web/conference_control_one_way_tls13", SERVERS,
          [Subject("TT-49", "fe01", "mcu01", "violation", area="tls")], "nginx", "curl")
def conference_control_one_way_tls13(lab, work):
    """A Front End speaks HTTPS with a conferencing server on port 444, TLS 1.3; no client certificate is asked for."""
    conference_control(lab, work, mutual=False, version="TLSv1.3")


@scenario("web/conference_control_http", SERVERS, [Subject("TT-49", "fe01", "mcu01", "violation")], "nginx", "curl")
def conference_control_http(lab, work):
    """A Front End speaks HTTP with a conferencing server on port 444."""
    conference_control(lab, work, secure=False)


# --- browsing: none of the audit's business -------------------------------------------------------------------------

WORLD = {"alice": ALICE, "web": STRANGER}
NO_BUSINESS = [*nothing("alice", "web", (*DOWNLOADS, "TT-02", "TT-24"))]
WWW = "www.example.com"


@scenario("web/browsing_http", WORLD, NO_BUSINESS, "nginx", "curl", robust=True, clear=(site.PAGE,))
def browsing_http(lab, work):
    """A client reads a page of some web site by HTTP."""
    site.serve(lab, "web", site.server(lab, STRANGER.address, 80))
    site.fetch(lab, work, "alice", f"http://{WWW}/index.html", at(80, STRANGER, WWW))


@scenario("web/browsing_same_paths", WORLD, NO_BUSINESS, "nginx", "curl", clear=(site.ENTRY, site.SLIDE))
def browsing_same_paths(lab, work):
    """A client reads pages of some web site by HTTP, whose paths happen to begin like those of a Front End."""
    site.serve(lab, "web", site.server(lab, STRANGER.address, 80))
    for path in (site.BOOK, site.CONTENT):
        site.fetch(lab, work, "alice", f"http://{WWW}{path}", at(80, STRANGER, WWW))


@scenario("web/browsing_tls12", WORLD, NO_BUSINESS, "nginx", "curl", hidden=(site.PAGE,))
def browsing_tls12(lab, work):
    """A client reads a page of some web site by HTTPS with TLS 1.2, from a CA that is none of ours."""
    settings = site.tls(work, WWW, chain=work.foreign_ca.issue(WWW))
    site.serve(lab, "web", site.server(lab, STRANGER.address, 443, settings=settings, options=" ssl"), ports=(443,))
    site.fetch(lab, work, "alice", f"https://{WWW}/index.html", at(443, STRANGER, WWW), "-k")


@scenario("web/browsing_http2_tls13", WORLD, NO_BUSINESS, "nginx", "curl", robust=True, hidden=(site.PAGE,))
def browsing_http2_tls13(lab, work):
    """A client reads a page of some web site by HTTP/2 with TLS 1.3."""
    settings = site.tls(work, WWW, "TLSv1.3")
    site.serve(lab, "web", site.server(lab, STRANGER.address, 443, settings=settings, options=" ssl http2"),
               ports=(443,))
    site.fetch(lab, work, "alice", f"https://{WWW}/index.html", at(443, STRANGER, WWW), "--http2")


@scenario("web/browsing_front_end_page", INSIDE, nothing("alice", "fe01"), "nginx", "curl", clear=(site.PAGE,))
def browsing_front_end_page(lab, work):
    """A client reads the start page of a Front End's web server by HTTP: no row is about that path."""
    get_clear(lab, work, "/index.html")


@scenario("web/browsing_between_strangers", {"dave": Host("198.51.100.66"), "web": STRANGER},
          nothing("dave", "web", (*DOWNLOADS, "TT-24")), "nginx", "curl", clear=(site.ENTRY,))
def browsing_between_strangers(lab, work):
    """Two hosts that the policy does not know: one fetches /abs/ from the other by HTTP."""
    site.serve(lab, "web", site.server(lab, STRANGER.address, 80))
    site.fetch(lab, work, "dave", f"http://{WWW}{site.BOOK}", at(80, STRANGER, WWW))
