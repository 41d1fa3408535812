# SPDX-License-Identifier: Apache-2.0
"""lsapid as an administrator has it: installed, a unit of systemd, Apache in front. A plugin."""

import json
import subprocess
from pathlib import Path

import pytest

import stack
from accounts import Accounts
from harness import Httpd, Vhost
from place import BUILD, PATIENCE, Place, all_processes, wait_until

MODS = Path("/etc/apache2/mods-available")
UNITS = ("lsapid.service", "lsapid.socket")
CONF = Path("/etc/lsapid/lsapid.conf")


def run(*argv):
    """A command to its end: (status, output)."""
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          stdin=subprocess.DEVNULL, timeout=60 * PATIENCE, check=False)
    return done.returncode, done.stdout


def must(*argv):
    status, output = run(*argv)
    assert status == 0, f"{' '.join(argv)}:\n{output}"
    return output


class Service:
    """lsapid.service, with the configuration that is installed with it."""

    socket = Path("/run/lsapid/control.sock")

    def install(self):
        """The steps of README."""
        must("meson", "install", "-C", str(BUILD), "--no-rebuild")
        must("systemd-sysusers")
        must("journalctl", "--update-catalog")
        must("lsapid", "-t")
        must("systemctl", "daemon-reload")
        must("systemctl", "enable", "--now", "lsapid")

    def show(self, name):
        """A property of the unit."""
        return must("systemctl", "show", "--property", name, "--value", "lsapid").strip()

    @property
    def pid(self):
        return int(self.show("MainPID"))

    def is_active(self):
        return self.show("ActiveState") == "active"

    def processes(self):
        """All that run as a part of the unit, those without a program aside."""
        mine = "0::/system.slice/lsapid.service"
        return [p for p in all_processes() if p.cmdline and cgroup_of(p.pid).startswith(mine)]

    def lsphp(self):
        return [p for p in self.processes() if p.exe.endswith("/lsphp")]

    def status(self):
        return json.loads(must("lsapidctl", "--json", "status"))

    def set_conf(self, line, verb="restart"):
        """Undone after the test."""
        with open(CONF, "a", encoding="utf-8") as conf:
            conf.write(f"{line}\n")
        must("systemctl", verb, "lsapid")

    def text(self):
        return run("journalctl", "--no-pager", "-o", "cat", "-u", "lsapid")[1]

    def entries(self, *matches):
        """Of the journal, as it has them."""
        output = must("journalctl", "--no-pager", "-o", "json", "-u", "lsapid", *matches)
        return [json.loads(line) for line in output.splitlines()]


def cgroup_of(pid):
    """The line of cgroup v2, whatever else there is."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:  # it has ended
        return ""
    return next((line for line in lines if line.startswith("0::")), "")


class InstalledHttpd(Httpd):
    """Apache with the two files that a2enmod lsapi would link."""

    def lsapi_lines(self):
        return [f"Include {MODS}/lsapi.load", f"Include {MODS}/lsapi.conf"]


class Site:
    """One virtual host of one account behind the service; what tests want of a Stack."""

    #: where the processor is emulated a start of lsapid takes seconds, and requests wait that long
    patience = "lsapi_backend_connect_timeout 3000000" if PATIENCE > 1 else ""

    def __init__(self, service):
        self.daemon = service
        self.accounts = Accounts()
        self.place = Place()
        self.httpd = InstalledHttpd(self.place, service, [Vhost("a.test", self.accounts.add())],
                                    extra=self.patience)
        stack.ALIVE.append(self)

    def get(self, vhost, target, **how):
        return self.httpd.request(vhost, target, **how)

    def restart_httpd(self, extra):
        self.httpd.stop()
        self.httpd.extra = extra
        self.httpd.start()

    def logs(self):
        return f"--- lsapid.service\n{self.daemon.text()[-stack.LOG_TAIL:]}\n" \
            f"--- httpd\n{self.httpd.text()[-stack.LOG_TAIL:]}\n"

    def end(self):
        """Apache, then the service, so that nothing runs as the account when it goes."""
        try:
            self.httpd.stop()
            must("systemctl", "stop", *UNITS)
            wait_until(lambda: not self.daemon.processes(), 30, "the end of the unit's processes")
        finally:
            self.place.end()
            self.accounts.end()
            stack.ALIVE.remove(self)


@pytest.fixture(scope="session")
def installed():
    service = Service()
    service.install()
    return service


@pytest.fixture(scope="module")
def site(installed):
    """One site for all tests of a module."""
    made = Site(installed)
    try:
        made.httpd.start()
        yield made
    finally:
        made.end()


@pytest.fixture
def service(installed):
    """The service as it was installed, running; what a test writes into its file is undone."""
    run("systemctl", "reset-failed", *UNITS)  # and what counts starts
    must("systemctl", "start", *UNITS)
    before = CONF.read_bytes()
    yield installed
    if CONF.read_bytes() != before:
        CONF.write_bytes(before)
        must("systemctl", "restart", "lsapid")
