/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where the words of a phrase that are known stand in their places, of many
 * documents at once: a bit for each position, which any number of other words
 * are then held against.
 *
 *   "of the s*"   of       bit 7 . . . 31 . .        of each document with both, from its
 *                 the    & bit 7 . . . . . .         first position to its last
 *                 sword  tf += the bit of each position, less 2
 *
 * All a list's positions are read in order, which takes a tenth of what finding
 * those of single documents does.  Bits are made for so many documents as have
 * room, and then for the next ones.
 */
#ifndef QUERY_STARTS_H
#define QUERY_STARTS_H

#include "query/eval/node.h"

extern uint32_t starts_room; /* bytes of bits at once, but for one document; tests lower it */

struct starts_list {
	struct bq_term term;
	uint32_t at; /* of its word: places behind the phrase's first one */
};

struct starts {
	struct eval *ev;
	struct starts_list *lists; /* words, the rarest first */
	uint32_t n_lists;
	uint32_t origin;           /* bit b of a document: the phrase starts at b - origin */
	uint32_t from, to;         /* documents for which there are bits */
	uint64_t *docs;            /* of these, those that have one */
	uint32_t n_docs;
	uint32_t n_put;            /* documents of the range whose bits have been made */
	/* the searcher's; of bits[]: u32 bytes, so many bytes of bits, 0 */
	struct searcher_bits *of;
	uint32_t *places;          /* [documents of the leaf]: where in of->bits[] those of one of `docs` are */

	/* of a block; not cleared at first */
	struct bq_spot spots[BQ_BLOCK_DOCS];
	uint32_t picked[BQ_BLOCK_DOCS];    /* documents that are asked for */
	uint16_t at[BQ_BLOCK_DOCS];        /* their spots */
	const uint8_t *of_doc[BQ_BLOCK_DOCS]; /* their bits, and the first one to look at */
	uint64_t first[BQ_BLOCK_DOCS];
	uint16_t more[BQ_BLOCK_DOCS];         /* which have more than one position */
};

/* Ready for phrase `a` without word `but`: s->docs are those that all other words
 * and their pairs have, s->n_docs their number, and fewer may be left in it; no
 * bits are there yet.  Lives in ev->read.mem.  NULL when the arena is full or a
 * list is damaged. */
struct starts *starts_new(struct eval *ev, const struct ast *a, uint32_t but);

/* Make bits for the next documents, from s->to on.  false at the end of the
 * leaf, or when the arena is full, a list is damaged or the watch stops it. */
bool starts_next(struct starts *s);

/* Add to sums[] how often the phrase stands in each document of `list`, the
 * word that was left out.  `among`: the other list they are in, or NULL.  If `any`, once is
 * enough, and nobody asks for that document again. */
void starts_count(struct starts *s, const struct starts_list *list, const struct bq_term *among, bool any, uint32_t *sums);

#endif
