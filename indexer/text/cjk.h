/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Scripts written without blanks between words: their characters become
 * overlapping bigrams.
 */
#ifndef TEXT_CJK_H
#define TEXT_CJK_H

#include <stdbool.h>
#include <stdint.h>

/* Whether a letter or digit is written in Han, Hiragana, Katakana, Hangul or
 * Bopomofo, iteration and prolonged sound marks included. */
bool cjk_is(int32_t cp);

/* Whether the jamo `cp` continues the Hangul syllable whose last part is
 * `before`: a vowel behind a leading consonant, a trailing consonant behind a
 * vowel or an open syllable.  NFC makes one character of such a syllable. */
bool cjk_joins(int32_t before, int32_t cp);

/* Whether `cp` is a letter that folds to itself and joins with nothing before
 * it: unified Han, Hangul syllables, plain kana.  The bulk of all CJK text. */
static inline bool cjk_is_simple(int32_t cp)
{
	return (cp >= 0x4e00 && cp <= 0x9ffc) || (cp >= 0xac00 && cp <= 0xd7a3) || (cp >= 0x3041 && cp <= 0x3096) ||
	       (cp >= 0x30a1 && cp <= 0x30fa) || cp == 0x30fc;
}

/* Whether `cp` is punctuation that stands in such text: a part of what separates. */
static inline bool cjk_is_stop(int32_t cp)
{
	return (cp >= 0x3000 && cp <= 0x3003) || (cp >= 0x3008 && cp <= 0x3011) || (cp >= 0xff01 && cp <= 0xff0f) ||
	       (cp >= 0xff1a && cp <= 0xff20) || (cp >= 0x2010 && cp <= 0x2027);
}

/* The code point of three bytes at `p`, if they are there and look like one, else -1.  Not all
 * ill-formed ones are told: those give a number that is neither simple nor a stop. */
static inline int32_t cjk_decode(const uint8_t *p, const uint8_t *end)
{
	if (end - p < 3 || (p[0] & 0xf0) != 0xe0 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80)
		return -1;
	return (p[0] & 0x0f) << 12 | (p[1] & 0x3f) << 6 | (p[2] & 0x3f);
}

#endif
