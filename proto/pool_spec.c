/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/pool_spec.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SPEC_ENV_PREFIX_SIZE (sizeof(SPEC_ENV_PREFIX) - 1)
#define SPEC_INI_PREFIX_SIZE (sizeof(SPEC_INI_PREFIX) - 1)

/* No locale decides here, hence no isalpha(). */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_word(char c)
{
	return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_env_name(const char *name, size_t size)
{
	if (!size || is_digit(name[0]))
		return false;
	for (size_t i = 0; i < size; i++) {
		if (!is_word(name[i]))
			return false;
	}
	return true;
}

/* As extensions name them: "session.save_path", "SMTP", "xdebug.mode". */
static bool is_ini_name(const char *name, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (!is_word(name[i]) && name[i] != '.' && name[i] != '-')
			return false;
	}
	return size > 0;
}

static bool is_key(const char *key, size_t size)
{
	if (size >= SPEC_ENV_PREFIX_SIZE && !memcmp(key, SPEC_ENV_PREFIX, SPEC_ENV_PREFIX_SIZE))
		return is_env_name(key + SPEC_ENV_PREFIX_SIZE, size - SPEC_ENV_PREFIX_SIZE);
	if (size >= SPEC_INI_PREFIX_SIZE && !memcmp(key, SPEC_INI_PREFIX, SPEC_INI_PREFIX_SIZE))
		return is_ini_name(key + SPEC_INI_PREFIX_SIZE, size - SPEC_INI_PREFIX_SIZE);
	for (size_t i = 0; i < size; i++) {
		if (!is_lower(key[i]) && !is_digit(key[i]) && key[i] != '_' && key[i] != '.')
			return false;
	}
	return size > 0;
}

static bool is_value(const char *value, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
			return false;
	}
	return true;
}

static int check_entry(const char *key, size_t key_size, const char *value, size_t value_size)
{
	if (key_size > POOL_SPEC_MAX_KEY || value_size > POOL_SPEC_MAX_VALUE)
		return POOL_SPEC_E_TOO_LARGE;
	if (!is_key(key, key_size))
		return POOL_SPEC_E_BAD_KEY;
	if (!is_value(value, value_size))
		return POOL_SPEC_E_BAD_VALUE;
	return 0;
}

/* Size of the key of a "key=value" string that has one. */
static size_t entry_key_size(const char *entry)
{
	return strcspn(entry, "=");
}

/* By key, not by string: '=' sorts behind '.', so "a=1" would come after "a.b=1". */
static int compare_keys(const char *a, size_t a_size, const char *b, size_t b_size)
{
	int order = memcmp(a, b, a_size < b_size ? a_size : b_size);

	if (order || a_size == b_size)
		return order;
	return a_size < b_size ? -1 : 1;
}

static int compare_entries(const char *a, const char *b)
{
	return compare_keys(a, entry_key_size(a), b, entry_key_size(b));
}

void pool_spec_builder_init(struct pool_spec_builder *b, char *data, size_t size)
{
	b->data = data;
	b->size = size < POOL_SPEC_MAX_BYTES ? size : POOL_SPEC_MAX_BYTES;
	b->used = 0;
	b->count = 0;
	b->error = 0;
}

/* Take the entry @index out and close the gap, so that replaced values leave no waste. */
static void builder_remove(struct pool_spec_builder *b, size_t index)
{
	uint16_t at = b->at[index];
	size_t size = strlen(b->data + at) + 1;

	memmove(b->data + at, b->data + at + size, b->used - at - size);
	b->used -= size;
	b->at[index] = b->at[--b->count];
	for (size_t i = 0; i < b->count; i++) {
		if (b->at[i] > at)
			b->at[i] = (uint16_t)(b->at[i] - size);
	}
}

static int builder_add(struct pool_spec_builder *b, const char *key, const char *value)
{
	size_t key_size = strlen(key);
	size_t value_size = strlen(value);
	int error = check_entry(key, key_size, value, value_size);
	char *entry;

	if (error)
		return error;
	for (size_t i = 0; i < b->count; i++) {
		const char *other = b->data + b->at[i];

		if (!compare_keys(key, key_size, other, entry_key_size(other))) {
			builder_remove(b, i);
			break;
		}
	}
	if (b->count == POOL_SPEC_MAX_ENTRIES || key_size + value_size + 2 > b->size - b->used)
		return POOL_SPEC_E_TOO_LARGE;
	entry = b->data + b->used;
	memcpy(entry, key, key_size + 1);
	entry[key_size] = '=';
	memcpy(entry + key_size + 1, value, value_size + 1);
	b->at[b->count++] = (uint16_t)b->used;
	b->used += key_size + value_size + 2;
	return 0;
}

void pool_spec_add(struct pool_spec_builder *b, const char *key, const char *value)
{
	if (!b->error)
		b->error = builder_add(b, key, value);
}

void pool_spec_add_uint(struct pool_spec_builder *b, const char *key, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, value);
	pool_spec_add(b, key, text);
}

void pool_spec_add_int(struct pool_spec_builder *b, const char *key, int64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, value);
	pool_spec_add(b, key, text);
}

void pool_spec_add_env(struct pool_spec_builder *b, const char *name, const char *value)
{
	char key[POOL_SPEC_MAX_KEY + 1];
	size_t size = strlen(name);

	if (b->error)
		return;
	if (size > POOL_SPEC_MAX_KEY - SPEC_ENV_PREFIX_SIZE) {
		b->error = POOL_SPEC_E_TOO_LARGE;
		return;
	}
	memcpy(key, SPEC_ENV_PREFIX, SPEC_ENV_PREFIX_SIZE);
	memcpy(key + SPEC_ENV_PREFIX_SIZE, name, size + 1);
	pool_spec_add(b, key, value);
}

int pool_spec_finish(
	struct pool_spec_builder *b, char *out, size_t out_size, struct pool_spec *ret_spec)
{
	size_t used = 0;

	if (b->error)
		return b->error;
	if (out_size < b->used)
		return POOL_SPEC_E_TOO_LARGE;
	/* insertion: few entries, once per configuration section, and qsort(3) may allocate */
	for (size_t i = 1; i < b->count; i++) {
		uint16_t at = b->at[i];
		size_t k = i;

		for (; k && compare_entries(b->data + at, b->data + b->at[k - 1]) < 0; k--)
			b->at[k] = b->at[k - 1];
		b->at[k] = at;
	}
	for (size_t i = 0; i < b->count; i++) {
		const char *entry = b->data + b->at[i];
		size_t size = strlen(entry) + 1;

		memcpy(out + used, entry, size);
		used += size;
	}
	*ret_spec = (struct pool_spec){ .data = out, .size = used, .count = b->count };
	return 0;
}

int pool_spec_parse(const void *data, size_t size, struct pool_spec *ret_spec)
{
	const char *entry = data;
	const char *previous = NULL;
	size_t left = size;
	size_t count = 0;

	if (size > POOL_SPEC_MAX_BYTES)
		return POOL_SPEC_E_TOO_LARGE;
	for (; left; count++) {
		const char *end = memchr(entry, '\0', left);
		const char *equals;
		int error;

		if (!end)
			return POOL_SPEC_E_BAD_FORM;
		equals = memchr(entry, '=', (size_t)(end - entry));
		if (!equals)
			return POOL_SPEC_E_BAD_FORM;
		if (count == POOL_SPEC_MAX_ENTRIES)
			return POOL_SPEC_E_TOO_LARGE;
		error = check_entry(
			entry, (size_t)(equals - entry), equals + 1, (size_t)(end - equals - 1));
		if (error)
			return error;
		if (previous && compare_entries(previous, entry) >= 0)
			return POOL_SPEC_E_NOT_SORTED;
		previous = entry;
		left -= (size_t)(end + 1 - entry);
		entry = end + 1;
	}
	*ret_spec = (struct pool_spec){ .data = data, .size = size, .count = count };
	return 0;
}

const char *pool_spec_get(const struct pool_spec *s, const char *key)
{
	size_t key_size = strlen(key);

	for (const char *e = pool_spec_next(s, NULL); e; e = pool_spec_next(s, e)) {
		if (!strncmp(e, key, key_size) && e[key_size] == '=')
			return e + key_size + 1;
	}
	return NULL;
}

/* One number has one spelling, or one pool would have two names. */
static bool read_number(const char *text, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (!*text || (text[0] == '0' && text[1]))
		return false;
	for (; *text; text++) {
		uint64_t digit = (uint64_t)(*text - '0');

		if (!is_digit(*text) || value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*ret_value = value;
	return true;
}

int pool_spec_get_uint(
	const struct pool_spec *s, const char *key, uint64_t min, uint64_t max, uint64_t *ret_value)
{
	const char *text = pool_spec_get(s, key);
	uint64_t value = 0;

	if (!text)
		return 1;
	if (!read_number(text, &value) || value < min || value > max)
		return 2;
	*ret_value = value;
	return 0;
}

int pool_spec_get_int(
	const struct pool_spec *s, const char *key, int64_t min, int64_t max, int64_t *ret_value)
{
	const char *text = pool_spec_get(s, key);
	bool is_negative = text && *text == '-';
	uint64_t size = 0;
	int64_t value;

	if (!text)
		return 1;
	/* there is no "-0" */
	if (!read_number(text + is_negative, &size) || size > INT64_MAX || (is_negative && !size))
		return 2;
	value = is_negative ? -(int64_t)size : (int64_t)size;
	if (value < min || value > max)
		return 2;
	*ret_value = value;
	return 0;
}

const char *pool_spec_next(const struct pool_spec *s, const char *iter)
{
	const char *next = iter ? iter + strlen(iter) + 1 : s->data;

	return s->size && next < s->data + s->size ? next : NULL;
}

uint64_t pool_spec_hash(const struct pool_spec *s)
{
	/* Source: RFC 9923, the FNV non-cryptographic hash algorithm: 64-bit basis and prime */
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < s->size; i++)
		hash = (hash ^ (unsigned char)s->data[i]) * 0x100000001b3ULL;
	return hash;
}

const char *pool_spec_error_text(int error)
{
	static const char *const texts[] = {
		[0] = "no error",
		[POOL_SPEC_E_TOO_LARGE] = "too many or too long entries",
		[POOL_SPEC_E_BAD_KEY] = "a key is empty or has a character that is not allowed",
		[POOL_SPEC_E_BAD_VALUE] = "a value has a control character",
		[POOL_SPEC_E_NOT_SORTED] = "entries are out of order or a key comes twice",
		[POOL_SPEC_E_BAD_FORM] = "an entry has no '=' or is not ended",
	};

	if (error < 0 || (size_t)error >= sizeof(texts) / sizeof(texts[0]))
		return "unknown error";
	return texts[error];
}
