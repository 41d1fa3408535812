# SPDX-License-Identifier: Apache-2.0
"""The figures as JSON and as tables for people; and which targets are met."""

from contender import ALL
from meter import SIDES

TITLES = {kind.name: kind.title for kind in ALL}
WORDS = {
    "hello": "hello world", "10k": "10 KiB", "1m": "1 MiB", "post10k": "POST 10 KiB",
    "post10m": "POST 10 MiB", "chunked": "POST 100 KiB, chunked", "cpu": "a page that computes",
    "wordpress": "WordPress, front page",
}
#: kinds of work: at most so much of mod_php's CPU, and of PHP-FPM's (the better of its two)
TARGETS = {
    "hello": (1.35, 0.60), "10k": (1.35, 0.60), "post10k": (1.35, 0.60), "1m": (1.35, 0.45),
    "post10m": (1.35, 0.45), "cpu": (1.05, 0.95), "wordpress": (1.05, 0.95),
}
P99_TARGET = (1.5, 0.7)


def number(us):
    return f"{us / 1000:.2f}" if us < 10000 else f"{us / 1000:.1f}"


def ratios(by, what):
    """Ours to mod_php, and to the better of PHP-FPM's two."""
    fpm = [by[name][what] for name in ("fpm", "fpm_reuse") if name in by]
    return (by["ours"][what] / by["mod_php"][what] if "mod_php" in by else None,
            by["ours"][what] / min(fpm) if fpm else None)


def verdict(value, target):
    if value is None:
        return "-"
    return f"{value:.2f}" + ("" if target is None else " (met)" if value <= target
                             else f" (not: {target:.2f})")


def table(work, what, unit):
    names = [name for name in TITLES if any(name in by for by in work.values())]
    lines = [f"| {unit} | " + " | ".join(TITLES[n] for n in names) + " | to mod_php | to PHP-FPM |",
             "| --- |" + " --- |" * (len(names) + 2)]
    for name, by in work.items():
        to = ("-", "-")
        if "ours" in by:
            targets = (TARGETS.get(name, (None, None)) if what == "cpu_us" else P99_TARGET)
            to = [verdict(r, t) for r, t in zip(ratios(by, what), targets)]
        lines.append(f"| {WORDS[name]} | " + " | ".join(
            number(by[n][what]) if n in by else "" for n in names) + f" | {to[0]} | {to[1]} |")
    return "\n".join(lines)


#: what a figure depends on most
NAMED = ("php8.2-fpm", "php8.2-cgi", "libapache2-mod-php8.2", "libapache2-mod-fcgid", "wrk",
         "wordpress")


def machine_line(m):
    packages = ", ".join(f"{name} {m['packages'][name]}" for name in NAMED)
    return (f"{m['date']}, {m['cpus']} processors ({m['cpu']}), {m['memory_gib']} GiB, Linux "
            f"{m['kernel']},\n{m['system']}, {m['httpd']}, {m['php']}; load of the machine before: "
            f"{m['load_before']:.1f}.\nFrom its packages, unpacked: {packages}.")


def against_one(by_count, target):
    """The most of them against the first."""
    values = list(by_count.values())
    return verdict(values[-1] / values[0], target)


def others(figures):
    rows = []
    alone = figures["cold"].get("php-cgi")
    for name, one in figures.get("cold", {}).items():
        ratio = one["first_ms"] / alone["first_ms"]
        times = "" if name == "php-cgi" else ", to php-cgi alone " + verdict(
            ratio, 1.3 if name == "ours" else None)
        cpu = f"; CPU {one['cpu_ms']:.0f} ms" if one["cpu_ms"] else ""
        what = "php-cgi alone, without a server" if name == "php-cgi" else TITLES[name]
        rows.append((f"cold start to first byte: {what}", f"{one['first_ms']:.0f} ms "
                     f"({one['low_ms']:.0f} to {one['high_ms']:.0f}){times}{cpu}"))
    if burst := figures.get("burst"):
        both = burst["together"], burst["one_by_one"]
        ratio = verdict(both[0]["cpu_ms"] / both[1]["cpu_ms"], 1.2)
        rows.append(("64 cold pools at once", f"{both[0]['seconds']:.1f} s, CPU of each "
                     f"{both[0]['cpu_ms']:.0f} ms; one by one {both[1]['cpu_ms']:.0f} ms: {ratio}"))
        both = burst["php_cgi_together"], burst["php_cgi_one_by_one"]
        rows.append(("php-cgi alone, 64 at once", f"{both[0]['seconds']:.1f} s, CPU of each "
                     f"{both[0]['cpu_ms']:.0f} ms; one by one {both[1]['cpu_ms']:.0f} ms: "
                     f"{both[0]['cpu_ms'] / both[1]['cpu_ms']:.2f}"))
    if turn := figures.get("turn"):
        for what, of, target in (
                ("known", "one site, so many pools are known", 1.2),
                ("turn", "so many sites in random order, each with PHP", 1.2),
                ("fpm", "the same with PHP-FPM, a pool for each site", None)):
            rows.append((f"{of}: CPU of a request", "; ".join(
                f"{count}: {us / 1000:.3f} ms" for count, us in turn[what].items())
                + f"; last to first {against_one(turn[what], target)}"))
    if counted := (figures.get("callgrind") or {}).get("ours"):
        rows.append(("instructions of a small request that are mod_lsapi's, with all that it calls "
                     "in Apache and the C library", f"{counted['shim_handler'] / 1000:.0f} thousand"))
    if took := figures.get("toll"):
        rows.append(("this machine: a system call; the first touch of a page",
                     f"{took['call_us']:.1f} us; {took['page_fault_us']:.1f} us"))
        rows.append(("this machine: there and back between two threads; two processes; a process "
                     f"and one of {took['many']}", f"{took['threads_us']:.0f} us; "
                     f"{took['processes_us']:.0f} us; {took['many_processes_us']:.0f} us"))
    if grants := figures.get("grants"):
        rows.append(("a lease granted and returned: manager's CPU",
                     f"{grants['manager_us']:.1f} us: {grants['per_s_of_one_processor']:.0f} "
                     "a second on one processor"))
    return "\n".join(["| what | figure |", "| --- | --- |"] + [f"| {a} | {b} |" for a, b in rows])


def per_side(counts, form):
    """Apache 12.0, PHP 9.0: where there is anything to tell."""
    return ", ".join(f"{side} {count:{form}}" for side, count in sorted(counts.items())
                     if side in SIDES.values() and count)


def thousands(counts):
    return {side: count / 1000 for side, count in (counts or {}).items()}


def per_contender(figures):
    """Of hello world: what a request wants of the kernel, and what a server holds."""
    lines = ["| hello world | requests a second | system calls | thousands of instructions, the "
             "kernel's not (callgrind) | the kernel's too (perf) | memory (PSS) at rest, under load "
             "|", "| --- | --- | --- | --- | --- | --- |"]
    counted = figures.get("callgrind") or {}
    for name, one in figures["extras"].items():
        lines.append(
            f"| {TITLES[name]} | {figures['work']['hello'][name]['per_s']:.0f} | "
            + f"{per_side(one.get('syscalls', {}), '.1f')} | "
            f"{per_side(thousands(counted.get(name)), '.0f')} | "
            + (f"{one['instructions'] / 1000:.0f}" if one["instructions"] else "not counted here")
            + f" | {one['rest_kib'] / 1024:.0f} MiB, {one['load_kib'] / 1024:.0f} MiB |")
    return "\n".join(lines)


def errors(work):
    """Who did not answer, and how often: a request that fails is cheap."""
    found = [f"{TITLES[who]}, {WORDS[name]}: {one['errors']}" for name, by in work.items()
             for who, one in by.items() if one["errors"]]
    return "Requests that failed: " + ("; ".join(found) or "none") + "."


def text(figures):
    work = figures["work"]
    parts = [machine_line(figures["machine"])]
    if work:
        parts += [
            "CPU time of the whole server (Apache, PHP, what is between) for a request, in "
            f"milliseconds:\nmedians of {figures['rounds']} rounds.", table(work, "cpu_us", "CPU, ms"),
            "99th percentile of the time to the whole answer at concurrency 8, in milliseconds:",
            table({name: {who: one for who, one in by.items() if who != "bare"}
                   for name, by in work.items()}, "p99_us", "p99, ms"), errors(work)]
    if "hello" in work:
        parts.append(per_contender(figures))
    return "\n\n".join([*parts, others(figures)]) + "\n"
