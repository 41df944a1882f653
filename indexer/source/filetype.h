/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A file's name -> how to read it.
 */
#ifndef SOURCE_FILETYPE_H
#define SOURCE_FILETYPE_H

enum filetype {
	FILETYPE_UNKNOWN,
	FILETYPE_TEXT,
	FILETYPE_MARKDOWN,
	FILETYPE_JSONL,
	FILETYPE_PACKED, /* .gz, .zst, ..: compressed */
};

/* By extension, whatever its case, else by the whole name (README, Makefile). */
enum filetype filetype_of(const char *name);

#endif
