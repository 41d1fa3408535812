#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One table each: directives and events stand in their samples and manuals, with their defaults."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def read(name):
    path = ROOT / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


def shim_directives():
    """Names in mod_lsapi's command table, and the defaults of those in its table of settings."""
    source = read("shim/shim_directives.c")
    names = set(re.findall(r'AP_INIT_\w+\(\s*"(\w+)"', source))
    rows = re.findall(r'\{ "(lsapi_\w+)", \w+, (\d+), (\w+), (\d+) \}', source.replace("\n", " "))
    defaults = {name: ("On" if value == "1" else "Off") if top == "0" else value
                for name, _, top, value in rows}
    return names, defaults


def check_lsapi_conf():
    names, defaults = shim_directives()
    if not names:
        yield "shim/shim_directives.c: no command table found"
    sample = read("etc/lsapi.conf")
    shown = dict(re.findall(r"^\s*#?((?:lsapi|php)_\w+) (.*)$", sample, re.MULTILINE))
    for name in sorted(names - set(shown)):
        yield f"etc/lsapi.conf: does not show {name}"
    for name in sorted(set(shown) - names):
        yield f"etc/lsapi.conf: shows {name}, which mod_lsapi does not know"
    for name, value in sorted(defaults.items()):
        is_commented = re.search(rf"^\s*#{name} ", sample, re.MULTILINE)
        if is_commented and shown[name] != value:
            yield f"etc/lsapi.conf: {name} {shown[name]} is not its default {value}"
    manual = read("shim/mod_lsapi.7.scd").replace("\\_", "_")
    for name in sorted(names):
        if manual and name not in manual:
            yield f"shim/mod_lsapi.7.scd: does not name {name}"


def config_keys():
    """(section, name) of the table of lsapid.conf."""
    source = read("daemon/config/config_table.c")
    return set(re.findall(r'\b(TOP|HANDLER|DEFAULTS|POOL)\("(\w+)"', source))


def check_lsapid_conf():
    keys = config_keys()
    if not keys:
        yield "daemon/config/config_table.c: no table found"
    sample = read("etc/lsapid.conf.in")
    shown = set(re.findall(r"^\s*#?\s*(\w+) = ", sample, re.MULTILINE))
    pool = set(re.findall(r"^\s*#?\s*(\w+) = ", read("etc/pool.conf.sample"), re.MULTILINE))
    for section, name in sorted(keys):
        file, names = ("pool.conf.sample", pool) if section == "POOL" else ("lsapid.conf.in", shown)
        if name not in names:
            yield f"etc/{file}: does not show {name}"
    for name in sorted((shown - {n for s, n in keys if s != "POOL"})
                       | (pool - {n for s, n in keys if s == "POOL"})):
        yield f"etc: the samples show {name}, which lsapid does not know"
    for manual in ROOT.glob("daemon/**/lsapid.conf.5.scd"):
        text = manual.read_text(encoding="utf-8").replace("\\_", "_")
        for _, name in sorted(keys):
            if name not in text:
                yield f"{manual.relative_to(ROOT)}: does not name {name}"


def check_events():
    """Each event that is logged has a row, and each row is logged somewhere."""
    rows = re.findall(r'LOG_EVENT\(\s*"([a-z0-9_.]+)"', read("daemon/base/log_events.def"))
    if rows != sorted(rows):
        yield "daemon/base/log_events.def: not sorted"
    used = {}
    for path in (ROOT / "daemon").rglob("*.c"):
        for event in re.findall(r'\blog_(?:error|warn|notice|info|debug)\(\s*"([^"]+)"',
                                path.read_text(encoding="utf-8")):
            used.setdefault(event, path.relative_to(ROOT))
    for event, path in sorted(used.items()):
        if event not in rows:
            yield f"{path}: {event} has no row in daemon/base/log_events.def"
    named = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "daemon").rglob("*.c"))
    for event in rows:
        if f'"{event}"' not in named:
            yield f"daemon/base/log_events.def: nobody logs {event}"


def main():
    wrong = [*check_lsapi_conf(), *check_lsapid_conf(), *check_events()]
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
