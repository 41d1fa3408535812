# SPDX-License-Identifier: Apache-2.0
"""Inside of the box; with the servers, accounts and deadlines of tests/integration.

What is installed here are the Debian packages, with the programs of the build under test.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parents[2] / "integration")]

pytest_plugins = ("accounts", "deadline", "stack", "service")


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    from packaged import PackagedService  # not before pytest has loaded what it imports
    service = PackagedService(tmp_path_factory.mktemp("packages"))
    service.install()
    return service


def pytest_configure(config):
    for mark in ("single_user", "sanitized", "deadline"):
        config.addinivalue_line("markers", f"{mark}: of tests/integration")
    # it installs lsapid: not on anybody's own machine
    if not Path("/run/box/command").exists():
        raise pytest.UsageError("for a machine that is thrown away: tests/run box")


def pytest_unconfigure(config):
    """What the machine has logged outlives it."""
    del config
    results = os.environ.get("LSAPID_MACHINE_RESULTS")
    if results:
        with open(Path(results) / "journal.log", "wb") as journal:
            subprocess.run(["journalctl", "--no-pager", "-o", "short-precise"], stdout=journal,
                           check=False)
