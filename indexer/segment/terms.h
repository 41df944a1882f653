/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TERMS: the dictionary (FORMAT.md, section 4).  Keys are a kind byte (none for
 * written words) and the word, in byte order, front-coded in blocks of 16.  On
 * top, the first 8 bytes of each block's first key as big-endian numbers, and
 * of these every 16th, and so on: a search tree whose nodes are two cache
 * lines.
 *
 *   0   4 terms                     level 0 (top)   [k0 ........ k15]
 *   4   4 blocks                                     |            \
 *   8   4 levels                    level 1         [k0 .. k15]   [k240 ..]
 *  12   4 zero                                       |
 *  16     u64 keys, level by level  ...
 *         u64 block_off[blocks + 1] last level: one key a block
 *         blocks
 *
 *   block:  varint post, varint pos: where the block's lists start in POST and
 *           POS; varint tinfo: the first entry its frequent words use;
 *           then up to 16 entries
 *   entry:  u8 shared << 4 | rest: bytes shared with the key before (0 for the
 *           first) and length of what follows; a half of 15 means 15 or more,
 *           and a varint with what is above 15 follows (shared's first);
 *           the rest of the key
 *           varint tag
 *             0        frequent: the next TINFO entry; varint bytes in POST (what
 *                      aligns them included), and for a word varint bytes in POS
 *             1        stem with one form: varint place of that word
 *             2        df 1, tf 1: varint document, and for a word its position
 *             3        df 1, tf > 1: varint document, varint tf - 2, and for a
 *                      word varint bytes in POS
 *             df + 2   1 < df < 256: varint ttf - df, varint bytes in POST, and
 *                      for a word varint bytes in POS
 *           stems but tag 1: varint forms n >= 2, varint place of the first,
 *                      n - 1 varints: place - place before - 1
 */
#ifndef SEGMENT_TERMS_H
#define SEGMENT_TERMS_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/buf.h>
#include <bq/bytes.h>
#include <bq/format.h>
#include <bq/span.h>
#include <bq/status.h>

#include "segment/spool.h"

enum { TERMS_MAX_KEY = 112, TERMS_FANOUT = 16, TERMS_MAX_LEVELS = 8, TERMS_HEADER = 16 };

enum terms_tag {
	TERMS_FREQUENT = 0,
	TERMS_ALIAS = 1,
	TERMS_ONCE = 2, /* df 1, tf 1 */
	TERMS_ONE = 3,  /* df 1, tf > 1 */
	TERMS_SMALL = 4, /* df 2, and so on */
};

/* The tag of a list with df < 256. */
static inline uint32_t terms_small_tag(uint32_t df, uint64_t ttf)
{
	return df == 1 ? (ttf == 1 ? TERMS_ONCE : TERMS_ONE) : df + TERMS_SMALL - 2;
}

static inline bool terms_kind_is_stem(unsigned kind)
{
	return kind == BQ_TERM_STEM || kind == BQ_TERM_TITLE_STEM;
}

/* The kind of a key: words start at 0x20. */
static inline unsigned terms_kind(struct bq_span key)
{
	return key.len == 0 || (uint8_t)key.ptr[0] >= 0x20 ? BQ_TERM_WORD : (uint8_t)key.ptr[0];
}

/* The first 8 bytes of a key as a number that orders like them. */
static inline uint64_t terms_prefix(struct bq_span key)
{
	uint8_t p[8] = { 0 };

	if (key.len != 0)
		memcpy(p, key.ptr, key.len < 8 ? key.len : 8);
	return __builtin_bswap64(bq_get_u64(p));
}

/* One entry.  Which members count depends on `tag`, as above. */
struct terms_entry {
	uint32_t tag;
	uint32_t df;
	uint64_t ttf;
	uint32_t doc, pos;             /* df 1 */
	uint32_t alias;                /* tag 1 */
	uint32_t tinfo;                /* tag 0 */
	uint64_t post_off, post_bytes; /* df >= 2 */
	uint64_t pos_off, pos_bytes;   /* words: df >= 2, and df 1 with tf > 1 */
	struct bq_span forms;          /* stems: the varints as they stand, count included */
	uint32_t n_forms;
};

/* ---- writing ---- */

struct terms_writer {
	struct spool blocks; /* spool_init() it first */
	struct bq_buf keys, offs;
	uint32_t n_terms;
	char key[TERMS_MAX_KEY];
	size_t key_len;
	uint64_t post, pos; /* running, to be the next block's start */
	uint32_t tinfo;
};

/* Add a key above the last one.  post_off, pos_off and tinfo are not looked at:
 * they follow from the order. */
void terms_add(struct terms_writer *w, struct bq_span key, const struct terms_entry *e, const uint32_t *forms);

/* Put the section into `out`, which has begun it.  What spool_copy() says. */
int terms_finish(struct terms_writer *w, struct container_writer *out);

/* Free what terms_writer_init() made, also where it failed. */
void terms_writer_release(struct terms_writer *w);

/* ---- reading ---- */

struct terms_reader {
	uint32_t n_terms, n_blocks, n_levels;
	const uint8_t *level[TERMS_MAX_LEVELS];
	uint32_t level_keys[TERMS_MAX_LEVELS];
	const uint8_t *offs;
	struct bq_span blocks;
};

/* Check the header and that everything fits [F10].  `n_terms` is the segment
 * header's. */
int terms_open(struct bq_span section, uint32_t n_terms, const char *name, struct terms_reader *out,
	struct bq_error *err);

/* A walk over entries.  `key`, `entry` and `ord` are the last next()'s. */
struct terms_iter {
	const struct terms_reader *terms;
	uint32_t ord;       /* of `entry`; next() moves on */
	uint32_t next_ord;
	struct bq_reader r; /* the rest of the block */
	uint64_t post, pos;
	uint32_t tinfo;
	struct terms_entry entry;
	size_t key_len;
	char key[TERMS_MAX_KEY];
};

/* Before the first entry >= `key`.  BQ_EFORMAT if a block is damaged [F11]. */
int terms_seek(const struct terms_reader *t, struct bq_span key, struct terms_iter *it);

/* The entry of `key`, as if next() had given it: BQ_OK, BQ_ENOTFOUND, or
 * BQ_EFORMAT [F11] [F13]. */
int terms_find(const struct terms_reader *t, struct bq_span key, struct terms_iter *it);

/* The same in three steps, so that several keys' blocks come at once: which block
 * may hold `key` (BQ_ENOTFOUND: there are none, BQ_EFORMAT), its bytes asked for,
 * and the entry looked for there. */
int terms_find_block(const struct terms_reader *t, struct bq_span key, uint32_t *block);

/* Ask for the bytes of `block`, which terms_find_block() gave; returns before they are there. */
void terms_fetch_block(const struct terms_reader *t, uint32_t block);

/* Look for `key` in that block.  BQ_OK with `it` on it, BQ_ENOTFOUND, BQ_EFORMAT. */
int terms_find_in(const struct terms_reader *t, uint32_t block, struct bq_span key, struct terms_iter *it);

/* Before the entry at place `ord` (< n_terms). */
int terms_seek_ord(const struct terms_reader *t, uint32_t ord, struct terms_iter *it);

/* The next entry: BQ_OK, BQ_END, or BQ_EFORMAT [F13]. */
int terms_next(struct terms_iter *it);

static inline struct bq_span terms_key(const struct terms_iter *it)
{
	return bq_span_make(it->key, it->key_len);
}

#endif
