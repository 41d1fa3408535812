# SPDX-License-Identifier: Apache-2.0
"""Five hundred users with a site each on one machine: all at once, at rest, and all again."""

import os
import pwd

import pytest

import town
from harness import HANDLER
from place import IS_SANITIZED, uid_of, wait_until
from stack import Stack

USERS = int(os.environ.get("LSAPID_TOWN_USERS", "40" if IS_SANITIZED else "500"))
STARTS = 8  # max_concurrent_starts


@pytest.fixture
def inhabited():
    """A started stack whose sites are a town's."""
    reason = town.why_impossible()
    if reason:
        pytest.skip(f"no mount namespace here: {reason}")
    made = Stack([], start=False, limits=town.limits(USERS), extra=town.EXTRA,
                 settings={"max_concurrent_starts": STARTS, "uid_min": town.FIRST_UID,
                           "log_level": "info"})
    try:
        # a PHP that is quick to start: what is tested is who starts it, and when
        made.place.file(made.place.directory("php.d") / "posix.ini", "extension=posix\n")
        made.daemon.handlers[HANDLER][1].append(f"PHP_INI_SCAN_DIR={made.place.path}/php.d")
        made.daemon.write_conf()
        made.town = town.inhabit(made, USERS)
        yield made.start()
    finally:
        made.end()


def burst(made):
    """Every site answered rightly and as its owner, each by a pool of its own; all at one time."""
    parents = {}

    def look():
        seen = {p.pid: uid_of(p.pid) for p in made.daemon.parents()}
        parents.update({pid: uid for pid, uid in seen.items() if uid is not None})

    one = town.Burst(made.place, made.httpd.port, [v.name for v in made.httpd.vhosts.values()])
    visits = one.run(look)
    for owner, seen in zip(made.town.owners, visits):
        assert (seen.status, seen.error, seen.rest) == (200, "", b"end\n"), seen
        who = dict(seen.who)
        assert parents.pop(who.pop("ppid")) == owner.pw_uid
        assert who.pop("pid")
        assert who == {"uid": owner.pw_uid, "gid": owner.pw_gid, "groups": [owner.pw_gid],
                       "user": owner.pw_name, "script_owner": owner.pw_name,
                       "vhost": seen.vhost, "docroot": f"{owner.pw_dir}/www"}
    assert not parents, "a pool too many"
    return visits


def states(made):
    return {name: count for name, count in made.ctl.status()["totals"]["pools_by_state"].items()
            if count}


@pytest.mark.sanitized
@pytest.mark.deadline(600)
def test_every_user_of_a_town_at_once_and_again(inhabited):
    """The start guard bounds the starts, and nothing else is lost or mixed up by the crowd."""
    made = inhabited
    first = burst(made)
    wait_until(lambda: made.daemon.text().count(" to=cold ") == USERS, 120, "the reaping")
    assert states(made) == {"cold": USERS}
    assert not made.daemon.lsphp()
    assert not made.daemon.zombies()
    second = burst(made)
    assert not {v.who["ppid"] for v in first} & {v.who["ppid"] for v in second}

    totals = made.ctl.status()["totals"]
    assert totals["starts"] == 2 * USERS
    assert (totals["start_failures"], totals["unasked_exits"], totals["rejects"],
            totals["dropped_peers"]) == (0, 0, {}, 0)
    assert totals["pools"] == USERS
    log = made.daemon.text()
    assert log.count(" why=idle") >= USERS
    assert town.most_starts_at_once(log) == STARTS
    # and all of it was nobody's business: the machine knows no such account
    with pytest.raises(KeyError):
        pwd.getpwnam("u0")
