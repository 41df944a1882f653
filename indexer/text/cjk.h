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

#endif
