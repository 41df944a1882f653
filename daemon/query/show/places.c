/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which places of a document to show.  The best place has the most clauses of
 * the query within WINDOW positions, of those the most on its own line, of
 * those it is the first.
 *
 *   data     7 . . . . . . . . 900 . . 950       a window with more clauses than
 *   sharing  . . . . . . . . . . . 940 . .       the best so far holds begins at
 *                              ~~~~~~~~~         877 or behind: data 7 is left out
 */
#include "query/show/locate.h"
#include "query/show/match.h"

enum {
	WINDOW = 64,         /* positions */
	MAX_CANDIDATES = 128,
	MAX_LOOKED_AT = 4096, /* matches whose line is looked up for further places */
};

/* A clause on the way through the text. */
struct place_run {
	struct run *run;
	uint32_t at;  /* its match not behind us */
	uint64_t pos; /* where that begins */
};

struct places {
	struct locate lo;
	const struct bq_doc_head *head;
	struct matches *all;
	struct place_run *runs; /* those not at their end, by pos */
	uint32_t n_runs;
	uint32_t *seen;      /* of each clause: the round that counted it last */
	uint32_t round;
	struct locate_word words[WINDOW]; /* first words of matches, by position; of length 0: none */
};

/* ---- windows ----------------------------------------------------------- */

/* Let `r` go on to its first match at `pos` or behind; false if there is none. */
static bool seek_run(struct place_run *r, uint64_t pos)
{
	if (!run_seek(r->run, &r->at, pos))
		return false;
	r->pos = r->run->pos[r->at];
	return true;
}

/* Put `r` in the place of runs[at], or behind those of the later ones that begin
 * before it. */
static void sort_in(struct places *p, struct place_run r, uint32_t at)
{
	for (; at + 1 < p->n_runs && p->runs[at + 1].pos < r.pos; at++)
		p->runs[at] = p->runs[at + 1];
	p->runs[at] = r;
}

/* Stand before all matches at `pos` and behind. */
static void begin_at(struct places *p, uint64_t pos)
{
	p->n_runs = 0;
	for (uint32_t i = 0; i < p->all->n_runs; i++) {
		struct place_run r = { .run = p->all->runs[i] };
		uint32_t at = p->n_runs;
		if (!seek_run(&r, pos))
			continue;
		for (; at > 0 && p->runs[at - 1].pos > r.pos; at--)
			p->runs[at] = p->runs[at - 1];
		p->runs[at] = r;
		p->n_runs++;
	}
}

/* The first run goes on to `pos`. */
static void pass_first(struct places *p, uint64_t pos)
{
	struct place_run r = p->runs[0];

	if (seek_run(&r, pos)) {
		sort_in(p, r, 0);
		return;
	}
	p->n_runs--;
	memmove(p->runs, p->runs + 1, p->n_runs * sizeof *p->runs);
}

/* Go on to the next match that begins a window of at least `least` clauses;
 * false if none does. */
static bool find_window(struct places *p, uint32_t least)
{
	while (p->n_runs >= least) {
		uint64_t last = p->runs[least - 1].pos;
		if (last - p->runs[0].pos < WINDOW)
			return true;
		pass_first(p, last - WINDOW + 1);
	}
	return false;
}

/* The clauses of the window at hand. */
static uint32_t count_window(const struct places *p)
{
	uint32_t n = 0;

	while (n < p->n_runs && p->runs[n].pos - p->runs[0].pos < WINDOW)
		n++;
	return n;
}

/* Leave the matches behind that begin with the window at hand. */
static void pass_window(struct places *p)
{
	uint64_t pos = p->runs[0].pos;

	while (p->n_runs != 0 && p->runs[0].pos == pos)
		pass_first(p, pos + 1);
}

/* ---- lines ------------------------------------------------------------- */

/* The first word of match `m`, with its line; looked up once while others near
 * it are looked at. */
static int find_word(struct places *p, const struct match *m, struct locate_word *out)
{
	uint32_t ord = m->pos - p->head->body_pos;
	struct locate_word *known = &p->words[ord % WINDOW];
	int rc = BQ_OK;

	if (known->len == 0 || known->ord != ord) {
		rc = locate_seek(&p->lo, ord);
		if (rc == BQ_OK)
			*known = p->lo.word;
	}
	*out = *known;
	return rc;
}

/* Clauses that begin on the line of the first match of the window at hand, at
 * most `most`; *out is that match. */
static int count_on_line(struct places *p, uint32_t most, struct match *out, uint32_t *count)
{
	struct matches *all = p->all;
	uint64_t pos = p->runs[0].pos;
	struct locate_word first, word;
	int rc = match_between(all, pos, pos + WINDOW) ? BQ_OK : match_status(all, &p->lo.read.error);

	*count = 0;
	if (rc == BQ_OK) {
		*out = all->list[0];
		rc = find_word(p, out, &first);
	}
	p->round++;
	for (uint32_t i = 0; rc == BQ_OK && *count < most && i < all->n; i++) {
		rc = find_word(p, &all->list[i], &word);
		if (rc != BQ_OK || word.line != first.line)
			break;
		*count += p->seen[all->list[i].clause] != p->round;
		p->seen[all->list[i].clause] = p->round;
	}
	return rc;
}

/* The best place of a text that has a match. */
static int find_best(struct places *p, struct match *best)
{
	uint32_t most = 0, most_on_line = 0;
	uint64_t first = p->head->body_pos;
	int rc = BQ_OK;

	for (begin_at(p, first); find_window(p, most + 1);) {
		most = count_window(p);
		first = p->runs[0].pos;
	}
	begin_at(p, first);
	for (uint32_t n = 0; rc == BQ_OK && n < MAX_CANDIDATES && most_on_line < most && find_window(p, most); n++) {
		uint32_t on_line;
		struct match m;
		rc = count_on_line(p, most, &m, &on_line);
		if (on_line > most_on_line) {
			most_on_line = on_line;
			*best = m;
		}
		pass_window(p);
	}
	return rc;
}

/* ---- places ------------------------------------------------------------ */

/* All of one place, whose first word is `word`. */
static int make_place(struct places *p, const struct match *m, const struct locate_word *word, struct bq_place *out)
{
	uint64_t start = 0, end;
	int rc = locate_seek(&p->lo, word->ord + m->span - 1);

	if (rc != BQ_OK)
		return rc;
	end = p->lo.word.off + (m->is_char ? locate_char_len(&p->lo) : p->lo.word.len);
	rc = locate_line_start(&p->lo, word, &start);
	if (rc != BQ_OK)
		return rc;
	*out = (struct bq_place){ .line = word->line, .col = word->off - start + 1, .off = word->off,
		.len = end - word->off };
	return BQ_OK;
}

/* Others than the first, in text order, one a line. */
static int add_others(struct places *p, uint32_t room, struct bq_places *out, struct bq_place *list)
{
	struct locate_word word;
	uint64_t line = 0;
	int rc = BQ_OK;

	begin_at(p, p->head->body_pos);
	for (uint32_t i = 0; rc == BQ_OK && out->n < room && i < MAX_LOOKED_AT && p->n_runs != 0; i++) {
		uint64_t pos = p->runs[0].pos;
		if (!match_between(p->all, pos, pos + 1))
			return match_status(p->all, &p->lo.read.error);
		rc = find_word(p, &p->all->list[0], &word);
		if (rc == BQ_OK && word.line != line && word.line != list[0].line) {
			line = word.line;
			rc = make_place(p, &p->all->list[0], &word, &list[out->n]);
			out->n += rc == BQ_OK;
		}
		pass_window(p);
	}
	return rc;
}

/* The best place, then others. */
static int list_places(struct places *p, uint32_t max, struct bq_places *out, struct bq_arena *mem)
{
	uint32_t room = max < MAX_LOOKED_AT ? max : MAX_LOOKED_AT;
	struct bq_place *list = BQ_ARENA_NEW(mem, struct bq_place, room);
	struct locate_word word;
	struct match best = { 0 };
	int rc;

	p->seen = BQ_ARENA_NEW(p->all->mem, uint32_t, p->all->n_ids);
	if (list == NULL || p->seen == NULL)
		return BQ_ENOMEM;
	rc = find_best(p, &best);
	if (rc == BQ_OK)
		rc = match_status(p->all, &p->lo.read.error);
	if (rc == BQ_OK)
		rc = find_word(p, &best, &word);
	if (rc == BQ_OK)
		rc = make_place(p, &best, &word, &list[0]);
	out->places = list;
	out->n = rc == BQ_OK;
	return rc == BQ_OK && room > 1 ? add_others(p, room, out, list) : rc;
}

/* A hit without a match in the text: the first one in its title. */
static int title_place(const struct matches *all, const struct bq_doc_head *head, struct bq_places *out,
	struct bq_arena *mem)
{
	struct bq_place *place;

	if (all->n_title == 0 || head->title_in_text)
		return BQ_OK;
	place = BQ_ARENA_NEW(mem, struct bq_place, 1);
	if (place == NULL)
		return BQ_ENOMEM;
	*place = (struct bq_place){ .in_title = true, .len = all->title[0].to - all->title[0].from };
	out->places = place;
	out->n = 1;
	return BQ_OK;
}

static int find_places(struct places *p, uint32_t max, struct bq_places *out, struct bq_arena *mem)
{
	struct bq_span probe;
	int rc;

	p->runs = BQ_ARENA_NEW(p->all->mem, struct place_run, p->all->n_runs);
	if (p->runs == NULL)
		return BQ_ENOMEM;
	begin_at(p, p->head->body_pos);
	if (p->n_runs == 0)
		return title_place(p->all, p->head, out, mem);
	rc = locate_text(&p->lo, 0, 0, &probe);
	if (rc == BQ_ENOTFOUND) /* no text is kept: nothing to show */
		return BQ_OK;
	return rc == BQ_OK ? list_places(p, max, out, mem) : rc;
}

int bq_query_places(struct bq_query *q, const struct bq_hit *hit, const struct bq_doc_head *head, uint32_t max,
	struct bq_places *out, struct bq_error *err)
{
	struct places p = { .head = head };
	struct matches *all;
	int rc = match_collect(q, hit, head, &all, err);

	memset(out, 0, sizeof *out);
	if (rc != BQ_OK)
		return rc;
	struct bq_range *marks = BQ_ARENA_NEW(q->mem, struct bq_range, all->n_title);
	if (marks == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for the places");
	if (all->n_title != 0)
		memcpy(marks, all->title, all->n_title * sizeof *marks);
	out->title_marks = marks;
	out->n_title_marks = all->n_title;
	locate_init(&p.lo, q, hit, head);
	p.all = all;
	if (max != 0)
		rc = find_places(&p, max, out, q->mem);
	if (rc == BQ_OK)
		rc = match_status(all, &p.lo.read.error);
	if (p.lo.read.error.status != BQ_OK && err != NULL)
		*err = p.lo.read.error;
	else if (rc != BQ_OK)
		bq_error_set(err, rc, 0, "the places could not be found");
	return p.lo.read.error.status != BQ_OK ? p.lo.read.error.status : rc;
}
