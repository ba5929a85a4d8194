"""TLS between two programs of OpenSSL on the ports of SIP, and TLS seen without its handshake."""
import cut
from cases import ALICE, EDGE01, FE01, GW01, MED01, case

SERVERS = {"fe01": FE01, "edge01": EDGE01}
CLIENT = {"alice": ALICE, "fe01": FE01}
REQUEST = ("OPTIONS sip:edge01.contoso.com SIP/2.0\\r\\nVia: SIP/2.0/TLS fe01.contoso.com\\r\\nContent-Length: 0"
           "\\r\\n\\r\\n")


def serve(lab, work, host, port, *options, name=None):
    """Starts s_server, which answers each line with the line reversed."""
    certificate, key = work.ca.issue(f"{name or host}.contoso.com")
    lab.start(host, ["openssl", "s_server", "-accept", str(port), "-cert", certificate, "-key", key, "-CAfile",
                     work.ca.pem, "-rev", *options])
    lab.wait_listening(host, "tcp", port)


def connect(lab, host, address, port, *options, name="edge01.contoso.com", expect=(0,)):
    """Runs s_client for one request."""
    client = " ".join(["openssl s_client -quiet -no_ign_eof", "-connect", f"{address}:{port}", "-servername", name,
                       *options])
    lab.run(host, ["sh", "-c", f"(printf '{REQUEST}'; sleep 0.5) | {client}"], expect=expect)


def own_certificate(work, host, authority=None):
    """Options of s_client that make it present the host's certificate."""
    certificate, key = (authority or work.ca).issue(f"{host}.contoso.com")
    return ["-cert", certificate, "-key", key]


@case("tls/tls12_server_only", SERVERS, "openssl")
def tls12_server_only(lab, work):
    """TLS 1.2 from a Front End to the Edge on 5061; the Edge does not ask for a client certificate."""
    serve(lab, work, "edge01", 5061, "-tls1_2")
    connect(lab, "fe01", EDGE01, 5061)


@case("tls/tls12_mtls", SERVERS, "openssl")
def tls12_mtls(lab, work):
    """TLS 1.2 with certificates of both servers, from a Front End to the Edge on 5061."""
    work.publish_ca()
    serve(lab, work, "edge01", 5061, "-tls1_2", "-Verify", "1", "-verify_return_error")
    connect(lab, "fe01", EDGE01, 5061, *own_certificate(work, "fe01"))


@case("tls/tls12_mtls_empty", SERVERS, "openssl")
def tls12_mtls_empty(lab, work):
    """TLS 1.2 where the Edge asks for a client certificate, the Front End sends an empty one and is let in."""
    serve(lab, work, "edge01", 5061, "-tls1_2", "-verify", "1")
    connect(lab, "fe01", EDGE01, 5061)


@case("tls/tls12_mtls_refused", SERVERS, "openssl")
def tls12_mtls_refused(lab, work):
    """TLS 1.2 where the Edge refuses the Front End's certificate, which is of an unknown CA, with a fatal alert."""
    serve(lab, work, "edge01", 5061, "-tls1_2", "-Verify", "1", "-verify_return_error")
    connect(lab, "fe01", EDGE01, 5061, *own_certificate(work, "fe01", work.foreign_ca), expect=(1,))


@case("tls/tls12_mtls_no_certificate", SERVERS, "openssl")
def tls12_mtls_no_certificate(lab, work):
    """TLS 1.2 where the Edge insists on a client certificate, gets an empty one and ends with a fatal alert."""
    serve(lab, work, "edge01", 5061, "-tls1_2", "-Verify", "1", "-verify_return_error")
    connect(lab, "fe01", EDGE01, 5061, expect=(1,))


@case("tls/tls12_mtls_untrusted_issuer", SERVERS, "openssl")
def tls12_mtls_untrusted_issuer(lab, work):
    """TLS 1.2 with certificates of both servers, but the Front End's chain ends in a CA outside the trust set; it
    is let
    in."""
    work.publish_ca()
    serve(lab, work, "edge01", 5061, "-tls1_2", "-Verify", "1")
    options = own_certificate(work, "fe01", work.foreign_ca) + ["-cert_chain", work.foreign_ca.pem]
    connect(lab, "fe01", EDGE01, 5061, *options)


@case("tls/tls12_expired_certificate", CLIENT, "openssl")
def tls12_expired_certificate(lab, work):
    """TLS 1.2 from a client to a Front End whose certificate expired in 2021."""
    certificate, key = work.expired_certificate("fe01.contoso.com")
    lab.start("fe01", ["openssl", "s_server", "-accept", "5061", "-cert", certificate, "-key", key, "-rev", "-tls1_2"])
    lab.wait_listening("fe01", "tcp", 5061)
    connect(lab, "alice", FE01, 5061, name="fe01.contoso.com")


@case("tls/tls13_server_only", SERVERS, "openssl")
def tls13_server_only(lab, work):
    """TLS 1.3 from a Front End to the Edge on 5061 without a client certificate; the handshake hides that."""
    serve(lab, work, "edge01", 5061, "-tls1_3")
    connect(lab, "fe01", EDGE01, 5061)


@case("tls/tls13_mtls", SERVERS, "openssl")
def tls13_mtls(lab, work):
    """TLS 1.3 with certificates of both servers, which the handshake hides; only record sizes tell."""
    serve(lab, work, "edge01", 5061, "-tls1_3", "-Verify", "1", "-verify_return_error")
    connect(lab, "fe01", EDGE01, 5061, *own_certificate(work, "fe01"))


@case("tls/tls13_hello_retry", CLIENT, "openssl")
def tls13_hello_retry(lab, work):
    """TLS 1.3 from a client to a Front End that asks for another group: HelloRetryRequest, then a second
    ClientHello."""
    serve(lab, work, "fe01", 5061, "-tls1_3", "-groups", "P-384")
    connect(lab, "alice", FE01, 5061, "-groups X25519:P-384", name="fe01.contoso.com")


@case("tls/tls12_resumed_session_id", SERVERS, "openssl")
def tls12_resumed_session_id(lab, work):
    """TLS 1.2 with certificates of both servers, then a second connection that resumes it by session id."""
    serve(lab, work, "edge01", 5061, "-tls1_2", "-Verify", "1", "-verify_return_error", "-no_ticket")
    session, options = lab.path("session.pem"), own_certificate(work, "fe01")
    connect(lab, "fe01", EDGE01, 5061, *options, "-no_ticket", "-sess_out", session)
    connect(lab, "fe01", EDGE01, 5061, *options, "-no_ticket", "-sess_in", session)


def serve_stapled(lab, work, revoked):
    """s_server on the Front End with a stapled OCSP response, and a client that asks for it."""
    certificate, key = work.ca.issue("fe01.contoso.com", base=lab.path("stapled"))
    lab.start("fe01", ["openssl", "s_server", "-accept", "5061", "-cert", certificate, "-key", key, "-CAfile",
                       work.ca.pem, "-cert_chain", work.ca.pem, "-rev", "-tls1_2", "-status_file",
                       work.ca.staple(certificate, revoked)])
    lab.wait_listening("fe01", "tcp", 5061)
    connect(lab, "alice", FE01, 5061, "-status", name="fe01.contoso.com")


@case("tls/tls12_stapled_good", CLIENT, "openssl")
def tls12_stapled_good(lab, work):
    """TLS 1.2 from a client to a Front End that staples an OCSP response: its certificate is not revoked."""
    work.publish_ca()
    serve_stapled(lab, work, False)


@case("tls/tls12_stapled_revoked", CLIENT, "openssl")
def tls12_stapled_revoked(lab, work):
    """TLS 1.2 from a client to a Front End whose stapled OCSP response says that its certificate is revoked."""
    work.publish_ca()
    serve_stapled(lab, work, True)


@case("tls/tls12_resumed_ticket", CLIENT, "openssl")
def tls12_resumed_ticket(lab, work):
    """TLS 1.2 from a client to a Front End, then a second connection that resumes it by ticket."""
    serve(lab, work, "fe01", 5061, "-tls1_2")
    session = lab.path("session.pem")
    connect(lab, "alice", FE01, 5061, "-sess_out", session, name="fe01.contoso.com")
    connect(lab, "alice", FE01, 5061, "-sess_in", session, name="fe01.contoso.com")


@case("tls/tls13_resumed_psk", CLIENT, "openssl")
def tls13_resumed_psk(lab, work):
    """TLS 1.3 from a client to a Front End, then a second connection that resumes it by pre-shared key."""
    serve(lab, work, "fe01", 5061, "-tls1_3")
    session = lab.path("session.pem")
    connect(lab, "alice", FE01, 5061, "-sess_out", session, name="fe01.contoso.com")
    connect(lab, "alice", FE01, 5061, "-sess_in", session, name="fe01.contoso.com")


@case("tls/tls12_null_cipher", SERVERS, "openssl")
def tls12_null_cipher(lab, work):
    """TLS 1.2 with certificates of both servers and the suite TLS_RSA_WITH_NULL_SHA256: nothing is encrypted."""
    serve(lab, work, "edge01", 5061, "-tls1_2", "-Verify", "1", "-cipher", "NULL-SHA256:@SECLEVEL=0")
    connect(lab, "fe01", EDGE01, 5061, *own_certificate(work, "fe01"), "-tls1_2 -cipher NULL-SHA256:@SECLEVEL=0")


@case("tls/tls10", SERVERS, "openssl")
def tls10(lab, work):
    """TLS 1.0 with certificates of both servers."""
    serve(lab, work, "edge01", 5061, "-tls1", "-Verify", "1", "-cipher", "AES128-SHA:@SECLEVEL=0")
    connect(lab, "fe01", EDGE01, 5061, *own_certificate(work, "fe01"), "-tls1 -cipher AES128-SHA:@SECLEVEL=0")


@case("tls/gateway_tls12_one_way", {"med01": MED01, "gw01": GW01}, "openssl")
def gateway_tls12_one_way(lab, work):
    """TLS 1.2 from the gateway to the Mediation Server on 5067, which does not ask for the gateway's certificate."""
    serve(lab, work, "med01", 5067, "-tls1_2")
    connect(lab, "gw01", MED01, 5067, name="med01.contoso.com")


@case("tls/without_handshake", SERVERS, "openssl")
def without_handshake(lab, work):
    """TLS 1.2 of two servers recorded after its handshake: only application data is there. (The recording of a whole
    connection, from which the generator removed everything before the first application data.)"""
    serve(lab, work, "edge01", 5061, "-tls1_2")
    connect(lab, "fe01", EDGE01, 5061)
    work.afterwards(cut.from_first_application_data)


@case("tls/server_direction_lost", SERVERS, "openssl")
def server_direction_lost(lab, work):
    """TLS 1.2 with certificates of both servers, recorded in the direction from the client only. (The recording of a
    whole connection, from which the generator removed what the server sent.)"""
    serve(lab, work, "edge01", 5061, "-tls1_2", "-Verify", "1", "-verify_return_error")
    connect(lab, "fe01", EDGE01, 5061, *own_certificate(work, "fe01"))
    work.afterwards(cut.without_port_5061_as_source)
