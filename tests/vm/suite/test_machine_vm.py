# SPDX-License-Identifier: Apache-2.0
"""The machine is what the other tests take it for."""

import os
from pathlib import Path

from service import must


def test_systemd_runs_with_all_controllers_and_nothing_has_failed():
    assert Path("/proc/1/comm").read_text() == "systemd\n"
    assert must("systemctl", "is-system-running") == "running\n"
    controllers = Path("/sys/fs/cgroup/cgroup.controllers").read_text().split()
    assert {"cpu", "memory", "pids", "io"} <= set(controllers)


def test_criu_works_with_this_kernel():
    """Debian's kernel for Debian's criu; with its modules, which criu looks for."""
    assert os.uname().release.startswith("6.1.")
    assert "Looks good" in must("criu", "check")


def test_all_capabilities_are_there():
    line, = [line for line in Path("/proc/self/status").read_text().splitlines()
             if line.startswith("CapEff:")]
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    assert int(line.split()[1], 16) == (1 << last + 1) - 1
