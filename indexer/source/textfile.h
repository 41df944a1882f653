/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An opened text file -> its text, unpacked and in UTF-8.  What was read once is
 * what is indexed.
 */
#ifndef SOURCE_TEXTFILE_H
#define SOURCE_TEXTFILE_H

#include <signal.h>

#include <bq/buf.h>
#include <bq/format.h>

#include "source/stream.h"

#define TEXTFILE_MAX          UINT32_MAX    /* bytes of a file, and of its text */
#define TEXTFILE_MAX_UNPACKED (256u << 20)  /* of what a compressed file holds */

/* A reader of one file after the other, which keeps its memory.  All zero before
 * the first. */
struct textfile {
	struct bq_buf bytes, utf8;
	/* of the last file */
	struct bq_span text;  /* **lives in** the reader until the next file */
	enum bq_doc_at at;    /* BQ_AT_TEXT if its offsets are not those of the file */
	uint64_t file_bytes;  /* as read from disk */
	bool is_broken;       /* it could not be read; else it just is no text */
	char why[160];
};

/* Free the buffers. */
void textfile_release(struct textfile *t);

/* Read all of `fd`, of which `expect` bytes are known.  NULL, or why it gives no
 * text: **lives in** the reader.  After a stop: "stopped". */
const char *textfile_read(struct textfile *t, int fd, enum packing packing, uint64_t expect,
	const volatile sig_atomic_t *stop);

#endif
