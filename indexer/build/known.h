/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The files whose documents an index has: which of them are still as they were?
 *
 *   (source, path) -> documents first .. first + n - 1 of one segment, for each
 *                     row of neighbours; several rows if segments share a file
 *
 * The documents of a segment that was reordered are counted in the order of their
 * files instead: so records of a file stand together again.
 *
 * A file that has another time or size may yet hold documents that the index
 * has: known_keep_doc() compares them with what is stored.
 *
 * Held in memory: 40 bytes a row, a bit a document, 4 bytes one of
 * records in another order, and once a file is not where it
 * was before, 8 to 16 bytes a row for a table.  Paths, times and sizes are read from
 * the index.
 */
#ifndef BUILD_KNOWN_H
#define BUILD_KNOWN_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/buf.h>
#include <bq/build.h>
#include <bq/index.h>

struct known {
	const struct bq_index *ix; /* **borrowed** */
	struct bq_buf rows;        /* struct known_row */
	uint32_t at;               /* the row found last; UINT32_MAX: none yet */
	uint32_t *slots;           /* row + 1, 0 free; 1 << bits of them; NULL until needed */
	unsigned bits;
	uint64_t *kept[BQ_MAX_SEGMENTS]; /* bitsets over a segment's documents */
	uint32_t *order[BQ_MAX_SEGMENTS]; /* the documents of a segment as they are counted; NULL: as they stand */
	uint64_t n_kept;
};

/* A document of the index. */
struct known_doc {
	uint32_t leaf, doc;
	bool has_new_stamp; /* its file's time or size is another */
};

/* List the live documents' files.  BQ_ENOMEM, BQ_EFORMAT.  Ends with
 * known_release() whatever the outcome. */
int known_init(struct known *k, const struct bq_index *ix, struct bq_error *err);

/* Free what known_init() listed, also where it failed. */
void known_release(struct known *k);

/* Keep the documents of a file if all rows of it have this time and size. */
bool known_keep(struct known *k, uint32_t source, struct bq_span path, int64_t mtime_us, int64_t file_bytes);

/* Keep one document that the index has as it is in `in`, time and size of its
 * file aside: id, title, place, text and other members are equal.  Documents of a
 * file come in their order.  BQ_ENOTFOUND if it has none, also where no text is
 * stored, and where what is stored is damaged; BQ_ENOMEM, BQ_EIO. */
int known_keep_doc(struct known *k, uint32_t source, const struct bq_doc_in *in, struct known_doc *out);

static inline bool known_is_kept(const struct known *k, uint32_t leaf, uint32_t doc)
{
	return (k->kept[leaf][doc >> 6] >> (doc & 63) & 1) != 0;
}

#endif
