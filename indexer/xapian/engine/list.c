/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian/engine/list.h"

#include <stdlib.h>

#include "segment/postings.h"

enum {
	TABLE = 4096,
	KEEP_BYTES = 64 << 20, /* of lists of one shard */
	READ = 1024,           /* postings a call */
};

struct list **list_table_new(void) { return calloc(TABLE, sizeof(struct list *)); }

void list_table_free(struct list **table)
{
	for (int i = 0; table != NULL && i < TABLE; i++)
		for (struct list *l = table[i], *next; l != NULL; l = next) {
			next = l->next;
			free(l);
		}
	free(table);
}

/* FNV-1a */
static uint32_t hash_of(struct xapian_c_bytes key)
{
	uint32_t h = 0x811c9dc5u;

	for (size_t i = 0; i < key.len; i++)
		h = (h ^ (uint8_t)key.ptr[i]) * 0x01000193u;
	return h;
}

static const struct list *find(const struct shard *s, struct xapian_c_bytes key, uint32_t hash)
{
	for (const struct list *l = s->lists[hash % TABLE]; l != NULL; l = l->next)
		if (l->hash == hash && l->key_len == key.len && memcmp(l->key, key.ptr, key.len) == 0)
			return l;
	return NULL;
}

static uint32_t count_blocks(uint32_t df) { return (df + BQ_BLOCK_DOCS - 1) / BQ_BLOCK_DOCS; }

size_t list_bytes(uint32_t df, size_t key_len)
{
	return sizeof(struct list) + 2 * ((size_t)df + BQ_BLOCK_DOCS) * sizeof(uint32_t) + 2 * (size_t)count_blocks(df) + key_len;
}

/* One piece of memory: the list, then its arrays. */
struct list *list_place(void *memory, uint32_t df, struct xapian_c_bytes key, uint32_t hash)
{
	struct list *l = memory;

	*l = (struct list){ .hash = hash, .key_len = (uint32_t)key.len, .df = df };
	l->docs = (uint32_t *)(void *)(l + 1);
	l->tfs = l->docs + df + BQ_BLOCK_DOCS;
	l->bounds = (uint8_t *)(l->tfs + df + BQ_BLOCK_DOCS);
	l->key = (char *)l->bounds + 2 * (size_t)count_blocks(df);
	memset(l->docs + df, 0, BQ_BLOCK_DOCS * sizeof *l->docs);
	memset(l->tfs + df, 0, BQ_BLOCK_DOCS * sizeof *l->tfs);
	if (key.len != 0)
		memcpy(l->key, key.ptr, key.len);
	return l;
}

/* Read exactly the df postings that the dictionary promised. */
static int read_postings(struct shard *s, struct list *l, struct xapian_c_bytes key, struct xapian_c_error *x)
{
	struct xapian_c_posting out[READ];
	struct xapian_c_postings *p;
	uint32_t at = 0;
	int n = xapian_c_postings_new(s->db, key, false, &p, x);

	if (n != XAPIAN_C_OK)
		return n;
	while ((n = xapian_c_postings_read(p, out, READ, x)) > 0) {
		for (int i = 0; i < n; i++, at++) {
			if (at == l->df || out[i].docid == 0 || out[i].docid > s->leaf.n_docs)
				break;
			l->docs[at] = out[i].docid - 1;
			l->tfs[at] = out[i].wdf == 0 ? 1 : out[i].wdf;
		}
	}
	xapian_c_postings_free(p);
	if (n == 0 && at != l->df) {
		x->status = n = XAPIAN_C_ECORRUPT;
		(void)snprintf(x->type, sizeof x->type, "list");
		(void)snprintf(x->msg, sizeof x->msg, "a term does not have the documents it counts");
	}
	return n;
}

static void fill_bounds(const struct shard *s, struct list *l)
{
	for (uint32_t b = 0; b < count_blocks(l->df); b++) {
		uint32_t end = l->df - b * BQ_BLOCK_DOCS < BQ_BLOCK_DOCS ? l->df : (b + 1) * BQ_BLOCK_DOCS;
		uint8_t most = 0;
		for (uint32_t i = b * BQ_BLOCK_DOCS; i < end; i++) {
			uint8_t impact = postings_impact(l->tfs[i], s->k[s->norms[l->docs[i]]]);
			most = impact > most ? impact : most;
		}
		l->bounds[2 * b] = l->bounds[2 * b + 1] = most;
	}
}

/* With the lock held. */
static struct list *decode(struct shard *s, const struct bq_term *t, struct bq_read *rd)
{
	struct xapian_c_bytes key = shard_key(t);
	uint32_t hash = hash_of(key);
	size_t bytes = list_bytes(t->df, key.len);
	bool is_kept = bytes <= KEEP_BYTES - s->list_bytes;
	void *memory = is_kept ? malloc(bytes) : bq_arena_alloc(rd->mem, bytes);
	struct xapian_c_error x;

	if (memory == NULL) {
		rd->mem->oom = true;
		return NULL;
	}
	struct list *l = list_place(memory, t->df, key, hash);
	if (read_postings(s, l, key, &x) < 0) {
		(void)shard_failed(s, rd, &x);
		if (is_kept)
			free(memory);
		return NULL;
	}
	fill_bounds(s, l);
	if (is_kept) {
		l->next = s->lists[hash % TABLE];
		s->lists[hash % TABLE] = l;
		s->list_bytes += bytes;
	}
	return l;
}

const struct list *list_get(struct shard *s, const struct bq_term *t, struct bq_read *rd)
{
	struct xapian_c_bytes key = shard_key(t);

	(void)pthread_mutex_lock(&s->lock);
	const struct list *l = find(s, key, hash_of(key));
	if (l == NULL)
		l = decode(s, t, rd);
	(void)pthread_mutex_unlock(&s->lock);
	return l;
}
