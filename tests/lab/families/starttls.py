"""Servers whose talk turns to TLS on the way, or does not: mail, files, directories, databases, proxies."""
import os
import shutil

from scenario import Host, Subject, scenario

HOSTS = {"alice": Host("10.77.0.101", "client_internal"), "app01": Host("10.77.0.16", "app_server")}
APP = HOSTS["app01"].address
NAME = "app01.contoso.com"
PASSWORD = "Upgrade-Secret-0815"
MAIL = "The merger is signed on Friday, tell nobody."
SILENT = [Subject(row, "alice", "app01", "none", note="no traffic of these rows") for row in ("TT-02", "TT-04", "TT-24")]
EXPOSED = [*SILENT, Subject("TT-51", "alice", "app01", "violation", area="policy", note="the password is readable")]

DOVECOT = """
base_dir = {directory}/run
state_dir = {directory}/run
log_path = /dev/stderr
protocols = imap pop3
listen = {address}
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
mail_location = maildir:{directory}/mail
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={directory}/mail
}}
"""
VSFTPD = """
listen=YES
background=NO
listen_address={address}
anonymous_enable={anonymous}
local_enable={local}
allow_anon_ssl=YES
ssl_enable=YES
rsa_cert_file={certificate}
rsa_private_key_file={key}
ssl_tlsv1=YES
force_local_logins_ssl=NO
require_ssl_reuse=NO
seccomp_sandbox=NO
secure_chroot_dir={directory}/empty
anon_root={directory}/empty
"""
SLAPD = """
include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
pidfile {directory}/slapd.pid
database mdb
directory {directory}/db
suffix "dc=contoso,dc=com"
rootdn "cn=admin,dc=contoso,dc=com"
rootpw {password}
"""
TINYPROXY = """
Port 8080
Listen {address}
Timeout 20
Allow 10.77.0.0/16
ConnectPort 4443
"""
DANTED = """
logoutput: stderr
internal: {address} port = 1080
external: lo
socksmethod: none username
clientmethod: none
user.privileged: root
user.unprivileged: nobody
client pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
socks pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
"""


def let_in(lab):
    """Servers drop root's rights: they must reach what the lab wrote for them."""
    path = lab.directory
    while path not in ("/", "/tmp", "/var/tmp"):
        os.chmod(path, os.stat(path).st_mode | 0o011)
        path = os.path.dirname(path)


def settled(lab, work, name, text, **more):
    """Writes a server's configuration, with a certificate of the lab's CA."""
    let_in(lab)
    certificate, key = work.ca.issue(NAME)
    os.makedirs(lab.path("empty"), exist_ok=True)
    return lab.write(name, text.format(directory=lab.directory, address=APP, certificate=certificate, key=key,
                                       password=PASSWORD, **more))


def owned(lab, work, user):
    """Certificate and key as files of a user."""
    let_in(lab)
    files = []
    for source, name in zip(work.ca.issue(NAME), ("server.crt", "server.key")):
        files.append(shutil.copy(source, lab.path(name)))
        shutil.chown(files[-1], user, user)
        os.chmod(files[-1], 0o600)
    return files


# --- mail ------------------------------------------------------------------------------------------------------------

def smtp_server(lab, work, starttls):
    certificate, key = work.ca.issue(NAME)
    tls = ["--tlscert", certificate, "--tlskey", key, "--no-requiretls"] if starttls else []
    lab.start("app01", ["/usr/bin/python3", "-m", "aiosmtpd", "-n", "-l", f"{APP}:25", *tls])
    lab.wait_listening("app01", "tcp", 25)


def send_mail(lab, work, starttls):
    """alice hands a mail over, by Python's smtplib."""
    turn = f"s.starttls(context=ssl.create_default_context(cafile={work.ca.pem!r}))" if starttls else "pass"
    lab.run("alice", ["/usr/bin/python3", "-c", "\n".join((
        "import smtplib, ssl", f"s = smtplib.SMTP({APP!r}, local_hostname='alice.contoso.com')",
        f"s._host = {NAME!r}", turn,
        f"s.sendmail('alice@contoso.com', 'bob@contoso.com', 'Subject: deal\\r\\n\\r\\n{MAIL}')", "s.quit()"))])


@scenario("starttls/smtp_tls", HOSTS, SILENT, "python3-aiosmtpd", hidden=(MAIL,))
def smtp_tls(lab, work):
    """A mail is handed over by SMTP, which turns to TLS."""
    smtp_server(lab, work, True)
    send_mail(lab, work, True)


@scenario("starttls/smtp_not_asked", HOSTS, SILENT, "python3-aiosmtpd", clear=(MAIL,))
def smtp_not_asked(lab, work):
    """A mail is handed over in clear although the server offers TLS."""
    smtp_server(lab, work, True)
    send_mail(lab, work, False)


@scenario("starttls/smtp_not_offered", HOSTS, SILENT, "python3-aiosmtpd", clear=(MAIL,))
def smtp_not_offered(lab, work):
    """A mail is handed over in clear to a server that has no TLS."""
    smtp_server(lab, work, False)
    send_mail(lab, work, False)


def dovecot(lab, work):
    config = settled(lab, work, "dovecot.conf", DOVECOT)
    os.makedirs(lab.path("mail"))
    shutil.chown(lab.path("mail"), "mail", "mail")
    lab.start("app01", ["dovecot", "-F", "-c", config])
    lab.wait_listening("app01", "tcp", 143)
    lab.wait_listening("app01", "tcp", 110)


def curl(lab, work, *arguments, expect=(0,)):
    lab.run("alice", ["curl", "-sS", "--max-time", "10", "--cacert", work.ca.pem, "--noproxy", "", *arguments],
            expect=expect, seconds=20)


def fetch_mail(lab, work, scheme, *options):
    port = {"imap": 143, "pop3": 110}[scheme]
    dovecot(lab, work)
    curl(lab, work, "--resolve", f"{NAME}:{port}:{APP}", f"{scheme}://{NAME}/", "-u", f"alice:{PASSWORD}", *options)


for _scheme in ("imap", "pop3"):
    def _tls(lab, work, scheme=_scheme):
        fetch_mail(lab, work, scheme, "--ssl-reqd")

    def _clear(lab, work, scheme=_scheme):
        fetch_mail(lab, work, scheme)

    _tls.__doc__ = f"A mailbox is read by {_scheme.upper()}, which turns to TLS."
    _clear.__doc__ = f"A mailbox is read by {_scheme.upper()} in clear although the server offers TLS."
    scenario(f"starttls/{_scheme}_tls", HOSTS, SILENT, "dovecot-imapd", "dovecot-pop3d", "curl",
             hidden=(PASSWORD,), inside=())(_tls)
    scenario(f"starttls/{_scheme}_clear", HOSTS, EXPOSED, "dovecot-imapd", "dovecot-pop3d", "curl")(_clear)


# --- files and directories -------------------------------------------------------------------------------------------

def vsftpd(lab, work, anonymous):
    config = settled(lab, work, "vsftpd.conf", VSFTPD, anonymous="YES" if anonymous else "NO",
                     local="NO" if anonymous else "YES")
    lab.start("app01", ["vsftpd", config])
    lab.wait_listening("app01", "tcp", 21)


@scenario("starttls/ftp_tls", HOSTS, SILENT, "vsftpd", "curl")
def ftp_tls(lab, work):
    """A list of files is fetched by FTP, whose control connection turns to TLS."""
    vsftpd(lab, work, True)
    curl(lab, work, "--ssl-reqd", "--resolve", f"{NAME}:21:{APP}", f"ftp://{NAME}/")


@scenario("starttls/ftp_clear", HOSTS, EXPOSED, "vsftpd", "curl", clear=(PASSWORD,))
def ftp_clear(lab, work):
    """A user and a password are sent by FTP in clear; the server takes neither."""
    vsftpd(lab, work, False)
    curl(lab, work, f"ftp://{APP}/", "-u", f"alice:{PASSWORD}", expect=(67,))


def search(lab, work, *options):
    config = settled(lab, work, "slapd.conf", SLAPD)
    os.makedirs(lab.path("db"), exist_ok=True)
    lab.start("app01", ["slapd", "-d", "0", "-h", f"ldap://{APP}:389", "-f", config])
    lab.wait_listening("app01", "tcp", 389)
    lab.run("alice", ["ldapsearch", "-x", "-H", f"ldap://{APP}:389", "-D", "cn=admin,dc=contoso,dc=com", "-w", PASSWORD,
                      "-b", "dc=contoso,dc=com", *options], expect=(0, 32),
            environment={"LDAPTLS_CACERT": work.ca.pem, "LDAPTLS_REQCERT": "never"})


@scenario("starttls/ldap_tls", HOSTS, SILENT, "slapd", "ldap-utils", hidden=(PASSWORD,))
def ldap_tls(lab, work):
    """A directory is searched by LDAP, which turns to TLS."""
    search(lab, work, "-ZZ")


@scenario("starttls/ldap_clear", HOSTS, EXPOSED, "slapd", "ldap-utils", clear=(PASSWORD,))
def ldap_clear(lab, work):
    """A directory is searched by LDAP in clear, with a simple bind."""
    search(lab, work)


# --- databases -------------------------------------------------------------------------------------------------------

def postgresql(lab, work, mode):
    certificate, key = owned(lab, work, "postgres")
    data, programs = lab.path("pg"), "/usr/lib/postgresql/15/bin"
    os.makedirs(data)
    shutil.chown(data, "postgres", "postgres")
    secret = lab.write("pw", PASSWORD)
    os.chmod(secret, 0o644)
    lab.run("app01", ["runuser", "-u", "postgres", "--", f"{programs}/initdb", "-D", data, "-U", "alice", "-A", "password",
                      "--pwfile", secret, "-N"], seconds=60)
    with open(f"{data}/pg_hba.conf", "w", encoding="utf-8") as rules:
        rules.write("host all all 0.0.0.0/0 password\n")
    lab.start("app01", ["runuser", "-u", "postgres", "--", f"{programs}/postgres", "-D", data, "-h", APP, "-k", "",
                        "-c", "ssl=on", "-c", f"ssl_cert_file={certificate}", "-c", f"ssl_key_file={key}"])
    lab.wait_listening("app01", "tcp", 5432)
    lab.run("alice", ["psql", f"host={APP} user=alice dbname=postgres sslmode={mode} gssencmode=disable", "-c",
                      "select 1"], seconds=20, environment={"PGPASSWORD": PASSWORD})


@scenario("starttls/postgresql_tls", HOSTS, SILENT, "postgresql-15", hidden=(PASSWORD,))
def postgresql_tls(lab, work):
    """A question to PostgreSQL, whose protocol turns to TLS."""
    postgresql(lab, work, "require")


@scenario("starttls/postgresql_clear", HOSTS, EXPOSED, "postgresql-15", clear=(PASSWORD,))
def postgresql_clear(lab, work):
    """A question to PostgreSQL in clear, with the password as it is."""
    postgresql(lab, work, "disable")


def mariadb(lab, work, *options):
    certificate, key = owned(lab, work, "mysql")
    data = lab.path("my")
    os.makedirs(data)
    shutil.chown(data, "mysql", "mysql")
    lab.run("app01", ["mariadb-install-db", "--no-defaults", "--user=mysql", f"--datadir={data}", "--skip-test-db",
                      "--auth-root-authentication-method=normal"], seconds=90)
    first = lab.write("first.sql", f"CREATE USER alice@'%' IDENTIFIED BY '{PASSWORD}';\n")
    os.chmod(first, 0o644)
    lab.start("app01", ["mariadbd", "--no-defaults", "--user=mysql", f"--datadir={data}", f"--bind-address={APP}",
                        f"--socket={data}/s", f"--pid-file={data}/pid", f"--ssl-cert={certificate}", f"--ssl-key={key}",
                        f"--init-file={first}", "--skip-name-resolve"])
    lab.wait_listening("app01", "tcp", 3306)
    lab.run("alice", ["mariadb", "--no-defaults", "-h", APP, "-u", "alice", f"-p{PASSWORD}", "-e", "select 1", *options],
            seconds=20)


@scenario("starttls/mysql_tls", HOSTS, SILENT, "mariadb-server")
def mysql_tls(lab, work):
    """A question to MariaDB, whose protocol turns to TLS."""
    mariadb(lab, work, "--ssl")


@scenario("starttls/mysql_clear", HOSTS, EXPOSED, "mariadb-server", clear=("select 1",))
def mysql_clear(lab, work):
    """A question to MariaDB in clear: the answer to its scramble can be broken off-line."""
    mariadb(lab, work, "--skip-ssl")


# --- proxies ---------------------------------------------------------------------------------------------------------

def site(lab, work):
    """A web server behind the proxy, on its machine."""
    certificate, key = work.ca.issue(NAME)
    lab.start("app01", ["openssl", "s_server", "-accept", "127.0.0.1:4443", "-cert", certificate, "-key", key, "-www",
                        "-quiet"])
    lab.wait_listening("app01", "tcp", 4443)


@scenario("starttls/http_connect", HOSTS, SILENT, "tinyproxy", "curl")
def http_connect(lab, work):
    """A page is fetched by HTTPS through a tunnel of an HTTP proxy."""
    site(lab, work)
    lab.start("app01", ["tinyproxy", "-d", "-c", settled(lab, work, "tinyproxy.conf", TINYPROXY)])
    lab.wait_listening("app01", "tcp", 8080)
    curl(lab, work, "--proxy", f"http://{APP}:8080", "-k", "https://127.0.0.1:4443/")


def through_socks(lab, work, kind):
    site(lab, work)
    lab.start("app01", ["danted", "-f", settled(lab, work, "danted.conf", DANTED)])
    lab.wait_listening("app01", "tcp", 1080)
    curl(lab, work, "--proxy", f"{kind}://{APP}:1080", "-k", "https://127.0.0.1:4443/")


@scenario("starttls/socks5", HOSTS, SILENT, "dante-server", "curl")
def socks5(lab, work):
    """A page is fetched by HTTPS through a SOCKS 5 proxy."""
    through_socks(lab, work, "socks5")


@scenario("starttls/socks4", HOSTS, SILENT, "dante-server", "curl")
def socks4(lab, work):
    """A page is fetched by HTTPS through a SOCKS 4 proxy."""
    through_socks(lab, work, "socks4")
