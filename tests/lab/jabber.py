#!/usr/bin/python3
"""XMPP: prosody's configuration, and a client (slixmpp) that sends one message.

  jabber.py JID PASSWORD ADDRESS PORT clear|starttls|tls MECHANISM TO TEXT CA

It ends with 0 when the message came back to it, or, sent to another JID, when the server has taken it.
"""
import asyncio
import os
import sys

PASSWORD = "Jabber-Secret-0815"
CONFIG = """
run_as_root = true
pidfile = "{directory}/prosody.pid"
data_path = "{directory}/data"
log = {{ info = "*console" }}
interfaces = {{ {interfaces} }}
modules_enabled = {{ "roster", "saslauth", "disco", "dialback", "offline", {tls} }}
modules_disabled = {{ "s2s_auth_certs" }}
authentication = "internal_plain"
c2s_require_encryption = {required}
s2s_require_encryption = {s2s_required}
s2s_secure_auth = false
allow_unencrypted_plain_auth = true
c2s_direct_tls_ports = {{ {direct} }}
ssl = {{ certificate = "{certificate}", key = "{key}", cafile = "{ca}" }}
c2s_direct_tls_ssl = {{ certificate = "{certificate}", key = "{key}" }}
VirtualHost "{domain}"
"""


def names(lab, host, records):
    """A name server on the host's loopback; returns the resolv.conf that leads to it."""
    lab.start(host, ["dnsmasq", "-k", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--user=root",
                     "--group=root", "--listen-address=127.0.0.1", "--bind-interfaces", "--local=/#/",
                     f"--pid-file={lab.path(host)}.pid",
                     *[f"--host-record={name},{address}" for name, address in records]])
    lab.wait_listening(host, "udp", 53)
    return lab.write(f"{host}-resolv.conf", "nameserver 127.0.0.1\n")


def serve(lab, work, host, address, domain, user, tls=True, required=False, s2s_required=False, direct=False,
          resolver=None):
    """Starts prosody for a domain with one account."""
    certificate, key = work.ca.issue(domain)
    lab.write(f"{host}/data/{domain.replace('.', '%2e')}/accounts/{user}.dat",
              f'return {{ ["password"] = "{PASSWORD}"; }};\n')
    config = lab.write(f"{host}/prosody.cfg.lua", CONFIG.format(
        directory=lab.path(host), interfaces=f'"{address}", "127.0.0.1"', tls='"tls"' if tls else "",
        required=str(required).lower(), s2s_required=str(s2s_required).lower(), direct="5223" if direct else "",
        certificate=certificate, key=key, ca=work.ca.pem, domain=domain))
    resolver = resolver or lab.write(f"{host}-resolv.conf", "nameserver 127.0.0.1\n")
    lab.start(host, ["sh", "-c", f"mount --bind {resolver} /etc/resolv.conf && mount -t tmpfs tmpfs /run && "
                                 f"exec prosody -F --root --config {config}"])
    lab.wait_listening(host, "tcp", 5222)
    lab.wait_listening(host, "tcp", 5269)
    if direct:
        lab.wait_listening(host, "tcp", 5223)


def send(lab, work, host, jid, address, port, how, mechanism, to, text):
    """Sends one message from a host."""
    lab.run(host, ["/usr/bin/python3", os.path.abspath(__file__), jid, PASSWORD, address, str(port), how, mechanism, to,
                   text, work.ca.pem], seconds=25)


def main(jid, password, address, port, how, mechanism, to, text, ca):
    import slixmpp
    asyncio.set_event_loop(asyncio.new_event_loop())
    client = slixmpp.ClientXMPP(jid, password, sasl_mech=mechanism)
    client.ca_certs = ca
    client["feature_mechanisms"].unencrypted_plain = True
    done = []

    async def started(_):
        client.send_presence()
        client.send_message(mto=to, mbody=text, mtype="chat")
        await asyncio.sleep(6 if to != jid else 10)
        if to != jid:
            done.append(True)
        client.disconnect()

    def received(message):
        if message["body"] == text:
            done.append(True)
            client.disconnect()

    client.add_event_handler("session_start", started)
    client.add_event_handler("message", received)
    for trouble in ("failed_auth", "connection_failed"):
        client.add_event_handler(trouble, lambda what: client.disconnect())
    client.connect((address, int(port)), use_ssl=how == "tls", force_starttls=how == "starttls",
                   disable_starttls=how != "starttls")
    client.loop.call_later(18, os._exit, 2)  # nobody answered
    client.process(forever=False)
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
