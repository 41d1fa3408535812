/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/report.h"

#include "daemon/manager/manager.h"
#include "daemon/manager/report_part.h"

static json_t *result(bool is_done, const char *detail)
{
	json_t *o = json_object();

	(void)json_object_set_new(o, "is_done", json_boolean(is_done));
	(void)json_object_set_new(o, "detail", report_text(detail));
	return o;
}

char *report_refused(const char *detail)
{
	return report_dump(result(false, detail));
}

char *report_freeze(const struct pool *p, int error, const char *detail)
{
	json_t *o = result(error == 0, detail);

	(void)json_object_set_new(o, "pool", json_integer(p->id));
	(void)json_object_set_new(o, "name", report_text(p->name));
	if (error == 0) {
		(void)json_object_set_new(o, "ms", json_integer(p->freeze->ms));
		(void)json_object_set_new(o, "bytes", json_integer((json_int_t)p->freeze->bytes));
	}
	return report_dump(o);
}

char *report_images(int error, const char *answer)
{
	json_error_t unused;
	json_t *o = result(error == 0, error ? answer : "");
	json_t *images = error ? NULL : json_loads(answer, 0, &unused);

	/* a removal need not have anything to tell */
	if (images)
		(void)json_object_set_new(o, "answer", images);
	return report_dump(o);
}

static const char *remedy(enum priv_criu state)
{
	switch (state) {
	case PRIV_CRIU_OFF:
		return "name the program in lsapid.conf: criu_program; then lsapidctl reload";
	case PRIV_CRIU_UNKNOWN:
		return "ask again in a moment: it is being tried";
	case PRIV_CRIU_FAILS:
		return "install a criu that works with this kernel (criu check says whether it "
		       "does), name it in lsapid.conf: criu_program; then lsapidctl reload";
	case PRIV_CRIU_WORKS:
	case PRIV_CRIU_COUNT:
		break;
	}
	return "";
}

char *report_criu(const struct manager *m)
{
	const struct criu *c = &m->criu;
	json_t *o = result(criu_works(m), c->text);

	(void)json_object_set_new(o, "state", report_text(criu_state_name(c->state)));
	(void)json_object_set_new(o, "program", report_text(m->config->criu_program));
	(void)json_object_set_new(o, "remedy", report_text(remedy(c->state)));
	return report_dump(o);
}
