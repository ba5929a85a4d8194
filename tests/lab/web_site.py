"""The web server of a pool (nginx, caddy) and its visitors (curl, gtlsclient), for the scenarios of families/web.py."""
import cut
from lab import literal

ENTRY = "sip:person017@contoso.com;+15550100017"  # planted: a line of the address book
MEMBER = "The board of Contoso, all nine of them"  # planted: a member of a distribution group
SLIDE = "Slide 3: we will close the plant in March"  # planted: meeting content
PAGE = "Welcome to the home page of nobody in particular"

BOOK = "/abs/int/handler/F-0e3a.lsabs"
GROUP = "/GroupExpansion/int/service.asmx"
CONTENT = "/DataCollabWeb/int/Handler/slide3.xml"
CONFERENCE = "/conf/int/content/4711/slide3.xml"
BOOK_TEXT = "".join(f"sip:person{i:03}@contoso.com;+15550100{i:03}\n" for i in range(40))
QUERY = f"<soap><QueryDL>board@contoso.com</QueryDL><Hint>{MEMBER}</Hint></soap>"

NGINX = """
daemon off;
user root;
worker_processes 1;
error_log stderr;
pid {directory}/nginx.pid;
events {{ worker_connections 64; }}
http {{
    access_log off;
    default_type text/plain;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    {servers}
}}
"""
SERVER = """
    server {{
        listen {address}:{port}{options};
        root {root};
        {settings}
        {locations}
    }}
"""
PLAIN = "location / { } location /GroupExpansion/ { return 200 '<members>" + MEMBER + "</members>'; }"
TO_HTTPS = "location / { return 302 https://$host$request_uri; }"
CADDY = """{{
    admin off
    auto_https off
    storage file_system {directory}/caddy
    servers {{
        protocols h1 h2 h3
    }}
}}
https://{name}:443 {{
    bind {address}
    tls {certificate} {key}
    root * {root}
    file_server
}}
"""


def pages(lab):
    """Fills a document root and returns it."""
    for path, text in ((BOOK, BOOK_TEXT), (CONTENT, SLIDE), (CONFERENCE, SLIDE), ("/index.html", PAGE)):
        lab.write("www" + path, text)
    return lab.path("www")


def server(lab, address, port, locations=PLAIN, settings="", options=""):
    """One server block."""
    return SERVER.format(address=literal(address), port=port, options=options, root=pages(lab), settings=settings,
                         locations=locations)


def tls(work, name, version="TLSv1.2", chain=None, mutual=False):
    """Settings of a server block for HTTPS; chain: (certificate, key) where it is not the lab's CA for the name."""
    certificate, key = chain or work.ca.issue(name)
    client = f"ssl_verify_client on; ssl_client_certificate {work.ca.pem};" if mutual else ""
    return f"ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_protocols {version}; {client}"


def serve(lab, host, *servers, ports=(80,)):
    """Starts nginx with these server blocks on a host."""
    config = lab.write(f"{host}.conf", NGINX.format(directory=lab.path(host), servers="".join(servers)))
    lab.write(f"{host}/empty", "")
    lab.start(host, ["nginx", "-c", config, "-e", "stderr"])
    for port in ports:
        lab.wait_listening(host, "tcp", port)


def serve_http3(lab, work, host, address):
    """Starts caddy with HTTPS, HTTP/2 and HTTP/3 on port 443."""
    name = f"{host}.contoso.com"
    certificate, key = work.ca.issue(name)
    config = lab.write("Caddyfile", CADDY.format(directory=lab.directory, name=name, address=address,
                                                 certificate=certificate, key=key, root=pages(lab)))
    lab.start(host, ["caddy", "run", "--adapter", "caddyfile", "--config", config],
              environment={"HOME": lab.directory, "XDG_DATA_HOME": lab.directory, "XDG_CONFIG_HOME": lab.directory})
    lab.wait_listening(host, "udp", 443)


def fetch(lab, work, host, url, to, *options, expect=(0,)):
    """Fetches a URL by curl; to: (name, port, address) of who answers. Returns what curl printed."""
    resolve = [part for name, port, address in to for part in ("--resolve", f"{name}:{port}:{literal(address)}")]
    return lab.run(host, ["curl", "-sS", "--noproxy", "*", "--max-time", "8", "--cacert", work.ca.pem, *resolve,
                          *options, url], expect=expect)


def expand(lab, work, host, url, to, *options):
    """Asks for the members of a distribution group by POST."""
    return fetch(lab, work, host, url, to, "-H", "Content-Type: text/xml", "--data", QUERY, *options)


def without_answers(port):
    """An edit: removes what the listener on the port sent."""
    def edit(path):
        _, records = cut.read(path)
        cut.keep(path, [record for record in records if cut.source_port(record) != port])
    return edit
