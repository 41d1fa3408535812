# SPDX-License-Identifier: Apache-2.0
"""Who is served, who waits and who is refused when there is not room for everybody."""

import os
import re
import threading
import time

from harness import Vhost
from place import wait_until


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
    order = re.findall(r"pool\.start .*?name=\"?([gm][0-9]*)\.test", made.daemon.text())
    assert len(order) == 9
    # one start was under way when the rest came; then each user has a turn
    assert order.index("m") <= 2, order
    assert [n for n in order if n != "m"] == [f"g{i}" for i in range(8)]
