/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Text around a place, as it is sent.
 *
 *   stored   ...\r\n  one line \r\n  the MATCH here \xff \r\n  more \r\n ...
 *            |raw    |first                                    |end        |
 *   sent              one line \n    the MATCH here \uFFFD \n  more
 *
 * Raw bytes and sent bytes differ: a CR before LF is dropped, an ill-formed
 * sequence becomes U+FFFD.  sent[i] counts the bytes sent for raw[0 .. i); it
 * measures the window and moves the marks.
 */
#include <bq/proto.h>

#include "query/show/locate.h"
#include "query/show/match.h"

#define REACH ((uint64_t)BQP_MAX_SNIP) /* raw bytes looked at on either side of the match */

struct window {
	struct bq_span raw;
	uint64_t raw_off;  /* byte of the text where raw starts */
	uint64_t text_bytes;
	uint32_t *sent;    /* [raw.len + 1] */
	bool *is_char;     /* [raw.len + 1]: a character starts here */
	size_t from, to;   /* the match, in raw */
	size_t first, end; /* what is shown, in raw */
	bool is_cut;
};

static bool is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* Length of the character at p (n >= 1 bytes left), or of the maximal
 * ill-formed part there with *good = false (Unicode 15, section 3.9). */
static size_t read_char(const unsigned char *p, size_t n, bool *good)
{
	unsigned char c = p[0], lo = 0x80, hi = 0xbf;
	size_t need = c < 0x80 ? 0 : c < 0xc2 ? 9 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : c < 0xf5 ? 3 : 9;

	*good = need == 0;
	if (need == 0 || need == 9)
		return 1;
	if (c == 0xe0 || c == 0xf0)
		lo = c == 0xe0 ? 0xa0 : 0x90;
	if (c == 0xed || c == 0xf4)
		hi = c == 0xed ? 0x9f : 0x8f;
	for (size_t i = 1; i <= need; i++) {
		if (i == n || p[i] < lo || p[i] > hi)
			return i;
		lo = 0x80;
		hi = 0xbf;
	}
	*good = true;
	return need + 1;
}

/* Fill sent[] and is_char[]. */
static bool measure(struct window *w, struct bq_arena *mem)
{
	const unsigned char *p = (const unsigned char *)w->raw.ptr;
	uint32_t total = 0;

	w->sent = BQ_ARENA_NEW(mem, uint32_t, w->raw.len + 1);
	w->is_char = BQ_ARENA_NEW(mem, bool, w->raw.len + 1);
	if (w->sent == NULL || w->is_char == NULL)
		return false;
	for (size_t i = 0, n; i < w->raw.len; i += n) {
		bool good;
		n = read_char(p + i, w->raw.len - i, &good);
		w->is_char[i] = true;
		for (size_t k = 0; k < n; k++)
			w->sent[i + k] = total;
		bool is_dropped = p[i] == '\r' && i + 1 < w->raw.len && p[i + 1] == '\n';
		total += is_dropped ? 0 : good ? (uint32_t)n : 3;
	}
	w->sent[w->raw.len] = total;
	w->is_char[w->raw.len] = true;
	return true;
}

/* Load what lies around the match.  The ends may cut characters: those are
 * left out. */
static int load_window(struct window *w, struct locate *lo, const struct bq_place *place, struct bq_arena *mem)
{
	uint64_t len = place->len < REACH ? place->len : REACH;
	uint64_t from = place->off > REACH ? place->off - REACH : 0;
	int rc = locate_text(lo, from, place->off - from + len + REACH, &w->raw);

	if (rc != BQ_OK)
		return rc;
	if (w->raw.len < place->off - from + len)
		return bq_error_set(&lo->read.error, BQ_EFORMAT, from, "the stored text is shorter than its document");
	w->raw = bq_arena_dup(mem, w->raw);
	if (w->raw.ptr == NULL)
		return BQ_ENOMEM;
	w->raw_off = from;
	w->text_bytes = lo->head->text_bytes;
	w->from = (size_t)(place->off - from);
	w->to = w->from + (size_t)len;
	return measure(w, mem) ? BQ_OK : BQ_ENOMEM;
}

/* Whole lines: `ctx` before the match's first line and behind its last. */
static void choose_lines(struct window *w, uint32_t ctx)
{
	uint32_t lines = 0;

	w->first = w->from;
	while (w->first > 0 && (w->raw.ptr[w->first - 1] != '\n' || lines++ < ctx))
		w->first--;
	if (w->first == 0 && w->raw_off != 0) {
		w->is_cut = true;
		while (w->first < w->from && w->first < 3 && is_tail((unsigned char)w->raw.ptr[w->first]))
			w->first++;
	}
	lines = 0;
	w->end = w->to;
	while (w->end < w->raw.len && (w->raw.ptr[w->end] != '\n' || lines++ < ctx))
		w->end++;
	if (w->end == w->raw.len && w->end > w->to && w->raw_off + w->raw.len < w->text_bytes) {
		w->is_cut = true;
		size_t last = w->end - 1;
		while (last > w->to && !w->is_char[last])
			last--;
		if (last > w->to && (unsigned char)w->raw.ptr[last] >= 0xc0)
			w->end = last;
	}
}

static uint32_t sent_between(const struct window *w, size_t a, size_t b)
{
	return w->sent[b] - w->sent[a];
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Cut to BQP_MAX_SNIP bytes as sent, the match in the middle. */
static void cut_window(struct window *w)
{
	uint32_t match = sent_between(w, w->from, w->to);
	uint32_t room = match < BQP_MAX_SNIP ? BQP_MAX_SNIP - match : 0;
	uint32_t before = sent_between(w, w->first, w->from), behind = sent_between(w, w->to, w->end);

	if (before + match + behind <= BQP_MAX_SNIP)
		return;
	w->is_cut = true;
	uint32_t take_before = least(before, room / 2);
	uint32_t take_behind = least(behind, room - take_before);
	take_before = least(before, room - take_behind);
	while (!w->is_char[w->first] || sent_between(w, w->first, w->from) > take_before)
		w->first++;
	while (!w->is_char[w->end] || w->end > w->to) {
		if (w->is_char[w->end] && sent_between(w, w->to, w->end) <= take_behind)
			break;
		w->end--;
	}
	while (!w->is_char[w->end] || sent_between(w, w->first, w->end) > BQP_MAX_SNIP)
		w->end--;
}

static bool put_text(const struct window *w, struct bq_snip *out, struct bq_arena *mem)
{
	char *to = bq_arena_alloc(mem, sent_between(w, w->first, w->end) + 1u), *p = to;

	if (to == NULL)
		return false;
	for (size_t i = w->first, n; i < w->end; i += n) {
		for (n = 1; i + n < w->end && !w->is_char[i + n];)
			n++;
		uint32_t sent = w->sent[i + n] - w->sent[i];
		bool good;
		(void)read_char((const unsigned char *)w->raw.ptr + i, n, &good);
		memcpy(p, good ? w->raw.ptr + i : "\xef\xbf\xbd", sent);
		p += sent;
	}
	out->text = bq_span_make(to, (size_t)(p - to));
	return true;
}

/* ---- marks ------------------------------------------------------------- */

/* The words of the window: their bytes in the text. */
struct words {
	struct locate_word *w;
	uint32_t n;
};

static int read_words(const struct window *w, struct locate *lo, struct words *out, struct bq_arena *mem)
{
	uint64_t first = w->raw_off + w->first, end = w->raw_off + w->end;
	int rc;

	out->n = 0;
	out->w = BQ_ARENA_NEW(mem, struct locate_word, w->end - w->first);
	if (out->w == NULL)
		return BQ_ENOMEM;
	for (rc = locate_byte(lo, first); rc == BQ_OK && lo->word.off < end; rc = locate_next(lo))
		if (out->n < w->end - w->first)
			out->w[out->n++] = lo->word;
	return rc == BQ_END ? BQ_OK : rc;
}

/* A byte of the text as one of the text sent, held inside the window. */
static uint32_t sent_at(const struct window *w, uint64_t off)
{
	uint64_t first = w->raw_off + w->first, end = w->raw_off + w->end;

	off = off < first ? first : off > end ? end : off;
	return sent_between(w, w->first, (size_t)(off - w->raw_off));
}

/* The part of a match inside the window. */
static struct bq_range mark_of(const struct window *w, const struct words *words, const struct match *m,
	uint32_t body_pos)
{
	uint64_t from = w->raw_off + w->first, to = w->raw_off + w->end;
	uint32_t start = m->pos - body_pos, last = start + m->span - 1;
	const struct locate_word *v = words->w;

	if (start >= v[0].ord)
		from = v[start - v[0].ord].off;
	if (last <= v[words->n - 1].ord)
		to = v[last - v[0].ord].off + (m->is_char ? v[last - v[0].ord].char_len : v[last - v[0].ord].len);
	return (struct bq_range){ sent_at(w, from), sent_at(w, to) };
}

/* Every match that shows in the window. */
static int put_marks(const struct window *w, struct locate *lo, const struct matches *all, struct bq_snip *out,
	struct bq_arena *mem)
{
	uint32_t body_pos = lo->head->body_pos, n = 0, cap = 0;
	struct words words;
	int rc = read_words(w, lo, &words, mem);

	if (rc != BQ_OK || words.n == 0)
		return rc;
	uint64_t first = (uint64_t)body_pos + words.w[0].ord, end = (uint64_t)body_pos + words.w[words.n - 1].ord;
	for (uint32_t i = 0; i < all->n; i++)
		cap += all->m[i].pos <= end && (uint64_t)all->m[i].pos + all->m[i].span > first;
	struct bq_range *marks = BQ_ARENA_NEW(mem, struct bq_range, cap);
	if (marks == NULL)
		return BQ_ENOMEM;
	for (uint32_t i = 0; i < all->n && all->m[i].pos <= end; i++) {
		const struct match *m = &all->m[i];
		if (m->pos < body_pos || (uint64_t)m->pos + m->span <= first)
			continue;
		struct bq_range r = mark_of(w, &words, m, body_pos);
		if (r.to > r.from)
			marks[n++] = r;
	}
	out->n_marks = match_join(marks, n);
	out->marks = marks;
	return BQ_OK;
}

static int make_snip(struct bq_query *q, struct locate *lo, const struct matches *all, const struct bq_place *place,
	uint32_t ctx, struct bq_snip *out)
{
	struct window w = { 0 };
	int rc = load_window(&w, lo, place, &q->searcher->leaf_mem);

	if (rc != BQ_OK)
		return rc;
	choose_lines(&w, ctx);
	cut_window(&w);
	out->is_cut = w.is_cut;
	out->tline = place->line;
	for (size_t i = w.first; i < w.from; i++)
		out->tline -= w.raw.ptr[i] == '\n';
	if (!put_text(&w, out, q->mem))
		return BQ_ENOMEM;
	return put_marks(&w, lo, all, out, q->mem);
}

int bq_query_snip(struct bq_query *q, const struct bq_hit *hit, const struct bq_doc_head *head,
	const struct bq_place *place, uint32_t ctx, struct bq_snip *out, struct bq_error *err)
{
	struct matches *all;
	struct locate lo;
	int rc = match_collect(q, hit, head, &all, err);

	memset(out, 0, sizeof *out);
	if (rc != BQ_OK || place->in_title)
		return rc;
	locate_init(&lo, q, hit, head);
	bq_arena_reset(&q->searcher->leaf_mem);
	rc = make_snip(q, &lo, all, place, ctx, out);
	if (lo.read.error.status != BQ_OK) {
		if (err != NULL)
			*err = lo.read.error;
		return lo.read.error.status;
	}
	if (rc == BQ_ENOTFOUND)
		return bq_error_set(err, rc, 0, "the index keeps no text");
	return rc == BQ_OK ? rc : bq_error_set(err, rc, 0, "the text around the place could not be made");
}
