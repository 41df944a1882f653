/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A file's name -> how to read it.
 */
#ifndef SOURCE_FILETYPE_H
#define SOURCE_FILETYPE_H

#include "source/stream.h"

enum filetype {
	FILETYPE_UNKNOWN,
	FILETYPE_TEXT,
	FILETYPE_MARKDOWN,
	FILETYPE_JSONL,
	FILETYPE_PACKED, /* .zip, .xz, ..: compressed in a way we do not read */
};

/* By extension, whatever its case, else by the whole name (README, Makefile).
 * Behind .gz and .zst the rest of the name decides, and *packing says which. */
enum filetype filetype_of(const char *name, enum packing *packing);

#endif
