/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The queries that can skip documents: words and phrases side by side.
 *
 *   +a +"b c" d -e     must    a      lists a
 *                              "b c"  lists b, c
 *                      should  d
 *                      not     any tree
 *
 * A document must be in all lists of all `must` clauses or, if there are none,
 * of one `should` clause; its points are the sum over the clauses it matches.
 */
#ifndef QUERY_FLAT_H
#define QUERY_FLAT_H

#include "query/eval/bound.h"
#include "query/eval/node.h"

struct lookup;

struct flat_clause {
	struct node *node;   /* TERM, UNION or PHRASE */
	struct node **lists; /* TERM or UNION: a matching document is in all */
	uint32_t n_lists;
	bool is_phrase;      /* being in all lists is not enough */
	struct bound bound;
	uint32_t most;       /* points in the window at hand */
	uint8_t *impacts;    /* maxscore.c: of each window of a stretch */
	struct lookup *lookup; /* prune.c: of a phrase whose lists are moved by it alone, or NULL */
};

struct flat {
	struct flat_clause *must; /* words before phrases, each rarest first */
	struct flat_clause **should; /* in any order */
	struct node **not;
	uint32_t n_must, n_should, n_not;
	/* the rarest list of `must` and its clause */
	struct node *lead;
	struct flat_clause *lead_clause;
};

/* Lay out the tree under `root`; lives in its eval's read.mem.  false if it is
 * no such tree, or when the arena is full. */
bool flat_build(struct flat *f, struct node *root, const struct bq_index *ix);

/* Whether every clause, also those left out, is one word with a list. */
bool flat_is_words(const struct flat *f);

/* The rarest list of a clause. */
struct node *flat_rarest(const struct flat_clause *c);

/* Keep of docs[0 .. n), ascending, those that all of `must`, which are words,
 * hold; returns how many. */
uint32_t flat_hold_all(const struct flat *f, uint32_t *docs, uint32_t n);

/* Move all lists of words back before their first document. */
void flat_rewind(const struct flat *f);

/* Move `list`, a TERM or UNION, to the first document >= target. */
static inline uint32_t flat_seek(struct node *list, uint32_t target)
{
	if (list->kind == NODE_TERM)
		return list->doc = bq_cursor_seek(list->cursor, target);
	return node_seek(list, target);
}

/* Set c->most to what no document of the clause in [from, to) exceeds.  false
 * if it surely has none there.  `from` never falls. */
bool flat_bound(struct flat_clause *c, uint32_t from, uint32_t to);

/* Put f->should in the order of their `most`, the least first. */
void flat_sort_should(const struct flat *f);

#endif
