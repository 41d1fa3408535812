#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The top level holds what it may, and README's map names every room of it."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOP = {"meson.build", "meson_options.txt", "README.md", "LICENSE", "CONTRIBUTING.md",
       "SECURITY.md", "daemon", "shim", "proto", "lsphp", "etc", "systemd", "tests", ".ci"}
DOT_FILES = {".clang-format", ".clang-tidy", ".editorconfig", ".gitignore", ".gitattributes"}
# directories below the top that the map has to name as well
INNER = ("daemon", "tests")


def committed():
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL,
                            check=False).stdout.decode().split("\0")
    return [Path(name) for name in listed if name]


def main():
    files = committed()
    if not files:  # an unpacked archive has no list to compare
        return 0
    wrong = []
    top = {path.parts[0] for path in files}
    wrong += [f"{name}: does not belong at the top level" for name in top - TOP - DOT_FILES]
    wrong += [f"{name}: missing at the top level" for name in TOP - top]
    readme = (ROOT / "README.md").read_text(encoding="utf-8") if "README.md" in top else ""
    named = set(re.findall(r"`([^`\s]+)`", readme))
    rooms = {f"{path.parts[0]}/" for path in files if len(path.parts) > 1}
    rooms |= {f"{path.parts[0]}/{path.parts[1]}/" for path in files
              if len(path.parts) > 2 and path.parts[0] in INNER}
    rooms |= top & {"meson.build", "meson_options.txt", "CONTRIBUTING.md", "SECURITY.md"}
    wrong += [f"README.md: its map does not name `{room}`" for room in sorted(rooms - named)]
    gone = [name for name in named if name.endswith("/") and not name.startswith(("/", "<"))
            and name.count("/") < 3 and not (ROOT / name).is_dir()]
    wrong += [f"README.md: `{name}` is no directory" for name in gone]
    for line in sorted(wrong):
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
