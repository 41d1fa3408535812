# SPDX-License-Identifier: Apache-2.0
"""What serves PHP under Apache: ours, and what a user would take instead, each with the same PHP.

All have the same Apache but for the MPM that mod_php demands, the same php.ini, the same scripts,
and enough processes that none waits for another at the concurrency that is measured.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import lsapi_client
from harness import HANDLER, Httpd, Vhost, group_name
from meter import Meter
from place import BUILD, Place, wait_until
from stack import Stack
import wrk

CHILDREN = 16
OWNER = "games"
#: two processes of Apache, as on a small host; all workers of one MPM, from the start
EVENT = {"StartServers": 2, "ServerLimit": 2, "ThreadsPerChild": 40, "MaxRequestWorkers": 80,
         "MinSpareThreads": 80, "MaxSpareThreads": 80}
PREFORK = {"StartServers": CHILDREN, "MinSpareServers": 8, "MaxSpareServers": CHILDREN,
           "MaxRequestWorkers": 80, "ServerLimit": 80}
#: where Debian's suexec is willing to run anything, and an account that it does not refuse
SUEXEC_ROOT, CGI_OWNER = Path("/var/www"), "nobody"
SUEXEC_LOG = Path("/var/log/apache2")  # without it, it runs nothing


OTHER = os.environ.get("OTHER_LSPHP")


class PlainHttpd(Httpd):
    """Apache without our module."""

    env = {}

    def lsapi_lines(self):
        return ["DirectoryIndex index.php", "LogLevel warn"]

    def environ(self):
        return super().environ() | self.env


class Contender:
    """One of them, running; @ground has the sites, the settings of PHP and what was unpacked."""

    name = title = None
    mpm, limits, modules = "event", EVENT, ()
    #: kinds of work that it is not asked for
    without = ()
    #: words before Apache's and PHP's commands: a tool that looks into them
    tool = ()
    children = CHILDREN
    end_signal = signal.SIGTERM

    def __init__(self, ground):
        self.ground = ground
        self.place = Place()
        self.meter = Meter(self.name)
        self.processes = []
        self.httpd = None

    def vhosts(self):
        docroot = self.docroot()
        return [Vhost(name, OWNER, docroot=docroot, scripts=["who.php"],
                      extra=self.lines())
                for name in self.ground.names]

    def docroot(self):
        return self.ground.docroot

    def lines(self):
        return ""

    def server_lines(self):
        return ""

    def start_backend(self):
        """What has to run before Apache."""

    def start(self):
        self.start_backend()
        self.httpd = PlainHttpd(self.place, None, self.vhosts(), mpm=self.mpm, limits=self.limits,
                                modules=self.modules, extra=self.server_lines())
        for vhost in self.httpd.vhosts.values():
            vhost.identity = None
        self.httpd.env = self.ground.php_env
        self.httpd.prefix = [*self.meter.prefix(), *self.tool]
        self.httpd.start()
        return self

    def run(self, *argv, **how):
        with open(self.place.path / f"{self.name}.out", "wb") as out:
            process = subprocess.Popen([*self.meter.prefix(), *self.tool, *map(str, argv)],
                                       stdout=out, stderr=out, **how)
        self.processes.append(process)
        return process

    def ask(self, uri):
        return self.httpd.request(self.ground.names[0], uri)

    def start_load(self, work, seconds, hosts=1):
        """A client that does @work for so long; see wrk.figures() for what it prints."""
        return wrk.start(self.ground, self.port, work, seconds, hosts)

    @property
    def port(self):
        return self.httpd.port

    def end(self):
        if self.httpd:
            self.httpd.stop()
        for process in self.processes:
            process.send_signal(self.end_signal)
            process.wait(20)
        self.leave()

    def leave(self):
        wait_until(lambda: not self.meter.pids(), 20, f"the end of {self.name}")
        self.meter.end()
        self.place.end()


class Static(Contender):
    """The floor of Apache itself: files as large as what the scripts print."""

    name, title = "static", "static file"
    without = ("post10k", "post10m", "chunked", "cpu", "wordpress", "turn")

    def lines(self):
        return "RewriteEngine On\nRewriteRule ^/(.*)\\.php$ /$1.html"


class ModPhp(Contender):
    """The floor of PHP in Apache: no process between, and no user but Apache's."""

    name, title = "mod_php", "mod_php (prefork, no separation)"
    mpm, limits = "prefork", PREFORK

    def server_lines(self):
        return (f"LoadModule php_module {self.ground.unpacked}/usr/lib/apache2/modules/libphp8.2.so\n"
                f"PHPIniDir {self.ground.ini}\n"
                '<FilesMatch "\\.php$">\nSetHandler application/x-httpd-php\n</FilesMatch>')


class Fpm(Contender):
    """mod_proxy_fcgi and PHP-FPM over a unix socket, a connection for each request."""

    name, title = "fpm", "PHP-FPM"
    modules = ("proxy", "proxy_fcgi")
    reuse = ""
    end_signal = signal.SIGQUIT  # at once, and its children end by themselves

    @property
    def socket(self):
        return self.place.path / f"{self.name}.sock"

    def start_backend(self):
        conf = self.place.file(
            f"{self.name}.conf",
            f"[global]\nerror_log = {self.place.path}/{self.name}.log\n{self.pools()}")
        self.run(f"{self.ground.unpacked}/usr/sbin/php-fpm8.2", "--nodaemonize", "--fpm-config",
                 conf, env=self.ground.php_env)
        wait_until(self.socket.exists, 10, "php-fpm's socket")

    def pools(self):
        return (f"[www]\nuser = {OWNER}\ngroup = {group_name(self.ground.owner.pw_gid)}\n"
                f"listen = {self.socket}\nlisten.mode = 0666\n"
                f"pm = static\npm.max_children = {self.children}\n")

    def lines(self):
        # without the second, PHP-FPM is told of no body that is chunked
        return (f'<FilesMatch "\\.php$">\nSetHandler "proxy:unix:{self.socket}|'
                f'fcgi://{self.name}.local/"\n</FilesMatch>\n'
                "SetEnvIf Transfer-Encoding chunked proxy-sendcl=1")

    def server_lines(self):
        return self.reuse


class FpmReuse(Fpm):
    """The same with connections kept; a child of PHP-FPM belongs to each as long as it is open."""

    name, title = "fpm_reuse", "PHP-FPM, enablereuse"
    reuse = '<Proxy "fcgi://fpm_reuse.local/">\nProxySet enablereuse=on max=8\n</Proxy>'


class Fcgid(Contender):
    """mod_fcgid and php-cgi, as one user: its wrapper of suexec costs nothing per request."""

    name, title = "fcgid", "mod_fcgid"

    def start_backend(self):
        self.wrapper = self.place.file(
            "fcgid-wrapper", "#!/bin/sh\nexec env PHP_FCGI_MAX_REQUESTS=0 PHP_FCGI_CHILDREN=0 "
            f"{self.ground.php_cgi}\n", mode=0o755)

    def server_lines(self):
        env = "".join(f'FcgidInitialEnv {name} "{value}"\n'
                      for name, value in self.ground.php_env.items())
        return (f"LoadModule fcgid_module {self.ground.unpacked}/usr/lib/apache2/modules/mod_fcgid.so\n"
                f"FcgidIPCDir {self.place.path}/fcgid\nFcgidProcessTableFile {self.place.path}/fcgid.shm\n"
                f"FcgidMaxRequestLen 20000000\nFcgidMaxProcessesPerClass {CHILDREN}\n"
                f"FcgidMinProcessesPerClass 8\nFcgidMaxRequestsPerProcess 0\n{env}"
                f'<FilesMatch "\\.php$">\nSetHandler fcgid-script\nOptions +ExecCGI\n'
                f"FcgidWrapper {self.wrapper} .php\n</FilesMatch>")


class Cgi(Contender):
    """A process of php-cgi for each request, as its owner, by the real suexec."""

    name, title = "cgi", "CGI by suexec"
    modules = ("cgid", "actions")
    without = ("hello", "10k", "1m", "post10k", "post10m", "chunked", "cpu", "wordpress", "turn")

    root = None

    def start_backend(self):
        self.made = [path for path in (SUEXEC_ROOT, SUEXEC_LOG) if not path.exists()]
        for path in self.made:
            path.mkdir()
        self.root = Path(tempfile.mkdtemp(prefix="lsapid-bench-", dir=SUEXEC_ROOT))
        user = pwd.getpwnam(CGI_OWNER)
        env = " ".join(f"{name}='{value}'" for name, value in self.ground.php_env.items())
        (self.root / "php").write_text(f"#!/bin/sh\nexec env {env} {self.ground.php_cgi}\n")
        (self.root / "php").chmod(0o755)
        shutil.copy(self.ground.docroot / "hello.php", self.root)
        self.root.chmod(0o755)
        for path in (self.root, *self.root.iterdir()):
            os.chown(path, user.pw_uid, user.pw_gid)

    def server_lines(self):
        return f"ScriptSock {self.place.path}/cgid.sock"

    def docroot(self):
        return self.root

    def lines(self):
        group = group_name(pwd.getpwnam(CGI_OWNER).pw_gid)
        return (f"SuexecUserGroup {CGI_OWNER} {group}\nScriptAlias /cgi-php/ {self.root}/\n"
                "Action php-cgi /cgi-php/php\n"
                '<FilesMatch "\\.php$">\nSetHandler php-cgi\n</FilesMatch>')

    def end(self):
        super().end()
        if self.root:
            for path in (self.root, *self.made):
                shutil.rmtree(path)


class Ours(Contender):
    """lsapid and mod_lsapi."""

    name, title = "ours", "lsapid"
    lsphp = None

    def start(self):
        env = [f"{name}={value}" for name, value in self.ground.php_env.items()]
        stack = Stack(self.vhosts(), start=False, env=env, mpm=self.mpm, limits=self.limits,
                      extra="LogLevel warn",
                      settings={"log_level": "notice", "criu_program": ""},
                      defaults={"children": self.children, "max_idle": "10m", "pgrp_max_idle": "10m"})
        self.stack = stack
        binary = stack.place.bin / "lsphp"
        if self.lsphp:
            binary = shutil.copy(self.lsphp, stack.place.bin / "lsphp-other")
        if self.tool:
            binary = stack.place.file("bin/lsphp-tool", "#!/bin/sh\nexec " + " ".join(
                [*self.tool, str(binary)]) + "\n", mode=0o755)
        if binary.name != "lsphp":
            stack.daemon.handlers[HANDLER] = (binary, env)
            stack.daemon.write_conf()
        stack.daemon.prefix = self.meter.prefix()
        stack.httpd.prefix = [*self.meter.prefix(), *self.tool]
        self.httpd = stack.httpd
        stack.start()
        return self

    def end(self):
        self.stack.end()
        self.leave()


class OursPrefork(Ours):
    """The same under the MPM of mod_php: what is left is the way between the processes."""

    name, title = "ours_prefork", "lsapid, prefork"
    mpm, limits = "prefork", PREFORK


class FpmPools(Fpm):
    """A pool of PHP-FPM for each site, as on a host that keeps its users apart."""

    name, title = "fpm_pools", "PHP-FPM, a pool for each site"

    def pools(self):
        return "".join(
            f"[{name}]\nuser = {OWNER}\ngroup = {group_name(self.ground.owner.pw_gid)}\n"
            f"listen = {self.place.path}/{name}.sock\nlisten.mode = 0666\n"
            f"pm = ondemand\npm.max_children = {CHILDREN}\npm.process_idle_timeout = 600s\n"
            for name in self.ground.names)

    @property
    def socket(self):
        return self.place.path / f"{self.ground.names[-1]}.sock"

    def lines(self):
        return super().lines().replace(f"{self.ground.names[-1]}.sock", "%s.sock")

    def vhosts(self):
        made = super().vhosts()
        for vhost in made:
            vhost.extra = vhost.extra.replace("%s", vhost.name)
        return made


class Many:
    """One of them (ours) with so many sites, each with a pool of its own."""

    def __init__(self, ground, count, kind=None):
        self.ground, self.count, self.kind = ground, count, kind or Ours

    def __enter__(self):
        kept = self.ground.names
        self.ground.names = [f"site{i}.test" for i in range(self.count)]
        try:
            self.server = self.kind(self.ground)
            self.server.start()
        finally:
            self.ground.names = kept
        return self.server

    def __exit__(self, *what):
        self.server.end()


class Bare(Contender):
    """lsphp alone, asked over kept connections: what is left of our path without Apache."""

    name, title = "bare", "lsphp alone, no Apache"
    without = ("chunked", "turn")

    def start(self):
        path = self.place.path / "lsphp.sock"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(path))
            listener.listen(64)
            path.chmod(0o777)
            self.run("setpriv", f"--reuid={self.ground.owner.pw_uid}",
                     f"--regid={self.ground.owner.pw_gid}", "--clear-groups",
                     shutil.copy(BUILD / "lsphp" / "lsphp", self.place.path),
                     stdin=listener, env={**self.ground.php_env, "LSAPI_CHILDREN": str(CHILDREN),
                                          "LSAPI_MAX_IDLE_CHILDREN": str(CHILDREN)})
        self.socket = path
        assert self.ask("/hello.php").body == b"Hello, world"
        return self

    def ask(self, uri):
        with lsapi_client.Client(str(self.socket), 60) as peer:
            peer.send(self.request("GET", uri, 0))
            return peer.receive()

    def request(self, method, uri, size):
        script = self.docroot() / f"{uri[1:]}{'index.php' if uri.endswith('/') else ''}"
        headers = [("Host", self.ground.names[0])]
        if size:
            headers.append(("Content-Length", str(size)))
        return lsapi_client.encode_request(
            str(script), method=method, headers=headers, body_size=size,
            env={"REQUEST_URI": uri, "SCRIPT_NAME": f"/{script.relative_to(self.docroot())}",
                 "DOCUMENT_ROOT": str(self.docroot()), "REMOTE_ADDR": "127.0.0.1"}) + bytes(size)

    def start_load(self, work, seconds, hosts=1):
        method, uri, size, _ = work
        path = self.place.path / "request"
        path.write_bytes(self.request(method, uri, size))
        with open(path, "rb") as request:
            return subprocess.Popen(
                [BUILD / "tests/bench/kept", self.socket, str(wrk.CONCURRENCY), str(seconds)],
                stdin=request, stdout=subprocess.PIPE, text=True)


class OursOther(Ours):
    """The same with another lsphp than ours: LSPHP=/path."""

    name, title = "ours_other", "lsapid, another lsphp"
    lsphp = OTHER


ALL = [Static, ModPhp, Fpm, FpmReuse, Fcgid, Cgi, Ours, OursPrefork,
       *([OursOther] if OTHER else []), Bare]
