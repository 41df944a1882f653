/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A segment, opened for reading: the native engine's bq_leaf.
 */
#ifndef SEGMENT_SEGMENT_H
#define SEGMENT_SEGMENT_H

#include <bq/index.h>

#include "base/mapfile.h"
#include "codec/bitpack.h"
#include "codec/find.h"
#include "pairs/pairs.h"
#include "segment/columns.h"
#include "segment/container.h"
#include "segment/docs.h"
#include "segment/heads.h"
#include "segment/postings.h"
#include "segment/stamps.h"
#include "segment/terms.h"

struct segment {
	struct bq_leaf leaf; /* first: a bq_leaf of ours is a segment */
	char name[32];
	struct mapfile map;
	struct container file;
	struct terms_reader terms;
	unsigned kinds;              /* bit k: terms of kind k may be there */
	struct heads_reader heads;
	struct docs_reader docs;
	struct columns_reader columns;
	struct pairs_reader pairs;
	struct stamps stamps;        /* none unless who opens the segment sets them; **borrowed** */
	struct bq_span post, pos, tinfo, marks, ppost;
	const struct bitpack_ops *codec;
	const struct find_ops *find;
};

static inline const struct segment *segment_of(const struct bq_leaf *l)
{
	return (const struct segment *)(const void *)l;
}

/* Map and check file `name` of directory `dirfd`: header, section table and
 * structure bounds; no section is read whole.  **owned**: segment_close().
 * BQ_ENOTFOUND, BQ_EIO, BQ_EFORMAT, BQ_EVERSION, BQ_ENOMEM. */
int segment_open(int dirfd, const char *name, struct segment **out, struct bq_error *err);

/* The same over bytes that the caller keeps until segment_close(). */
int segment_open_bytes(struct bq_span bytes, const char *name, struct segment **out, struct bq_error *err);

/* The same over the sections of a file that is not complete, without pairs: head
 * and sections of `file`, which the caller keeps.  `map` is what they lie in. */
int segment_open_parts(const struct container *file, const struct mapfile *map, const char *name,
	struct segment **out, struct bq_error *err);

/* NULL is fine. */
void segment_close(struct segment *s);

/* Check everything: checksums, then every term, list, position, record, frame
 * and mark against the rules of FORMAT.md.  Reads and decodes all. */
int segment_verify(const struct segment *s, struct bq_error *err);

/* Report damage: notes it in rd->error (first one wins) and returns BQ_EFORMAT. */
int segment_damaged(const struct segment *s, struct bq_read *rd, const char *what);

/* Read the next document of a walk over s->heads into w->head, but for time and size of its file, which are
 * segment_file_stamp()'s.  BQ_END behind the last; BQ_EFORMAT, also in rd->error. */
int segment_next_head(const struct segment *s, struct heads_walk *w, struct bq_read *rd);

/* Time and size of the file that document `doc` < n_docs came from, as it was indexed. */
void segment_file_stamp(const struct segment *s, uint32_t doc, int64_t *mtime_us, int64_t *file_bytes);

/* What bq_term.priv holds. */
enum segment_term_mode { SEGMENT_INLINE, SEGMENT_SMALL, SEGMENT_FREQUENT }; /* pairs: never INLINE */

enum {
	SEGMENT_PRIV_MODE = 3,     /* mode in the low 8 bits, bytes in POST above */
	SEGMENT_PRIV_POST = 0,     /* SMALL: offset in POST; FREQUENT: TINFO entry; INLINE: document;
	                            * a pair: offset in PPOST */
	SEGMENT_PRIV_POS = 1,      /* SMALL, INLINE tf > 1: offset in POS; INLINE tf 1: position */
	SEGMENT_PRIV_POS_LEN = 2,  /* SMALL, INLINE tf > 1: bytes in POS */
};

/* The list of a term (segment_cursor.c). */
struct bq_cursor *segment_cursor(const struct bq_leaf *l, const struct bq_term *t, struct bq_read *rd);

/* Dictionary operations of the leaf (segment_terms.c). */
int segment_find(const struct bq_leaf *l, enum bq_term_kind kind, struct bq_span word, struct bq_term *out,
	struct bq_read *rd);

/* bq_leaf_ops.find_all: look up several words, each one's bytes on their way while others are compared. */
int segment_find_all(const struct bq_leaf *l, struct bq_wanted *wanted, uint32_t n, struct bq_read *rd);

/* bq_leaf_ops.term_at: a walk over the dictionary from its word number `ord` on. */
int segment_term_at(const struct bq_leaf *l, uint32_t ord, struct bq_terms *out, struct bq_read *rd);

/* bq_leaf_ops.terms_next: the next word of that walk; false behind the last and on damage. */
bool segment_terms_next(struct bq_terms *it);

/* bq_leaf_ops.forms: the words of a stem, in the reader's arena. */
int segment_forms(const struct bq_leaf *l, const struct bq_term *stem, struct bq_term **out, uint32_t *n,
	struct bq_read *rd);

/* bq_leaf_ops.pair: what the pair lists know of two words side by side. */
enum bq_pair segment_pair(const struct bq_leaf *l, const struct bq_term *a, const struct bq_term *b,
	struct bq_term *out, struct bq_read *rd);

#endif
