/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The languages bq knows: one short name each.
 */
#ifndef TEXT_LANG_H
#define TEXT_LANG_H

#include <stddef.h>

struct lang {
	const char *code;      /* canonical: what bq_text_lang() says and bq_text_id() hashes */
	const char *name;      /* as Xapian::Stem calls it */
	const char *stopwords; /* blank-separated, or "" */
};

/* "none": words as they are, lower-cased. */
#define LANG_NONE "none"

/* The language called `name`: by code, Xapian's English name or another code of
 * the same stemmer.  NULL: there is none.  Lives as long as the program. */
const struct lang *lang_find(const char *name);

/* All codes with a blank between, as much as fits `size` bytes with the NUL. */
void lang_format_all(char *out, size_t size);

#endif
