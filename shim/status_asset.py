#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Make the C source of what stands within the status page: status_asset.py OUT CSS JS."""

import base64
import hashlib
import sys
from pathlib import Path

SOURCE = """/* Made of %s: do not edit. */
#include "shim/shim_status_asset.h"

const char shim_status_css[] = %s;
const char shim_status_js[] = %s;
const char shim_status_policy[] = "%s";
"""


def literal(text):
    """As numbers: a string literal of that length is more than a compiler has to take."""
    return "{ " + ", ".join(str(byte) for byte in text.encode() + b"\0") + " }"


def source_of(text):
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def main():
    out, *names = (Path(name) for name in sys.argv[1:])
    css, script = (name.read_text(encoding="ascii") for name in names)
    for text in (css, script):
        assert "</" not in text and text.endswith("\n"), "it would end its element"
    policy = (f"default-src 'none'; style-src {source_of(css)}; script-src {source_of(script)}; "
              "connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
              "frame-ancestors 'none'")
    out.write_text(SOURCE % (" and ".join(name.name for name in names), literal(css),
                             literal(script), policy), encoding="ascii")


main()
