"""Fails when a source includes a floor above its own, or a library outside its files."""
import pathlib
import re
import sys

FLOORS = ["base", "capture", "analyzers", "rules", "reports", "cli"]
OWNERS = {  # library header -> where it may be included
    "pcap": r"capture/source_pcap(_live)?\.c",
    "zlib": r"capture/source_inflate\.c|analyzers/inflate\.c",
    "zstd": r"capture/source_inflate\.c",
    "ndpi": r"analyzers/ndpi\.c",
    "openssl": r"analyzers/crypto/.*",
    "yaml": r"rules/policy_yaml\w*\.[ch]",
    "jansson": r"reports/json\w*\.[ch]",
    "curl": r"reports/sink_\w+\.c",
    "librdkafka": r"reports/sink_\w+\.c",
}
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.M)

root, bad = pathlib.Path(sys.argv[1]), []
for floor, name in enumerate(FLOORS):
    for path in sorted(root.glob(f"{name}/**/*.[ch]")):
        here = path.relative_to(root).as_posix()
        for kind, target in INCLUDE.findall(path.read_text()):
            head = re.split(r"[/_.]", target)[0]
            if kind == '"':
                if head not in FLOORS or "/" not in target:
                    bad.append(f"{here}: include {target} by its path from the root")
                elif FLOORS.index(head) > floor:
                    bad.append(f"{here}: {name} may not include {target}")
            elif head in OWNERS and not re.fullmatch(OWNERS[head], here):
                bad.append(f"{here}: only {OWNERS[head]} includes <{target}>")
            if name == "rules" and target == "analyzers/analyzer.h":
                bad.append(f"{here}: rules see observation.h, not analyzer.h")
print("\n".join(bad))
sys.exit(bool(bad))
