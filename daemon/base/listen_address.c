/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "daemon/base/str.h"

#define HOST_SIZE (INET6_ADDRSTRLEN + 2U) /* with brackets */

/* Host and port of "HOST:PORT". */
static bool split(const char *text, char host[HOST_SIZE], uint64_t *ret_port)
{
	const char *colon = strrchr(text, ':');

	if (!colon || (size_t)(colon - text) >= HOST_SIZE)
		return false;
	(void)snprintf(host, HOST_SIZE, "%.*s", (int)(colon - text), text);
	return str_parse_uint(colon + 1, 1, UINT16_MAX, ret_port);
}

static bool fill_inet(const char *host, uint16_t port, struct sockaddr_in *ret)
{
	*ret = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
	return inet_pton(AF_INET, host, &ret->sin_addr) == 1 &&
	       ntohl(ret->sin_addr.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
}

static bool fill_inet6(char *host, uint16_t port, struct sockaddr_in6 *ret)
{
	size_t size = strlen(host);

	*ret = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
	if (size < 2 || host[0] != '[' || host[size - 1] != ']')
		return false;
	host[size - 1] = '\0';
	return inet_pton(AF_INET6, host + 1, &ret->sin6_addr) == 1 &&
	       IN6_IS_ADDR_LOOPBACK(&ret->sin6_addr);
}

bool listen_address_parse(
	const char *text, struct sockaddr_storage *ret_address, socklen_t *ret_size)
{
	struct sockaddr_un *path = (struct sockaddr_un *)ret_address;
	char host[HOST_SIZE];
	uint64_t port;

	*ret_address = (struct sockaddr_storage){ 0 };
	if (listen_address_is_path(text)) {
		*ret_size = sizeof(*path);
		path->sun_family = AF_UNIX;
		return str_copy(path->sun_path, sizeof(path->sun_path), text);
	}
	if (!split(text, host, &port))
		return false;
	*ret_size = sizeof(struct sockaddr_in);
	if (fill_inet(host, (uint16_t)port, (struct sockaddr_in *)ret_address))
		return true;
	*ret_size = sizeof(struct sockaddr_in6);
	return fill_inet6(host, (uint16_t)port, (struct sockaddr_in6 *)ret_address);
}
