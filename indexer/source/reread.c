/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/reread.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "source/safejson.h"
#include "xapian/engine/shard.h"
#include "xapian/read/foreign.h"

struct reread {
	struct source base;
	struct bq_index *ix;
	struct bq_text *text;
	struct bq_arena mem;   /* of `read`; reset between documents */
	struct bq_read read;
	char *fields;          /* the last document's other members, malloc'd by jansson */
	uint32_t leaf, doc;    /* the next one */
	uint32_t most;         /* documents of the largest leaf */
	uint64_t n_cut;
};

static bool is_foreign(const struct reread *r, const struct bq_leaf *l)
{
	return r->ix->is_xapian && !shard_of(l)->is_ours;
}

/* ---- which comes next ------------------------------------------------------------ */

/* Leaf by leaf; of Xapian databases the first document of each, then the second. */
static bool step(struct reread *r)
{
	const struct bq_index *ix = r->ix;

	if (!ix->is_xapian && r->leaf < ix->n_leaves) {
		if (++r->doc >= ix->leaves[r->leaf]->n_docs) {
			r->doc = 0;
			r->leaf++;
		}
	}
	if (!ix->is_xapian)
		return r->leaf < ix->n_leaves;
	if (++r->leaf >= ix->n_leaves) {
		r->leaf = 0;
		r->doc++;
	}
	return r->doc < r->most;
}

/* Whether there is a living document at r->leaf, r->doc. */
static bool is_there(const struct reread *r)
{
	const struct bq_leaf *l = r->leaf < r->ix->n_leaves ? r->ix->leaves[r->leaf] : NULL;

	return l != NULL && r->doc < l->n_docs && !bq_leaf_is_dead(l, r->doc);
}

/* ---- the title in the text ----------------------------------------------------------- */

/* Where entry `ord` of the text starts. */
static bool find_entry(struct reread *r, const struct bq_leaf *l, const struct bq_doc_head *h, struct bq_span text,
	uint32_t ord, uint64_t *off)
{
	struct bq_mark mark;
	struct bq_tokens it;
	struct bq_token t;

	if (bq_leaf_mark(l, h, ord, &mark, &r->read) != BQ_OK || mark.off > text.len)
		return false;
	bq_tokens_init(&it, r->text, bq_span_from(text, (size_t)mark.off), 0);
	while (bq_tokens_next(&it, &t))
		if (mark.ord + t.ord == ord) {
			*off = mark.off + t.off;
			return true;
		}
	return false;
}

static bool stands_at(struct bq_span title, struct bq_span text, uint64_t off)
{
	return off <= text.len && bq_span_starts(bq_span_from(text, (size_t)off), title);
}

/* A title of which the start is kept ends in the text where its last word does. */
static size_t measure_title(const struct reread *r, struct bq_span text, uint64_t off, const struct bq_doc_head *h)
{
	struct bq_tokens it;
	struct bq_token t;
	size_t len = h->title.len;
	uint32_t n = 0;

	bq_tokens_init(&it, r->text, bq_span_from(text, (size_t)off), 0);
	while (h->title_cut && n < h->title_words && bq_tokens_next(&it, &t)) {
		n++;
		if (t.off + t.len > len)
			len = (size_t)(t.off + t.len);
	}
	return len;
}

/* A title that is part of the text: its place there, by its first word. */
static bool place_title(struct reread *r, const struct bq_leaf *l, const struct bq_doc_head *h, struct bq_doc_in *out)
{
	struct bq_tokens it;
	struct bq_token first;
	const char *found;
	uint64_t off;

	bq_tokens_init(&it, r->text, h->title, 0);
	if (h->title_words != 0 && h->title_pos >= h->body_pos && bq_tokens_next(&it, &first) &&
		find_entry(r, l, h, out->text, h->title_pos - h->body_pos, &off) && off >= first.off &&
		stands_at(h->title, out->text, off - first.off)) {
		out->title_off = off - first.off;
	} else {
		found = h->title_words != 0 || h->title.len == 0 ? NULL :
			memmem(out->text.ptr, out->text.len, h->title.ptr, h->title.len);
		if (found == NULL)
			return h->title.len == 0;
		out->title_off = (uint64_t)(found - out->text.ptr);
	}
	out->title = bq_span_make(out->text.ptr + out->title_off, measure_title(r, out->text, out->title_off, h));
	return true;
}

/* ---- one document ----------------------------------------------------------------------- */

/* A document that ends the run is named. */
static int fail_doc(const struct reread *r, struct bq_span name, int status, const char *why, struct bq_error *err)
{
	name = bq_span_first(name, 200);
	return bq_error_set(err, status, 0, "document %" PRIu64 ".%" PRIu32 " (%.*s): %s",
		r->ix->leaves[r->leaf]->number, r->doc, (int)name.len, name.ptr, why);
}

/* What a call on the leaf ended with. */
static int fail_read(const struct reread *r, struct bq_span name, int rc, struct bq_error *err)
{
	if (rc == BQ_ENOMEM || r->mem.oom)
		return fail_doc(r, name, BQ_ENOMEM, "no memory for it", err);
	if (r->read.error.status == BQ_OK)
		return fail_doc(r, name, BQ_EFORMAT, "it cannot be read", err);
	*err = r->read.error;
	return err->status;
}

/* Other members, printed anew so that they are one line whatever is stored. */
static int take_fields(struct reread *r, struct bq_span stored, struct bq_doc_in *out)
{
	static const char *const ours[] = { "id", "title", "text" };
	json_t *v;
	bool oom;

	out->fields = BQ_SPAN("");
	if (stored.len == 0)
		return BQ_OK;
	v = safejson_load(stored, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL, &oom);
	if (oom)
		return BQ_ENOMEM;
	bool ok = json_is_object(v) && json_object_size(v) != 0;
	for (size_t i = 0; i < 3; i++)
		ok = ok && json_object_get(v, ours[i]) == NULL;
	r->fields = ok ? safejson_dump(v) : NULL;
	json_decref(v);
	if (r->fields == NULL)
		return ok ? BQ_ENOMEM : BQ_EFORMAT;
	out->fields = bq_span_of(r->fields);
	return BQ_OK;
}

static int read_ours(struct reread *r, const struct bq_leaf *l, struct bq_doc_in *out, struct bq_error *err)
{
	struct bq_doc_head h = { .id = BQ_SPAN(""), .path = BQ_SPAN("") };
	struct bq_span fields = BQ_SPAN("");
	int rc = bq_leaf_head(l, r->doc, &h, &r->read);
	struct bq_span name = h.id.len != 0 ? h.id : h.path;

	if (rc != BQ_OK)
		return fail_read(r, name, rc, err);
	*out = (struct bq_doc_in){ .id = h.id, .path = h.path, .title = h.title, .source = h.source,
		.at = (enum bq_doc_at)h.at, .title_in_text = h.title_in_text, .file_line = h.file_line,
		.mtime_us = h.mtime_us, .file_bytes = h.file_bytes };
	rc = bq_leaf_text(l, &h, 0, h.text_bytes, &out->text, &r->read);
	if (rc == BQ_ENOTFOUND)
		return fail_doc(r, name, BQ_ENOTFOUND, "its text is not stored", err);
	if (rc == BQ_OK)
		rc = bq_leaf_fields(l, &h, &fields, &r->read);
	if (rc != BQ_OK)
		return fail_read(r, name, rc, err);
	if (h.source >= r->ix->n_sources || h.at > BQ_AT_RECORD)
		return fail_doc(r, name, BQ_EFORMAT, "it is of no known source", err);
	rc = take_fields(r, fields, out);
	if (rc == BQ_ENOMEM)
		return fail_read(r, name, rc, err);
	if (rc != BQ_OK)
		return fail_doc(r, name, rc, "its other members are damaged", err);
	if (h.title_in_text && !place_title(r, l, &h, out))
		return fail_doc(r, name, BQ_EFORMAT, "its title is not in its text", err);
	r->n_cut += h.title_cut && !h.title_in_text;
	return BQ_OK;
}

/* Numbers are those that Xapian gives documents of several databases. */
static int read_foreign(struct reread *r, const struct bq_leaf *l, struct bq_doc_in *out, struct bq_error *err)
{
	uint64_t number = (uint64_t)r->doc * r->ix->n_leaves + r->leaf + 1;
	int rc = foreign_read(l, r->doc, number, out, &r->read);
	struct bq_span name = bq_span_of(bq_arena_printf(&r->mem, "%" PRIu64, number));

	if (rc == BQ_OK)
		return BQ_OK;
	if (rc != BQ_ENOTFOUND || r->mem.oom)
		return fail_read(r, name, rc, err);
	source_skip(&r->base, name, 0, false, "neither text nor words by their positions");
	return BQ_END;
}

/* ---- the interface -------------------------------------------------------------------------- */

static int next_doc(struct source *s, struct bq_doc_in *out, struct bq_error *err)
{
	struct reread *r = (struct reread *)s;
	int rc = BQ_END;

	while (rc == BQ_END) {
		rc = source_check_stop(s, err);
		if (rc != BQ_OK)
			return rc;
		while (!is_there(r))
			if (!step(r))
				return BQ_END;
		bq_arena_reset(&r->mem);
		free(r->fields);
		r->fields = NULL;
		const struct bq_leaf *l = r->ix->leaves[r->leaf];
		rc = is_foreign(r, l) ? read_foreign(r, l, out, err) : read_ours(r, l, out, err);
		if (rc == BQ_OK)
			s->bytes_done += out->text.len;
		if (rc == BQ_OK || rc == BQ_END)
			(void)step(r);
	}
	return rc;
}

static int measure_nothing(const struct source *s, uint64_t *bytes, struct bq_error *err)
{
	(void)s;
	(void)err;
	*bytes = 0;
	return BQ_END;
}

static void close_reread(struct source *s)
{
	struct reread *r = (struct reread *)s;

	free(r->fields);
	bq_arena_release(&r->mem);
	bq_text_free(r->text);
	bq_index_unref(r->ix);
	free(r);
}

struct bq_index *reread_index(const struct source *s) { return ((const struct reread *)s)->ix; }

uint64_t reread_count_cut(const struct source *s) { return ((const struct reread *)s)->n_cut; }

int reread_open(struct bq_index *ix, const struct source_opts *opts, struct source **out, struct bq_error *err)
{
	static const struct source_ops ops = { next_doc, measure_nothing, close_reread };
	struct reread *r;
	int rc;

	*out = NULL;
	if (ix->is_remote)
		return bq_error_set(err, BQ_EUSAGE, 0, "documents on other machines are read there");
	r = calloc(1, sizeof *r);
	if (r == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a source");
	r->base = (struct source){ .ops = &ops, .opts = opts, .root = BQ_SPAN(""), .name = BQ_SPAN("") };
	r->ix = bq_index_ref(ix);
	bq_arena_init(&r->mem, SIZE_MAX);
	r->read.mem = &r->mem;
	for (uint32_t i = 0; i < ix->n_leaves; i++)
		if (ix->leaves[i]->n_docs > r->most)
			r->most = ix->leaves[i]->n_docs;
	rc = bq_text_new(&ix->text, &r->text, err);
	if (rc == BQ_OK)
		*out = &r->base;
	else
		close_reread(&r->base);
	return rc;
}

int reread_open_dir(const char *dir, const struct source_opts *opts, struct source **out, struct bq_error *err)
{
	struct bq_index *ix;
	int rc = bq_index_open(dir, &ix, err);

	*out = NULL;
	if (rc != BQ_OK)
		return rc;
	rc = reread_open(ix, opts, out, err);
	bq_index_unref(ix);
	return rc;
}
