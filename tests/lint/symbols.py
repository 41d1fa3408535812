#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the built binaries link: the supervisor no event or JSON library, proto nothing but libc."""

import re
import subprocess
import sys
from pathlib import Path

# binary: the shared libraries it may need, besides libc and the loader
NEEDED = {
    "daemon/lsapid/lsapid": {"libconfuse"},
    "daemon/ctl/lsapidctl": {"libconfuse", "libjansson", "libncursesw", "libtinfo"},
    "daemon/manager/lsapid-manager": {"libconfuse", "libevent_core-2.1", "libevent_extra-2.1",
                                      "libjansson"},
    "daemon/criu/lsapid-criu": {"libcriu", "libjansson"},
    "shim/mod_lsapi.so": {"libjansson"},
}
# proto is a codec: it allocates nothing, opens nothing and prints nothing
PROTO_FORBIDDEN = re.compile(
    r"(m|c|re)alloc|free|strdup|asprintf|f?printf|puts|fopen|open|openat|socket|connect|accept"
    r"|poll|select|epoll_.*|getenv|syslog|abort|exit")


def output(*argv):
    return subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True).stdout


def needed(binary):
    found = re.findall(r"NEEDED\s+(\S+)", output("objdump", "-p", binary))
    return {re.sub(r"\.so.*", "", name) for name in found} - {"libc", "ld-linux-x86-64",
                                                             "ld-linux-aarch64"}


def undefined(archive):
    used, defined = set(), set()
    for line in output("nm", archive).splitlines():
        words = line.split()
        if len(words) >= 2 and words[-2] in "Uw":
            used.add(words[-1])
        elif len(words) == 3:
            defined.add(words[2])
    return used - defined


def main():
    build = Path(sys.argv[1])
    wrong = []
    for name, allowed in NEEDED.items():
        binary = build / name
        if not binary.is_file():
            wrong.append(f"{name}: was not built")
            continue
        surplus = needed(binary) - allowed
        wrong += [f"{name}: needs {library}" for library in sorted(surplus)]
    for archive in ("proto/libproto.a",):
        for symbol in sorted(undefined(build / archive)):
            if PROTO_FORBIDDEN.fullmatch(symbol.removeprefix("__").removesuffix("_chk")):
                wrong.append(f"{archive}: uses {symbol}()")
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
