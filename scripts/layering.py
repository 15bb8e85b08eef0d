#!/usr/bin/env python3
"""Checks every #include of ours against the arrows that are allowed (STYLE.md, "Layout"). Arrows never turn back."""
import pathlib
import re
import subprocess
import sys

# Folder -> folders it may include from, besides itself and core/base. The longest matching prefix counts.
ALLOWED = {
    "core/base": [],
    "core/describe": [],
    "core/world": ["core/describe"],
    "core/model": ["core/describe"],
    "core/hcl": ["core/describe"],
    "core/jobspec": ["core/describe", "core/hcl", "core/model"],
    "core/wire/protobuf": ["core/describe", "core/world"],
    "core/wire/serf": [],
    "core/wire/rpc": ["core/describe", "core/model", "core/raft", "core/wire/protobuf"],
    "core/raft": [],
    "core/storage": ["core/raft", "core/world"],
    "core/gossip": ["core/wire/serf"],
    "core/state": ["core/describe", "core/model"],
    "core/scheduler": ["core/describe", "core/model", "core/state"],
    "core/server": ["core/describe", "core/gossip", "core/model", "core/raft", "core/scheduler", "core/state",
                    "core/storage", "core/wire", "core/world"],
    "core/client": ["core/describe", "core/model", "core/wire", "core/world"],
    "core/api": ["core/describe", "core/hcl", "core/jobspec", "core/model", "core/scheduler", "core/server", "core/state", "core/world"],
    "core/agent": ["core"],
    "io-real": ["core/world", "core/describe", "io-real"],
    "io-sim": ["core/world", "core/describe", "io-sim"],
    # Its agents have the agent's real settings, and its operators type the real commands.
    "simulator": ["core", "io-sim", "simulator", "agent/config", "agent/cli"],
    "agent": ["core", "io-real", "agent"],
    "tests": ["core", "io-real", "io-sim", "simulator", "agent", "tests"],
}
OURS = re.compile(r'^\s*#include "((?:core|io-real|io-sim|simulator|agent|tests)/[^"]+)"')


def under(path, folder):
    return path == folder or path.startswith(folder + "/")


def main():
    wrong = []
    for name in subprocess.check_output(["git", "ls-files", "*.cpp", "*.hpp"], text=True).split():
        home = max((f for f in ALLOWED if under(name, f)), key=len, default=None)
        if home is None:
            wrong.append(f"{name}: in no known folder")
            continue
        for number, line in enumerate(pathlib.Path(name).read_text().splitlines(), 1):
            found = OURS.match(line)
            if not found:
                continue
            target = str(pathlib.PurePosixPath(found.group(1)).parent)
            if not any(under(target, folder) for folder in ALLOWED[home] + [home, "core/base"]):
                wrong.append(f"{name}:{number}: {home} may not include {found.group(1)}")
    print("\n".join(wrong))
    return 1 if wrong else 0


sys.exit(main())
