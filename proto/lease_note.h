#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a lease is used for: which request runs on it, or was the last, and what its requests came
 * to. One note for each slot of the lease table (lease_table.h), in the same memory: the shim
 * writes, the manager reads whenever somebody wants to know. No message, no system call.
 *
 * The words of a note are a hint like everything else there. A reader takes a copy and then reads
 * that: bounded, and with whatever bytes there are.
 *
 * The sequence is odd while the shim writes the text; a reader that has found the same even number
 * before and after its copy has a whole one. Text is moved in words, each atomic, so that neither
 * side can see half a one.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/latency.h"

/** Bytes of all texts of a request, each with its NUL. */
#define LEASE_NOTE_TEXT 416U
/** Longest of each with the NUL; the URI has what the others leave. Longer ones end in "...". */
#define LEASE_NOTE_VHOST  80U
#define LEASE_NOTE_METHOD 16U
/** A script's name is told by its end: a longer one begins with "...". */
#define LEASE_NOTE_SCRIPT 128U

struct lease_note {
	_Atomic uint32_t sequence;
	_Atomic uint32_t text_size; /* bytes of @text that are used */
	/* of this lease, until the manager clears them at the next grant of the slot */
	_Atomic uint64_t requests;
	_Atomic uint64_t errors;     /* ... that ended with a status from 500 on, or with none */
	_Atomic uint64_t service_ns; /* from the lease until the answer was complete, of all */
	_Atomic uint32_t bucket[LATENCY_BUCKETS + 1]; /* of the same times; the last is unused */
	_Atomic uint64_t text[LEASE_NOTE_TEXT / sizeof(uint64_t)];
};

_Static_assert(sizeof(struct lease_note) == 512, "eight of them are a page");

/** Which request; all strings borrowed, NULL is empty. */
struct lease_request {
	const char *vhost;
	const char *method;
	const char *uri; /* with its query, as the client wrote it */
	const char *script;
};

/** A copy, to be looked at in peace. */
struct lease_request_copy {
	char data[LEASE_NOTE_TEXT];
	struct lease_request request; /* views data; bytes of strangers */
};

/** What requests came to. */
struct lease_counts {
	uint64_t requests;
	uint64_t errors;
	uint64_t service_ns;
	uint64_t bucket[LATENCY_BUCKETS];
};

/* --- shim's side: only who holds the lease busy --------------------------------------------- */

/** lease_note_write() - this request runs on it now */
void lease_note_write(struct lease_note *n, const struct lease_request *r);

/** lease_note_count() - its request has ended */
void lease_note_count(struct lease_note *n, uint64_t service_ns, bool is_error);

/* --- manager's side -------------------------------------------------------------------------- */

/** lease_note_clear() - before the slot is granted: nothing of the lease before is left */
void lease_note_clear(struct lease_note *n);

/** lease_note_add_counts() - add what it says to @counts */
void lease_note_add_counts(const struct lease_note *n, struct lease_counts *counts);

/**
 * lease_note_read() - the request that runs on it, or was the last
 *
 * Return: false: there was none yet, or it is being written just now.
 */
bool lease_note_read(const struct lease_note *n, struct lease_request_copy *ret_copy);

/**
 * lease_note_parse() - the pure part of it: @size bytes in ret_copy->data are four strings
 *
 * Return: false: they are not.
 */
bool lease_note_parse(struct lease_request_copy *ret_copy, size_t size);
