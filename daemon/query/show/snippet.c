/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Text around a place, as it is sent.
 *
 *   stored   ...\r\n  one line \r\n  the MATCH here \xff \r\n  more \r\n ...
 *            |raw    |first                                    |end        |
 *   sent              one line \n    the MATCH here \uFFFD \n  more
 *
 * Raw bytes and sent bytes may differ: a CR before LF is dropped, an ill-formed
 * sequence becomes U+FFFD.  sent[i] then counts the bytes sent for
 * raw[first .. first + i); it measures the window and moves the marks.  Most
 * text is sent as it is stored, and is only looked over.
 */
#include <bq/proto.h>
#include <bq/utf8.h>

#include "query/show/locate.h"
#include "query/show/match.h"

#define REACH ((uint64_t)BQP_MAX_SNIP) /* raw bytes looked at on either side of the match */

struct window {
	struct bq_span raw; /* lives until the next locate call */
	uint64_t raw_off;   /* byte of the text where raw starts */
	uint64_t text_bytes;
	size_t from, to;    /* the match, in raw */
	size_t first, end;  /* what is shown, in raw */
	size_t origin, limit; /* what was measured, in raw */
	uint32_t *sent;     /* NULL: all of that is sent as it is */
	bool *is_char;      /* a character starts here */
	bool is_cut;
};

/* Length of the character at p (n >= 1 bytes left), or of the maximal
 * ill-formed part there with *good = false. */
static size_t read_char(const char *p, size_t n, bool *good)
{
	int32_t cp;
	size_t len = bq_utf8_decode((const uint8_t *)p, (const uint8_t *)p + n, &cp);

	*good = cp >= 0;
	return len;
}

/* Whether bytes [first, end) are sent as they are. */
static bool is_sent_as_is(const struct window *w)
{
	struct bq_span s = bq_span_make(w->raw.ptr + w->first, w->end - w->first);

	return bq_utf8_check(s) == s.len && memchr(s.ptr, '\r', s.len) == NULL;
}

/* Fill sent[] and is_char[] where they are needed. */
static bool measure(struct window *w, struct bq_arena *mem)
{
	const char *p = w->raw.ptr + w->first;
	size_t len = w->end - w->first;
	uint32_t total = 0;

	w->origin = w->first;
	w->limit = w->end;
	if (is_sent_as_is(w))
		return true;
	w->sent = BQ_ARENA_NEW(mem, uint32_t, len + 1);
	w->is_char = BQ_ARENA_NEW(mem, bool, len + 1);
	if (w->sent == NULL || w->is_char == NULL)
		return false;
	for (size_t i = 0, n; i < len; i += n) {
		bool good;
		n = read_char(p + i, len - i, &good);
		w->is_char[i] = true;
		for (size_t k = 0; k < n; k++)
			w->sent[i + k] = total;
		bool is_dropped = p[i] == '\r' && w->first + i + 1 < w->raw.len && p[i + 1] == '\n';
		total += is_dropped ? 0 : good ? (uint32_t)n : 3;
	}
	w->sent[len] = total;
	w->is_char[len] = true;
	return true;
}

static bool starts_char(const struct window *w, size_t i)
{
	return w->sent != NULL ? w->is_char[i - w->origin] : i == w->limit || !bq_utf8_is_tail(w->raw.ptr[i]);
}

/* Bytes sent for raw[a .. b), which lie in what was measured. */
static uint32_t sent_between(const struct window *w, size_t a, size_t b)
{
	return w->sent != NULL ? w->sent[b - w->origin] - w->sent[a - w->origin] : (uint32_t)(b - a);
}

/* Load what lies around the match. */
static int load_window(struct window *w, struct locate *lo, const struct bq_place *place)
{
	uint64_t len = place->len < REACH ? place->len : REACH;
	uint64_t from = place->off > REACH ? place->off - REACH : 0;
	int rc = locate_text(lo, from, place->off - from + len + REACH, &w->raw);

	if (rc != BQ_OK)
		return rc;
	if (w->raw.len < place->off - from + len)
		return bq_error_set(&lo->read.error, BQ_EFORMAT, from, "the stored text is shorter than its document");
	w->raw_off = from;
	w->text_bytes = lo->head->text_bytes;
	w->from = (size_t)(place->off - from);
	w->to = w->from + (size_t)len;
	return BQ_OK;
}

/* The start of the character that the end of raw may have cut; raw.len if none
 * of several bytes is there. */
static size_t find_cut_char(const struct window *w)
{
	const char *p = w->raw.ptr;
	size_t at = w->raw.len - 1;
	bool good;

	while (at > 0 && w->raw.len - at < 4 && bq_utf8_is_tail(p[at]))
		at--;
	if (bq_utf8_len(p[at]) > 1 && at + read_char(p + at, w->raw.len - at, &good) == w->raw.len)
		return at;
	return w->raw.len;
}

/* Where the line starts that is `ctx` lines before that of byte `at`. */
static size_t lines_before(struct bq_span raw, size_t at, uint32_t ctx)
{
	const char *p;

	for (uint32_t lines = 0; (p = memrchr(raw.ptr, '\n', at)) != NULL; lines++) {
		at = (size_t)(p - raw.ptr);
		if (lines == ctx)
			return at + 1;
	}
	return 0;
}

/* Where the line ends that is `ctx` lines behind that of byte `at`. */
static size_t lines_behind(struct bq_span raw, size_t at, uint32_t ctx)
{
	const char *p;

	for (uint32_t lines = 0; (p = memchr(raw.ptr + at, '\n', raw.len - at)) != NULL; lines++) {
		at = (size_t)(p - raw.ptr);
		if (lines == ctx)
			return at;
		at++;
	}
	return raw.len;
}

/* Whole lines: `ctx` before the match's first line and behind its last.  The
 * ends of raw may cut characters: those are left out. */
static void choose_lines(struct window *w, uint32_t ctx)
{
	w->first = lines_before(w->raw, w->from, ctx);
	if (w->first == 0 && w->raw_off != 0) {
		w->is_cut = true;
		while (w->first < w->from && w->first < 3 && bq_utf8_is_tail(w->raw.ptr[w->first]))
			w->first++;
	}
	w->end = lines_behind(w->raw, w->to, ctx);
	if (w->end == w->raw.len && w->end > w->to && w->raw_off + w->raw.len < w->text_bytes) {
		w->is_cut = true;
		size_t last = find_cut_char(w);
		w->end = last > w->to ? last : w->end;
	}
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
	while (!starts_char(w, w->first) || sent_between(w, w->first, w->from) > take_before)
		w->first++;
	while (!starts_char(w, w->end) || w->end > w->to) {
		if (starts_char(w, w->end) && sent_between(w, w->to, w->end) <= take_behind)
			break;
		w->end--;
	}
	while (!starts_char(w, w->end) || sent_between(w, w->first, w->end) > BQP_MAX_SNIP)
		w->end--;
}

static bool put_text(const struct window *w, struct bq_snip *out, struct bq_arena *mem)
{
	if (w->sent == NULL) {
		out->text = bq_arena_dup(mem, bq_span_make(w->raw.ptr + w->first, w->end - w->first));
		return out->text.ptr != NULL;
	}
	char *to = bq_arena_alloc(mem, sent_between(w, w->first, w->end) + 1u), *p = to;
	if (to == NULL)
		return false;
	for (size_t i = w->first, n; i < w->end; i += n) {
		for (n = 1; i + n < w->end && !starts_char(w, i + n);)
			n++;
		uint32_t sent = sent_between(w, i, i + n);
		bool good;
		(void)read_char(w->raw.ptr + i, n, &good);
		memcpy(p, good ? w->raw.ptr + i : "\xef\xbf\xbd", sent);
		p += sent;
	}
	out->text = bq_span_make(to, (size_t)(p - to));
	return true;
}

/* ---- marks ------------------------------------------------------------- */

/* A byte of the text as one of the text sent, held inside the window. */
static uint32_t sent_at(const struct window *w, uint64_t off)
{
	uint64_t first = w->raw_off + w->first, end = w->raw_off + w->end;

	off = off < first ? first : off > end ? end : off;
	return sent_between(w, w->first, (size_t)(off - w->raw_off));
}

/* The part of a match inside the window, whose words lie within the
 * bounds: empty if the match begins behind it, with BQ_END. */
static int mark_of(const struct window *w, struct locate *lo, const struct match *m, const uint32_t bounds[2],
	struct bq_range *out)
{
	uint32_t start = m->pos - lo->head->body_pos, last = start + m->span - 1;
	uint64_t from = w->raw_off + w->first, end = w->raw_off + w->end, to = end;
	int rc = BQ_OK;

	*out = (struct bq_range){ 0, 0 };
	if (start >= bounds[0]) {
		rc = locate_seek_before(lo, start, end);
		from = lo->word.off;
	}
	if (rc == BQ_OK && last <= bounds[1]) {
		rc = locate_seek_before(lo, last, end);
		if (rc == BQ_OK)
			to = lo->word.off + (m->is_char ? locate_char_len(lo) : lo->word.len);
		else if (rc == BQ_END) /* its first word is inside */
			rc = BQ_OK;
	}
	if (rc == BQ_OK)
		*out = (struct bq_range){ sent_at(w, from), sent_at(w, to) };
	return rc;
}

/* Every match that shows in the window. */
static int put_marks(const struct window *w, struct locate *lo, struct matches *all, struct bq_snip *out,
	struct bq_arena *mem)
{
	uint32_t body_pos = lo->head->body_pos, bounds[2], n = 0;
	int rc = locate_bounds(lo, w->raw_off + w->first, w->raw_off + w->end, &bounds[0], &bounds[1]);

	if (rc != BQ_OK)
		return rc;
	uint32_t low = body_pos + bounds[0], back = all->max_span < low - body_pos ? all->max_span : low - body_pos;
	if (!match_between(all, low - back, (uint64_t)body_pos + bounds[1] + 1))
		return match_status(all, &lo->read.error);
	struct bq_range *marks = bq_arena_alloc(mem, (size_t)all->n * sizeof *marks);
	if (marks == NULL)
		return BQ_ENOMEM;
	for (uint32_t i = 0; rc == BQ_OK && i < all->n; i++) {
		const struct match *m = &all->list[i];
		if (m->pos + m->span <= low)
			continue;
		rc = mark_of(w, lo, m, bounds, &marks[n]);
		n += marks[n].to > marks[n].from;
	}
	out->n_marks = match_join(marks, n);
	out->marks = marks;
	return rc == BQ_END ? BQ_OK : rc;
}

static int make_snip(struct bq_query *q, struct locate *lo, struct matches *all, const struct bq_place *place,
	uint32_t ctx, struct bq_snip *out)
{
	struct window w = { 0 };
	int rc = load_window(&w, lo, place);

	if (rc != BQ_OK)
		return rc;
	choose_lines(&w, ctx);
	if (!measure(&w, &q->searcher->leaf_mem))
		return BQ_ENOMEM;
	cut_window(&w);
	out->is_cut = w.is_cut;
	out->tline = place->line;
	for (size_t i = w.first; i < w.from; i++)
		out->tline -= w.raw.ptr[i] == '\n';
	if (!put_text(&w, out, q->mem))
		return BQ_ENOMEM;
	w.raw = (struct bq_span){ NULL, 0 }; /* the marks are located next */
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
