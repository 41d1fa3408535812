/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/show.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/base/str.h"
#include "proto/pool_spec.h"

/* @q as the daemon takes it. Return: false: a word of it is too long, or none */
static bool build(const struct show_query *q, char out[POOL_SPEC_MAX_BYTES], struct pool_spec *ret)
{
	const struct {
		const char *key;
		const char *value;
	} parts[] = {
		{ CONTROL_SHOW_POOL, q->pool },
		{ CONTROL_SHOW_USER, q->user },
		{ SPEC_NAME, q->vhost },
		{ SPEC_HANDLER, q->handler },
		{ SPEC_DOCROOT, q->docroot },
	};
	char data[POOL_SPEC_MAX_BYTES];
	struct pool_spec_builder b;

	pool_spec_builder_init(&b, data, sizeof(data));
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].value)
			pool_spec_add(&b, parts[i].key, parts[i].value);
	return pool_spec_finish(&b, out, POOL_SPEC_MAX_BYTES, ret) == 0;
}

static int ask_one(const struct ctl *ctl, const struct show_query *q, json_t **ret_answer,
	uint32_t *ret_status)
{
	char data[POOL_SPEC_MAX_BYTES];
	struct pool_spec spec;
	struct client_question question = { .type = CONTROL_SHOW };

	if (!build(q, data, &spec)) {
		term_error("a name is too long, or has control characters");
		return CTL_USAGE;
	}
	question.query = (struct wire_bytes){ (const uint8_t *)spec.data, spec.size };
	return answer_ask(ctl, &question, ret_answer, ret_status);
}

/* Several have the name: each by its number. */
static int ask_each(const struct ctl *ctl, const json_t *list, json_t *pools)
{
	size_t i;
	const json_t *p;
	int r = CTL_OK;

	json_array_foreach(list, i, p)
	{
		char number[16];
		const struct show_query q = { .pool = number };
		json_t *answer = NULL;
		uint32_t status = 0;

		(void)snprintf(number, sizeof(number), "%lld", answer_number(p, "id"));
		r = ask_one(ctl, &q, &answer, &status);
		if (r)
			break;
		/* one that has gone meanwhile is not there any more */
		if (status == 0)
			(void)json_array_append(pools, answer);
		json_decref(answer);
	}
	return r;
}

int show_ask(const struct ctl *ctl, const struct show_query *q, json_t *pools)
{
	json_t *answer = NULL;
	uint32_t status = 0;
	int r = ask_one(ctl, q, &answer, &status);

	if (r)
		return r;
	if (status == 0)
		(void)json_array_append(pools, answer);
	else if (status == ENOTUNIQ)
		r = ask_each(ctl, json_object_get(answer, "pools"), pools);
	else {
		term_error("%s: %s", q->pool ? q->pool : q->user, answer_or_dash(answer, "detail"));
		r = status == ENOENT ? CTL_NO_MATCH : CTL_FAILED;
	}
	json_decref(answer);
	return r;
}

/* --- without a daemon --------------------------------------------------------------------- */

/* It is installed beside this program. */
static bool find_lsapid(char out[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);
	char *slash;

	if (n <= 0)
		return false;
	out[n] = '\0';
	slash = strrchr(out, '/');
	return slash && str_copy(slash, PATH_MAX - (size_t)(slash - out), "/lsapid");
}

static void add(const char **argv, size_t *count, const char *option, const char *value)
{
	if (!value)
		return;
	argv[(*count)++] = option;
	argv[(*count)++] = value;
}

/* Return: 0; an errno */
static int start(const struct show_query *q, const char *program, int output, pid_t *ret_pid)
{
	const char *argv[16] = { "lsapid", "--explain", "--json" };
	posix_spawn_file_actions_t actions;
	size_t count = 3;
	int r;

	add(argv, &count, "-u", q->user);
	add(argv, &count, "-v", q->vhost);
	add(argv, &count, "-H", q->handler);
	add(argv, &count, "-d", q->docroot);
	add(argv, &count, "-c", q->config);
	r = posix_spawn_file_actions_init(&actions);
	if (r)
		return r;
	r = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	/* the words are not changed, whatever the old prototype says */
	if (r == 0)
		r = posix_spawn(ret_pid, program, &actions, NULL, (char *const *)(const void *)argv,
			environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return r;
}

/* @fd is consumed: a writer of garbage must not wait for its reader. */
static json_t *read_answer(int fd)
{
	ATTR_CLEANUP(fd_cleanup) int from = fd;

	return json_loadfd(from, 0, NULL);
}

/* What it has to say against it, it says on stderr. */
int show_offline(const struct show_query *q, json_t *pools)
{
	char program[PATH_MAX];
	int ends[2], status = -1, error;
	json_t *answer;
	pid_t pid;

	if (!find_lsapid(program) || pipe2(ends, O_CLOEXEC) < 0) {
		term_error("lsapid: %s", strerrordesc_np(errno));
		return CTL_FAILED;
	}
	error = start(q, program, ends[1], &pid);
	(void)fd_close(ends[1]);
	if (error) {
		(void)fd_close(ends[0]);
		term_error("%s: %s", program, strerrordesc_np(error));
		return CTL_FAILED;
	}
	answer = read_answer(ends[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (answer && status == 0)
		(void)json_array_append(pools, answer);
	json_decref(answer);
	return answer && status == 0 ? CTL_OK : CTL_FAILED;
}
