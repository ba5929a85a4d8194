"""Whom names and certificates lead to: answers that contradict the policy or each other, certificates that change or are
shared. Each beside its harmless twin."""
import socket
import struct

import mtls_peers as peers
from mtls_peers import DIRECTOR, EDGE01, FE01, FE02, REQUEST_LINE
from packets import Capture
from scenario import Host, Subject, scenario

RESOLVER, OTHER, STRANGE = "10.77.0.53", "10.77.0.54", "10.77.0.99"
NAMES = {"fe01": Host(FE01, "front_end"), "fe02": Host(FE02, "front_end"), "resolver": Host(RESOLVER, "dns"),
         "other": Host(OTHER, "dns")}
POOL = "pool.contoso.com"
SERVERS = {"director01": Host(DIRECTOR, "director"), "fe01": Host(FE01, "front_end"), "fe02": Host(FE02, "front_end"),
           "edge01": Host(EDGE01, "edge_access")}


# --- names -----------------------------------------------------------------------------------------------------------

def ask(capture, number, resolver, name, *replies, ttl=300, again=0):
    """One question for addresses (A) by the Front End, sent so many times again, and its answers, a list of addresses
    each."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
    question = labels + struct.pack(">HH", 1, 1)
    port = 50000 + number
    for _ in range(1 + again):
        capture.wait(1_000_000)
        capture.datagram(FE01, port, resolver, 53, struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + question)
    for addresses in replies:
        answers = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, ttl, 4) + socket.inet_aton(a) for a in addresses)
        capture.datagram(resolver, 53, FE01, port,
                         struct.pack(">HHHHHH", number, 0x8580, 1, len(addresses), 0, 0) + question + answers)


def answered(name, shows, verdicts, *questions, **more):
    """verdicts: of TT-23 by resolver. questions: arguments of ask; more: those that all of them have."""
    def play(path, work):
        capture = Capture()
        for number, question in enumerate(questions, 1):
            capture.wait(12_000_000)  # the first question may be one that is sent again, from before
            ask(capture, number, *question, **more)
        capture.write(path)
    play.__doc__ = shows
    rows = [Subject("TT-23", "fe01", resolver, verdict, area="policy") for resolver, verdict in verdicts.items()]
    scenario(f"trust/{name}", NAMES, rows, synthetic=True, robust=True)(play)


answered("dns_foreign_answer", "A trusted resolver gives an address for fe02.contoso.com that is not the one in the policy.",
         {"resolver": "weak"}, (RESOLVER, "fe02.contoso.com", [STRANGE]))
answered("dns_declared_answer", "A trusted resolver gives the address of fe02.contoso.com, and another one beside it.",
         {"resolver": "compliant"}, (RESOLVER, "fe02.contoso.com", [STRANGE, FE02]))
answered("dns_conflicting", "Two resolvers give addresses for the pool's name that have none in common: a Front End, and a "
         "host that nobody knows.",
         {"resolver": "compliant", "other": "weak"}, (RESOLVER, POOL, [FE01]), (OTHER, POOL, [STRANGE]))
answered("dns_taking_turns", "Two resolvers give one member each of a pool.",
         {"resolver": "compliant", "other": "compliant"}, (RESOLVER, POOL, [FE01]), (OTHER, POOL, [FE02]))
answered("dns_moved", "A resolver gives an address, and another resolver another one when the first answer is over.",
         {"resolver": "compliant", "other": "compliant"}, (RESOLVER, "moved.contoso.com", [FE01]),
         (OTHER, "moved.contoso.com", [STRANGE]), ttl=0)
answered("dns_answered_twice", "One query gets two answers with different addresses: one of them was forged.",
         {"resolver": "weak"}, (RESOLVER, POOL, [FE01]), (RESOLVER, "web.contoso.com", [STRANGE], ["10.77.0.60"]))
answered("dns_asked_twice", "Queries that are sent again get answers that take turns, and a copy of the last one.",
         {"resolver": "compliant"}, (RESOLVER, POOL, [FE01], [FE02], [FE01]),
         (RESOLVER, "web.contoso.com", ["10.77.0.60"], ["10.77.0.61"], ["10.77.0.61"]), again=2)


# --- certificates ----------------------------------------------------------------------------------------------------

def shown(name, shows, rows, *talks):
    """talks: (client, server, whose certificate the server shows, of which kind), one after the other."""
    def play(lab, work):
        for client, server, whose, kind in talks:
            listener = lab.start(server, ["openssl", "s_server", "-accept", "5061", "-rev", "-tls1_2",
                                          *peers.own(work, whose, kind)])
            lab.wait_listening(server, "tcp", 5061)
            peers.connect(lab, client, lab.hosts[server], "-tls1_2", name=f"{server}.contoso.com")
            lab.stop(listener)
    play.__doc__ = shows
    hosts = {key: SERVERS[key] for key in SERVERS if any(key in talk[:2] for talk in talks)}
    one_way = [Subject("TT-01", client, server, "violation", client_certificate="not requested")
               for client, server in dict.fromkeys(talk[:2] for talk in talks)]
    certificates = [Subject("TT-24", *pair, verdict) for pair, verdict in rows.items()]
    scenario(f"trust/{name}", hosts, one_way + certificates, "openssl", robust=True, hidden=(REQUEST_LINE,))(play)


TO_EDGE, TO_FE01, TO_FE02 = ("fe01", "edge01"), ("director01", "fe01"), ("director01", "fe02")
shown("certificate_changed", "The Edge shows a certificate of our CA, then one of another CA, under one name.",
      {TO_EDGE: "weak"}, (*TO_EDGE, "edge01", "good"), (*TO_EDGE, "edge01", "other_ca"))
shown("certificate_namesake", "The Edge shows a certificate of our CA, then one of a CA of the same name with another key.",
      {TO_EDGE: "weak"}, (*TO_EDGE, "edge01", "chained"), (*TO_EDGE, "edge01", "namesake"))
shown("certificate_renewed", "The Edge shows a certificate of our CA, then one with a new key, of the same CA.",
      {TO_EDGE: "compliant"}, (*TO_EDGE, "edge01", "good"), (*TO_EDGE, "edge01", "ecdsa"))
shown("certificate_shared", "A Front End and the Edge show one and the same certificate.",
      {TO_FE01: "none", TO_EDGE: "weak"}, (*TO_FE01, "fe01", "wildcard"), (*TO_EDGE, "fe01", "wildcard"))
shown("certificate_of_a_pool", "Two Front Ends of one pool show one and the same certificate.",
      {TO_FE01: "none", TO_FE02: "none"}, (*TO_FE01, "fe01", "wildcard"), (*TO_FE02, "fe01", "wildcard"))
