/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/analyser.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void analyser_init(struct analyser *a, struct bq_text *text, struct inverter *v)
{
	memset(a, 0, sizeof *a);
	a->text = text;
	a->v = v;
}

void analyser_release(struct analyser *a)
{
	free(a->marks);
	a->marks = NULL;
	a->n_marks = a->max_marks = 0;
}

/* ---- limits ------------------------------------------------------------ */

static uint64_t count_words(const struct bq_text *text, struct bq_span s)
{
	struct bq_tokens it;
	struct bq_token t;
	uint64_t n = 0;

	for (bq_tokens_init(&it, text, s, 0); bq_tokens_next(&it, &t);)
		n++;
	return n;
}

int analyser_check(const struct analyser *a, const struct bq_doc_in *in, struct bq_error *err)
{
	struct bq_span title = in->title_in_text ? BQ_SPAN("") : in->title;
	uint64_t bytes = (uint64_t)in->text.len + title.len;

	if (in->text.len > UINT32_MAX || title.len > UINT32_MAX)
		return bq_error_set(err, BQ_ELIMIT, 0, "text of 4 GiB or more");
	if (in->fields.len > UINT32_MAX || in->id.len > UINT16_MAX || in->path.len > UINT16_MAX)
		return bq_error_set(err, BQ_ELIMIT, 0, "id or path over 65,535 bytes, or other members of 4 GiB");
	/* no entry is shorter than a byte */
	if (bytes + BQ_TITLE_GAP <= BQ_MAX_POS)
		return BQ_OK;
	if (count_words(a->text, in->text) + count_words(a->text, title) + BQ_TITLE_GAP > BQ_MAX_POS)
		return bq_error_set(err, BQ_ELIMIT, 0, "more than %u words", BQ_MAX_POS - BQ_TITLE_GAP);
	return BQ_OK;
}

/* ---- occurrences ------------------------------------------------------- */

static void put_token(struct analyser *a, const struct bq_token *t, bool is_title, uint32_t doc, uint32_t pos)
{
	inverter_add(a->v, BQ_TERM_WORD, t->word, doc, pos);
	if (t->marked.len != 0)
		inverter_add(a->v, BQ_TERM_MARKED, t->marked, doc, pos);
	if (is_title)
		inverter_add(a->v, BQ_TERM_TITLE, t->word, doc, pos);
}

/* ---- marks ------------------------------------------------------------- */

static uint64_t count_lines(struct bq_span s)
{
	uint64_t n = 0;

	for (const char *lf; s.len != 0 && (lf = memchr(s.ptr, '\n', s.len)) != NULL; n++)
		s = bq_span_from(s, (size_t)(lf - s.ptr) + 1);
	return n;
}

/* Word `ord` of the text begins at `off`. */
static void put_mark(struct analyser *a, struct bq_span text, uint32_t ord, uint64_t off)
{
	struct bq_mark last = a->n_marks == 0 ? (struct bq_mark){ 0, 0, 1 } : a->marks[a->n_marks - 1];
	struct bq_span between = bq_span_from(bq_span_first(text, off), last.off);

	if (a->n_marks == a->max_marks) {
		uint32_t max = a->max_marks == 0 ? 256 : a->max_marks * 2;
		struct bq_mark *grown = realloc(a->marks, max * sizeof *grown);
		if (grown == NULL) {
			a->oom = true;
			return;
		}
		a->marks = grown;
		a->max_marks = max;
	}
	a->marks[a->n_marks++] = (struct bq_mark){ ord, off, last.line + count_lines(between) };
}

/* ---- a document -------------------------------------------------------- */

/* A title outside the text: its words come first. */
static void put_title(struct analyser *a, const struct bq_doc_in *in, uint32_t doc, struct segment_doc *out)
{
	struct bq_tokens it;
	struct bq_token t;

	for (bq_tokens_init(&it, a->text, in->title, 0); bq_tokens_next(&it, &t); out->title_words++)
		put_token(a, &t, true, doc, t.ord);
	if (out->title_words != 0)
		out->body_pos = out->title_words - 1 + BQ_TITLE_GAP;
}

/* The mark that is due among words of ordinals from `ord` on; one at most. */
static void put_mark_among(struct analyser *a, struct bq_span text, const struct short_word *words, size_t n, uint32_t ord)
{
	size_t mark = ord == 0 ? BQ_MARK_WORDS : -ord % BQ_MARK_WORDS;

	if (mark < n)
		put_mark(a, text, ord + (uint32_t)mark, words[mark].off);
}

static void put_text(struct analyser *a, const struct bq_doc_in *in, uint32_t doc, struct segment_doc *out)
{
	uint64_t title_end = in->title_in_text ? in->title_off + in->title.len : 0;
	struct short_word words[SHORT_WORDS];
	struct bq_tokens it;
	struct bq_token t = { .off = 0 };

	bq_tokens_init(&it, a->text, in->text, 0);
	for (;;) {
		uint32_t ord = it.ord;
		size_t n = t.off < title_end ? 0 : short_words(&it, words);
		if (n != 0) {
			put_mark_among(a, in->text, words, n, ord);
			inverter_add_short(a->v, words, (unsigned)n, doc, out->body_pos + ord);
			continue;
		}
		if (!bq_tokens_next(&it, &t))
			break;
		bool is_title = in->title_in_text && t.off >= in->title_off && t.off < title_end;
		if (t.ord != 0 && t.ord % BQ_MARK_WORDS == 0)
			put_mark(a, in->text, t.ord, t.off);
		if (is_title && out->title_words++ == 0)
			out->title_pos = t.ord;
		put_token(a, &t, is_title, doc, out->body_pos + t.ord);
	}
	out->words = it.ord;
}

int analyser_doc(struct analyser *a, const struct bq_doc_in *in, uint32_t doc, struct segment_doc *out,
	struct bq_error *err)
{
	*out = (struct segment_doc){ .in = in };
	a->n_marks = 0;
	if (!in->title_in_text)
		put_title(a, in, doc, out);
	put_text(a, in, doc, out);
	inverter_flush(a->v);
	out->length = out->words + (in->title_in_text ? 0 : out->title_words);
	out->marks = a->marks;
	out->n_marks = a->n_marks;
	if (a->oom || a->v->oom)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for the words of %.*s",
			(int)(in->path.len < 128 ? in->path.len : 128), in->path.ptr == NULL ? "" : in->path.ptr);
	return BQ_OK;
}
