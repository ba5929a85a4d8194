#!/usr/bin/python3
"""tests/golden/validate.py: do overt's records keep the output contract?

  validate.py FILE...   every line of the JSON Lines files ("-" = standard input) against
                        reports/schema; prints FILE:LINE: reason for each fault
  validate.py words     every fact of analyzers/observation.h has its place in the flow schema with
                        the right type, and the schema allows no fact that the word list lacks;
                        every counter of capture/counters.h is in the coverage schema

Exit 0: all is well. 1: a fault was printed. 2: bad usage, or a file cannot be read.
"""
import json
import re
import sys
from pathlib import Path

import jsonschema

ROOT = Path(__file__).resolve().parents[2]
TYPES = ("flow", "call", "finding", "coverage", "stats", "notice")
LINE_MAX = 64 * 1024
# Members of the flow record that are not facts: reports/json_flow.c writes them.
NOT_FACTS = {
    "type", "v", "sensor", "file", "id", "community_id", "start", "end", "transport", "vlan",
    "tunnel", "client", "server", "initiator_by", "packets", "bytes", "seen", "packet_first",
    "packet_last", "app", "app_by", "assessments", "dtls", "quic", "evidence", "certificates",
}


def load_schema(kind):
    return json.loads((ROOT / "reports" / "schema" / f"{kind}.json").read_text())


def no_duplicates(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("an object has the same member twice")
    return members


def line_faults(line, validators):
    """Reasons why one line (bytes, with its end) breaks the contract."""
    if not line.endswith(b"\n"):
        yield "the line has no end"
    if len(line) > LINE_MAX:
        yield f"{len(line)} bytes, more than {LINE_MAX}"
    try:
        record = json.loads(line.decode("utf-8"), object_pairs_hook=no_duplicates)
    except ValueError as error:
        yield f"not a JSON record: {error}"
        return
    kind = record.get("type") if isinstance(record, dict) else None
    if kind not in validators:
        yield f"unknown record type {kind!r}"
        return
    for error in validators[kind].iter_errors(record):
        yield f"{error.json_path}: {error.message[:300]}"


def check_files(paths):
    validators = {}
    for kind in TYPES:
        schema = load_schema(kind)
        jsonschema.Draft202012Validator.check_schema(schema)
        validators[kind] = jsonschema.Draft202012Validator(schema)
    faults = 0
    for path in paths:
        with (sys.stdin.buffer if path == "-" else open(path, "rb")) as lines:
            for number, line in enumerate(lines, 1):
                for reason in line_faults(line, validators):
                    print(f"{path}:{number}: {reason}")
                    faults += 1
    return faults


def c_rows(path, first):
    """Arguments of the X(...) rows of a header whose first one begins with `first`."""
    text = re.sub(r"/\*.*?\*/", "", (ROOT / path).read_text().replace("\\\n", " "), flags=re.S)
    return re.findall(rf"X\(\s*({first}[\w#]+)\s*,((?:[^()\"]|\"[^\"]*\")*)\)", text)


def observation_words():
    """(shape, path) of every word that is kept, the certificate rows once for each chain."""
    for name, rest in c_rows("analyzers/observation.h", "OBS_"):
        shape = re.search(r"SHAPE_\w+", rest).group()
        if shape == "SHAPE_EVENT":
            continue
        path = re.search(r'"([^"]*)"', rest).group(1)
        if "##who##" in name:
            for chain in ("tls.server_chain", "tls.client_chain"):
                yield shape, chain + path
        else:
            yield shape, path


def resolve(schema, root):
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def member(schema, path, root):
    """The schema at a path of the word list, None when it has no such place."""
    for segment in path.split("."):
        schema = resolve(schema, root).get("properties", {}).get(segment.removesuffix("[]"))
        if schema is None:
            return None
        if segment.endswith("[]"):
            schema = resolve(schema, root).get("items", {})
    return resolve(schema, root)


def is_text(schema, root):
    if "anyOf" in schema:
        return all(is_text(resolve(one, root), root) for one in schema["anyOf"])
    return schema.get("type") == "string" or all(
        isinstance(word, str) for word in schema.get("enum", [None]))


def fits(shape, schema, root):
    kind = schema.get("type")
    if shape == "SHAPE_LIST":
        return kind == "array" and is_text(resolve(schema["items"], root), root)
    if shape == "SHAPE_COUNTS":
        return kind == "object" and schema["additionalProperties"]["type"] == "integer"
    if shape == "SHAPE_SIDE":
        return schema.get("enum") == ["client", "server"]
    if shape == "SHAPE_TIME":
        return kind == "string" and "T" in schema.get("pattern", "")
    wanted = {"SHAPE_FLAG": "boolean", "SHAPE_NUMBER": "integer", "SHAPE_SCORE": "number"}
    return is_text(schema, root) if shape == "SHAPE_TEXT" else kind == wanted[shape]


def schema_paths(schema, root, prefix=""):
    """Every place of the schema that holds a value, as paths of the word list."""
    for name, value in resolve(schema, root).get("properties", {}).items():
        if name == "cut" or (prefix == "" and name in NOT_FACTS):
            continue
        value = resolve(value, root)
        items = resolve(value.get("items", {}), root)
        if "properties" in value:
            yield from schema_paths(value, root, f"{prefix}{name}.")
        elif "properties" in items:
            yield from schema_paths(items, root, f"{prefix}{name}[].")
        else:
            yield prefix + name


def check_words():
    flow = load_schema("flow")
    faults = []
    words = list(observation_words())
    for shape, path in words:
        place = member(flow, path, flow)
        if place is None:
            faults.append(f"flow.json has no {path} ({shape})")
        elif not fits(shape, place, flow):
            faults.append(f"flow.json: {path} is not what {shape} prints")
    known = {path for _, path in words}
    faults += [f"flow.json allows {path}, which observation.h does not have"
               for path in schema_paths(flow, flow) if path not in known]
    counters = {re.search(r'"([^"]*)"', rest).group(1)
                for _, rest in c_rows("capture/counters.h", "COUNT_")} - {"packets", "bytes", "flows"}
    allowed = set(load_schema("coverage")["properties"]["not_decoded"]["properties"])
    faults += [f"coverage.json has no counter {name}" for name in sorted(counters - allowed)]
    faults += [f"coverage.json allows the counter {name}, which counters.h does not have"
               for name in sorted(allowed - counters)]
    if len(words) < 100 or len(counters) < 10:
        faults.append(f"only {len(words)} words and {len(counters)} counters could be read")
    for fault in faults:
        print(f"reports/schema: {fault}")
    return len(faults)


def main(arguments):
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    try:
        faults = check_words() if arguments == ["words"] else check_files(arguments)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
