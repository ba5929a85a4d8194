"""Services of the estate: file shares (Samba) under each protection that SMB has, and Telnet (inetutils)."""
import os
import stat

from scenario import Host, Subject, scenario

HOSTS = {"fe01": Host("10.77.0.10", "front_end"), "app01": Host("10.77.0.16", "app_server")}
APP = HOSTS["app01"].address
PASSWORD = "Replica-Secret-0815"
MARKER = "The merger is signed on Friday, tell nobody."
SMB = ("samba", "smbclient")
SMB_CONF = """
[global]
  server role = standalone server
  interfaces = {address}/24
  bind interfaces only = yes
  smb ports = 445
  disable netbios = yes
  server min protocol = {least}
  server max protocol = {most}
  server signing = {signing}
  smb encrypt = {encryption}
  server multi channel support = no
  passdb backend = smbpasswd:{directory}/smbpasswd
  private dir = {directory}/private
  lock directory = {directory}/lock
  state directory = {directory}/state
  cache directory = {directory}/cache
  pid directory = {directory}/pid
  ncalrpc dir = {directory}/rpc
  log file = {directory}/smbd.log
  load printers = no
  allow dcerpc auth level connect = yes
[replica]
  path = {directory}/share
  read only = no
{share}
"""


def subjects(verdict):
    return [Subject("TT-33", "fe01", "app01", verdict, area="policy"),
            *(Subject(row, "fe01", "app01", "none", note="no traffic of this row") for row in ("TT-01", "TT-51"))]


def serve(lab, least="SMB3", most="SMB3", signing="default", encryption="off", share=""):
    for name in ("private", "lock", "state", "cache", "pid", "rpc", "share"):
        os.makedirs(lab.path(name))
    os.chmod(lab.path("share"), 0o777)
    config = lab.write("smb.conf", SMB_CONF.format(directory=lab.directory, address=APP, least=least, most=most,
                                                   signing=signing, encryption=encryption, share=share))
    secret = lab.write("secret", f"{PASSWORD}\n{PASSWORD}\n")
    lab.run("app01", ["sh", "-c", f"smbpasswd -c {config} -s -a root <{secret}"])
    lab.start("app01", ["smbd", "-F", "-s", config])
    lab.wait_listening("app01", "tcp", 445)


def push(lab, *options):
    """A file goes to the share, is read back and listed."""
    file = lab.write("config.xml", f"<config>{MARKER}</config>\n")
    own = lab.write("client.conf", "[global]\nclient min protocol = NT1\n")
    lab.run("fe01", ["smbclient", "-s", own, f"//{APP}/replica", "-U", f"root%{PASSWORD}", *options, "-c",
                     f"put {file} config.xml; get config.xml /dev/null; ls"], seconds=30)


@scenario("smb/encrypted", HOSTS, subjects("compliant"), *SMB, hidden=(MARKER, PASSWORD))
def encrypted(lab, _work):
    """Configuration is pushed to a share of a server that demands SMB 3 encryption."""
    serve(lab, encryption="required")
    push(lab)


@scenario("smb/share_encrypted", HOSTS, subjects("compliant"), *SMB, hidden=(MARKER, PASSWORD))
def share_encrypted(lab, _work):
    """The share demands encryption, the server does not."""
    serve(lab, encryption="enabled", share="  smb encrypt = required\n")
    push(lab)


@scenario("smb/signed", HOSTS, subjects("exempt"), *SMB, clear=(MARKER,))
def is_signed(lab, _work):
    """Configuration is pushed by SMB 3, signed and readable."""
    serve(lab, signing="mandatory")
    push(lab)


@scenario("smb/unsigned", HOSTS, subjects("exempt"), *SMB, clear=(MARKER,))
def unsigned(lab, _work):
    """Configuration is pushed by SMB 2.1 without signatures."""
    serve(lab, least="SMB2_10", most="SMB2_10", signing="disabled")
    push(lab, "-m", "SMB2_10", "--option=client signing=disabled")


@scenario("smb/version_1", HOSTS, subjects("exempt"), *SMB, clear=(MARKER,))
def version_1(lab, _work):
    """Configuration is pushed by SMB 1."""
    serve(lab, least="NT1", most="NT1", signing="disabled")
    push(lab, "-m", "NT1", "--option=client signing=disabled")


DCERPCD = "/usr/libexec/samba/samba-dcerpcd"
LEVELS = {"connect": "who calls is proven once, calls are readable", "sign": "calls are signed and readable",
          "seal": "calls are encrypted"}


def remote_calls(level, shows):
    """Samba's endpoint mapper and account database over TCP, asked by rpcclient at one level of [MS-RPCE]."""
    def play(lab, _work):
        serve(lab)
        config = lab.path("smb.conf")
        lab.start("app01", [DCERPCD, "-F", "--libexec-rpcds", "-s", config, "--option=rpc start on demand helpers=no"])
        lab.wait_listening("app01", "tcp", 135)
        own = lab.write("client.conf", "[global]\nclient min protocol = NT1\n")
        lab.run("fe01", ["rpcclient", "-s", own, f"ncacn_ip_tcp:{APP}[{level},ntlm]", "-U", f"root%{PASSWORD}", "-c",
                         "querydominfo"], seconds=30)
    play.__doc__ = f"Remote calls (DCE/RPC on TCP): {shows}."
    rows = [Subject(row, "fe01", "app01", "none", note="no traffic of this row") for row in ("TT-01", "TT-32", "TT-51")]
    scenario(f"rpc/{level}", HOSTS, rows, *SMB, hidden=(PASSWORD,))(play)


for level, shows in LEVELS.items():
    remote_calls(level, shows)


LOGIN = f"""#!/bin/sh
stty -echo
printf 'app01 login: '; read -r name
printf 'Password: '; read -r secret
stty echo
printf '\\nWelcome %s. {MARKER}\\n' "$name"
sleep 1
"""
TYPE = """
import subprocess, time
run = subprocess.Popen(["telnet", %r], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
for words in ("admin", %r):
    time.sleep(1)
    run.stdin.write(words.encode() + b"\\n")
    run.stdin.flush()
time.sleep(2)
run.stdin.close()
run.wait(5)
"""


@scenario("telnet/clear", HOSTS, [Subject("TT-51", "fe01", "app01", "violation", area="policy", note="the password is readable"),
                                  Subject("TT-01", "fe01", "app01", "none", note="no traffic of this row")],
          "inetutils-telnetd", "inetutils-telnet", clear=(MARKER,))
def telnet(lab, _work):
    """Somebody logs in on a server by Telnet."""
    login = lab.write("login", LOGIN)
    os.chmod(login, os.stat(login).st_mode | stat.S_IXUSR)
    resolver = lab.write("resolv.conf", "nameserver 127.0.0.1\n")  # nobody there: telnetd asks who calls
    lab.start("app01", ["/usr/bin/python3", "-c", "\n".join((
        "import socket, subprocess", f"subprocess.run(['mount', '--bind', {resolver!r}, '/etc/resolv.conf'], check=True)", f"s = socket.create_server(({APP!r}, 23))", "c = s.accept()[0]",
        f"subprocess.run(['/usr/sbin/telnetd', '--exec-login={login}'], stdin=c, stdout=c, stderr=c)"))])
    lab.wait_listening("app01", "tcp", 23)
    lab.run("fe01", ["/usr/bin/python3", "-c", TYPE % (APP, PASSWORD)], seconds=30)
