"""XMPP by prosody: a client's connection in clear, by STARTTLS and by direct TLS; and two servers."""
import jabber
from scenario import Host, Subject, scenario

ALICE = Host("10.77.0.101", "client_internal")
XMPP01 = Host("192.0.2.30", "xmpp_gateway")
PARTNER = Host("198.51.100.30", "federation_partner", name="fabrikam.com")
CLIENT = {"alice": ALICE, "xmpp01": XMPP01}
SERVERS = {"xmpp01": XMPP01, "partner": PARTNER}
MARKER = "The merger is signed on Friday, tell nobody."
PACKAGES = ("prosody", "python3-slixmpp")
JID = "alice@contoso.com"


def note_to_self(lab, work, how, mechanism="SCRAM-SHA-1", port=5222, **server):
    """alice sends a message to herself through xmpp01."""
    jabber.serve(lab, work, "xmpp01", lab.hosts["xmpp01"], "contoso.com", "alice", **server)
    jabber.send(lab, work, "alice", JID, lab.hosts["xmpp01"], port, how, mechanism, JID, MARKER)


def quiet():
    return [Subject(row, "alice", "xmpp01", "none") for row in ("TT-02", "TT-03", "TT-51")]


@scenario("xmpp/clear", CLIENT, [Subject("TT-51", "alice", "xmpp01", "violation", area="policy",
                                         note="the password is readable")], *PACKAGES, clear=(MARKER,))
def clear(lab, work):
    """XMPP in the clear: the server offers no STARTTLS; password (PLAIN) and message are readable."""
    note_to_self(lab, work, "clear", "PLAIN", tls=False)


@scenario("xmpp/starttls", CLIENT, quiet(), *PACKAGES, robust=True, hidden=(MARKER,))
def starttls(lab, work):
    """XMPP with STARTTLS, required by the server: all but the stream's beginning is TLS."""
    note_to_self(lab, work, "starttls", required=True)


@scenario("xmpp/starttls_offered_not_used", CLIENT,
          [Subject("TT-51", "alice", "xmpp01", "none", note="SCRAM shows no password")], *PACKAGES, clear=(MARKER,))
def starttls_offered_not_used(lab, work):
    """XMPP where the server offers STARTTLS and the client does without it: the message is readable."""
    note_to_self(lab, work, "clear")


@scenario("xmpp/direct_tls", CLIENT, quiet(), *PACKAGES, hidden=(MARKER,))
def direct_tls(lab, work):
    """XMPP with TLS from its first byte on port 5223."""
    note_to_self(lab, work, "tls", port=5223, direct=True)


def between_servers(lab, work, tls):
    """alice, on the machine of her server, writes to bob at the partner's; only what the servers say is captured."""
    records = (("contoso.com", lab.hosts["xmpp01"]), ("fabrikam.com", lab.hosts["partner"]))
    for host, domain, user in (("xmpp01", "contoso.com", "alice"), ("partner", "fabrikam.com", "bob")):
        jabber.serve(lab, work, host, lab.hosts[host], domain, user, tls=tls, s2s_required=tls,
                     resolver=jabber.names(lab, host, records))
    jabber.send(lab, work, "xmpp01", JID, "127.0.0.1", 5222, "clear", "SCRAM-SHA-1", "bob@fabrikam.com", MARKER)


@scenario("xmpp/servers_clear", SERVERS, [Subject("TT-34", "xmpp01", "partner", "exempt", area="policy")], *PACKAGES,
          "dnsmasq-base", clear=(MARKER,))
def servers_clear(lab, work):
    """Two XMPP servers talk in the clear on port 5269, with dialback."""
    between_servers(lab, work, False)


@scenario("xmpp/servers_starttls", SERVERS, [Subject("TT-34", "xmpp01", "partner", "compliant", area="policy")],
          *PACKAGES, "dnsmasq-base", hidden=(MARKER,))
def servers_starttls(lab, work):
    """Two XMPP servers talk on port 5269 by STARTTLS."""
    between_servers(lab, work, True)
