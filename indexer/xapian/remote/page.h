/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A request's own copy of a remote index: documents that were fetched, and
 * where the words that it looks for stand in them, found by analysing their
 * text again as it was when they were indexed.
 *
 *   forms   "sharing"  is wanted as a word, or its stem is, or its first letters
 *             |
 *   postings  (leaf 0, doc 7) 3 19 23   (leaf 2, doc 1) 4     by leaf and document
 *
 * What cursors walk is made of these when a term is looked up.
 */
#ifndef REMOTE_PAGE_H
#define REMOTE_PAGE_H

#include "xapian/engine/list.h"
#include "xapian/engine/record.h"
#include "xapian/remote/remote.h"

enum { PAGE_BYTES = 256 << 20, PAGE_DOC_BYTES = 1 << 30 };

struct page_leaf {
	struct bq_leaf leaf; /* first */
	struct page *page;   /* NULL: of the index itself, which can only be copied */
	uint32_t number;     /* from 0 */
};

struct page_posting {
	uint32_t leaf, doc;
	uint32_t tf, title_tf;
	uint32_t *positions; /* [tf], room for `cap` */
	uint32_t cap;
};

/* A word of the documents that is wanted somehow. */
struct page_form {
	struct bq_span word, stem;
	bool is_wanted;      /* else nothing is kept of it but that */
	struct page_posting *postings;
	uint32_t n, cap;
};

struct page_want {
	enum bq_term_kind kind;
	struct bq_span word;
	bool is_prefix;
};

struct page_doc {
	uint32_t leaf, doc;
	struct record record;
	struct bq_span marks;
};

struct page {
	struct bq_index index; /* first */
	struct remote *remote;
	uint64_t deadline_ns;
	uint32_t patience_ms;
	const atomic_bool *cancel;
	struct bq_text *text;  /* NULL: none is wanted */

	struct bq_arena mem;   /* of the query: wants, forms */
	struct page_want *wants;
	uint32_t n_wants, max_wants;
	bool may_begin[256];       /* a wanted word, with this byte */
	struct page_form **forms; /* by hash, [max_forms] */
	uint32_t n_forms, max_forms;
	struct page_form **wanted; /* those of them that are, by first sight */
	uint32_t n_wanted, max_wanted;

	struct bq_arena fetched;  /* the documents' bytes */
	struct page_doc *docs;    /* by leaf and document */
	uint32_t n_docs;

	bool has_failed[BQ_REMOTE_MAX_SHARDS];
	char why[BQ_REMOTE_MAX_SHARDS][sizeof((struct bq_remote_shard *)0)->why];
	struct page_leaf leaves[];
};

static inline struct page *page_of(const struct bq_index *ix)
{
	return (struct page *)(uintptr_t)ix;
}

/* The operations of a page_leaf. */
extern const struct bq_leaf_ops page_leaf_ops;

/* The document, if it is here. */
const struct page_doc *page_find(const struct page *p, uint32_t leaf, uint32_t doc);

/* No documents are here any more. */
void page_forget(struct page *p);

/* Analyse p->docs for the wanted words.  False without memory. */
bool page_analyse(struct page *p);

/* page_terms.c: the dictionary of a leaf. */
int page_find_term(const struct bq_leaf *l, enum bq_term_kind kind, struct bq_span word, struct bq_term *out,
	struct bq_read *rd);

/* bq_leaf_ops.term_at: a walk over the words that were asked for, from number `ord` on. */
int page_term_at(const struct bq_leaf *l, uint32_t ord, struct bq_terms *out, struct bq_read *rd);

/* bq_leaf_ops.terms_next: the next word of that walk. */
bool page_terms_next(struct bq_terms *it);

/* bq_leaf_ops.forms: the words of a stem. */
int page_forms(const struct bq_leaf *l, const struct bq_term *stem, struct bq_term **out, uint32_t *n,
	struct bq_read *rd);

/* bq_leaf_ops.cursor: over the documents of the page that have the word. */
struct bq_cursor *page_cursor(const struct bq_leaf *l, const struct bq_term *t, struct bq_read *rd);

/* bq_leaf_ops.ready: positions of the page's documents came with it. */
bool page_ready(const struct bq_leaf *l, struct bq_spot *spots, uint32_t n, struct bq_read *rd);

#endif
