/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian/engine/shard.h"

#include <stdlib.h>
#include <string.h>

#include "xapian/engine/list.h"
#include "xapian/engine/naming.h"

enum { NORMS_PAD = 64, BATCH = 256 };

/* ---- errors ------------------------------------------------------------------ */

static int status_of(int x)
{
	switch (x) {
	case XAPIAN_C_ENOMEM: return BQ_ENOMEM;
	case XAPIAN_C_ENOTFOUND: return BQ_ENOTFOUND;
	case XAPIAN_C_ECORRUPT:
	case XAPIAN_C_ERANGE:
	case XAPIAN_C_ESERIALISATION: return BQ_EFORMAT;
	case XAPIAN_C_EVERSION: return BQ_EVERSION;
	case XAPIAN_C_EUNIMPLEMENTED:
	case XAPIAN_C_EFEATURE: return BQ_EUSAGE;
	default: return BQ_EIO;
	}
}

int shard_error(const struct shard *s, const struct xapian_c_error *x, struct bq_error *err)
{
	if (x->status == XAPIAN_C_EMODIFIED)
		return bq_error_set(err, BQ_EIO, 0, "%s: the database was changed meanwhile; ask again", s->name);
	return bq_error_set(err, status_of(x->status), 0, "%s: %s: %s", s->name, x->type, x->msg);
}

int shard_failed(const struct shard *s, struct bq_read *rd, const struct xapian_c_error *x)
{
	if (rd->error.status == BQ_OK)
		(void)shard_error(s, x, &rd->error);
	return status_of(x->status) == BQ_ENOTFOUND ? BQ_EIO : status_of(x->status);
}

int shard_damaged(const struct shard *s, struct bq_read *rd, const char *what)
{
	if (rd->error.status == BQ_OK)
		(void)bq_error_set(&rd->error, BQ_EFORMAT, 0, "%s: %s", s->name, what);
	return BQ_EFORMAT;
}

/* ---- lengths ------------------------------------------------------------------- */

static void note_length(struct shard *s, uint32_t docid, uint32_t length)
{
	uint32_t doc = docid - 1;

	if (doc >= s->leaf.n_docs)
		return;
	s->norms[doc] = bq_len_encode(length);
	s->leaf.n_tokens += length;
	s->dead[doc >> 6] &= ~(UINT64_C(1) << (doc & 63));
	s->leaf.n_dead--;
}

/* As Xapian counts: every term as often as it is there. */
static int read_lengths(struct shard *s, struct xapian_c_error *x)
{
	struct xapian_c_posting out[BATCH];
	struct xapian_c_postings *p;
	int n = xapian_c_postings_new(s->db, xapian_c_str(""), true, &p, x);

	if (n != XAPIAN_C_OK)
		return n;
	while ((n = xapian_c_postings_read(p, out, BATCH, x)) > 0)
		for (int i = 0; i < n; i++)
			note_length(s, out[i].docid, out[i].length);
	xapian_c_postings_free(p);
	return n;
}

/* As we count: words, kept in a value. */
static int read_our_lengths(struct shard *s, struct xapian_c_error *x)
{
	struct xapian_c_value out[BATCH];
	struct xapian_c_values *v;
	int n = xapian_c_values_of_database(s->db, SLOT_LENGTH, &v, x);

	if (n != XAPIAN_C_OK)
		return n;
	while ((n = xapian_c_values_read(v, out, BATCH, x)) > 0)
		for (int i = 0; i < n; i++) {
			uint32_t length = 0;
			for (size_t k = 0; k < out[i].text.len && k < 4; k++)
				length = length << 8 | (unsigned char)out[i].text.ptr[k];
			note_length(s, out[i].number, length);
		}
	xapian_c_values_free(v);
	return n;
}

/* Every number is dead until its document is met. */
static int make_lengths(struct shard *s, uint32_t n_docs, struct xapian_c_error *x)
{
	size_t words = (size_t)n_docs / 64 + 1;

	s->norms = calloc(1, (size_t)n_docs + NORMS_PAD);
	s->dead = malloc(words * sizeof *s->dead);
	if (s->norms == NULL || s->dead == NULL)
		return XAPIAN_C_ENOMEM;
	memset(s->dead, 0xff, words * sizeof *s->dead);
	s->dead[words - 1] = (UINT64_C(1) << (n_docs & 63)) - 1;
	s->leaf.n_docs = s->leaf.n_dead = n_docs;
	s->leaf.norms = s->norms;
	int rc = s->is_ours ? read_our_lengths(s, x) : read_lengths(s, x);
	s->leaf.dead = s->leaf.n_dead == 0 ? NULL : s->dead;
	return rc;
}

/* ---- opening --------------------------------------------------------------------- */

static const struct bq_leaf_ops shard_ops = {
	.find = shard_find,
	.term_at = shard_term_at,
	.terms_next = shard_terms_next,
	.forms = shard_forms,
	.cursor = shard_cursor,
	.head = shard_head,
	.text = shard_text,
	.fields = shard_fields,
	.mark = shard_mark,
	.ready = shard_ready,
};

/* Whether any term is a stem. */
static int find_stems(struct shard *s, struct xapian_c_error *x)
{
	struct xapian_c_term out;
	struct xapian_c_terms *t;
	int n = xapian_c_terms_of_database(s->db, xapian_c_str("Z"), &t, x);

	if (n != XAPIAN_C_OK)
		return n;
	n = xapian_c_terms_read(t, &out, 1, x);
	s->has_stems = n > 0;
	xapian_c_terms_free(t);
	return n;
}

static int open_database(struct shard *s, const char *path, struct xapian_c_error *x)
{
	struct xapian_c_database_counts c;
	int rc = xapian_c_database_open(path, XAPIAN_C_BACKEND_AUTO, &s->db, x);

	if (rc == XAPIAN_C_OK)
		rc = xapian_c_positions_new(&s->positions, x);
	if (rc == XAPIAN_C_OK)
		rc = xapian_c_database_count(s->db, &c, x);
	if (rc == XAPIAN_C_OK)
		rc = find_stems(s, x);
	if (rc < 0)
		return rc;
	return make_lengths(s, c.last_id < BQ_MAX_DOCS ? c.last_id : BQ_MAX_DOCS, x);
}

int shard_open(const char *path, bool is_ours, struct shard **out, struct bq_error *err)
{
	struct shard *s = calloc(1, sizeof *s);
	size_t len = strlen(path), keep = len < sizeof s->name ? len : sizeof s->name - 1;
	struct xapian_c_error x = { .status = XAPIAN_C_ENOMEM, .type = "malloc", .msg = "out of memory" };
	int rc = BQ_OK;

	*out = NULL;
	if (s == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "%s: out of memory", path);
	memcpy(s->name, path + len - keep, keep + 1);
	s->is_ours = is_ours;
	s->leaf.ops = &shard_ops;
	s->path = strdup(path);
	s->lists = list_table_new();
	if (pthread_mutex_init(&s->lock, NULL) != 0 || s->lists == NULL || s->path == NULL || open_database(s, path, &x) < 0)
		rc = shard_error(s, &x, err);
	if (rc == BQ_OK)
		*out = s;
	else
		shard_close(s);
	return rc;
}

void shard_set_ranking(struct shard *s, float k1, float b, float avg_len)
{
	s->leaf.k1 = k1;
	s->leaf.b = b;
	s->leaf.avg_len = avg_len;
	bq_length_norms(k1, b, avg_len, s->k);
}

void shard_close(struct shard *s)
{
	if (s == NULL)
		return;
	list_table_free(s->lists);
	xapian_c_positions_free(s->positions);
	xapian_c_database_free(s->db);
	(void)pthread_mutex_destroy(&s->lock);
	free(s->path);
	free(s->norms);
	free(s->dead);
	free(s);
}
