/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Words of text that needs nothing but lower case, many at a time: of ASCII letters
 * and digits as many as 64 bytes hold, and runs of simple CJK characters.
 *
 *   bytes     T h e   t e a - h o u s e   a t   C a f é ..
 *   letters   1 1 1 0 1 1 1 0 1 1 1 1 1 0 1 1 0 1 1 1 0 ..
 *   others    0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 ..
 *   given     the     tea   house       at     and no more: the next may be longer than it looks
 */
#ifndef TEXT_SHORT_H
#define TEXT_SHORT_H

#include <stddef.h>
#include <stdint.h>

#include <bq/text.h>

enum { SHORT_WORDS = 32, SHORT_MAX = 16 };

struct short_word {
	uint64_t key[2]; /* its bytes, folded, zeros behind */
	uint64_t off;    /* as a token's */
	uint8_t len;     /* 1 .. SHORT_MAX */
};

/* Some of the next words, if they are such: what bq_tokens_next() would give, without
 * marked forms; their ordinals start at it->ord, which moves behind them.  Of a
 * query no CJK.  Returns how many; 0 does not mean that there are none:
 * bq_tokens_next() knows. */
size_t short_words(struct bq_tokens *it, struct short_word out[SHORT_WORDS]);

#endif
