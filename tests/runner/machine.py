# SPDX-License-Identifier: Apache-2.0
"""Legs that want a systemd, each in one boot: tests/vm in a virtual machine, tests/box in namespaces."""

import os
import shutil
import tempfile
import xml.etree.ElementTree as xml
from pathlib import Path

import builds
import integration
from result import OUT, ROOT, Log, Result, need, tail

#: leg: seconds of all of it, patience of the tests, and what they read of the environment
LEGS = {
    # beside builds and lints, on two processors; without them it takes a quarter of it, and a run
    # with LSAPID_VM_LONG, which is made by hand, the half
    "vm": (1500 if not os.environ.get("LSAPID_VM_LONG") else 3600, "10", ("LSPHP", "LSAPID_VM_LONG")),
    "box": (600, "1", ("LSPHP",)),
}
BUILD = "gcc"
#: what such a machine needs is not there; pytest has found no test
MISSING, NO_TESTS = 77, 5
#: what the machine leaves in its share, and how it is called among the logs
RESULTS = {"report.xml": "{}.xml", "journal.log": "{}-journal.log"}


def command(leg, place, pytest_args):
    """What is run in the machine, which inherits no environment."""
    _, patience, passed = LEGS[leg]
    env = {**integration.leg_environment(BUILD), "LSAPID_TEST_PATIENCE": patience,
           "LSAPID_MACHINE_RESULTS": place}
    env.update({name: os.environ[name] for name in passed if name in os.environ})
    return ("env", *(f"{name}={value}" for name, value in env.items()), "/usr/bin/python3", "-m",
            "pytest", "-p", "no:cacheprovider", "-v", "--junitxml", f"{place}/report.xml",
            *pytest_args, f"tests/{leg}/suite")


def run_machine(leg, pytest_args=()):
    result = Result()
    missing = need("apache2", "setpriv")
    if missing or not builds.is_built(BUILD):
        why = f"{missing} is not installed" if missing else f"the {BUILD} build did not succeed"
        result.skips.append((leg, why))
        return result
    log = Log(leg)
    kept = {name: OUT / "logs" / form.format(leg) for name, form in RESULTS.items()}
    for path in kept.values():
        path.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{leg}-", dir=OUT) as place:
        status, output = log.run(
            ROOT / "tests" / leg / "run", "--timeout", LEGS[leg][0], "--share", place, "--",
            *command(leg, place, pytest_args), must=False,
            env={"LSAPID_VM_CACHE": os.environ.get("LSAPID_VM_CACHE", str(OUT / "vm"))})
        for name, path in kept.items():
            if (Path(place) / name).exists():
                shutil.copyfile(Path(place) / name, path)
    note_run(result, leg, (status, output), bool(pytest_args))
    return result


def note_run(result, leg, outcome, is_selection):
    status, output = outcome
    report = OUT / "logs" / RESULTS["report.xml"].format(leg)
    if status == MISSING and not report.exists():
        # what cannot run on somebody's machine has to run where pushes are checked
        is_needed = os.environ.get("CI") == "true" and os.geteuid() == 0
        why = tail(output, 2).replace("\n", "; ")
        (result.failures if is_needed else result.skips).append((leg, why))
        return
    if status == NO_TESTS and is_selection:
        result.skips.append((leg, "no test of that name"))
        return
    if report.exists():
        for case in xml.parse(report).iter("testcase"):
            integration.note_case(result, leg, case)
    if status and not result.failures:
        result.failures.append((leg, tail(output)))
