/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/segfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <bq/bytes.h>
#include <xxhash.h>

/* ---- sealing ----------------------------------------------------------- */

static uint64_t region_bytes(uint64_t len)
{
	return ((len + BQ_SECTION_ALIGN - 1) & ~(uint64_t)(BQ_SECTION_ALIGN - 1)) + BQ_SECTION_PAD;
}

/* Sections of which the table is in the file; 0 if it is not. */
static uint32_t count_sections(const uint8_t *file, size_t len)
{
	uint32_t n = len < CONTAINER_HEADER ? 0 : bq_get_u32(file + 12);

	return n > CONTAINER_MAX_SECTIONS || container_header_bytes(n) > len ? 0 : n;
}

/* Section `i` with its padding; empty if it lies outside. */
static struct bq_span region(const uint8_t *file, size_t len, uint32_t i)
{
	const uint8_t *e = file + CONTAINER_HEADER + (size_t)CONTAINER_ENTRY * i;
	uint64_t off = bq_get_u64(e + 8), n = bq_get_u64(e + 16);

	if (off > len || n > len || region_bytes(n) > len - off)
		return (struct bq_span){ NULL, 0 };
	return bq_span_make(file + off, (size_t)region_bytes(n));
}

static uint32_t kind_of(const uint8_t *file, uint32_t i)
{
	return bq_get_u32(file + CONTAINER_HEADER + (size_t)CONTAINER_ENTRY * i);
}

void segfile_seal_sums(uint8_t *file, size_t len)
{
	uint32_t n = count_sections(file, len), last = n - 1;
	size_t used = 0;

	if (n == 0 || kind_of(file, last) != SECTION_SUMS || region(file, len, last).len == 0)
		return;
	const uint8_t *e = file + CONTAINER_HEADER + (size_t)CONTAINER_ENTRY * last;
	uint8_t *sums = file + bq_get_u64(e + 8);
	size_t room = (size_t)bq_get_u64(e + 16);
	for (uint32_t i = 0; i < last; i++) {
		struct bq_span s = region(file, len, i);
		for (; s.len != 0 && used + 8 <= room; s = bq_span_from(s, BQ_SUM_CHUNK), used += 8) {
			struct bq_span chunk = bq_span_first(s, BQ_SUM_CHUNK);
			bq_put_u64(sums + used, XXH3_64bits(chunk.ptr, chunk.len));
		}
	}
}

void segfile_seal_table(uint8_t *file, size_t len)
{
	uint32_t n = count_sections(file, len);

	for (uint32_t i = 0; i < n; i++) {
		struct bq_span s = region(file, len, i);
		if (s.len != 0)
			bq_put_u64(file + CONTAINER_HEADER + (size_t)CONTAINER_ENTRY * i + 24,
				XXH3_64bits(s.ptr, s.len));
	}
}

void segfile_seal_header(uint8_t *file, size_t len)
{
	uint32_t n = count_sections(file, len);

	if (len < CONTAINER_HEADER || (n == 0 && bq_get_u32(file + 12) != 0) || container_header_bytes(n) > len)
		return;
	bq_put_u64(file + CONTAINER_SUM_AT, 0);
	bq_put_u64(file + CONTAINER_SUM_AT, XXH3_64bits(file, container_header_bytes(n)));
}

/* ---- apart and together ------------------------------------------------ */

void segfile_take(struct segfile *f, struct bq_span file)
{
	const uint8_t *p = (const uint8_t *)file.ptr;

	memset(f, 0, sizeof *f);
	f->n = count_sections(p, file.len);
	assert_true(f->n != 0);
	memcpy(f->head, p, sizeof f->head);
	for (uint32_t i = 0; i < f->n; i++) {
		const uint8_t *e = p + CONTAINER_HEADER + (size_t)CONTAINER_ENTRY * i;
		f->sections[i].kind = bq_get_u32(e);
		bq_buf_put(&f->sections[i].bytes, p + bq_get_u64(e + 8), (size_t)bq_get_u64(e + 16));
	}
}

void segfile_release(struct segfile *f)
{
	for (uint32_t i = 0; i < f->n; i++)
		bq_buf_release(&f->sections[i].bytes);
}

struct bq_buf *segfile_section(struct segfile *f, enum section_kind kind)
{
	uint32_t i = 0;

	while (i < f->n && f->sections[i].kind != (uint32_t)kind)
		i++;
	assert_true(i < f->n);
	return &f->sections[i].bytes;
}

struct bq_buf segfile_join(const struct segfile *f)
{
	struct bq_buf out = BQ_BUF_INIT;
	uint64_t off = container_header_bytes(f->n);

	bq_buf_put(&out, f->head, sizeof f->head);
	for (uint32_t i = 0; i < f->n; i++) {
		bq_buf_put_u32(&out, f->sections[i].kind);
		bq_buf_put_u32(&out, 0);
		bq_buf_put_u64(&out, off);
		bq_buf_put_u64(&out, f->sections[i].bytes.len);
		bq_buf_put_u64(&out, 0);
		off += region_bytes(f->sections[i].bytes.len);
	}
	bq_buf_put_zeros(&out, container_header_bytes(f->n) - out.len);
	for (uint32_t i = 0; i < f->n; i++) {
		const struct bq_buf *b = &f->sections[i].bytes;
		bq_buf_put(&out, b->ptr, b->len);
		bq_buf_put_zeros(&out, (size_t)region_bytes(b->len) - b->len);
	}
	assert_false(out.oom);
	bq_put_u64(out.ptr + 24, out.len);
	segfile_seal_sums(out.ptr, out.len);
	segfile_seal_table(out.ptr, out.len);
	segfile_seal_header(out.ptr, out.len);
	return out;
}
