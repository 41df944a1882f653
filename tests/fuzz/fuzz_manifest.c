/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Any bytes as a MANIFEST, as they are and with a checksum line that matches:
 * refused with a message, or what it says, written again, reads back the same.
 */
#include <bq/arena.h>
#include <xxhash.h>

#include "fuzz/fuzz.h"
#include "index/manifest.h"

static void check_segments(const struct manifest *m)
{
	uint64_t docs = 0, dead = 0, number, gen;
	char name[MANIFEST_FILE_MAX];

	for (uint32_t i = 0; i < m->n_segments; i++) {
		docs += m->segments[i].n_docs;
		dead += m->segments[i].n_dead;
		manifest_segment_file(&m->segments[i], name);
		FUZZ_CHECK(manifest_file_parse(bq_span_of(name), &number, &gen) == MANIFEST_FILE_SEGMENT &&
			number == m->segments[i].number);
		FUZZ_CHECK(strchr(name, '/') == NULL);
	}
	FUZZ_CHECK(docs == m->n_docs && docs - dead == m->n_live);
}

static void check_bytes(struct bq_span bytes)
{
	struct bq_arena mem;
	struct bq_buf first = BQ_BUF_INIT, second = BQ_BUF_INIT;
	struct bq_error err = { 0 };
	struct manifest m, again;

	bq_arena_init(&mem, 64 << 20);
	int rc = manifest_parse(bytes, &mem, &m, &err);
	if (rc == BQ_OK) {
		check_segments(&m);
		manifest_format(&m, &first);
		FUZZ_CHECK(manifest_parse(bq_buf_span(&first), &mem, &again, &err) == BQ_OK);
		manifest_format(&again, &second);
		FUZZ_CHECK(bq_span_eq(bq_buf_span(&first), bq_buf_span(&second)));
		FUZZ_CHECK(m.gen == again.gen && m.n_docs == again.n_docs && m.n_sources == again.n_sources);
	} else {
		FUZZ_CHECK((rc == BQ_EFORMAT || rc == BQ_EVERSION) && err.msg[0] != '\0');
	}
	bq_buf_release(&first);
	bq_buf_release(&second);
	bq_arena_release(&mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bq_buf sealed = BQ_BUF_INIT;

	if (size > 1 << 16)
		return 0;
	uint8_t *copy = fuzz_copy(data, size);
	check_bytes(bq_span_make(copy, size));
	free(copy);
	bq_buf_put(&sealed, data, size);
	bq_buf_printf(&sealed, "checksum %016llx\n", (unsigned long long)XXH3_64bits(data, size));
	copy = fuzz_copy(sealed.ptr, sealed.len);
	check_bytes(bq_span_make(copy, sealed.len));
	free(copy);
	bq_buf_release(&sealed);
	return 0;
}
