"""The address book of a Front End by HTTP and HTTPS, a redirect, and browsing that is nobody's business."""
from cases import ALICE, FE01, WEB, case

NGINX = """
daemon off;
worker_processes 1;
error_log stderr;
pid {directory}/nginx.pid;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    server {{
        listen {listen};
        {settings}
        root {directory}/www;
        {locations}
    }}
}}
"""
TLS = "ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_protocols TLSv1.2;"
BOOK = "/abs/int/handler/F-0e3a.lsabs"
ENTRIES = "".join(f"person{i:03}@contoso.com;+1555010{i:04}\n" for i in range(40))


def serve(lab, host, address, port, settings="", locations="location / { }"):
    """Starts nginx with the address book below its root."""
    lab.write(f"www{BOOK}", ENTRIES)
    lab.write("www/index.html", "<html><body>Welcome</body></html>\n")
    listen = f"{address}:{port}" + (" ssl" if settings else "")
    config = lab.write("nginx.conf", NGINX.format(directory=lab.directory, listen=listen, settings=settings,
                                                  locations=locations))
    lab.run(host, ["chmod", "-R", "a+rX", lab.directory])
    lab.start(host, ["nginx", "-c", config, "-e", "stderr"])
    lab.wait_listening(host, "tcp", port)


def get(lab, work, url, name, address, port):
    """Fetches the URL from alice."""
    lab.run("alice", ["curl", "-sS", "-o", "/dev/null", "--cacert", work.ca.pem,
                      "--resolve", f"{name}:{port}:{address}", url])


def tls_settings(work, name):
    """nginx settings for HTTPS with a certificate for the name."""
    certificate, key = work.ca.issue(name)
    return TLS.format(certificate=certificate, key=key)


@case("http/address_book_clear", {"alice": ALICE, "fe01": FE01}, "nginx", "curl")
def address_book_clear(lab, work):
    """A client downloads the address book from a Front End by HTTP on port 80: 200 with a body."""
    serve(lab, "fe01", FE01, 80)
    get(lab, work, f"http://fe01.contoso.com{BOOK}", "fe01.contoso.com", FE01, 80)


@case("http/redirect_to_https", {"alice": ALICE, "fe01": FE01}, "nginx", "curl")
def redirect_to_https(lab, work):
    """A client asks a Front End for / on port 80 and is sent to https with 302."""
    serve(lab, "fe01", FE01, 80, locations="location / { return 302 https://$host$request_uri; }")
    get(lab, work, "http://fe01.contoso.com/", "fe01.contoso.com", FE01, 80)


@case("http/address_book_redirected", {"alice": ALICE, "fe01": FE01}, "nginx", "curl")
def address_book_redirected(lab, work):
    """A client asks a Front End for the address book on port 80 and is sent to https with 302: no content was given."""
    serve(lab, "fe01", FE01, 80, locations="location / { return 302 https://$host$request_uri; }")
    get(lab, work, f"http://fe01.contoso.com{BOOK}", "fe01.contoso.com", FE01, 80)


@case("http/address_book_https", {"alice": ALICE, "fe01": FE01}, "nginx", "curl")
def address_book_https(lab, work):
    """A client downloads the address book from a Front End by HTTPS (TLS 1.2) on port 443."""
    serve(lab, "fe01", FE01, 443, tls_settings(work, "fe01.contoso.com"))
    get(lab, work, f"https://fe01.contoso.com{BOOK}", "fe01.contoso.com", FE01, 443)


@case("http/browsing", {"alice": ALICE, "web": WEB}, "nginx", "curl")
def browsing(lab, work):
    """A client reads a page of some web site by HTTP: none of the audit's business."""
    serve(lab, "web", WEB, 80)
    get(lab, work, "http://www.example.com/index.html", "www.example.com", WEB, 80)


@case("http/browsing_https", {"alice": ALICE, "web": WEB}, "nginx", "curl")
def browsing_https(lab, work):
    """A client reads a page of some web site by HTTPS (TLS 1.2): none of the audit's business."""
    serve(lab, "web", WEB, 443, tls_settings(work, "www.example.com"))
    get(lab, work, "https://www.example.com/index.html", "www.example.com", WEB, 443)
