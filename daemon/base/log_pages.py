#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What people read of log_events.def: the list in lsapid-log(7), and the journal's catalog.

usage: log_pages.py manual EVENTS TEMPLATE | log_pages.py catalog EVENTS
"""

import re
import sys
from pathlib import Path

ROW = re.compile(r'^LOG_EVENT(?:_MANY)?\(' + r',\s*'.join([r'"((?:[^"\\]|\\.)*)"'] * 4) + r'\)$',
                 re.MULTILINE)


def events(path):
    """(name, id, cause, remedy) of each event, in the order of the table."""
    rows = ROW.findall(Path(path).read_text(encoding="utf-8"))
    return [tuple(re.sub(r"\\(.)", r"\1", text) for text in row) for row in rows]


def escape(text):
    return re.sub(r"([_*\\|#~])", r"\\\1", text)


def manual(rows, template):
    lines = []
    for name, number, cause, remedy in rows:
        lines += [f"*{escape(name)}*", f"\t{escape(cause)}++", f"Remedy: {escape(remedy)}++",
                  f"_{number}_", ""]
    text = Path(template).read_text(encoding="utf-8")
    return text.replace("@EVENTS@\n", "\n".join(lines))


def catalog(rows):
    entries = [f"-- {number}\nSubject: {name}\nDefined-By: lsapid\n"
               f"Documentation: man:lsapid-log(7)\n\n{cause}\n\nRemedy: {remedy}\n"
               for name, number, cause, remedy in rows]
    return "\n".join(entries)


def main():
    rows = events(sys.argv[2])
    sys.stdout.write(manual(rows, sys.argv[3]) if sys.argv[1] == "manual" else catalog(rows))


if __name__ == "__main__":
    main()
