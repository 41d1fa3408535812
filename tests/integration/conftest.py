# SPDX-License-Identifier: Apache-2.0
"""Fixtures of these tests alone; those that tests/vm has as well are plugins."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import place as ground  # noqa: E402
import host_tree  # noqa: E402
import lsphp_server  # noqa: E402
from supervisor_peer import Supervisor  # noqa: E402

pytest_plugins = ("accounts", "deadline", "stack")
make_host = host_tree.make_host  # the one of hosts with panels, in trees
lsphp = lsphp_server.lsphp  # the fixture of the tests of lsphp alone


@pytest.fixture
def make():
    """Factory of supervisors whose manager is the test."""
    made = []

    def factory(**settings):
        made.append(Supervisor(**({"uid_min": 1, "gid_min": 1} | settings)))
        return made[-1]

    yield factory
    for supervisor in made:
        supervisor.end()


@pytest.fixture
def sup(make):
    return make()


def pytest_runtest_setup(item):
    if not ground.IS_ROOT and not item.get_closest_marker("single_user"):
        pytest.skip("needs root: several accounts take part")
