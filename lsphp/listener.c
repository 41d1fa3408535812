/* SPDX-License-Identifier: Apache-2.0 */
#include "lsphp/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lsphp/report.h"

#define HOST_MAX 256U

static void close_input(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return;
	(void)dup2(null, STDIN_FILENO); /* cannot fail: both are open */
	if (null != STDIN_FILENO)
		(void)close(null);
}

enum listener_kind listener_adopt(int *ret_fd)
{
	int listens = 0;
	socklen_t size = sizeof(listens);
	if (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0)
		return LISTENER_NONE;
	int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (fd < 0)
		return LISTENER_NONE;
	close_input();
	/* Several children may be woken for one connection: the late ones must not block. */
	int flags = fcntl(fd, F_GETFL);
	if (flags >= 0)
		(void)fcntl(fd, F_SETFL, listens ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
	*ret_fd = fd;
	return listens ? LISTENER_LISTENS : LISTENER_CONNECTED;
}

static int open_socket(const struct sockaddr *address, socklen_t size)
{
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	int one = 1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, address, size) < 0 || listen(fd, SOMAXCONN) < 0) {
		int error = errno;
		(void)close(fd);
		return -error;
	}
	return fd;
}

static int bind_path(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t size = strlen(path);
	if (size >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, size + 1);
	struct stat st;
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		(void)unlink(path); /* bind() tells if this did not work */
	return open_socket((const struct sockaddr *)&address, sizeof(address));
}

/** split() - "host:port" or "[host]:port" into @host (empty: any) and *ret_port */
static bool split(const char *text, char host[HOST_MAX], const char **ret_port)
{
	const char *colon = strrchr(text, ':');
	if (!colon || colon == text || !colon[1])
		return false;
	const char *begin = text;
	size_t size = (size_t)(colon - text);
	if (text[0] == '[' && size >= 2 && colon[-1] == ']') {
		begin++;
		size -= 2;
	}
	if (size >= HOST_MAX)
		return false;
	memcpy(host, begin, size);
	host[size] = '\0';
	*ret_port = colon + 1;
	return true;
}

static int bind_inet(const char *text)
{
	char host[HOST_MAX];
	const char *port;
	if (!split(text, host, &port))
		return -EINVAL;
	bool is_any = strcmp(host, "*") == 0;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
	hints.ai_family = text[0] == '[' ? AF_INET6 : (is_any ? AF_INET : AF_UNSPEC);
	struct addrinfo *found;
	if (getaddrinfo(is_any ? NULL : host, port, &hints, &found) != 0)
		return -EADDRNOTAVAIL;
	int fd = open_socket(found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return fd;
}

int listener_bind(const char *address, int *ret_fd)
{
	int fd = address[0] == '/' ? bind_path(address) : bind_inet(address);
	if (fd < 0) {
		report_line("Can not listen on %s: %s", address, strerrordesc_np(-fd));
		return fd;
	}
	close_input();
	*ret_fd = fd;
	return 0;
}
