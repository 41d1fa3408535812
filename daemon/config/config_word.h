#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What characters a word of the configuration may have, by what it names. Pure. */

#include <stdbool.h>

/** config_word_has_control() - is there a control character in it? */
bool config_word_has_control(const char *text);

/** config_word_is_path() - absolute, and the only name of what it names but for links */
bool config_word_is_path(const char *text);

/** config_word_is_name() - of an account or a group */
bool config_word_is_name(const char *text);

/** config_word_is_file() - of a file in a directory that is known */
bool config_word_is_file(const char *text);

/** config_word_is_host() - of a virtual host, or "*." and a domain */
bool config_word_is_host(const char *text);

/** config_word_is_listen() - where something for this host alone may listen */
bool config_word_is_listen(const char *text);
