/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/images.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/supervisor/supervisor.h"

#define NAME_BYTES 1024U
#define OUT_BYTES  (16U * 1024U * 1024U)

static void send_images(struct supervisor *s, uint64_t id, bool has_failed, int fd)
{
	struct priv_message m = { .type = PRIV_IMAGES_DATA, .id = id, .status = has_failed };
	struct fdpass_set fds = FDPASS_SET_EMPTY;

	if (fd < 0) {
		link_kill(s, "no memory for an answer to it");
		return;
	}
	fds.fd[0] = fd;
	fds.count = 1;
	link_send(s, &m, &fds);
}

static void send_images_text(struct supervisor *s, uint64_t id, bool has_failed, const char *text)
{
	send_images(s, id, has_failed, fd_memfd("lsapid-images", text, strlen(text)));
}

/* It has written into a memfd that it still could write to: the manager gets a sealed copy. */
static int copy_document(int fd)
{
	char *text = NULL;
	size_t size = 0;
	int r = lseek(fd, 0, SEEK_SET) < 0 ? -errno : fd_read_all(fd, OUT_BYTES, &text, &size);

	if (r == 0)
		r = fd_memfd("lsapid-images", text, size);
	free(text);
	return r;
}

static void on_images(struct supervisor *s, struct helper *h, const struct job_report *report)
{
	char text[64];

	if ((!report && h->has_answered) || !h->id)
		return;
	if (!report || report->result != JOB_DONE) {
		send_images_text(s, h->id, true, report ? report->text : h->fault);
		return;
	}
	if (h->out_fd >= 0) {
		send_images(s, h->id, false, copy_document(h->out_fd));
		return;
	}
	(void)snprintf(
		text, sizeof(text), "{\"removed\": %llu}\n", (unsigned long long)report->bytes);
	send_images_text(s, h->id, false, text);
}

/* @name: NULL: all. Return: 0; -errno */
static int start_images(struct supervisor *s, uint64_t id, const char *op, const char *name)
{
	struct helper_order o;
	struct helper *h = NULL;
	int out_fd = -1;
	int r = 0;

	helper_order_init(&o, s, op);
	criu_add_dirs(s, &o);
	if (name)
		environ_set(&o.words, JOB_POOL, name);
	if (strcmp(op, "list") == 0) {
		out_fd = memfd_create("lsapid-images", MFD_CLOEXEC);
		r = out_fd < 0 ? -errno : 0;
	}
	o.fd[JOB_FD_OUT] = out_fd;
	if (r == 0)
		r = helper_start(s, &o, on_images, id, &h);
	helper_order_deinit(&o);
	if (h)
		h->out_fd = out_fd;
	else
		(void)fd_close(out_fd);
	return r;
}

int images_request(struct supervisor *s, uint64_t id, enum priv_images what, int name_fd)
{
	const char *op = what == PRIV_IMAGES_LIST ? "list" : "reset";
	char *name = NULL;
	size_t size = 0;
	int r;

	if (!fd_is_sealed(name_fd) || fd_read_all(name_fd, NAME_BYTES, &name, &size) < 0)
		return 1;
	/* a word of argv, so it has no NUL: what is behind one would be lost */
	if (strnlen(name, size) != size || (size != 0) != (what == PRIV_IMAGES_RESET)) {
		free(name);
		return 1;
	}
	r = start_images(s, id, op, size ? name : NULL);
	free(name);
	if (r < 0)
		send_images_text(s, id, true, strerrordesc_np(-r));
	return 0;
}

int images_reset(struct supervisor *s, const char *name)
{
	return start_images(s, 0, "reset", name);
}

int images_sweep(struct supervisor *s)
{
	return start_images(s, 0, "sweep", NULL);
}
