"""Configurations of kamailio: a registrar and proxy for phones, and a server that talks to another server."""
from lab import literal

COMMON = """
debug=1
log_stderror=yes
children=2
tcp_children=2
auto_aliases=no
dns=no
rev_dns=no
use_dns_cache=no
alias="contoso.com"
{transports}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
{modules}
modparam("rr", "append_fromtag", 1)
"""

TLS = """
enable_tls=yes
"""

TLS_MODULES = """
loadmodule "tls.so"
modparam("tls", "config", "{tls_config}")
"""

PHONES_MODULES = """
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "nathelper.so"
loadmodule "auth.so"
modparam("usrloc", "db_mode", 0)
modparam("registrar", "received_avp", "$avp(received)")
modparam("nathelper", "received_avp", "$avp(received)")
"""

PHONES_ROUTES = """
request_route {{
    if (!mf_process_maxfwd_header("10")) {{
        sl_send_reply("483", "Too Many Hops");
        exit;
    }}
    if (is_method("REGISTER")) {{
        {authentication}
        if (proto != UDP) {{
            fix_nated_register();
        }}
        save("location");
        exit;
    }}
    if (has_totag()) {{
        loose_route();
        handle_ruri_alias();
        t_relay();
        exit;
    }}
    if (is_method("CANCEL")) {{
        if (t_check_trans()) {{
            t_relay();
        }}
        exit;
    }}
    record_route();
    if (proto != UDP) {{
        set_contact_alias();
    }}
    if (!lookup("location")) {{
        sl_send_reply("404", "Not Found");
        exit;
    }}
    t_on_reply("1");
    t_relay();
}}
onreply_route[1] {{
    if (proto != UDP) {{
        set_contact_alias();
    }}
}}
"""

DIGEST = """
        if (!pv_www_authenticate("contoso.com", "{password}", "0")) {{
            www_challenge("contoso.com", "1");
            exit;
        }}
"""

SERVER_MODULES = """
loadmodule "dispatcher.so"
modparam("dispatcher", "list_file", "{list_file}")
modparam("dispatcher", "ds_probing_mode", 1)
modparam("dispatcher", "ds_ping_interval", 2)
modparam("dispatcher", "ds_ping_from", "sip:{name}")
"""

SERVER_ROUTES = """
request_route {
    if (is_method("OPTIONS")) {
        sl_send_reply("200", "OK");
    }
    exit;
}
"""

TLS_CONFIG = """
[server:default]
method = {method}
verify_certificate = {mutual}
require_certificate = {mutual}
certificate = {certificate}
private_key = {key}
ca_list = {ca}
[client:default]
method = {method}
verify_certificate = yes
require_certificate = yes
certificate = {certificate}
private_key = {key}
ca_list = {ca}
"""


def start(lab, work, host, address, routes, modules, transports, tls=None):
    """Starts kamailio on a host; transports: {"udp": 5060, ...}; tls: {"method": ..., "mutual": ...} or None."""
    lines = [f"listen={name}:{literal(address)}:{port}" for name, port in transports.items()]
    if tls:
        certificate, key = work.ca.issue(f"{host}.contoso.com")
        text = TLS_CONFIG.format(certificate=certificate, key=key, ca=work.ca.pem, **tls)
        config = lab.write(f"{host}-tls.cfg", text)
        lines.append(TLS)
        modules = TLS_MODULES.format(tls_config=config) + modules
    text = COMMON.format(transports="\n".join(lines), modules=modules) + routes
    config = lab.write(f"{host}.cfg", text)
    run = lab.write(f"{host}-run/empty", "").removesuffix("/empty")
    lab.start(host, ["kamailio", "-DD", "-E", "-f", config, "-P", f"{run}/pid", "-Y", run, "-m", "64", "-M", "8"])
    for name, port in transports.items():
        lab.wait_listening(host, "udp" if name == "udp" else "tcp", port)


def start_for_phones(lab, work, host, address, transports, password=None, tls=None):
    """A registrar and proxy; with a password it asks for digest authentication."""
    authentication = DIGEST.format(password=password) if password else ""
    routes = PHONES_ROUTES.format(authentication=authentication)
    start(lab, work, host, address, routes, PHONES_MODULES, transports, tls)


def start_server(lab, work, host, address, peer, tls):
    """A server that sends OPTIONS to its peer's port 5061 over TLS every two seconds."""
    peers = lab.write(f"{host}-peers", f"1 sip:{peer}:5061;transport=tls\n")
    modules = SERVER_MODULES.format(list_file=peers, name=f"{host}.contoso.com")
    start(lab, work, host, address, SERVER_ROUTES, modules, {"tls": 5061}, tls)
