/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a load is sent to: bytes of a request out, terminal replies in.
 *
 *   BQP         #SLOT SEARCH ..   tagged: replies come in any order
 *   memcached   get HASH          untagged: replies come in the order of the
 *                                 requests; measures the harness, not a search
 */
#ifndef BENCH_TARGET_H
#define BENCH_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/buf.h>
#include <bq/span.h>

/* What one reply line (or value) meant. */
enum target_reply {
	TARGET_MORE,   /* not complete: read on */
	TARGET_OTHER,  /* taken, but not the end of a request */
	TARGET_DONE,   /* a request has been answered */
	TARGET_FAILED, /* a request has been refused */
	TARGET_LOST,   /* the other side gives up or does not speak this protocol */
};

struct target {
	bool is_tagged;
	unsigned limit; /* of a SEARCH */
	void (*put_request)(const struct target *t, struct bq_buf *out, struct bq_span query, uint32_t slot);
	/* Look at the first line of `in`.  *used: its bytes; *slot: whose end it is,
	 * where tagged. */
	enum target_reply (*take_reply)(struct bq_span in, size_t *used, uint32_t *slot);
	/* Bytes to send once before all requests, or NULL: what a `get` then finds. */
	void (*put_fill)(struct bq_buf *out, struct bq_span query);
};

extern const struct target target_bqp, target_memcached;

/* 64 bits of a query (FNV-1a), the key of a memcached. */
uint64_t target_hash(struct bq_span query);

#endif
