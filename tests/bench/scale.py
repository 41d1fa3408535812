#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Figures about size: thousands of pool files and known pools, hundreds of pools that start at once.

Run as root; it takes some minutes, most of them to look at an idle daemon. Builds a release build
(or takes that of LSAPID_BUILD), prints a table, and with --readme puts it into README.md, in the
place of the last one.
"""

import argparse
import json
import os
import platform
import re
import resource
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "integration"), str(ROOT / "tests" / "runner")]

if "LSAPID_BUILD" not in os.environ:
    import builds
    import result
    builds.build("O3", result.Log("bench"))
    os.environ["LSAPID_BUILD"] = str(builds.directory("O3"))

import control_client as control  # noqa: E402
import town  # noqa: E402
from harness import HANDLER  # noqa: E402
from place import BUILD, wait_until  # noqa: E402
from stack import Stack  # noqa: E402

LONGER = 256  # bytes
STARTS = 16  # max_concurrent_starts: its default
MARKS = ("<!-- scale: written by tests/bench/scale.py -->\n", "<!-- scale: end -->\n")
POOL_FILE = """pool "site{i}" {{
\tuser = {uid}
\tvhosts = {{ "site{i}.example.org", "*.site{i}.example.org" }}
\tchildren = 5
\tpgrp_max_idle = 1m
\tenv = {{ "APP_ENV=production" }}
}}
"""


def cpu_s(pid):
    """Time on a processor, to the nanosecond: schedstat of a process with one thread."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def memory_kib(pid, name):
    """A line of smaps_rollup: Pss, Private_Dirty."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE).group(1))


def switches(pid):
    text = Path(f"/proc/{pid}/status").read_text()
    return sum(int(n) for n in re.findall(r"ctxt_switches:\s+(\d+)", text))


class Watch:
    """Wall clock, and processor time of the daemon's two processes, since it was made."""

    def __init__(self, daemon):
        self.pids = {"supervisor": daemon.pid, "manager": daemon.manager()}
        self.cpu = {name: cpu_s(pid) for name, pid in self.pids.items()}
        self.began = time.monotonic()

    def figures(self, prefix):
        out = {f"{prefix}_s": time.monotonic() - self.began}
        for name, pid in self.pids.items():
            out[f"{prefix}_{name}_cpu_s"] = cpu_s(pid) - self.cpu[name]
        return out


def with_stack(measure, *args, vhosts=(), **how):
    """The figures of one stack, which ends whatever happens."""
    made = Stack(vhosts, start=False, **how)
    try:
        return measure(made, *args)
    finally:
        made.end()


def measure_files(made, count):
    """Pool files: lsapid -t, start to READY, reload."""
    where = made.place.directory("pools.d")
    for i in range(count):
        made.place.file(where / f"user{i:05}.conf", POOL_FILE.format(i=i, uid=town.FIRST_UID + i))
    made.daemon.settings["pools_dir"] = where
    made.daemon.write_conf()
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    status, output = made.daemon.check()
    out = {"check_s": time.monotonic() - began}
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    out["check_cpu_s"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert status == 0, output
    began = time.monotonic()
    made.daemon.start()
    out["ready_s"] = time.monotonic() - began
    out["ready_supervisor_cpu_s"] = cpu_s(made.daemon.pid)
    out["ready_manager_cpu_s"] = cpu_s(made.daemon.manager())
    for name, pid in (("supervisor", made.daemon.pid), ("manager", made.daemon.manager())):
        out[f"{name}_private_kib"] = memory_kib(pid, "Private_Dirty")
    watch = Watch(made.daemon)
    status, output = made.ctl.run("reload")
    assert status == 0, output
    return out | watch.figures("reload")


def spec_of(i, owner, more=""):
    """What Apache tells of a site; @more is longer than it has to be."""
    return {"handler": HANDLER, "uid": town.FIRST_UID + owner, "gid": town.FIRST_UID + owner,
            "scope": "vhost", "name": f"site{i}.example.org", "children": 20,
            "docroot": f"/home/user{i}/public_html{more}"}


def learn(peer, count):
    """Sites of so many users."""
    for i in range(count):
        learn_one(peer, spec_of(i, i))


def learn_one(peer, spec):
    answer = peer.pool(**spec)
    assert answer[0] == control.POOL_OK, control.reason_of(answer)


def measure_growth(made, count, has_user, more):
    """Bytes of the manager's memory for each pool: of a user of its own, or all of one user."""
    made.daemon.start()
    manager = made.daemon.manager()
    with control.Control(made.daemon.socket, timeout=60) as peer:
        assert peer.hello(made.daemon.key.read_bytes())[0] == control.WELCOME
        before = memory_kib(manager, "Private_Dirty")
        for i in range(count):
            learn_one(peer, spec_of(i, i if has_user else 0, more))
        return (memory_kib(manager, "Private_Dirty") - before) * 1024 / count


def measure_record(count, settings):
    """What a known pool takes of the manager's memory: its own, its strings', its user's."""
    of_users, of_one, with_more = (
        with_stack(measure_growth, count, *how, settings=settings)
        for how in ((True, ""), (False, ""), (False, "x" * LONGER)))
    said = sum(len(f"{key}={value}") + 1 for key, value in spec_of(count, 0).items())
    # the handler once more: a pool file may name another
    strings = said * (with_more - of_one) / LONGER + len(HANDLER) + 1
    return {"strings": strings, "own": of_one - strings, "user": of_users - of_one}


def watch_idle(made, seconds):
    """An idle daemon: processor time, times that it was woken, and system calls."""
    pids = {"supervisor": made.daemon.pid, "manager": made.daemon.manager()}
    log = made.place.path / "strace"
    words = [w for pid in pids.values() for w in ("-p", str(pid))]
    strace = subprocess.Popen(["strace", "-f", "-o", str(log), *words], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True)
    for _ in pids:
        line = strace.stderr.readline()
        assert "attached" in line, line
    time.sleep(1)  # strace has woken them itself
    before = {name: (cpu_s(pid), switches(pid)) for name, pid in pids.items()}
    time.sleep(seconds)  # time itself is what is measured
    out = {"seconds": seconds}
    for name, pid in pids.items():
        out[f"{name}_cpu_s"] = cpu_s(pid) - before[name][0]
        out[f"{name}_wakeups"] = switches(pid) - before[name][1]
    strace.send_signal(signal.SIGINT)
    strace.stderr.read()
    strace.wait(10)
    # a call that was under way at the beginning or the end has no result of its own
    out["system_calls"] = len(re.findall(r"\) += ", log.read_text(errors="replace")))
    return out


def measure_known(made, count, seconds):
    """Pools that one Apache process has asked for and nobody visits."""
    made.daemon.start()
    manager = made.daemon.manager()
    with control.Control(made.daemon.socket, timeout=60) as peer:
        assert peer.hello(made.daemon.key.read_bytes())[0] == control.WELCOME
        watch = Watch(made.daemon)
        learn(peer, count)
        out = watch.figures("learn")
        watch = Watch(made.daemon)
        status, document = made.ctl.run("--json", "status")
        assert status == 0, document[:1000]
        out |= watch.figures("status")
        out["status_bytes"] = len(document)
        out["private_kib_after_status"] = memory_kib(manager, "Private_Dirty")
        time.sleep(3)  # upkeep after the last event
        out["idle"] = watch_idle(made, seconds)
    return out


def measure_burst(made, name, idle_kib):
    """One burst over all sites: figures of the answers, and of memory while all of them run."""
    daemon = made.daemon
    out = {}

    def look():
        parents = [p.pid for p in daemon.parents()]
        children = [p.pid for p in daemon.children()]
        out["running"] = len(parents)
        out["lsphp_pss_kib"] = sum(memory_kib(pid, "Pss") for pid in parents + children) / \
            len(parents)
        for process, pid in (("manager", daemon.manager()), ("supervisor", daemon.pid)):
            grown = memory_kib(pid, "Private_Dirty") - idle_kib[process]
            out[f"{process}_bytes_per_pool"] = grown * 1024 / len(parents)

    watch = Watch(daemon)
    one = town.Burst(made.place, made.httpd.port, list(made.httpd.vhosts))
    visits = one.run(look)
    wrong = [v for v in visits if (v.status, v.rest, v.error) != (200, b"end\n", "")]
    assert not wrong, f"{len(wrong)} wrong: {wrong[:3]}\n{made.logs()}"
    out |= watch.figures("whole")
    first = sorted(v.first_s for v in visits)
    out |= {"all_answered_s": one.seconds, "first_byte_p50_s": statistics.median(first),
            "first_byte_p99_s": first[len(first) * 99 // 100]}
    print(f"{name}: all answered after {one.seconds:.1f} s", file=sys.stderr)
    return out


def measure_town(made, users):
    """Cold start of all sites at the same moment; reaped; the same again."""
    town.inhabit(made, users)
    made.start()
    idle_kib = {"manager": memory_kib(made.daemon.manager(), "Private_Dirty"),
                "supervisor": memory_kib(made.daemon.pid, "Private_Dirty")}
    out = {"cold": measure_burst(made, "cold", idle_kib)}
    wait_until(lambda: made.daemon.text().count(" to=cold ") == users, 120, "the reaping")
    out["reaped_manager_bytes_per_pool"] = (
        memory_kib(made.daemon.manager(), "Private_Dirty") - idle_kib["manager"]) * 1024 / users
    out["again"] = measure_burst(made, "again", idle_kib)
    out["most_starts_at_once"] = town.most_starts_at_once(made.daemon.text())
    return out


def first_line(*argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    return done.stdout.splitlines()[0] if done.stdout else ""


def machine():
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    httpd = re.search(r"Apache/[\d.]+", first_line("/usr/sbin/apache2", "-v"))
    php = re.search(r"PHP [\d.]+", first_line(str(BUILD / "lsphp/lsphp"), "-v"))
    return {
        "date": time.strftime("%Y-%m-%d"), "cpus": os.cpu_count(),
        "cpu": cpu.group(1) if cpu else platform.machine(),
        "memory_gib": round(int(memory.group(1)) / 1024 ** 2),
        "kernel": platform.release().split("-")[0], "system": system,
        "httpd": httpd.group(0), "php": php.group(0), "load_before": os.getloadavg()[0],
        "commit": first_line("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"),
    }


def rows(figures):
    """The table: what, and how much."""
    files, known, people = figures["files"], figures["known"], figures["town"]
    record = figures["record"]
    idle, cold, again = known["idle"], people["cold"], people["again"]

    def burst(b):
        return f"{b['all_answered_s']:.1f} s; first byte p50 {b['first_byte_p50_s']:.1f} s, " \
            f"p99 {b['first_byte_p99_s']:.1f} s"

    def cpu(of, name):
        return f"{of[f'{name}_s']:.2f} s; processor: supervisor " \
            f"{of[f'{name}_supervisor_cpu_s']:.2f} s, manager {of[f'{name}_manager_cpu_s']:.2f} s"

    counts = figures["counts"]
    yield f"{counts['files']} pool files: `lsapid -t`", \
        f"{files['check_s']:.2f} s; processor {files['check_cpu_s']:.2f} s"
    yield f"{counts['files']} pool files: start until ready", cpu(files, "ready")
    yield f"{counts['files']} pool files: reload", cpu(files, "reload")
    yield f"{counts['files']} pool files: private memory", \
        f"supervisor {files['supervisor_private_kib'] / 1024:.1f} MiB, " \
        f"manager {files['manager_private_kib'] / 1024:.1f} MiB"
    yield "a known pool, cold: manager's memory", \
        f"{record['own']:.0f} bytes, and {record['strings']:.0f} of its strings; " \
        f"{record['user']:.0f} of its user"
    yield f"{counts['pools']} known pools, idle for {idle['seconds']} s", \
        f"manager woken {idle['manager_wakeups']} times, supervisor " \
        f"{idle['supervisor_wakeups']}; {idle['system_calls']} system calls; processor " \
        f"{(idle['manager_cpu_s'] + idle['supervisor_cpu_s']) * 1000:.1f} ms"
    yield f"{counts['pools']} known pools: status document", \
        f"{known['status_bytes'] / 1e6:.1f} MB; manager's processor " \
        f"{known['status_manager_cpu_s']:.2f} s"
    yield f"{counts['users']} users' pools started at once, {STARTS} at a time", burst(cold)
    yield "the same again, after all were reaped", burst(again)
    yield "a running pool with a request: daemon's memory", \
        f"manager {cold['manager_bytes_per_pool']:.0f} bytes, supervisor " \
        f"{cold['supervisor_bytes_per_pool']:.0f} bytes"
    yield "a running pool with a request: lsphp parent and child (PSS)", \
        f"{cold['lsphp_pss_kib'] / 1024:.1f} MiB"
    yield "processor for one start of a pool", \
        f"supervisor {cold['whole_supervisor_cpu_s'] / counts['users'] * 1000:.2f} ms, " \
        f"manager {cold['whole_manager_cpu_s'] / counts['users'] * 1000:.2f} ms"


def table(figures):
    on = figures["machine"]
    lines = [f"{on['date']}, {on['cpus']} processors ({on['cpu']}), {on['memory_gib']} GiB,"
             f" Linux {on['kernel']},", f"{on['system']}, {on['httpd']}, {on['php']};"
             f" load of the machine before: {on['load_before']:.1f}.",
             "", "| what | figure |", "| --- | --- |",
             *(f"| {what} | {figure} |" for what, figure in rows(figures))]
    return "\n".join(lines) + "\n"


def write_readme(text, marks=MARKS):
    path = ROOT / "README.md"
    old = path.read_text(encoding="utf-8")
    before, rest = old.split(marks[0])
    path.write_text(before + marks[0] + "\n" + text + "\n" + marks[1] + rest.split(marks[1])[1],
                    encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=10000, help="pool files")
    parser.add_argument("--pools", type=int, default=10000, help="known pools")
    parser.add_argument("--users", type=int, default=500, help="pools that start at once")
    parser.add_argument("--idle", type=int, default=60, help="seconds to look at an idle daemon")
    parser.add_argument("--json", metavar="FILE", help="all figures, for programs")
    parser.add_argument("--readme", action="store_true", help="put the table into README.md")
    options = parser.parse_args()
    if os.geteuid() != 0 or town.why_impossible():
        parser.error("needs root and mount namespaces")
    settings = {"log_level": "info", "uid_min": town.FIRST_UID, "max_pools": 100000,
                "max_concurrent_starts": STARTS}
    figures = {"machine": machine(),
               "counts": {"files": options.files, "pools": options.pools, "users": options.users}}
    print("pool files ...", file=sys.stderr)
    figures["files"] = with_stack(measure_files, options.files, settings=settings)
    print(f"known pools, and {options.idle} s of nothing ...", file=sys.stderr)
    figures["known"] = with_stack(measure_known, options.pools, options.idle, settings=settings)
    figures["record"] = measure_record(options.pools, settings)
    print("a town ...", file=sys.stderr)
    figures["town"] = with_stack(measure_town, options.users, settings=settings,
                                 extra=town.EXTRA, limits=town.limits(options.users))
    text = table(figures)
    print(text)
    if options.json:
        Path(options.json).write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if options.readme:
        write_readme(text)


if __name__ == "__main__":
    main()
