/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which words of a phrase need not be looked for in a document, by how often
 * its words and pairs are there.
 *
 *   "is a village"    is 2   a 5   village 1     of each how often
 *                       \ 2 / \ 1 /              pairs likewise
 *   every "village" has an "a" before it (1 = 1): whoever finds "village" need
 *   not look for "a"; "is" has to be there, though
 *
 * A word that another one is spared for is needed, and not spared itself.
 *
 * Where all neighbours are pairs, their numbers alone may do: of 5 "a", 3 behind
 * "is" and 4 before "village", 2 must be both.
 */
#ifndef QUERY_JOINTS_H
#define QUERY_JOINTS_H

#include <stdbool.h>
#include <stdint.h>

#define JOINTS_NONE UINT32_MAX

enum { JOINTS_DOCS = 128 }; /* at most, at once */

/* Of one list, words and pairs alike, in each document. */
struct joints_list {
	uint32_t *tfs;    /* 0: not known, or spared; not 0 of a pair */
	uint32_t *needed; /* 1: others have been spared for it */
};

struct joints {
	uint32_t n;                 /* words of the phrase */
	uint32_t *words;            /* [n]: their lists */
	uint32_t *pairs;            /* [n]: the list of each with the next one; JOINTS_NONE */
	uint32_t any_pair;          /* one of those */
	struct joints_list *lists;
};

/* Set spared[d] to 1 for each document d in which word list `list` can be
 * spared, else to 0; those that it is spared for are needed from now on.  false
 * if it cannot be anywhere. */
bool joints_spare(const struct joints *j, uint32_t list, uint32_t n_docs, uint32_t *restrict spared);

/* Whether there is a list for each two neighbours, and a word between others. */
bool joints_is_chain(const struct joints *j);

/* Whether word list `list` has neighbours on both sides, somewhere in a chain. */
bool joints_is_inner(const struct joints *j, uint32_t list);

/* Set fewest[d] to how many starts a chain has at least in each document d.  The
 * tfs of its pairs and inner words are known. */
void joints_fewest(const struct joints *j, uint32_t n_docs, uint32_t *restrict fewest);

#endif
