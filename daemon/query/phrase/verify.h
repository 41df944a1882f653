/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How often a phrase stands in one document, straight from packed positions.
 *
 *   "data sharing data"   members  data +0, sharing +1, data +2
 *   data     3 9 11       each member walks its list towards where a phrase
 *   sharing  4 10         from `start` on needs it; who steps over that place
 *                         says which start can be the next:
 *   start 3: sharing 4, data 9 but 5 needed: next start 7; data 9, so 9:
 *   sharing 10, data 11: found
 *
 * Nothing is decoded that no start needs.  But where the two rarest words have
 * many positions each, every step would be a branch guessed wrong: then all of
 * one are put down in a map, and those of the other looked up there.
 */
#ifndef QUERY_VERIFY_H
#define QUERY_VERIFY_H

#include <bq/index.h>

/* One word of a phrase. */
struct verify_member {
	uint32_t list; /* of the phrase's lists */
	uint32_t at;   /* places behind the phrase's first word */
};

enum { VERIFY_PLACES = 4096, VERIFY_STARTS = 256 };

/* Positions of one word, by their low bits: those of the last one have `stamp`. */
struct verify_map {
	uint8_t stamp; /* UINT8_MAX: places[] is to be cleared */
	uint8_t places[VERIFY_PLACES];
	uint32_t starts[VERIFY_STARTS];
};

struct verify {
	const struct verify_member *members; /* the rarest first */
	uint32_t n_members;
	uint32_t span;               /* places from the first word to the last, plus 1 */
	uint32_t most;               /* starts at most */
	struct bq_spot_walk *walks;  /* [n_members] */
	struct verify_map *map;      /* NULL: do without */
};

/* Where a phrase may stand: [from, to). */
struct verify_zone {
	uint64_t from, to;
};

static const struct verify_zone verify_anywhere = { 0, UINT64_MAX };

#define VERIFY_DAMAGED UINT32_MAX

/* How many starts the phrase has in the document whose positions are in
 * *spots[], one for each list, all readable; 1 is enough if `any`, and nothing
 * is looked for behind v->most.  VERIFY_DAMAGED if a position is out of range
 * [F24]. */
uint32_t verify_starts(struct verify *v, const struct bq_spot *const *spots, struct verify_zone zone, bool any);

/* A word of those that need not stand in their places: see near.h. */
struct verify_word {
	uint32_t list;  /* each its own */
	uint32_t off;   /* how far before the last word's its place is */
	uint32_t slack;
};

/* How many matches the words have in a document, anywhere; `most` are enough.
 * `walks`: room for one each.  VERIFY_DAMAGED as verify_starts(). */
uint32_t verify_near(const struct verify_word *words, uint32_t n_words, const struct bq_spot *const *spots,
	struct bq_spot_walk *walks, uint32_t most);

#endif
