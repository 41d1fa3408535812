# SPDX-License-Identifier: Apache-2.0
"""Who is served, who waits and who is refused when there is not room for everybody."""

import os
import re
import threading
import time

import client
from harness import Vhost
from place import wait_until
from test_limits import Holder
from test_pools import Pools


class Gate:
    """php.ini of every lsphp is a FIFO: none gets past its start until the test has opened it."""

    def __init__(self, made):
        self.dir = made.place.directory("phprc")
        self.fifo = self.dir / "php.ini"
        os.mkfifo(self.fifo)
        self.fifo.chmod(0o644)
        self.is_open = False
        self.thread = threading.Thread(target=self.feed)

    def feed(self):
        while self.is_open:
            try:
                os.close(os.open(self.fifo, os.O_WRONLY | os.O_NONBLOCK))
            except OSError:  # nobody reads just now
                time.sleep(0.002)

    def open(self):
        self.is_open = True
        self.thread.start()

    def close(self):
        self.is_open = False
        self.thread.join()


def in_background(function, *args, **how):
    thread = threading.Thread(target=function, args=args, kwargs=how)
    thread.start()
    return thread


def test_many_vhosts_of_one_user_delay_another_by_one_start(stack):
    """The start guard is round-robin over users: the burst of one costs the next one start."""
    burst = [Vhost(f"g{i}.test", "games") for i in range(8)]
    made = stack(*burst, Vhost("m.test", "mail"), start=False,
                 settings={"max_concurrent_starts": 1})
    gate = Gate(made)
    made.daemon.defaults["phprc"] = gate.dir
    made.daemon.write_conf()
    made.start()
    answers = []

    def starting(count):
        return wait_until(
            lambda: made.ctl.status()["totals"]["pools_by_state"]["starting"] == count, 10,
            f"{count} pools that wait for their start")

    threads = []
    for number, vhost in enumerate([*burst, made.httpd.vhosts["m.test"]]):
        threads.append(in_background(
            lambda v=vhost: answers.append(made.get(v.name, "/who.php").status)))
        starting(number + 1)
    gate.open()
    for thread in threads:
        thread.join(30)
    gate.close()
    assert answers == [200] * 9
    order = re.findall(r"pool\.start .*?pool=\"?([gm][0-9]*)\.test", made.daemon.text())
    assert len(order) == 9
    # one start was under way when the rest came; then each user has a turn
    assert order.index("m") <= 2, order
    assert [n for n in order if n != "m"] == [f"g{i}" for i in range(8)]


class Asker:
    """One request in a thread of its own."""

    def __init__(self, made, vhost, target):
        self.answer = None
        self.thread = in_background(self.ask, made, vhost, target)

    def ask(self, made, vhost, target):
        self.answer = made.get(vhost, target)

    def end(self):
        self.thread.join(30)
        assert self.answer, "no answer"
        return self.answer


def pool_of(made, name):
    """A pool is known from its first request on, which may be on its way."""
    return wait_until(lambda: next((p for p in made.ctl.status()["pools"] if p["name"] == name),
                                   None), 10, f"a pool {name}")


def wait_queued(made, name, count):
    wait_until(lambda: pool_of(made, name)["waiting"] == count, 10, f"{count} queued requests")


def when_full(made, vhost, children=2):
    """What a request gets while every child of the site works."""
    held = Holder(made, vhost, children)
    try:
        return made.get(vhost, "/who.php")
    finally:
        held.release()


def queues_when_full(made, vhost):
    held = Holder(made, vhost, 2)
    late = Asker(made, vhost, "/mirror.php?late")
    wait_queued(made, vhost, 1)
    held.release()
    assert late.end().status == 200


FULL = "children = 2\n"


def pools_with(stack, text, directive="", defaults=None):
    """A site of two children whose pool file says @text."""
    made = Pools(stack, Vhost("a.test", "games", extra=directive), defaults=defaults)
    made.file("games.conf", f"pool \"games\" {{\nuser = games\n{FULL}{text}\n}}\n")
    return made.start().stack


def test_pool_file_makes_a_queue(stack):
    """when_busy = queue of a pool file, although Apache's side says nothing."""
    queues_when_full(pools_with(stack, "when_busy = queue"), "a.test")


def test_pool_file_is_stronger_than_the_directive(stack):
    queues_when_full(
        pools_with(stack, "when_busy = queue", "lsapi_disable_reject_mode Off"), "a.test")


def test_pool_file_refuses_although_the_directive_queues(stack):
    made = pools_with(stack, "when_busy = reject", "lsapi_disable_reject_mode On")
    assert when_full(made, "a.test").status == 507


def test_defaults_make_a_queue_unless_the_directive_is_written(stack):
    """Strongest first: pool file, directive, defaults. Off that is only a default has no say."""
    made = stack(Vhost("silent.test", "games"),
                 Vhost("off.test", "mail", extra="lsapi_disable_reject_mode Off"),
                 defaults={"when_busy": "queue", "children": 2})
    queues_when_full(made, "silent.test")
    assert when_full(made, "off.test").status == 507


def test_queue_is_bounded_in_length(stack):
    made = pools_with(stack, "when_busy = queue\nqueue_length = 2")
    held = Holder(made, "a.test", 2)
    waiting = [Asker(made, "a.test", f"/mirror.php?{i}") for i in range(2)]
    wait_queued(made, "a.test", 2)
    answer = made.get("a.test", "/who.php")
    assert answer.status == 507
    made.httpd.wait_log("Connect to backend rejected on sending request(GET /who.php", "a.test")
    made.httpd.wait_log("queue-full", "a.test")
    held.release()
    assert [w.end().status for w in waiting] == [200, 200]


def test_queue_is_bounded_in_time(stack):
    """queue_wait of the pool file, although lsapi_poll_timeout would allow far more."""
    made = pools_with(stack, "when_busy = queue\nqueue_wait = 200ms", "lsapi_poll_timeout 50")
    answer = when_full(made, "a.test")
    assert answer.status == 504
    made.httpd.wait_log("queue-timeout", "a.test")


def test_queue_time_of_defaults_is_weaker_than_the_directive(stack):
    made = stack(Vhost("silent.test", "games"),
                 Vhost("long.test", "mail", extra="lsapi_poll_timeout 50"),
                 defaults={"when_busy": "queue", "children": 2, "queue_wait": "200ms"})
    assert when_full(made, "silent.test").status == 504
    # this one waits for longer than the other did before it was given up
    queues_when_full(made, "long.test")


def test_queue_is_first_come_first_served(stack):
    made = pools_with(stack, "when_busy = queue")
    held = Holder(made, "a.test", 2)
    order = made.place.path / "order"
    script = f"<?php file_put_contents('{order}', $_GET['n'] . ' ', FILE_APPEND | LOCK_EX);"
    vhost = made.httpd.vhosts["a.test"]
    made.place.file(vhost.docroot / "order.php", script, vhost.owner)
    made.place.file(order, "", vhost.owner)
    waiting = []
    for number in range(8):
        waiting.append(Asker(made, "a.test", f"/order.php?n={number}"))
        wait_queued(made, "a.test", number + 1)
    (held.docroot / "h0.go").touch()  # one child is enough to see the order
    assert [w.end().status for w in waiting] == [200] * 8
    held.release()
    assert order.read_text().split() == [str(n) for n in range(8)]


def test_client_that_leaves_the_queue_is_never_served(stack):
    """Its place is free at once, and PHP never sees the request."""
    made = pools_with(stack, "when_busy = queue\nqueue_length = 1")
    docroot = made.httpd.vhosts["a.test"].docroot
    held = Holder(made, "a.test", 2)
    with client.Raw(made.httpd.port) as gone:
        gone.send("GET /hold.php?name=gone HTTP/1.1\r\nHost: a.test\r\n\r\n")
        wait_queued(made, "a.test", 1)
    wait_queued(made, "a.test", 0)
    made.httpd.wait_log("the client left while its request waited", "a.test")
    after = Asker(made, "a.test", "/mirror.php?after")  # the queue of one has a place again
    wait_queued(made, "a.test", 1)
    held.release()
    assert after.end().status == 200
    assert not (docroot / "gone.running").exists()
    assert not (docroot / "gone.pid").exists()


def test_many_clients_that_leave_hold_no_place(stack):
    """Threads of one process share a control connection: each one's client is watched."""
    made = stack(Vhost("a.test", "games", extra="lsapi_disable_reject_mode On"),
                 extra="lsapi_backend_children 2", limits={"StartServers": 1, "ServerLimit": 1,
                                                          "MaxRequestWorkers": 32})
    held = Holder(made, "a.test", 2)
    raws = [client.Raw(made.httpd.port) for _ in range(12)]
    for number, raw in enumerate(raws):
        raw.send(f"GET /mirror.php?n={number} HTTP/1.1\r\nHost: a.test\r\n\r\n")
    wait_queued(made, "a.test", 12)
    for raw in raws[::2]:
        raw.close()
    wait_queued(made, "a.test", 6)
    held.release()
    for number, raw in list(enumerate(raws))[1::2]:
        status, headers = raw.head()
        assert (status, headers["x-query"]) == (200, f"n={number}")
        raw.close()


def test_busy_status_503_has_retry_after(stack):
    """503 for lack of room tells when to come again; the log has its usual words."""
    made = pools_with(stack, "busy_status = 503")
    answer = when_full(made, "a.test")
    assert answer.status == 503
    assert 1 <= int(answer.header("Retry-After")) <= 120
    made.httpd.wait_log("Connect to backend rejected on sending request(GET /who.php", "a.test")


def test_busy_status_507_has_no_retry_after(stack):
    answer = when_full(pools_with(stack, ""), "a.test")
    assert (answer.status, answer.header("Retry-After")) == (507, None)


def test_settings_of_the_queue_change_without_new_php(stack):
    """A reload applies them at once; PHP that runs is not replaced for them."""
    made = Pools(stack, Vhost("a.test", "games"))
    made.file("games.conf", f"pool \"games\" {{\nuser = games\n{FULL}}}\n")
    made.start()
    before = made.environ("a.test")["ppid"]
    made.file("games.conf", f"pool \"games\" {{\nuser = games\n{FULL}when_busy = queue\n"
              "queue_length = 3\nqueue_wait = 30s\nbusy_status = 503\n}\n")
    made.reload()
    queues_when_full(made.stack, "a.test")
    assert made.environ("a.test")["ppid"] == before


def hold_many(made, vhost, count):
    """As Holder, for more requests than are let through: answers come as they come."""
    return [Asker(made, vhost, f"/hold.php?name=m{n}&last=m{n}") for n in range(count)]


def let_go(made, vhost, askers):
    for number in range(len(askers)):
        (made.httpd.vhosts[vhost].docroot / f"m{number}.go").touch()
    return [a.end().status for a in askers]


def connections_of(made, name):
    return next((p["connections"] for p in made.ctl.status()["pools"] if p["name"] == name), 0)


def test_burst_of_one_user_leaves_the_reserve_to_others(stack):
    """Of 16 children of the host a burst gets all but one, and another user's request is served."""
    made = stack(Vhost("a.test", "games"), Vhost("b.test", "mail"),
                 settings={"max_children_total": 16}, defaults={"pgrp_max_idle": "0s"})
    first = Holder(made, "b.test", 1)  # two users are there: the share of each is eight
    burst = hold_many(made, "a.test", 20)
    wait_until(lambda: connections_of(made, "a.test") == 14, 10, "a burst up to the reserve")
    wait_until(lambda: sum(1 for a in burst if a.answer) == 6, 10, "the refusals of the rest")
    assert {a.answer.status for a in burst if a.answer} == {507}
    made.httpd.wait_log("host-full", "a.test")
    assert made.get("b.test", "/who.php").status == 200
    assert sorted(set(let_go(made, "a.test", burst))) == [200, 507]
    first.release()


def test_place_that_any_pool_frees_wakes_who_waits_for_the_host(stack):
    """A queue that the host's ceiling holds back moves when another user's request is done."""
    made = stack(Vhost("a.test", "games"), Vhost("b.test", "mail"),
                 settings={"max_children_total": 4},
                 defaults={"when_busy": "queue", "children": 4})
    burst = Holder(made, "a.test", 4)
    late = Asker(made, "b.test", "/mirror.php?late")
    wait_queued(made, "b.test", 1)
    (burst.docroot / "h2.go").touch()
    assert late.end().status == 200
    burst.release()


def test_freed_place_goes_to_the_user_that_holds_least(stack):
    """a.test has a queue of its own, for longer: still the user without any child is next."""
    made = stack(Vhost("a.test", "games"), Vhost("b.test", "mail"),
                 settings={"max_children_total": 4},
                 defaults={"when_busy": "queue", "children": 8})
    burst = Holder(made, "a.test", 4)
    more = [Asker(made, "a.test", f"/hold.php?name=m{n}") for n in range(3)]
    wait_queued(made, "a.test", 3)
    late = Asker(made, "b.test", "/mirror.php?late")
    wait_queued(made, "b.test", 1)
    (burst.docroot / "h0.go").touch()
    assert late.end().status == 200
    for number in range(3):
        (burst.docroot / f"m{number}.go").touch()
    burst.release()
    assert [a.end().status for a in more] == [200] * 3


def test_idle_children_of_a_burst_make_room_for_another_user(stack):
    """Reject mode: what a user above his share keeps idle is another's at his first request."""
    made = stack(Vhost("a.test", "games"), Vhost("b.test", "mail"),
                 settings={"max_children_total": 4}, defaults={"pgrp_max_idle": "0s"})
    Holder(made, "a.test", 4).release()
    assert connections_of(made, "a.test") == 4
    for _ in range(3):
        assert made.get("b.test", "/who.php").status == 200
    assert made.ctl.status()["totals"]["connections"] <= 4
