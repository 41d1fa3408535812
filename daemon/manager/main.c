/* SPDX-License-Identifier: Apache-2.0 */

/*
 * lsapid-manager: started by lsapid with the channel as descriptor PRIV_CHANNEL_FD and nothing
 * else. Not meant to be started by hand.
 */

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/manager/manager.h"

static int read_config(int fd, struct config **ret_config)
{
	struct config_problem problem = { .line = 0 };
	char *data = NULL;
	size_t size = 0;
	int r = fd_read_all(fd, CONFIG_MAX_BYTES, &data, &size);

	if (r == 0)
		r = config_parse(data, size, ret_config, &problem);
	free(data);
	if (r > 0) {
		log_error("config.bad", F_STR("file", problem.file), F_INT("line", problem.line),
			F_STR("what", problem.what), F_STR("remedy", problem.remedy));
		return -EINVAL;
	}
	return r;
}

static bool is_channel(int fd)
{
	socklen_t size = sizeof(int);
	int type = 0;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

/* They stand behind the configuration, those that are there, in this order. */
static void take_doors(
	const struct priv_message *setup, struct fdpass_set *fds, struct manager_doors *ret_doors)
{
	size_t next = 1;

	ret_doors->control_fd = fdpass_steal(fds, next++);
	ret_doors->admin_fd = setup->flags & PRIV_SETUP_ADMIN ? fdpass_steal(fds, next++) : -1;
	ret_doors->metrics_fd = setup->flags & PRIV_SETUP_METRICS ? fdpass_steal(fds, next++) : -1;
}

static int run(int channel)
{
	struct fdpass_set fds = FDPASS_SET_EMPTY;
	struct config *config = NULL;
	struct manager_doors doors;
	struct priv_message setup;
	struct manager m;
	int r, status;

	r = supervisor_link_setup(channel, &setup, &fds);
	if (r < 0) {
		log_error("link.setup", F_ERRNO(r));
		return 1;
	}
	logs_take_target(&setup, &fds);
	r = read_config(fds.fd[0], &config);
	if (r < 0) {
		log_error("manager.start", F_ERRNO(r));
		return 1;
	}
	log_set_level(config->log_level);
	log_set_limits(&config->log_limits);
	take_doors(&setup, &fds, &doors);
	r = manager_init(&m, &setup, config, channel, &doors);
	if (r < 0) {
		log_error("manager.start", F_ERRNO(r), F_STR("dir", config->runtime_dir));
		return 1;
	}
	(void)fd_close(fdpass_steal(&fds, 0));
	status = manager_run(&m);
	log_end();
	manager_deinit(&m);
	return status;
}

/* Documents and configurations of megabytes are rare: their memory goes back to the kernel. */
#define BIG_BYTES (128 * 1024)

int main(void)
{
	log_init("lsapid-manager", LOG_LEVEL_NOTICE);
	if (!is_channel(PRIV_CHANNEL_FD)) {
		(void)fputs("lsapid-manager is started by lsapid, not by hand.\n", stderr);
		return 2;
	}
#ifndef __SANITIZE_ADDRESS__ /* at its end LeakSanitizer traces us, as others must not */
	/* the key and what Apache asks for are nobody else's business */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	/* set, it stays so: libc raises its own bound with each large piece that is freed */
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): this process has one thread */
	(void)mallopt(M_MMAP_THRESHOLD, BIG_BYTES);
	return run(PRIV_CHANNEL_FD) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
