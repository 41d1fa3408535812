# SPDX-License-Identifier: Apache-2.0
"""Legs that build the project in some way and run meson's tests in it."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from result import OUT, Failed, Log, Result, need, tail

SANITIZER_ENV = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1:abort_on_error=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1",
}
# Lines for its reports are all that a sanitizer wants of the compiler: a third less of its time.
# maybe-uninitialized is what gcc's manual says of it: wrong where less is optimized.
ASAN = ("-Db_sanitize=address,undefined", "-Db_lundef=false", "-Doptimization=1",
        "-Dc_args=-g1 -Wno-maybe-uninitialized")
OFF = tuple(f"-D{name}=disabled" for name in ("shim", "lsphp", "man", "systemd"))


def is_installed(target):
    return target["installed"]


def is_unit_test(*names):
    return lambda target: target["name"] in [f"test_{name}" for name in names]


def is_used(target):
    """By those who install it, or by tests/bench."""
    return is_installed(target) or Path(target["defined_in"]).parent.name == "bench"


def is_for_fuzzing(target):
    return target["name"].startswith(("fuzz_", "replay_"))


RACES = ("lease_note", "lease_race", "shim_crowd", "shim_session")

# leg: compiler, meson options, which targets are built (None: all), arguments of meson test (None:
# nothing is run). The unit tests run as they are and under ASan; clang sees their sources in
# clang-tidy, and what it is for here is libFuzzer's build of everything else.
BUILDS = {
    "gcc": ("gcc", (), None, ()),
    "clang": ("clang-14", ("-Dfuzz=true", "-Doptimization=1", "-Dc_args=-g1"),
              lambda target: is_installed(target) or is_for_fuzzing(target),
              ("--suite", "fuzz-replay")),
    "asan": ("gcc", ASAN, None, ()),
    "tsan": ("gcc", ("-Db_sanitize=thread", "-Db_lundef=false") + OFF, is_unit_test(*RACES),
             ("--suite", "unit", *RACES)),
    "O3": ("gcc", ("-Dbuildtype=release",), is_used, None),
    "bare": ("gcc", OFF, is_installed, None),
}

# unit tests with cases that root cannot run: once more as an ordinary user
AS_USER = ("child", "watch_dirs")
USER = "nobody"


def directory(leg):
    return OUT / leg


def build(leg, log):
    """Configure, when the options are new, and build with every warning an error."""
    compiler, options, is_wanted, _ = BUILDS[leg]
    where = directory(leg)
    recipe = where / ".recipe"
    words = " ".join((compiler, *options))
    if not recipe.exists() or recipe.read_text() != words:
        shutil.rmtree(where, ignore_errors=True)
        log.run("meson", "setup", where, "--werror", *options, env={"CC": compiler})
        recipe.write_text(words)
    log.run("ninja", "-C", where, *(wanted(where, is_wanted) if is_wanted else ()))


def wanted(where, is_wanted):
    done = subprocess.run(["meson", "introspect", "--targets", where], stdout=subprocess.PIPE,
                          check=True, text=True)
    return [os.path.relpath(name, where) for target in json.loads(done.stdout)
            if is_wanted(target) for name in target["filename"]]


def cases(entry):
    """Counts of one test program by cmocka's summary; a program without one is one test."""
    output = entry.get("stdout", "") + entry.get("stderr", "")
    found = {}
    for word in ("PASSED", "FAILED", "SKIPPED"):
        found[word] = sum(int(n) for n in re.findall(r"\[\s+%s\s+\] (\d+) test" % word, output))
    return found["PASSED"], found["FAILED"], found["SKIPPED"], output


def run_build(leg):
    """A build is one test; then each case of the unit tests and each corpus replay."""
    compiler, _, _, tests = BUILDS[leg]
    result = Result()
    missing = need(compiler, "meson", "ninja")
    if missing:
        result.skips.append((f"{leg}: build and unit tests", f"{missing} is not installed"))
        return result
    log = Log(leg)
    try:
        build(leg, log)
    except Failed as why:
        result.failures.append((f"{leg}: build", str(why)))
        return result
    result.passed += 1
    if tests is None:
        return result

    where = directory(leg)
    journal = where / "meson-logs" / "testlog.json"
    journal.unlink(missing_ok=True)
    status, output = log.run("meson", "test", "-C", where, "--no-rebuild", "--timeout-multiplier",
                             "3", *tests, env=SANITIZER_ENV, must=False)
    if not journal.exists():
        result.failures.append((f"{leg}: meson test", tail(output)))
        return result
    seen = 0
    for line in journal.read_text(encoding="utf-8").splitlines():
        seen += 1
        note_program(result, leg, json.loads(line))
    if status and not result.failures:
        result.failures.append((f"{leg}: meson test", tail(output)))
    if not seen:
        result.failures.append((f"{leg}: meson test", "no test was run"))
    return result


def note_program(result, leg, entry):
    name = f"{leg}: {entry['name']}"
    passed, failed, skipped, output = cases(entry)
    if entry["result"] == "SKIP":
        result.skips.append((name, (tail(output, 1) or "no reason given")))
    elif entry["result"] in ("OK", "EXPECTEDFAIL"):
        result.passed += passed or 1
    else:
        result.passed += passed
        for _ in range(max(failed, 1)):
            result.failures.append((name, f"{entry['result']}\n{tail(output)}"))
    for case in re.findall(r"\[\s+SKIPPED\s+\] (\w+__\w+)", output)[:skipped]:
        result.skips.append((f"{name}: {case}", "what it needs is not here (root, or not root)"))


def run_as_user():
    """The programs of the gcc build whose root run has skipped something."""
    result = Result()
    missing = need("setpriv")
    if missing or not is_built("gcc"):
        why = f"{missing} is not installed" if missing else "the gcc build did not succeed"
        result.skips.append(("unit-user", why))
        return result
    if os.geteuid() != 0:
        result.skips.append(("unit-user", "not root: the leg gcc was this already"))
        return result
    log = Log("unit-user")
    # a copy where the other user can walk to
    with tempfile.TemporaryDirectory(prefix="lsapid-unit-") as place:
        os.chmod(place, 0o755)
        for name in AS_USER:
            program = shutil.copy(directory("gcc") / "tests" / "unit" / f"test_{name}", place)
            status, output = log.run("setpriv", f"--reuid={USER}", "--regid=nogroup",
                                     "--clear-groups", program, must=False, cwd="/")
            note_program(result, "unit-user", {
                "name": name, "result": "FAIL" if status else "OK", "stdout": output})
    return result


def is_built(leg):
    return os.path.exists(directory(leg) / "compile_commands.json")
