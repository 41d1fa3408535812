/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>

#include "proto/priv.h"
#include "tests/support/golden.h"
#include "tests/support/guard.h"
#include "tests/support/t.h"

#define FLAGS_AT   4U
#define PID_AT     16U
#define STATUS_AT  20U
#define ERROR_AT   24U
#define REASON_AT  28U
#define STEP_AT    32U
#define SIGNAL_AT  36U
#define KEY_AT     40U
#define TEXT_AT    72U
#define MS_AT      232U
#define BYTES_AT   236U
#define PADDING_AT 244U

struct row {
	const char *name;
	size_t fd_count;
	struct priv_message message; /* the key of SETUP is filled in by row_message() */
};

static const struct row rows[] = {
	{ "setup", 3, { .type = PRIV_SETUP, .flags = PRIV_SETUP_PRIVILEGED | PRIV_LOG_FILE } },
	{ "ready", 0, { .type = PRIV_READY } },
	{ "spawn", 3, { .type = PRIV_SPAWN, .id = 0x0102030405060708ULL } },
	{ "spawned", 0,
		{ .type = PRIV_SPAWNED,
			.flags = PRIV_SPAWN_THAW,
			.id = 9,
			.pid = 4711,
			.ms = 43,
			.text = "php.ini /etc/php.ini changed" } },
	{ "spawn_failed", 0,
		{ .type = PRIV_SPAWN_FAILED,
			.id = 9,
			.error = 2,
			.reason = REASON_BINARY_MISSING,
			.step = PRIV_STEP_BINARY,
			.text = "/usr/libexec/lsapid/lsphp" } },
	{ "signal", 0, { .type = PRIV_SIGNAL, .id = 9, .signal = PRIV_SIGNAL_KILL } },
	{ "signal_child", 0,
		{ .type = PRIV_SIGNAL, .id = 9, .pid = 4711, .signal = PRIV_SIGNAL_CHILD_TERM } },
	{ "exited", 0, { .type = PRIV_EXITED, .id = 9, .pid = 4711, .status = 139 } },
	{ "reload", 1, { .type = PRIV_RELOAD } },
	{ "reloaded", 0, { .type = PRIV_RELOADED, .status = 22 } },
	{ "reload_failed", 1, { .type = PRIV_RELOAD_FAILED } },
	{ "reload_request", 0, { .type = PRIV_RELOAD_REQUEST } },
	{ "stop", 0, { .type = PRIV_STOP, .status = 30000 } },
	{ "stopped", 0, { .type = PRIV_STOPPED } },
	{ "log_open", 1, { .type = PRIV_LOG_OPEN, .id = 9 } },
	{ "log_fd", 0, { .type = PRIV_LOG_FD, .id = 9, .error = 13 } },
	{ "log_rotate", 1, { .type = PRIV_LOG_ROTATE, .flags = PRIV_LOG_FILE } },
	{ "user_file", 1, { .type = PRIV_USER_FILE, .id = 9 } },
	{ "user_file_data", 1,
		{ .type = PRIV_USER_FILE_DATA, .id = 9, .status = PRIV_USER_FILE_FOUND } },
	{ "criu", 0, { .type = PRIV_CRIU, .status = PRIV_CRIU_FAILS, .text = "kernel too new" } },
	{ "freeze", 0, { .type = PRIV_FREEZE, .id = 9, .ms = 906 } },
	{ "frozen", 0,
		{ .type = PRIV_FROZEN,
			.id = 9,
			.status = PRIV_FROZEN_FAILED,
			.ms = 120,
			.bytes = 0x0102030405ULL,
			.text = "External socket is used" } },
	{ "images", 1, { .type = PRIV_IMAGES, .id = 9, .status = PRIV_IMAGES_RESET } },
	{ "images_data", 1, { .type = PRIV_IMAGES_DATA, .id = 9, .status = 1 } },
	{ "judge", 1, { .type = PRIV_JUDGE, .id = 9 } },
	{ "judged", 0,
		{ .type = PRIV_JUDGED,
			.id = 9,
			.error = 2,
			.reason = REASON_DOCROOT_OWNER,
			.step = PRIV_STEP_POLICY,
			.text = "/srv/www" } },
	{ "ping", 0, { .type = PRIV_PING } },
	{ "try", 0, { .type = PRIV_TRY } },
	{ "tried", 2, { .type = PRIV_TRIED, .status = 1 } },
	{ "log_level", 0, { .type = PRIV_LOG_LEVEL, .status = 7 } },
	{ "dumped", 1, { .type = PRIV_DUMPED, .id = 9, .pid = 4711 } },
	{ "alive", 0, { .type = PRIV_ALIVE, .text = "2 sessions" } },
};

static struct priv_message row_message(const struct row *row)
{
	struct priv_message m = row->message;

	for (size_t i = 0; m.type == PRIV_SETUP && i < sizeof(m.key); i++)
		m.key[i] = (uint8_t)(0xa0 + i);
	return m;
}

static const struct row *row_find(const char *name)
{
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	}
	fail_msg("no row %s", name);
	return rows;
}

static void load(const struct row *row, struct golden *ret_golden)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "priv_%s", row->name);
	golden_read(name, ret_golden);
	assert_int_equal(ret_golden->size, PRIV_MESSAGE_SIZE);
}

static void put_u32(uint8_t *at, uint32_t v)
{
	for (size_t i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> (8 * i));
}

static void encode__every_row__golden_bytes(void **state)
{
	static struct golden golden;

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct priv_message m = row_message(&rows[i]);
		uint8_t out[PRIV_MESSAGE_SIZE];

		load(&rows[i], &golden);
		memset(out, 0xee, sizeof(out));
		priv_encode(out, &m);
		T_ASSERT_ROW(rows[i].name, !memcmp(out, golden.data, sizeof(out)));
	}
}

static void decode__every_row__encodes_to_the_same(void **state)
{
	static struct golden golden;

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct priv_message m;
		uint8_t out[PRIV_MESSAGE_SIZE];

		load(&rows[i], &golden);
		T_ASSERT_ROW(rows[i].name, !priv_decode(golden.data, golden.size, &m));
		T_ASSERT_ROW(rows[i].name, m.type == rows[i].message.type);
		priv_encode(out, &m);
		T_ASSERT_ROW(rows[i].name, !memcmp(out, golden.data, sizeof(out)));
	}
}

/* What lies in a field that the type has not, a secret perhaps, does not go out. */
static void encode__fields_of_other_types__left_out(void **state)
{
	static struct golden golden;

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct priv_message own = row_message(&rows[i]);
		struct priv_message m = own;
		uint8_t out[PRIV_MESSAGE_SIZE];

		m.id = m.id ? m.id : 77;
		m.pid = m.pid ? m.pid : 77;
		m.status = m.status ? m.status : 77;
		m.error = m.error ? m.error : 77;
		m.reason = m.reason ? m.reason : 7;
		m.step = m.step ? m.step : 7;
		m.signal = m.signal ? m.signal : 1;
		/* a type that may have flags has its own, none or some */
		m.flags = m.flags || m.type == PRIV_SPAWN ? m.flags : 1;
		m.key[0] = m.key[0] ? m.key[0] : 77;
		m.text[0] = m.text[0] ? m.text[0] : 77;
		m.ms = m.ms ? m.ms : 77;
		/* figures come together */
		m.bytes = m.bytes || m.type == PRIV_SPAWNED || m.type == PRIV_FREEZE ? m.bytes : 77;
		load(&rows[i], &golden);
		priv_encode(out, &m);
		T_ASSERT_ROW(rows[i].name, !memcmp(out, golden.data, sizeof(out)));
	}
}

/* Nothing is refused: then there is nothing to say of it. */
static void judged__without_reason__has_no_rest(void **state)
{
	struct priv_message m = { .type = PRIV_JUDGED, .id = 9 };
	struct priv_message back;
	uint8_t out[PRIV_MESSAGE_SIZE];

	(void)state;
	priv_encode(out, &m);
	assert_int_equal(priv_decode(out, sizeof(out), &back), 0);
	m.text[0] = 'x';
	priv_encode(out, &m);
	assert_int_equal(priv_decode(out, sizeof(out), &back), PRIV_E_VALUE);
}

static void encode__text_without_end__cut(void **state)
{
	struct priv_message m = { .type = PRIV_SPAWN_FAILED, .reason = REASON_INTERNAL };
	struct priv_message back;
	uint8_t out[PRIV_MESSAGE_SIZE];

	(void)state;
	memset(m.text, 'x', sizeof(m.text));
	priv_encode(out, &m);
	assert_int_equal(priv_decode(out, sizeof(out), &back), 0);
	assert_int_equal(strlen(back.text), PRIV_TEXT_SIZE - 1);
}

static void decode__other_size__refused(void **state)
{
	static struct golden golden;
	struct guard g;

	(void)state;
	guard_init(&g, PRIV_MESSAGE_SIZE + 1);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		load(&rows[i], &golden);
		golden.data[PRIV_MESSAGE_SIZE] = 0;
		for (size_t size = 0; size <= PRIV_MESSAGE_SIZE + 1; size++) {
			const uint8_t *data = guard_copy(&g, golden.data, size);
			struct priv_message m = { .id = 4711 };

			if (size == PRIV_MESSAGE_SIZE)
				continue;
			T_ASSERT_ROW(rows[i].name, priv_decode(data, size, &m) == PRIV_E_SIZE);
			T_ASSERT_ROW(rows[i].name, m.id == 4711);
		}
	}
	guard_deinit(&g);
}

static size_t count_types(void)
{
	size_t count = 0;

	/* rows of one type stand together */
	for (size_t i = 0; i < T_COUNT(rows); i++)
		count += i == 0 || rows[i].message.type != rows[i - 1].message.type;
	return count;
}

static void decode__any_type__known_or_refused(void **state)
{
	uint8_t data[PRIV_MESSAGE_SIZE] = { 0 };
	size_t known = 0;

	(void)state;
	for (uint32_t type = 0; type < 1000; type++) {
		struct priv_message m;
		bool has_name = strcmp(priv_type_name(type), "?") != 0;

		put_u32(data, type);
		assert_int_equal(priv_decode(data, sizeof(data), &m) != PRIV_E_TYPE, has_name);
		known += has_name;
	}
	assert_int_equal(known, count_types());
	put_u32(data, UINT32_MAX);
	assert_int_equal(
		priv_decode(data, sizeof(data), &(struct priv_message){ .id = 0 }), PRIV_E_TYPE);
}

/* Every byte, every value: refused, or taken for exactly what it says. */
static void decode__any_byte_changed__refused_or_canonical(void **state)
{
	static struct golden golden;

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		uint8_t data[PRIV_MESSAGE_SIZE];
		uint8_t out[PRIV_MESSAGE_SIZE];

		load(&rows[i], &golden);
		memcpy(data, golden.data, sizeof(data));
		for (size_t at = 0; at < sizeof(data); at++) {
			for (unsigned byte = 0; byte < 256; byte++) {
				struct priv_message m;

				data[at] = (uint8_t)byte;
				if (priv_decode(data, sizeof(data), &m))
					continue;
				priv_encode(out, &m);
				T_ASSERT_ROW(rows[i].name, !memcmp(out, data, sizeof(data)));
			}
			data[at] = golden.data[at];
		}
	}
}

/* No type accepts a bit in a field that it has not, nor in the padding. */
static void decode__field_of_another_type__refused(void **state)
{
	static const struct {
		size_t at;
		const char *owners; /* rows that may have it */
	} fields[] = {
		{ FLAGS_AT, " setup log_rotate " },
		{ 8, " spawn spawned spawn_failed signal signal_child exited log_open log_fd dumped "
		     "user_file user_file_data freeze frozen images images_data judge judged " },
		{ PID_AT, " spawned signal_child exited dumped " },
		{ STATUS_AT, " exited reloaded stop user_file_data criu frozen images images_data "
			     "tried log_level " },
		{ ERROR_AT, " spawn_failed judged log_fd " },
		{ REASON_AT, " spawn_failed judged " },
		{ STEP_AT, " spawn_failed judged " },
		{ SIGNAL_AT, " signal signal_child " },
		{ KEY_AT, " setup " },
		{ KEY_AT + PRIV_KEY_SIZE - 1, " setup " },
		{ TEXT_AT, " spawn_failed judged spawned criu frozen alive " },
		{ MS_AT, " spawned freeze frozen " },
		{ BYTES_AT, " spawned freeze frozen " },
		{ TEXT_AT + PRIV_TEXT_SIZE - 1, " " },
		{ PADDING_AT, " " },
		{ PRIV_MESSAGE_SIZE - 1, " " },
	};
	static struct golden golden;

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), " %s ", rows[i].name);
		for (size_t k = 0; k < T_COUNT(fields); k++) {
			struct priv_message m;

			if (strstr(fields[k].owners, name))
				continue;
			load(&rows[i], &golden);
			golden.data[fields[k].at] = 1;
			T_ASSERT_ROW(rows[i].name,
				priv_decode(golden.data, golden.size, &m) == PRIV_E_VALUE);
		}
	}
}

static const struct {
	const char *row;
	size_t at;
	uint32_t value;
	bool is_ok;
} values[] = {
	{ "setup", FLAGS_AT, 0, true },
	{ "setup", FLAGS_AT, PRIV_LOG_SYSLOG, true },
	{ "setup", FLAGS_AT, PRIV_LOG_SYSLOG | PRIV_LOG_FILE, false },
	{ "setup", FLAGS_AT, PRIV_SETUP_ADMIN, true },
	{ "setup", FLAGS_AT, 16, false },
	{ "setup", FLAGS_AT, 0x80000001, false },
	{ "spawn", FLAGS_AT, PRIV_SPAWN_THAW, true },
	{ "spawn", FLAGS_AT, PRIV_SETUP_PRIVILEGED, false },
	{ "spawned", FLAGS_AT, 0, true },
	{ "criu", STATUS_AT, PRIV_CRIU_COUNT - 1, true },
	{ "criu", STATUS_AT, PRIV_CRIU_COUNT, false },
	{ "frozen", STATUS_AT, PRIV_FROZEN_COUNT, false },
	{ "frozen", TEXT_AT, 0, false },
	{ "images", STATUS_AT, PRIV_IMAGES_COUNT, false },
	{ "images_data", STATUS_AT, 2, false },
	{ "spawned", PID_AT, 0, false },
	{ "spawned", PID_AT, UINT32_MAX, false },
	{ "spawned", PID_AT, INT32_MAX, true },
	{ "exited", PID_AT, 0, false },
	{ "exited", STATUS_AT, UINT32_MAX, true },
	{ "reloaded", STATUS_AT, 0, true },
	{ "reloaded", STATUS_AT, 4095, true },
	{ "reloaded", STATUS_AT, 4096, false },
	{ "reloaded", STATUS_AT, UINT32_MAX, false },
	{ "stop", STATUS_AT, 0, true },
	{ "stop", STATUS_AT, INT32_MAX, true },
	{ "stop", STATUS_AT, UINT32_MAX, false },
	{ "user_file_data", STATUS_AT, PRIV_USER_FILE_ABSENT, true },
	{ "user_file_data", STATUS_AT, PRIV_USER_FILE_BAD, true },
	{ "user_file_data", STATUS_AT, PRIV_USER_FILE_COUNT, false },
	{ "user_file_data", STATUS_AT, UINT32_MAX, false },
	{ "spawn_failed", ERROR_AT, 0, true },
	{ "spawn_failed", ERROR_AT, 4096, false },
	{ "spawn_failed", ERROR_AT, UINT32_MAX, false },
	{ "spawn_failed", REASON_AT, 0, false },
	{ "spawn_failed", REASON_AT, REASON_COUNT - 1, true },
	{ "spawn_failed", REASON_AT, REASON_COUNT, false },
	{ "judged", REASON_AT, 0, false },
	{ "tried", STATUS_AT, 2, false },
	{ "log_level", STATUS_AT, 8, false },
	{ "spawn_failed", STEP_AT, 0, true },
	{ "spawn_failed", STEP_AT, PRIV_STEP_COUNT - 1, true },
	{ "spawn_failed", STEP_AT, PRIV_STEP_COUNT, false },
	{ "spawn_failed", TEXT_AT, 0, false }, /* the rest of the text follows its NUL */
	{ "log_fd", ERROR_AT, 0, true },
	{ "log_fd", ERROR_AT, 4096, false },
	{ "log_fd", ERROR_AT, UINT32_MAX, false },
	{ "log_rotate", FLAGS_AT, 0, true },
	{ "log_rotate", FLAGS_AT, PRIV_SETUP_PRIVILEGED, false },
	{ "log_rotate", FLAGS_AT, PRIV_SETUP_ADMIN, false },
	{ "log_rotate", FLAGS_AT, PRIV_LOG_SYSLOG | PRIV_LOG_FILE, false },
	{ "signal", SIGNAL_AT, 0, false },
	{ "signal", SIGNAL_AT, PRIV_SIGNAL_RETIRE, true },
	{ "signal", SIGNAL_AT, PRIV_SIGNAL_CHILD_TERM, false }, /* it lacks a pid */
	{ "signal", SIGNAL_AT, PRIV_SIGNAL_CHILD_KILL, false },
	{ "signal", SIGNAL_AT, PRIV_SIGNAL_COUNT, false },
	{ "signal_child", SIGNAL_AT, PRIV_SIGNAL_CHILD_KILL, true },
	{ "signal_child", SIGNAL_AT, PRIV_SIGNAL_RETIRE, false }, /* it has one */
	{ "signal_child", SIGNAL_AT, PRIV_SIGNAL_KILL, false },
	{ "signal_child", PID_AT, 0, false },
	{ "signal_child", PID_AT, UINT32_MAX, false },
	{ "signal", SIGNAL_AT, UINT32_MAX, false },
};

static void decode__value__in_its_range_or_refused(void **state)
{
	static struct golden golden;
	(void)state;
	for (size_t i = 0; i < T_COUNT(values); i++) {
		struct priv_message m;
		int expected = values[i].is_ok ? 0 : PRIV_E_VALUE;

		load(row_find(values[i].row), &golden);
		put_u32(golden.data + values[i].at, values[i].value);
		T_ASSERT_ROW(values[i].row, priv_decode(golden.data, golden.size, &m) == expected);
	}
}

/* It becomes a line for systemd: no further one, such as STOPPING=1, may be in it. */
static void decode__text_of_alive__one_printable_line_or_refused(void **state)
{
	static const uint8_t bytes[] = { '\n', '\r', 0x1b, 0x7f, 0x80, 0xff };
	static struct golden golden;
	struct priv_message m;

	(void)state;
	load(row_find("alive"), &golden);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		golden.data[TEXT_AT] = bytes[i];
		assert_int_equal(priv_decode(golden.data, golden.size, &m), PRIV_E_VALUE);
	}
	golden.data[TEXT_AT] = '~';
	assert_int_equal(priv_decode(golden.data, golden.size, &m), 0);
}

static void names__all_numbers__distinct_or_question_mark(void **state)
{
	(void)state;
	for (unsigned a = 0; a < PRIV_STEP_COUNT; a++) {
		assert_string_not_equal(priv_step_name(a), "?");
		for (unsigned b = 0; b < a; b++)
			assert_string_not_equal(priv_step_name(a), priv_step_name(b));
	}
	assert_string_equal(priv_step_name(PRIV_STEP_EXEC), "exec");
	assert_string_equal(priv_step_name(PRIV_STEP_COUNT), "?");
	assert_string_equal(priv_type_name(PRIV_SPAWN_FAILED), "SPAWN_FAILED");
	assert_string_equal(priv_type_name(UINT32_MAX), "?");
}

/* What the message says decides. */
static void fd_count__log__only_with_a_file(void **state)
{
	struct priv_message m = { .type = PRIV_SETUP, .flags = PRIV_LOG_SYSLOG };

	(void)state;
	assert_int_equal(priv_fd_count(&m), 2);
	m.flags = PRIV_LOG_FILE | PRIV_SETUP_ADMIN;
	assert_int_equal(priv_fd_count(&m), 4);
	m = (struct priv_message){ .type = PRIV_LOG_ROTATE };
	assert_int_equal(priv_fd_count(&m), 0);
	m = (struct priv_message){ .type = PRIV_LOG_FD, .id = 9 };
	assert_int_equal(priv_fd_count(&m), 1);
}

static void fd_count__every_type__as_drawn(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++)
		T_ASSERT_ROW(rows[i].name, priv_fd_count(&rows[i].message) == rows[i].fd_count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encode__every_row__golden_bytes),
		cmocka_unit_test(decode__every_row__encodes_to_the_same),
		cmocka_unit_test(encode__fields_of_other_types__left_out),
		cmocka_unit_test(judged__without_reason__has_no_rest),
		cmocka_unit_test(encode__text_without_end__cut),
		cmocka_unit_test(decode__other_size__refused),
		cmocka_unit_test(decode__any_type__known_or_refused),
		cmocka_unit_test(decode__any_byte_changed__refused_or_canonical),
		cmocka_unit_test(decode__field_of_another_type__refused),
		cmocka_unit_test(decode__value__in_its_range_or_refused),
		cmocka_unit_test(decode__text_of_alive__one_printable_line_or_refused),
		cmocka_unit_test(names__all_numbers__distinct_or_question_mark),
		cmocka_unit_test(fd_count__log__only_with_a_file),
		cmocka_unit_test(fd_count__every_type__as_drawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
