/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/notify.h"

#include "build_config.h"

#ifdef HAVE_LIBSYSTEMD
#include <systemd/sd-daemon.h>
#endif

void notify_status(const char *state)
{
#ifdef HAVE_LIBSYSTEMD
	(void)sd_notify(0, state); /* nobody may be listening: that is no error */
#else
	(void)state;
#endif
}
