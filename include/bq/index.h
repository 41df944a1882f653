/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The read side of an index: the boundary between what stores documents
 * (the native engine, and Xapian databases) and what finds them
 * (daemon/query/).
 *
 *   bq_index      one generation, immutable, counted references
 *     bq_leaf     one segment: documents 0 .. n_docs-1, its own words
 *       bq_term     where one word's list is
 *       bq_cursor   walks that list, a block of up to 256 documents at a time
 *       bq_doc_head, stored text, marks
 *
 * Everything here may be used by many threads at once, but a cursor and a
 * bq_read belong to one.  Nothing reads outside the files whatever their
 * bytes are: structure is checked when a segment is opened, a block when it
 * is decoded.  A damaged block ends its cursor and leaves the reason in the
 * bq_read, where the query finds it.
 */
#ifndef BQ_INDEX_H
#define BQ_INDEX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <bq/arena.h>
#include <bq/format.h>
#include <bq/spot.h>
#include <bq/span.h>
#include <bq/status.h>
#include <bq/text.h>

struct bq_leaf;
struct bq_cursor;

/* One request's reading: its memory, and the first damage met. */
struct bq_read {
	struct bq_arena *mem;
	struct bq_error error; /* status BQ_OK while all is well */
};

/* ---- terms ------------------------------------------------------------- */

/* Where one term's list is, in one leaf.  A value: copy it freely, valid as
 * long as the leaf and the arena of the bq_read that it was found with. */
struct bq_term {
	uint32_t df;      /* documents, tombstoned ones included */
	uint64_t ttf;     /* occurrences: the sum of tf */
	uint32_t ord;     /* place in the leaf's dictionary */
	uint8_t kind;     /* enum bq_term_kind */
	uint8_t impact;   /* bq_impact_share(): largest tf/(tf+K) under the segment's A; 255 if not kept */
	uint64_t priv[4]; /* the engine's own */
};

#define BQ_FIND_MAX 16u /* words that bq_leaf_find_all() looks up at once */

/* A word looked for among others. */
struct bq_wanted {
	enum bq_term_kind kind;
	bool is_self;        /* of a stem: its word may stand for it, see bq_leaf_find_stem() */
	bool is_found;       /* then `term` is set */
	struct bq_span word; /* **borrowed** */
	struct bq_term term;
};

/* A walk over terms in byte order.  Fields are private but `term` and `word`. */
struct bq_terms {
	const struct bq_leaf *leaf;
	struct bq_read *read;
	struct bq_term term;  /* of the last next() */
	struct bq_span word;  /* its bytes without the kind; lives in `key` */
	uint8_t kind;
	struct bq_span prefix;
	uint32_t least_df;    /* set it to have the walk pass over terms in fewer documents; some may come all the same */
	uint32_t n_passed;    /* how many it has passed over */
	uint32_t next_ord;
	uint32_t key_len;
	uint64_t priv[2];
	char key[BQ_WORD_MAX + 16];
};

/* ---- cursors ----------------------------------------------------------- */

struct bq_cursor_ops {
	/* Load the next block; false at the end.  Sets n, docs, last, has_tfs. */
	bool (*next_block)(struct bq_cursor *c);
	/* Load the first block whose last document is >= target, at or after the
	 * current one; false at the end. */
	bool (*seek_block)(struct bq_cursor *c, uint32_t target);
	/* Decode the tfs of the block at hand: sets tfs and has_tfs.  Damage is in
	 * the bq_read, the tfs then are what they are. */
	void (*load_tfs)(struct bq_cursor *c);
	/* Load block `block`, from 0, whatever was loaded before; false if there is
	 * none or it is damaged. */
	bool (*load_block)(struct bq_cursor *c, uint32_t block);
	/* Set bit doc - from for each document in [from, to); `from` is a multiple
	 * of 64 and never falls.  Returns where the list may go on: no document
	 * lies in [to, that); BQ_DOC_END at the end.  Then only this, `hold` and
	 * seek may be called. */
	uint32_t (*fill)(struct bq_cursor *c, uint32_t from, uint32_t to, uint64_t *bits);
	/* Which of docs[0 .. n), ascending and none before those of an earlier
	 * call, the list has: their places in at[]; in tfs[], unless that is NULL,
	 * how often.  Returns how many; n <= 65,536.  Then only this, `fill` and
	 * seek may be called. */
	uint32_t (*hold)(struct bq_cursor *c, const uint32_t *docs, uint32_t n, uint16_t *at, uint32_t *tfs);
	/* Go back before the first document. */
	void (*rewind)(struct bq_cursor *c);
	/* Positions of document docs[i], ascending; NULL and *n = 0 when the list
	 * has none or is damaged. */
	const uint32_t *(*positions)(struct bq_cursor *c, uint32_t i, uint32_t *n);
	/* See bq_cursor_meet(). */
	uint32_t (*meet)(struct bq_cursor *c, const uint32_t *docs, uint32_t n, uint16_t *kept,
		struct bq_spot *spots);

	/* What is known of documents that are not decoded.  An impact is that of
	 * bq_term; `from` never falls from call to call. */

	/* No document of the list in [from, to) has more than this; 0 only if
	 * there is none. */
	uint8_t (*range_impact)(struct bq_cursor *c, uint32_t from, uint32_t to);
	/* No document has more in the block of the first one >= from, whose last
	 * is *last; 0 and BQ_DOC_END past the end. */
	uint8_t (*block_impact)(struct bq_cursor *c, uint32_t from, uint32_t *last);
	/* At least `n` documents, n > 0, have this impact or more; 0 if that is
	 * not known without decoding. */
	uint8_t (*nth_impact)(const struct bq_cursor *c, uint32_t n);
	/* None of the first 128 documents of block i has more than bounds[2 * i],
	 * none of the others more than bounds[2 * i + 1].  **borrowed** from the
	 * cursor. */
	const uint8_t *(*block_impacts)(const struct bq_cursor *c, uint32_t *n_blocks);

	/* See bq_cursor_spots(); NULL: by `meet`. */
	bool (*spots)(struct bq_cursor *c, struct bq_spot *spots);
	/* See bq_cursor_pick(); NULL: by `meet`. */
	bool (*pick)(struct bq_cursor *c, const uint8_t *places, uint32_t n, struct bq_spot *spots);
};

/* One word's list.  Starts before the first document: call next or seek.
 * `doc` is the current document or BQ_DOC_END. */
struct bq_cursor {
	uint32_t doc;
	uint32_t i;    /* docs[i] == doc */
	uint32_t n;    /* documents in the block */
	uint32_t last; /* docs[n - 1] */
	const struct bq_cursor_ops *ops;
	const struct bq_leaf *leaf;
	struct bq_read *read;
	struct bq_term term;
	uint32_t *docs; /* [BQ_BLOCK_DOCS], ascending */
	uint32_t *tfs;  /* [BQ_BLOCK_DOCS], if has_tfs: ask bq_cursor_tfs() */
	bool has_tfs;
};

/* ---- documents --------------------------------------------------------- */

/* What is known of a document without its text.  Spans are **borrowed** from
 * the leaf, or live in the arena of the bq_read. */
struct bq_doc_head {
	struct bq_span id;    /* "" if the source gave none */
	struct bq_span path;  /* relative to the source's root; "-" for standard input */
	struct bq_span title; /* cut at 1,024 bytes */
	uint32_t source;      /* index into bq_index.sources */
	uint8_t at;           /* enum bq_doc_at */
	bool title_cut;       /* `title` is not the whole title */
	bool title_in_text;   /* the title's words are part of the text */
	uint32_t title_pos;   /* position of the title's first word */
	uint32_t title_words; /* how many positions it has */
	uint32_t body_pos;    /* position of the text's first word */
	uint32_t words;       /* entries of the text */
	uint64_t text_bytes;
	uint64_t file_line;   /* 1-based line of a record in its file, else 0 */
	int64_t mtime_us;     /* when last modified, microseconds since 1970; INT64_MIN unknown */
	int64_t file_bytes;   /* size of the file on disk; -1 unknown */
	uint64_t priv[3];
};

/* A known word: entry `ord` of the text starts at byte `off`, on line `line`. */
struct bq_mark {
	uint32_t ord;  /* 0-based, of the text (position - body_pos) */
	uint64_t off;  /* byte in the text */
	uint64_t line; /* 1-based */
};

/* What a leaf knows of two written words side by side. */
enum bq_pair {
	BQ_PAIR_UNKNOWN, /* not covered: ask the positions */
	BQ_PAIR_ABSENT,  /* no document has them so */
	BQ_PAIR_LIST,    /* their list says which have, and how often */
};

struct bq_leaf_ops {
	int (*find)(const struct bq_leaf *l, enum bq_term_kind kind, struct bq_span word, struct bq_term *out,
		struct bq_read *rd);
	int (*term_at)(const struct bq_leaf *l, uint32_t ord, struct bq_terms *out, struct bq_read *rd);
	bool (*terms_next)(struct bq_terms *it);
	int (*forms)(const struct bq_leaf *l, const struct bq_term *stem, struct bq_term **out, uint32_t *n,
		struct bq_read *rd);
	struct bq_cursor *(*cursor)(const struct bq_leaf *l, const struct bq_term *t, struct bq_read *rd);
	int (*head)(const struct bq_leaf *l, uint32_t doc, struct bq_doc_head *out, struct bq_read *rd);
	int (*text)(const struct bq_leaf *l, const struct bq_doc_head *head, uint64_t off, uint64_t len,
		struct bq_span *out, struct bq_read *rd);
	int (*fields)(const struct bq_leaf *l, const struct bq_doc_head *head, struct bq_span *out,
		struct bq_read *rd);
	int (*mark)(const struct bq_leaf *l, const struct bq_doc_head *head, uint32_t ord, struct bq_mark *out,
		struct bq_read *rd);
	enum bq_pair (*pair)(const struct bq_leaf *l, const struct bq_term *a, const struct bq_term *b,
		struct bq_term *out, struct bq_read *rd); /* NULL: never covered */
	bool (*ready)(const struct bq_leaf *l, struct bq_spot *spots, uint32_t n, struct bq_read *rd);
	int (*find_all)(const struct bq_leaf *l, struct bq_wanted *wanted, uint32_t n, struct bq_read *rd); /* NULL: one
		by one */
};

struct bq_leaf {
	const struct bq_leaf_ops *ops;
	uint32_t n_docs;        /* all, tombstoned ones included */
	uint32_t n_dead;        /* tombstoned */
	uint32_t n_terms;
	uint64_t n_tokens;      /* sum of the document lengths */
	const uint8_t *norms;   /* [n_docs] bq_len_encode(length); 64 readable bytes follow */
	const uint64_t *dead;   /* bitset of n_docs bits, NULL if n_dead is 0 */
	uint64_t number;        /* the segment's number */
	float k1, b, avg_len;   /* what its impacts were made under */
};

/* ---- the index --------------------------------------------------------- */

struct bq_index {
	uint64_t gen;
	uint32_t n_leaves;
	struct bq_leaf **leaves;
	uint64_t n_docs;  /* all, the N of idf */
	uint64_t n_live;  /* without tombstoned ones */
	uint64_t n_tokens;
	float k1, b;      /* BM25 */
	float avg_len;    /* the A of BM25, as MANIFEST fixes it */
	uint32_t pairs;   /* T of segments to come (section 7 of FORMAT.md); BQ_PAIRS_OFF: no pair lists */
	uint32_t pairs_percent; /* of the index without stored text: what they were to fit into */
	struct bq_text_config text; /* makes the analyser; **borrowed** from the index */
	uint64_t text_id;
	const char *dir;  /* as given to open */
	uint32_t n_sources;
	const struct bq_span *sources; /* absolute roots; "" for standard input */
	bool is_xapian;   /* leaves are Xapian databases: another engine behind the same calls */
	bool is_remote;   /* on other machines: see bq/remote.h */
	void *priv;
};

/* What tells one published MANIFEST from another, cheaply: see
 * bq_index_stamp().  Compare with memcmp. */
struct bq_index_stamp {
	uint64_t device, inode, mtime_ns, bytes, checksum;
};

/* Open the generation that MANIFEST names, with `xapian:` before the path the
 * Xapian database there, or what servers have: bq/remote.h.  Maps files, checks headers,
 * section tables and structure bounds, not section checksums; starts again at
 * MANIFEST when a named file has gone meanwhile.  **owned**: give back with
 * bq_index_unref().  BQ_ENOTFOUND if `dir` holds no index, BQ_EFORMAT,
 * BQ_EVERSION, BQ_EIO; messages name the file and rule. */
int bq_index_open(const char *dir, struct bq_index **out, struct bq_error *err);

/* One more owner; returns `ix`.  Thread-safe; NULL is fine. */
struct bq_index *bq_index_ref(struct bq_index *ix);

/* One owner less; the last one unmaps.  Thread-safe; NULL is fine. */
void bq_index_unref(struct bq_index *ix);

/* Stamp MANIFEST as it is now: one stat, and one small read when that differs
 * from `last` (which may be NULL). */
int bq_index_stamp(const char *dir, const struct bq_index_stamp *last, struct bq_index_stamp *out,
	struct bq_error *err);

/* Check every checksum and invariant of the files of an opened index.  The
 * first damage found is in `err`: file, section, offset, rule.  Reads all. */
int bq_index_verify(const char *dir, struct bq_error *err);

/* Compare all bytes of the segments of `ix` with their checksums.  BQ_EFORMAT
 * with file and place in `err`; BQ_ECANCELLED soon after `cancel` (may be NULL)
 * is set.  Reads all in order; from then on the kernel reads single pages, as
 * queries touch them here and there. */
int bq_index_check_sums(const struct bq_index *ix, const atomic_bool *cancel, struct bq_error *err);

/* Whether `address` lies in a file that `ix` has mapped; *name is then its
 * segment's, **borrowed** from `ix`.  May be called in a signal handler. */
bool bq_index_file_at(const struct bq_index *ix, const void *address, const char **name);

/* ---- calls on a leaf --------------------------------------------------- */

/* Find one term.  BQ_ENOTFOUND if the leaf has none; BQ_EFORMAT is also in
 * rd->error.  About a microsecond. */
static inline int bq_leaf_find(const struct bq_leaf *l, enum bq_term_kind kind, struct bq_span word,
	struct bq_term *out, struct bq_read *rd)
{
	return l->ops->find(l, kind, word, out, rd);
}

/* Find the list of all documents with a word of this stem.  A stem has an
 * entry of its own unless its only written word is the stem itself: then the
 * word's list is the stem's, and `self` (stem(stem) equals stem) says that the
 * word may stand for it.  `kind` is STEM or TITLE_STEM. */
static inline int bq_leaf_find_stem(const struct bq_leaf *l, enum bq_term_kind kind, struct bq_span stem,
	bool self, struct bq_term *out, struct bq_read *rd)
{
	int rc = l->ops->find(l, kind, stem, out, rd);

	if (rc != BQ_ENOTFOUND || !self)
		return rc;
	return l->ops->find(l, kind == BQ_TERM_STEM ? BQ_TERM_WORD : BQ_TERM_TITLE, stem, out, rd);
}

/* Look up wanted[0 .. n), n <= BQ_FIND_MAX, each as bq_leaf_find_stem() does: sets
 * is_found and term.  BQ_EFORMAT is also in rd->error.  Takes less than one by one. */
static inline int bq_leaf_find_all(const struct bq_leaf *l, struct bq_wanted *wanted, uint32_t n, struct bq_read *rd)
{
	int rc = BQ_OK;

	if (l->ops->find_all != NULL)
		return l->ops->find_all(l, wanted, n, rd);
	for (uint32_t i = 0; i < n && rc == BQ_OK; i++) {
		struct bq_wanted *w = &wanted[i];
		rc = bq_leaf_find_stem(l, w->kind, w->word, w->is_self, &w->term, rd);
		w->is_found = rc == BQ_OK;
		rc = rc == BQ_ENOTFOUND ? BQ_OK : rc;
	}
	return rc;
}

/* The written words of a stem's list: an array of *n terms that lives in
 * rd->mem.  A term of kind WORD or TITLE is its own only form. */
static inline int bq_leaf_forms(const struct bq_leaf *l, const struct bq_term *stem, struct bq_term **out,
	uint32_t *n, struct bq_read *rd)
{
	return l->ops->forms(l, stem, out, n, rd);
}

/* Look up word `a` directly followed by word `b`, both of kind WORD and of this
 * leaf.  LIST: *out, of kind PAIR, has a cursor like any term: tf is how often
 * `a b` stands in the document, overlaps included; there are no positions.  The
 * answer holds for tombstoned documents, too.  Damage is UNKNOWN, with the
 * reason in rd->error.  About four cache lines; one when absent. */
static inline enum bq_pair bq_leaf_pair(const struct bq_leaf *l, const struct bq_term *a, const struct bq_term *b,
	struct bq_term *out, struct bq_read *rd)
{
	return l->ops->pair == NULL ? BQ_PAIR_UNKNOWN : l->ops->pair(l, a, b, out, rd);
}

/* Walk the terms of one kind that start with `prefix` (**borrowed**), in byte
 * order.  Then `while (bq_terms_next(&it))`, reading it.term and it.word. */
static inline void bq_terms_init(struct bq_terms *it, const struct bq_leaf *l, enum bq_term_kind kind,
	struct bq_span prefix, struct bq_read *rd)
{
	memset(it, 0, sizeof *it);
	it->leaf = l;
	it->read = rd;
	it->kind = (uint8_t)kind;
	it->prefix = prefix;
	it->next_ord = UINT32_MAX;
}

static inline bool bq_terms_next(struct bq_terms *it)
{
	return it->leaf->ops->terms_next(it);
}

/* Fill `out` with the term at dictionary place `ord` (out->term, out->word). */
static inline int bq_leaf_term_at(const struct bq_leaf *l, uint32_t ord, struct bq_terms *out, struct bq_read *rd)
{
	return l->ops->term_at(l, ord, out, rd);
}

/* A cursor before the first document of `t`; lives in rd->mem.  NULL when the
 * arena is full or the list is damaged at its start (then rd->error says so).
 * Costs about 3 KiB of arena. */
static inline struct bq_cursor *bq_cursor_open(const struct bq_leaf *l, const struct bq_term *t, struct bq_read *rd)
{
	return l->ops->cursor(l, t, rd);
}

/* The next document, BQ_DOC_END at the end.  Tombstones are not skipped. */
static inline uint32_t bq_cursor_next(struct bq_cursor *c)
{
	if (c->doc == BQ_DOC_END)
		return BQ_DOC_END;
	if (++c->i < c->n)
		return c->doc = c->docs[c->i];
	c->i = 0;
	if (!c->ops->next_block(c)) {
		c->n = 0;
		return c->doc = BQ_DOC_END;
	}
	return c->doc = c->docs[0];
}

/* The first document >= target at or after the current one. */
static inline uint32_t bq_cursor_seek(struct bq_cursor *c, uint32_t target)
{
	if (c->doc == BQ_DOC_END || (c->n != 0 && c->doc >= target))
		return c->doc;
	if (c->n == 0 || c->last < target) {
		if (!c->ops->seek_block(c, target)) {
			c->n = 0;
			return c->doc = BQ_DOC_END;
		}
		c->i = 0;
	}
	while (c->i + 16 < c->n && c->docs[c->i + 16] < target)
		c->i += 16;
	while (c->docs[c->i] < target)
		c->i++;
	return c->doc = c->docs[c->i];
}

/* Many documents at once, without a step for each: the contracts are those of
 * bq_cursor_ops. */
static inline uint32_t bq_cursor_fill(struct bq_cursor *c, uint32_t from, uint32_t to, uint64_t *bits)
{
	return c->ops->fill(c, from, to, bits);
}

static inline uint32_t bq_cursor_hold(struct bq_cursor *c, const uint32_t *docs, uint32_t n, uint16_t *at,
	uint32_t *tfs)
{
	return c->ops->hold(c, docs, n, at, tfs);
}

static inline void bq_cursor_rewind(struct bq_cursor *c)
{
	c->ops->rewind(c);
}

/* Bounds without decoding: the contracts are those of bq_cursor_ops. */
static inline uint8_t bq_cursor_range_impact(struct bq_cursor *c, uint32_t from, uint32_t to)
{
	return c->ops->range_impact(c, from, to);
}

static inline uint8_t bq_cursor_block_impact(struct bq_cursor *c, uint32_t from, uint32_t *last)
{
	return c->ops->block_impact(c, from, last);
}

static inline const uint8_t *bq_cursor_block_impacts(const struct bq_cursor *c, uint32_t *n_blocks)
{
	return c->ops->block_impacts(c, n_blocks);
}

static inline uint8_t bq_cursor_nth_impact(const struct bq_cursor *c, uint32_t n)
{
	return c->ops->nth_impact(c, n);
}

/* How often the word is in each document of the block at hand. */
static inline const uint32_t *bq_cursor_tfs(struct bq_cursor *c)
{
	if (!c->has_tfs)
		c->ops->load_tfs(c);
	return c->tfs;
}

/* How often the word is in the current document. */
static inline uint32_t bq_cursor_tf(struct bq_cursor *c)
{
	return bq_cursor_tfs(c)[c->i];
}

/* Its positions there, ascending; *n equals tf.  **borrowed** from the cursor
 * until its next call.  NULL with *n = 0 for lists without positions. */
static inline const uint32_t *bq_cursor_positions(struct bq_cursor *c, uint32_t *n)
{
	return c->ops->positions(c, c->i, n);
}

/* Which of the `n` documents docs[], ascending and none behind those of an
 * earlier call, the list holds: kept[j] is the number of the j-th one in
 * docs[], spots[j] its tf and where its positions are.  Returns how many; damage
 * ends the list and is in the bq_read.  `n` <= 65,536; `spots` may be NULL.
 * Decodes no documents where they are bits, and tfs only of blocks where
 * something was found.  Such a cursor may else only be moved by
 * ops->next_block() and seek_block(). */
static inline uint32_t bq_cursor_meet(struct bq_cursor *c, const uint32_t *docs, uint32_t n, uint16_t *kept,
	struct bq_spot *spots)
{
	return c->ops->meet(c, docs, n, kept, spots);
}

/* Make the spots of bq_cursor_meet(), of lists with positions of this leaf,
 * readable.  Waits for all of memory at once, so ask for many, and leaves what
 * will be read on its way into the cache.  false for damage, which is in
 * rd->error. */
static inline bool bq_leaf_ready(const struct bq_leaf *l, struct bq_spot *spots, uint32_t n, struct bq_read *rd)
{
	return l->ops->ready(l, spots, n, rd);
}

/* Where the positions of all documents of the block at hand are: spots[i], at
 * once readable, is that of docs[i].  Without a step for each position, and
 * without waiting for memory: lists are read from one end to the other so.
 * false for damage, which is in the bq_read.  Such a cursor may else only be
 * moved by ops->next_block() and seek_block(). */
static inline bool bq_cursor_spots(struct bq_cursor *c, struct bq_spot spots[BQ_BLOCK_DOCS])
{
	uint16_t kept[BQ_BLOCK_DOCS];

	if (c->ops->spots != NULL)
		return c->ops->spots(c, spots);
	return bq_cursor_meet(c, c->docs, c->n, kept, spots) == c->n && bq_leaf_ready(c->leaf, spots, c->n, c->read);
}

/* As bq_cursor_meet() of docs[places[0 .. n)] of the block at hand, ascending: but
 * they need not be looked for.  false for damage, which is in the bq_read. */
static inline bool bq_cursor_pick(struct bq_cursor *c, const uint8_t *places, uint32_t n, struct bq_spot *spots)
{
	uint32_t docs[BQ_BLOCK_DOCS];
	uint16_t kept[BQ_BLOCK_DOCS];

	if (c->ops->pick != NULL)
		return c->ops->pick(c, places, n, spots);
	for (uint32_t i = 0; i < n; i++)
		docs[i] = c->docs[places[i]];
	return bq_cursor_meet(c, docs, n, kept, spots) == n;
}

static inline int bq_leaf_head(const struct bq_leaf *l, uint32_t doc, struct bq_doc_head *out, struct bq_read *rd)
{
	return l->ops->head(l, doc, out, rd);
}

/* Bytes [off, off + len) of the document's text, cut at its end; lives in
 * rd->mem.  BQ_ENOTFOUND if the index keeps no text.  Costs one decompressed
 * frame for each 4 KiB touched. */
static inline int bq_leaf_text(const struct bq_leaf *l, const struct bq_doc_head *head, uint64_t off, uint64_t len,
	struct bq_span *out, struct bq_read *rd)
{
	return l->ops->text(l, head, off, len, out, rd);
}

/* The other members of a JSON document, as a JSON object; "" if none. */
static inline int bq_leaf_fields(const struct bq_leaf *l, const struct bq_doc_head *head, struct bq_span *out,
	struct bq_read *rd)
{
	return l->ops->fields(l, head, out, rd);
}

/* The last mark at or before entry `ord` of the text: at most BQ_MARK_WORDS - 1
 * entries lie between.  {0, 0, 1} for the start of the text. */
static inline int bq_leaf_mark(const struct bq_leaf *l, const struct bq_doc_head *head, uint32_t ord,
	struct bq_mark *out, struct bq_read *rd)
{
	return l->ops->mark(l, head, ord, out, rd);
}

static inline bool bq_leaf_is_dead(const struct bq_leaf *l, uint32_t doc)
{
	return l->dead != NULL && ((l->dead[doc >> 6] >> (doc & 63)) & 1) != 0;
}

#endif
