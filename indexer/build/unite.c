/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/unite.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOW = 1 << 15, AT_ONCE = 256 }; /* documents */

struct unite_window {
	uint32_t first;
	uint32_t sums[WINDOW];
	uint64_t bits[WINDOW / 64];
	uint64_t upper[WINDOW / 64 / 64];
	bool is_open; /* not all has been given yet */
};

static void stop_walk(struct unite *u, uint32_t i)
{
	u->walks[i].v->ops->stop(&u->walks[i]);
	u->walks[i] = u->walks[--u->n];
}

static void stop_all(struct unite *u)
{
	while (u->n > 0)
		stop_walk(u, u->n - 1);
	if (u->window != NULL && u->window->is_open)
		memset(u->window, 0, sizeof *u->window);
}

bool unite_start(struct unite *u, uint32_t max)
{
	struct walk *grown;

	stop_all(u);
	if (u->window == NULL)
		u->window = calloc(1, sizeof *u->window);
	if (max <= u->max || u->window == NULL)
		return u->window != NULL;
	grown = realloc(u->walks, max * sizeof *grown);
	if (grown == NULL)
		return false;
	u->walks = grown;
	u->max = max;
	return true;
}

void unite_add(struct unite *u, struct vocabulary *v, uint32_t word)
{
	struct walk *w = &u->walks[u->n++];
	struct postings_room none = { .n = 0 };

	v->ops->start(v, word, w);
	vocabulary_take(w, 0, &none); /* go to the first document */
	if (w->doc == BQ_DOC_END)
		stop_walk(u, u->n - 1);
}

/* What a walk has of the window. */
static void add_walk(struct unite_window *win, struct walk *w)
{
	uint32_t docs[AT_ONCE], tfs[AT_ONCE], limit = win->first < BQ_DOC_END - WINDOW ? win->first + WINDOW : BQ_DOC_END;

	while (w->doc < limit) {
		struct postings_room room = { .docs = docs, .tfs = tfs, .max = AT_ONCE };
		vocabulary_take(w, limit, &room);
		for (uint32_t i = 0; i < room.n; i++) {
			uint32_t at = docs[i] - win->first;
			win->sums[at] += tfs[i];
			win->bits[at / 64] |= UINT64_C(1) << (at % 64);
			win->upper[at / 64 / 64] |= UINT64_C(1) << (at / 64 % 64);
		}
	}
}

/* Go on to the window of the next document; false at the end. */
static bool fill_window(struct unite *u)
{
	struct unite_window *win = u->window;
	uint32_t doc = BQ_DOC_END;

	for (uint32_t i = 0; i < u->n; i++)
		doc = u->walks[i].doc < doc ? u->walks[i].doc : doc;
	win->is_open = u->n != 0;
	win->first = doc / WINDOW * WINDOW;
	for (uint32_t i = u->n; i-- > 0;) {
		add_walk(win, &u->walks[i]);
		if (u->walks[i].doc == BQ_DOC_END)
			stop_walk(u, i);
	}
	return win->is_open;
}

/* Give what 64 documents have.  False if there is no room for all. */
static bool give_word(struct unite_window *win, uint32_t word, struct postings_room *out)
{
	for (; win->bits[word] != 0; win->bits[word] &= win->bits[word] - 1) {
		uint32_t at = word * 64 + (uint32_t)__builtin_ctzll(win->bits[word]);
		if (out->n == out->max)
			return false;
		out->docs[out->n] = win->first + at;
		out->tfs[out->n++] = win->sums[at];
		win->sums[at] = 0;
	}
	return true;
}

/* False if there is no room for all. */
static bool give_window(struct unite_window *win, struct postings_room *out)
{
	for (uint32_t i = 0; i < WINDOW / 64 / 64; i++)
		for (; win->upper[i] != 0; win->upper[i] &= win->upper[i] - 1)
			if (!give_word(win, i * 64 + (uint32_t)__builtin_ctzll(win->upper[i]), out))
				return false;
	win->is_open = false;
	return true;
}

void unite_take(struct unite *u, struct postings_room *out)
{
	while ((u->window->is_open || fill_window(u)) && give_window(u->window, out))
		;
}

void unite_release(struct unite *u)
{
	stop_all(u);
	free(u->walks);
	free(u->window);
	memset(u, 0, sizeof *u);
}
