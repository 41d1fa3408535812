# SPDX-License-Identifier: Apache-2.0
"""Pools that are frozen and thawed behind Apache, with the distribution's kernel and its CRIU.

Of tests/integration/test_criu.py what costs least for what it shows; and what no other machine may
be asked for: the flag for all images of a host.
"""

from pathlib import Path

from test_criu import (site, test_a_thawed_child_that_is_killed_is_told_by_its_signal,
                       test_a_warm_pool_is_frozen_and_comes_back_with_its_cache,
                       test_auto_freezes_an_application_by_itself,
                       test_each_reset_makes_the_next_start_a_cold_one,
                       test_images_outlive_apache_and_lsapid,
                       test_no_request_is_lost_while_php_is_frozen_and_thawed,
                       test_twenty_pools_are_frozen_and_thawed_in_a_burst,
                       test_whatever_fails_php_is_started_and_one_line_says_why,
                       test_whatever_it_depends_on_has_changed_drops_the_image)

__all__ = ["site", "test_a_thawed_child_that_is_killed_is_told_by_its_signal",
           "test_a_warm_pool_is_frozen_and_comes_back_with_its_cache",
           "test_auto_freezes_an_application_by_itself",
           "test_each_reset_makes_the_next_start_a_cold_one",
           "test_images_outlive_apache_and_lsapid",
           "test_no_request_is_lost_while_php_is_frozen_and_thawed",
           "test_twenty_pools_are_frozen_and_thawed_in_a_burst",
           "test_whatever_fails_php_is_started_and_one_line_says_why",
           "test_whatever_it_depends_on_has_changed_drops_the_image"]

FLAG = Path("/usr/share/criu/mod_lsapi/lsphp.criu.reset")


def test_the_flag_of_the_host_resets_all_images(site):
    """B67: the directory is Apache's user's, as the manual of the reference has it made."""
    made = site()
    made.freeze()
    FLAG.parent.mkdir(parents=True)
    FLAG.parent.chmod(0o700)
    FLAG.write_text("")
    made.get()
    assert made.started() == "cold" and made.image() is None
    assert not FLAG.exists()
