# SPDX-License-Identifier: Apache-2.0
"""meson install and etc/uninstall: what comes is gone again, but for what somebody has changed."""

import fcntl
import re
import subprocess
from pathlib import PurePath

import pytest

from place import BUILD, ROOT


@pytest.fixture
def build():
    """The build has one record of what was installed: one test at a time."""
    with open(BUILD / "meson-logs/.install-test", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield BUILD


def tree(path):
    return sorted(str(entry.relative_to(path)) for entry in path.rglob("*"))


def run(*argv, **how):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **how)
    assert done.returncode == 0, done.stdout
    return done.stdout


def install(build, dest):
    run("meson", "install", "-C", str(build), "--no-rebuild", "--destdir", str(dest))


def uninstall(build):
    return run(str(ROOT / "etc/uninstall"), str(build))


def test_what_was_installed_is_gone_again(build, tmp_path):
    dest = tmp_path / "dest"
    dest.mkdir()
    install(build, dest)
    uninstall(build)
    assert tree(dest) == []
    install(build, dest)
    names = tree(dest)
    for name in ("usr/sbin/lsapid", "etc/lsapid/lsapid.conf", "etc/logrotate.d/lsapid",
                 "etc/apache2/mods-available/lsapi.conf", "var/log/lsapid"):
        assert name in names
    enabled = dest / "etc/apache2/mods-enabled"
    enabled.mkdir()
    for name in ("lsapi.load", "lsapi.conf"):
        (enabled / name).symlink_to(f"../mods-available/{name}")
    install(build, dest)
    uninstall(build)
    left = [path for path in dest.rglob("*") if "lsapi" in path.name or not path.is_dir()]
    assert left in ([], [dest / "var/log/lsapid"])  # it was there when it was installed again


def packaged(name):
    """Patterns of one kind of file of the Debian packages: dh_install(1), dh_apache2(1)."""
    return [line.split()[0 if name == "install" else -1].removeprefix("debian/tmp/")
            for path in (ROOT / "etc/debian").glob(f"*.{name}")
            for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_packages_have_all_that_is_installed(build, tmp_path):
    patterns = packaged("install") + packaged("apache2")
    install(build, tmp_path)
    names = [name for name in tree(tmp_path) if not (tmp_path / name).is_dir()]
    uninstall(build)
    for name in names:
        assert any(PurePath(part).match(pattern) for pattern in patterns
                   for part in (name, *map(str, PurePath(name).parents))), f"{name} is in no package"


#: without which nobody compiles; what serves, tests or packages, and builds nothing
COMPILER = {"gcc", "libc6-dev", "ninja-build"}
TESTS = {"clang-14", "libclang-rt-14-dev", "libcmocka-dev", "apache2-bin", "apache2-suexec-pristine",
         "php8.2-cli", "php8.2-opcache", "python3", "git"}
QUICKSTART = {"apache2-bin", "media-types", "php8.2-cli", "php8.2-opcache", "curl", "procps",
              "util-linux", "passwd"}
PACKAGING = {"debhelper-compat", "dh-apache2", "systemd"}
OPTIONAL = {"criu", "libprotobuf-c-dev"}


def test_each_list_of_packages_has_what_the_build_wants():
    def read(name):
        return (ROOT / name).read_text(encoding="utf-8")

    build = {line.split("#")[0].strip() for line in read("tests/packages.txt").split("\n## ")[0]
             .splitlines()} - {""} - COMPILER - TESTS
    control = re.search(r"^Build-Depends:\n((?: .*\n)+)", read("etc/debian/control"), re.M)[1]
    assert set(re.findall(r"^ ([\w.+-]+)", control, re.M)) - PACKAGING == build
    quick = re.search(r"packages=\(([^)]*)\)", read("etc/quickstart"))[1].split()
    assert set(quick) - COMPILER - QUICKSTART == build - OPTIONAL


def test_what_was_there_or_changed_stays_and_is_named(build, tmp_path):
    dest = tmp_path / "dest"
    (dest / "etc/logrotate.d").mkdir(parents=True)
    (dest / "etc/logrotate.d/other").write_text("")
    install(build, dest)
    changed = [dest / "etc/lsapid/lsapid.conf", dest / "etc/apache2/mods-available/lsapi.conf"]
    for path in changed:
        path.write_text("uid_min = 2000\n")
    install(build, dest)
    assert {path.read_text() for path in changed} == {"uid_min = 2000\n"}
    said = uninstall(build)
    files = [name for name in tree(dest) if (dest / name).is_file()]
    assert files == ["etc/apache2/mods-available/lsapi.conf", "etc/logrotate.d/other",
                     "etc/lsapid/lsapid.conf"]
    for path in changed:
        assert f"kept, since it was changed: {path}" in said
