#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * LSAPI, both ways, without any I/O: what a web server says to lsphp and what lsphp answers.
 *
 * The shim uses the request encoder and the response decoder, our lsphp the other two. A frame
 * is an 8-byte packet header and its payload; integers have the byte order that bit 0 of the
 * flags names, except the lengths of environment entries, which are always big-endian.
 *
 * Source: the LiteSpeed SAPI of php-src (sapi/litespeed/lsapidef.h, lsapilib.c) at 8.2, driven
 * and measured; facts only.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/wire.h"

/* --- limits, each with its source -------------------------------------------------------- */

#define LSAPI_PACKET_HEADER_SIZE  8U
#define LSAPI_REQUEST_HEADER_SIZE 44U
#define LSAPI_HEADER_INDEX_SIZE   152U
#define LSAPI_UNKNOWN_HEADER_SIZE 16U
/** lsphp closes the connection on a longer request packet (body not counted). */
#define LSAPI_REQUEST_MAX 65535U
/** Payload of one RESP_STREAM or STDERR_STREAM; senders split, receivers may rely on it. */
#define LSAPI_STREAM_MAX 16384U
/** Entries in each of the two environment lists that lsphp accepts. */
#define LSAPI_ENV_MAX 8192U
/** lsphp drops further response header lines, and longer ones. */
#define LSAPI_RESPONSE_LINES_MAX 1000U
#define LSAPI_RESPONSE_LINE_MAX  32768U
/** lsphp enforces no bound on RESP_HEADER (300 KB was seen); a shim must have one of its own. */
#define LSAPI_RESPONSE_HEADER_MAX (1024U * 1024U)
/** Request headers the encoder takes; Apache's LimitRequestFields defaults to 100. */
#define LSAPI_HEADERS_MAX 1024U
/** Response header packet without lines: packet header, count, status. */
#define LSAPI_RESPONSE_HEADER_FIXED 16U

enum lsapi_type {
	LSAPI_BEGIN_REQUEST = 1,
	LSAPI_ABORT_REQUEST = 2, /* reserved, never sent */
	LSAPI_RESP_HEADER = 3,
	LSAPI_RESP_STREAM = 4,
	LSAPI_RESP_END = 5,
	LSAPI_STDERR_STREAM = 6,
	LSAPI_REQ_RECEIVED = 7,
	LSAPI_CONN_CLOSE = 8,
	LSAPI_INTERNAL_ERROR = 9, /* reserved, never sent */
	LSAPI_USAGE = 64 /* ours, nobody else's: sent only by our lsphp to who asks for it */
};

/** Headers with an index of their own; everything else is an "unknown header". */
#define LSAPI_KNOWN_HEADERS 25U
enum lsapi_known_header {
	LSAPI_H_ACCEPT = 0,
	LSAPI_H_AUTHORIZATION = 4,
	LSAPI_H_CONTENT_TYPE = 6,
	LSAPI_H_CONTENT_LENGTH = 7,
	LSAPI_H_COOKIE = 8,
	LSAPI_H_HOST = 10,
	LSAPI_H_TRANSFER_ENCODING = 24 /* lsphp never looks at it */
};

/** lsapi_header_find() - index of a header name (any case), or -1 for an unknown header */
int lsapi_header_find(const char *name, size_t name_size);

/** lsapi_header_name() - "Accept" ...; NULL from LSAPI_KNOWN_HEADERS on */
const char *lsapi_header_name(unsigned index);

/** lsapi_header_cgi_name() - "HTTP_ACCEPT", "CONTENT_TYPE" ...; NULL as above */
const char *lsapi_header_cgi_name(unsigned index);

/* --- packet header ----------------------------------------------------------------------- */

enum lsapi_error {
	LSAPI_E_MAGIC = 1, /* does not begin with "LS" */
	LSAPI_E_TYPE,      /* type not allowed in this direction */
	LSAPI_E_LENGTH,    /* packet length impossible or above its bound */
	LSAPI_E_COUNT,     /* number of entries negative or above its bound */
	LSAPI_E_OFFSET,    /* offset points outside of its part */
	LSAPI_E_ENTRY,     /* environment entry malformed */
	LSAPI_E_SUM,       /* the parts do not add up to the packet */
	LSAPI_E_FULL,      /* encoder: does not fit */
	LSAPI_E_ORDER,     /* encoder: special, environment, headers, in this order */
	LSAPI_E_STATE      /* packet not allowed now (body before headers, after the end ...) */
};

/** lsapi_error_text() - enum lsapi_error in words, for log lines */
const char *lsapi_error_text(int error);

struct lsapi_packet {
	uint8_t type;
	bool is_big_endian;
	uint32_t length; /* header included */
};

/** lsapi_packet_decode() - Return: 0; LSAPI_E_MAGIC, LSAPI_E_LENGTH (below 8 or negative) */
int lsapi_packet_decode(const uint8_t header[LSAPI_PACKET_HEADER_SIZE], struct lsapi_packet *ret);

/**
 * lsapi_packet_encode() - @length counts the header
 *
 * Our numbers are little-endian everywhere; the flag says so in the words of this machine. Bit 0
 * means big-endian on x86 and on big-endian machines, but lsphp for a little-endian machine that
 * is not x86 takes bit 0 for its own order: there the flag is the other way round, both here and
 * in lsapi_packet_decode().
 */
void lsapi_packet_encode(
	uint8_t out[LSAPI_PACKET_HEADER_SIZE], enum lsapi_type type, uint32_t length);

/* --- request, encoder (shim) ------------------------------------------------------------- */

struct lsapi_header_ref {
	const char *name; /* borrowed: caller, until finish */
	const char *value;
	uint16_t name_size;
	uint16_t value_size;
	int16_t known; /* index or -1 */
};

/** Fills one BEGIN_REQUEST packet in the caller's buffer, front to back. */
struct lsapi_request_encoder {
	struct wire_writer w;
	int error; /* first enum lsapi_error, sticky */
	int phase;
	uint32_t special_count;
	uint32_t env_count;
	uint32_t header_count;
	uint32_t unknown_count;
	uint32_t known_seen, known_again; /* bit per known header: came, came more than once */
	uint32_t off_script_file, off_script_name, off_query, off_method;
	struct lsapi_header_ref header[LSAPI_HEADERS_MAX];
};

/**
 * Who set something. On the wire the reference knows 4 and takes every other byte for a user's: so
 * with it a php_value of the server's configuration is as one of a .htaccess.
 */
enum lsapi_ini_class {
	LSAPI_INI_USER = 2,   /* php_value of a .htaccess: the script may change it */
	LSAPI_INI_SERVER = 3, /* php_value of the server's configuration: the same, but trusted */
	LSAPI_INI_ADMIN = 4,  /* php_admin_value: system level; the script may not change it */
	/* The value is the path of a file of settings. The reference finds no setting of such a
	 * name. */
	LSAPI_INI_FILE = 5,       /* named by a .htaccess: says what that may say */
	LSAPI_INI_SERVER_FILE = 6 /* by the server's configuration: says what php.ini may say */
};

/** Name of an entry that is a file. */
#define LSAPI_INI_FILE_NAME "lsapi_phpini"

/**
 * A special entry, no setting: the sender wants to know what its request has cost. The reference
 * ignores it, as it does all whose names begin so.
 */
#define LSAPI_ASK_USAGE "lsapid_usage"

/**
 * lsapi_request_encode_init() - begin a packet
 * @buf: LSAPI_REQUEST_MAX bytes at least for the largest request; borrowed until finish
 */
void lsapi_request_encode_init(struct lsapi_request_encoder *e, void *buf, size_t size);

/** lsapi_request_encode_ini() - one php.ini override; all of them before the environment */
void lsapi_request_encode_ini(struct lsapi_request_encoder *e, enum lsapi_ini_class ini_class,
	const char *name, const char *value);

/** lsapi_request_encode_ask_usage() - before the environment, too */
void lsapi_request_encode_ask_usage(struct lsapi_request_encoder *e);

/**
 * lsapi_request_encode_env() - one variable, as $_SERVER shows it
 *
 * SCRIPT_FILENAME, SCRIPT_NAME, QUERY_STRING and REQUEST_METHOD have to be among them: the fixed
 * header points at their values. NUL, CR and LF in a value are a mistake of the caller.
 */
void lsapi_request_encode_env(struct lsapi_request_encoder *e, const char *name, size_t name_size,
	const char *value, size_t value_size);

/**
 * lsapi_request_encode_header() - one HTTP request header, after the environment
 *
 * A known header that comes again is merged ("; " for Cookie, ", " for the rest), since the index
 * has one place for it.
 */
void lsapi_request_encode_header(struct lsapi_request_encoder *e, const char *name,
	size_t name_size, const char *value, size_t value_size);

/**
 * lsapi_request_encode_finish() - close the packet
 * @body_size: bytes of body that will follow it; above 2 GiB - 1 it is sent as -2, and a
 *             Content-Length header must be among the headers
 * @ret_size:  size of the packet
 *
 * Return: 0; LSAPI_E_FULL (the client gets 431), LSAPI_E_COUNT (too many entries or headers);
 *         mistakes of the caller: LSAPI_E_ORDER, LSAPI_E_OFFSET (one of the four variables that
 *         encode_env() names is missing), LSAPI_E_LENGTH (large body without Content-Length).
 */
int lsapi_request_encode_finish(
	struct lsapi_request_encoder *e, uint64_t body_size, size_t *ret_size);

/* --- request, decoder (lsphp) ------------------------------------------------------------ */

struct lsapi_env {
	const char *name; /* NUL-terminated views into the packet */
	const char *value;
	uint32_t name_size; /* without the NUL */
	uint32_t value_size;
};

struct lsapi_http_header {
	const char *name;  /* known: static text; unknown: view, not NUL-terminated */
	const char *value; /* view, not NUL-terminated */
	uint32_t name_size;
	uint32_t value_size;
	int known; /* index or -1 */
};

/** A checked request packet; views into the buffer it was decoded from. */
struct lsapi_request {
	const uint8_t *data; /* borrowed: caller */
	uint32_t size;
	bool is_big_endian;
	int64_t body_size; /* -1: no body is read; -2 was resolved from Content-Length */
	const char *script_file;
	const char *script_name;
	const char *query;
	const char *method;
	uint32_t special_count, special_at;
	uint32_t env_count, env_at;
	uint32_t unknown_count;
	uint32_t index_at, unknown_at, block_at, block_size;
};

/**
 * lsapi_request_decode() - check a whole BEGIN_REQUEST packet
 * @data: the packet as its header announced it; no byte after @size is looked at
 *
 * Afterwards every view and every iterator stays inside @data: counts, offsets, terminators and
 * the exact sum have been checked.
 *
 * Return: 0; enum lsapi_error. *ret is written on success only.
 */
int lsapi_request_decode(const uint8_t *data, size_t size, struct lsapi_request *ret);

/** Position of an iterator; zero-initialise. */
struct lsapi_iter {
	uint32_t at;
	uint32_t done;
};

/** lsapi_request_next_special() - false at the end; ini entries and what else is special */
bool lsapi_request_next_special(
	const struct lsapi_request *r, struct lsapi_iter *it, struct lsapi_env *ret);

/** lsapi_request_next_env() - false at the end */
bool lsapi_request_next_env(
	const struct lsapi_request *r, struct lsapi_iter *it, struct lsapi_env *ret);

/**
 * lsapi_request_next_header() - known ones by index, then unknown ones in their order
 *
 * LSAPI_H_TRANSFER_ENCODING is neither checked nor shown, as in the reference.
 */
bool lsapi_request_next_header(
	const struct lsapi_request *r, struct lsapi_iter *it, struct lsapi_http_header *ret);

/** lsapi_request_get_header() - a known header's value; false if absent */
bool lsapi_request_get_header(
	const struct lsapi_request *r, unsigned known, struct lsapi_http_header *ret);

/**
 * lsapi_ini_decode() - is this special entry a php.ini override?
 *
 * Return: true and class, name and value; false: some other special entry, to be ignored.
 */
bool lsapi_ini_decode(const struct lsapi_env *special, enum lsapi_ini_class *ret_class,
	const char **ret_name, const char **ret_value);

/** lsapi_request_asks_usage() - is LSAPI_USAGE to be sent? */
bool lsapi_request_asks_usage(const struct lsapi_request *r);

/* --- response, encoder (lsphp) ----------------------------------------------------------- */

/**
 * lsapi_response_header_size() - bytes that a RESP_HEADER with these lines takes
 * @line_size: length of each line, without NUL and without CRLF
 */
size_t lsapi_response_header_size(const uint32_t *line_size, size_t count);

/** Writes RESP_HEADER: begin with the number of lines, then each line, then finish. */
struct lsapi_response_encoder {
	struct wire_writer w;
	uint32_t count, line;
};

void lsapi_response_encode_init(struct lsapi_response_encoder *e, void *buf, size_t size,
	uint32_t line_count, uint32_t status);
void lsapi_response_encode_line(struct lsapi_response_encoder *e, const char *line, size_t size);
/** Return: 0; LSAPI_E_FULL (does not fit, or fewer lines than announced) */
int lsapi_response_encode_finish(struct lsapi_response_encoder *e, size_t *ret_size);

#define LSAPI_PID_NOTICE_SIZE 16U
/** lsapi_pid_notice_encode() - the STDERR_STREAM that tells who took a connection */
void lsapi_pid_notice_encode(uint8_t out[LSAPI_PID_NOTICE_SIZE], int32_t pid);

/** What a request has cost its PHP process. */
struct lsapi_usage {
	uint64_t cpu_ns;     /* of the process, and of programs that it ran and waited for */
	uint64_t peak_bytes; /* of PHP's memory, as memory_get_peak_usage(true) says */
};

#define LSAPI_USAGE_SIZE 24U
/** lsapi_usage_encode() - the packet that goes before RESP_END */
void lsapi_usage_encode(uint8_t out[LSAPI_USAGE_SIZE], const struct lsapi_usage *usage);

/* --- response, decoder (shim) ------------------------------------------------------------ */

enum lsapi_event_type {
	LSAPI_EV_MORE,        /* all input consumed: read again */
	LSAPI_EV_RECEIVED,    /* REQ_RECEIVED */
	LSAPI_EV_PID,         /* PID notice: pid */
	LSAPI_EV_NEED_BUFFER, /* RESP_HEADER of need_size bytes is split: give a buffer, go on */
	LSAPI_EV_HEADER, /* complete RESP_HEADER: status, lines by lsapi_response_next_line() */
	LSAPI_EV_BODY,   /* bytes: part of the body */
	LSAPI_EV_STDERR, /* bytes: part of PHP's log output */
	LSAPI_EV_USAGE,  /* usage */
	LSAPI_EV_END,    /* RESP_END: the response is complete */
	LSAPI_EV_CLOSE,  /* CONN_CLOSE: do not reuse the connection */
	LSAPI_EV_ERROR   /* error: the peer breaks the protocol; nothing more is decoded */
};

struct lsapi_event {
	enum lsapi_event_type type;
	struct wire_bytes bytes;  /* BODY, STDERR: view into the input (or the decoder) */
	int32_t pid;              /* PID */
	struct lsapi_usage usage; /* USAGE: what the peer says */
	uint32_t need_size;       /* NEED_BUFFER */
	/* HEADER: 0 means look for a Status line; without one it is 200. Any number that the script
	 * chose may be here: the caller checks its range. */
	uint32_t status;
	uint32_t line_count; /* HEADER */
	int error;           /* ERROR: enum lsapi_error */
};

/** What is awaited. */
enum lsapi_response_state {
	LSAPI_RS_PACKET, /* a packet header */
	LSAPI_RS_HEADER, /* rest of RESP_HEADER, into the given buffer */
	LSAPI_RS_BODY,   /* rest of a RESP_STREAM */
	LSAPI_RS_STDERR, /* rest of a STDERR_STREAM */
	LSAPI_RS_NOTICE, /* 8 bytes that may be a PID notice */
	LSAPI_RS_USAGE,  /* rest of a USAGE */
	LSAPI_RS_FAILED
};

/** Incremental; bytes may come one at a time. Zero copies of body and stderr. */
struct lsapi_response_decoder {
	enum lsapi_response_state state;
	bool has_header; /* RESP_HEADER was seen */
	bool has_ended;  /* RESP_END was seen */
	bool is_big_endian;
	/* split packet header, notice or usage */
	uint8_t partial[LSAPI_USAGE_SIZE - LSAPI_PACKET_HEADER_SIZE];
	uint32_t partial_size;
	uint32_t left;   /* payload bytes still to come */
	uint8_t *buffer; /* borrowed: given by the caller for a split RESP_HEADER, or NULL */
	uint32_t buffer_used;
	const uint8_t *header; /* borrowed: payload of RESP_HEADER, in the buffer or the input */
	uint32_t header_size;
	uint32_t line_count, line_next, line_at; /* of the last HEADER event */
	int error;
};

/** lsapi_response_init() - ready for the response to one request */
void lsapi_response_init(struct lsapi_response_decoder *d);

/**
 * lsapi_response_decode() - take bytes, give the next event
 * @data, @size:    input; after LSAPI_EV_MORE all of it has been consumed, otherwise call again
 *                  with the rest
 * @ret_consumed:   bytes of @data used up by this call
 * @ret_event:      what they meant; views stay valid as long as @data (HEADER: or the buffer)
 *
 * Never looks past @size, never allocates. After END a CLOSE may follow; anything else after END
 * is LSAPI_EV_ERROR with LSAPI_E_STATE: such a connection is not reused.
 */
void lsapi_response_decode(struct lsapi_response_decoder *d, const uint8_t *data, size_t size,
	size_t *ret_consumed, struct lsapi_event *ret_event);

/** lsapi_response_give_buffer() - answer to NEED_BUFFER; @buf holds need_size bytes */
void lsapi_response_give_buffer(struct lsapi_response_decoder *d, uint8_t *buf);

/** lsapi_response_next_line() - after HEADER: the next "Name: value", without its NUL */
bool lsapi_response_next_line(struct lsapi_response_decoder *d, struct wire_bytes *ret_line);
