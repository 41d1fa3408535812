/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/answer.h"

#include <stdio.h>
#include <stdlib.h>

static int exit_of(int error)
{
	if (error == CLIENT_E_CONNECT)
		return CTL_NO_DAEMON;
	return error == CLIENT_E_DENIED ? CTL_NOT_ALLOWED : CTL_FAILED;
}

int answer_try(const struct ctl *ctl, const struct client_question *question, json_t **ret_answer,
	uint32_t *ret_status, char *reterr_why)
{
	struct client_answer answer = { .json = NULL };
	int r = client_ask(ctl->socket_path, question, &answer, reterr_why);
	json_error_t error;
	json_t *o;

	if (r)
		return exit_of(r);
	o = json_loads(answer.json, 0, &error);
	free(answer.json);
	if (!o) {
		(void)snprintf(reterr_why, ANSWER_WHY_SIZE, "the daemon's answer is no JSON: %s",
			error.text);
		return CTL_FAILED;
	}
	*ret_status = answer.status;
	*ret_answer = o;
	return CTL_OK;
}

int answer_ask(const struct ctl *ctl, const struct client_question *question, json_t **ret_answer,
	uint32_t *ret_status)
{
	char why[ANSWER_WHY_SIZE];
	int r = answer_try(ctl, question, ret_answer, ret_status, why);

	if (r != CTL_OK)
		term_error("%s", why);
	return r;
}

int answer_dump(const json_t *o)
{
	int r = json_dumpf(o, stdout, JSON_COMPACT | JSON_REAL_PRECISION(12));

	(void)putchar('\n');
	return r ? CTL_FAILED : CTL_OK;
}

int answer_show(
	const struct ctl *ctl, const struct client_question *question, answer_print_fn print)
{
	uint32_t status = 0;
	json_t *o = NULL;
	int r = answer_ask(ctl, question, &o, &status);

	if (r)
		return r;
	r = ctl->is_json ? answer_dump(o) : print(ctl, o);
	json_decref(o);
	return r == CTL_OK && status ? CTL_FAILED : r;
}

long long answer_number(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

double answer_real(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

bool answer_is(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

const char *answer_text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

const char *answer_or_dash(const json_t *o, const char *key)
{
	const char *s = answer_text(o, key);

	return *s ? s : "-";
}
