"""Twins: scenarios declared once more with IPv6 addresses. Their plays take addresses from the lab, not from tables."""
import dataclasses

from scenario import SCENARIOS, Scenario

# the lab's IPv4 networks, and what stands for them: inside, perimeter, outside
NETWORKS = {"10.77.": "fd77::", "10.99.": "fd77:0:99::", "192.0.2.": "2001:db8:2::", "198.51.100.": "2001:db8:9::",
            "203.0.113.": "2001:db8:9:113::"}


def address_of(address):
    """The IPv6 address that stands for one of the lab's: 10.77.0.101 becomes fd77::101, 10.77.9.50 fd77::9:50."""
    before = next(network for network in NETWORKS if address.startswith(network))
    return NETWORKS[before] + address.removeprefix(before).removeprefix("0.").replace(".", ":")


def add_twin(name):
    """Declares NAME_ipv6: the same play, the same truth, the same hosts at IPv6 addresses."""
    scene = SCENARIOS[name]
    hosts = {key: dataclasses.replace(host, address=address_of(host.address)) for key, host in scene.hosts.items()}

    def play(lab, work):
        scene.play(lab, work)
    play.__doc__ = f"Over IPv6: {scene.shows}"
    more = {field.name: getattr(scene, field.name) for field in dataclasses.fields(Scenario)}
    more.update(name=f"{name}_ipv6", play=play, hosts=hosts, robust=False, cases=(),
                clear=texts(scene, scene.clear), hidden=texts(scene, scene.hidden))
    SCENARIOS[more["name"]] = Scenario(**more)


def texts(scene, planted):
    """Planted texts with the addresses of the twin."""
    for host in scene.hosts.values():
        planted = tuple(text.replace(host.address, address_of(host.address)) for text in planted)
    return planted
