/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/unite.h"

#include <stdlib.h>
#include <string.h>

bool unite_start(struct unite *u, uint32_t max)
{
	struct chain *grown;

	for (; u->n > 0; u->n--)
		chain_release(&u->chains[u->n - 1]);
	u->oom = false;
	if (max <= u->max)
		return true;
	grown = realloc(u->chains, max * sizeof *grown);
	if (grown == NULL) {
		u->oom = true;
		return false;
	}
	u->chains = grown;
	u->max = max;
	return true;
}

static void exchange(struct unite *u, uint32_t i, uint32_t j)
{
	struct chain tmp = u->chains[i];

	u->chains[i] = u->chains[j];
	u->chains[j] = tmp;
}

static void sift_down(struct unite *u)
{
	for (uint32_t i = 0, child; (child = 2 * i + 1) < u->n; i = child) {
		if (child + 1 < u->n && u->chains[child + 1].doc < u->chains[child].doc)
			child++;
		if (u->chains[i].doc <= u->chains[child].doc)
			return;
		exchange(u, i, child);
	}
}

/* Move the first chain to its next document, or out of the heap. */
static void advance_first(struct unite *u)
{
	if (!chain_next(&u->chains[0])) {
		u->oom |= u->chains[0].oom;
		chain_release(&u->chains[0]);
		u->chains[0] = u->chains[--u->n];
	}
	sift_down(u);
}

void unite_add(struct unite *u, const struct inverter *v, const struct slot *s)
{
	struct chain *c = &u->chains[u->n];

	chain_init(c, v, s);
	if (!chain_next(c)) {
		u->oom |= c->oom;
		chain_release(c);
		return;
	}
	for (uint32_t i = u->n++; i > 0 && u->chains[i].doc < u->chains[(i - 1) / 2].doc; i = (i - 1) / 2)
		exchange(u, i, (i - 1) / 2);
}

bool unite_next(struct unite *u)
{
	if (u->n == 0 || u->oom)
		return false;
	u->doc = u->chains[0].doc;
	u->tf = 0;
	while (u->n > 0 && u->chains[0].doc == u->doc) {
		u->tf += u->chains[0].tf;
		advance_first(u);
	}
	return !u->oom;
}

void unite_release(struct unite *u)
{
	for (; u->n > 0; u->n--)
		chain_release(&u->chains[u->n - 1]);
	free(u->chains);
	memset(u, 0, sizeof *u);
}
