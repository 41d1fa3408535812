#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Lengths: a file holds one noun (500 lines), a function one thought (80 lines)."""

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE_LINES = 500
FUNCTION_LINES = 80
COLUMNS = 100
# Of code, all of daemon/supervisor: what runs as root stays readable. The plan said 1500; checked
# paths, the ordered steps after fork, the tree of descendants, and refusals with a remedy came
# to 2300, and a signal to one child that the manager names, but may not be trusted with, to 2500;
# log files, which root alone may open, and the second socket to 2950; what only root can give to
# PHP before it becomes a user (limits, priority, a file of settings that nobody else can read) to
# 3400; to read a file of a user as that user, without waiting for his home, to 4150; and what a
# process of a user does before it is ended, which only root sees, to 4300; to have PHP frozen and
# thawed, by a helper that does the work but whose init of a namespace is our child like any lsphp,
# to 5400; to speak with systemd for all of us, as a process of a site could if more than the main
# one were heard, and to replace a manager that hangs, to 5650; to try a configuration, to
# change the log's level, and to say whom the sockets of a process lead to, which only root sees, to
# 5770; how the kernel is to schedule PHP, which is said before exec, to 5805. What is left above
# that is for bugs: another task belongs into the manager.
SUPERVISOR_LINES = 5830


def c_functions(lines):
    """(name, length) of each function: clang-format puts its braces into the first column."""
    begin = None
    for number, line in enumerate(lines):
        if line == "{":
            begin = number
        elif line == "}" and begin is not None:
            yield lines[begin - 1].strip(), number - begin + 1
            begin = None


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.end_lineno - node.lineno + 1


def check(path):
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    if len(lines) - 1 > FILE_LINES:
        yield f"{len(lines) - 1} lines, more than {FILE_LINES}: does it hold one noun?"
    functions = python_functions(text) if path.suffix == ".py" else c_functions(lines)
    for name, length in functions:
        if length > FUNCTION_LINES:
            yield f"{name}: {length} lines, more than {FUNCTION_LINES}"
    for number, line in enumerate(lines, 1):
        if len(line.expandtabs(8)) > COLUMNS and '"' not in line:
            yield f"line {number}: more than {COLUMNS} columns"


def code_lines(path):
    """Lines with more than a comment or white space."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return sum(1 for line in text.split("\n") if line.strip())


def main():
    wrong = 0
    for top in ("proto", "daemon", "shim", "lsphp", "tests"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix not in (".c", ".h", ".py"):
                continue
            for what in check(path):
                print(f"{path.relative_to(ROOT)}: {what}")
                wrong += 1
    supervisor = sum(code_lines(p) for p in (ROOT / "daemon" / "supervisor").glob("*.c"))
    if supervisor > SUPERVISOR_LINES:
        print(f"daemon/supervisor: {supervisor} lines of code, more than {SUPERVISOR_LINES}")
        wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
