"""The list of cases: each is a function with a name, its hosts, and the programs it needs."""

CASES = {}

# The hosts of the captures. policy.yaml of the cases gives them their roles.
FE01 = "10.77.0.10"
MED01, GW01 = "10.77.0.40", "10.77.0.50"
ALICE, BOB = "10.77.0.101", "10.77.0.102"
EDGE01, TURN01 = "192.0.2.10", "192.0.2.12"
CAROL, WEB = "198.51.100.7", "198.51.100.80"  # outside


class Case:
    """One capture: what it shows, how it is played, and which Debian packages play it."""

    def __init__(self, name, play, hosts, packages):
        self.name, self.play, self.hosts = name, play, hosts
        self.packages = packages
        self.shows = " ".join(play.__doc__.split())


def case(name, hosts, *packages):
    """Decorator: makes the function the player of the case. It is called with the lab and the workshop."""
    def add(play):
        CASES[name] = Case(name, play, hosts, packages)
        return play
    return add
