# SPDX-License-Identifier: Apache-2.0
"""lsapidctl-json(7) as a schema: what is printed has to be what is listed there, and all of it."""

import re

from place import ROOT

PATH = ROOT / "daemon/ctl/lsapidctl-json.7.scd"
TYPES = {str: "text", bool: "bool", int: "number", float: "number", type(None): "null",
         dict: "object", list: "list"}
#: the last part of a path whose keys are data
ANY = re.compile(r"[A-Z]+")
#: what only frozen PHP has: rows that need a CRIU that works
FROZEN = ("criu freeze: ", "criu list: answer.images[].", "frozen: cold_ms", "frozen: cold_last_ms",
          "frozen: thawed_ms", "frozen: thawed_last_ms", "frozen: freeze_ms", "frozen: image_bytes")


class Node:
    """What may stand at one place. A row of the manual has a path; what only leads there has none."""

    def __init__(self):
        self.path = None
        self.types = set()
        self.is_optional = True  # of what only leads there: unless a row below it always is
        self.keys = {}

    def add(self, names, path, types, is_optional):
        if not names:
            assert self.path is None, f"{path} is listed twice"
            self.path, self.is_optional = path, is_optional
            self.types |= types
            return
        self.types.add("list" if names[0] == "[]" else "object")
        self.is_optional = self.is_optional and (is_optional or names[0] == "[]")
        self.keys.setdefault(names[0], Node()).add(names[1:], path, types, is_optional)


def sections(text):
    """(headings, rows) of the page; a row is path and type."""
    for part in re.split(r"\n## ", text)[1:]:
        heading, body = part.split("\n", 1)
        rows = re.findall(r"^\|  _([^\n]*)_\n:  ([^\n]*)\n:  ", body, re.MULTILINE)
        yield heading.split(", "), rows


class JsonManual:
    """check() compares one document, and notes which rows it has shown."""

    def __init__(self):
        self.roots = {}
        self.rows, self.seen = set(), set()
        for headings, rows in sections(PATH.read_text(encoding="utf-8")):
            root = Node()
            for path, types in rows:
                names = [n for n in re.split(r"\.|(\[\])", path) if n]
                where = f"{headings[0]}: {path}"
                self.rows.add(where)
                root.add(names, where, set(types.rstrip("?").split(" or ")), types.endswith("?"))
            self.roots |= {heading: root for heading in headings}

    def unseen(self, is_frozen):
        """Rows that nothing has shown: of those of frozen PHP, or of all others."""
        return sorted(row for row in self.rows - self.seen
                      if row.startswith(FROZEN) == is_frozen)

    def check(self, command, document):
        """What is wrong with it: a list of sentences."""
        return list(self.compare(self.roots[command], document, command))

    def compare(self, node, value, place):
        kind = TYPES[type(value)]
        if node.path:
            self.seen.add(node.path)
        known = [node] if kind in node.types else []
        if kind == "object":
            known += [self.roots[name] for name in node.types if name in self.roots]
        if not known:
            yield f"{place} is {kind}: the manual says {' or '.join(sorted(node.types))}"
        elif kind == "list":
            for item in value:
                yield from self.compare(node.keys["[]"], item, f"{place}[]")
        elif kind == "object":
            yield from self.compare_keys(known, value, place)

    def compare_keys(self, nodes, value, place):
        keys = {name: node for parent in nodes for name, node in parent.keys.items()}
        any_key = next((node for name, node in keys.items() if ANY.fullmatch(name)), None)
        for name, part in value.items():
            if name in keys or any_key:
                yield from self.compare(keys.get(name, any_key), part, f"{place}.{name}")
            else:
                yield f"{place}.{name} is printed, and not in the manual"
        for name, node in keys.items():
            if name not in value and not node.is_optional and node is not any_key:
                yield f"{place}.{name} is in the manual, and not printed"
