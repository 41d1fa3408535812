# SPDX-License-Identifier: Apache-2.0
"""The leg that wants a machine of its own: tests/vm/suite in a virtual one, in one boot."""

import os
import shutil
import tempfile
import xml.etree.ElementTree as xml
from pathlib import Path

import builds
import integration
from result import OUT, ROOT, Log, Result, need, tail

LEG = "vm"
BUILD = "gcc"
#: tests/vm/run has not what it needs; pytest has found no test
MISSING, NO_TESTS = 77, 5
#: beside builds and lints, on two processors; without them it takes a quarter of it
TIME_LIMIT_S = 1500
PATIENCE = "10"
PASSED = ("LSPHP", "LSAPID_VM_LONG")
#: what the machine leaves in its share, and how it is called among the logs
RESULTS = {"report.xml": f"{LEG}.xml", "journal.log": f"{LEG}-journal.log"}


def command(place, pytest_args):
    """What is run in the machine, which inherits no environment."""
    env = {**integration.leg_environment(BUILD), "LSAPID_TEST_PATIENCE": PATIENCE,
           "LSAPID_VM_RESULTS": place}
    env.update({name: os.environ[name] for name in PASSED if name in os.environ})
    return ("env", *(f"{name}={value}" for name, value in env.items()), "/usr/bin/python3", "-m",
            "pytest", "-p", "no:cacheprovider", "-v", "--junitxml", f"{place}/report.xml",
            *pytest_args, "tests/vm/suite")


def run_vm(pytest_args=()):
    result = Result()
    missing = need("apache2", "setpriv")
    if missing or not builds.is_built(BUILD):
        why = f"{missing} is not installed" if missing else f"the {BUILD} build did not succeed"
        result.skips.append((LEG, why))
        return result
    log = Log(LEG)
    for name in RESULTS.values():
        (OUT / "logs" / name).unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="vm-", dir=OUT) as place:
        status, output = log.run(
            ROOT / "tests" / "vm" / "run", "--timeout", TIME_LIMIT_S, "--share", place, "--",
            *command(place, pytest_args), must=False,
            env={"LSAPID_VM_CACHE": os.environ.get("LSAPID_VM_CACHE", str(OUT / "vm"))})
        for name, kept in RESULTS.items():
            if (Path(place) / name).exists():
                shutil.copyfile(Path(place) / name, OUT / "logs" / kept)
    note_run(result, status, output, bool(pytest_args))
    return result


def note_run(result, status, output, is_selection):
    report = OUT / "logs" / RESULTS["report.xml"]
    if status == MISSING and not report.exists():
        # what cannot run on somebody's machine has to run where pushes are checked
        is_needed = os.environ.get("CI") == "true" and os.geteuid() == 0
        why = tail(output, 2).replace("\n", "; ")
        (result.failures if is_needed else result.skips).append((LEG, why))
        return
    if status == NO_TESTS and is_selection:
        result.skips.append((LEG, "no test of that name"))
        return
    if report.exists():
        for case in xml.parse(report).iter("testcase"):
            integration.note_case(result, LEG, case)
    if status and not result.failures:
        result.failures.append((LEG, tail(output)))
