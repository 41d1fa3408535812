/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_word.h"

#include <string.h>

#include "daemon/base/listen_address.h"

bool config_word_has_control(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	}
	return false;
}

bool config_word_is_path(const char *text)
{
	/* "//", "/./", "/../" and a slash at the end would make two names for one thing */
	size_t size = strlen(text);

	return size >= 2 && text[0] == '/' && text[size - 1] != '/' && !strstr(text, "//") &&
	       !strstr(text, "/./") && !strstr(text, "/../") &&
	       !(size >= 2 && strcmp(text + size - 2, "/.") == 0) &&
	       !(size >= 3 && strcmp(text + size - 3, "/..") == 0);
}

bool config_word_is_name(const char *text)
{
	/* the characters of useradd(8), and a point, as directory services have them */
	static const char legal[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

	return *text && *text != '-' && text[strspn(text, legal)] == '\0';
}

bool config_word_is_file(const char *text)
{
	return config_word_is_name(text) && *text != '.';
}

bool config_word_is_host(const char *text)
{
	static const char legal[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:[]";

	if (text[0] == '*' && text[1] == '.')
		text += 2;
	return *text && *text != '.' && text[strspn(text, legal)] == '\0';
}

bool config_word_is_listen(const char *text)
{
	struct sockaddr_storage address;
	socklen_t size;

	if (listen_address_is_path(text) && !config_word_is_path(text))
		return false;
	return listen_address_parse(text, &address, &size);
}
