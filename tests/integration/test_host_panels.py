# SPDX-License-Identifier: Apache-2.0
"""lsapidctl setup and its like on trees of panels: what it makes of the files of each."""

import json

import pytest

from host_tree import HANDLER_MAP, done, refused

pytestmark = [pytest.mark.single_user, pytest.mark.sanitized]


def test_cpanel_ea4(make_host):
    """Handlers by cPanel's names; .php is for MultiPHP to give; --setup-light is lsapid's part."""
    tree = make_host("cpanel_ea4")
    done(tree.switch("--setup-light"))
    lines = tree.text(HANDLER_MAP).splitlines()
    assert "application/x-httpd-ea-php74___lsphp /opt/cpanel/ea-php74/root/usr/bin/lsphp" in lines
    assert "application/x-httpd-alt-php72___lsphp /opt/alt/php72/usr/bin/lsphp" in lines
    assert not tree.has("/etc/apache2/conf.d/lsapi.conf")
    done(tree.ctl("setup"))
    assert "    #AddType application/x-httpd-lsphp .php\n" in tree.text(
        "/etc/apache2/conf.d/lsapi.conf")
    output = done(tree.ctl("enable-global"))
    # quotes, order and what has no lsphp stay
    assert tree.text("/etc/cpanel/ea4/php.conf") == \
        "---\ndefault: ea-php81\nea-php74: lsapi\nea-php81: 'lsapi'\nea-php55: none\n"
    assert "rebuild_phpconf --ea-php74=lsapi --ea-php81=lsapi\n" in output
    assert "ea-php55 has no lsphp, and keeps its handler none" in output
    output = done(tree.ctl("uninstall"))
    assert "rebuild_phpconf --ea-php74=cgi --ea-php81=suphp\n" in output


def test_cpanel_ea3_domains(make_host):
    """Include files of a domain's own, gone with disable-domain; the default beats them."""
    tree = make_host("cpanel_ea3")
    assert "use setup first" in refused(tree.ctl("enable-domain", "alice.example"))
    done(tree.ctl("setup"))
    assert tree.text("/usr/local/apache/conf/includes/pre_main_global.conf") == \
        '# mine, without an end\nInclude "/usr/local/apache/conf/conf.d/*.conf"\n'
    assert tree.text("/usr/local/apache/conf/conf.d/lsapi.conf").startswith(
        "LoadModule lsapi_module /usr/local/apache/modules/mod_lsapi.so\n")
    ready = tree.snapshot()
    for wrong, why in (("../etc", "is no name of a domain"), ("*", "is no name of a domain"),
                       ("carol.example", "names no account for it")):
        assert why in refused(tree.ctl("enable-domain", wrong))
        assert tree.snapshot() == ready
    assert "ensure_vhost_includes --user=alice" in done(tree.ctl("enable-domain", "alice.example"))
    one = tree.snapshot()
    done(tree.ctl("enable-domain", "bob.example"))
    include = "/usr/local/apache/conf/userdata/{}/2/bob/bob.example/lsapi.conf"
    for kind in ("std", "ssl"):
        assert tree.text(include.format(kind)).startswith("AddHandler application/x-httpd-lsphp ")
    done(tree.ctl("disable-domain", "bob.example"))
    assert not tree.has(include.format("std"))
    assert {k: v for k, v in tree.snapshot().items() if "setup" not in k} == \
        {k: v for k, v in one.items() if "setup" not in k}
    done(tree.ctl("enable-global"))
    assert "use disable-global first" in refused(tree.ctl("disable-domain", "alice.example"))
    done(tree.ctl("disable-global"))
    assert tree.path("/usr/local/apache/conf/includes").is_dir()
    assert not tree.has("/usr/local/apache/conf/userdata")
    assert tree.has("/usr/local/apache/conf/conf.d/lsapi.conf")


def test_directadmin(make_host):
    """options.conf says lsphp; the build is told, never run."""
    tree = make_host("directadmin")
    options = "/usr/local/directadmin/custombuild/options.conf"
    old = tree.text(options)
    output = done(tree.ctl("setup"))
    assert tree.text(options) == old.replace("php1_mode=php-fpm", "php1_mode=lsphp")
    assert "./build php n && ./build apache" in output
    done(tree.ctl("enable-global"))
    # PHP 3 is not built
    assert tree.text(options) == old.replace("php1_mode=php-fpm", "php1_mode=lsphp").replace(
        "php2_mode=php-fpm", "php2_mode=lsphp")
    assert json.loads(done(tree.ctl("stat")))["domains"] == {"8.2": 1, "7.4": 2}
    done(tree.ctl("disable-global"))
    assert tree.text(options) == old.replace("php1_mode=php-fpm", "php1_mode=lsphp")
    assert tree.path(options).stat().st_mode & 0o777 == 0o600
    done(tree.ctl("uninstall"))
    assert tree.text(options) == old


def test_plesk(make_host):
    """Handlers are registered by Plesk's command, and served by our template of type cgi."""
    tree = make_host("plesk")
    output = done(tree.ctl("setup"))
    assert "php_handler --add -displayname LSPHP74 alt-php -path /opt/alt/php74/usr/bin/lsphp " \
        "-clipath /opt/alt/php74/usr/bin/php -phpini /opt/alt/php74/etc/php.ini -type cgi " \
        "-id x-httpd-lsphp-74\n" in output
    template = "/opt/psa/admin/conf/templates/custom/service/php_over_cgi.php"
    assert "SetHandler application/<?php echo $lsapidHandler ?>" in tree.text(template)
    assert "application/x-httpd-lsphp-74 /opt/alt/php74/usr/bin/lsphp\n" in tree.text(HANDLER_MAP)
    assert "    #AddType " in tree.text("/etc/apache2/mods-available/lsapi.conf")
    assert "php_handler --remove -id x-httpd-lsphp-74\n" in done(tree.ctl("uninstall"))


def test_plesk_template_of_somebody_else(make_host):
    """Not replaced without --force, and back after it."""
    tree = make_host("plesk")
    template = "/opt/psa/admin/conf/templates/custom/service/php_over_cgi.php"
    tree.put(template, "<?php /* mine */ ?>\n")
    before = tree.snapshot()
    assert "is there, and not of lsapid" in refused(tree.ctl("setup"))
    assert tree.snapshot() == before
    done(tree.ctl("setup", "--force"))
    done(tree.ctl("uninstall"))
    assert tree.snapshot() == before
