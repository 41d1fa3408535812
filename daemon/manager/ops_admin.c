/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>
#include <string.h>

#include "daemon/manager/manager.h"
#include "daemon/manager/ops.h"
#include "daemon/manager/report.h"

bool ops_status(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size)
{
	char *json;

	if (control_decode_bare(data, size, CONTROL_STATUS))
		return false;
	json = report_status(p->manager);
	peer_send_document(p, sequence, json, 0);
	free(json);
	return true;
}

bool ops_reload(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size)
{
	if (control_decode_bare(data, size, CONTROL_RELOAD))
		return false;
	reload_request(p->manager, p, sequence);
	return true;
}

bool ops_why(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size)
{
	char what[CONTROL_MAX_NAME + 1];
	struct control_why msg;
	int error = 0;
	char *json;

	if (control_decode_why(data, size, &msg))
		return false;
	if (msg.what.size)
		memcpy(what, msg.what.data, msg.what.size);
	what[msg.what.size] = '\0';
	json = report_why(p->manager, what, &error);
	peer_send_document(p, sequence, json, error);
	free(json);
	return true;
}
