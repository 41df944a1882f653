/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A segment file taken apart, to be damaged and put together again with
 * checksums that match: what gets damage past them.
 */
#ifndef BQ_TESTS_SEGFILE_H
#define BQ_TESTS_SEGFILE_H

#include <stdint.h>

#include <bq/buf.h>
#include <bq/span.h>

#include "segment/container.h"

struct segfile_section {
	uint32_t kind;
	struct bq_buf bytes; /* without padding */
};

struct segfile {
	uint8_t head[CONTAINER_HEADER];
	uint32_t n;
	struct segfile_section sections[CONTAINER_MAX_SECTIONS];
};

/* Copy the parts of a sound file.  **owned**: segfile_release(). */
void segfile_take(struct segfile *f, struct bq_span file);

/* Free the parts. */
void segfile_release(struct segfile *f);

/* The one section of `kind`; fails the running test if there is none. */
struct bq_buf *segfile_section(struct segfile *f, enum section_kind kind);

/* The file of these parts: offsets, lengths and all checksums as they must be.
 * **owned**: bq_buf_release(). */
struct bq_buf segfile_join(const struct segfile *f);

/* Make checksums match what the bytes are, leaving alone what lies outside the file,
 * whatever the bytes say.  Those of SUMS, of each chunk: */
void segfile_seal_sums(uint8_t *file, size_t len);

/* Those of each section in the section table: */
void segfile_seal_table(uint8_t *file, size_t len);

/* The header's, over itself and the section table; the last to be made: */
void segfile_seal_header(uint8_t *file, size_t len);

#endif
