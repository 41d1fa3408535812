# SPDX-License-Identifier: Apache-2.0
"""What many pools cost: of one among those that are known, of all in turn, and of a lease alone."""

import os
import struct

import control_client as control
import scale
from contender import FpmPools, Many, Ours
from cold import first_byte

GRANTS = 20000
KNOWN = (1, 10, 100, 1000)
SITES = (1, 10, 50, 200)
#: until each pool has as many children as it needs, and each process of Apache its leases
WARM_UP = 20


def measure_known(ground, measure_one, work):
    """CPU of a request to one site while so many pools are known."""
    out = {}
    for count in KNOWN:
        with Many(ground, 1) as server, control.Control(server.stack.daemon.socket, 60) as peer:
            assert peer.hello(server.stack.daemon.key.read_bytes())[0] == control.WELCOME
            scale.learn(peer, count - 1)
            out[count] = measure_one(server, work)["cpu_us"]
    return out


def measure_sites(ground, measure_one, work, kind):
    """CPU of a request to one of so many sites, all of which have PHP, in random order."""
    out = {}
    for count in SITES:
        with Many(ground, count, kind) as server:
            for name in server.httpd.vhosts:
                first_byte(server.port, name)
            out[count] = measure_one(server, work, hosts=count, warm_up=WARM_UP)["cpu_us"]
    return out


def measure(ground, measure_one, work):
    return {"known": measure_known(ground, measure_one, work),
            "turn": measure_sites(ground, measure_one, work, Ours),
            "fpm": measure_sites(ground, measure_one, work, FpmPools)}


def measure_grants(ground):
    """What the manager does for a lease that comes and goes, with nothing else to do."""
    with Many(ground, 1) as server, control.Control(server.stack.daemon.socket, 60) as peer:
        daemon = server.stack.daemon
        assert peer.hello(daemon.key.read_bytes())[0] == control.WELCOME
        first_byte(server.port, "site0.test")
        answer = peer.pool(handler=scale.HANDLER, uid=ground.owner.pw_uid,
                           gid=ground.owner.pw_gid, scope="vhost", name="site0.test",
                           docroot=str(ground.docroot))
        assert answer[0] == control.POOL_OK, control.reason_of(answer)
        pool = struct.unpack_from("<I", answer[2])[0]
        watch = scale.Watch(daemon)
        for _ in range(GRANTS):
            kind, _, body, fds = peer.ask(control.LEASE, struct.pack("<III", pool, 0, 0))
            assert kind == control.GRANT, kind
            slot, _, generation = struct.unpack_from("<IIQ", body)
            for fd in fds:
                os.close(fd)
            peer.send(control.RETURN, struct.pack("<IQ", slot, generation))
        out = watch.figures("grants")
    return {"manager_us": out["grants_manager_cpu_s"] * 1e6 / GRANTS,
            "per_s_of_one_processor": GRANTS / out["grants_manager_cpu_s"],
            "per_s_seen": GRANTS / out["grants_s"]}
