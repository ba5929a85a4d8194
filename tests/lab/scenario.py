"""What a scenario declares: hosts with their roles, how it is played, and the verdict each row must get."""
from dataclasses import dataclass, field, replace

SCENARIOS = {}

INTERNAL = ["10.77.0.0/16", "fd77::/16"]
PERIMETER = ["192.0.2.0/24", "2001:db8:2::/48"]  # all else is external
TLS_ROWS = ("TT-01", "TT-02", "TT-10b", "TT-13", "TT-19")  # on the transport of SIP


@dataclass(frozen=True)
class Host:
    """One machine of the lab. role as in policies; None: the policy does not know the host."""
    address: str
    role: str | None = None
    name: str | None = None  # FQDN; default: the host's key + .contoso.com
    trust: str | None = None  # "enterprise": its certificate must come from the lab's CA; another: of NAME.pem
    trunk: str | None = None  # private, vpn, public


@dataclass(frozen=True)
class Subject:
    """What one row must say about one pair of hosts. client and server are keys of hosts."""
    row: str
    client: str
    server: str
    verdict: str  # compliant violation weak exempt unknown not_assessable none (row must not judge the pair)
    secrets: str | None = None  # the verdict when the key log is given too; None: the same
    area: str | None = None  # what will settle an unknown: tls media policy capture
    note: str = ""  # why, where it is not obvious
    client_certificate: str | None = None  # in every full handshake: shown, empty, not requested; None: not declared


@dataclass
class Scenario:
    """One capture with its truth."""
    name: str  # family/what_it_shows: also its folder below pcaps/
    play: object
    hosts: dict
    subjects: list
    packages: tuple = ()
    robust: bool = False  # ran every time, and in seconds: may be in playing.DOZEN
    synthetic: bool = False  # bytes written by script: play(capture_path, work), no hosts are started
    cases: tuple = ()  # truth cases of the table that it stages
    clear: tuple = ()  # texts that are readable in the capture
    hidden: tuple = ()  # texts that were sent and must not be readable
    inside: tuple | None = None  # those that the key log must open; None: all of hidden
    settings: dict = field(default_factory=dict)  # policy settings that differ from the default
    later: dict = field(default_factory=dict)  # the same, but builds may refuse them: policy.yaml leaves them out

    @property
    def shows(self):
        return " ".join(self.play.__doc__.split())


def scenario(name, hosts, subjects, *packages, **more):
    """Decorator: the function below plays the scenario; it gets the lab (or the capture's path) and the workshop."""
    def add(play):
        if name in SCENARIOS:
            raise ValueError(f"two scenarios are called {name}")
        SCENARIOS[name] = Scenario(name, play, hosts, subjects, packages, **more)
        return play
    return add


def here(lab, hosts):
    """Hosts at the addresses that they have in this lab, which are others where a twin of the scenario is played."""
    return {key: replace(host, address=lab.hosts[key]) for key, host in hosts.items()}


def fqdn(scene, key):
    return scene.hosts[key].name or f"{key}.contoso.com"


def policy_of(scene):
    """The scenario's hosts as the text of a policy file."""
    lines = ["overt: 1", f"name: {scene.name.replace('/', '-')}", "extends: lync-2010", "zones:",
             f"  internal: [{', '.join(quoted(n) for n in INTERNAL)}]",
             f"  perimeter: [{', '.join(quoted(n) for n in PERIMETER)}]"]
    known = [(key, host) for key, host in scene.hosts.items() if host.role]
    if known:
        lines.append("hosts:")
    for key, host in known:
        lines += [f"  - name: {fqdn(scene, key)}", f"    address: [{quoted(host.address)}]", f"    role: {host.role}"]
        lines += [f"    trust: {host.trust}"] if host.trust else []
        lines += [f"    trunk: {host.trunk}"] if host.trunk else []
    if any(host.trust for host in scene.hosts.values()):
        lines += ["trust:", "  enterprise: {ca: ca.pem}"]
        others = sorted({host.trust for host in scene.hosts.values() if host.trust} - {"enterprise"})
        lines += [f"  {name}: {{ca: {name}.pem}}" for name in others]  # the play publishes it in work.folder
    if scene.settings:
        lines += ["settings:"] + [f"  {key}: {value}" for key, value in scene.settings.items()]
    return "\n".join(lines) + "\n"


def quoted(text):
    return f'"{text}"'


def in_good_tls(pair, subjects):
    """Whether SIP between two hosts is declared to go inside TLS as it must be."""
    return any(s.row in TLS_ROWS and s.verdict == "compliant" and {s.client, s.server} == pair for s in subjects)


def truth_of(scene):
    """What truth.json holds: addresses instead of host keys, so that it stands alone. Where no key is readable, since
    SIP is in TLS, the row on keys is satisfied by implication (table 5, rule 5)."""
    subjects = []
    for s in scene.subjects:
        implied = s.row == "TT-15" and s.verdict == "none" and in_good_tls({s.client, s.server}, scene.subjects)
        one = {"row": s.row, "client": scene.hosts[s.client].address, "server": scene.hosts[s.server].address,
               "verdict": "compliant" if implied else s.verdict}
        one.update({key: value for key, value in (("secrets", s.secrets), ("area", s.area), ("note", s.note),
                                               ("client_certificate", s.client_certificate)) if value})
        subjects.append(one)
    later = {"later": scene.later} if scene.later else {}
    inside = {} if scene.inside is None else {"inside": list(scene.inside)}
    return {"scenario": scene.name, "shows": scene.shows, "synthetic": scene.synthetic, "cases": list(scene.cases),
            **later, "subjects": subjects, "clear": list(scene.clear), "hidden": list(scene.hidden),
            **inside}
