# SPDX-License-Identifier: Apache-2.0
"""lsapid-criu with the distribution's kernel, its CRIU, and all capabilities.

The tests are those of the machine at hand, where newer kernels make most of them skipped; here CRIU
has to work. Those that are about words and files alone are not run again.
"""

from criu_helper import WHY_NOT, bench
from test_criu_check import test_check_says_the_version
from test_criu_helper import (test_a_kept_connection_is_busy_and_unharmed,
                              test_idle_children_leave_without_a_word, test_list_and_reset,
                              test_no_request_is_lost_while_it_is_frozen,
                              test_nothing_is_left_of_a_killed_init,
                              test_opcache_settings_and_stderr_come_back,
                              test_priorities_come_back, test_several_of_one_image_at_once,
                              test_what_criu_cannot_read_fails_with_its_reason,
                              test_what_runs_finishes_after_sigterm)

__all__ = ["bench", "test_a_kept_connection_is_busy_and_unharmed", "test_check_says_the_version",
           "test_idle_children_leave_without_a_word", "test_list_and_reset",
           "test_no_request_is_lost_while_it_is_frozen", "test_nothing_is_left_of_a_killed_init",
           "test_opcache_settings_and_stderr_come_back", "test_priorities_come_back",
           "test_several_of_one_image_at_once", "test_what_criu_cannot_read_fails_with_its_reason",
           "test_what_runs_finishes_after_sigterm"]


def test_criu_works_here():
    assert WHY_NOT is None
