/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One Xapian database as a bq_leaf: document d of the leaf is document d + 1 of
 * the database, numbers without a document are dead.
 *
 * Xapian's objects belong to one thread at a time, a leaf to all of them: who
 * calls Xapian holds `lock`, and gives back what it made before it lets go.
 * Lists of documents are decoded once, kept, and walked without it.
 */
#ifndef ENGINE_SHARD_H
#define ENGINE_SHARD_H

#include <pthread.h>

#include <bq/index.h>
#include <xapian-c.h>

struct list;

struct shard {
	struct bq_leaf leaf; /* first: a bq_leaf of ours is a shard */
	char *path;
	char name[64];       /* the end of its path, for messages */
	bool is_ours;        /* written by bqindex: see naming.h */
	bool has_stems;
	pthread_mutex_t lock;
	struct xapian_c_database *db;
	struct xapian_c_positions *positions;
	struct bq_text *text; /* for words of databases of others; **borrowed** */
	struct list **lists;  /* those kept, by hash; under `lock` */
	size_t list_bytes;
	float k[256];         /* of impacts */
	uint8_t *norms;
	uint64_t *dead;
};

/* What the priv of a bq_term holds: its term's bytes, in the bq_read's arena. */
enum { SHARD_PRIV_KEY = 0, SHARD_PRIV_KEY_LEN = 1 };

static inline struct shard *shard_of(const struct bq_leaf *l)
{
	return (struct shard *)(uintptr_t)l;
}

static inline struct xapian_c_bytes shard_key(const struct bq_term *t)
{
	struct xapian_c_bytes key = { (const char *)(uintptr_t)t->priv[SHARD_PRIV_KEY], (size_t)t->priv[SHARD_PRIV_KEY_LEN] };

	return key;
}

/* Turn what Xapian says into ours, with the shard's name. */
int shard_error(const struct shard *s, const struct xapian_c_error *x, struct bq_error *err);

/* The same into rd->error, if it is the first. */
int shard_failed(const struct shard *s, struct bq_read *rd, const struct xapian_c_error *x);

/* Note damage that Xapian did not see. */
int shard_damaged(const struct shard *s, struct bq_read *rd, const char *what);

/* Open the database at `path`; lengths, dead numbers and operations are ready,
 * `text`, k1, b and avg_len are the caller's to set: shard_set_ranking().
 * **owned**: shard_close().  Reads the lengths of all documents. */
int shard_open(const char *path, bool is_ours, struct shard **out, struct bq_error *err);

/* What impacts are made under. */
void shard_set_ranking(struct shard *s, float k1, float b, float avg_len);

/* NULL is fine. */
void shard_close(struct shard *s);

/* Dictionary (shard_terms.c). */
int shard_find(const struct bq_leaf *l, enum bq_term_kind kind, struct bq_span word, struct bq_term *out,
	struct bq_read *rd);

/* bq_leaf_ops.term_at: a walk over the words from number `ord` on. */
int shard_term_at(const struct bq_leaf *l, uint32_t ord, struct bq_terms *out, struct bq_read *rd);

/* bq_leaf_ops.terms_next: the next word of that walk. */
bool shard_terms_next(struct bq_terms *it);

/* bq_leaf_ops.forms: the words of a stem. */
int shard_forms(const struct bq_leaf *l, const struct bq_term *stem, struct bq_term **out, uint32_t *n,
	struct bq_read *rd);

/* The list of a term (shard_cursor.c). */
struct bq_cursor *shard_cursor(const struct bq_leaf *l, const struct bq_term *t, struct bq_read *rd);

/* Positions of documents that cursors met (shard_spots.c). */
bool shard_ready(const struct bq_leaf *l, struct bq_spot *spots, uint32_t n, struct bq_read *rd);

/* Documents (shard_docs.c). */
int shard_head(const struct bq_leaf *l, uint32_t doc, struct bq_doc_head *out, struct bq_read *rd);

/* bq_leaf_ops.text: `len` bytes of a document's text from `off` on. */
int shard_text(const struct bq_leaf *l, const struct bq_doc_head *head, uint64_t off, uint64_t len,
	struct bq_span *out, struct bq_read *rd);

/* bq_leaf_ops.fields: the other members of a document, as JSON. */
int shard_fields(const struct bq_leaf *l, const struct bq_doc_head *head, struct bq_span *out, struct bq_read *rd);

/* bq_leaf_ops.mark: where mark number `ord` of a document's text is. */
int shard_mark(const struct bq_leaf *l, const struct bq_doc_head *head, uint32_t ord, struct bq_mark *out,
	struct bq_read *rd);

#endif
