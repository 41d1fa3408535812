# SPDX-License-Identifier: Apache-2.0
"""Modules that can not be beside ours: told of when the configuration is read, and never fatal."""

import pytest

import modules
from harness import Vhost

pytestmark = pytest.mark.single_user


@pytest.mark.parametrize("file, name", [
    ("mod_ruid2", "ruid2"), ("mpm_itk", "mpm_itk"), ("mod_suphp", "suphp"), ("mod_php", "php"),
    ("mod_php7", "php7"), ("mod_php5", "php5")])
def test_module_is_told_of(stack, file, name):
    """B24: by configtest, by the start, once each, with what to do; and httpd runs."""
    made = stack(Vhost("a.test", "games"), start=False)
    modules.build(made.place, file, name)
    made.httpd.extra = modules.load(made.place, file, name)
    status, output = made.httpd.check()
    words = f"lsapi: {file} is loaded, too: "
    assert status == 0 and output.count(words) == 1, output
    line, = [text for text in output.splitlines() if words in text]
    assert "; do not load it" in line
    made.start()
    assert made.get("a.test", "/who.php").status == 200
    assert made.httpd.text().count(words) == 1


FPM = '''<FilesMatch ".+\\.ph(?:ar|p|tml)$">
SetHandler "proxy:unix:/run/php/php8.2-fpm.sock|fcgi://localhost"
</FilesMatch>'''


@pytest.mark.parametrize("extra, count", [
    (FPM, 1), (FPM + "\n" + FPM, 2),
    ('ProxyPassMatch "^/(.*\\.php)$" "fcgi://127.0.0.1:9000/srv/$1"', 1),
    ('<Files "x.py">\nSetHandler "proxy:fcgi://127.0.0.1:9000"\n</Files>', 0),
    ("", 0)])
def test_php_fpm_is_told_of(stack, extra, count):
    """Its first place, and how many more; but not every FastCGI server."""
    made = stack(Vhost("a.test", "games", extra=extra), modules=["proxy", "proxy_fcgi"],
                 start=False)
    status, output = made.httpd.check()
    assert status == 0, output
    told = [text for text in output.splitlines() if "gives PHP scripts to a FastCGI" in text]
    assert len(told) == min(count, 1)
    if told:
        assert "httpd.conf:" in told[0] and f"and so do {count - 1} more" in told[0]
