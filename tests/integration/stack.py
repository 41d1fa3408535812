# SPDX-License-Identifier: Apache-2.0
"""A stack: one Place with its Daemon and its Httpd, gone without a trace afterwards. A plugin."""

import pytest

import place as ground
from harness import Ctl, Daemon, Httpd, Vhost

ALIVE = []  # stacks under way in this process: their logs belong to a failure
LOG_TAIL = 6000


class Stack:
    """Everything from the browser's end to PHP."""

    def __init__(self, vhosts, defaults=None, env=(), settings=None, start=True, **httpd):
        self.place = ground.Place()
        self.daemon = Daemon(self.place, defaults, env, **(settings or {}))
        self.httpd = Httpd(self.place, self.daemon, vhosts, **httpd)
        self.ctl = Ctl(self.place, self.daemon)
        ALIVE.append(self)
        if start:
            self.start()

    def start(self):
        self.daemon.start()
        self.httpd.start()
        return self

    def get(self, vhost, target, **how):
        return self.httpd.request(vhost, target, **how)

    def logs(self):
        return f"--- lsapid\n{self.daemon.text()[-LOG_TAIL:]}\n" \
            f"--- httpd\n{self.httpd.text()[-LOG_TAIL:]}\n"

    def end(self):
        """Stop in order; nothing may be left over, and no sanitizer may have spoken."""
        try:
            self.httpd.stop()
            self.daemon.stop()
            reports = self.place.sanitizer_reports()
            logs = self.logs()
        finally:
            left = self.place.end()
            ALIVE.remove(self)
        assert not reports, f"{reports}\n{logs}"
        assert not left, f"left over: {left}\n{logs}"


@pytest.fixture
def stack():
    """Factory of stacks that live as long as the test."""
    made = []

    def make(*vhosts, **how):
        is_started = how.pop("start", True)
        # noted before it starts: what fails half way is ended all the same
        made.append(Stack(list(vhosts) or [Vhost("a.test", "games")], start=False, **how))
        return made[-1].start() if is_started else made[-1]

    yield make
    end_all(made)


@pytest.fixture(scope="module")
def shared(request):
    """One stack for all tests of a module: two owners, and one site without an identity."""
    how = getattr(request.module, "SHARED", {})
    vhosts = [Vhost("a.test", "games"), Vhost("b.test", "mail"), Vhost("default.test")]
    made = Stack(how.get("vhosts", lambda: vhosts)(), start=False,
                 **{k: v for k, v in how.items() if k != "vhosts"})
    try:
        yield made.start()
    finally:
        end_all([made])


def end_all(stacks):
    first = None
    for made in reversed(stacks):
        try:
            made.end()
        except Exception as why:  # the others have to end all the same
            first = first or why
    if first:
        raise first


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    del item
    outcome = yield
    report = outcome.get_result()
    if report.failed and call.when != "teardown":
        text = "\n".join(made.logs() for made in ALIVE)
        report.sections.append(("logs", text))
        report.longrepr = f"{report.longreprtext}\n{text}"
