/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/metrics.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/base/listen_address.h"
#include "daemon/base/log.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/metrics_text.h"

/* Of one connection, from its first byte to its last. */
#define TIMEOUT_S        5
#define HEADERS_MAX      8192
#define BACKLOG          16
#define CONNECTS_WAIT_MS 200

static const struct ratelimit_terms connects = { .per_s = 10, .burst = 20 };

static void on_metrics(struct evhttp_request *request, void *arg)
{
	struct metrics *mx = arg;
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	struct evbuffer *out = evhttp_request_get_output_buffer(request);

	if (metrics_write(mx->manager, out) < 0) {
		evhttp_send_error(request, HTTP_INTERNAL, "no memory");
		return;
	}
	(void)evhttp_add_header(headers, "Content-Type", METRICS_CONTENT_TYPE);
	(void)evhttp_add_header(headers, "Cache-Control", "no-store");
	/* whoever asks does so every few seconds: nobody holds a place in between */
	(void)evhttp_add_header(headers, "Connection", "close");
	evhttp_send_reply(request, HTTP_OK, "OK", NULL);
}

static void on_other(struct evhttp_request *request, void *arg)
{
	(void)arg;
	(void)evhttp_add_header(evhttp_request_get_output_headers(request), "Connection", "close");
	evhttp_send_error(request, HTTP_NOTFOUND, "metrics are at /metrics");
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
	struct metrics *mx = arg;

	(void)fd;
	(void)what;
	(void)evconnlistener_enable(mx->listener);
}

/* For each connection. Too many of them wait in the backlog, and not with us. */
static struct bufferevent *on_connect(struct event_base *base, void *arg)
{
	static const struct timeval later = { .tv_usec = CONNECTS_WAIT_MS * 1000 };
	struct metrics *mx = arg;

	if (!ratelimit_take(&mx->rate, &connects, manager_now(mx->manager))) {
		(void)evconnlistener_disable(mx->listener);
		(void)evtimer_add(&mx->again, &later);
	}
	return bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
}

static int listen_at(struct metrics *mx, int listen_fd)
{
	const unsigned flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE;
	const char *text = mx->manager->config->metrics;
	struct sockaddr_storage address;
	socklen_t size;

	if (listen_fd >= 0) {
		mx->listener =
			evconnlistener_new(mx->manager->base, NULL, NULL, flags, 0, listen_fd);
		return mx->listener ? 0 : -ENOMEM;
	}
	if (!listen_address_parse(text, &address, &size))
		return -EINVAL;
	errno = 0;
	mx->listener = evconnlistener_new_bind(mx->manager->base, NULL, NULL, flags, BACKLOG,
		(const struct sockaddr *)&address, (int)size);
	if (mx->listener)
		return 0;
	return errno ? -errno : -ENOMEM;
}

static void set_bounds(struct metrics *mx)
{
	evhttp_set_allowed_methods(mx->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_max_headers_size(mx->http, HEADERS_MAX);
	evhttp_set_max_body_size(mx->http, 0);
	evhttp_set_timeout(mx->http, TIMEOUT_S);
	evhttp_set_bevcb(mx->http, on_connect, mx);
	evhttp_set_gencb(mx->http, on_other, mx);
}

int metrics_init(struct metrics *mx, struct manager *m, int listen_fd)
{
	const char *text = m->config->metrics;
	int r;

	*mx = (struct metrics){ .manager = m };
	ratelimit_init(&mx->rate, &connects, manager_now(m));
	if (evtimer_assign(&mx->again, m->base, on_again, mx) < 0)
		return err_origin(-ENOMEM);
	if (!*text)
		return 0;
	mx->http = evhttp_new(m->base);
	r = mx->http ? listen_at(mx, listen_fd) : -ENOMEM;
	if (r == 0) {
		set_bounds(mx);
		if (evhttp_set_cb(mx->http, "/metrics", on_metrics, mx) < 0 ||
			!evhttp_bind_listener(mx->http, mx->listener))
			r = -ENOMEM;
		mx->has_bound = r == 0;
	}
	if (r == 0) {
		log_info("metrics.on", F_STR("at", text));
		return 0;
	}
	log_error("metrics.off", F_STR("at", text), F_ERRNO(r),
		F_STR("remedy", "name another port in metrics of lsapid.conf, and restart lsapid"));
	metrics_deinit(mx);
	return 0;
}

void metrics_deinit(struct metrics *mx)
{
	if (event_initialized(&mx->again))
		(void)event_del(&mx->again);
	if (mx->http)
		evhttp_free(mx->http);
	if (mx->listener && !mx->has_bound)
		evconnlistener_free(mx->listener);
	mx->http = NULL;
	mx->listener = NULL;
}
