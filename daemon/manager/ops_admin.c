/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>

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
