#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What is done to the text of a file before libconfuse sees it. Pure. */

/**
 * config_text_find_variable() - line of the first ${; 0 if there is none
 *
 * libconfuse puts environment variables in the place of ${NAME}. The manager has another
 * environment than the supervisor, so that the two would read different things.
 */
int config_text_find_variable(const char *text);

/**
 * config_text_blank_comments() - make spaces of them: libconfuse 3.3 counts their lines wrongly
 *
 * # begins one anywhere outside of quotes, // and / * only where a word could begin.
 *
 * Return: 0; the line of a comment that has no end.
 */
int config_text_blank_comments(char *text);
