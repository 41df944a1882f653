/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a code point means to the tokenizer.
 */
#ifndef TEXT_CHARS_H
#define TEXT_CHARS_H

#include <stdbool.h>
#include <stdint.h>

enum chars_class {
	CHARS_SEPARATES, /* everything that is none of these */
	CHARS_LETTER,    /* letters and digits: L*, N* */
	CHARS_MARK,      /* M*, and the half-width voiced sound marks, which NFKC makes marks */
	CHARS_CJK,       /* letters and digits of cjk.h */
	CHARS_IGNORED,   /* default-ignorable: invisible, joins what is around it */
};

/* The class of a code point (-1, ill-formed bytes, separates).  `plain` is the
 * analysis of --lang none, which ignores nothing. */
enum chars_class chars_class(int32_t cp, bool plain);

/* The letters and digits of ASCII, and what else it has. */
static inline bool chars_is_ascii_letter(uint8_t b)
{
	return (uint8_t)((b | 0x20) - 'a') < 26 || (uint8_t)(b - '0') < 10;
}

static inline bool chars_is_ascii_separator(uint8_t b)
{
	return b < 0x80 && !chars_is_ascii_letter(b);
}

/* Whether a code point is of the categories that make words: L*, M*, N*. */
bool chars_in_word(int32_t cp);

/* Whether a folded and decomposed letter loses the marks behind it: Latin and
 * Greek. */
bool chars_sheds_marks(int32_t cp);

/* Whether a mark is shed behind any letter: Hebrew points and accents, Arabic
 * vowel and Koranic signs (not hamza and madda, which make letters). */
bool chars_is_point(int32_t cp);

/* Whether it has a digit's or number's category, N*. */
bool chars_is_digit(int32_t cp);

#endif
