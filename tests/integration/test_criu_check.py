# SPDX-License-Identifier: Apache-2.0
"""lsapid-criu check: whether CRIU works on this host, and if not, why and what helps."""

import os

import pytest
from criu_helper import CRIU, DONE, FAILED, HELPER, WHY_NOT, bench, run

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the supervisor is root")
__all__ = ["bench"]  # the fixture


def check(bench, program):
    return run(bench, "check", program=program, dir=None)


def fake_criu(bench, version, text, status):
    path = bench.dir / "fake"
    path.write_text(f"#!/bin/sh\n[ $1 = check ] || {{ echo '{version}'; exit 0; }}\n"
                    f"echo '{text}' >&2\nexit {status}\n")
    path.chmod(0o755)
    return path


@pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")
def test_check_says_the_version(bench):
    report = check(bench, CRIU)
    assert report.result == DONE and report.text[0].isdigit()


def test_check_without_criu(bench):
    report = check(bench, "/nowhere/criu")
    assert report.result == FAILED
    assert report.text == "/nowhere/criu is not there: install the package criu"


def test_check_of_one_that_anybody_may_change(bench):
    path = fake_criu(bench, "Version: 99.1", "", 0)
    path.chmod(0o777)
    report = check(bench, path)
    assert report.result == FAILED and report.text.startswith(f"{path} ")
    assert "write" in report.text or "writable" in report.text, report


def test_check_of_another_program(bench):
    report = check(bench, "/usr/bin/true")
    assert report.text == "/usr/bin/true says no version, is it criu?"


def test_check_that_fails(bench):
    noise = "Error (criu/util.c:642): exited, status=1"
    path = fake_criu(bench, "Version: 99.1", f"{noise}\nError (criu/x.c:1): no luck", 1)
    assert check(bench, path).text == '"criu check" of criu 99.1 failed: no luck'
    # an error is no failure
    path = fake_criu(bench, "Version: 99.1", "Error (criu/x.c:1): no luck", 0)
    report = check(bench, path)
    assert report.result == DONE and report.text == "99.1"


def test_check_of_one_that_is_too_old(bench):
    path = fake_criu(bench, "Version: 3.17.1", "Error (criu/vdso.c:381): bounds", 1)
    text = check(bench, path).text
    if tuple(int(n) for n in os.uname().release.split(".")[:2]) >= (6, 13):
        assert text.startswith("criu 3.17.1 is too old for kernel 6.") and "4.1" in text
    assert text.endswith(": bounds")


def test_check_names_missing_capabilities(bench):
    # lsapid without them: setpriv stands between
    path = bench.dir / "without"
    path.write_text(f"#!/bin/sh\nexec setpriv --bounding-set -sys_time,-net_admin {HELPER} \"$@\"\n")
    path.chmod(0o755)
    bench.helper = path
    report = check(bench, "/usr/bin/true")
    assert report.text == "capabilities are missing, let lsapid have CAP_NET_ADMIN CAP_SYS_TIME"


def test_no_answer_is_no_answer_and_it_is_asked_again(stack):
    """A host that is busy starting may need more than criu_time_limit for it."""
    made = stack(start=False)
    path = made.place.path / "criu"
    path.write_text(f"#!/bin/sh\nmkdir {made.place.path}/asked 2>/dev/null && exec sleep 60\n"
                    "echo 'that is no version'\n")
    path.chmod(0o755)
    made.daemon.settings.update({"criu_program": path, "criu_time_limit": "500ms"})
    made.daemon.write_conf()
    made.daemon.start()
    made.daemon.wait_log("it took longer than criu_time_limit, 500 ms")
    made.daemon.wait_log("says no version, is it criu?")
