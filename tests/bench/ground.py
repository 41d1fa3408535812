# SPDX-License-Identifier: Apache-2.0
"""What all contenders stand on: packages unpacked and not installed, one php.ini, one set of scripts."""

import json
import os
import pwd
import shutil
import subprocess
import urllib.parse
import urllib.request

from contender import OWNER
from place import Place
from test_applications import CONFIG, Database

PACKAGES = (
    "libapache2-mod-php8.2", "php8.2-fpm", "libapache2-mod-fcgid", "php8.2-cgi",
    "wrk", "libluajit-5.1-2", "libluajit-5.1-common",
    "wordpress", "wordpress-theme-twentytwentythree", "php-getid3", "libjs-cropper",
    "libjs-underscore",
)
#: as Debian has them, but for what would differ from one SAPI to the other
INI = """memory_limit = 128M
post_max_size = 20M
upload_max_filesize = 20M
display_errors = Off
log_errors = On
zend_extension = opcache
opcache.enable = 1
opcache.memory_consumption = 64
opcache.validate_timestamps = 1
opcache.revalidate_freq = 2
extension = mysqlnd
extension = mysqli
extension = gd
"""
TEXT = "0123456789abcdef"
SCRIPTS = {
    "hello": "<?php echo 'Hello, world';\n",
    "10k": f"<?php echo str_repeat('{TEXT}', 640);\n",
    "1m": f"<?php for ($i = 0, $part = str_repeat('{TEXT}', 512); $i < 128; $i++) echo $part;\n",
    "post": "<?php $in = fopen('php://input', 'rb'); $n = 0;\n"
            "while (!feof($in)) $n += strlen(fread($in, 65536));\necho $n;\n",
    "cpu": "<?php for ($i = 0, $x = 'seed'; $i < 3500; $i++) $x = md5($x . $i);\necho $x;\n",
}
BODIES = {"hello": b"Hello, world", "10k": TEXT.encode() * 640, "1m": TEXT.encode() * 65536}


def unpack(where):
    """Downloads what is not there yet, as tests/runner/reference.py does."""
    done = where / "versions.json"
    if not done.exists() or set(json.loads(done.read_text())) != set(PACKAGES):
        shutil.rmtree(where, ignore_errors=True)
        debs = where / "debs"
        debs.mkdir(parents=True)
        subprocess.run(["apt-get", "-qq", "download", *PACKAGES], cwd=debs, check=True)
        versions = {}
        for deb in sorted(debs.glob("*.deb")):
            subprocess.run(["dpkg-deb", "--extract", deb, where], check=True)
            told = subprocess.run(["dpkg-deb", "--show", "--showformat", "${Package} ${Version}", deb],
                                  stdout=subprocess.PIPE, text=True, check=True)
            versions.update([told.stdout.split()])
        shutil.rmtree(debs)
        done.write_text(json.dumps(versions))
    return where


class Ground:
    """The sites, the settings, the database; end() leaves nothing."""

    def __init__(self, unpacked):
        self.place = Place()
        self.owner = pwd.getpwnam(OWNER)
        self.unpacked = self.place.directory("unpacked")
        # where the owner of the site can reach it
        shutil.copytree(unpacked, self.unpacked, dirs_exist_ok=True, symlinks=True,
                        ignore=shutil.ignore_patterns("wordpress"))
        #: {package: version}
        self.versions = json.loads((unpacked / "versions.json").read_text())
        self.php_cgi = self.unpacked / "usr/bin/php-cgi8.2"
        self.wrk = self.unpacked / "usr/bin/wrk"
        self.libraries = next(self.unpacked.glob("usr/lib/*-linux-gnu"))
        self.ini = self.place.directory("ini")
        self.place.file("ini/php.ini", INI)
        self.php_env = {"PATH": "/usr/bin:/bin", "PHPRC": str(self.ini), "PHP_INI_SCAN_DIR": ""}
        self.names = ["site0.test"]
        self.docroot = self.place.directory("www", self.owner)
        for name, text in SCRIPTS.items():
            self.place.file(self.docroot / f"{name}.php", text, self.owner)
        for name, body in BODIES.items():
            self.place.file(self.docroot / f"{name}.html", body, self.owner)
        self.database = Database(self.place, self.owner)
        self.put_wordpress(unpacked / "usr/share/wordpress")

    TITLE = "A site of many"

    def put_wordpress(self, source):
        docroot = self.docroot / "wordpress"
        shutil.copytree(source, docroot, ignore_dangling_symlinks=True,
                        ignore=lambda _, names: [n for n in names if n == ".htaccess"])
        (docroot / "wp-config.php").unlink()
        # whatever port it is asked at: nobody is sent on to another one
        config = CONFIG.replace("'WP_DEBUG', true", "'WP_DEBUG', false").replace(
            "$table_prefix", f"define('WP_HOME', 'http://{self.names[0]}/wordpress');\n"
            "define('WP_SITEURL', WP_HOME);\n$table_prefix", 1)
        self.place.file(docroot / "wp-config.php", config % {"socket": self.database.socket},
                        self.owner)
        for path in [docroot, *docroot.rglob("*")]:
            os.chown(path, self.owner.pw_uid, self.owner.pw_gid)

    def start(self):
        self.database.start()
        return self

    def install_wordpress(self, servers):
        """By its own form, through the last that has an Apache."""
        port = [server.port for server in servers if server.httpd][-1]
        form = {"weblog_title": self.TITLE, "user_name": "keeper", "admin_password": "a long word 7",
                "admin_password2": "a long word 7", "pw_weak": "on", "blog_public": "0",
                "admin_email": "keeper@example.org", "language": ""}
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/wordpress/wp-admin/install.php?step=2",
            urllib.parse.urlencode(form).encode(), {"Host": self.names[0]})
        with urllib.request.urlopen(request, timeout=120) as answer:
            page = answer.read().decode()
        assert "wp-login.php" in page, page[:2000]

    def end(self):
        self.database.stop()
        self.place.end()
