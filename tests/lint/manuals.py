#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Manuals: each renders without a warning, names only pages that exist, and lists what there is."""

import re
import subprocess
import sys
from pathlib import Path

import manual_tables

ROOT = Path(__file__).resolve().parents[2]
TROUBLES = "shim/mod_lsapi-troubleshooting.7.scd"
# A table cell that is too narrow for a word is no mistake of ours; the widest table needs 100
# columns.
GROFF = ("groff", "-man", "-t", "-Kutf8", "-Tutf8", "-ww", "-Wbreak", "-rLL=100n", "-z")


def pages():
    return sorted(path for top in ("proto", "daemon", "shim", "lsphp")
                  for kind in ("*.scd", "*.scd.in") for path in (ROOT / top).rglob(kind))


def check_rendering(path):
    made = subprocess.run(["scdoc"], stdin=path.open("rb"), capture_output=True, check=False)
    if made.returncode:
        yield made.stderr.decode().strip()
        return
    said = subprocess.run(GROFF, input=made.stdout, capture_output=True, check=False)
    yield from said.stderr.decode().splitlines()


def check_references(path, names):
    text = path.read_text(encoding="utf-8").replace("\\_", "_")
    for name, section in re.findall(r"\b(lsapid[\w.-]*|mod_lsapi[\w-]*|lsphp|pools\.d|"
                                    r"switch_mod_lsapi)\*?\((\d)\)", text):
        if f"{name}.{section}.scd" not in names:
            yield f"names {name}({section}), which does not exist"


def check_quotes():
    """Each heading about the error log is a text of the module."""
    text = (ROOT / TROUBLES).read_text(encoding="utf-8").replace("\\_", "_")
    section = re.search(r"\n# ERROR LOG\n(.*?)\n# ", text, re.DOTALL).group(1)
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "shim").glob("*.c"))
    source = re.sub(r'"\s*(?:PR\w+|APR_\w+)?\s*"', "", source)
    for heading in re.findall(r"^\*(.*)\*$", section, re.MULTILINE):
        if re.sub(r": \d+$", ":", heading) not in source:
            yield f"quotes '{heading}', which mod_lsapi does not log"


def check_exits():
    """Exit statuses of lsapidctl(8) are those of its table, one entry each."""
    header = (ROOT / "daemon/ctl/cmd.h").read_text(encoding="utf-8")
    known = re.findall(r"\bCTL_\w+ = (\d)",
                       re.search(r"enum ctl_exit \{(.*?)\}", header, re.DOTALL).group(1))
    manual = (ROOT / "daemon/ctl/lsapidctl.8.scd").read_text(encoding="utf-8")
    section = re.search(r"\n# EXIT STATUS\n(.*?)\n# ", manual, re.DOTALL).group(1)
    told = re.findall(r"^\*(\d)\*$", section, re.MULTILINE)
    if not known or sorted(told) != sorted(known):
        yield f"daemon/ctl/lsapidctl.8.scd: exit statuses {told}, the table has {known}"


def main():
    names = {path.name.removesuffix(".in") for path in pages()}
    wrong = [f"{TROUBLES}: {what}" for what in check_quotes()]
    wrong += [*check_exits(), *manual_tables.check()]
    for path in pages():
        wrong += [f"{path.relative_to(ROOT)}: {what}"
                  for what in (*check_rendering(path), *check_references(path, names))]
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
