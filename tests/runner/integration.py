# SPDX-License-Identifier: Apache-2.0
"""Legs that run the real things together: pytest over tests/integration."""

import os
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as xml

import builds
import reference
from result import OUT, ROOT, Log, Result, need, tail

# leg: build whose binaries run, pytest's selection, as which user
LEGS = {
    "integration": ("gcc", (), None),
    # the core of what root has seen already; an ordinary user's own run has all of single_user
    "integration-user": ("gcc", ("-m", "single_user and sanitized"), "nobody"),
    "integration-asan": ("asan", ("-m", "sanitized"), None),
}
WORKERS = "2"


def gcc_library(name):
    return subprocess.run(["gcc", "-print-file-name=" + name], stdout=subprocess.PIPE, text=True,
                          check=True).stdout.strip()


def leg_environment(build):
    env = {"LSAPID_BUILD": str(builds.directory(build)), "PYTHONDONTWRITEBYTECODE": "1"}
    where, reason = reference.unpack()
    env["LSAPID_REFERENCE"] = str(where or "")
    env["LSAPID_NO_REFERENCE"] = reason or ""
    if build == "asan":
        env["LSAPID_PRELOAD"] = " ".join(map(gcc_library, ("libasan.so", "libubsan.so")))
    return env


def run_integration(leg, pytest_args=()):
    build, selection, user = LEGS[leg]
    result = Result()
    missing = need("apache2", "strace", "setpriv")
    if missing or not builds.is_built(build):
        why = f"{missing} is not installed" if missing else f"the {build} build did not succeed"
        result.skips.append((leg, why))
        return result
    if user and os.geteuid() != 0:
        # an ordinary user's plain run is this subset already
        result.skips.append((leg, "not root: the leg integration was this same subset"))
        return result

    log = Log(leg)
    report = OUT / "logs" / f"{leg}.xml"
    report.unlink(missing_ok=True)
    # a place that the other user may write to, for the report and for what pytest keeps
    with tempfile.TemporaryDirectory(prefix="lsapid-run-") as place:
        prefix = ()
        if user:
            shutil.chown(place, user)
            prefix = ("setpriv", f"--reuid={user}", "--regid=nogroup", "--clear-groups")
        fresh = os.path.join(place, "report.xml")
        _, output = log.run(
            *prefix, "/usr/bin/python3", "-m", "pytest", "-p", "no:cacheprovider", "-n", WORKERS,
            "--dist", "loadfile", "-q", "--basetemp", os.path.join(place, "tmp"),
            "--junitxml", fresh, *selection, *pytest_args, "tests/integration",
            env=leg_environment(build), must=False, cwd=ROOT)
        if not os.path.exists(fresh):
            result.failures.append((leg, tail(output)))
            return result
        shutil.copyfile(fresh, report)
    for case in xml.parse(report).iter("testcase"):
        note_case(result, leg, case)
    if not result.passed and not result.failures and not result.skips:
        result.failures.append((leg, tail(output)))
    return result


def note_case(result, leg, case):
    name = f"{leg}: {case.get('classname', '').rsplit('.', 1)[-1]}::{case.get('name')}"
    bad = [part for part in case if part.tag in ("failure", "error")]
    skipped = case.find("skipped")
    if bad:
        text = bad[0].text or bad[0].get("message", "")
        # what was wrong, then the end of the servers' logs
        reason = [line for line in text.splitlines() if line.startswith("E  ")]
        result.failures.append((name, "\n".join(reason + [tail(text, 50)])))
    elif skipped is not None:
        result.skips.append((name, skipped.get("message", "no reason given")))
    else:
        result.passed += 1
