/* SPDX-License-Identifier: Apache-2.0 */
#include "lsphp/sapi_internal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/** "Status: ", code and words; longer ones are not sent. */
#define REASON_LINE_MAX 256U

/** Text to stderr: where no response is there to carry it. */
static void write_stderr(const char *text, size_t size)
{
	while (size > 0) {
		ssize_t put = write(STDERR_FILENO, text, size);
		if (put <= 0)
			return; /* nobody left to tell */
		text += put;
		size -= (size_t)put;
	}
}

size_t sapi_output_write(const char *text, size_t size)
{
	struct server *s = sapi_server();
	if (!s) {
		write_stderr(text, size); /* warnings of startup */
		return size;
	}
	/* After the end, or in a process that the script forked: the text goes nowhere. */
	if (s->output.has_ended || s->retire.is_copy)
		return size;
	if (!output_write(&s->output, text, size)) {
		php_handle_aborted_connection();
		return 0;
	}
	return size;
}

void sapi_output_flush(void *server_context)
{
	struct server *s = server_context;
	/* flush() before any output sends nothing: headers may still change. */
	if (!s || s->output.has_ended || s->retire.is_copy || !s->output.has_header)
		return;
	if (!output_flush(&s->output))
		php_handle_aborted_connection();
}

/** Lines as they are sent: unusually many, or unusually long ones, are left out. */
struct lines {
	uint32_t count;
	uint32_t left_out;
	uint32_t size[LSAPI_RESPONSE_LINES_MAX];
	const char *text[LSAPI_RESPONSE_LINES_MAX];
};

static void add_line(struct lines *l, const char *text, size_t size)
{
	if (l->count == LSAPI_RESPONSE_LINES_MAX || size > LSAPI_RESPONSE_LINE_MAX) {
		l->left_out++;
		return;
	}
	l->text[l->count] = text;
	l->size[l->count++] = (uint32_t)size;
}

static bool is_type(const sapi_header_struct *header)
{
	static const char prefix[] = "Content-Type:";
	return header->header_len >= sizeof(prefix) - 1 &&
	       strncasecmp(header->header, prefix, sizeof(prefix) - 1) == 0;
}

/** Of too many the type, which PHP puts at the end, is not the one to leave out. */
static void add_headers(struct lines *l, sapi_headers_struct *headers)
{
	bool has_room = zend_llist_count(&headers->headers) < LSAPI_RESPONSE_LINES_MAX - 1;
	zend_llist_position position;
	const sapi_header_struct *header = zend_llist_get_first_ex(&headers->headers, &position);
	for (; !has_room && header; header = zend_llist_get_next_ex(&headers->headers, &position))
		if (is_type(header))
			add_line(l, header->header, header->header_len);
	header = zend_llist_get_first_ex(&headers->headers, &position);
	for (; header; header = zend_llist_get_next_ex(&headers->headers, &position))
		if (has_room || !is_type(header))
			add_line(l, header->header, header->header_len);
}

static bool encode_lines(struct output *o, const struct lines *l, uint32_t status)
{
	size_t size = lsapi_response_header_size(l->size, l->count);
	uint8_t *room = output_reserve_header(o, size);
	if (!room)
		return false;
	struct lsapi_response_encoder e;
	lsapi_response_encode_init(&e, room, size, l->count, status);
	for (uint32_t i = 0; i < l->count; i++)
		lsapi_response_encode_line(&e, l->text[i], l->size[i]);
	if (lsapi_response_encode_finish(&e, &size) != 0)
		return false;
	output_commit_header(o, size);
	return true;
}

static void tell_left_out(uint32_t count)
{
	char text[160];
	if (count == 0)
		return;
	(void)snprintf(text, sizeof(text),
		"PHP Warning:  %u response headers are not sent: LSAPI has room for %u, of %u bytes each",
		count, LSAPI_RESPONSE_LINES_MAX, LSAPI_RESPONSE_LINE_MAX);
	sapi_output_log(text, 0);
}

/**
 * reason_line() - a Status line with the words of header("HTTP/1.1 404 My Words"); NULL: none
 *
 * The number of an answer is in its packet, but there is no other place for the words. mod_php
 * has them sent, too (sapi/apache2handler/sapi_apache2.c, php_apache_sapi_send_headers()).
 */
static const char *reason_line(const char *line, char room[REASON_LINE_MAX])
{
	static const char prefix[] = "HTTP/1.";

	if (!line || strncmp(line, prefix, sizeof(prefix) - 1) != 0 || strlen(line) <= 12 ||
		line[8] != ' ' || line[12] != ' ')
		return NULL;
	int size = snprintf(room, REASON_LINE_MAX, "Status: %s", line + 9);
	return size < (int)REASON_LINE_MAX ? room : NULL;
}

int sapi_output_send_headers(sapi_headers_struct *headers)
{
	struct server *s = sapi_server();
	if (!s || s->output.has_ended || s->output.has_header || s->retire.is_copy)
		return SAPI_HEADER_SENT_SUCCESSFULLY;

	/* 12 KiB, which -ftrivial-auto-var-init would fill for each answer */
	__attribute__((uninitialized)) struct lines lines;
	lines.count = 0;
	lines.left_out = 0;
	char room[REASON_LINE_MAX];
	const char *reason = reason_line(headers->http_status_line, room);
	if (reason)
		add_line(&lines, reason, strlen(reason));
	add_headers(&lines, headers);
	sapi_header_struct type = { .header = NULL, .header_len = 0 };
	if (headers->send_default_content_type) {
		sapi_get_default_content_type_header(&type);
		add_line(&lines, type.header, type.header_len);
	}
	tell_left_out(lines.left_out);
	int status = headers->http_response_code;
	bool is_encoded = encode_lines(&s->output, &lines, status > 0 ? (uint32_t)status : 200);
	sapi_free_header(&type);
	return is_encoded ? SAPI_HEADER_SENT_SUCCESSFULLY : SAPI_HEADER_SEND_FAILED;
}

size_t sapi_output_read_post(char *buffer, size_t size)
{
	struct server *s = sapi_server();
	if (s->conn.fd < 0 || s->retire.is_copy)
		return 0;
	return conn_read_body(&s->conn, buffer, size);
}

void sapi_output_log(const char *message, int syslog_type)
{
	(void)syslog_type;
	struct server *s = sapi_server();
	size_t size = strlen(message);
	if (s && !s->logs_to_stderr && !s->retire.is_copy &&
		output_stderr(&s->output, message, size))
		return;
	write_stderr(message, size);
	write_stderr("\n", 1);
}

/** The last thing in a request that PHP may put out is behind us. */
int sapi_output_deactivate(void)
{
	struct server *s = sapi_server();
	if (s)
		server_end_response(s, false);
	return SUCCESS;
}
