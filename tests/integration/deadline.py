# SPDX-License-Identifier: Apache-2.0
"""No test hangs: at its deadline it fails where it stands. A plugin."""

import signal

import pytest

from place import PATIENCE


def pytest_configure(config):
    config.addinivalue_line("markers", "deadline(seconds): how long this test may take in all; "
                            "120 without it")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    marker = item.get_closest_marker("deadline")
    seconds = PATIENCE * (marker.args[0] if marker else 120)

    def expired(_signal, _frame):
        raise AssertionError(f"not done within {seconds} s")

    before = signal.signal(signal.SIGALRM, expired)
    signal.alarm(int(seconds))
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
