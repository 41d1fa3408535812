# SPDX-License-Identifier: Apache-2.0
"""lsphp: php.ini settings per request, per directory and per process."""

import os

import pytest
from lsphp_server import ours_only

pytestmark = [pytest.mark.single_user, pytest.mark.sanitized]

GET = "<?php echo ini_get($_GET['n']);"


def test_overrides_hold_for_one_request(lsphp):
    server = lsphp(LSAPI_CHILDREN=2)
    script = server.script("a.php", GET)
    with server.connect() as client:
        def get(**fields):
            return client.get(script, query="n=memory_limit", **fields).text

        default = get()
        assert get(ini=[("memory_limit", "77M")]) == "77M"
        assert get() == default
        assert get(admin_ini=[("memory_limit", "78M")]) == "78M"
        assert get() == default


def test_script_may_change_user_settings_and_not_admin_settings(lsphp):
    server = lsphp(LSAPI_CHILDREN=2)
    script = server.script("a.php", "<?php @ini_set('memory_limit', '99M'); "
                                    "echo ini_get('memory_limit');")
    with server.connect() as client:
        assert client.get(script, ini=[("memory_limit", "77M")]).text == "99M"
        assert client.get(script, admin_ini=[("memory_limit", "77M")]).text == "77M"
        assert client.get(script).text == "99M"


def test_system_settings_need_the_admin_class(lsphp):
    server = lsphp(LSAPI_CHILDREN=2)
    script = server.script("a.php", GET)
    with server.connect() as client:
        def get(**fields):
            return client.get(script, query="n=allow_url_fopen", **fields).text

        assert get(ini=[("allow_url_fopen", "0")]) == "1"
        assert get(admin_ini=[("allow_url_fopen", "0")]) == "0"


def test_upload_limits_count_from_the_first_moment(lsphp):
    server = lsphp(LSAPI_CHILDREN=2)
    script = server.script("a.php", "<?php echo count($_POST);")
    form = [("Content-Type", "application/x-www-form-urlencoded")]
    with server.connect() as client:
        assert client.get(script, b"a=1&b=2", headers=form).text == "2"
        r = client.get(script, b"a=1&b=2", headers=form, ini=[("post_max_size", "3")])
        assert r.text.endswith("0")
        assert client.get(script, b"a=1&b=2", headers=form).text == "2"


def test_unknown_settings_are_ignored(lsphp):
    server = lsphp()
    script = server.script("a.php", "<?php echo 'ok';")
    r = server.get(script, ini=[("no.such", "1")], admin_ini=[("nor.this", "1")])
    assert r.text == "ok"


@pytest.mark.parametrize("name", ["engine", "Engine"])
def test_engine_off_runs_nothing(lsphp, name):
    server = lsphp(LSAPI_CHILDREN=2)
    script = server.script("a.php", "<?php echo 'ran';")
    with server.connect() as client:
        r = client.get(script, ini=[(name, "0")])
        assert (r.status, r.header("status")) == (0, "403")
        assert len(r.body) == 34
        assert client.get(script, ini=[(name, "1")]).text == "ran"


@ours_only
def test_engine_off_with_a_body_keeps_the_connection(lsphp):
    server = lsphp(LSAPI_CHILDREN=2)
    script = server.script("a.php", "<?php echo 'ran';")
    with server.connect() as client:
        assert client.get(script, b"x" * 100000, ini=[("engine", "0")]).is_complete
        assert client.get(script).text == "ran"


def write(path, text):
    with open(path, "w", encoding="ascii") as f:
        f.write(text)
    os.chmod(path, 0o644)


@pytest.mark.parametrize("enabled", ["on", "On", "off", None])
def test_user_ini_only_when_asked_for(lsphp, enabled):
    server = lsphp(LSPHP_ENABLE_USER_INI=enabled)
    script = server.script("a.php", GET)
    write(os.path.join(server.dir, ".user.ini"), "auto_detect_line_endings = 0\narg_separator.output = '!'\n")
    text = server.get(script, query="n=arg_separator.output").text
    assert text == ("!" if enabled and enabled.lower() == "on" else "&")


def test_user_ini_from_the_document_root_down(lsphp):
    server = lsphp(LSPHP_ENABLE_USER_INI="on")
    script = server.script("root/sub/a.php", "<?php echo ini_get('arg_separator.output'), "
                                             "ini_get('arg_separator.input');")
    write(os.path.join(server.dir, ".user.ini"), "arg_separator.output = 'out'\n")
    write(os.path.join(server.dir, "root/.user.ini"),
          "arg_separator.output = 'r'\narg_separator.input = 'r'\n")
    write(os.path.join(server.dir, "root/sub/.user.ini"), "arg_separator.input = 's'\n")
    env = {"DOCUMENT_ROOT": os.path.join(server.dir, "root")}
    assert server.get(script, env=env).text == "rs"
    assert server.get(script, env=env).text == "rs"  # out of the cache


def test_user_ini_outside_of_the_document_root(lsphp):
    server = lsphp(LSPHP_ENABLE_USER_INI="on")
    script = server.script("root/sub/a.php", "<?php echo ini_get('arg_separator.output'), "
                                             "ini_get('arg_separator.input');")
    write(os.path.join(server.dir, "root/.user.ini"), "arg_separator.output = 'r'\n")
    write(os.path.join(server.dir, "root/sub/.user.ini"), "arg_separator.input = 's'\n")
    # "roo" is no parent of "root"
    assert server.get(script, env={"DOCUMENT_ROOT": server.dir + "/roo"}).text == "&s"


def test_user_ini_cannot_change_what_the_administrator_fixed(lsphp):
    server = lsphp(LSPHP_ENABLE_USER_INI="on")
    script = server.script("a.php", GET)
    write(os.path.join(server.dir, ".user.ini"), "memory_limit = 99M\nallow_url_fopen = 0\n")
    fixed = server.get(script, query="n=memory_limit", admin_ini=[("memory_limit", "77M")])
    assert fixed.text == "77M"
    assert server.get(script, query="n=allow_url_fopen").text == "1"


@ours_only
def test_user_ini_of_the_home_directory(lsphp, tmp_path):
    """LSAPI_USER_INI_HOME: before all others, and only with LSPHP_ENABLE_USER_INI."""
    os.chmod(tmp_path, 0o755)
    write(tmp_path / ".user.ini", "arg_separator.output = 'home'\narg_separator.input = 'home'\n")
    for enabled, expected in (("on", "dhome"), ("off", "&&")):
        server = lsphp(LSPHP_ENABLE_USER_INI=enabled, LSAPI_USER_INI_HOME=str(tmp_path))
        script = server.script("a.php", "<?php echo ini_get('arg_separator.output'), "
                                        "ini_get('arg_separator.input');")
        write(os.path.join(server.dir, ".user.ini"), "arg_separator.output = 'd'\n")
        assert server.get(script).text == expected


@ours_only
def test_user_ini_with_lists_and_tables(lsphp):
    """PHP-FPM and the reference take either for text, and crash."""
    server = lsphp(LSPHP_ENABLE_USER_INI="on")
    script = server.script("a.php", GET)
    write(os.path.join(server.dir, ".user.ini"), "user_agent = before\nprecision[] = 5\n[PATH=/]\n"
          "user_agent = path\nprecision[] = 6\n[HOST=x]\nuser_agent = host\n")
    with server.connect() as client:
        for _ in range(2):
            assert client.get(script, query="n=user_agent").text == "before"


@ours_only
@pytest.mark.parametrize("ttl", [0, 300])
def test_user_ini_has_the_name_and_the_cache_of_php_ini(lsphp, ttl):
    server = lsphp(args=["-d", "user_ini.filename=own.ini", "-d", f"user_ini.cache_ttl={ttl}"],
                   LSPHP_ENABLE_USER_INI="on")
    script = server.script("a.php", GET)
    seen = []
    write(os.path.join(server.dir, ".user.ini"), "user_agent = wrong\n")
    with server.connect() as client:
        for text in ("one", "two"):
            write(os.path.join(server.dir, "own.ini"), f"user_agent = {text}\n")
            seen.append(client.get(script, query="n=user_agent").text)
    assert seen == ["one", "one" if ttl else "two"]


@ours_only
def test_files_of_a_request(lsphp, tmp_path):
    """Read again when they have changed; many of them, and some that are none."""
    os.chmod(tmp_path, 0o755)
    server = lsphp(LSAPI_CHILDREN=2)
    script = server.script("a.php", "<?php foreach (['user_agent', 'memory_limit', "
                                    "'allow_url_fopen'] as $name) echo ini_get($name);")
    one, two = str(tmp_path / "one.ini"), str(tmp_path / "two.ini")
    with server.connect() as client:
        def get(*files, **fields):
            return client.get(script, ini_files=files, **fields).text

        assert get((False, one)) == "128M1"  # not there
        write(one, "user_agent = one\nallow_url_fopen = 0\nmemory_limit[] = 1\n[PATH=/]\nx = y\n")
        write(two, "user_agent = two\nmemory_limit = 77M\n")
        assert get((False, one)) == "one128M1"
        assert get((True, one)) == "one128M0"
        assert get((True, one), (False, two)) == "two77M0"
        assert get((True, two), admin_ini=[("memory_limit", "88M")]) == "two88M1"
        assert get() == "128M1"
        write(one, "user_agent = other\n")
        assert get((True, one)) == "other128M1"
        for i in range(150):  # more than are kept
            write(tmp_path / f"{i}.ini", f"user_agent = {i}-\n")
            assert get((False, str(tmp_path / f"{i}.ini"))) == f"{i}-128M1"
        os.mkfifo(tmp_path / "fifo")
        write(tmp_path / "large", "; comment\n" * 30000 + "user_agent = large\n")
        for name in ("fifo", "large", "", "one.ini/x"):
            assert get((True, f"{tmp_path}/{name}")) == "128M1"
        assert get((True, "one.ini")) == "128M1"
        assert get((True, "/" + "x" * 5000)) == "128M1"


@ours_only
def test_command_line_settings(lsphp):
    server = lsphp(args=["-n", "-d", "memory_limit=55M", "-d", "short_open_tag"])
    script = server.script("a.php", "<?php echo ini_get('memory_limit'), ini_get('short_open_tag'), "
                                    "var_export(php_ini_loaded_file(), true);")
    assert server.get(script).text == "55M1false"


def test_ini_file_by_option_and_by_variable(lsphp, tmp_path):
    for name in ("one", "two"):
        write(tmp_path / f"{name}.ini", f"user_agent = {name}\n")
    os.chmod(tmp_path, 0o755)
    both = lsphp(args=["-c", str(tmp_path / "one.ini")], LSPHPRC=str(tmp_path / "two.ini"))
    assert both.get(both.script("a.php", GET), query="n=user_agent").text == "one"
    variable = lsphp(LSPHPRC=str(tmp_path / "two.ini"))
    assert variable.get(variable.script("a.php", GET), query="n=user_agent").text == "two"


@ours_only
def test_debian_configuration_is_that_of_embed(lsphp):
    server = lsphp()
    r = server.get(server.script("a.php", "<?php echo php_ini_loaded_file();"))
    assert r.text == f"/etc/php/{r_version(server)}/embed/php.ini"


def r_version(server):
    script = server.script("v.php", "<?php echo PHP_MAJOR_VERSION, '.', PHP_MINOR_VERSION;")
    return server.get(script).text
