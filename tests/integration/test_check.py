# SPDX-License-Identifier: Apache-2.0
"""lsapidctl check: each bad setup is found, and is not any more when its remedy was applied."""

import json
import os
import pwd
import re
import subprocess

import pytest

from harness import HANDLER, Vhost
from place import APACHE

ALT = "application/x-httpd-alt-php74___lsphp"


def owned():
    return [Vhost("a.test", "games"), Vhost("b.test", "mail")]


SHARED = {"vhosts": owned, "settings": {"log_dir": "/run"}}


class Bench:
    """One running stack, and copies of its configuration that are wrong in one thing."""

    def __init__(self, stack):
        self.stack = stack
        self.conf = stack.daemon.conf
        self.httpd_conf = stack.place.path / "httpd.conf"

    def check(self, *args, conf=None, httpd=None):
        """(status, findings by id)."""
        status, text = self.stack.ctl.run(
            "--json", "check", "--config", str(conf or self.conf), "--apache-conf",
            str(httpd or self.httpd_conf), *args)
        found = {}
        for finding in json.loads(text)["findings"]:
            found.setdefault(finding["id"], []).append(finding)
        return status, found

    def one(self, which, **how):
        finding, = self.check(**how)[1][which]
        return finding

    def is_good(self, which, **how):
        return {f["severity"] for f in self.check(**how)[1][which]} == {"ok"}

    def changed_conf(self, old, new):
        text = self.conf.read_text()
        assert old in text
        return self.stack.place.file("changed.conf", text.replace(old, new, 1), mode=0o600)

    def added_conf(self, line):
        """Before the first section."""
        return self.stack.place.file("changed.conf", line + "\n" + self.conf.read_text(),
                                     mode=0o600)

    def changed_httpd(self, old, new):
        text = self.httpd_conf.read_text()
        assert old in text
        return self.stack.place.file("changed-httpd.conf", text.replace(old, new, 1))


@pytest.fixture
def bench(shared):
    return Bench(shared)


def test_good_host_has_notes_at_most(bench):
    """And the exit status says so; for people only what is not good is printed."""
    status, found = bench.check()
    bad = {key: f for key, all_of in found.items() for f in all_of
           if f["severity"] in ("warning", "problem")}
    assert not bad and status == 0
    assert {"daemon-running", "php-version", "apache-module", "apache-socket"} <= {
        key for key, (f, *_) in found.items() if f["severity"] == "ok"}
    assert found["php-version"][0]["where"] == str(bench.stack.place.bin / "lsphp")
    areas = {f["area"] for all_of in found.values() for f in all_of}
    assert areas == {"daemon", "accounts", "files", "php", "limits", "criu", "apache", "host"}
    status, text = bench.stack.ctl.run("check", "--config", str(bench.conf), "--apache-conf",
                                       str(bench.httpd_conf))
    assert status == 0 and "apache-module" not in text and " ok (--all shows each)\n" in text
    assert "note     criu-works: CRIU: off" in text and "         remedy: name the program" in text
    text = bench.stack.ctl.run("check", "--all", "--apache-conf", str(bench.httpd_conf))[1]
    assert "ok       apache-module: Apache loads mod_lsapi\n" in text


def test_no_daemon_is_a_finding_and_the_rest_is_looked_at(bench):
    done = subprocess.run(
        [str(bench.stack.place.bin / "lsapidctl"), "-s", str(bench.stack.place.path / "none.sock"),
         "--json", "check", "-c", str(bench.conf), "--apache-conf", str(bench.httpd_conf)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    answer = json.loads(done.stdout)
    found = {f["id"]: f for f in answer["findings"]}
    assert done.returncode == 1 and done.stderr == ""
    assert found["daemon-running"]["severity"] == "problem"
    assert "is lsapid running?" in found["daemon-running"]["what"]
    assert "systemctl start lsapid" in found["daemon-running"]["remedy"]
    assert found["limit-files"]["severity"] == "skipped"
    assert found["apache-module"]["severity"] == found["php-binary"]["severity"] == "ok"
    assert answer["summary"]["worst"] == "problem"
    assert sum(answer["summary"][k] for k in ("ok", "skipped", "note", "warning", "problem")) == \
        len(answer["findings"])


MODES = [
    # what, its mode, finding, words
    ("{run}/control.sock", 0o666, "file-socket", "with mode 0666"),
    ("{run}", 0o700, "file-search", "can not go through this directory"),
    ("{run}/pools", 0o755, "file-pools", "others can get to the sockets of PHP"),
    ("{place}/shim.key", 0o644, "file-key", "others may know the key"),
    ("{place}/bin/lsphp", 0o757, "php-binary", "{place}/bin/lsphp"),
    ("{place}/bin/lsphp", 0o644, "php-binary", "{place}/bin/lsphp"),
    ("{place}/lsapid.conf", 0o666, "daemon-config", "{place}/lsapid.conf"),
]


@pytest.mark.parametrize("path, mode, which, words", MODES)
def test_wrong_modes(bench, path, mode, which, words):
    names = {"run": bench.stack.daemon.run, "place": bench.stack.place.path}
    path = path.format(**names)
    before = os.stat(path).st_mode & 0o7777
    os.chmod(path, mode)
    try:
        status, found = bench.check()
        assert status == 1
        finding, = found[which]
        assert finding["severity"] == "problem" and finding["remedy"]
        assert words.format(**names) in finding["what"] + finding["where"]
    finally:
        os.chmod(path, before)
    assert bench.is_good(which)


LINES = [
    # in lsapid.conf, finding, severity, words
    ("apache_user = no-such", "account-apache", "problem", "'no-such' does not exist"),
    ("apache_group = no-such", "account-apache", "problem", "'no-such' does not exist"),
    ("manager_user = no-such", "account-manager", "problem", "'no-such' does not exist"),
    ("manager_user = root", "account-manager", "problem", "is root"),
    ("admin_group = www-data", "account-groups", "problem", "which steers lsapid"),
    ("shim_users = { no-such }", "account-shims", "problem", "no account 'no-such'"),
    ("shim_users = { news }", "account-shims", "problem", "not in apache_group"),
    ("log_dir = /nonexistent", "file-logs", "note", "log_dir is not there"),
    ("log_dir = /run/{open}", "file-logs", "warning", "/run/{open}"),
    ("cgroup_root = /nonexistent", "limit-cgroup", "warning", "cgroup_root"),
    ("max_children_total = 1000000\nmax_pools = 1000000", "limit-files", "warning", "3000256"),
    ("log_level = loud", "daemon-config", "problem", "loud"),
    ("control_socket = /run/{open}/x.sock", "apache-socket", "problem", "lsapi_daemon_socket is"),
    ("key_file = /run/{open}/key", "apache-socket", "problem", "lsapi_daemon_key is"),
    ("apache_user = games", "apache-user", "problem", "Apache runs as www-data"),
    ("apache_group = games", "apache-user", "warning", "Apache's group is www-data"),
]


def proc_of_manager(bench, name):
    with open(f"/proc/{bench.stack.daemon.manager()}/{name}", encoding="ascii") as file:
        return file.read()


@pytest.mark.parametrize("line, which, severity, words", LINES)
def test_wrong_lines_in_lsapid_conf(bench, line, which, severity, words):
    """The line as it was makes it good again."""
    place = bench.stack.place.directory("open", mode=0o777)
    opened = str(place)[len("/run/"):]
    line, words = (text.replace("{open}", opened) for text in (line, words))
    keys = {part.split(" = ")[0] for part in line.splitlines()}
    text = "\n".join(old for old in bench.conf.read_text().splitlines()
                     if old.split(" = ")[0] not in keys)
    conf = bench.stack.place.file("changed.conf", f"{line}\n{text}\n", mode=0o600)
    if which == "limit-files" and int(re.search(
            r"open files +\d+ +(\d+)", proc_of_manager(bench, "limits"))[1]) >= 3000256:
        pytest.skip("more files may be opened here than any setting needs")
    if which == "limit-cgroup" and not bench.is_good(which):
        pytest.skip("no cgroup v2 is mounted here: the finding is there without the line, too")
    status, found = bench.check(conf=conf)
    told = [f for f in found[which] if words in f["what"] + f["where"]]
    assert [f["severity"] for f in told] == [severity], found[which]
    assert all(f["remedy"] for f in told)
    assert status == 1 if severity == "problem" else status in (0, 1, 6)
    assert bench.is_good(which)


HTTPD = [
    # what is in httpd.conf, what is there in its place, finding, severity, words
    ("LoadModule lsapi_module", "#", "apache-module", "problem", "no LoadModule"),
    ("mod_lsapi.so", "no_lsapi.so", "apache-module", "problem", "No such file"),
    ("Listen", "LoadModule ruid2_module /x.so\nListen", "apache-conflict", "problem", "ruid2"),
    ("Listen", "LoadModule mpm_itk_module /x.so\nListen", "apache-conflict", "problem", "itk"),
    ("Listen", "LoadModule php7_module /x.so\nListen", "apache-conflict", "warning", "php7"),
    ("AddType", '<FilesMatch "\\.php$">\nSetHandler "proxy:unix:/x|fcgi://y"\n</FilesMatch>\nAddType',
     "apache-handler", "warning", "PHP-FPM"),
    ("AddType", "AddHandler fcgid-script .php\nAddType", "apache-handler", "warning", "mod_fcgid"),
    (f"AddType {HANDLER}", f"AddType {ALT}", "apache-known", "problem", ALT),
    ("lsapi_engine On", "lsapi_engine Off", "apache-engine", "warning", "nowhere"),
    ("lsapi_user_group games", "#", "apache-owner", "warning", "a.test"),
    ("User www-data", "User games", "apache-user", "problem", "games"),
    ("lsapi_daemon_key ", "lsapi_daemon_key /other", "apache-socket", "problem", "/other"),
    ("lsapi_engine On", "lsapi_engine On\nlsapi_enginee On", "apache-lines", "warning",
     "lsapi_enginee"),
    ("Listen", "Include /nonexistent/\nListen", None, None, None),
]


@pytest.mark.parametrize("old, new, which, severity, words", HTTPD)
def test_wrong_lines_in_apaches_configuration(bench, old, new, which, severity, words):
    httpd = bench.changed_httpd(old, new)
    status, found = bench.check(httpd=httpd)
    if which is None:  # Apache does not mind, nor do we
        assert status == 0
        return
    finding = found[which][0]
    assert (finding["severity"], bool(finding["remedy"])) == (severity, True)
    assert words in finding["what"]
    line = next(i for i, text in enumerate(httpd.read_text().splitlines(), 1)
                if text not in bench.httpd_conf.read_text().splitlines())
    where = finding["where"].removeprefix(str(httpd))
    assert where == "" or abs(int(where[1:]) - line) <= 4
    assert status == {"problem": 1, "warning": 6}[severity]
    assert bench.is_good(which)


@pytest.mark.parametrize("script, severity, words", [
    ("#!/bin/sh\necho 'cannot open libphp.so' >&2\nexit 127\n", "problem", "exits with 127: cannot"),
    ("#!/bin/sh\necho 'PHP 8.2 (cli)'\n", "warning", "no PHP for LSAPI: PHP 8.2 (cli)"),
    ("#!/bin/sh\necho litespeed $(id -u)\n", "ok", f"litespeed {pwd.getpwnam('nobody').pw_uid}"),
])
def test_php_that_does_not_run(bench, script, severity, words):
    """It is asked as nobody."""
    binary = bench.stack.place.file("bin/other", script, mode=0o755)
    conf = bench.changed_conf(str(bench.stack.place.bin / "lsphp"), str(binary))
    finding = bench.one("php-version", conf=conf)
    assert finding["severity"] == severity and words in finding["what"]
    assert finding["where"] == str(binary)
    binary.unlink()
    assert bench.check(conf=conf)[1]["php-binary"][0]["severity"] == "problem"


def test_more_children_than_processes(bench):
    """B39, of pool files as they are written."""
    pools = bench.stack.place.directory("pools.d")
    file = bench.stack.place.file(pools / "a.conf", "pool a { user = games children = 30 "
                                  "limit_nproc = 20 }", mode=0o600)
    conf = bench.added_conf(f'pools_dir = "{pools}"')
    finding = bench.one("limit-children", conf=conf)
    assert finding["severity"] == "warning" and finding["where"] == f"{file}:1"
    assert "30 children, 20 processes" in finding["what"]
    file.write_text("pool a { user = games children = 19 limit_nproc = 20 }")
    assert bench.is_good("limit-children", conf=conf)
    file.write_text("pool a { user = games children = many }")
    status, found = bench.check(conf=conf)
    assert status == 1 and found["daemon-config"][0]["where"] == f"{file}:1"


def test_limits_of_the_service(bench):
    """pids.max on the way from the manager up, in a tree that looks like that of cgroup v2."""
    text = proc_of_manager(bench, "cgroup")
    path = next((line[4:] for line in text.splitlines() if line.startswith("0::/")), "")
    tree = bench.stack.place.directory("cgroup")
    bench.stack.place.directory(f"cgroup/{path}")
    limit = bench.stack.place.file(tree / path.split("/")[0] / "pids.max", "100\n")
    conf = bench.added_conf(f'cgroup_root = "{tree}"')
    finding = bench.one("limit-processes", conf=conf)
    assert finding["severity"] == "warning" and "100 processes" in finding["what"]
    assert "TasksMax" in finding["remedy"]
    limit.write_text("max\n")
    assert bench.is_good("limit-processes", conf=conf)


def test_frozen_php(bench):
    """Images that others can read; CRIU that is wanted, or shared by virtual hosts."""
    images = bench.stack.place.directory("images", mode=0o755)
    text = bench.conf.read_text().replace('criu_program = ""', 'criu_program = "/x/criu"')
    conf = bench.stack.place.file("changed.conf", text.replace(
        "defaults {", f'defaults {{\n\tcriu = on\n\tcriu_images_dir = "{images}"'), mode=0o600)
    finding = bench.one("file-images", conf=conf)
    assert finding["severity"] == "problem" and finding["where"] == str(images)
    images.chmod(0o700)
    assert bench.is_good("file-images", conf=conf)
    assert bench.one("criu-works", conf=conf)["severity"] == "warning"
    assert bench.one("criu-works")["severity"] == "note"
    httpd = bench.changed_httpd("lsapi_engine On", "lsapi_engine On\nlsapi_per_user On")
    assert bench.one("criu-per-user", conf=conf, httpd=httpd)["severity"] == "warning"
    assert bench.is_good("criu-per-user", conf=conf)


def test_account_in_a_group_with_power(bench, accounts):
    user = accounts.add().pw_name
    text = bench.conf.read_text().replace(f'"{APACHE.pw_name}"', f'"{user}"', 1)
    conf = bench.stack.place.file("changed.conf", text, mode=0o600)
    assert f'apache_user = "{user}"' in text
    subprocess.run(["usermod", "-aG", "shadow", user], check=True)
    finding = bench.one("account-groups", conf=conf)
    assert finding["severity"] == "problem" and "in group shadow" in finding["what"]
    subprocess.run(["gpasswd", "-d", user, "shadow"], check=True, stdout=subprocess.DEVNULL)
    assert bench.is_good("account-groups", conf=conf)


def test_file_system_that_can_not_be_written_to(bench):
    conf = bench.changed_conf(f'runtime_dir = "{bench.stack.daemon.run}"',
                              f'runtime_dir = "{bench.stack.place.directory("ro")}"')
    command = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs -o ro none "$0" && exec "$@"',
               str(bench.stack.place.path / "ro")]
    if subprocess.run([*command, "true"], stderr=subprocess.DEVNULL, check=False).returncode:
        pytest.skip("no file system may be mounted here")
    done = subprocess.run([*command, str(bench.stack.place.bin / "lsapidctl"), "--json", "check",
                           "-c", str(conf)], stdout=subprocess.PIPE, text=True, check=False)
    finding, = [f for f in json.loads(done.stdout)["findings"] if f["id"] == "file-system"]
    assert (finding["severity"], finding["what"]) == ("problem", "the file system is read-only")


def test_root_of_another_system(bench):
    """Debian's layout, by its own accounts and links; no daemon is asked."""
    place = bench.stack.place
    root = place.directory("system")
    for name, text in {
            "etc/passwd": "root:x:0:0::/:/bin/sh\nweb:x:7:7::/:/bin/sh\nlsapid:x:8:8::/:/bin/sh\n",
            "etc/group": "root:x:0:\nweb:x:7:\nlsapid:x:8:\n",
            "etc/lsapid/lsapid.conf": "apache_user = web apache_group = web\n",
            "etc/apache2/envvars": "export APACHE_RUN_USER=web\nexport APACHE_RUN_GROUP=web\n",
            "etc/apache2/apache2.conf":
                "User ${APACHE_RUN_USER}\nGroup ${APACHE_RUN_GROUP}\n"
                "IncludeOptional mods-enabled/*.load\nIncludeOptional sites-enabled/*.conf\n",
            "etc/apache2/mods-available/lsapi.load": "LoadModule lsapi_module /m.so\nlsapi_engine On\n",
            "etc/apache2/sites-enabled/a.conf":
                "<VirtualHost *:80>\nServerName a.test\n<IfModule lsapi_module>\n"
                "lsapi_uid_gid 1000 1000\n</IfModule>\n</VirtualHost>\n",
            "etc/apache2/sites-enabled/b.conf": "<VirtualHost *:80>\nServerName b.test\n"
                                                "</VirtualHost>\n",
            "etc/csf/csf.pignore": "exe:/usr/sbin/mysqld\n", "m.so": ""}.items():
        place.directory(f"system/{os.path.dirname(name)}")
        place.file(root / name, text)
    place.directory("system/etc/apache2/mods-enabled")
    (root / "etc/apache2/mods-enabled/lsapi.load").symlink_to(
        "/etc/apache2/mods-available/lsapi.load")

    def check():
        status, text = bench.stack.ctl.run("--json", "check", "--root", str(root))
        found = {f["id"]: f for f in json.loads(text)["findings"]}
        return status, found

    status, found = check()
    assert status == 1  # there is no lsphp
    assert found["daemon-running"]["severity"] == found["limit-files"]["severity"] == "skipped"
    for which in ("account-apache", "account-manager", "apache-module", "apache-user",
                  "apache-engine", "daemon-config"):
        assert found[which]["severity"] == "ok", found[which]
    assert found["apache-owner"]["where"] == "/etc/apache2/sites-enabled/b.conf:1"
    assert found["host-killer"]["severity"] == "warning"
    with open(root / "etc/csf/csf.pignore", "a", encoding="ascii") as ignore:
        ignore.write("pexe:/usr/local/bin/lsphp.*\n")
    assert check()[1]["host-killer"]["severity"] == "ok"
    assert bench.stack.ctl.run("check", "--root", str(root / "nowhere"))[0] == 1


def test_old_key_of_apache(stack):
    """Told while nobody has restarted Apache, and not any more then."""
    made = Bench(stack(Vhost("a.test", "games"), settings={"log_dir": "/run"}))
    daemon, httpd = made.stack.daemon, made.stack.httpd
    assert made.stack.get("a.test", "/who.php").status == 200
    daemon.stop()
    daemon.key.unlink()
    daemon.start()
    assert made.stack.get("a.test", "/who.php").status == 503
    status, found = made.check()
    finding, = found["daemon-key"]
    assert status == 1 and finding["severity"] == "problem"
    assert "wrong key" in finding["what"] and "restart Apache" in finding["remedy"]
    httpd.stop()
    httpd.start()
    assert made.stack.get("a.test", "/who.php").status == 200
    assert made.is_good("daemon-key")


def test_pool_that_has_failed_and_another_version(stack):
    made = Bench(stack(Vhost("a.test", "games"), start=False, settings={"log_dir": "/run"}))
    lsphp = made.stack.place.file("bin/lsphp", "#!/bin/sh\nexit 3\n", mode=0o755)
    assert made.stack.start() and lsphp
    assert made.stack.get("a.test", "/who.php").status == 503
    finding = made.one("daemon-pools")
    assert finding["severity"] == "problem" and "a.test" in finding["what"] and finding["remedy"]
