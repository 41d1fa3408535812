# SPDX-License-Identifier: Apache-2.0
"""A real application, WordPress on MariaDB as Debian packages them: pages, log-in, upload."""

import http.cookiejar
import os
import re
import shutil
import signal
import subprocess
import urllib.parse
import urllib.request
import uuid
import zlib
from pathlib import Path

import pytest

from harness import Vhost
from place import IS_ROOT, wait_until

REFERENCE = os.environ.get("LSAPID_REFERENCE", "")
WHY_NOT = os.environ.get("LSAPID_NO_REFERENCE") or "tests/run unpacks WordPress; it did not run"
USER, PASSWORD = "keeper", "a long word 7"

CONFIG = """<?php
define('DB_NAME', 'wordpress');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:%(socket)s');
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
foreach (['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT',
	'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT'] as $name) {
	define($name, str_repeat($name, 4));
}
define('WP_DEBUG', true);
define('WP_DEBUG_DISPLAY', false);
define('WP_DEBUG_LOG', false);
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('DISABLE_WP_CRON', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('FS_METHOD', 'direct');
$table_prefix = 'wp_';
if (!defined('ABSPATH')) {
	define('ABSPATH', __DIR__ . '/');
}
require_once ABSPATH . 'wp-settings.php';
"""


class Database:
    """A mariadbd of its own: a directory, a socket, no network."""

    def __init__(self, place, owner):
        self.place = place
        self.owner = owner
        self.data = place.directory("db", owner, 0o755)
        self.socket = self.data / "s"
        self.process = None

    def as_owner(self, *argv):
        if not IS_ROOT:
            return list(argv)
        return ["setpriv", f"--reuid={self.owner.pw_uid}", f"--regid={self.owner.pw_gid}",
                "--clear-groups", *argv]

    def start(self):
        files = self.data / "files"
        with open(self.place.path / "db-install.log", "wb") as log:
            subprocess.run(self.as_owner(
                # force: also where no resolver knows the host's name
                "mariadb-install-db", "--no-defaults", "--force", f"--datadir={files}",
                "--skip-test-db", "--auth-root-authentication-method=normal"), check=True, stdout=log, stderr=log)
        with open(self.place.path / "db.log", "wb") as log:
            self.process = subprocess.Popen(self.as_owner(
                "/usr/sbin/mariadbd", "--no-defaults", f"--datadir={files}", "--skip-networking",
                f"--socket={self.socket}", f"--pid-file={self.data}/pid"), stdout=log, stderr=log)
        wait_until(lambda: self.run("SELECT 1"), 30, "the database")
        assert self.run("CREATE DATABASE wordpress")

    def run(self, sql):
        done = subprocess.run(
            ["mariadb", "--no-defaults", f"--socket={self.socket}", "-u", "root", "-e", sql],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode == 0

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)


class Browser:
    """Cookies, redirects, forms: as much of a browser as WordPress needs."""

    def __init__(self, port):
        self.base = f"http://127.0.0.1:{port}"
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def open(self, path, data=None, headers=None):
        if isinstance(data, dict):
            data = urllib.parse.urlencode(data).encode()
        request = urllib.request.Request(self.base + path, data, headers or {})
        with self.opener.open(request, timeout=60) as answer:
            return answer.status, answer.geturl(), answer.read()

    def text(self, path, data=None):
        status, _, body = self.open(path, data)
        assert status == 200
        return body.decode()


def picture():
    """A small PNG, made by hand."""
    def chunk(kind, data):
        body = kind + data
        return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    rows = b"".join(b"\0" + b"".join(bytes((x * 6, y * 6, 90)) for x in range(40))
                    for y in range(40))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes((0, 0, 0, 40, 0, 0, 0, 40, 8, 2, 0, 0, 0)))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


@pytest.fixture
def wordpress(stack):
    if not REFERENCE:
        pytest.skip(WHY_NOT)
    if not shutil.which("mariadbd", path="/usr/sbin"):
        pytest.skip("mariadb-server-core is not installed")
    vhost = Vhost("localhost", "games", extra="php_admin_flag log_errors on\n"
                  "php_admin_value error_reporting 32767\nphp_flag display_errors off")
    made = stack(vhost, start=False)
    shutil.copytree(Path(REFERENCE) / "usr/share/wordpress", vhost.docroot, dirs_exist_ok=True,
                    ignore_dangling_symlinks=True,
                    ignore=lambda _, names: [n for n in names if n == ".htaccess"])
    (vhost.docroot / "wp-content" / "uploads").mkdir(exist_ok=True)
    database = Database(made.place, vhost.owner)
    (vhost.docroot / "wp-config.php").unlink()
    made.place.file(vhost.docroot / "wp-config.php", CONFIG % {"socket": database.socket})
    if IS_ROOT:
        for path in [vhost.docroot, *vhost.docroot.rglob("*")]:
            os.chown(path, vhost.owner.pw_uid, vhost.owner.pw_gid)
    try:
        database.start()
        made.start()
        yield made, Browser(made.httpd.port)
    finally:
        database.stop()


def field(page, name):
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page) \
        or re.search(rf'value="([^"]*)"[^>]*name="{name}"', page)
    assert found, f"no field {name}"
    return found.group(1)


@pytest.mark.single_user
@pytest.mark.deadline(300)
def test_wordpress_installs_serves_and_uploads(wordpress):
    made, browser = wordpress
    page = browser.text("/wp-admin/install.php?step=2", {
        "weblog_title": "A site of its owner", "user_name": USER, "admin_password": PASSWORD,
        "admin_password2": PASSWORD, "pw_weak": "on", "admin_email": "keeper@example.org",
        "blog_public": "0", "language": ""})
    assert "wp-login.php" in page, page[:3000]

    assert "A site of its owner" in browser.text("/")
    assert "Hello world!" in browser.text("/?p=1")
    assert '"name":"A site of its owner"' in browser.text("/?rest_route=/")
    status, _, css = browser.open("/wp-includes/css/dashicons.min.css")
    assert status == 200 and css

    browser.text("/wp-login.php")
    status, url, body = browser.open("/wp-login.php", {
        "log": USER, "pwd": PASSWORD, "wp-submit": "Log In", "testcookie": "1",
        "redirect_to": browser.base + "/wp-admin/"})
    assert status == 200 and url.endswith("/wp-admin/"), body[:3000]
    assert b"Dashboard" in body

    check_upload(made, browser)
    check_post(browser)

    notices = [line for line in made.httpd.text().splitlines()
               if re.search(r"Undefined (array key|index|offset)|PHP Fatal|PHP Parse", line)]
    assert not notices, notices
    owners = {os.stat(p).st_uid for p in
              (made.httpd.vhosts["localhost"].docroot / "wp-content/uploads").rglob("*")}
    assert owners == {made.httpd.vhosts["localhost"].owner.pw_uid}


def check_upload(made, browser):
    """A picture by the media form: WordPress makes its own sizes of it, so GD has read it."""
    page = browser.text("/wp-admin/media-new.php?browser-uploader")
    nonce = field(page, "_wpnonce")
    boundary = uuid.uuid4().hex
    content = picture()
    parts = [("_wpnonce", None, nonce.encode()), ("html-upload", None, b"Upload"),
             ("async-upload", "dot.png", content)]
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'.encode()
        + (f'; filename="{file}"\r\nContent-Type: image/png'.encode() if file else b"")
        + b"\r\n\r\n" + value + b"\r\n" for name, file, value in parts) \
        + f"--{boundary}--\r\n".encode()
    status, url, _ = browser.open("/wp-admin/media-new.php", body, {
        "Content-Type": f"multipart/form-data; boundary={boundary}"})
    assert status == 200 and "upload.php" in url
    uploads = made.httpd.vhosts["localhost"].docroot / "wp-content" / "uploads"
    stored = list(uploads.rglob("dot.png"))
    assert len(stored) == 1
    status, _, served = browser.open("/" + str(stored[0].relative_to(uploads.parents[1])))
    assert served == content


def check_post(browser):
    """A post by the REST interface, as the editor sends it: JSON up, JSON down."""
    page = browser.text("/wp-admin/post-new.php")
    nonce = re.search(r'createNonceMiddleware\( "([0-9a-f]+)" \)', page).group(1)
    data = b'{"title": "Written by a test", "content": "Text.", "status": "publish"}'
    request = urllib.request.Request(
        browser.base + "/?rest_route=/wp/v2/posts", data,
        {"Content-Type": "application/json", "X-WP-Nonce": nonce})
    with browser.opener.open(request, timeout=60) as answer:
        assert answer.status == 201
    assert "Written by a test" in browser.text("/")
