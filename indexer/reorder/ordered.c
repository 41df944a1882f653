/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reorder/ordered.h"

#include <stdlib.h>
#include <string.h>

enum {
	FEW = 32,                /* are sorted by insertion */
	DIGIT = 11,              /* bits */
	AT_ONCE = 256,           /* positions that are read with their documents: a second reading costs more */
	LEAST_BYTES = 64 << 10,  /* a list may have, whatever is held */
	KEEP_BYTES = 1 << 20,    /* of room that the next list uses again */
};

/* One document of a list. */
struct spot {
	uint32_t place, tf;
	uint64_t at; /* its first position in `positions` */
};

/* A list, or a window of one, in order. */
struct sorted {
	struct sorted *next;
	struct bq_buf spots, other; /* struct spot; `other` is for sorting */
	struct bq_buf positions;    /* u32, in the order of the base */
	bool has_positions;         /* many are read when they are asked for */
	uint32_t from, to, width;   /* places [from, to) are here */
	uint32_t i, n;              /* spots[i] is next */
	uint64_t n_positions;
	uint64_t held;              /* bytes that count as the vocabulary's */
};

static struct ordered *ordered_of(const struct vocabulary *v)
{
	return (struct ordered *)(uintptr_t)v;
}

static struct spot *spots_of(struct bq_buf *b)
{
	return (struct spot *)(void *)b->ptr;
}

/* ---- sorting ----------------------------------------------------------- */

static void insert_all(struct spot *s, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		struct spot moved = s[i];
		uint32_t j = i;
		for (; j > 0 && s[j - 1].place > moved.place; j--)
			s[j] = s[j - 1];
		s[j] = moved;
	}
}

/* By one digit of the place, stable. */
static void deal(const struct spot *in, struct spot *out, uint32_t n, unsigned shift)
{
	uint32_t ends[1 << DIGIT] = { 0 }, sum = 0, mask = (1u << DIGIT) - 1;

	for (uint32_t i = 0; i < n; i++)
		ends[in[i].place >> shift & mask]++;
	for (uint32_t d = 0; d <= mask; d++) {
		uint32_t count = ends[d];
		ends[d] = sum;
		sum += count;
	}
	for (uint32_t i = 0; i < n; i++)
		out[ends[in[i].place >> shift & mask]++] = in[i];
}

/* False when malloc fails. */
static bool sort_spots(struct sorted *s, uint32_t n_docs)
{
	if (s->n <= FEW) {
		insert_all(spots_of(&s->spots), s->n);
		return true;
	}
	bq_buf_clear(&s->other);
	if (bq_buf_room(&s->other, s->spots.len) == NULL)
		return false;
	for (unsigned shift = 0; shift < 32 && (n_docs - 1) >> shift != 0; shift += DIGIT) {
		struct bq_buf tmp = s->spots;
		deal(spots_of(&s->spots), spots_of(&s->other), s->n, shift);
		s->spots = s->other;
		s->other = tmp;
		s->spots.len = tmp.len;
	}
	return true;
}

/* ---- lists ------------------------------------------------------------- */

static void release_room(struct sorted *s)
{
	bq_buf_release(&s->spots);
	bq_buf_release(&s->other);
	bq_buf_release(&s->positions);
}

static void count_bytes(struct ordered *o, struct sorted *s, uint64_t bytes)
{
	o->bytes += bytes - s->held;
	s->held = bytes;
}

/* What the window takes when it is sorted and has its positions. */
static uint64_t bytes_of(const struct sorted *s)
{
	return 2ull * s->n * sizeof(struct spot) + s->n_positions * sizeof(uint32_t);
}

/* Put the positions of the base's document.  False after a failure. */
static bool put_positions(struct ordered *o, struct sorted *s, struct walk *w)
{
	const uint32_t *positions = o->base->ops->positions(w);

	if (positions != NULL)
		bq_buf_put(&s->positions, positions, w->tf * sizeof *positions);
	return positions != NULL;
}

/* The documents of the window as the base has them.  False if they are too many. */
static bool read_window(struct ordered *o, struct sorted *s, uint32_t word)
{
	uint64_t rest = o->bytes < o->max_bytes ? o->max_bytes - o->bytes : 0,
		most = rest < LEAST_BYTES ? LEAST_BYTES : rest;
	struct walk w;
	bool fits = true;

	bq_buf_clear(&s->spots);
	bq_buf_clear(&s->positions);
	s->i = s->n = 0;
	s->n_positions = 0;
	s->has_positions = vocabulary_kind(o->base, word) == BQ_TERM_WORD;
	o->base->ops->start(o->base, word, &w);
	while (fits && o->base->ops->next(&w)) {
		uint32_t place = o->places[w.doc];
		if (place < s->from || place >= s->to)
			continue;
		struct spot spot = { place, w.tf, s->n_positions };
		bq_buf_put(&s->spots, &spot, sizeof spot);
		s->n++;
		s->n_positions += w.tf;
		s->has_positions = s->has_positions && s->n_positions <= AT_ONCE && put_positions(o, s, &w);
		fits = s->width == 1 || bytes_of(s) <= most;
	}
	o->base->ops->stop(&w);
	return fits;
}

/* The next window that has a document; false at the end or after a failure. */
static bool next_window(struct ordered *o, struct sorted *s, uint32_t word)
{
	while (s->to < o->n_docs) {
		s->from = s->to;
		count_bytes(o, s, 0);
		do {
			s->to = o->n_docs - s->from < s->width ? o->n_docs : s->from + s->width;
		} while (!read_window(o, s, word) && (s->width = (s->width + 1) / 2, true));
		count_bytes(o, s, bytes_of(s));
		if (s->spots.oom || (s->has_positions && s->positions.oom) || !sort_spots(s, o->n_docs))
			o->oom = true;
		if (o->oom || o->base->ops->check(o->base, NULL) != BQ_OK)
			return false;
		if (s->n != 0)
			return true;
	}
	return false;
}

/* All positions of the window.  Walks see the documents that read_window() saw. */
static bool read_positions(struct ordered *o, struct sorted *s, uint32_t word)
{
	struct walk w;
	bool ok = true;

	bq_buf_clear(&s->positions);
	o->base->ops->start(o->base, word, &w);
	while (ok && o->base->ops->next(&w)) {
		uint32_t place = o->places[w.doc];
		if (place >= s->from && place < s->to)
			ok = put_positions(o, s, &w);
	}
	o->base->ops->stop(&w);
	s->has_positions = s->positions.len == s->n_positions * sizeof(uint32_t);
	return s->has_positions;
}

/* ---- the vocabulary ---------------------------------------------------- */

static struct bq_span get_word(const struct vocabulary *v, uint32_t i)
{
	const struct vocabulary *base = ordered_of(v)->base;

	return base->ops->word(base, i);
}

static void start_walk(struct vocabulary *v, uint32_t i, struct walk *w)
{
	struct ordered *o = ordered_of(v);
	struct sorted *s = o->idle;

	memset(w, 0, sizeof *w);
	w->v = v;
	w->word = i;
	if (s != NULL)
		o->idle = s->next;
	else
		s = calloc(1, sizeof *s);
	w->sorted = s;
	o->oom |= s == NULL;
	if (s == NULL)
		return;
	s->from = s->to = s->i = s->n = 0;
	s->width = o->n_docs;
}

static bool next_doc(struct walk *w)
{
	struct ordered *o = ordered_of(w->v);
	struct sorted *s = w->sorted;

	if (s == NULL || (s->i == s->n && !next_window(o, s, w->word)))
		return false;
	const struct spot *spot = &spots_of(&s->spots)[s->i++];
	w->doc = spot->place;
	w->tf = spot->tf;
	return true;
}

static const uint32_t *get_positions(struct walk *w)
{
	struct sorted *s = w->sorted;

	if (!s->has_positions && !read_positions(ordered_of(w->v), s, w->word)) {
		ordered_of(w->v)->oom |= s->positions.oom;
		return NULL;
	}
	return (const uint32_t *)(const void *)s->positions.ptr + spots_of(&s->spots)[s->i - 1].at;
}

static void stop_walk(struct walk *w)
{
	struct ordered *o = ordered_of(w->v);
	struct sorted *s = w->sorted;

	if (s == NULL)
		return;
	count_bytes(o, s, 0);
	if (s->spots.cap + s->other.cap + s->positions.cap > KEEP_BYTES)
		release_room(s);
	s->next = o->idle;
	o->idle = s;
	w->sorted = NULL;
}

static void rest(struct vocabulary *v)
{
	struct ordered *o = ordered_of(v);

	if (o->base->ops->rest != NULL)
		o->base->ops->rest(o->base);
}

static int check(const struct vocabulary *v, struct bq_error *err)
{
	const struct ordered *o = ordered_of(v);
	int rc = o->base->ops->check(o->base, err);

	if (rc == BQ_OK && o->oom)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory to sort a list");
	return rc;
}

static struct vocabulary *fork_vocabulary(const struct vocabulary *v, unsigned n)
{
	const struct ordered *o = ordered_of(v);
	struct vocabulary *base = o->base->ops->fork(o->base, n);
	struct ordered *copy = base == NULL ? NULL : malloc(sizeof *copy);

	if (copy == NULL) {
		if (base != NULL)
			o->base->ops->join(base);
		return NULL;
	}
	ordered_init(copy, base, o->places, o->n_docs, o->max_bytes / n);
	return &copy->v;
}

static void join_vocabulary(struct vocabulary *v)
{
	struct ordered *o = ordered_of(v);

	o->base->ops->join(o->base);
	ordered_release(o);
	free(o);
}

void ordered_init(struct ordered *o, struct vocabulary *base, const uint32_t *places, uint32_t n_docs,
	uint64_t max_bytes)
{
	static const struct vocabulary_ops ops = { get_word, start_walk, next_doc, get_positions, NULL, stop_walk, rest,
		check, fork_vocabulary, join_vocabulary };

	*o = (struct ordered){ .v = *base, .base = base, .places = places, .n_docs = n_docs, .max_bytes = max_bytes };
	o->v.ops = &ops;
}

void ordered_release(struct ordered *o)
{
	for (struct sorted *s = o->idle, *next; s != NULL; s = next) {
		next = s->next;
		release_room(s);
		free(s);
	}
	o->idle = NULL;
}
