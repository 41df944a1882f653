/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/show/locate.h"

#include <bq/proto.h>
#include <bq/utf8.h>

enum {
	PIECE = 1024, /* about what lies between two marks */
	SLACK = 32,   /* a word this near the end of a piece may go on behind it */
	NEAR = 16,    /* words that are read on to without asking for a mark */
	/* bytes fetched on either side of those wanted: what a snippet may take, and the word its end cuts */
	REACH = BQP_MAX_SNIP + 2 * SLACK,
};

void locate_init(struct locate *lo, struct bq_query *q, const struct bq_hit *hit, const struct bq_doc_head *head)
{
	memset(lo, 0, sizeof *lo);
	lo->leaf = q->view->indexes[hit->index]->leaves[hit->leaf];
	lo->head = head;
	lo->text = q->groups[q->indexes[hit->index].group].text;
	lo->searcher = q->searcher;
	lo->read.mem = &q->searcher->text_mem;
}

int locate_text(struct locate *lo, uint64_t off, uint64_t len, struct bq_span *out)
{
	struct searcher_window *w = &lo->searcher->window;
	uint64_t bytes = lo->head->text_bytes;

	if (off > bytes)
		off = bytes;
	if (len > bytes - off)
		len = bytes - off;
	if (len == 0)
		return bq_leaf_text(lo->leaf, lo->head, off, 0, out, &lo->read);
	if (w->serial != lo->searcher->match_serial || off < w->off || off + len > w->off + w->text.len) {
		uint64_t from = off > REACH ? off - REACH : 0;
		bq_arena_reset(lo->read.mem);
		w->serial = 0;
		int rc = bq_leaf_text(lo->leaf, lo->head, from, off - from + len + REACH, &w->text, &lo->read);
		if (rc != BQ_OK)
			return rc;
		w->off = from;
		w->serial = lo->searcher->match_serial;
	}
	*out = bq_span_first(bq_span_from(w->text, (size_t)(off - w->off)), (size_t)len);
	return BQ_OK;
}

static bool ends_text(const struct locate *lo)
{
	return lo->piece_off + lo->piece.len >= lo->head->text_bytes;
}

/* Keep `line` up to date: count the line ends before byte `off` of the piece. */
static void count_lines(struct locate *lo, uint64_t off)
{
	const char *p = lo->piece.ptr + (lo->line_off - lo->piece_off);
	const char *end = lo->piece.ptr + (off - lo->piece_off);

	for (; p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
		lo->line++;
	lo->line_off = off;
}

/* Make the piece that starts at byte `off`, where word `ord` starts. */
static int load(struct locate *lo, uint64_t off, uint32_t ord, uint64_t len)
{
	int rc = locate_text(lo, off, len, &lo->piece);

	if (rc != BQ_OK)
		return rc;
	if (lo->piece.len == 0 && off < lo->head->text_bytes)
		return bq_error_set(&lo->read.error, BQ_EFORMAT, off, "the stored text is shorter than its document");
	lo->piece_off = off;
	lo->piece_ord = ord;
	bq_tokens_init(&lo->tokens, lo->text, lo->piece, 0);
	return BQ_OK;
}

/* Where to go on when the rest of the piece holds no word: its end, or the
 * start of a character that the end cut. */
static uint64_t rest_of_piece(const struct locate *lo)
{
	size_t n = lo->piece.len;

	for (size_t back = 1; back <= 3 && back < n; back++)
		if (bq_utf8_len(lo->piece.ptr[n - back]) > 1)
			return lo->piece_off + n - back;
	return lo->piece_off + n;
}

static void take(struct locate *lo, const struct bq_token *t)
{
	lo->word = (struct locate_word){
		.ord = lo->piece_ord + t->ord,
		.is_bigram = t->kind == BQ_TOKEN_BIGRAM,
		.off = lo->piece_off + t->off,
		.len = t->len,
	};
	lo->has_word = true;
}

/* The next word, without its line: BQ_END behind the last. */
static int read_on(struct locate *lo)
{
	uint32_t ord = lo->has_word ? lo->word.ord + 1 : lo->piece_ord;
	struct bq_token t;
	int rc;

	for (;;) {
		bool has_token = bq_tokens_next(&lo->tokens, &t);
		bool is_cut = has_token && !ends_text(lo) && t.off + t.len + SLACK > lo->piece.len;
		if (!has_token && ends_text(lo))
			return BQ_END;
		if (has_token && !is_cut) {
			take(lo, &t);
			return BQ_OK;
		}
		uint64_t off = has_token ? lo->piece_off + t.off : rest_of_piece(lo);
		count_lines(lo, off);
		rc = load(lo, off, ord, off == lo->piece_off ? 2 * lo->piece.len + PIECE : PIECE);
		if (rc != BQ_OK)
			return rc;
	}
}

static int start_at(struct locate *lo, const struct bq_mark *m, uint64_t len)
{
	lo->has_word = false;
	lo->line = m->line;
	lo->line_off = m->off;
	return load(lo, m->off, m->ord, len);
}

/* Go where reading on leads to word `ord` soonest: stay, or start at its mark.
 * BQ_END if that is at `end` or behind. */
static int approach(struct locate *lo, uint32_t ord, uint64_t end)
{
	bool is_ahead = lo->has_word && lo->word.ord <= ord;
	struct bq_mark m;
	int rc;

	if (is_ahead && ord - lo->word.ord <= NEAR)
		return BQ_OK;
	rc = bq_leaf_mark(lo->leaf, lo->head, ord, &m, &lo->read);
	if (rc != BQ_OK)
		return rc;
	if (m.off >= end)
		return BQ_END;
	if (is_ahead && m.ord <= lo->word.ord)
		return BQ_OK;
	return start_at(lo, &m, end - m.off < PIECE ? end - m.off + 2 * SLACK : PIECE);
}

int locate_seek_before(struct locate *lo, uint32_t ord, uint64_t end)
{
	int rc = approach(lo, ord, end);

	while (rc == BQ_OK && !(lo->has_word && (lo->word.ord >= ord || lo->word.off >= end)))
		rc = read_on(lo);
	if (rc != BQ_OK || lo->word.off >= end)
		return rc == BQ_OK ? BQ_END : rc;
	count_lines(lo, lo->word.off);
	lo->word.line = lo->line;
	return BQ_OK;
}

int locate_seek(struct locate *lo, uint32_t ord)
{
	int rc = locate_seek_before(lo, ord, UINT64_MAX);

	if (rc == BQ_END)
		rc = bq_error_set(&lo->read.error, BQ_EFORMAT, ord, "the stored text has fewer words than its index");
	return rc;
}

/* The next entry starts at the second character, and lies in the piece as this
 * one does. */
uint64_t locate_char_len(const struct locate *lo)
{
	struct bq_tokens it = lo->tokens;
	struct bq_token next;

	if (!lo->word.is_bigram || !bq_tokens_next(&it, &next))
		return lo->word.len;
	return lo->piece_off + next.off - lo->word.off;
}

/* Of the marks of the text the last that is not behind a byte, and, if `line`
 * is not 0, on an earlier line. */
static int find_mark(struct locate *lo, uint64_t off, uint64_t line, struct bq_mark *out)
{
	uint32_t from = 0, to = lo->head->words; /* words [0, from) are not behind */
	int rc = BQ_OK;

	*out = (struct bq_mark){ 0, 0, 1 };
	while (rc == BQ_OK && from < to) {
		uint32_t mid = from + (to - from) / 2;
		struct bq_mark m;
		rc = bq_leaf_mark(lo->leaf, lo->head, mid, &m, &lo->read);
		if (rc == BQ_OK && m.off <= off && (line == 0 || m.line < line)) {
			*out = m;
			from = mid + 1;
		} else {
			to = mid;
		}
	}
	return rc;
}

int locate_bounds(struct locate *lo, uint64_t from, uint64_t to, uint32_t *first, uint32_t *last)
{
	struct bq_mark m;
	int rc = find_mark(lo, from, 0, &m);

	*first = m.ord != 0 ? m.ord - 1 : 0; /* a CJK bigram reaches into the next entry */
	if (rc == BQ_OK)
		rc = find_mark(lo, to, 0, &m);
	*last = m.ord + BQ_MARK_WORDS - 1;
	return rc;
}

/* The byte behind the `lines`th line end at or after `off`. */
static int skip_lines(struct locate *lo, uint64_t off, uint64_t lines, uint64_t *out)
{
	struct bq_span s;

	while (lines != 0) {
		int rc = locate_text(lo, off, PIECE, &s);
		if (rc != BQ_OK)
			return rc;
		if (s.len == 0)
			return bq_error_set(&lo->read.error, BQ_EFORMAT, off,
				"the stored text has fewer lines than its index");
		const char *p = s.ptr, *end = s.ptr + s.len;
		while (lines != 0 && p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
			p++;
			lines--;
			*out = off + (uint64_t)(p - s.ptr);
		}
		off += s.len;
	}
	return BQ_OK;
}

int locate_line_start(struct locate *lo, const struct locate_word *word, uint64_t *out)
{
	uint64_t off = word->off, line = word->line, from = off > REACH ? off - REACH : 0;
	struct bq_mark m;
	struct bq_span s;
	int rc;

	lo->has_word = false; /* its piece may go away */
	*out = 0;
	if (line <= 1)
		return BQ_OK;
	rc = locate_text(lo, from, off - from, &s);
	if (rc != BQ_OK)
		return rc;
	const char *p = s.len == 0 ? NULL : memrchr(s.ptr, '\n', s.len);
	if (p != NULL) {
		*out = from + (uint64_t)(p - s.ptr) + 1;
		return BQ_OK;
	}
	rc = find_mark(lo, off, line, &m);
	return rc == BQ_OK ? skip_lines(lo, m.off, line - m.line, out) : rc;
}
