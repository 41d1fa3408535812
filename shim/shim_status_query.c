/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_status_query.h"

#include <string.h>
#include <strings.h>

static int hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* One parameter's value, decoded as a form encodes it; longer ones are cut. */
static void decode(char *out, size_t size, const char *text, size_t length)
{
	size_t used = 0;

	for (size_t i = 0; i < length && used + 1 < size; i++) {
		int c = text[i] == '+' ? ' ' : (unsigned char)text[i];

		if (c == '%' && length - i > 2 && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
			c = hex(text[i + 1]) * 16 + hex(text[i + 2]);
			i += 2;
		}
		if (c)
			out[used++] = (char)c;
	}
	out[used] = '\0';
}

/* Digits only. Return: the number, at most @most; 0 for what is none. */
static unsigned number(const char *text, unsigned most)
{
	unsigned value = 0;

	if (text[strspn(text, "0123456789")] != '\0')
		return 0;
	for (; *text && value <= most; text++)
		value = value * 10 + (unsigned)(*text - '0');
	return value < most ? value : most;
}

static void set_sort(struct shim_status_query *q, const char *value)
{
	q->is_descending = *value == '-';
	value += q->is_descending;
	if (strlen(value) < sizeof(q->sort))
		memcpy(q->sort, value, strlen(value) + 1);
}

static void take(struct shim_status_query *q, const char *name, const char *value)
{
	if (strcmp(name, "auto") == 0)
		q->form = SHIM_STATUS_AUTO;
	else if (strcmp(name, "json") == 0)
		q->form = SHIM_STATUS_JSON;
	else if (strcmp(name, "refresh") == 0)
		q->refresh_s = number(value, SHIM_STATUS_SLOWEST);
	else if (strcmp(name, "sort") == 0)
		set_sort(q, value);
	else if (strcmp(name, "q") == 0)
		memcpy(q->word, value, strlen(value) + 1);
	else if (strcmp(name, "pools") == 0)
		q->has_all = strcmp(value, "all") == 0;
	else if (strcmp(name, "page") == 0)
		q->page = number(value, SHIM_STATUS_PAGES);
}

void shim_status_query_parse(const char *text, struct shim_status_query *ret_query)
{
	*ret_query = (struct shim_status_query){ .form = SHIM_STATUS_HTML };
	if (!text)
		return;
	while (*text) {
		size_t size = strcspn(text, "&");
		const char *equals = memchr(text, '=', size);
		size_t name_size = equals ? (size_t)(equals - text) : size;
		char name[SHIM_STATUS_SORT];
		char value[SHIM_STATUS_WORD];

		decode(name, sizeof(name), text, name_size);
		decode(value, sizeof(value), equals ? equals + 1 : "",
			equals ? size - name_size - 1 : 0);
		take(ret_query, name, value);
		text += size + (text[size] == '&');
	}
}

void shim_status_query_put(const struct shim_out *out, const struct shim_status_query *q)
{
	shim_out_put(out, "?pools=");
	shim_out_put(out, q->has_all ? "all" : "running");
	if (q->refresh_s) {
		shim_out_put(out, "&amp;refresh=");
		shim_out_number(out, q->refresh_s);
	}
	if (*q->sort) {
		shim_out_put(out, q->is_descending ? "&amp;sort=-" : "&amp;sort=");
		shim_out_query(out, q->sort);
	}
	if (*q->word) {
		shim_out_put(out, "&amp;q=");
		shim_out_query(out, q->word);
	}
	if (q->page) {
		shim_out_put(out, "&amp;page=");
		shim_out_number(out, q->page);
	}
}
