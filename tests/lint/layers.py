#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Who may include what: the rooms of the project, and the one door of each foreign library."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)

# room: the rooms whose headers it may include besides its own
ROOMS = {
    "proto": (),
    "daemon/base": (),
    "daemon/config": ("daemon/base", "proto"),
    "daemon/supervisor": ("daemon/base", "daemon/config", "daemon/criu", "proto"),
    "daemon/lsapid": ("daemon/base", "daemon/config", "daemon/supervisor", "proto"),
    "daemon/manager": ("daemon/base", "daemon/config", "proto"),
    "daemon/ctl": ("daemon/base", "daemon/config", "proto"),
    "daemon/criu": ("daemon/base", "proto"),
    "shim": ("proto",),
    "lsphp": ("proto",),
}

# foreign headers: who may include them (a room or one file)
DOORS = {
    r"confuse\.h": ("daemon/config/config_load.c", "daemon/config/config_store.c"),
    r"event2?/.*|event\.h|evutil\.h": ("daemon/manager",),
    r"jansson\.h": ("daemon/manager/report_part.h", "daemon/ctl", "daemon/criu/list.c",
                   "shim/shim_document.h", "shim/shim_status_column.h",
                   "shim/shim_status_figure.h", "shim/shim_status_view.h"),
    r"curses\.h": ("daemon/ctl/top_screen.c",),
    r"criu/.*": ("daemon/criu/engine.c",),
    r"systemd/.*": ("daemon/manager/notify.c",),
    r"ap_.*|apr_.*|http(d|_.*)\.h|util_.*\.h|mpm_.*|unixd\.h|mod_.*\.h|scoreboard\.h": ("shim",),
    r"php.*|SAPI\.h|zend.*|Zend/.*|main/.*|TSRM.*|ext/.*": ("lsphp",),
}


def room_of(name):
    found = [room for room in ROOMS if name.startswith(room + "/")]
    return found[0] if found else None


def check_own(name, room, target):
    if target == "build_config.h" and room != "proto":
        return None
    if "/" not in target:
        return f'"{target}": includes are written from the root'
    if not (ROOT / target).is_file():
        return f'"{target}": no such file'
    other = room_of(target)
    if other == room or other in ROOMS[room]:
        return None
    return f'"{target}": {room} may not know {other or target}'


def check_foreign(name, target):
    for pattern, doors in DOORS.items():
        if re.fullmatch(pattern, target):
            if any(name == door or name.startswith(door + "/") for door in doors):
                return None
            return f"<{target}>: only {', '.join(doors)}"
    return None


def check_file(path):
    name = str(path.relative_to(ROOT))
    room = room_of(name)
    text = path.read_text(encoding="utf-8")
    if not room:
        yield name, "in no room that this lint knows"
        return
    includes = [(m.group(1), m.group(2)) for m in INCLUDE.finditer(text)]
    for kind, target in includes:
        # a foreign library may want quotes; what exists in the tree or names a room is ours
        is_own = kind == '"' and not any(re.fullmatch(p, target) for p in DOORS)
        wrong = check_own(name, room, target) if is_own else check_foreign(name, target)
        if wrong:
            yield name, wrong
    own = path.with_suffix(".h")
    if path.suffix == ".c" and own.is_file():
        first = includes[0][1] if includes else None
        if first != str(own.relative_to(ROOT)):
            yield name, "does not include its own header first"
    if path.suffix == ".h" and not text.startswith("#pragma once\n"):
        yield name, "header without #pragma once in its first line"
    if "SPDX-License-Identifier: Apache-2.0" not in text[:200]:
        yield name, "no SPDX line"
    if re.search(r"^\s*#\s*define\s+_GNU_SOURCE", text, re.MULTILINE):
        yield name, "_GNU_SOURCE is set by meson"


def main():
    wrong = 0
    for top in ("proto", "daemon", "shim", "lsphp"):
        for path in sorted((ROOT / top).rglob("*.[ch]")):
            for name, what in check_file(path):
                print(f"{name}: {what}")
                wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
