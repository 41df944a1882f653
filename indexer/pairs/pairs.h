/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * PAIRS: which two words stand side by side, and where in PPOST their list is
 * (FORMAT.md, section 7).  A word is covered if its df reaches T; a pair is, if
 * both words are.
 *
 *    0  4 T   4  4 words: F   8  4 pairs   12 52 zero
 *   64    u32 place[F], zeros to a multiple of 64    the covered words, as TERMS counts
 *         F rows of ceil(F / 480) lines of 64 bytes  which words follow word i
 *         u32 group_off[groups + 1], from the groups a group: 32 pairs, row by row
 *         groups
 *
 *   line   +---------------------+--------------------------------------+
 *          | u32 pairs before it | 480 bits: the words that follow one  |
 *          +---------------------+--------------------------------------+
 *   group  varint: where the list of its first pair starts in PPOST, then each:
 *          varint df
 *          varint bytes in PPOST << 1 | some tf is above 1; what aligns the
 *                 list is among the bytes
 *          varint ttf - df - 1    if some tf is
 *          u8 impact              if df >= 256
 *
 * A pair's number is the count of bits before its own: so that one cache line
 * says whether there is a list, and three more where.
 */
#ifndef PAIRS_PAIRS_H
#define PAIRS_PAIRS_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/buf.h>
#include <bq/bytes.h>
#include <bq/span.h>
#include <bq/status.h>

struct container_writer;

enum {
	PAIRS_HEADER = 64,
	PAIRS_LINE = 64,        /* bytes */
	PAIRS_LINE_WORDS = 480, /* bits of them */
	PAIRS_GROUP = 32,
	PAIRS_MAX_WORDS = 65534, /* covered words: T is raised until there are no more */
};

/* One pair with a list. */
struct pairs_entry {
	uint32_t df;
	uint8_t impact;  /* the largest bound; 255 if df < 256 */
	uint64_t ttf;
	uint64_t off;    /* in PPOST, behind what aligns it */
	uint64_t bytes;  /* without that */
};

/* What a word weighs: T is a bound on it.  A document that holds a candidate costs
 * its line of positions; one with more than 32 of them costs as much for every 32. */
static inline uint32_t pairs_weight(uint32_t df, uint64_t ttf)
{
	uint64_t weight = df + (ttf - df) / 32;

	return weight < UINT32_MAX ? (uint32_t)weight : UINT32_MAX - 1;
}

/* Where a list of `df` documents starts if `at` bytes stand before it: the blocks
 * of long ones want a multiple of 4. */
static inline uint64_t pairs_align(uint64_t at, uint32_t df)
{
	return df < 256 ? at : (at + 3) & ~UINT64_C(3);
}

/* Lines of a row of `n` words. */
static inline uint32_t pairs_row_lines(uint32_t n)
{
	return (n + PAIRS_LINE_WORDS - 1) / PAIRS_LINE_WORDS;
}

/* Bytes of all before the groups' offsets. */
static inline uint64_t pairs_table_bytes(uint32_t n)
{
	uint64_t places = ((uint64_t)n * 4 + 63) & ~UINT64_C(63);

	return PAIRS_HEADER + places + (uint64_t)n * pairs_row_lines(n) * PAIRS_LINE;
}

/* ---- reading ----------------------------------------------------------- */

struct pairs_reader {
	uint32_t t, n_words, n_pairs, n_groups;
	const uint8_t *places, *lines, *group_off;
	struct bq_span groups;
	uint64_t post_bytes; /* of PPOST */
};

/* Check that the parts fit [F38].  A section that is not there (ptr NULL, in a
 * file that is being written) covers nothing. */
int pairs_open(struct bq_span section, uint64_t post_bytes, const char *name, struct pairs_reader *out,
	struct bq_error *err);

/* The number of the covered word at dictionary place `place`; false if there
 * is none. */
bool pairs_find_word(const struct pairs_reader *p, uint32_t place, uint32_t *out);

static inline uint32_t pairs_place(const struct pairs_reader *p, uint32_t word)
{
	return bq_get_u32(p->places + 4 * (size_t)word);
}

/* The pair of covered words `a`, `b`: BQ_OK; BQ_END if they nowhere stand so;
 * BQ_EFORMAT [F40], [F41]. */
int pairs_find(const struct pairs_reader *p, uint32_t a, uint32_t b, struct pairs_entry *out);

/* All pairs in order. */
struct pairs_walk {
	const struct pairs_reader *p;
	uint32_t a, b;          /* of the last next() */
	struct pairs_entry entry;
	uint32_t number;        /* of the next pair */
	uint32_t row, column;   /* where to look for it */
	struct bq_reader r;     /* the rest of the group */
	uint64_t at;            /* bytes of PPOST used so far */
};

static inline struct pairs_walk pairs_begin(const struct pairs_reader *p)
{
	return (struct pairs_walk){ .p = p };
}

/* The next pair: BQ_OK, BQ_END, BQ_EFORMAT [F40], [F41]. Counts of lines are not
 * looked at. */
int pairs_next(struct pairs_walk *w);

/* ---- writing ----------------------------------------------------------- */

struct pairs_writer {
	uint32_t t, n_words, n_pairs;
	uint8_t *lines; /* with their bits, without counts */
	struct bq_buf group_off, groups;
	uint64_t at;    /* bytes of PPOST so far */
};

/* Start a dictionary of `n_words` <= PAIRS_MAX_WORDS words.  False when malloc
 * fails.  **owned**: pairs_writer_release(). */
bool pairs_writer_init(struct pairs_writer *w, uint32_t t, uint32_t n_words);

/* Add the pair (a, b), above the last one, whose list is the next in PPOST:
 * `bytes` of e, behind what aligns it; e->off is not looked at. */
void pairs_writer_add(struct pairs_writer *w, uint32_t a, uint32_t b, const struct pairs_entry *e);

/* Put the section into `out`, which has begun it; `places` has one of each word.
 * BQ_OK, BQ_ENOMEM, BQ_ELIMIT. */
int pairs_writer_finish(const struct pairs_writer *w, const uint32_t *places, struct container_writer *out);

/* Free what pairs_writer_init() made, also where it failed. */
void pairs_writer_release(struct pairs_writer *w);

#endif
