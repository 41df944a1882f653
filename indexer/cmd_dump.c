/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bqindex dump: what an index holds, as JSON lines.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bq/buf.h>
#include <bq/index.h>

#include "options.h"
#include "xapian/engine/naming.h"
#include "xapian/engine/shard.h"

struct dump {
	const struct options *o;
	struct bq_index *ix;
	struct bq_arena mem; /* of `read`; reset between lines */
	struct bq_read read;
	struct bq_buf line;
	uint64_t n_found;
};

static const char *const kind_names[] = { "word", "stem", "title", "title_stem", "marked", "pair" };

enum { N_KINDS = BQ_TERM_MARKED + 1 }; /* of words */

/* Write the line; its memory is used for the next one. */
static void flush_line(struct dump *d)
{
	if (d->line.oom)
		(void)bq_error_set(&d->read.error, BQ_ENOMEM, 0, "no memory for a line");
	else
		(void)fwrite(d->line.ptr, 1, d->line.len, stdout);
	bq_buf_clear(&d->line);
	d->n_found++;
}

static bool is_sound(struct dump *d)
{
	if (d->mem.oom && d->read.error.status == BQ_OK)
		(void)bq_error_set(&d->read.error, BQ_ENOMEM, 0, "out of memory");
	return d->read.error.status == BQ_OK;
}

/* ---- terms ------------------------------------------------------------- */

/* A stem with one written word has that word's list: `at->kind` is the stem's,
 * `at->term.kind` the word's. */
static void put_term(struct dump *d, const struct bq_leaf *l, const struct bq_terms *at)
{
	bq_buf_printf(&d->line, "{\"segment\":%" PRIu64 ",\"kind\":\"%s\",\"word\":", l->number, kind_names[at->kind]);
	bq_buf_put_json(&d->line, at->word);
	bq_buf_printf(&d->line, ",\"df\":%" PRIu32 ",\"ttf\":%" PRIu64, at->term.df, at->term.ttf);
}

/* The word of a term, as at->word. */
static bool word_of(struct dump *d, const struct bq_leaf *l, const struct bq_term *t, struct bq_terms *at)
{
	if (!d->ix->is_xapian)
		return bq_leaf_term_at(l, t->ord, at, &d->read) == BQ_OK;
	struct xapian_c_bytes key = shard_key(t);
	size_t prefix = strlen(naming_prefix(t->kind));

	at->word = bq_span_make(key.ptr + prefix, key.len - prefix);
	return true;
}

/* The written words of a stem. */
static void put_forms(struct dump *d, const struct bq_leaf *l, const struct bq_term *stem)
{
	struct bq_term *forms;
	struct bq_terms at;
	uint32_t n;

	if (bq_leaf_forms(l, stem, &forms, &n, &d->read) != BQ_OK)
		return;
	bq_buf_printf(&d->line, ",\"forms\":[");
	for (uint32_t i = 0; i < n && word_of(d, l, &forms[i], &at); i++) {
		bq_buf_printf(&d->line, i == 0 ? "" : ",");
		bq_buf_put_json(&d->line, at.word);
	}
	bq_buf_printf(&d->line, "]");
}

/* The whole of a line. */
static void dump_term(struct dump *d, const struct bq_leaf *l, const struct bq_terms *at)
{
	put_term(d, l, at);
	if (at->kind == BQ_TERM_STEM || at->kind == BQ_TERM_TITLE_STEM)
		put_forms(d, l, &at->term);
	bq_buf_printf(&d->line, "}\n");
	flush_line(d);
}

/* Xapian's dictionary has no places: kind by kind. */
static void dump_xapian_terms(struct dump *d, const struct bq_leaf *l)
{
	struct bq_terms at;

	for (int kind = 0; kind < N_KINDS; kind++) {
		bq_arena_reset(&d->mem);
		bq_terms_init(&at, l, (enum bq_term_kind)kind, BQ_SPAN(""), &d->read);
		while (is_sound(d) && bq_terms_next(&at))
			dump_term(d, l, &at);
	}
}

static void dump_terms(struct dump *d, const struct bq_leaf *l)
{
	for (uint32_t ord = 0; ord < l->n_terms && is_sound(d); ord++) {
		struct bq_terms at = { .leaf = l, .read = &d->read };
		bq_arena_reset(&d->mem);
		if (bq_leaf_term_at(l, ord, &at, &d->read) != BQ_OK)
			return;
		dump_term(d, l, &at);
	}
}

/* ---- postings ---------------------------------------------------------- */

static void put_positions(struct dump *d, struct bq_cursor *c)
{
	uint32_t n;
	const uint32_t *positions = bq_cursor_positions(c, &n);

	if (positions == NULL)
		return;
	bq_buf_printf(&d->line, ",\"positions\":[");
	for (uint32_t i = 0; i < n; i++)
		bq_buf_printf(&d->line, "%s%" PRIu32, i == 0 ? "" : ",", positions[i]);
	bq_buf_printf(&d->line, "]");
}

static void dump_list(struct dump *d, const struct bq_leaf *l, const struct bq_term *t)
{
	struct bq_cursor *c = bq_cursor_open(l, t, &d->read);

	while (c != NULL && bq_cursor_next(c) != BQ_DOC_END) {
		bq_buf_printf(&d->line, "{\"kind\":\"%s\",\"doc\":\"%" PRIu64 ".%" PRIu32 "\",\"tf\":%" PRIu32,
			kind_names[t->kind], l->number, c->doc, bq_cursor_tf(c));
		put_positions(d, c);
		bq_buf_printf(&d->line, "%s}\n", bq_leaf_is_dead(l, c->doc) ? ",\"dead\":true" : "");
		flush_line(d);
	}
}

/* The lists of all kinds that the word has. */
static void dump_postings(struct dump *d, const struct bq_leaf *l)
{
	struct bq_span word = bq_span_of(d->o->postings);
	struct bq_term t;

	for (unsigned kind = 0; kind < N_KINDS && is_sound(d); kind++) {
		bq_arena_reset(&d->mem);
		if (bq_leaf_find(l, (enum bq_term_kind)kind, word, &t, &d->read) == BQ_OK)
			dump_list(d, l, &t);
	}
}

/* The list of "A B". */
static void dump_pair(struct dump *d, const struct bq_leaf *l)
{
	struct bq_span b = bq_span_of(d->o->pair), a = bq_span_first(b, strcspn(d->o->pair, " "));
	struct bq_term ta, tb, pair;

	bq_arena_reset(&d->mem);
	b = bq_span_from(b, a.len + 1);
	if (bq_leaf_find(l, BQ_TERM_WORD, a, &ta, &d->read) != BQ_OK
		|| bq_leaf_find(l, BQ_TERM_WORD, b, &tb, &d->read) != BQ_OK)
		return;
	switch (bq_leaf_pair(l, &ta, &tb, &pair, &d->read)) {
	case BQ_PAIR_LIST:
		dump_list(d, l, &pair);
		return;
	case BQ_PAIR_UNKNOWN:
		complain(l->ops->pair == NULL ? "segment %" PRIu64 ": there are no pairs" :
			"segment %" PRIu64 ": a word is too rare for pairs", l->number);
		return;
	case BQ_PAIR_ABSENT:
		return;
	}
}

/* ---- documents --------------------------------------------------------- */

static void put_string(struct dump *d, const char *name, struct bq_span s)
{
	bq_buf_printf(&d->line, ",\"%s\":", name);
	bq_buf_put_json(&d->line, s);
}

static void put_head(struct dump *d, const struct bq_leaf *l, uint32_t doc, const struct bq_doc_head *h)
{
	static const char *const at[] = { "file", "text", "record" };
	struct bq_buf *b = &d->line;

	bq_buf_printf(b, "{\"doc\":\"%" PRIu64 ".%" PRIu32 "\"", l->number, doc);
	if (h->id.len != 0)
		put_string(d, "id", h->id);
	put_string(d, "path", h->path);
	put_string(d, "title", h->title);
	bq_buf_printf(b, ",\"source\":%" PRIu32 ",\"at\":\"%s\",\"words\":%" PRIu32 ",\"text_bytes\":%" PRIu64,
		h->source, h->at < 3 ? at[h->at] : "?", h->words, h->text_bytes);
	bq_buf_printf(b, ",\"title_pos\":%" PRIu32 ",\"title_words\":%" PRIu32 ",\"body_pos\":%" PRIu32, h->title_pos,
		h->title_words, h->body_pos);
	if (h->file_line != 0)
		bq_buf_printf(b, ",\"file_line\":%" PRIu64, h->file_line);
	if (h->mtime_us != INT64_MIN)
		bq_buf_printf(b, ",\"mtime\":%" PRId64, h->mtime_us);
	if (h->file_bytes >= 0)
		bq_buf_printf(b, ",\"file_bytes\":%" PRId64, h->file_bytes);
	if (bq_leaf_is_dead(l, doc))
		bq_buf_printf(b, ",\"dead\":true");
}

/* The whole document: other members and text too. */
static void put_contents(struct dump *d, const struct bq_leaf *l, const struct bq_doc_head *h)
{
	struct bq_span s;

	if (bq_leaf_fields(l, h, &s, &d->read) == BQ_OK && s.len != 0) {
		bq_buf_printf(&d->line, ",\"fields\":");
		bq_buf_put_span(&d->line, s);
	}
	if (bq_leaf_text(l, h, 0, h->text_bytes, &s, &d->read) == BQ_OK)
		put_string(d, "text", s);
}

/* Whether this is the document that --doc names. */
static bool is_wanted(const struct dump *d, const struct bq_leaf *l, uint32_t doc, const struct bq_doc_head *h)
{
	struct bq_span wanted = bq_span_of(d->o->doc);
	char number[40];

	(void)snprintf(number, sizeof number, "%" PRIu64 ".%" PRIu32, l->number, doc);
	return bq_span_eq(h->id, wanted) || bq_span_eq(h->path, wanted) || strcmp(number, d->o->doc) == 0;
}

static void dump_docs(struct dump *d, const struct bq_leaf *l)
{
	struct bq_doc_head h;

	for (uint32_t doc = 0; doc < l->n_docs && is_sound(d); doc++) {
		bq_arena_reset(&d->mem);
		if (bq_leaf_head(l, doc, &h, &d->read) != BQ_OK)
			return;
		if (d->o->doc != NULL && !is_wanted(d, l, doc, &h))
			continue;
		put_head(d, l, doc, &h);
		if (d->o->doc != NULL)
			put_contents(d, l, &h);
		bq_buf_printf(&d->line, "}\n");
		flush_line(d);
	}
}

/* ---- the verb ---------------------------------------------------------- */

static int finish(const struct dump *d)
{
	if (d->read.error.status != BQ_OK) {
		complain_of(d->o->index, d->read.error.msg);
		return EXIT_FAILED;
	}
	const struct options *o = d->o;
	if (d->n_found == 0 && (o->doc != NULL || o->postings != NULL || o->pair != NULL)) {
		complain("%s: no %s %.200s", o->index, o->doc != NULL ? "document" : o->pair != NULL ? "pair" : "word",
			o->doc != NULL ? o->doc : o->pair != NULL ? o->pair : o->postings);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

int cmd_dump(const struct options *o)
{
	struct dump d = { .o = o };
	struct bq_error err;
	int code;

	if (bq_index_open(o->index, &d.ix, &err) != BQ_OK) {
		complain_of(o->index, err.msg);
		return EXIT_FAILED;
	}
	if (d.ix->is_remote) {
		complain("%s: databases on other machines are dumped there", o->index);
		bq_index_unref(d.ix);
		return EXIT_FAILED;
	}
	bq_arena_init(&d.mem, SIZE_MAX);
	d.read.mem = &d.mem;
	for (uint32_t i = 0; i < d.ix->n_leaves && is_sound(&d); i++) {
		if (o->terms && d.ix->is_xapian)
			dump_xapian_terms(&d, d.ix->leaves[i]);
		else if (o->terms)
			dump_terms(&d, d.ix->leaves[i]);
		else if (o->postings != NULL)
			dump_postings(&d, d.ix->leaves[i]);
		else if (o->pair != NULL)
			dump_pair(&d, d.ix->leaves[i]);
		else
			dump_docs(&d, d.ix->leaves[i]);
	}
	(void)is_sound(&d);
	code = finish(&d);
	bq_buf_release(&d.line);
	bq_arena_release(&d.mem);
	bq_index_unref(d.ix);
	return code;
}
