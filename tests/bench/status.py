#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What it costs to look: the status page and lsapidctl, with thousands of pools and processes.

Run as root. Only sizes and processor time are told, which hold on a busy machine, too. Builds a
release build (or takes that of LSAPID_BUILD), prints a table, and with --readme puts it into
README.md, in the place of the last one.
"""

import argparse
import os
import resource
import sys

import scale
import control_client as control
from harness import Vhost
from stack import Stack

MARKS = ("<!-- look: written by tests/bench/status.py -->\n", "<!-- look: end -->\n")
TIMES = 3
PAGE = "<Location /lsapi-status>\nSetHandler lsapi-status\nRequire all granted\n</Location>\n"
FORMS = {"page, running pools": "", "page, all pools, by memory": "?pools=all&sort=-memory",
         "`?json`": "?json", "`?auto`": "?auto"}
COMMANDS = {"`lsapidctl status`": ("status",), "`lsapidctl status --json`": ("--json", "status"),
            "`lsapidctl ps`": ("ps",), "`lsapidctl top --batch`": ("top", "--batch", "-n", "1")}


def ticks_s(pids):
    """Processor time of all threads, to a hundredth of a second."""
    fields = [open(f"/proc/{pid}/stat", encoding="latin-1").read().rsplit(")", 1)[1].split()
              for pid in pids]
    return sum(int(f[11]) + int(f[12]) for f in fields) / os.sysconf("SC_CLK_TCK")


def children_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def sleepers(count):
    """So many processes of the host that are nobody's. Return: a function that ends them."""
    read, write = os.pipe()
    pids = []
    for _ in range(count):
        pid = os.fork()
        if pid == 0:
            os.close(write)
            os.read(read, 1)
            os._exit(0)
        pids.append(pid)
    os.close(read)

    def end():
        os.close(write)
        for pid in pids:
            os.waitpid(pid, 0)
    return end


def average(made, used, look):
    """(what was answered, processor time of who is looked at by @used, of the manager)"""
    manager = made.daemon.manager()
    before, manager_before = used(), scale.cpu_s(manager)
    for _ in range(TIMES):
        answer = look()
    return answer, (used() - before) / TIMES, (scale.cpu_s(manager) - manager_before) / TIMES


def rows(made, pools):
    with control.Control(made.daemon.socket, timeout=600) as peer:
        assert peer.hello(made.daemon.key.read_bytes())[0] == control.WELCOME
        scale.learn(peer, pools)
        assert made.get("s.test", "/index.php").status == 200
        processes = sum(name.isdigit() for name in os.listdir("/proc"))
        yield "processes of the host", f"{processes}"
        for title, query in FORMS.items():
            pids = made.httpd.workers()
            answer, httpd_s, manager_s = average(
                made, lambda pids=pids: ticks_s(pids),
                lambda query=query: made.get("s.test", "/lsapi-status" + query,
                                             timeout=120))
            assert answer.status == 200
            yield f"{title}: size; processor", f"{len(answer.body) / 1000:.0f} kB; " \
                f"Apache {httpd_s:.2f} s, manager {manager_s:.2f} s"
        for title, argv in COMMANDS.items():
            (status, text), ctl_s, manager_s = average(made, children_s,
                                                       lambda argv=argv: made.ctl.run(*argv))
            assert status == 0, text[-1000:]
            yield f"{title}: size; processor", f"{len(text) / 1000:.0f} kB; " \
                f"lsapidctl {ctl_s:.2f} s, manager {manager_s:.2f} s"


def shown(table):
    """Each row as it comes, too: it takes a while."""
    for what, figure in table:
        print(f"{what}: {figure}", file=sys.stderr, flush=True)
        yield f"| {what} | {figure} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pools", type=int, default=10000, help="known pools")
    parser.add_argument("--processes", type=int, default=3000, help="more processes of the host")
    parser.add_argument("--readme", action="store_true", help="put the table into README.md")
    options = parser.parse_args()
    end = sleepers(options.processes)
    made = Stack([Vhost("s.test", "man")], start=False,
                 settings={"log_level": "info", "max_pools": 100000}, extra=PAGE)
    try:
        made.start()
        on = scale.machine()
        lines = [f"{on['date']}, {on['cpu']}, Linux {on['kernel']}, {on['httpd']}; {options.pools}"
                 " known pools, one of them with PHP.", "", "| what | figure |", "| --- | --- |",
                 *shown(rows(made, options.pools))]
    finally:
        made.end()
        end()
    text = "\n".join(lines) + "\n"
    print(text)
    if options.readme:
        scale.write_readme(text, MARKS)


if __name__ == "__main__":
    sys.exit(main())
