/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/report.h"

#include <jansson.h>

#include "daemon/manager/manager.h"

/* jansson refuses what is not UTF-8, which a name or a line of CRIU may be */
static json_t *text(const char *s)
{
	json_t *j = json_string(s ? s : "");

	return j ? j : json_string("(not UTF-8)");
}

static char *dump(json_t *o)
{
	char *out = json_dumps(o, JSON_COMPACT);

	json_decref(o);
	return out;
}

static json_t *result(bool is_done, const char *detail)
{
	json_t *o = json_object();

	(void)json_object_set_new(o, "is_done", json_boolean(is_done));
	(void)json_object_set_new(o, "detail", text(detail));
	return o;
}

char *report_refused(const char *detail)
{
	return dump(result(false, detail));
}

char *report_freeze(const struct pool *p, int error, const char *detail)
{
	json_t *o = result(error == 0, detail);

	(void)json_object_set_new(o, "pool", json_integer(p->id));
	(void)json_object_set_new(o, "name", text(p->name));
	if (error == 0) {
		(void)json_object_set_new(o, "ms", json_integer(p->freeze->ms));
		(void)json_object_set_new(o, "bytes", json_integer((json_int_t)p->freeze->bytes));
	}
	return dump(o);
}

char *report_images(int error, const char *answer)
{
	json_error_t unused;
	json_t *o = result(error == 0, error ? answer : "");
	json_t *images = error ? NULL : json_loads(answer, 0, &unused);

	/* a removal need not have anything to tell */
	if (images)
		(void)json_object_set_new(o, "answer", images);
	return dump(o);
}

static const char *remedy(enum priv_criu state)
{
	switch (state) {
	case PRIV_CRIU_OFF:
		return "name the program in lsapid.conf: criu_program, and restart lsapid";
	case PRIV_CRIU_UNKNOWN:
		return "ask again in a moment: it is being tried";
	case PRIV_CRIU_FAILS:
		return "install a criu that works with this kernel (criu check says whether it "
		       "does), name it in lsapid.conf: criu_program; then restart lsapid";
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

	(void)json_object_set_new(o, "state", text(criu_state_name(c->state)));
	(void)json_object_set_new(o, "program", text(m->config->criu_program));
	(void)json_object_set_new(o, "remedy", text(remedy(c->state)));
	return dump(o);
}
