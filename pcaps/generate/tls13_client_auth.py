#!/usr/bin/python3
"""Writes pcaps/tls13_client_auth/README.md: record sizes of TLS 1.3 client flights, read from the captures beside it.

The captures are recorded by `tests/lab/run tls13_client_auth --record pcaps`. Sizes are read here, without overt."""
import json
import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import cut  # noqa: E402

FOLDER = os.path.join(os.path.dirname(HERE), "tls13_client_auth")
PORT = 5061
WORDS = {"p256": "P-256 certificate, its chain", "rsa2048_chain": "RSA-2048 certificate, its chain",
         "rsa4096": "RSA-4096 certificate, its chain", "not_requested": "not asked", "empty": "asked, none shown"}
HEAD = """Client certificates of TLS 1.3 by record sizes: four libraries as client and server.

Made by `tests/lab/run tls13_client_auth --record pcaps` (OpenSSL 3.0, GnuTLS 3.7, NSS 3.87 and Go 1.19 of Debian 12);
this table by `pcaps/generate/tls13_client_auth.py`, from the captures. Sizes are bytes of application data records behind ServerHello,
in the order of each side; of the client the first six, of the server the first eight. Licence: Apache-2.0.

| client | server | certificate | client's records | server's records | TT-01 |
|---|---|---|---|---|---|
"""


def streams(path):
    """The bytes of both sides, client first: the captures have neither loss nor disorder, but may repeat segments."""
    sides = ({}, {})
    for record in cut.read(path)[1]:
        payload = cut.tcp_payload(record)
        if payload:
            sequence = int.from_bytes(cut.transport(record)[4:8], "big")
            sides[cut.source_port(record) == PORT].setdefault(sequence, payload)
    return [b"".join(side[at] for at in sorted(side)) for side in sides]


def sizes(stream, most):
    """Lengths of the first application data records."""
    found, at = [], 0
    while at + 5 <= len(stream) and len(found) < most:
        length = int.from_bytes(stream[at + 3:at + 5], "big")
        if stream[at] == 23:
            found.append(str(length))
        at += 5 + length
    return " ".join(found)


def main():
    lines = []
    for name in sorted(os.listdir(FOLDER)):
        case = os.path.join(FOLDER, name)
        if not os.path.isdir(case):
            continue
        client, server = streams(os.path.join(case, "traffic.pcap"))
        of_client, _, rest = name.partition("_to_")
        of_server, _, what = rest.partition("_")
        with open(os.path.join(case, "truth.json"), encoding="utf-8") as file:
            verdict = json.load(file)["subjects"][0]["verdict"]
        lines.append(f"| {of_client} | {of_server} | {WORDS[what]} | {sizes(client, 6)} | {sizes(server, 8)} | {verdict} |\n")
    with open(os.path.join(FOLDER, "README.md"), "w", encoding="utf-8") as out:
        out.write(HEAD + "".join(lines))


main()
