# SPDX-License-Identifier: Apache-2.0
"""The real things as objects: Daemon (lsapid), Httpd (apache2), Ctl (lsapidctl).

Each lives in a Place, is ready when start() returns, and leaves nothing behind.
"""

import json
import os
import pwd
import signal
import socket
import subprocess
import time
from pathlib import Path

import client
from place import (APACHE, IS_ROOT, IS_SANITIZED, LSPHP, ME, OWNERS, PATIENCE, all_processes,
                   descendants, is_alive, wait_until)

HANDLER = "application/x-httpd-lsphp"
MODULES = Path("/usr/lib/apache2/modules")
SUEXEC = Path("/usr/lib/apache2/suexec")
SCRIPTS = Path(__file__).parent / "php"
#: leaks are looked for in the daemon: httpd and PHP keep what they have until their end
SANITIZER = {
    "ASAN_OPTIONS": "detect_leaks={leaks}:abort_on_error=0:log_path={reports}/asan",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1:log_path={reports}/ubsan",
}


def sanitizer_env(place, leaks=0):
    return {name: value.format(reports=place.reports, leaks=leaks)
            for name, value in SANITIZER.items()} if IS_SANITIZED else {}


def conf_value(value):
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return f"{{ {', '.join(conf_value(v) for v in value)} }}"
    return str(value) if isinstance(value, int) else json.dumps(str(value))


class Daemon:
    """lsapid with a configuration of its own, in the foreground below us."""

    def __init__(self, place, defaults=None, env=(), **settings):
        self.place = place
        self.process = None
        self.prefix = []  # words before the command
        self.log = place.path / "lsapid.log"
        self.run = place.directory("run")
        self.socket = self.run / "control.sock"
        self.key = place.path / "shim.key"
        self.conf = place.path / "lsapid.conf"
        self.settings = {
            "control_socket": self.socket, "runtime_dir": self.run, "key_file": self.key,
            "manager_user": "nobody" if IS_ROOT else ME.pw_name,
            "apache_user": APACHE.pw_name, "apache_group": group_name(APACHE.pw_gid),
            "log_level": "debug", "uid_min": 1, "gid_min": 1,
            # lines are counted
            "log_rate": 0, "log_rate_all": 0,
            # where it works, it would be in the way of whoever counts starts
            "criu_program": "",
            # its default is for a processor that is not emulated
            **({"criu_time_limit": f"{10 * PATIENCE:.0f}s"} if PATIENCE > 1 else {}), **settings}
        env = [f"{k}={v}" for k, v in sanitizer_env(place).items()] + list(env)
        #: name: (binary, env) or (binary, env, watch)
        self.handlers = {HANDLER: (place.bin / "lsphp", env)}
        self.defaults = defaults or {}
        self.write_conf()

    def write_conf(self):
        lines = [f"{name} = {conf_value(value)}" for name, value in self.settings.items()]
        for name, (binary, env, *watch) in self.handlers.items():
            values = ", ".join(conf_value(v) for v in env)
            lines += [f"handler {conf_value(name)} {{", f"\tbinary = {conf_value(binary)}"]
            lines += [f"\tenv = {{ {values} }}"] if env else []
            paths = ", ".join(conf_value(path) for more in watch for path in more)
            lines += [f"\twatch = {{ {paths} }}"] if paths else []
            lines += ["}"]
        lines += ["defaults {"]
        lines += [f"\t{name} = {conf_value(value)}" for name, value in self.defaults.items()]
        lines += ["}", ""]
        self.place.file(self.conf, "\n".join(lines), mode=0o600)

    def argv(self, *more):
        return [*self.prefix, str(self.place.bin / "lsapid"), "-c", str(self.conf),
                "-m", str(self.place.bin / "lsapid-manager"), *more]

    def check(self):
        """lsapid -t: (status, output)."""
        done = subprocess.run(self.argv("-t"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False, env=self.environ(None))
        return done.returncode, done.stdout

    def environ(self, notify):
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **sanitizer_env(self.place, leaks=1)}
        if notify:
            env["NOTIFY_SOCKET"] = str(notify)
        return env

    def start(self):
        """Returns when the daemon has said READY=1, as it would to systemd."""
        path = self.place.path / "notify"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(str(path))
            path.chmod(0o777)
            notify.settimeout(0.1)
            with open(self.log, "ab") as log:
                self.process = subprocess.Popen(self.argv(), stdin=subprocess.DEVNULL, stdout=log,
                                                stderr=log, env=self.environ(path))
            deadline = time.monotonic() + 20 * PATIENCE
            while True:
                try:
                    if b"READY=1" in notify.recv(4096).splitlines():
                        return self
                except socket.timeout:
                    pass
                if self.process.poll() is not None:
                    raise AssertionError(f"lsapid ended at once:\n{self.text()}")
                if time.monotonic() > deadline:
                    raise AssertionError(f"lsapid is not ready:\n{self.text()}")

    def text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def wait_log(self, words, seconds=10.0):
        return wait_until(lambda: words in self.text(), seconds, f"{words!r} in lsapid's log")

    @property
    def pid(self):
        return self.process.pid

    def manager(self):
        """Pid of the manager, waiting for it if it is being started again."""
        # by parent and title: an ordinary user may not read the exe link of what hides its memory
        return wait_until(lambda: [p.pid for p in all_processes() if p.ppid == self.pid
                                   and p.cmdline.startswith("lsapid-manager")], 5, "a manager")[0]

    def lsphp(self):
        """All lsphp processes: parents and children."""
        return self.place.processes("lsphp")

    def parents(self):
        """Started by lsapid, or thawed: then an init of its own is between."""
        pids = {self.pid} | {p.pid for p in self.place.processes("lsapid-criu")
                             if p.ppid == self.pid}
        return [p for p in self.lsphp() if p.ppid in pids]

    def children(self):
        parents = {p.pid for p in self.lsphp()}
        return [p for p in self.lsphp() if p.ppid in parents]

    def zombies(self):
        return [p for p in descendants(self.pid) if p.state == "Z"]

    def stop(self, seconds=30):
        """SIGTERM, as systemd does it; returns the exit status."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds * PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"lsapid did not stop:\n{self.text()}") from None
        return self.process.returncode if self.process else None

    def kill(self):
        self.process.kill()
        self.process.wait()


def group_name(gid):
    import grp
    return grp.getgrgid(gid).gr_name


class Vhost:
    """One virtual host: name, owner of its files, how its identity is told, more directives.

    The owner is a name, or the entry of an account that this process cannot look up.
    """

    def __init__(self, name, owner=None, identity="lsapi_user_group", extra="", docroot=None,
                 group=None, scripts=None):
        self.name = name
        self.owner = owner if isinstance(owner, pwd.struct_passwd) else \
            pwd.getpwnam(owner) if owner and IS_ROOT else APACHE
        self.group = group or group_name(self.owner.pw_gid)
        self.scripts = scripts or [script.name for script in SCRIPTS.glob("*.php")]
        self.identity = identity if owner and IS_ROOT else None
        self.extra = extra
        self.docroot = docroot
        self.error_log = None

    def identity_line(self):
        user, group = self.owner.pw_name, self.group
        return {
            None: "",
            "lsapi_user_group": f"lsapi_user_group {user} {group}",
            "lsapi_uid_gid": f"lsapi_uid_gid {self.owner.pw_uid} {self.owner.pw_gid}",
            "suexec": f"SuExecUserGroup {user} {group}",
        }[self.identity]


class Httpd:
    """The real apache2 with a configuration of its own, on a port of its own."""

    next_port = 20000 + 400 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])

    def __init__(self, place, daemon, vhosts, mpm="event", extra="", modules=(), limits=None):
        self.place = place
        self.daemon = daemon
        self.mpm = mpm
        self.vhosts = {v.name: v for v in vhosts}
        self.extra = extra
        self.modules = ["authz_core", "mime", "dir", "env", "alias", "rewrite", "headers",
                        "setenvif", *modules]
        if SUEXEC.exists():
            self.modules.append("suexec")
        self.limits = limits or {}
        self.prefix = []  # words before the command
        self.process = None
        self.port = None
        self.port_lock = None
        self.error_log = place.path / "httpd-error.log"
        self.output = place.path / "httpd-output.log"
        for vhost in vhosts:
            self.prepare(vhost)

    def prepare(self, vhost):
        if vhost.docroot is None:
            vhost.docroot = self.place.directory(f"www-{vhost.name}", vhost.owner)
        for name in vhost.scripts:
            self.place.file(vhost.docroot / name, (SCRIPTS / name).read_bytes(), vhost.owner)
        vhost.error_log = self.place.path / f"error-{vhost.name}.log"

    def free_port(self):
        """A port that nobody has, and that no other run of these tests will take meanwhile."""
        while True:
            Httpd.next_port += 1
            port = Httpd.next_port
            # an abstract name is as unique as the port itself: one per network namespace
            self.port_lock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    self.port_lock.bind(f"\0lsapid-test-port-{port}")
                    probe.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    self.port_lock.close()

    def lsapi_lines(self):
        """What loads our module, and is the same for all sites."""
        return [
            f"LoadModule lsapi_module {self.place.bin}/mod_lsapi.so",
            "DirectoryIndex index.php", f"AddType {HANDLER} .php", "lsapi_engine On",
            f"lsapi_daemon_socket {self.daemon.socket}", f"lsapi_daemon_key {self.daemon.key}"]

    def configuration(self):
        limits = {"prefork": {"StartServers": 2, "MinSpareServers": 2, "MaxSpareServers": 70,
                              "MaxRequestWorkers": 80, "ServerLimit": 80}}.get(
            self.mpm, {"StartServers": 2, "ServerLimit": 4, "ThreadsPerChild": 32,
                       "MaxRequestWorkers": 128, "MinSpareThreads": 1, "MaxSpareThreads": 128})
        limits = {**limits, **self.limits}
        lines = [
            f"ServerRoot {self.place.path}", f"Listen 127.0.0.1:{self.port}",
            f"LoadModule mpm_{self.mpm}_module {MODULES}/mod_mpm_{self.mpm}.so",
            *(f"LoadModule {m}_module {MODULES}/mod_{m}.so" for m in self.modules),
            f"PidFile {self.place.path}/httpd.pid", f"DefaultRuntimeDir {self.place.path}",
            f"Mutex file:{self.place.path}", f"ErrorLog {self.error_log}", "LogLevel info",
            "ServerName localhost", "Timeout 60", "KeepAlive On", "MaxKeepAliveRequests 0",
            "KeepAliveTimeout 30", "TypesConfig /etc/mime.types",
            *(f"{name} {value}" for name, value in limits.items()),
            *([f"User {APACHE.pw_name}", f"Group {group_name(APACHE.pw_gid)}"] if IS_ROOT else []),
            "<Directory />", "Require all granted", "AllowOverride All", "</Directory>",
            *self.lsapi_lines(), self.extra]
        for vhost in self.vhosts.values():
            lines += [f"<VirtualHost 127.0.0.1:{self.port}>", f"ServerName {vhost.name}",
                      f"DocumentRoot {vhost.docroot}", f"ErrorLog {vhost.error_log}",
                      vhost.identity_line(), vhost.extra, "</VirtualHost>"]
        return "\n".join(lines) + "\n"

    def environ(self):
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **sanitizer_env(self.place)}
        if IS_SANITIZED:
            env["LD_PRELOAD"] = os.environ["LSAPID_PRELOAD"]
        return env

    def argv(self, *more):
        return [*self.prefix, "/usr/sbin/apache2", "-f", str(self.place.path / "httpd.conf"), *more]

    def write_conf(self):
        self.port = self.port or self.free_port()
        self.place.file("httpd.conf", self.configuration())

    def check(self):
        """apache2 -t: (status, output)."""
        self.write_conf()
        done = subprocess.run(self.argv("-t"), env=self.environ(), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        return done.returncode, done.stdout

    def start(self):
        self.write_conf()
        # a session of its own: a stopping httpd signals its whole process group
        with open(self.output, "ab") as output:
            self.process = subprocess.Popen(self.argv("-DFOREGROUND"), env=self.environ(), cwd="/",
                                            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            start_new_session=True)

        def is_listening():
            if self.process.poll() is not None:
                raise AssertionError(f"httpd ended at once:\n{self.text()}")
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return True
            except OSError:
                return False

        wait_until(is_listening, 20, "httpd's port")
        return self

    def text(self, vhost=None):
        """error_log of a virtual host, or all that httpd said."""
        paths = [self.vhosts[vhost].error_log] if vhost else [
            self.output, self.error_log, *(v.error_log for v in self.vhosts.values())]
        return "".join(p.read_text(errors="replace") for p in paths if p and p.exists())

    def wait_log(self, words, vhost=None, seconds=10.0):
        return wait_until(lambda: words in self.text(vhost), seconds, f"{words!r} in error_log")

    def workers(self):
        """Pids of the processes that serve requests."""
        return sorted(p.pid for p in descendants(self.process.pid)
                      if p.state != "Z" and "apache2" in p.exe)

    def request(self, vhost, target, **how):
        return client.request(self.port, vhost, target, **how)

    def stop(self):
        if self.process and self.process.poll() is None:
            below = descendants(self.process.pid)
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20 * PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                for process in below:
                    if is_alive(process.pid):
                        os.kill(process.pid, signal.SIGKILL)
                raise AssertionError(f"httpd did not stop:\n{self.text()}") from None


class Ctl:
    """lsapidctl against one daemon."""

    def __init__(self, place, daemon):
        self.place = place
        self.daemon = daemon

    def run(self, *args):
        done = subprocess.run(
            [str(self.place.bin / "lsapidctl"), "-s", str(self.daemon.socket), *args],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20 * PATIENCE,
            check=False)
        return done.returncode, done.stdout

    def status(self):
        """Read again while PHP serves already and the supervisor has not told its pid yet."""
        def told():
            status, output = self.run("--json", "status")
            assert status == 0, output
            read = json.loads(output)
            return all(p["pid"] or p["state"] != "ready" for p in read["pools"]) and read
        return wait_until(told, 10, "the pids of all pools that are ready")


IS_FOREIGN_LSPHP = LSPHP is not None
__all__ = ["Daemon", "Httpd", "Vhost", "Ctl", "OWNERS", "HANDLER", "SUEXEC", "IS_FOREIGN_LSPHP"]
