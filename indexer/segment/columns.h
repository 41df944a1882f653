/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * COLS: one number a document and column (FORMAT.md, section 10).
 *
 *   0  4 columns   4  4 zero
 *   8    per column, 32 bytes: u32 kind, u8 width (0, 1, 2, 4, 8), 3 zeros,
 *        i64 base, u64 offset in the section, u64 zero
 *        per column: width bytes a document
 *
 * A stored 0 is "unknown"; v > 0 is base + v - 1.
 */
#ifndef SEGMENT_COLUMNS_H
#define SEGMENT_COLUMNS_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/buf.h>
#include <bq/span.h>
#include <bq/status.h>

enum column_kind { COLUMN_MTIME = 1, COLUMN_FILE_BYTES = 2 };

enum { COLUMNS_MAX = 64, COLUMNS_HEADER = 8, COLUMNS_ENTRY = 32 };

struct column {
	enum column_kind kind;
	const int64_t *values; /* n_docs of them */
	int64_t unknown;       /* the value that means "unknown" */
};

/* Append the section for `n` columns of `n_docs` values. */
void columns_put(struct bq_buf *out, const struct column *columns, uint32_t n, uint32_t n_docs);

struct columns_reader {
	struct bq_span section;
	uint32_t n, n_docs;
};

/* Check that every column fits [F31]. */
int columns_open(struct bq_span section, uint32_t n_docs, const char *name, struct columns_reader *out,
	struct bq_error *err);

/* The value of `doc` in the first column of `kind`, or `unknown`. */
int64_t columns_get(const struct columns_reader *c, enum column_kind kind, uint32_t doc, int64_t unknown);

#endif
