#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a request costs with lsapid, and with everything that a user would take instead.

Run as root on a machine that does nothing else. Everything is measured in one run, the contenders
in turn within each round, and medians of the rounds are told. Builds a release build (or takes
that of LSAPID_BUILD), unpacks the contenders from Debian's packages without installing them, and
prints tables; all figures are in build-tests/bench/compare.json. LSPHP=/path measures another lsphp
as well.
"""

import argparse
import functools
import http.client
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

# a contender of its own: the tests' modules would take it for everybody's
if "LSPHP" in os.environ:
    os.environ["OTHER_LSPHP"] = os.environ.pop("LSPHP")

import scale  # noqa: E402  builds, and finds the tests' own modules

import callgrind  # noqa: E402
import client  # noqa: E402
import contender  # noqa: E402
import cold  # noqa: E402
import picture  # noqa: E402
import report  # noqa: E402
import turn  # noqa: E402
import wrk  # noqa: E402
from ground import BODIES, Ground, unpack  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "build-tests" / "bench"
PICTURE = Path(__file__).with_name("compare.svg")
MARKS = ("<!-- compare: written by tests/bench/compare.py -->\n", "<!-- compare: end -->\n")
SERIAL = 200  # requests whose system calls are counted
HELLO = ("GET", "/hello.php", 0, "length")
#: name: method, path, bytes of the body, how it is framed
WORK = {
    "hello": HELLO,
    "10k": ("GET", "/10k.php", 0, "length"),
    "1m": ("GET", "/1m.php", 0, "length"),
    "post10k": ("POST", "/post.php", 10240, "length"),
    "post10m": ("POST", "/post.php", 10485760, "length"),
    "chunked": ("POST", "/post.php", 102400, "chunked"),
    "cpu": ("GET", "/cpu.php", 0, "length"),
    "wordpress": ("GET", "/wordpress/", 0, "length"),
}
#: seconds, if not one: every process has to have served it some times, to hold on to its memory
WARM_UP = {"wordpress": 6}


def measure(server, work, seconds, warm_up=1, hosts=1):
    """One kind of work: wrk's figures, and the processor time of a request."""
    wrk.finish(server.start_load(work, warm_up, hosts))  # processes are there, caches are warm
    before = server.meter.ns()
    out = wrk.figures(server.start_load(work, seconds, hosts))
    # what was under way when the load ended is done, and counted
    out["cpu_us"] = (server.meter.ns() - before) / 1000 / out["requests"]
    out["per_s"] = out["requests"] * 1e6 / out["duration_us"]
    return out


def check(ground, server):
    """Each serves what it is asked for: a wrong answer is fast, too."""
    if not server.httpd:
        return  # its own client looks at the first answer of each connection
    for name in set(BODIES) - set(server.without):
        answer = server.httpd.request(ground.names[0], f"/{name}.php")
        assert (answer.status, answer.body) == (200, BODIES[name]), (server.name, name)
    for name in {"post10k", "chunked"} & set(WORK) - set(server.without):
        method, path, size, framing = WORK[name]
        answer = server.httpd.request(ground.names[0], path, method=method, body=b"x" * size,
                                      chunked=framing == "chunked")
        assert answer.body == str(size).encode(), (server.name, name, answer.body[:200])


def check_wordpress(ground, servers):
    ground.install_wordpress(servers)
    sizes = set()
    for server in servers:
        if "wordpress" not in server.without:
            text = server.ask(WORK["wordpress"][1]).text
            assert ground.TITLE in text, (server.name, text[:500])
            sizes.add(len(text))
    assert max(sizes) - min(sizes) < 100, sizes  # the same page


def rounds(servers, options):
    found = {name: {s.name: [] for s in servers} for name in WORK}
    for number in range(options.rounds):
        for name, work in WORK.items():
            for server in servers:
                if name in server.without:
                    continue
                out = measure(server, work, options.seconds, WARM_UP.get(name, 1))
                found[name][server.name].append(out)
                print(f"{number + 1}/{options.rounds} {name:<10} {server.name:<10} "
                      f"{out['cpu_us']:9.1f} us {out['per_s']:8.0f}/s p99 {out['p99_us']:9.0f} us"
                      f" errors {out['errors']}", file=sys.stderr, flush=True)
    return {name: {who: medians(list_) for who, list_ in by.items() if list_}
            for name, by in found.items()}


def medians(runs):
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]} | {
        "cpu_us_low": min(run["cpu_us"] for run in runs),
        "cpu_us_high": max(run["cpu_us"] for run in runs),
        "errors": sum(run["errors"] for run in runs)}


def extras(ground, servers, seconds):
    """Memory at rest and under load; system calls and instructions of a small request."""
    out = {}
    for server in servers:
        if "hello" in server.without:
            continue
        figures = {"rest_kib": server.meter.pss_kib()}
        with server.start_load(HELLO, seconds) as process:
            time.sleep(seconds / 2)  # in the middle of it
            figures["load_kib"] = server.meter.pss_kib()
            process.communicate()
        if server.httpd:
            figures["syscalls"] = server.meter.syscalls(
                lambda server=server: one_by_one(server, ground.names[0]), SERIAL)
        figures["instructions"] = server.meter.counted(
            "instructions", functools.partial(server.start_load, HELLO, seconds))
        out[server.name] = figures
    return out


def one_by_one(server, vhost):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    for _ in range(SERIAL):
        assert client.exchange(connection, vhost, "/hello.php").status == 200
    connection.close()


def toll():
    """What the machine takes for the steps that a request is made of, see toll.c."""
    done = subprocess.run([scale.BUILD / "tests/bench/toll"], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def start(ground, servers, names):
    for kind in contender.ALL:
        if names and kind.name not in names.split(","):
            continue
        servers.append(kind(ground))
        servers[-1].start()
        check(ground, servers[-1])
    if "wordpress" in WORK:
        check_wordpress(ground, servers)
    for server in servers:
        if "hello" not in server.without:  # mod_fcgid takes seconds to start its processes
            wrk.finish(server.start_load(HELLO, 3))
        if "wordpress" in WORK and "wordpress" not in server.without:  # each has to compile it
            wrk.finish(server.start_load(WORK["wordpress"], 5))


def end_all(servers):
    while servers:
        servers.pop().end()


def tell(figures, options):
    print(report.text(figures))
    picture.draw(figures, OUT / "compare.svg")
    if options.readme:
        picture.draw(figures, PICTURE)
        scale.write_readme(report.text(figures), MARKS)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
    parser.add_argument("--only", help="contenders, with commas between")
    parser.add_argument("--work", help="kinds of work, with commas between; none of the rest")
    parser.add_argument("--rest", action="store_true", help="the rest alone: starts, many pools")
    parser.add_argument("--readme", action="store_true",
                        help="put the tables into README.md, and the picture beside this command")
    parser.add_argument("--again", action="store_true",
                        help="tables and picture of the figures of the last run")
    options = parser.parse_args()
    if options.again:
        tell(json.loads((OUT / "compare.json").read_text(encoding="utf-8")), options)
        return
    if os.geteuid():
        sys.exit("run it as root: it gives each process its user")
    wanted = [] if options.rest else (options.work or ",".join(WORK)).split(",")
    for name in set(WORK) - set(wanted):
        del WORK[name]
    OUT.mkdir(parents=True, exist_ok=True)

    ground = Ground(unpack(OUT / "unpacked"))
    figures = {"machine": scale.machine() | {"packages": ground.versions},
               "seconds": options.seconds, "rounds": options.rounds}
    servers = []
    try:
        ground.start()
        start(ground, servers, options.only)
        figures["work"] = rounds(servers, options)
        if WORK:
            figures["extras"] = extras(ground, servers, options.seconds)
        figures["cold"] = cold.measure(ground, servers)
        end_all(servers)
        if "hello" in WORK:
            figures["callgrind"] = callgrind.measure(ground)
        figures["toll"] = toll()
        if not options.work:
            figures["burst"] = cold.measure_burst(ground, options.rounds)
            figures["turn"] = turn.measure(
                ground, functools.partial(measure, seconds=options.seconds), HELLO)
            figures["grants"] = turn.measure_grants(ground)
    finally:
        end_all(servers)
        ground.end()
    (OUT / "compare.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    tell(figures, options)


if __name__ == "__main__":
    main()
