"""Two kamailio proxies, each with its own phones; a call to a name that one does not know goes to the other."""
import kamailio
import lab as labs

TLS_PORT, CLEAR_PORT = 5061, 5060

ROUTES = """
request_route {{
    if (!mf_process_maxfwd_header("10")) {{
        sl_send_reply("483", "Too Many Hops");
        exit;
    }}
    if (is_method("REGISTER")) {{
        if (proto != UDP) {{
            fix_nated_register();
        }}
        save("location");
        exit;
    }}
    if (has_totag()) {{
        loose_route();
        if ($du == $null) {{
            handle_ruri_alias();
        }}
        t_relay();
        exit;
    }}
    record_route();
    if (proto != UDP && src_ip != {peer}) {{
        set_contact_alias();
    }}
    if (!lookup("location")) {{
        if (src_ip == {peer}) {{
            sl_send_reply("404", "Not Found");
            exit;
        }}
        $du = "sip:{uri}:{port};transport={transport}";
    }}
    t_on_reply("1");
    t_relay();
}}
onreply_route[1] {{
    if (proto != UDP && src_ip != {peer}) {{
        set_contact_alias();
    }}
}}
"""

# asked: phones have no certificate and are let in without one, the other proxy has one
TLS_CONFIG = """
[server:default]
method = {method}
verify_certificate = {asked}
require_certificate = no
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


def start(lab, work, hosts, host, peer, hop, method="TLSv1.2", asked=True):
    """A proxy that sends what it cannot deliver to its peer. hop: udp, tcp or tls; method, asked: of its TLS."""
    certificate, key = work.ca.issue(f"{host}.contoso.com")
    tls = TLS_CONFIG.format(method=method, asked="yes\nverify_client = optional" if asked else "no",
                            certificate=certificate, key=key, ca=work.ca.pem)
    config = lab.write(f"{host}-tls.cfg", tls)
    address, far = hosts[host].address, hosts[peer].address
    port = TLS_PORT if hop == "tls" else CLEAR_PORT
    listeners = {"udp": CLEAR_PORT, "tcp": CLEAR_PORT, "tls": TLS_PORT}
    lines = [f"listen={name}:{labs.literal(address)}:{number}" for name, number in listeners.items()]
    modules = kamailio.TLS_MODULES.format(tls_config=config) + kamailio.PHONES_MODULES
    text = kamailio.COMMON.format(transports="\n".join([*lines, kamailio.TLS]), modules=modules)
    text += ROUTES.format(peer=far, uri=labs.literal(far), port=port, transport=hop)
    config = lab.write(f"{host}.cfg", text)
    run = lab.write(f"{host}-run/empty", "").removesuffix("/empty")
    lab.start(host, ["kamailio", "-DD", "-E", "-f", config, "-P", f"{run}/pid", "-Y", run, "-m", "64", "-M", "8"])
    for name, number in listeners.items():
        lab.wait_listening(host, "udp" if name == "udp" else "tcp", number)
