# SPDX-License-Identifier: Apache-2.0
"""setup and uninstall for real: an Apache laid out as Debian's, and programs of panels.

In a root directory of its own, where they may change what they like (private_root.py).
"""

import json
import os
import pwd
import signal
import socket

import pytest

import client
import host_tree
from json_manual import JsonManual
from place import APACHE, OWNERS, wait_until
from private_root import PrivateRoot

VHOST = "site.example"
OWNER = pwd.getpwnam(OWNERS[0])
APACHECTL = """#!/bin/sh
case $1 in
configtest) exec /usr/sbin/apache2 -t ;;
*) exec /usr/sbin/apache2 -k "$1" ;;
esac
"""
RECORD = "#!/bin/sh\necho \"${0##*/} $*\" >>/calls\n"
APACHE_CONF = """ServerRoot /etc/apache2
ServerName localhost
PidFile /run/apache2/apache2.pid
Listen 127.0.0.1:{port}
User {user.pw_name}
Group #{user.pw_gid}
ErrorLog /var/log/apache2/error.log
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule mime_module /usr/lib/apache2/modules/mod_mime.so
TypesConfig /etc/mime.types
IncludeOptional mods-enabled/*.load
IncludeOptional mods-enabled/*.conf
IncludeOptional conf-enabled/*.conf
<VirtualHost *>
    ServerName {vhost}
    DocumentRoot /srv/site
    <IfModule lsapi_module>
        lsapi_user_group {owner.pw_name} #{owner.pw_gid}
        lsapi_uid_gid {owner.pw_uid} {owner.pw_gid}
    </IfModule>
</VirtualHost>
"""


@pytest.fixture(scope="module")
def root():
    made = PrivateRoot()
    if made.why_not:
        made.end()
        pytest.skip(f"no root of our own can be mounted here: {made.why_not}")
    yield made
    made.end()


@pytest.fixture(scope="module")
def port(root):
    """An Apache that runs, and has never heard of lsapid."""
    root.install()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    root.put("/usr/sbin/apache2ctl", APACHECTL, 0o755)
    root.put("/etc/apache2/apache2.conf",
             APACHE_CONF.format(port=port, user=APACHE, vhost=VHOST, owner=OWNER))
    for directory in ("/run/apache2", "/var/log/apache2", "/srv/site"):
        root.path(directory).mkdir(parents=True, exist_ok=True)
    root.put("/srv/site/index.php", "<?php echo 'uid ', posix_geteuid();\n")
    os.chown(root.path("/srv/site"), OWNER.pw_uid, OWNER.pw_gid)
    assert root.run("/usr/sbin/apache2ctl", "start")[0] == 0
    wait_until(lambda: page(port), 10, "Apache")
    return port


def page(port):
    try:
        return client.request(port, VHOST, "/index.php").text
    except ConnectionError:
        return ""


def snapshot(root):
    """Where setup may change something."""
    found = {}
    for top in ("etc/apache2", "etc/lsapid", "var/lib/lsapid"):
        for path in sorted((root.root / top).rglob("*")):
            what = os.readlink(path) if path.is_symlink() else path.is_file() and path.read_bytes()
            found[str(path.relative_to(root.root))] = (path.lstat().st_mode, what)
    return found


def ctl(root, *args):
    return root.run("/usr/sbin/lsapidctl", *args)


def start_daemon(root):
    log = root.base.with_suffix(".log")
    daemon = root.start("/usr/sbin/lsapid", log=log)
    try:
        wait_until(root.path("/run/lsapid/control.sock").exists, 20, "lsapid")
    except AssertionError as error:
        raise AssertionError(f"{error}\n{log.read_text(encoding='utf-8')}") from error
    finally:
        log.unlink()
    return daemon


def test_a_page_before_with_and_after(root, port):
    """FPM is in the way; with --force PHP runs as its owner at once, and uninstall brings it back."""
    root.put("/etc/apache2/conf-available/php8.2-fpm.conf",
             '<FilesMatch ".+\\.php$">\n    SetHandler "proxy:unix:/run/php.sock|fcgi://localhost"\n'
             "</FilesMatch>\n")
    root.path("/etc/apache2/conf-enabled/php8.2-fpm.conf").symlink_to(
        "../conf-available/php8.2-fpm.conf")
    before = snapshot(root)
    status, _, errors = ctl(root, "setup")
    assert status == 1 and "php8.2-fpm.conf:2: SetHandler" in errors
    assert snapshot(root) == before
    status, output, errors = ctl(root, "setup", "--force", "--verbose")
    assert (status, errors) == (0, ""), output
    for step in ("run /usr/bin/systemd-sysusers", "run /usr/sbin/lsapid -t",
                 "run /usr/sbin/apache2ctl configtest", "run /usr/sbin/apache2ctl graceful"):
        assert step in output.splitlines()
    daemon = start_daemon(root)
    # Apache has read lsapid's key if it was there; it was made just now, so ask it once more
    assert root.run("/usr/sbin/apache2ctl", "graceful")[0] == 0
    wait_until(lambda: page(port) == f"uid {OWNER.pw_uid}", 20, "PHP as its owner")

    status, output, _ = ctl(root, "check-php", "--json")
    php = json.loads(output)["php"]
    assert status == 0 and len(php) == 1
    assert (php[0]["binary"], php[0]["sapi"]) == ("/usr/libexec/lsapid/lsphp", "litespeed")
    stat = json.loads(ctl(root, "stat")[1])
    assert stat["enabled"] and stat["library"]["version"] == php[0]["version"]
    assert stat["options"] == {"lsapi_engine": "On"}

    status, output, errors = ctl(root, "uninstall")
    assert (status, errors) == (0, ""), output
    after = snapshot(root)
    after.pop("var/lib/lsapid/shim.key")
    assert after == before
    wait_until(lambda: "<?php" in page(port), 20, "an Apache without PHP")

    # lsapid runs: now one reload is enough
    assert ctl(root, "setup", "--force")[0] == 0
    wait_until(lambda: page(port) == f"uid {OWNER.pw_uid}", 20, "PHP after a reload")
    assert ctl(root, "uninstall")[0] == 0
    daemon.send_signal(signal.SIGTERM)
    daemon.wait()
    root.path("/etc/apache2/conf-enabled/php8.2-fpm.conf").unlink()


def test_an_apache_that_is_broken_before_is_not_touched(root, port):
    root.put("/etc/apache2/conf-enabled/broken.conf", "Nonsense On\n")
    before = snapshot(root)
    status, _, errors = ctl(root, "setup")
    assert status == 1 and "Nonsense" in errors and "undone" not in errors
    assert snapshot(root) == before
    root.path("/etc/apache2/conf-enabled/broken.conf").unlink()


def test_a_module_that_apache_does_not_take_is_undone(root, port):
    """What Apache says is told, and all is as before."""
    load = root.text("/etc/apache2/mods-available/lsapi.load")
    root.put("/etc/apache2/mods-available/lsapi.load",
             "LoadModule lsapi_module /usr/lib/apache2/modules/none.so\n")
    root.put("/opt/alt/php74/usr/bin/lsphp", "#!/bin/sh\necho 'PHP 7.4.33 (litespeed)'\n", 0o755)
    before = snapshot(root)
    status, _, errors = ctl(root, "setup")
    assert status == 1
    assert "none.so" in errors and "setup has failed, and all was undone" in errors
    assert snapshot(root) == before
    root.put("/etc/apache2/mods-available/lsapi.load", load)


def test_lsapid_is_started_and_stopped_by_systemd(root, port):
    """Before Apache reads its files, and after it has forgotten us; one that ran goes on."""
    root.put("/usr/bin/systemctl", RECORD + "test $1 != is-active -o -e /active\n", 0o755)
    root.put("/usr/sbin/apache2ctl", RECORD + APACHECTL, 0o755)
    root.path("/run/systemd/system").mkdir(parents=True)
    for is_active, start, stop in (
            (False, "systemctl enable --now lsapid.service",
             "systemctl disable --now lsapid.service lsapid.socket"),
            (True, "systemctl reload lsapid.service", None)):
        if is_active:
            root.put("/active", "")
        calls(root)
        status, _, errors = ctl(root, "setup")
        assert status == 0, errors
        assert [c for c in calls(root) if "is-active" not in c] == [
            "apache2ctl configtest", "apache2ctl configtest", start, "apache2ctl graceful"]
        status, _, errors = ctl(root, "uninstall")
        assert status == 0, errors
        assert [c for c in calls(root) if "is-active" not in c] == [
            "apache2ctl configtest", "apache2ctl graceful", stop or start]
    root.path("/run/systemd/system").rmdir()
    root.put("/usr/sbin/apache2ctl", APACHECTL, 0o755)


def test_check_php_runs_them(root, port):
    """Versions, and what is none; a PHP that never ends is ended."""
    root.put("/opt/alt/php74/usr/bin/lsphp", "#!/bin/sh\nif [ $1 = -i ]; then\necho "
             "'Loaded Configuration File => /opt/alt/php74/etc/php.ini'\nelse\n"
             "echo 'PHP 7.4.33 (litespeed) (built: x)'; echo 'with Zend OPcache v7'\nfi\n", 0o755)
    root.put("/opt/alt/php72/usr/bin/lsphp", "#!/bin/sh\necho 'PHP 7.2.34 (cgi-fcgi)'\n", 0o755)
    document = json.loads(ctl(root, "check-php", "--json")[1])
    assert JsonManual().check("check-php", document) == []
    seen = {p["binary"]: p for p in document["php"]}
    good = seen["/opt/alt/php74/usr/bin/lsphp"]
    assert (good["version"], good["ini"], good["has_opcache"]) == \
        ("7.4.33", "/opt/alt/php74/etc/php.ini", True)
    assert "does not speak LSAPI" in seen["/opt/alt/php72/usr/bin/lsphp"]["problem"]


def calls(root):
    path = root.path("/calls")
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    path.unlink(missing_ok=True)
    return text.splitlines()


@pytest.fixture
def panel(root, port):
    """Files of a panel, which are gone afterwards."""
    made = []

    def factory(name):
        class Inside(host_tree.Tree):
            def __init__(self):
                self.root = root.root

            def put(self, path, *more):
                """What is there already is the real thing."""
                if path in made or not self.has(path):
                    made.append(path)
                    super().put(path, *more)

            def link(self, path, target):
                if not self.has(path):
                    made.append(path)
                    super().link(path, target)
        made.append("/calls")
        inside = Inside()
        getattr(host_tree, name)(inside)
        return inside
    yield factory
    for path in made:
        root.path(path).unlink(missing_ok=True)


def test_a_panel_that_writes_its_file_anew(root, panel):
    """rebuild_phpconf has another style than we; uninstall still brings every byte back."""
    tree = panel("cpanel_ea4")
    tree.put("/usr/local/cpanel/bin/rebuild_phpconf", RECORD +
             "sed -i 's/: \\(lsapi\\)$/: \"\\1\"/' /etc/cpanel/ea4/php.conf\n", 0o755)
    conf = tree.text("/etc/cpanel/ea4/php.conf")
    status, output, errors = ctl(root, "setup")
    assert status == 0, errors
    status, output, errors = ctl(root, "enable-global")
    assert status == 0, errors
    assert calls(root) == ["rebuild_phpconf --ea-php74=lsapi --ea-php81=lsapi"]
    assert 'ea-php74: "lsapi"\n' in tree.text("/etc/cpanel/ea4/php.conf")
    status, output, errors = ctl(root, "uninstall")
    assert (status, errors) == (0, ""), output
    assert tree.text("/etc/cpanel/ea4/php.conf") == conf
    assert calls(root) == ["rebuild_phpconf --ea-php74=cgi --ea-php81=suphp"]


def test_a_panel_whose_command_fails(root, panel):
    """What was registered before is taken back, and the command's words are told."""
    tree = panel("plesk")
    tree.put("/opt/psa/bin/php_handler", RECORD + "case \"$*\" in --add*plesk-82) "
             "echo 'no such PHP' >&2; exit 3;; esac\n", 0o755)
    before = snapshot(root)
    status, _, errors = ctl(root, "setup")
    assert status == 1 and "has failed: no such PHP" in errors
    assert "all was undone" in errors
    assert snapshot(root) == before
    made = calls(root)
    added = [c.split()[-1] for c in made if c.split()[1] == "--add"]
    removed = [c.split()[-1] for c in made if c.split()[1] == "--remove"]
    assert added[-1] == "x-httpd-lsphp-plesk-82" and len(added) > 1
    # what failed is not there, and the latest goes first
    assert removed == added[-2::-1]
    tree.put("/opt/psa/bin/php_handler", RECORD, 0o755)
    for command in ("setup", "uninstall"):
        status, _, errors = ctl(root, command)
        assert status == 0, errors
    assert snapshot(root) == before


CONFIGURE = """#!/bin/sh
echo "${0##*/} $*" >>/calls
mkdir -p sapi/litespeed
cat >Makefile <<END
all:
\tprintf '\\043!/bin/sh\\necho "PHP 5.6.40 (litespeed)"\\n' >sapi/litespeed/php
END
"""


def test_a_native_lsphp_is_built_and_taken_back(root, panel):
    """With the options of the panel's PHP, without its other SAPIs; an older one comes back."""
    tree = panel("cpanel_ea3")
    tree.put("/usr/local/bin/php-config",
             "#!/bin/sh\necho \"'--prefix=/usr/local' '--with-apxs2=/x' '--with-b=c d'\"\n", 0o755)
    tree.put("/home/cpeasyapache/src/php-5.6.40/configure", CONFIGURE, 0o755)
    tree.put("/usr/local/bin/lsphp", "old\n", 0o755)
    status, output, errors = root.run("/usr/sbin/lsapidctl", "build-native-lsphp", "-v")
    assert status == 0, errors
    assert calls(root) == ["configure --prefix=/usr/local --with-b=c d --with-litespeed "
                           "--enable-litespeed"]
    assert root.run("/usr/local/bin/lsphp")[1] == "PHP 5.6.40 (litespeed)\n"
    assert not root.path("/var/lib/lsapid/build-lsphp").exists()
    status, _, errors = ctl(root, "uninstall")
    assert status == 0, errors
    assert tree.text("/usr/local/bin/lsphp") == "old\n"
    tree.put("/home/cpeasyapache/src/php-5.6.40/configure", "#!/bin/sh\necho no cc; exit 1\n", 0o755)
    status, _, errors = ctl(root, "build-native-lsphp")
    assert status == 1 and "has failed: no cc" in errors
    assert tree.text("/usr/local/bin/lsphp") == "old\n"
