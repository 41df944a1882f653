/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The folded forms of one word, from its code points, in constant memory:
 *
 *   code points -> case-folded, compatibility-decomposed -> marks sorted
 *                                       |                        |
 *                        not L*, M*, N*: dropped        composed: the form with marks
 *                                              Latin .. marks shed, composed: the word
 *
 * which is NFKC_Casefold (Unicode 15, section 3.13) computed letter by letter:
 * no letter composes with a letter before it, so a letter and the marks behind
 * it are a piece of their own.  More than FOLD_WINDOW marks on one letter are
 * folded in portions of that many.
 */
#ifndef TEXT_FOLD_H
#define TEXT_FOLD_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/span.h>

#include "text/chars.h"

#define FOLD_WINDOW 256 /* decomposed code points of one letter and its marks */

/* Letters below this have their forms ready: Latin, Greek, Cyrillic, Armenian,
 * Hebrew, Arabic. */
#define FOLD_READY_END 0x700

/* The forms of a letter with no mark behind it. */
struct fold_ready {
	char word[4], marked[4];
	uint8_t n_word;   /* 0: not ready, or no letter */
	uint8_t n_marked; /* as n_word where the forms are equal */
	bool differs;     /* they are not */
	bool sheds;       /* marks behind it are shed */
};

struct fold;

/* A folder; `plain` is that of --lang none: utf8proc_tolower of each code point
 * and nothing else.  **owned**: release with fold_free().  NULL: no memory. */
struct fold *fold_new(bool plain);

/* NULL is fine. */
void fold_free(struct fold *f);

/* FOLD_READY_END entries; **borrowed** from `f`.  A word all of whose letters are
 * ready is the chain of their forms.  For a plain folder marks are letters. */
const struct fold_ready *fold_letters(const struct fold *f);

/* Begin a word whose forms go to `word` and `marked`, BQ_WORD_MAX bytes each. */
void fold_start(struct fold *f, char *word, char *marked);

/* The next code point of the word.  Its class says whether it begins a new
 * piece (LETTER, CJK), belongs to the last (MARK; also a jamo that joins), or
 * is nothing (IGNORED). */
void fold_add(struct fold *f, int32_t cp, enum chars_class class);

/* End the word.  Returns the length of `word`; *n_marked that of `marked`, 0
 * where the two are equal.  Both forms are cut as cut.h says. */
size_t fold_finish(struct fold *f, size_t *n_marked);

#endif
