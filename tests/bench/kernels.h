/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The shipped kernels, each in a loop over bytes made for it: what
 * constants.c times.  A kernel function does its work once more and returns
 * how many operations that were.
 */
#ifndef BENCH_KERNELS_H
#define BENCH_KERNELS_H

#include <bq/buf.h>
#include <bq/index.h>

#include "bench/constants.h"
#include "codec/bitpack.h"
#include "query/eval/bm25.h"

/* A block of positions of 256 documents, somewhere in kernels.positions. */
struct kernels_place {
	uint32_t at, len;
};

enum { KERNELS_TAILS = 32, KERNELS_TAIL = 128, KERNELS_ASKED = 1 << 14 };

struct kernels {
	const struct bq_index *index;
	const struct bitpack_ops *codec;
	unsigned bits; /* of what is decoded */
	uint32_t docs[BQ_BLOCK_DOCS + 8], tfs[BQ_BLOCK_DOCS + 8];
	uint8_t *packed;           /* random bytes: a block of any width starts anywhere */
	struct bitpack_sorted how; /* how the documents in `sorted` are kept */
	uint8_t sorted[BITPACK_N * 4 + 8 * BITPACK_MAX_WORDS + 64];
	struct bq_buf block;       /* a sorted postings block: documents 64 apart on average */
	struct bq_buf bitset;      /* one of documents close together */
	struct bq_buf tails;       /* KERNELS_TAILS times KERNELS_TAIL documents; each starts at tail_at[] */
	uint32_t tail_at[KERNELS_TAILS + 1];
	uint32_t block_docs[BQ_BLOCK_DOCS], block_tfs[BQ_BLOCK_DOCS];
	uint32_t before[BQ_BLOCK_DOCS]; /* tf - 1 of those before it in its group of 32, added up */
	struct bq_buf positions;   /* at least 64 MiB of position blocks of `block` */
	struct kernels_place *places;
	uint32_t n_places;
	uint32_t spread;           /* verify in this many places */
	uint32_t *chain;           /* 64 MiB: each number is the place of the next */
	uint8_t *norms;
	struct bm25 bm25;
	uint32_t window[4096];
	const struct bq_leaf *leaf; /* the leaf of the longest list; NULL if there is no word */
	struct bq_term longest;
	struct bq_term rarer;       /* one that about a 16th of its documents hold */
	const struct bq_term *list; /* where documents are looked up */
	enum constants_ask ask;     /* and what is asked */
	uint32_t *asked;            /* KERNELS_ASKED of them; one below the one before starts at the front again */
	struct bq_span *words;      /* some of its words, in random order; live in `mem` */
	uint32_t n_words;
	struct bq_term *pairs;      /* words that follow each other somewhere and have a list for it, two by two, at random */
	uint32_t n_pairs;
	struct bq_arena mem, scratch;
	struct bq_read read;
	volatile uint64_t sink;
};

/* Make the bytes.  **owned**: release with kernels_free(), which accepts NULL. */
int kernels_new(const struct bq_index *ix, struct kernels **out, struct bq_error *err);

/* Free all bytes made; the index stays. */
void kernels_free(struct kernels *k);

/* Whether the index was sound as far as it was read. */
int kernels_status(const struct kernels *k, struct bq_error *err);

/* ---- of a block in memory; counted: postings --------------------------- */

/* Make sorted documents with `bits` low bits, at most 23. */
void kernels_sort(struct kernels *k, unsigned bits);

/* Decode them with `codec`. */
uint64_t kernels_decode_docs(struct kernels *k);

/* Decode few documents (codec/tail.h), with their frequencies. */
uint64_t kernels_tail(struct kernels *k);

/* Unpack frequencies of `bits` bits each with `codec`. */
uint64_t kernels_decode_tfs(struct kernels *k);

/* Read a whole block of sorted documents, with their frequencies, with `codec`. */
uint64_t kernels_sorted_block(struct kernels *k);

/* Likewise one that is a bitset. */
uint64_t kernels_bitset_block(struct kernels *k);

/* Score the documents of a block. */
uint64_t kernels_score(struct kernels *k);

/* Add a number for each document of a block to a window of sums. */
uint64_t kernels_accumulate(struct kernels *k);

/* Keep the best 100 of as many documents, in random order, and put them in order. */
uint64_t kernels_rank(struct kernels *k);

/* ---- of the index; 0 where it has no word or no text ------------------- */

/* Read the longest list, document by document; counted: those. */
uint64_t kernels_scan(struct kernels *k);

/* Choose documents to look up in `list`, in the mean `apart` of its entries from
 * one to the next. */
void kernels_ask(struct kernels *k, unsigned apart);

/* Look them up, 256 at a time, with what `ask` says; counted: documents. */
uint64_t kernels_look_up(struct kernels *k);

/* Mark the documents of `list` in windows of bits; counted: those. */
uint64_t kernels_fill(struct kernels *k);

/* Look words up in the dictionary; counted: words. */
uint64_t kernels_find(struct kernels *k);

/* Look pairs of words up that have a list; counted: pairs. */
uint64_t kernels_find_pair(struct kernels *k);

/* Decompress stored text at random; counted: frames. */
uint64_t kernels_frame(struct kernels *k);

/* Look for the documents of a rarer list in the longest one, a block at a time;
 * counted: documents of the rarer list. */
uint64_t kernels_meet(struct kernels *k);

/* ---- of positions, in `spread` places; counted: documents -------------- */

/* Whether two words stand side by side, a document at a time. */
uint64_t kernels_verify(struct kernels *k);

/* Likewise many documents at a time, as a query does it. */
uint64_t kernels_verify_batch(struct kernels *k);

/* ---- of memory --------------------------------------------------------- */

/* Read 64 MiB in order; counted: bytes. */
uint64_t kernels_read(struct kernels *k);

/* Follow a chain of places through 64 MiB; counted: steps. */
uint64_t kernels_chase(struct kernels *k);

#endif
