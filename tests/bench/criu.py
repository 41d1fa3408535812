#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Figures about frozen PHP: what a start takes, and what a thaw, for a page and for an application.

Run as root, where CRIU works; it takes some minutes. Two applications, each once with lsapi_criu On
and once with Off: hello world, and one that loads hundreds of classes, each from a file of its own.
Measured is a request to Apache until the first byte of its answer, of a pool that has ended before.
Builds a release build (or takes that of LSAPID_BUILD), prints a table, and with --readme puts it
into README.md, in the place of the last one.
"""

import argparse
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
MARKS = ("<!-- criu: written by tests/bench/criu.py -->\n", "<!-- criu: end -->\n")
WARM = 15  # requests before PHP is frozen: the default
ONE_HTTPD = {"StartServers": 1, "ServerLimit": 1, "ThreadsPerChild": 32, "MaxRequestWorkers": 32}
SETTINGS = {"log_level": "debug", "criu_time_limit": "1m"}

HELLO = "<?php echo json_encode(['hello' => 'world', 'pid' => getmypid()]);\n"
LARGE = """<?php
spl_autoload_register(static function (string $name): void {
\trequire __DIR__ . '/src/' . str_replace('\\\\', '/', $name) . '.php';
});
$sum = 0;
for ($i = 0; $i < CLASSES; $i++) {
\t$class = sprintf('Shop\\\\Part%03d\\\\Model%04d', $i % 20, $i);
\t$sum += (new $class($i))->method0(['id' => $i])['sum'];
}
$status = function_exists('opcache_get_status') ? opcache_get_status(false) : false;
echo json_encode(['sum' => $sum, 'misses' => $status['opcache_statistics']['misses'] ?? null]);
"""
CLASS = """<?php
declare(strict_types=1);

namespace Shop\\Part{part:03};

/** Generated: as large as a class of a shop is. */
final class Model{number:04}
{{
\tprivate array $cache = [];

\tpublic function __construct(private int $id)
\t{{
\t}}
{methods}}}
"""
METHOD = """
\tpublic function method{i}(array $row, string $prefix = 'p{number}.{i}', ?int $limit = null): array
\t{{
\t\t$key = $prefix . ':' . ($row['id'] ?? $this->id) . ':' . ($limit ?? {i});
\t\tif (isset($this->cache[$key])) {{
\t\t\treturn $this->cache[$key];
\t\t}}
\t\t$found = ['name' => 'model{number} field{i}', 'sum' => 0, 'parts' => []];
\t\tforeach ([{i}, {number}, $this->id] as $at => $value) {{
\t\t\tif ($limit !== null && $at >= $limit) {{
\t\t\t\tbreak;
\t\t\t}}
\t\t\t$found['sum'] += $value % 7 === 0 ? $value * 3 : $value + strlen($prefix);
\t\t\t$found['parts'][] = sprintf('%s-%d-%05d', $prefix, $at, $value);
\t\t}}
\t\tswitch ($found['sum'] % 5) {{
\t\t\tcase 0:
\t\t\t\t$found['kind'] = 'kind{number} zero of {i}';
\t\t\t\tbreak;
\t\t\tcase 1:
\t\t\t\t$found['kind'] = ucfirst(trim(strtolower($found['name'])));
\t\t\t\tbreak;
\t\t\tdefault:
\t\t\t\t$found['kind'] = implode(', ', array_map(static fn ($p) => "<b>$p</b>", $found['parts']));
\t\t}}
\t\treturn $this->cache[$key] = $found;
\t}}
"""


def why_not(program):
    """Why CRIU cannot be used here; None: it can."""
    if os.geteuid() != 0:
        return "CRIU needs root"
    if not program or not Path(program).exists():
        return "there is no program criu (package criu); --criu or LSAPID_TEST_CRIU names one"
    done = subprocess.run([program, "check"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    if done.returncode == 0:
        return None
    # of its children's ends it tells, too
    wrong = [line for line in done.stdout.splitlines() if "Error" in line and "exited" not in line]
    return f"{program} check fails on kernel {os.uname().release}: {(wrong or [done.stdout])[0]}"


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--criu", default=os.environ.get("LSAPID_TEST_CRIU")
                        or shutil.which("criu", path=PATH), help="the program, else that of PATH")
    parser.add_argument("--rounds", type=int, default=15, help="starts of each kind")
    parser.add_argument("--classes", type=int, default=600, help="of the large application")
    parser.add_argument("--methods", type=int, default=24, help="of each class")
    parser.add_argument("--json", metavar="FILE", help="all figures, for programs")
    parser.add_argument("--readme", action="store_true", help="put the table into README.md")
    options = parser.parse_args()
    why = why_not(options.criu)
    if why:
        sys.exit(f"nothing is measured: {why}")
    return options


OPTIONS = parse()  # before scale builds what is measured, as that may be in vain

import scale  # noqa: E402
from harness import Vhost  # noqa: E402
from place import wait_until  # noqa: E402


def write_hello(made, docroot, owner):
    made.place.file(docroot / "index.php", HELLO, owner)


def write_large(made, docroot, owner):
    made.place.directory(docroot / "src/Shop", owner)
    for number in range(OPTIONS.classes):
        part = number % 20
        where = made.place.directory(docroot / f"src/Shop/Part{part:03}", owner)
        text = "".join(METHOD.format(i=i, number=number) for i in range(OPTIONS.methods))
        made.place.file(where / f"Model{number:04}.php",
                        CLASS.format(part=part, number=number, methods=text), owner)
    made.place.file(docroot / "index.php", LARGE.replace("CLASSES", str(OPTIONS.classes)), owner)


APPS = {"hello": write_hello, "large": write_large}


def write(made, app):
    """The files of an application, for both of its sites."""
    sites = [made.httpd.vhosts[f"{app}-{how}.test"] for how in ("thawed", "cold")]
    docroot = sites[0].docroot
    APPS[app](made, docroot, sites[0].owner)
    for path in docroot.rglob("*.php"):  # older than opcache.file_update_protection asks for
        os.utime(path, (time.time() - 3600,) * 2)
    sites[1].docroot = docroot


def visit(made, site):
    """Seconds to the first byte of the answer, and its body."""
    request = f"GET /index.php HTTP/1.1\r\nHost: {site}\r\nConnection: close\r\n\r\n".encode()
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", made.httpd.port), timeout=120) as connection:
        connection.sendall(request)
        answer = connection.recv(1)
        first_s = time.monotonic() - began
        while data := connection.recv(1 << 16):
            answer += data
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), f"{answer[:2000]}\n{made.logs()}"
    return first_s, body


def events(made, name, site):
    """Fields of each line of an event in the log of lsapid that is about a site."""
    found = []
    for line in made.daemon.text().splitlines():
        if f" {name} " in line and f"={site} " in f"{line} ":
            found.append(dict(re.findall(r'(\w+)=("[^"]*"|\S+)', line)))
    return found


def wait_cold(made, site):
    """Until the pool of a site has ended, as nobody has asked for it."""
    def is_cold():
        states = [e["to"] for e in events(made, "pool.state", site)]
        return not states or states[-1] == "cold"

    wait_until(is_cold, 60, f"the end of the pool of {site}")


def warm_up(made, site):
    """Requests until the pool is frozen: what that took, and how large the image is."""
    for _ in range(WARM + 1):
        visit(made, site)

    def frozen():
        wrong = events(made, "freeze.failed", site)
        assert not wrong, f"{wrong}\n{made.logs()}"
        return events(made, "freeze.done", site)

    done = wait_until(frozen, 90, f"an image of {site}")[0]
    return {"freeze_ms": int(done["ms"]), "image_bytes": int(done["bytes"])}


def measure_app(made, app):
    """Cold and thawed starts in turn, so that both see the same host."""
    sites = {how: f"{app}-{how}.test" for how in ("cold", "thawed")}
    figures = warm_up(made, sites["thawed"])
    taken = {how: [] for how in sites}
    for _ in range(OPTIONS.rounds):
        for how, site in sites.items():
            wait_cold(made, site)
            taken[how].append(visit(made, site)[0] * 1000)
    thaws = events(made, "spawn.thaw", sites["thawed"])
    assert len(thaws) >= OPTIONS.rounds, f"not all were thawed: {thaws}\n{made.logs()}"
    for how, values in taken.items():
        figures[f"{how}_ms"] = {"median": statistics.median(values), "least": min(values),
                                "most": max(values), "all": values}
    figures["ratio"] = figures["cold_ms"]["median"] / figures["thawed_ms"]["median"]
    return figures


def wait_tried(made):
    """Until lsapid knows that CRIU works; what starts before that is never frozen."""
    def is_tried():
        fails = re.search(r" criu\.fails .*", made.daemon.text())
        if fails:
            sys.exit(f"nothing is measured:{fails.group(0)}")
        return " criu.works " in made.daemon.text()

    wait_until(is_tried, 60, "whether CRIU works")


def measure(made):
    out = {}
    for app in APPS:
        write(made, app)
    made.start()
    wait_tried(made)
    for app in APPS:
        print(f"{app}: {OPTIONS.rounds} starts of each kind ...", file=sys.stderr)
        out[app] = measure_app(made, app)
    return out


def rows(figures):
    """The table: one row for each application."""
    counts = figures["counts"]
    names = {"hello": "hello world", "large": f"{counts['classes']} classes in "
             f"{counts['classes']} files, {counts['classes'] * counts['methods']} methods"}
    for app, name in names.items():
        of = figures[app]
        cold, thawed = (f"{of[f'{how}_ms']['median']:.0f} ms ({of[f'{how}_ms']['least']:.0f} to "
                        f"{of[f'{how}_ms']['most']:.0f})" for how in ("cold", "thawed"))
        yield f"| {name} | {cold} | {thawed} | {of['ratio']:.1f} | " \
            f"{of['image_bytes'] / 1e6:.0f} MB | {of['freeze_ms']} ms |"


def table(figures):
    on = figures["machine"]
    lines = [f"{on['date']}, {on['cpus']} processors ({on['cpu']}), {on['memory_gib']} GiB,"
             f" Linux {on['kernel']},", f"{on['system']}, {on['httpd']}, {on['php']}, CRIU"
             f" {on['criu']}; load of the machine before: {on['load_before']:.1f}.", "",
             "| application | cold start | thawed start | cold / thawed | image | to freeze |",
             "| --- | --- | --- | --- | --- | --- |", *rows(figures)]
    return "\n".join(lines) + "\n"


def main():
    version = re.search(r"Version: (\S+)", scale.first_line(OPTIONS.criu, "--version"))
    vhosts = []
    for app in APPS:
        vhosts += [Vhost(f"{app}-thawed.test", "games", scripts=["who.php"],
                         extra=f"lsapi_criu On\nlsapi_backend_initial_start {WARM}"),
                   Vhost(f"{app}-cold.test", "games", scripts=["who.php"], extra="lsapi_criu Off")]
    figures = {"machine": scale.machine() | {"criu": version.group(1) if version else "?"},
               "counts": {"classes": OPTIONS.classes, "rounds": OPTIONS.rounds,
                          "methods": OPTIONS.methods}}
    settings = SETTINGS | {"criu_program": os.path.realpath(OPTIONS.criu)}
    # on a disk, as those of an administrator are
    with tempfile.TemporaryDirectory(prefix="lsapid-bench-", dir="/var/tmp") as images:
        figures |= scale.with_stack(
            measure, vhosts=vhosts, limits=ONE_HTTPD, settings=settings,
            extra=f"lsapi_backend_pgrp_max_idle 1\nlsapi_criu_imgs_dir_path {images}")
    text = table(figures)
    print(text)
    if OPTIONS.json:
        Path(OPTIONS.json).write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if OPTIONS.readme:
        scale.write_readme(text, MARKS)


if __name__ == "__main__":
    main()
