# SPDX-License-Identifier: Apache-2.0
"""Inside of the virtual machine; with the servers, accounts and deadlines of tests/integration."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2] / "integration")]

pytest_plugins = ("accounts", "deadline", "stack", "service")


def pytest_configure(config):
    del config
    # it installs lsapid, and limits accounts: not on anybody's own machine
    if not Path("/run/vm/command").exists():
        raise pytest.UsageError("for a machine that is thrown away: tests/run vm")


def pytest_collection_modifyitems(config, items):
    """The emulated processor is slow: variants of what is shown already wait for who asks."""
    if os.environ.get("LSAPID_VM_LONG") == "1":
        return
    left = [item for item in items if item.get_closest_marker("long")]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


def pytest_unconfigure(config):
    """What the machine has logged outlives it."""
    del config
    results = os.environ.get("LSAPID_MACHINE_RESULTS")
    if results:
        with open(Path(results) / "journal.log", "wb") as journal:
            subprocess.run(["journalctl", "--no-pager", "-o", "short-precise"], stdout=journal,
                           check=False)
