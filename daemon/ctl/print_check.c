/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/print_check.h"

#include "daemon/ctl/answer.h"

static void print_config(const struct ctl *ctl, const json_t *config)
{
	const json_t *problems = json_object_get(config, "problems");
	size_t count = json_array_size(problems);

	for (size_t i = 0; i < count; i++) {
		const json_t *p = json_array_get(problems, i);

		term_line(&ctl->term, TONE_BAD, "%s:%lld: %s", answer_or_dash(p, "file"),
			answer_number(p, "line"), answer_or_dash(p, "what"));
		term_line(&ctl->term, TONE_PLAIN, "    remedy: %s", answer_or_dash(p, "remedy"));
	}
	if (!count)
		term_line(&ctl->term, TONE_GOOD, "configuration: %s is good",
			answer_or_dash(config, "file"));
}

/* Without CRIU everything works, only slower: that is no problem. */
static void print_freezing(const struct ctl *ctl, const json_t *criu)
{
	if (answer_is(criu, "is_done")) {
		term_line(&ctl->term, TONE_GOOD, "CRIU: works, version %s",
			answer_or_dash(criu, "detail"));
		return;
	}
	term_line(&ctl->term, TONE_PLAIN, "CRIU: %s, PHP is always started: %s",
		answer_or_dash(criu, "state"), answer_or_dash(criu, "detail"));
	term_line(&ctl->term, TONE_PLAIN, "    remedy: %s", answer_or_dash(criu, "remedy"));
}

int print_check(const struct ctl *ctl, json_t *config, json_t *criu)
{
	int r = json_array_size(json_object_get(config, "problems")) ? CTL_FAILED : CTL_OK;
	json_t *both;

	if (!ctl->is_json) {
		print_config(ctl, config);
		print_freezing(ctl, criu);
		return r;
	}
	both = json_pack("{s:O?, s:O?}", "config", config, "criu", criu);
	if (answer_dump(both) != CTL_OK)
		r = CTL_FAILED;
	json_decref(both);
	return r;
}
