# SPDX-License-Identifier: Apache-2.0
"""What manuals list, against the tables in the code, both ways. Part of the lint manuals.

Others are compared elsewhere: directives and events by directives.py; the keys of lsapid.conf, the
messages and reasons of the control protocol and the findings of check by the unit tests of their
tables; commands, options and JSON of lsapidctl, and switch_mod_lsapi's table, by asking them
(tests/integration/test_ctl_complete.py, test_ctl_json.py, test_host_setup.py).
"""

import re

import directives


def section(page, name):
    """Plain text of one section of a manual."""
    found = re.search(rf"\n# {name}\n(.*?)(?=\n# |\Z)", directives.read(page), re.DOTALL)
    return re.sub(r"\\(.)", r"\1", found.group(1)) if found else ""


def heads(text):
    """Words in bold where an entry begins."""
    lines = re.findall(r"^\*.*$", text, re.MULTILINE)
    return {word for line in lines for word in re.findall(r"\*([^*]+)\*", line)}


def letters(source):
    """Options of a getopt() or getopt_long()."""
    text = directives.read(source)
    short = re.search(r'getopt(?:_long)?\(argc, argv, "([\w:]+)"', text).group(1)
    words = re.findall(r'\{ "(\w+)", \w+_argument', text)
    return {f"-{c}" for c in short if c != ":"} | {f"--{word}" for word in words}


def options(page):
    text = section(page, "SYNOPSIS") + section(page, "OPTIONS")
    return set(re.findall(r"(?<![\w-])--?\w+", text))


def variables():
    return set(re.findall(r'"((?:PHP_)?LS(?:API|PHP)\w*[A-Z])"',
                          directives.read("lsphp/settings.c")))


def spec_keys():
    rows = re.findall(r'^#define SPEC_(\w+)\s+"([\w.]+)"', directives.read("proto/pool_spec.h"),
                      re.MULTILINE)
    return {key for name, key in rows if name != "UNLIMITED"}


def access_names():
    rows = re.findall(r'\{ "(\w+)", (?:NULL|"([\w-]+)"),', directives.read("proto/access_format.c"))
    return {word for row in rows for word in row if word}


def access_rows():
    text = re.findall(r"^\|  (.*)\n:  (.*)\n:  ", section("shim/mod_lsapi.7.scd", "ACCESS LOG"),
                      re.MULTILINE)
    return {word for row in text for cell in row for word in cell.split(", ") if word != "-"}


def conf_entries():
    return {key for page in ("daemon/config/lsapid.conf.5.scd", "daemon/config/pools.d.5.scd")
            for key in re.findall(r"^\*(\w+)\* = ", directives.read(page), re.MULTILINE)}


LSPHP, LSAPID, CONTROL = ("lsphp/lsphp.1.scd", "daemon/lsapid/lsapid.8.scd",
                          "proto/lsapid-control.7.scd")


def tables():
    """What it is, what the code has, what the manual lists."""
    functions = re.findall(r"^\s*PHP_F(?:E|ALIAS)\((\w+)", directives.read("lsphp/sapi_functions.c"),
                           re.MULTILINE)
    defaults = re.findall(r'update\(configuration, "(\w+)"', directives.read("lsphp/sapi.c"))
    told = re.search(r"PHP's own default counts, except that (.*?) is off",
                     section(LSPHP, "CONFIGURATION OF PHP"))
    yield "options of lsphp(1)", letters("lsphp/main.c"), options(LSPHP)
    yield "variables of lsphp(1)", variables(), heads(section(LSPHP, "ENVIRONMENT"))
    yield "functions of lsphp(1)", set(functions), heads(section(LSPHP, "FUNCTIONS FOR SCRIPTS"))
    yield "defaults of lsphp(1)", set(defaults), set(told.group(1).split(", ") if told else ())
    yield "options of lsapid(8)", letters("daemon/lsapid/main.c"), options(LSAPID)
    yield "keys of lsapid.conf(5) and pools.d(5)", {name for _, name in directives.config_keys()}, \
        conf_entries()
    yield "specification of lsapid-control(7)", spec_keys(), \
        heads(section(CONTROL, "SPECIFICATION OF A POOL"))
    yield "access log of mod_lsapi(7)", access_names(), access_rows()


def check():
    for what, known, told in tables():
        if not known:
            yield f"{what}: nothing found in the code"
        yield from (f"{what}: {name} is missing" for name in sorted(known - told))
        yield from (f"{what}: {name} is not known to the code" for name in sorted(told - known))
