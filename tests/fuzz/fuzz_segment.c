/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A segment with damage behind checksums that match: opened, read and
 * verified without a crash; what verify calls sound reads without a complaint.
 *
 * Input that starts with the magic is the file itself.  Any other is a list of
 * changes to a sound one:
 *
 *   u8   bit 0: the small file, else one with long lists; bit 1: section checksums stay stale
 *   then 8 bytes each: u8 section in the order of the file, 255 the header;
 *                      u32 byte of it, modulo its length; u8 what (below), u8 value, u8 how often
 */
#include <bq/bytes.h>

#include "fuzz/fuzz.h"
#include "lib/made_index.h"
#include "lib/read_all.h"
#include "lib/segfile.h"
#include "lib/tmpdir.h"
#include "segment/segment.h"

enum { SMALL_DOCS = 5, LARGE_DOCS = 300, CHANGE_BYTES = 8, MAX_FILE = 1 << 18 };

/* ---- sound files ---------------------------------------------------------- */

static void make_doc(uint32_t d, uint32_t n_docs, struct bq_buf *b, struct bq_doc_in *in)
{
	bq_buf_printf(b, "common common word%02u", d % 20);
	if (d % 4 == 1)
		bq_buf_printf(b, " share\nshares sharing running");
	for (uint32_t i = 0; d == n_docs / 2 && i < 150; i++)
		bq_buf_printf(b, "\nword%02u", i % 20);
	in->title = d % 64 == 1 ? BQ_SPAN("Caf\xc3\xa9 sharing shares") : BQ_SPAN("");
	in->fields = d % 64 == 1 ? BQ_SPAN("{}") : BQ_SPAN("");
	in->mtime_us = 1000000 + d;
}

static void make_large(uint32_t d, struct bq_buf *b, struct bq_doc_in *in) { make_doc(d, LARGE_DOCS, b, in); }
static void make_small(uint32_t d, struct bq_buf *b, struct bq_doc_in *in) { make_doc(d, SMALL_DOCS, b, in); }

static struct bq_span sound_file(unsigned which)
{
	struct bq_build_opts opts = made_index_opts(2);
	static struct bq_buf files[2];
	struct tmpdir dir;

	if (files[which].len != 0)
		return bq_buf_span(&files[which]);
	tmpdir_init(&dir);
	if (which == 0)
		made_index_build(dir.path, &opts, LARGE_DOCS, make_large);
	else
		made_index_build(dir.path, &opts, SMALL_DOCS, make_small);
	files[which] = made_index_segment(dir.path);
	tmpdir_release(&dir);
	return bq_buf_span(&files[which]);
}

/* ---- changes -------------------------------------------------------------- */

/* The bytes [*at, *at + the returned length) that a change is to; never none. */
static size_t find_part(const uint8_t *sound, uint8_t section, size_t *at)
{
	uint32_t n = bq_get_u32(sound + 12);
	const uint8_t *e = sound + CONTAINER_HEADER + (size_t)CONTAINER_ENTRY * (section % n);

	if (section == UINT8_MAX || bq_get_u64(e + 16) == 0) {
		*at = 0;
		return container_header_bytes(n);
	}
	*at = (size_t)bq_get_u64(e + 8);
	return (size_t)bq_get_u64(e + 16);
}

static void change(uint8_t *part, size_t len, const uint8_t *how)
{
	size_t at = bq_get_u32(how + 1) % len, n = how[7] == 0 ? 1 : how[7];

	for (size_t i = at; i < len && i < at + n; i++) {
		if (how[5] % 3 == 0)
			part[i] = how[6];
		else if (how[5] % 3 == 1)
			part[i] ^= how[6];
		else
			part[i] = (uint8_t)(part[i] + how[6]);
	}
}

/* A changed copy of a sound file; free(). */
static uint8_t *make_file(const uint8_t *data, size_t size, size_t *len)
{
	struct bq_span sound = sound_file(data[0] & 1);
	uint8_t *file = fuzz_copy(sound.ptr, sound.len);

	*len = sound.len;
	for (size_t i = 1; i + CHANGE_BYTES <= size; i += CHANGE_BYTES) {
		size_t at, n = find_part((const uint8_t *)sound.ptr, data[i], &at);
		change(file + at, n, data + i);
	}
	if ((data[0] & 2) == 0) {
		segfile_seal_sums(file, *len);
		segfile_seal_table(file, *len);
	}
	return file;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bq_arena mem;
	struct bq_error err = { 0 };
	struct segment *s;
	size_t len = size;

	if (size == 0 || size > MAX_FILE)
		return 0;
	if (mem.cap == 0)
		bq_arena_init(&mem, 64 << 20);
	bool is_file = size >= 8 && memcmp(data, CONTAINER_MAGIC, 8) == 0;
	uint8_t *file = is_file ? fuzz_copy(data, size) : make_file(data, size, &len);
	segfile_seal_header(file, len);
	if (segment_open_bytes(bq_span_make(file, len), "x.seg", &s, &err) == BQ_OK) {
		struct bq_read rd = { .mem = &mem };
		(void)read_all(&s->leaf, &rd);
		bool is_sound = segment_verify(s, &err) == BQ_OK;
		FUZZ_CHECK(!is_sound || rd.error.status == BQ_OK);
		FUZZ_CHECK(is_sound || err.msg[0] != '\0');
		segment_close(s);
	} else {
		FUZZ_CHECK(err.msg[0] != '\0');
	}
	free(file);
	return 0;
}
