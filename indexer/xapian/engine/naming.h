/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What our terms, slots and keys are called in a Xapian database: Xapian's usual
 * prefixes, so that its own tools understand them.
 *
 *   sharing     a written word, at its positions + 1
 *   Zshare      its stem, without positions; the stem's synonyms are its written words
 *   Ssharing    a word of the title       ZSshare  its stem
 *   XMcafé      a form with marks
 *   Q..         the document's id         P..  its path        E..  the ending of its path
 *
 *   value 0     length in words, 4 bytes, most significant first
 *   value 1     marks: for each varint (offset - the last one's), varint (line - the last one's)
 *   data        record.h
 *   key "bq"    of the metadata: a MANIFEST without segments, with NAMING_FORMAT for its format
 */
#ifndef ENGINE_NAMING_H
#define ENGINE_NAMING_H

#include <stddef.h>

#include <bq/format.h>

enum { SLOT_LENGTH = 0, SLOT_MARKS = 1 };

#define NAMING_MANIFEST_KEY "bq"
#define NAMING_FORMAT       3u         /* of all this: the manifest's `format bq N` */
#define NAMING_STUB         "XAPIANDB" /* Xapian's name for a stub in a directory */
#define NAMING_MAX_TERM     245        /* bytes that Xapian takes */
#define NAMING_MAX_PREFIX   2

/* What stands before the words of a kind; NULL for a kind without terms. */
static inline const char *naming_prefix(unsigned kind)
{
	switch (kind) {
	case BQ_TERM_WORD: return "";
	case BQ_TERM_STEM: return "Z";
	case BQ_TERM_TITLE: return "S";
	case BQ_TERM_TITLE_STEM: return "ZS";
	case BQ_TERM_MARKED: return "XM";
	default: return NULL;
	}
}

#endif
