/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/act.h"

#include <jansson.h>
#include <unistd.h>

#include "daemon/ctl/answer.h"
#include "daemon/ctl/host/build_lsphp.h"
#include "daemon/ctl/host/setup.h"

static bool is_refused(const struct host *h, enum matrix_option option)
{
	char text[512];

	if (!matrix_refuse(option, h->panel->id, text, sizeof(text)))
		return false;
	(void)host_fail("%s", text);
	return true;
}

static int dispatch(
	const struct ctl *ctl, struct host *h, enum matrix_option option, const char *operand)
{
	switch (option) {
	case MATRIX_SETUP:
		return setup_install(h);
	case MATRIX_SETUP_LIGHT:
		return setup_light(h);
	case MATRIX_UNINSTALL:
		return setup_uninstall(h);
	case MATRIX_ENABLE_DOMAIN:
		return setup_enable_domain(h, operand);
	case MATRIX_DISABLE_DOMAIN:
		return setup_disable_domain(h, operand);
	case MATRIX_ENABLE_GLOBAL:
		return setup_enable_global(h);
	case MATRIX_DISABLE_GLOBAL:
		return setup_disable_global(h);
	case MATRIX_BUILD_NATIVE_LSPHP:
		return build_lsphp(h, NULL);
	case MATRIX_BUILD_NATIVE_LSPHP_CUST:
		return build_lsphp(h, operand);
	case MATRIX_CHECK_PHP:
		return act_check_php(ctl, h);
	case MATRIX_STAT:
		return act_stat(ctl, h);
	case MATRIX_VERBOSE:
	case MATRIX_FORCE:
	case MATRIX_OPTION_COUNT:
		break;
	}
	return CTL_USAGE;
}

static json_t *lines_json(const struct host_lines *lines)
{
	json_t *o = json_array();

	for (size_t i = 0; i < lines->count; i++)
		(void)json_array_append_new(o, json_string(lines->line[i]));
	return o;
}

/* What was done, for programs; check-php and stat have said theirs. */
static int print_result(const struct host *h, enum matrix_option option, int status)
{
	json_t *o = json_pack("{s:s, s:s, s:b, s:b, s:o, s:o}", "command", matrix_row(option)->name,
		"panel", matrix_panel_key(h->panel->id), "is_done", status == CTL_OK, "is_dry_run",
		h->options.is_dry, "steps", lines_json(&h->steps), "notes", lines_json(&h->notes));
	int printed = o ? answer_dump(o) : CTL_FAILED;

	json_decref(o);
	return status != CTL_OK ? status : printed;
}

int act_run(const struct ctl *ctl, enum matrix_option option, const struct host_options *options,
	const char *operand)
{
	struct host_options all = *options;
	struct host h;
	int status = CTL_FAILED;
	int r;

	all.is_json = ctl->is_json;
	all.is_looking = option == MATRIX_CHECK_PHP || option == MATRIX_STAT;
	if (!all.is_looking && !all.is_dry && !all.root && geteuid() != 0) {
		term_error("only root can change this host; --dry-run says what would be changed");
		return CTL_FAILED;
	}
	r = host_open(&h, &all);
	if (r == 0 && !is_refused(&h, option) &&
		!(options->is_verbose && is_refused(&h, MATRIX_VERBOSE)) &&
		!(options->is_forced && is_refused(&h, MATRIX_FORCE)))
		status = dispatch(ctl, &h, option, operand);
	if (r == 0 && ctl->is_json && !all.is_looking)
		status = print_result(&h, option, status);
	host_close(&h);
	return status;
}
