/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/lsapi.h"

/* Longest known header name, If-Unmodified-Since. */
#define NAME_SIZE_MAX 19U
/* Most known headers of one length, and a -1 after them. */
#define SAME_SIZE_MAX 4U

struct header_row {
	const char *name;
	const char *cgi_name;
};

static const struct header_row headers[] = {
	[LSAPI_H_ACCEPT] = { "Accept", "HTTP_ACCEPT" },
	[1] = { "Accept-Charset", "HTTP_ACCEPT_CHARSET" },
	[2] = { "Accept-Encoding", "HTTP_ACCEPT_ENCODING" },
	[3] = { "Accept-Language", "HTTP_ACCEPT_LANGUAGE" },
	[4] = { "Authorization", "HTTP_AUTHORIZATION" },
	[5] = { "Connection", "HTTP_CONNECTION" },
	[LSAPI_H_CONTENT_TYPE] = { "Content-Type", "CONTENT_TYPE" },
	[LSAPI_H_CONTENT_LENGTH] = { "Content-Length", "CONTENT_LENGTH" },
	[LSAPI_H_COOKIE] = { "Cookie", "HTTP_COOKIE" },
	[9] = { "Cookie2", "HTTP_COOKIE2" },
	[LSAPI_H_HOST] = { "Host", "HTTP_HOST" },
	[11] = { "Pragma", "HTTP_PRAGMA" },
	[12] = { "Referer", "HTTP_REFERER" },
	[13] = { "User-Agent", "HTTP_USER_AGENT" },
	[14] = { "Cache-Control", "HTTP_CACHE_CONTROL" },
	[15] = { "If-Modified-Since", "HTTP_IF_MODIFIED_SINCE" },
	[16] = { "If-Match", "HTTP_IF_MATCH" },
	[17] = { "If-None-Match", "HTTP_IF_NONE_MATCH" },
	[18] = { "If-Range", "HTTP_IF_RANGE" },
	[19] = { "If-Unmodified-Since", "HTTP_IF_UNMODIFIED_SINCE" },
	[20] = { "Keep-Alive", "HTTP_KEEP_ALIVE" },
	[21] = { "Range", "HTTP_RANGE" },
	[22] = { "X-Forwarded-For", "HTTP_X_FORWARDED_FOR" },
	[23] = { "Via", "HTTP_VIA" },
	[LSAPI_H_TRANSFER_ENCODING] = { "Transfer-Encoding", "HTTP_TRANSFER_ENCODING" },
};
_Static_assert(
	sizeof(headers) / sizeof(headers[0]) == LSAPI_KNOWN_HEADERS, "one row per known header");

/* Indexes by length of the name: at most three candidates, told apart within a few letters. */
static const int8_t by_size[NAME_SIZE_MAX + 1][SAME_SIZE_MAX] = {
	[0] = { -1 },
	[1] = { -1 },
	[2] = { -1 },
	[3] = { 23, -1 },
	[4] = { 10, -1 },
	[5] = { 21, -1 },
	[6] = { 8, 0, 11, -1 },
	[7] = { 12, 9, -1 },
	[8] = { 16, 18, -1 },
	[9] = { -1 },
	[10] = { 13, 5, 20, -1 },
	[11] = { -1 },
	[12] = { 6, -1 },
	[13] = { 14, 17, 4, -1 },
	[14] = { 7, 1, -1 },
	[15] = { 2, 3, 22, -1 },
	[16] = { -1 },
	[17] = { 15, 24, -1 },
	[18] = { -1 },
	[19] = { 19, -1 },
};

/* ASCII whatever the locale: a PHP script may have called setlocale() in this process. */
static unsigned char fold(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

static bool is_same_name(const char *a, const char *b, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (a[i] != b[i] && fold(a[i]) != fold(b[i]))
			return false;
	}
	return true;
}

int lsapi_header_find(const char *name, size_t name_size)
{
	if (name_size > NAME_SIZE_MAX)
		return -1;
	for (const int8_t *index = by_size[name_size]; *index >= 0; index++) {
		if (is_same_name(name, headers[*index].name, name_size))
			return *index;
	}
	return -1;
}

const char *lsapi_header_name(unsigned index)
{
	return index < LSAPI_KNOWN_HEADERS ? headers[index].name : NULL;
}

const char *lsapi_header_cgi_name(unsigned index)
{
	return index < LSAPI_KNOWN_HEADERS ? headers[index].cgi_name : NULL;
}
