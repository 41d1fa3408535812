#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One table each: directives and events stand in their samples and manuals, with their defaults."""

import csv
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def read(name):
    path = ROOT / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


SAMPLE, MANUAL = "etc/lsapi.conf", "shim/mod_lsapi.7.scd"
TABLE = ("; directives: written by tests/lint/directives.py --write\n", "; directives: end\n")
FOREIGN = ("; of other modules: written by tests/lint/directives.py --write\n",
           "; of other modules: end\n")
CONTEXTS = {"MAIN": "main server", "SERVER": "server", "SECTION": "section",
            "ANYWHERE": ".htaccess"}
EFFECTS = {"ACTS": "", "REPLACED": "No need: ", "IGNORED": "No effect: "}
# Columns of a row after its id and name, per kind; see the head of the file.
COLUMNS = {
    "SWITCH": "holder context value effect help",
    "NUMBER": "holder context min max value effect help",
    "WORD": "holder context check arguments value effect help",
    "OTHER": "takes setter context arguments value effect help",
}
# Where ours differs from the reference, and why.
OTHER_DEFAULT = {
    "lsapi_backend_children": "120; an account that may have fewer processes gets fewer",
    "lsapi_max_connection": "as many as children",
    "lsapi_backend_initial_start": "lsapid freezes by itself where that pays, so 15 as in examples",
    "lsapi_criu_imgs_dir_path": "that of lsapid, which outlives a reboot",
    "lsapi_with_connection_pool": "connections are always kept unless Off is written",
    "lsapi_daemon_socket": "ours", "lsapi_daemon_key": "ours",
    "lsapi_access_log": "ours", "lsapi_backend_slow_time": "ours", "lsapi_measure_usage": "ours",
    "lsapi_xsendfile": "ours", "lsapi_xsendfile_path": "ours",
    "lsapi_error_code": "of each class",
    "lsapi_sentry": "there is none", "lsapi_check_script": "its text says both",
}
# Never in .htaccess whatever the reference says. Logs and core dumps may stand there, for users'
# files to load, and are ignored: holder SERVER.
NARROWER = {"php_admin_value", "php_admin_flag"}


def cells(text):
    """The arguments of a macro call: strings are joined, the rest is as it stands."""
    found = re.findall(r'((?:"(?:[^"\\]|\\.)*"\s*)+)|([^,\s][^,]*)', text)
    return ["".join(re.findall(r'"((?:[^"\\]|\\.)*)"', string)) if string else word.strip()
            for string, word in found]


def directives():
    """name: row of proto/directives.def, in its order."""
    source = re.sub(r"/\*.*?\*/", "", read("proto/directives.def"), flags=re.DOTALL)
    rows = {}
    calls = r'^(SWITCH|NUMBER|WORD|ALIAS|OTHER)\(((?:[^"()]|"(?:[^"\\]|\\.)*")*)\)'
    for kind, arguments in re.findall(calls, source, re.MULTILINE):
        row = cells(arguments)
        if kind == "ALIAS":
            names = "id kind target name context arguments value effect help"
        else:
            names = f"id name {COLUMNS[kind]}"
        row = dict(zip(names.split(), row, strict=True))
        row.setdefault("kind", kind)
        if row["kind"] == "SWITCH":
            row["arguments"] = "On|Off"
            row["value"] = {"0": "Off", "1": "On"}.get(row["value"], row["value"])
        if kind == "NUMBER":
            row["arguments"] = "number"
        rows[row["name"]] = row
    return rows


def escape(text):
    return re.sub(r"([_*\\|])", r"\\\1", text)


def widest(row):
    """The widest context in which the directive does what it says."""
    is_loaded_only = row.get("holder") == "SERVER" and row["context"] in ("SECTION", "ANYWHERE")
    return f"server; ignored in {CONTEXTS[row['context']]}" if is_loaded_only else \
        CONTEXTS[row["context"]]


def manual_table(rows):
    lines = ["[[ *Directive*", ":< *Arguments*", ":< *Default*", ":< *Widest context*",
             ":< *What it does*"]
    for row in rows.values():
        lines += [f"|  {escape(row['name'])}", f":  {escape(row['arguments'])}",
                  f":  {escape(row['value'])}", f":  {widest(row)}",
                  f":  {EFFECTS[row['effect']]}{escape(row['help'])}"]
    return "\n".join(lines) + "\n\n"


def foreign():
    """(name, module, help) of proto/directives_foreign.def, in its order."""
    calls = r'^(OWNER|FOREIGN)\(((?:[^"()]|"(?:[^"\\]|\\.)*")*)\)'
    rows = [cells(arguments) for _, arguments in
            re.findall(calls, read("proto/directives_foreign.def"), re.MULTILINE)]
    return [(row[0], row[1], row[-1]) for row in rows]


def foreign_table(rows):
    lines = ["[[ *Directive*", ":< *Of*", ":< *In its place*"]
    for name, module, text in rows:
        lines += [f"|  {escape(name)}", f":  {escape(module)}", f":  {escape(text)}"]
    return "\n".join(lines) + "\n\n"


def split_manual(marks=TABLE):
    """(before, table, after); the table may be missing."""
    text = read(MANUAL)
    if marks[0] not in text or marks[1] not in text:
        return None
    before, rest = text.split(marks[0], 1)
    table, after = rest.split(marks[1], 1)
    return before, table, after


def write_manual():
    for marks, table in ((TABLE, manual_table(directives())), (FOREIGN, foreign_table(foreign()))):
        before, _, after = split_manual(marks)
        (ROOT / MANUAL).write_text(before + marks[0] + table + marks[1] + after, encoding="utf-8")


def check_foreign():
    rows, parts = foreign(), split_manual(FOREIGN)
    if not rows:
        yield "proto/directives_foreign.def: no rows found"
    if not parts or parts[1] != foreign_table(rows):
        yield f"{MANUAL}: table of directives of other modules is not that of " \
              "proto/directives_foreign.def: run with --write"


def check_lsapi_conf():
    rows = directives()
    if not rows:
        yield "proto/directives.def: no rows found"
    sample = read(SAMPLE)
    shown = dict(re.findall(r"^\s*#?((?:lsapi_|php_|LSAPIPath)\w*) (.*)$", sample, re.MULTILINE))
    for name in sorted(set(rows) - set(shown)):
        yield f"{SAMPLE}: does not show {name}"
    for name in sorted(set(shown) - set(rows)):
        yield f"{SAMPLE}: shows {name}, which mod_lsapi does not know"
    for name in set(rows) & set(shown):
        is_commented = re.search(rf"^\s*#{name} ", sample, re.MULTILINE)
        value = rows[name]["value"]
        if is_commented and value != "-" and shown[name] != value:
            yield f"{SAMPLE}: {name} {shown[name]} is not its default {value}"
    parts = split_manual()
    if not parts:
        yield f"{MANUAL}: no table of directives"
        return
    if parts[1] != manual_table(rows):
        yield f"{MANUAL}: table of directives is not that of proto/directives.def: run with --write"
    section = re.search(r"\n# DIRECTIVES\n(.*?)\n# ", parts[0], re.DOTALL)
    for name, row in rows.items():
        if row["effect"] == "ACTS" and f"*{name}*" not in section.group(1).replace("\\_", "_"):
            yield f"{MANUAL}: section DIRECTIVES does not explain {name}"


def golden():
    with open(ROOT / "tests/golden/directives.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def reference():
    """Names that the manual of the reference product explains."""
    return {row["name"] for row in golden() if not row["section"].startswith("extra")}


def check_reference():
    """The list of the reference product: nothing is missing, nothing means something else."""
    rows = directives()
    wanted = golden()
    for row in wanted:
        ours = rows.get(row["name"])
        if not ours:
            yield f"proto/directives.def: {row['name']} of tests/golden/directives.csv is missing"
            continue
        if row["name"] not in OTHER_DEFAULT and ours["value"].lower() != row["default"].lower():
            yield f"proto/directives.def: {row['name']}: default {ours['value']}, reference " \
                  f"{row['default']}"
        if row["name"] in NARROWER:
            continue
        least = "ANYWHERE" if "htaccess" in row["context"] else \
            "SECTION" if re.search("directory|location", row["context"]) else "MAIN"
        order = list(CONTEXTS)
        if order.index(ours["context"]) < order.index(least):
            yield f"proto/directives.def: {row['name']}: context {ours['context']}, reference " \
                  f"{row['context']}"
    for name in sorted(set(rows) - {row["name"] for row in wanted} - set(OTHER_DEFAULT)):
        yield f"tests/golden/directives.csv: does not list {name}"


def check_tests():
    """Each directive that acts, or whose place is taken, is named in a test with a real Apache."""
    # those that take all rows of the table prove nothing of any one of them
    text = "\n".join(path.read_text(encoding="utf-8")
                     for path in (ROOT / "tests/integration").glob("test_*.py")
                     if path.name not in ("test_import.py", "test_migration.py"))
    for name in directives():
        if not re.search(rf"\b{name}\b", text):
            yield f"tests/integration: no test of {name}"


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


def check_log_pages():
    """Manual and catalog are made of the table: nothing of it gets lost on the way."""
    script, table = ROOT / "daemon/base/log_pages.py", ROOT / "daemon/base/log_events.def"
    template = ROOT / "daemon/base/lsapid-log.7.scd.in"
    made = {kind: subprocess.run([sys.executable, script, kind, table, template], text=True,
                                 stdout=subprocess.PIPE, check=True).stdout
            for kind in ("manual", "catalog")}
    manual = re.sub(r"\\(.)", r"\1", made["manual"])
    for _, row in re.findall(r"^LOG_EVENT(_MANY)?\((.*?)\)$", table.read_text(encoding="utf-8"),
                             re.MULTILINE | re.DOTALL):
        name, number, cause, remedy = (re.sub(r"\\(.)", r"\1", cell) for cell in cells(row))
        if f"*{name}*\n\t{cause}++\nRemedy: {remedy}++\n_{number}_\n" not in manual:
            yield f"lsapid-log(7): no {name}, or not as in the table"
        if not re.search(rf"^-- {number}\nSubject: {name}\n(.+\n)+\n{re.escape(cause)}\n\nRemedy: "
                         rf"{re.escape(remedy)}\n", made["catalog"], re.MULTILINE):
            yield f"lsapid.catalog: no {name}, or not as in the table"


def check_events():
    """Each event that is logged has a row, and each row is logged somewhere."""
    rows = re.findall(r'^LOG_EVENT(?:_MANY)?\(\s*"([a-z0-9_.]+)"', read("daemon/base/log_events.def"),
                      re.MULTILINE)
    if rows != sorted(rows):
        yield "daemon/base/log_events.def: not sorted"
    used = {}
    for path in (ROOT / "daemon").rglob("*.c"):
        if re.search(r'F_[A-Z]*INT\("(pool|user)"', path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(ROOT)}: pool and user are names: F_POOL(), or pool_id and uid"
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
    if sys.argv[1:] == ["--write"]:
        write_manual()
    wrong = [*check_lsapi_conf(), *check_foreign(),
             *check_reference(), *check_tests(), *check_lsapid_conf(),
             *check_events(), *check_log_pages()]
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
