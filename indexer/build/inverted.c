/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/inverted.h"

#include <stdlib.h>
#include <string.h>

static struct inverted *inverted_of(const struct vocabulary *v)
{
	return (struct inverted *)(uintptr_t)v;
}

static struct bq_span get_word(const struct vocabulary *v, uint32_t i)
{
	return slot_word(inverted_of(v)->sorted[i]);
}

static void start_walk(struct vocabulary *v, uint32_t i, struct walk *w)
{
	const struct inverted *in = inverted_of(v);

	memset(w, 0, sizeof *w);
	w->v = v;
	chain_init(&w->chain, in->inverter, in->sorted[i]);
}

static bool next_doc(struct walk *w)
{
	if (!chain_next(&w->chain)) {
		inverted_of(w->v)->oom |= w->chain.oom;
		return false;
	}
	w->doc = w->chain.doc;
	w->tf = w->chain.tf;
	return true;
}

static const uint32_t *get_positions(struct walk *w)
{
	return w->chain.positions;
}

static void stop_walk(struct walk *w)
{
	chain_release(&w->chain);
}

static int check(const struct vocabulary *v, struct bq_error *err)
{
	if (!inverted_of(v)->oom)
		return BQ_OK;
	return bq_error_set(err, BQ_ENOMEM, 0, "no memory to write %u words", v->n);
}

bool inverted_init(struct inverted *in, const struct inverter *from)
{
	static const struct vocabulary_ops ops = { get_word, start_walk, next_doc, get_positions, stop_walk, NULL, check };

	*in = (struct inverted){ .v = { .ops = &ops, .n = from->n_terms }, .inverter = from };
	in->sorted = inverter_sort(from);
	for (uint32_t i = 0; in->sorted != NULL && i < from->n_terms; i++) {
		in->v.n_title += in->sorted[i]->kind == BQ_TERM_TITLE;
		in->v.n_marked += in->sorted[i]->kind == BQ_TERM_MARKED;
	}
	return in->sorted != NULL;
}

void inverted_release(struct inverted *in)
{
	free(in->sorted);
	in->sorted = NULL;
}
