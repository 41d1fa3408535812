# SPDX-License-Identifier: Apache-2.0
"""What a set of processes costs: a cgroup that counts the processor time of all that are started in it.

Children that have ended are counted too, and nothing is sampled: the figure is the kernel's own, in
nanoseconds (v1, cpuacct) or microseconds (v2).
"""

import os
import re
import subprocess
from pathlib import Path

MOUNTS = Path("/proc/self/mounts")


class NoMeter(Exception):
    """This host has no cgroup that could count."""


def controller():
    """(directory of a hierarchy, file with the time, nanoseconds of its unit)."""
    for line in MOUNTS.read_text().splitlines():
        _, where, kind, options = line.split()[:4]
        if kind == "cgroup" and "cpuacct" in options.split(","):
            return Path(where), "cpuacct.usage", 1
    for line in MOUNTS.read_text().splitlines():
        _, where, kind = line.split()[:3]
        if kind == "cgroup2" and (Path(where) / "cpu.stat").exists():
            return Path(where), "cpu.stat", 1000
    raise NoMeter("no cgroup with processor time is mounted")


class Meter:
    """One such cgroup; it goes with end(), when its processes have gone."""

    def __init__(self, name):
        where, file, self.unit = controller()
        self.path = where / f"lsapid-bench-{os.getpid()}-{name}"
        self.path.mkdir()
        self.usage = self.path / file

    def prefix(self):
        """Words before a command that make it start in here."""
        return ["sh", "-c", f'echo $$ >{self.path}/cgroup.procs && exec "$@"', "sh"]

    def ns(self):
        text = self.usage.read_text()
        found = re.search(r"usage_usec (\d+)", text)
        return int(found.group(1) if found else text) * self.unit

    def pids(self):
        return [int(pid) for pid in (self.path / "cgroup.procs").read_text().split()]

    def pss_kib(self):
        """Memory of all processes in it; what is shared with others counts in part."""
        total = 0
        for pid in self.pids():
            try:
                text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            except OSError:  # it has ended meanwhile
                continue
            found = re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)
            total += int(found.group(1)) if found else 0
        return total

    def syscalls(self, work, requests):
        """System calls per request of all processes in it, while @work() sends @requests."""
        log = Path(f"/tmp/{self.path.name}.strace")
        words = [w for pid in self.pids() for w in ("-p", str(pid))]
        with subprocess.Popen(["strace", "-f", "-q", "-c", "-o", str(log), *words],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as strace:
            try:
                self.wait_traced()
                work()
            finally:
                strace.terminate()
        text = log.read_text()
        log.unlink()
        total = re.search(r"^100\.00\s+\S+\s+(?:\d+\s+)?(\d+)", text, re.MULTILINE)
        return int(total.group(1)) / requests if total else None

    def wait_traced(self):
        while not all(self.is_traced(pid) for pid in self.pids()):
            os.sched_yield()

    @staticmethod
    def is_traced(pid):
        try:
            return not re.search(r"TracerPid:\s+0$", Path(f"/proc/{pid}/status").read_text(),
                                 re.MULTILINE)
        except OSError:
            return True

    def end(self):
        self.path.rmdir()
