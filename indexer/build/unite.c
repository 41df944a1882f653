/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/unite.h"

#include <stdlib.h>
#include <string.h>

static void stop_all(struct unite *u)
{
	for (; u->n > 0; u->n--)
		u->walks[u->n - 1].v->ops->stop(&u->walks[u->n - 1]);
}

bool unite_start(struct unite *u, uint32_t max)
{
	struct walk *grown;

	stop_all(u);
	if (max <= u->max)
		return true;
	grown = realloc(u->walks, max * sizeof *grown);
	if (grown == NULL)
		return false;
	u->walks = grown;
	u->max = max;
	return true;
}

static void exchange(struct unite *u, uint32_t i, uint32_t j)
{
	struct walk tmp = u->walks[i];

	u->walks[i] = u->walks[j];
	u->walks[j] = tmp;
}

static void sift_down(struct unite *u)
{
	for (uint32_t i = 0, child; (child = 2 * i + 1) < u->n; i = child) {
		if (child + 1 < u->n && u->walks[child + 1].doc < u->walks[child].doc)
			child++;
		if (u->walks[i].doc <= u->walks[child].doc)
			return;
		exchange(u, i, child);
	}
}

/* Move the first walk to its next document, or out of the heap. */
static void advance_first(struct unite *u)
{
	struct walk *first = &u->walks[0];

	if (!first->v->ops->next(first)) {
		first->v->ops->stop(first);
		*first = u->walks[--u->n];
	}
	sift_down(u);
}

void unite_add(struct unite *u, struct vocabulary *v, uint32_t word)
{
	struct walk *w = &u->walks[u->n];

	v->ops->start(v, word, w);
	if (!v->ops->next(w)) {
		v->ops->stop(w);
		return;
	}
	for (uint32_t i = u->n++; i > 0 && u->walks[i].doc < u->walks[(i - 1) / 2].doc; i = (i - 1) / 2)
		exchange(u, i, (i - 1) / 2);
}

bool unite_next(struct unite *u)
{
	if (u->n == 0)
		return false;
	u->doc = u->walks[0].doc;
	u->tf = 0;
	while (u->n > 0 && u->walks[0].doc == u->doc) {
		u->tf += u->walks[0].tf;
		advance_first(u);
	}
	return true;
}

void unite_release(struct unite *u)
{
	stop_all(u);
	free(u->walks);
	memset(u, 0, sizeof *u);
}
