/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Documents of a shard: each call reads what it needs of the document's data.
 */
#include "xapian/engine/mail.h"
#include "xapian/engine/naming.h"
#include "xapian/engine/record.h"
#include "xapian/engine/shard.h"

/* What bq_doc_head.priv holds. */
enum { HEAD_DOC = 0 };

enum { DATA, VALUE };

/* A copy in the arena of the data or a value of document `doc`; BQ_ENOTFOUND
 * for a number without one. */
static int fetch(struct shard *s, uint32_t doc, int what, struct bq_span *out, struct bq_read *rd)
{
	struct xapian_c_document *d = NULL;
	struct xapian_c_bytes bytes = { NULL, 0 };
	struct xapian_c_error x;

	*out = BQ_SPAN("");
	if (doc >= s->leaf.n_docs || bq_leaf_is_dead(&s->leaf, doc))
		return BQ_ENOTFOUND;
	(void)pthread_mutex_lock(&s->lock);
	int rc = xapian_c_database_document(s->db, doc + 1, &d, &x);
	if (rc == XAPIAN_C_OK)
		rc = what == DATA ? xapian_c_document_data(d, &bytes, &x) : xapian_c_document_value(d, SLOT_MARKS, &bytes, &x);
	if (rc == XAPIAN_C_OK)
		*out = bq_arena_dup(rd->mem, bq_span_make(bytes.ptr, bytes.len));
	xapian_c_document_free(d);
	(void)pthread_mutex_unlock(&s->lock);
	if (rc == XAPIAN_C_ENODOC)
		return BQ_ENOTFOUND;
	if (rc < 0)
		return shard_failed(s, rd, &x);
	return out->ptr == NULL ? BQ_ENOMEM : BQ_OK;
}

static int read_record(struct shard *s, uint32_t doc, struct record *out, struct bq_read *rd)
{
	struct bq_span data;
	int rc = fetch(s, doc, DATA, &data, rd);

	if (rc != BQ_OK)
		return rc;
	if (!record_read(data, rd->mem, out) || (s->is_ours && !out->is_ours))
		return shard_damaged(s, rd, "the data of a document is not what bqindex wrote");
	return rd->mem->oom ? BQ_ENOMEM : BQ_OK;
}

int shard_head(const struct bq_leaf *l, uint32_t doc, struct bq_doc_head *out, struct bq_read *rd)
{
	struct shard *s = shard_of(l);
	struct record r;
	int rc = read_record(s, doc, &r, rd);

	if (rc != BQ_OK)
		return rc;
	*out = r.head;
	out->priv[HEAD_DOC] = doc;
	if (s->is_ours)
		return BQ_OK;
	if (out->path.len == 0 && out->title.len == 0)
		rc = mail_head(s, doc, out, rd);
	if (out->id.len == 0)
		out->id = bq_span_of(bq_arena_printf(rd->mem, "%u", doc + 1));
	return rc;
}

int shard_text(const struct bq_leaf *l, const struct bq_doc_head *head, uint64_t off, uint64_t len,
	struct bq_span *out, struct bq_read *rd)
{
	struct record r;
	int rc;

	*out = BQ_SPAN("");
	if (!shard_of(l)->is_ours)
		return BQ_ENOTFOUND;
	rc = read_record(shard_of(l), (uint32_t)head->priv[HEAD_DOC], &r, rd);
	if (rc != BQ_OK)
		return rc == BQ_ENOTFOUND ? BQ_EIO : rc;
	if (r.text.len == 0 && r.head.words != 0)
		return BQ_ENOTFOUND; /* built with --no-store */
	if (off > r.text.len)
		off = r.text.len;
	if (len > r.text.len - off)
		len = r.text.len - off;
	*out = bq_span_first(bq_span_from(r.text, (size_t)off), (size_t)len);
	return BQ_OK;
}

int shard_fields(const struct bq_leaf *l, const struct bq_doc_head *head, struct bq_span *out, struct bq_read *rd)
{
	struct record r;
	int rc = read_record(shard_of(l), (uint32_t)head->priv[HEAD_DOC], &r, rd);

	*out = rc == BQ_OK ? r.fields : BQ_SPAN("");
	return rc;
}

int shard_mark(const struct bq_leaf *l, const struct bq_doc_head *head, uint32_t ord, struct bq_mark *out,
	struct bq_read *rd)
{
	struct shard *s = shard_of(l);
	struct bq_span value;
	int rc;

	*out = (struct bq_mark){ 0, 0, 1 };
	if (!s->is_ours || ord < BQ_MARK_WORDS)
		return BQ_OK;
	rc = fetch(s, (uint32_t)head->priv[HEAD_DOC], VALUE, &value, rd);
	if (rc != BQ_OK)
		return rc == BQ_ENOTFOUND ? BQ_EIO : rc;
	if (!record_mark(value, head, ord, out))
		return shard_damaged(s, rd, "a document's marks are not what bqindex wrote");
	return BQ_OK;
}
