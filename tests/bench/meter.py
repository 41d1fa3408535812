# SPDX-License-Identifier: Apache-2.0
"""What a set of processes costs: a cgroup that counts the processor time of all that are started in it.

Children that have ended are counted too, and nothing is sampled: the figure is the kernel's own, in
nanoseconds (v1, cpuacct) or microseconds (v2).
"""

import os
import re
import signal
import subprocess
from pathlib import Path

import wrk

MOUNTS = Path("/proc/self/mounts")
#: how the name of a program begins: which side of a request it is
SIDES = {"apache2": "Apache", "php": "PHP", "lsphp": "PHP", "lsapid": "lsapid"}


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

    def sides(self):
        """{what of it: pids}: Apache, PHP, and what is between."""
        out = {}
        for pid in self.pids():
            try:
                name = Path(f"/proc/{pid}/exe").resolve().name
            except OSError:
                continue
            side = next((s for start, s in SIDES.items() if name.startswith(start)), name)
            out.setdefault(side, []).append(pid)
        return out

    def syscalls(self, work, requests):
        """{side: system calls for a request} while @work() sends @requests."""
        logs = {side: Path(f"/tmp/{self.path.name}.{side}.strace") for side in self.sides()}
        tracers = [subprocess.Popen(
            ["strace", "-f", "-q", "-c", "-o", str(logs[side]),
             *(w for pid in pids for w in ("-p", str(pid)))],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for side, pids in self.sides().items()]
        try:
            self.wait_traced()
            work()
        finally:
            for tracer in tracers:
                tracer.terminate()
                tracer.wait()
        out = {}
        for side, log in logs.items():
            total = re.search(r"^100\.00\s+\S+\s+(?:\d+\s+)?(\d+)", log.read_text(), re.MULTILINE)
            log.unlink()
            out[side] = int(total.group(1)) / requests if total else 0
        return out

    def counted(self, event, start_load):
        """@event of perf(1) for a request, in all processes; None where perf can not count it."""
        log = Path(f"/tmp/{self.path.name}.perf")
        words = ["perf", "stat", "-x,", "-e", event, "-o", str(log)]
        try:
            subprocess.run([*words, "true"], check=True, stderr=subprocess.DEVNULL)
            if not self.read_count(log):  # "<not supported>" is no failure to perf
                return None
            perf = subprocess.Popen([*words, "-p", ",".join(map(str, self.pids()))])
            found = wrk.figures(start_load())
            perf.send_signal(signal.SIGINT)
            perf.wait()
            return self.read_count(log) / found["requests"] or None
        except (OSError, subprocess.CalledProcessError):
            return None
        finally:
            log.unlink(missing_ok=True)

    @staticmethod
    def read_count(log):
        """The figure of a perf stat that has ended; 0: it has none."""
        found = re.search(r"^([\d.]+),", log.read_text(), re.MULTILINE)
        return float(found.group(1)) if found else 0

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
