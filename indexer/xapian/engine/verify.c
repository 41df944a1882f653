/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whether databases are sound: Xapian's own check of every block, then ours of
 * what bqindex wrote into them.
 */
#include <inttypes.h>

#include "xapian/engine/engine.h"
#include "xapian/engine/shard.h"

static int check_blocks(const struct shard *s, struct bq_error *err)
{
	struct xapian_c_error x;
	uint64_t errors = 0;

	int rc = xapian_c_database_check(s->path, &errors, &x);
	if (rc == XAPIAN_C_EDATABASE) /* where it gives up: the block is no block */
		return bq_error_set(err, BQ_EFORMAT, 0, "%s: %s: %s", s->name, x.type, x.msg);
	if (rc < 0)
		return shard_error(s, &x, err);
	if (errors != 0)
		return bq_error_set(err, BQ_EFORMAT, 0, "%s: Xapian's check finds %" PRIu64 " errors (xapian-check says where)",
			s->name, errors);
	return BQ_OK;
}

/* The parts of a document that are ours to judge. */
static int check_document(const struct bq_leaf *l, uint32_t doc, struct bq_read *rd)
{
	struct bq_doc_head head;
	struct bq_span out;
	struct bq_mark mark;
	int rc = bq_leaf_head(l, doc, &head, rd);

	if (rc == BQ_OK)
		rc = bq_leaf_fields(l, &head, &out, rd);
	if (rc == BQ_OK && head.words != 0)
		rc = bq_leaf_mark(l, &head, head.words - 1, &mark, rd);
	return rc;
}

static int check_documents(const struct bq_leaf *l, struct bq_error *err)
{
	struct bq_arena mem;
	struct bq_read rd = { .mem = &mem };
	int rc = BQ_OK;

	bq_arena_init(&mem, SIZE_MAX);
	for (uint32_t doc = 0; doc < l->n_docs && rc == BQ_OK; doc++) {
		if (bq_leaf_is_dead(l, doc))
			continue;
		bq_arena_reset(&mem);
		rc = check_document(l, doc, &rd);
		if (rc != BQ_OK && rd.error.status != BQ_OK)
			rc = bq_error_set(err, rd.error.status, 0, "document %" PRIu64 ".%" PRIu32 ": %.300s", l->number, doc,
				rd.error.msg);
		else if (rc != BQ_OK)
			rc = bq_error_set(err, rc == BQ_ENOMEM ? rc : BQ_EFORMAT, 0, "document %" PRIu64 ".%" PRIu32
				" cannot be read", l->number, doc);
	}
	bq_arena_release(&mem);
	return rc;
}

int engine_verify(const struct bq_index *ix, struct bq_error *err)
{
	int rc = BQ_OK;

	for (uint32_t i = 0; i < ix->n_leaves && rc == BQ_OK; i++) {
		const struct shard *s = shard_of(ix->leaves[i]);
		rc = check_blocks(s, err);
		if (rc == BQ_OK && s->is_ours)
			rc = check_documents(ix->leaves[i], err);
	}
	return rc;
}
