/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Any bytes as a tombstone file whose checksum matches.  First two bytes: the
 * documents of its segment; two more: the dead ones MANIFEST counts.
 *
 * Refused, or exactly so many of exactly these documents are dead.
 */
#include <bq/bytes.h>
#include <xxhash.h>

#include "fuzz/fuzz.h"
#include "index/tombstones.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bq_error err = { 0 };
	const uint64_t *dead;
	uint32_t n = 0;

	if (size < 4 + 8 || size > 1 << 16)
		return 0;
	struct manifest_segment s = { .number = 1, .del_gen = 2, .n_docs = bq_get_u16(data),
		.n_dead = bq_get_u16(data + 2) };
	uint8_t *file = fuzz_copy(data + 4, size - 4);
	s.del_checksum = XXH3_64bits(file, size - 12);
	bq_put_u64(file + size - 12, s.del_checksum);
	int rc = tombstones_check(bq_span_make(file, size - 4), &s, &dead, &err);
	FUZZ_CHECK(rc == BQ_OK || ((rc == BQ_EFORMAT || rc == BQ_EVERSION) && err.msg[0] != '\0'));
	for (uint32_t d = 0; rc == BQ_OK && d < s.n_docs; d++)
		n += (uint32_t)(dead[d / 64] >> (d % 64)) & 1;
	FUZZ_CHECK(rc != BQ_OK || n == s.n_dead);
	free(file);
	return 0;
}
