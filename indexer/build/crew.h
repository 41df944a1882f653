/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Documents in, words in inverters out, by several threads.
 *
 *   crew_add --> chunk | chunk | chunk --> the segment's writer, in their order
 *                copied, analysed, put: a ring
 *                           '--> inverters, one a thread
 *
 * Which thread takes a chunk is chance: each inverter has some of a word's
 * documents, in ascending order, and all of them together the same for any
 * number of threads.  With one thread nothing is copied.
 */
#ifndef BUILD_CREW_H
#define BUILD_CREW_H

#include <bq/build.h>
#include <bq/status.h>
#include <bq/text.h>

#include "base/pool.h"
#include "build/analyser.h"
#include "build/inverter.h"
#include "segment/segment_write.h"

/* What one thread has. */
struct crew_hand {
	struct bq_text *text;
	struct analyser analyser;
	struct inverter inverter;
	uint64_t bytes, next_bytes; /* of the inverter, as of the last chunk that was put */
};

struct crew {
	struct pool *pool;      /* **borrowed** */
	unsigned n;             /* hands */
	struct crew_hand *hands;
	struct crew_chunk *ring;
	unsigned n_ring, at;    /* the one being filled */
	uint64_t chunk_bytes, max_copy; /* a chunk is full then; a longer document is not copied */
	uint64_t n_tokens;      /* of documents put, since the owner set it */
};

/* A crew of the threads of `pool`.  The first uses `text` (**borrowed**), and
 * the others analyse alike.  Chunks take a small part of `memory_bytes`.  Ends with
 * crew_release(), whatever the outcome.  BQ_ENOMEM. */
int crew_init(struct crew *c, struct bq_text *text, struct pool *pool, uint64_t memory_bytes, uint64_t seed,
	struct bq_error *err);

/* Free what it holds, chunks that still wait included; `text` and `pool` stay. */
void crew_release(struct crew *c);

/* Whether `in` can be indexed whole: analyser_check(). */
int crew_check(const struct crew *c, const struct bq_doc_in *in, struct bq_error *err);

/* Take a document, which crew_check() has passed: its words go to an inverter under
 * number `doc`, it goes to `w`, now or later.  Failures, also of documents before
 * it, are final: BQ_ENOMEM. */
int crew_add(struct crew *c, const struct bq_doc_in *in, uint32_t doc, struct segment_writer *w, struct bq_error *err);

/* Come back when `w` and the inverters have all that was taken. */
int crew_drain(struct crew *c, struct segment_writer *w, struct bq_error *err);

/* What the inverters hold, about; exact when drained. */
uint64_t crew_bytes(const struct crew *c);

/* What they may hold after a few more words, about. */
uint64_t crew_next_bytes(const struct crew *c);

/* The inverters of a drained crew; out[POOL_MAX] gets as many as returned. */
uint32_t crew_inverters(const struct crew *c, const struct inverter *out[]);

/* Empty the inverters of a drained crew. */
void crew_empty(struct crew *c);

#endif
