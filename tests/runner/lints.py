# SPDX-License-Identifier: Apache-2.0
"""Legs that read the project instead of running it. Each lint is one test."""

import json
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor

import builds
from result import ROOT, Log, Result, need, sources, tail

LINT = ROOT / "tests" / "lint"


def own(log, script, *args):
    """One of tests/lint: it prints what is wrong and where."""
    status, output = log.run(sys.executable, LINT / script, *args, must=False)
    return tail(output) or "failed without a word" if status else None


def shellcheck(log):
    scripts = [p for p in sources() if is_shell(p)]
    status, output = log.run("shellcheck", *scripts, must=False)
    return tail(output) if status else None


def is_shell(path):
    with open(path, "rb") as file:
        first = file.readline(80)
    return re.match(rb"#!.*\b(ba)?sh\b", first) is not None


def pyflakes(log):
    status, output = log.run("pyflakes3", *sources(".py"), must=False)
    return tail(output) if status else None


def clang_format(log):
    status, output = log.run("clang-format-14", "--dry-run", "--Werror", *sources(".c", ".h"),
                             must=False)
    return tail(output) if status else None


def database(leg="clang"):
    """(directory, source files of ours) of the compile database."""
    where = builds.directory(leg)
    entries = json.loads((where / "compile_commands.json").read_text(encoding="utf-8"))
    files = {os.path.realpath(os.path.join(e["directory"], e["file"])) for e in entries}
    ours = set(map(str, sources(".c")))
    return where, sorted(files & ours)


def clang_tidy(log):
    where, files = database()

    def one(path):
        return log.run("clang-tidy-14", "--quiet", "-p", where, path, must=False)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = [line.replace("../../", "") for status, output in pool.map(one, files) if status
                 for line in output.splitlines() if ": error: " in line]
    return "\n".join(sorted(set(found)))


def cppcheck(log):
    where, _ = database()
    status, output = log.run(
        "cppcheck", "--project=" + str(where / "compile_commands.json"), "--quiet",
        "--enable=warning,portability,performance", "--inline-suppr", "--error-exitcode=1",
        "--suppressions-list=" + str(LINT / "cppcheck.suppressions"), "-j", str(os.cpu_count()),
        must=False)
    return tail(output) if status else None


def man_pages(log):
    """Every manual in the sources was built, and not empty."""
    where = builds.directory("gcc")
    del log
    pages = [p.name.split(".scd")[0] for p in [*sources(".scd"), *sources(".scd.in")]]
    missing = [page for page in pages
               if not (where / page).is_file() or not (where / page).stat().st_size]
    return "not built: " + " ".join(missing) if missing else None


# lint: tools it needs, build it needs, what it does
LINTS = {
    "layers": ((), None, lambda log: own(log, "layers.py")),
    "sizes": ((), None, lambda log: own(log, "sizes.py")),
    "rooms": ((), None, lambda log: own(log, "rooms.py")),
    "directives": ((), None, lambda log: own(log, "directives.py")),
    "manuals": (("scdoc", "groff"), None, lambda log: own(log, "manuals.py")),
    "symbols": (("nm",), "gcc", lambda log: own(log, "symbols.py", builds.directory("gcc"))),
    "shellcheck": (("shellcheck",), None, shellcheck),
    "pyflakes": (("pyflakes3",), None, pyflakes),
    "clang-format": (("clang-format-14",), None, clang_format),
    "man-pages": (("scdoc",), "gcc", man_pages),
    "cppcheck": (("cppcheck",), "clang", cppcheck),
    "clang-tidy": (("clang-tidy-14",), "clang", clang_tidy),
}


def run_lint(name):
    tools, wanted, what = LINTS[name]
    result = Result()
    missing = need(*tools)
    if missing:
        result.skips.append((name, f"{missing} is not installed"))
    elif wanted and not builds.is_built(wanted):
        result.skips.append((name, f"the {wanted} build did not succeed"))
    else:
        result.check(name, what(Log(name)))
    return result
