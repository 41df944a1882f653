/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which places of a document to show.  The best place has the most clauses of
 * the query within WINDOW positions, of those the most on its own line, of
 * those it is the first.
 */
#include "query/show/locate.h"
#include "query/show/match.h"

enum {
	WINDOW = 64,         /* positions */
	MAX_CANDIDATES = 128,
	MAX_LOOKED_AT = 4096, /* matches whose line is looked up for further places */
};

struct places {
	struct locate lo;
	const struct bq_doc_head *head;
	struct matches *all;
	uint32_t first;      /* match of the text: those before it are in a title of its own */
	uint32_t *seen;      /* of each clause: the round that counted it last */
	uint32_t round;
};

static struct match *match_of(struct places *p, uint32_t i)
{
	return match_reach(p->all, i) ? &p->all->m[i] : NULL;
}

/* Count the clause of `m` if this round has not. */
static uint32_t count_clause(struct places *p, const struct match *m)
{
	if (p->seen[m->clause] == p->round)
		return 0;
	p->seen[m->clause] = p->round;
	return 1;
}

/* Match `i`, if it is in the window that begins at position `first`. */
static struct match *match_near(struct places *p, uint32_t first, uint32_t i)
{
	struct match *m = match_of(p, i);

	return m != NULL && m->pos - first < WINDOW ? m : NULL;
}

/* Clauses within the window of match `i`. */
static uint32_t count_near(struct places *p, uint32_t i)
{
	uint32_t n = 0, pos = p->all->m[i].pos;
	const struct match *m;

	p->round++;
	for (uint32_t j = i; n < p->all->n_clauses && (m = match_near(p, pos, j)) != NULL; j++)
		n += count_clause(p, m);
	return n;
}

/* Find the line of `m`, once. */
static int find_line(struct places *p, struct match *m)
{
	int rc;

	if (m->line != 0)
		return BQ_OK;
	rc = locate_seek(&p->lo, m->pos - p->head->body_pos);
	if (rc != BQ_OK)
		return rc;
	m->line = p->lo.word.line;
	m->off = p->lo.word.off;
	return BQ_OK;
}

/* Clauses that begin on the line of match `i`, within its window: at most
 * `most`. */
static int count_on_line(struct places *p, uint32_t i, uint32_t most, uint32_t *out)
{
	uint32_t pos = p->all->m[i].pos;
	int rc = find_line(p, &p->all->m[i]);
	uint64_t line = p->all->m[i].line;
	struct match *m;

	*out = 0;
	p->round++;
	for (uint32_t j = i; rc == BQ_OK && *out < most && (m = match_near(p, pos, j)) != NULL; j++) {
		rc = find_line(p, m);
		if (rc == BQ_OK && m->line != line)
			break;
		*out += count_clause(p, m);
	}
	return rc;
}

static int find_best(struct places *p, uint32_t *best)
{
	uint32_t most = 0, most_on_line = 0, n_candidates = 0;

	for (uint32_t i = p->first; most < p->all->n_clauses && match_of(p, i) != NULL; i++) {
		uint32_t n = count_near(p, i);
		most = n > most ? n : most;
	}
	*best = p->first;
	for (uint32_t i = p->first; n_candidates < MAX_CANDIDATES && most_on_line < most && match_of(p, i) != NULL; i++) {
		uint32_t n;
		if (count_near(p, i) < most)
			continue;
		n_candidates++;
		int rc = count_on_line(p, i, most, &n);
		if (rc != BQ_OK)
			return rc;
		if (n > most_on_line) {
			most_on_line = n;
			*best = i;
		}
	}
	return BQ_OK;
}

/* All of one place; its line is known. */
static int make_place(struct places *p, const struct match *m, struct bq_place *out)
{
	uint32_t first = m->pos - p->head->body_pos;
	uint64_t start = 0, end;
	int rc = locate_seek(&p->lo, first);
	struct locate_word word = p->lo.word;

	if (rc == BQ_OK)
		rc = locate_seek(&p->lo, first + m->span - 1);
	if (rc != BQ_OK)
		return rc;
	end = p->lo.word.off + (m->is_char ? p->lo.word.char_len : p->lo.word.len);
	rc = locate_line_start(&p->lo, &word, &start);
	if (rc != BQ_OK)
		return rc;
	*out = (struct bq_place){ .line = m->line, .col = m->off - start + 1, .off = m->off, .len = end - m->off };
	return BQ_OK;
}

/* The best place, then others in text order, one a line. */
static int list_places(struct places *p, uint32_t max, struct bq_places *out, struct bq_arena *mem)
{
	struct bq_place *list = NULL;
	uint32_t best, n = 0, room = 0;
	int rc = find_best(p, &best);
	struct match *m;

	while (room < max && match_of(p, p->first + room) != NULL)
		room++;
	list = BQ_ARENA_NEW(mem, struct bq_place, room);
	if (list == NULL)
		return BQ_ENOMEM;
	if (rc == BQ_OK)
		rc = find_line(p, &p->all->m[best]);
	if (rc == BQ_OK)
		rc = make_place(p, &p->all->m[best], &list[n++]);
	uint64_t line = 0;
	for (uint32_t i = 0; rc == BQ_OK && n < room && i < MAX_LOOKED_AT && (m = match_of(p, p->first + i)) != NULL; i++) {
		rc = find_line(p, m);
		if (rc != BQ_OK || m->line == line || m->line == list[0].line)
			continue;
		line = m->line;
		rc = make_place(p, m, &list[n++]);
	}
	out->places = list;
	out->n = n;
	return rc;
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

static int find_places(struct bq_query *q, struct places *p, uint32_t max, struct bq_places *out)
{
	const struct plan_group *g = &q->groups[q->indexes[q->matches_of.index].group];
	struct bq_span probe;
	int rc = locate_text(&p->lo, 0, 0, &probe);

	if (rc == BQ_ENOTFOUND) /* no text is kept: nothing to show */
		return BQ_OK;
	if (rc != BQ_OK)
		return rc;
	p->seen = BQ_ARENA_NEW(p->all->mem, uint32_t, g->n_clauses);
	if (p->seen != NULL)
		rc = list_places(p, max, out, q->mem);
	return p->seen == NULL ? BQ_ENOMEM : rc;
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
	p.first = match_at(all, head->body_pos);
	if (max != 0)
		rc = match_reach(all, p.first) ? find_places(q, &p, max, out) : title_place(all, head, out, q->mem);
	if (rc == BQ_OK)
		rc = match_status(all, &p.lo.read.error);
	if (p.lo.read.error.status != BQ_OK && err != NULL)
		*err = p.lo.read.error;
	else if (rc != BQ_OK)
		bq_error_set(err, rc, 0, "the places could not be found");
	return p.lo.read.error.status != BQ_OK ? p.lo.read.error.status : rc;
}
