/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a mem_index has inside: arrays of words, of documents they are in, of
 * places in those.
 */
#ifndef BQ_TESTS_MEM_LEAF_H
#define BQ_TESTS_MEM_LEAF_H

#include "lib/mem_index.h"

struct mem_posting {
	uint32_t doc, tf;
	uint32_t *pos;
	uint32_t *packed; /* as bq_spot reads them: all numbers of 32 bits */
};

struct mem_term {
	uint8_t kind;
	struct bq_span word;
	struct mem_posting *list;
	uint32_t df;
	uint64_t ttf;
	struct bq_span *forms; /* of a stem */
	uint32_t n_forms;
	bool is_damaged;
};

struct mem_text {
	const struct mem_doc *in;
	uint32_t title_pos, title_words, body_pos, words;
	uint64_t *offs, *lines; /* of each word of the text */
};

struct mem_leaf {
	struct bq_leaf leaf;
	const struct mem_opts *opts;
	struct mem_term *terms;
	struct mem_text *texts;
	struct occ *occs; /* while it is made */
	size_t n_occs, max_occs;
	float k[256]; /* of impacts */
};

static inline const struct mem_leaf *mem_leaf_of(const struct bq_leaf *l)
{
	return (const struct mem_leaf *)(const void *)l;
}

/* `p`, or the end of the program if there is no memory. */
void *mem_leaf_must(void *p);

/* Read `docs`, **borrowed** for the leaf's life as `opts` is.  `leaf.ops` is the
 * caller's to set.  **owned**: mem_leaf_free(). */
struct mem_leaf *mem_leaf_new(const struct mem_opts *opts, struct bq_text *analyser, const struct mem_doc *docs,
	uint32_t n);

/* Give everything of it back. */
void mem_leaf_free(struct mem_leaf *l);

/* A cursor over a list, as the leaf's operations have it: what it means, written
 * down plainly.  **lives in** rd->mem; NULL without memory. */
struct bq_cursor *mem_cursor_new(const struct bq_leaf *leaf, const struct bq_term *t, struct bq_read *rd);

#endif
