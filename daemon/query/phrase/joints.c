/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * All documents at once, list by list: no branch depends on a tf.
 */
#include "query/phrase/joints.h"

#include <string.h>

/* The words before and behind word `i`.  Where one is as often as its pair with
 * word `i`, a word `i` stands beside it everywhere. */
struct sides {
	const uint32_t *word[2], *pair[2]; /* tfs of that neighbour, and of the pair; unequal: no pair */
	uint32_t list[2];                  /* the neighbour's */
};

static const uint32_t no_word[JOINTS_DOCS];

/* A neighbour that is the same word says nothing. */
static void find_side(const struct joints *j, uint32_t own, uint32_t neighbour, uint32_t pair, unsigned side,
	struct sides *out)
{
	bool is_known = pair != JOINTS_NONE && j->words[neighbour] != own;

	out->word[side] = is_known ? j->lists[j->words[neighbour]].tfs : no_word;
	out->pair[side] = is_known ? j->lists[pair].tfs : j->lists[j->any_pair].tfs;
	out->list[side] = is_known ? j->words[neighbour] : own;
}

static struct sides sides_of(const struct joints *j, uint32_t i)
{
	struct sides s;

	find_side(j, j->words[i], i - 1, i == 0 ? JOINTS_NONE : j->pairs[i - 1], 0, &s);
	find_side(j, j->words[i], i + 1, j->pairs[i], 1, &s);
	return s;
}

/* Take out of spared[] where word `i` is alone. */
static void look_around(const struct sides *s, uint32_t n_docs, uint32_t *restrict spared)
{
	const uint32_t *w0 = s->word[0], *p0 = s->pair[0], *w1 = s->word[1], *p1 = s->pair[1];

	for (uint32_t d = 0; d < n_docs; d++)
		spared[d] &= (uint32_t)(w0[d] == p0[d]) | (uint32_t)(w1[d] == p1[d]);
}

/* The word before it is enough; else the one behind is needed. */
static void need_sides(const struct joints *j, const struct sides *s, uint32_t n_docs, const uint32_t *restrict spared)
{
	uint32_t *before = j->lists[s->list[0]].needed, *behind = j->lists[s->list[1]].needed;
	const uint32_t *w0 = s->word[0], *p0 = s->pair[0];

	for (uint32_t d = 0; d < n_docs; d++)
		before[d] |= spared[d] & (uint32_t)(w0[d] == p0[d]);
	for (uint32_t d = 0; d < n_docs; d++)
		behind[d] |= spared[d] & (uint32_t)(w0[d] != p0[d]);
}

bool joints_spare(const struct joints *j, uint32_t list, uint32_t n_docs, uint32_t *restrict spared)
{
	const uint32_t *needed = j->lists[list].needed;
	uint32_t any = 0;

	for (uint32_t d = 0; d < n_docs; d++)
		spared[d] = needed[d] ^ 1;
	for (uint32_t i = 0; i < j->n; i++) {
		if (j->words[i] != list)
			continue;
		struct sides s = sides_of(j, i);
		look_around(&s, n_docs, spared);
	}
	for (uint32_t d = 0; d < n_docs; d++)
		any |= spared[d];
	for (uint32_t i = 0; i < j->n && any != 0; i++) {
		if (j->words[i] != list)
			continue;
		struct sides s = sides_of(j, i);
		need_sides(j, &s, n_docs, spared);
	}
	return any != 0;
}

bool joints_is_chain(const struct joints *j)
{
	for (uint32_t i = 0; i + 1 < j->n; i++)
		if (j->pairs[i] == JOINTS_NONE)
			return false;
	return j->n > 2;
}

bool joints_is_inner(const struct joints *j, uint32_t list)
{
	for (uint32_t i = 1; i + 1 < j->n; i++)
		if (j->words[i] == list)
			return true;
	return false;
}

/* Starts of the words up to number i, and pairs of it with the next one, both
 * use different places of it: what they are together more than it, is in both. */
void joints_fewest(const struct joints *j, uint32_t n_docs, uint32_t *restrict fewest)
{
	memcpy(fewest, j->lists[j->pairs[0]].tfs, n_docs * sizeof *fewest);
	for (uint32_t i = 1; i + 1 < j->n; i++) {
		const uint32_t *word = j->lists[j->words[i]].tfs, *pair = j->lists[j->pairs[i]].tfs;
		for (uint32_t d = 0; d < n_docs; d++) {
			uint32_t both = fewest[d] + pair[d];
			fewest[d] = both > word[d] ? both - word[d] : 0;
		}
	}
}
