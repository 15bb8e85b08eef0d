"""Writes the vectors as one file each, for the fuzzers to start from. Usage: corpus.py FOLDER"""

import json
import pathlib
import sys

VECTORS = pathlib.Path(__file__).parents[2] / "core/wire/serf/vectors"


def main():
    out = pathlib.Path(sys.argv[1])
    for kind in ("packet", "stream", "tags", "snapshot"):
        (out / kind).mkdir(parents=True, exist_ok=True)
    for file in sorted(VECTORS.glob("*.json")):
        group = json.loads(file.read_text())
        for entry in group.get("vectors", []) + group.get("cases", []):
            name = entry.get("id") or entry["case"].replace(" ", "-").replace("/", "-")
            data = bytes.fromhex(entry.get("hex") or entry["output_hex"])
            if entry.get("transport", "udp") == "udp":
                (out / "packet" / name).write_bytes(data)
            else:
                # In front: pieces of one byte, in clear or not.
                closed = "encrypt" in entry["types"] or "label" in entry["types"]
                (out / "stream" / name).write_bytes((b"\x80" if closed else b"\x00") + data)
        for i, moment in enumerate(group.get("files", [])):
            (out / "snapshot" / str(i)).write_bytes(b"\x00" + moment["text"].encode())
    (out / "tags" / "two").write_bytes(b"\xff\x82\xa4role\xa3web\xa4zone\xa11")
    (out / "tags" / "role").write_bytes(b"web")


main()
