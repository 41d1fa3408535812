# SPDX-License-Identifier: Apache-2.0
"""Requests that last for as long as a test wants."""

import threading

from place import PATIENCE, wait_until


class Holder:
    """Requests that keep their children busy until they are let go."""

    def __init__(self, made, vhost, count):
        self.docroot = made.httpd.vhosts[vhost].docroot
        self.answers = []
        for i in range(count):  # of an earlier one
            for name in (f"h{i}.running", f"h{i}.go"):
                (self.docroot / name).unlink(missing_ok=True)
        self.threads = [threading.Thread(target=lambda i=i: self.answers.append(
            made.get(vhost, f"/hold.php?name=h{i}&last=end{i}"))) for i in range(count)]
        for thread in self.threads:
            thread.start()
        for i in range(count):
            wait_until((self.docroot / f"h{i}.running").exists, 10, "a held request")

    def release(self):
        for i in range(len(self.threads)):
            (self.docroot / f"h{i}.go").touch()
        for thread in self.threads:
            thread.join(20 * PATIENCE)
        return sorted((a.status, a.body) for a in self.answers)
