# SPDX-License-Identifier: Apache-2.0
"""Runs the legs of the test suite, and adds up what they came to."""

import argparse
import os
import sys
import textwrap
import time
import traceback
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import builds
import integration
import lints
import machine
from result import OUT, ROOT, Log, Result, tail

USAGE = """\
Names of legs (all of them without any):
  unit                what is quick: the gcc build and its unit tests
  lint                every lint, with the builds that they read
  """ + " ".join(builds.BUILDS) + """
                      one build each, with its unit tests
  unit-user           what of them root cannot run, as an ordinary user
  """ + " ".join(lints.LINTS) + """
                      one lint each
  """ + " ".join(integration.LEGS) + """
                      the real Apache, lsapid and lsphp
  packages            what only tests and lints want, from Debian
  box                 lsapid as a service, under a systemd in namespaces
  vm                  the same with Debian's kernel and its limits, in a virtual machine
Environment: LSPHP=/path runs the integration tests with another lsphp; LSAPID_TEST_DIR is where
builds and logs go (build-tests); LSAPID_LOAD_REQUESTS is how many requests the load test sends;
LSAPID_VM_CACHE is where the kernel of the virtual machine is kept (vm/ beside the builds);
LSAPID_VM_LONG=1 runs there also what is a variant of what is run always."""
PACKAGES = "packages"
#: of each failure, once more at the end
TOLD_LINES = 6
GROUPS = {"unit": ("gcc", "unit-user"), "lint": tuple(lints.LINTS)}


class Leg:
    """One leg: what it waits for, and whether it wants the machine for itself."""

    def __init__(self, name, run, after=(), is_alone=False):
        self.name = name
        self.run = run
        self.after = after
        self.is_alone = is_alone


def install():
    """What only tests and lints want; it takes minutes on a new machine, beside the first builds."""
    result = Result()
    status, output = Log(PACKAGES).run(ROOT / "tests" / "install", "all", must=False)
    result.check("packages", tail(output) or "apt-get failed" if status else None)
    return result


def all_legs(pytest_args):
    legs = [Leg(PACKAGES, install)]
    legs += [Leg(name, lambda n=name: builds.run_build(n)) for name in builds.BUILDS]
    legs.append(Leg("unit-user", builds.run_as_user, ("gcc",)))
    # nothing in there is measured, and it needs little more than one processor
    for name in machine.LEGS:
        legs.append(Leg(name, lambda n=name: machine.run_machine(n, pytest_args),
                        (PACKAGES, machine.BUILD)))
    for name, (_, wanted, _) in lints.LINTS.items():
        legs.append(Leg(name, lambda n=name: lints.run_lint(n), (PACKAGES, wanted or PACKAGES)))
    for name, (build, _, _) in integration.LEGS.items():
        # measured times and deadlines are in these tests: nothing else runs beside them
        legs.append(Leg(name, lambda n=name: integration.run_integration(n, pytest_args),
                        (PACKAGES, build), is_alone=True))
    return {leg.name: leg for leg in legs}


def choose(legs, names):
    """The legs asked for, with what they wait for; in the table's order."""
    wanted = set()
    for name in names or legs:
        for part in GROUPS.get(name, (name,)):
            wanted.update((part, *(a for a in legs[part].after if a in legs)))
    return [leg for leg in legs.values() if leg.name in wanted]


def run_leg(leg):
    began = time.monotonic()
    try:
        result = leg.run()
    except Exception:  # a leg that breaks is a failure of that leg, not the end of the run
        result = Result()
        result.failures.append((leg.name, traceback.format_exc()))
    return leg, result, time.monotonic() - began


def tell(leg, result, seconds):
    word = "FAILED" if result.failures else "ok"
    print(f"{leg.name:<18} {word:<7} {result.passed:5} passed {len(result.failures):3} failed"
          f" {len(result.skips):3} skipped {seconds:7.1f} s", flush=True)
    for name, text in result.failures:
        print(f"--- FAILED {name}\n{text}\n", flush=True)
    if result.failures:
        print(f"    whole log: {OUT / 'logs' / (leg.name + '.log')}", flush=True)


def run_all(chosen):
    """Side by side, as many as there are processors; those that want it alone at the end."""
    results = {}

    def note(outcome):
        leg, result, seconds = outcome
        results[leg.name] = result
        tell(leg, result, seconds)

    names = {leg.name for leg in chosen}
    waiting = [leg for leg in chosen if not leg.is_alone]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        running = set()
        while waiting or running:
            # the machine is mostly waited for: the sooner it boots, the less it costs
            waiting.sort(key=lambda leg: leg.name != "vm")
            ready = [leg for leg in waiting
                     if all(a in results or a not in names for a in leg.after)]
            for leg in ready[:max(0, (os.cpu_count() or 1) - len(running))]:
                waiting.remove(leg)
                running.add(pool.submit(run_leg, leg))
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                note(future.result())
    for leg in chosen:
        if leg.is_alone:
            note(run_leg(leg))
    return results


def tell_skips(results):
    """By reason: one machine lacks one thing, and a hundred tests want it. Returns how many."""
    tests = {}
    for name, reason in (skip for result in results for skip in result.skips):
        tests.setdefault(reason, []).append(name)
    if tests:
        print("\nSkipped, and why:")
    for reason, names in tests.items():
        print(f"  {reason}:\n    " + textwrap.fill(
            ", ".join(names), 110, subsequent_indent="    ", break_long_words=False))
    return sum(map(len, tests.values()))


def tell_failures(failures):
    """At the end, where whoever keeps but the tail of a long output finds them."""
    if failures:
        print("\nFailed:")
    for name, text in failures:
        print(f"  {name}:")
        for line in text.splitlines()[:TOLD_LINES]:
            print(f"    {line[:200]}")


def main():
    parser = argparse.ArgumentParser(prog="tests/run", epilog=USAGE,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("leg", nargs="*", help="legs to run; see below")
    parser.add_argument("-k", metavar="NAME",
                        help="only tests of that name (pytest) of integration and vm")
    parser.add_argument("--no-install", action="store_true", help="install no packages")
    options = parser.parse_args()
    legs = all_legs(("-k", options.k) if options.k else ())
    if options.no_install:
        del legs[PACKAGES]
    for name in options.leg:
        if name not in legs and name not in GROUPS:
            parser.error(f"no leg named {name}")
    OUT.mkdir(parents=True, exist_ok=True)

    results = run_all(choose(legs, options.leg))

    failures = [failure for result in results.values() for failure in result.failures]
    skips = tell_skips(results.values())
    tell_failures(failures)
    passed = sum(result.passed for result in results.values())
    print(f"\n{passed} passed, {len(failures)} failed, {skips} skipped")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
