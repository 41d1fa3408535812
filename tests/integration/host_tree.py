# SPDX-License-Identifier: Apache-2.0
"""File trees laid out like hosts of each panel, for lsapidctl --root."""

import os
import subprocess

import pytest

from place import BUILD, ROOT

CTL = BUILD / "daemon/ctl/lsapidctl"
LSPHP = "/usr/libexec/lsapid/lsphp"
HANDLER_MAP = "/etc/lsapid/php.handler"
LSAPI_CONF = (ROOT / "etc/lsapi.conf").read_text(encoding="utf-8")
LSAPID_CONF = '# lsapid.conf\n#handler_map = ""\n\n#log_level = info\n'
PASSWD = "root:x:0:0::/root:/bin/sh\nlsapid:x:990:990::/nonexistent:/usr/sbin/nologin\n"


class Tree:
    """A root directory; what a host has that lsapid is installed on, and what is put into it."""

    def __init__(self, root):
        self.root = root
        self.root.mkdir(mode=0o755)
        for path, text in {
                "/etc/passwd": PASSWD,
                "/etc/lsapid/lsapid.conf": LSAPID_CONF,
                "/usr/share/lsapid/lsapi.conf": LSAPI_CONF,
                "/usr/sbin/lsapid": "",
                LSPHP: ""}.items():
            self.put(path, text, 0o755 if path.startswith("/usr/") else 0o644)
        self.directory("/var/lib/lsapid")

    def path(self, name):
        return self.root / name.lstrip("/")

    def directory(self, name):
        path = self.path(name)
        path.mkdir(parents=True, exist_ok=True)
        for each in [path, *path.parents]:
            if each == self.root:
                break
            each.chmod(0o755)

    def put(self, name, text, mode=0o644):
        self.directory(os.path.dirname(name))
        path = self.path(name)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)

    def link(self, name, target):
        self.directory(os.path.dirname(name))
        self.path(name).symlink_to(target)

    def text(self, name):
        return self.path(name).read_text(encoding="utf-8")

    def has(self, name):
        return os.path.lexists(self.path(name))

    def php(self, *binaries):
        for binary in binaries:
            self.put(binary, "", 0o755)

    def snapshot(self):
        """All that is there: names, kinds, modes, targets, contents."""
        found = {}
        for top, directories, files in os.walk(self.root):
            for name in directories + files:
                path = os.path.join(top, name)
                mode = os.lstat(path).st_mode
                if os.path.islink(path):
                    what = os.readlink(path)
                elif os.path.isdir(path):
                    what = None
                else:
                    with open(path, "rb") as file:
                        what = file.read()
                found[os.path.relpath(path, self.root)] = (mode, what)
        return found

    def ctl(self, command, *args, program=None):
        """Exit status, stdout and stderr of lsapidctl, or of it by another name."""
        argv = [program or str(CTL), command, "--root", str(self.root), *args]
        done = subprocess.run(argv, executable=str(CTL), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60, check=False, text=True)
        return done.returncode, done.stdout, done.stderr

    def switch(self, *args):
        """switch_mod_lsapi: its option and more."""
        return self.ctl(*args, program="switch_mod_lsapi")


def debian_apache(tree):
    mods = "/etc/apache2/mods-available"
    tree.put(f"{mods}/lsapi.load", "LoadModule lsapi_module /usr/lib/apache2/modules/mod_lsapi.so\n")
    tree.put(f"{mods}/lsapi.conf", LSAPI_CONF)
    tree.put(f"{mods}/mime.load", "LoadModule mime_module /usr/lib/apache2/modules/mod_mime.so\n")
    tree.put("/usr/lib/apache2/modules/mod_lsapi.so", "", 0o755)
    tree.link("/etc/apache2/mods-enabled/mime.load", "../mods-available/mime.load")
    tree.directory("/etc/apache2/conf-enabled")


def debian_mod_php(tree):
    tree.put("/etc/apache2/mods-available/php8.2.load",
             "# Depends: mime\nLoadModule php_module /usr/lib/apache2/modules/libphp8.2.so\n")
    tree.put("/etc/apache2/mods-available/php8.2.conf",
             '<FilesMatch ".+\\.ph(?:ar|p|tml)$">\n    SetHandler application/x-httpd-php\n'
             "</FilesMatch>\n")
    tree.link("/etc/apache2/mods-enabled/php8.2.load", "../mods-available/php8.2.load")
    tree.link("/etc/apache2/mods-enabled/php8.2.conf", "../mods-available/php8.2.conf")


def debian_fpm(tree):
    tree.put("/etc/apache2/conf-available/php8.2-fpm.conf",
             "<IfModule !mod_php8.c>\n<IfModule proxy_fcgi_module>\n"
             '    <FilesMatch ".+\\.ph(?:ar|p|tml)$">\n'
             '        SetHandler "proxy:unix:/run/php/php8.2-fpm.sock|fcgi://localhost"\n'
             "    </FilesMatch>\n</IfModule>\n</IfModule>\n")
    tree.link("/etc/apache2/conf-enabled/php8.2-fpm.conf", "../conf-available/php8.2-fpm.conf")


def redhat_apache(tree):
    tree.put("/etc/httpd/conf/httpd.conf", "Include conf.modules.d/*.conf\n"
             "IncludeOptional conf.d/*.conf\n")
    tree.put("/etc/httpd/conf.modules.d/00-base.conf",
             "LoadModule mime_module modules/mod_mime.so\n")
    tree.put("/etc/httpd/conf.d/welcome.conf", "# welcome\n")
    tree.put("/usr/lib64/httpd/modules/mod_lsapi.so", "", 0o755)


RUID2 = "# users\nLoadModule ruid2_module modules/mod_ruid2.so\nRMode config\n"


def cpanel_ea4(tree):
    tree.put("/usr/local/cpanel/version", "11.110.0.9\n")
    tree.put("/usr/local/cpanel/cpanel", "", 0o755)
    tree.put("/etc/cpanel/ea4/is_ea4", "")
    tree.put("/etc/cpanel/ea4/php.conf", "---\ndefault: ea-php81\nea-php74: cgi\n"
             "ea-php81: 'suphp'\nea-php55: none\n")
    tree.put("/etc/apache2/conf.modules.d/000_mod_mime.conf", "LoadModule mime_module x\n")
    tree.put("/etc/apache2/conf.d/php.conf", "# generated\n")
    tree.put("/usr/lib64/apache2/modules/mod_lsapi.so", "", 0o755)
    tree.link("/usr/local/apache", "/etc/apache2")
    tree.php("/opt/cpanel/ea-php74/root/usr/bin/lsphp", "/opt/cpanel/ea-php81/root/usr/bin/lsphp",
             "/opt/alt/php72/usr/bin/lsphp")
    for user, domain, more in (
            ("alice", "alice.example", "phpversion: ea-php74\n"),
            ("alice", "shop.alice.example", "phpversion: ea-php81\n"),
            ("bob", "bob.example", "documentroot: /home/bob/public_html\n"),
            ("bob", "bob.example.php-fpm.yaml", "phpversion: ea-php74\n"),
            ("bob", "bob.example_SSL", "phpversion: ea-php74\n"),
            ("bob", "main", "main_domain: bob.example\n"),
            ("bob", "cache.json", "{}\n")):
        tree.put(f"/var/cpanel/userdata/{user}/{domain}", "---\n" + more)


def cpanel_ea3(tree):
    tree.put("/usr/local/cpanel/version", "11.52.0.1\n")
    tree.put("/usr/local/cpanel/cpanel", "", 0o755)
    tree.put("/usr/local/apache/conf/httpd.conf",
             'Include "/usr/local/apache/conf/includes/pre_main_global.conf"\nListen 80\n')
    tree.put("/usr/local/apache/conf/includes/pre_main_global.conf", "# mine, without an end")
    tree.put("/usr/local/apache/modules/mod_lsapi.so", "", 0o755)
    tree.put("/etc/userdomains", "alice.example: alice\nbob.example: bob\n*: nobody\n")


def plesk(tree):
    tree.put("/opt/psa/version", "18.0.60 Debian 12 1800240417.11\n")
    tree.put("/opt/psa/bin/php_handler", "", 0o755)
    tree.put("/opt/psa/admin/conf/templates/default/service/php_over_cgi.php", "<?php ?>\n")
    tree.directory("/usr/local")
    tree.link("/usr/local/psa", "/opt/psa")
    tree.php("/opt/plesk/php/8.2/bin/lsphp", "/opt/alt/php74/usr/bin/lsphp")
    tree.directory("/opt/plesk/php/8.1/bin")
    debian_apache(tree)
    for domain, handler in (("a.example", "application/x-httpd-lsphp-74"),
                            ("b.example", "application/x-httpd-lsphp-74"),
                            ("c.example", "fcgid-script")):
        tree.put(f"/var/www/vhosts/system/{domain}/conf/httpd.conf",
                 f"<VirtualHost *:80>\n<Files ~ (\\.php$)>\nSetHandler {handler}\n</Files>\n"
                 "</VirtualHost>\n")


def directadmin(tree):
    tree.put("/usr/local/directadmin/directadmin", "", 0o755)
    tree.put("/usr/local/directadmin/custombuild/options.conf",
             "#PHP Settings\nphp1_release=8.2\nphp1_mode=php-fpm\nphp2_release=7.4\n"
             "php2_mode=php-fpm\nphp3_release=no\nphp3_mode=php-fpm\n\n#WEB Server Settings\n"
             "webserver=apache\n", 0o600)
    for user, domain, select in (("alice", "a.example", "1"), ("alice", "b.example", "2"),
                                 ("bob", "c.example", "2")):
        tree.put(f"/usr/local/directadmin/data/users/{user}/domains/{domain}.conf",
                 f"domain={domain}\nphp1_select={select}\n")
    tree.directory("/etc/httpd/conf")


def interworx(tree):
    tree.put("/usr/local/interworx/version", "7.13.2\n")
    redhat_apache(tree)
    tree.php("/opt/remi/php81/root/usr/bin/lsphp")


def ispmanager(tree):
    tree.put("/usr/local/mgr5/sbin/mgrctl", "", 0o755)
    redhat_apache(tree)


PANELS = {"cpanel_ea3": cpanel_ea3, "cpanel_ea4": cpanel_ea4, "directadmin": directadmin,
          "plesk": plesk, "interworx": interworx, "ispmanager": ispmanager,
          "none": debian_apache}


@pytest.fixture
def make_host(tmp_path):
    """Hosts of a panel, each with what is asked for besides."""
    def factory(panel, *more):
        tree = Tree(tmp_path / f"host{len(list(tmp_path.iterdir()))}")
        for each in (PANELS[panel], *more):
            each(tree)
        return tree
    return factory


def done(result):
    status, output, errors = result
    assert (status, errors) == (0, ""), result
    return output


def refused(result):
    status, output, errors = result
    assert status == 1 and errors.startswith("lsapidctl: "), result
    return errors
