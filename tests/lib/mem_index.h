/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An index in memory over documents given as strings: the slow, obvious twin
 * of the native engine behind bq_index.  Arrays, linear searches, no codec.
 */
#ifndef BQ_TESTS_MEM_INDEX_H
#define BQ_TESTS_MEM_INDEX_H

#include <bq/index.h>

struct mem_doc {
	struct bq_span id, path, title, text; /* **borrowed** for the index's life */
	bool title_in_text;                   /* title is text[title_off ..] */
	size_t title_off;
	int64_t mtime_us;
	bool is_dead;                         /* tombstoned */
};

struct mem_opts {
	struct bq_text_config text;
	float k1, b;         /* 0, 0: 0.9 and 0.4 */
	uint32_t leaf_docs;  /* documents of a leaf; 0: all in one */
	uint32_t block_docs; /* documents of a block, 1 .. BQ_BLOCK_DOCS; 0: 3 */
	uint32_t mark_words; /* words between marks, 1 .. BQ_MARK_WORDS; 0: 5 */
	bool no_store;       /* keep no text */
	uint32_t pairs_min;  /* T of the native twin, from which on it has lists of pairs; 0: none */
	uint64_t gen;
};

/* Make it; aborts the program when it cannot.  **owned**: release with
 * mem_index_free(). */
struct bq_index *mem_index_new(const struct mem_doc *docs, uint32_t n, const struct mem_opts *opts);

/* Free it; NULL is fine. */
void mem_index_free(struct bq_index *ix);

/* Break it: from now on the cursor blocks of every list of `word` behind the
 * first are damaged. */
void mem_index_damage(struct bq_index *ix, const char *word);

#endif
