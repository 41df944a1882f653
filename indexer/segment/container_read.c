/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segment/container.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <bq/bytes.h>
#include <xxhash.h>

const char *section_name(unsigned kind)
{
	static const char *const names[SECTION_KINDS] = { "unknown", "TERMS", "TINFO", "POST", "POS", "PAIRS",
		"PPOST", "NORM", "HEADS", "DOCS", "MARKS", "COLS", "SUMS" };

	return kind < SECTION_KINDS ? names[kind] : names[0];
}

static float get_f32(const uint8_t *p)
{
	float f;
	memcpy(&f, p, sizeof f);
	return f;
}

/* Bytes a section of `len` bytes occupies with its padding. */
static uint64_t region_bytes(uint64_t len)
{
	return ((len + BQ_SECTION_ALIGN - 1) & ~(uint64_t)(BQ_SECTION_ALIGN - 1)) + BQ_SECTION_PAD;
}

/* XXH3 of the header region with the checksum field as zeros. */
static uint64_t header_sum(const uint8_t *p, uint64_t region)
{
	uint8_t copy[CONTAINER_HEADER + CONTAINER_ENTRY * CONTAINER_MAX_SECTIONS + BQ_SECTION_ALIGN];

	memcpy(copy, p, region);
	memset(copy + CONTAINER_SUM_AT, 0, 8);
	return XXH3_64bits(copy, region);
}

static void parse_header(const uint8_t *p, struct container_head *h)
{
	h->number = bq_get_u64(p + 16);
	h->file_bytes = bq_get_u64(p + 24);
	h->n_docs = bq_get_u32(p + 32);
	h->n_terms = bq_get_u32(p + 36);
	h->n_tokens = bq_get_u64(p + 40);
	h->text_id = bq_get_u64(p + 48);
	h->k1 = get_f32(p + 56);
	h->b = get_f32(p + 60);
	h->avg_len = get_f32(p + 64);
	h->flags = bq_get_u32(p + 68);
	h->checksum = bq_get_u64(p + CONTAINER_SUM_AT);
}

static bool params_are_sane(const struct container_head *h)
{
	return isfinite(h->k1) && h->k1 >= 0 && h->k1 <= 1000 && h->b >= 0 && h->b <= 1 && isfinite(h->avg_len)
		&& h->avg_len > 0 && h->n_docs <= BQ_MAX_DOCS;
}

/* [F5] sections are contiguous, aligned, known at most once, and fill the file. */
static int open_table(struct bq_span file, uint32_t n, const char *name, struct container *out, struct bq_error *err)
{
	const uint8_t *base = (const uint8_t *)file.ptr;
	uint64_t at = container_header_bytes(n);

	for (uint32_t i = 0; i < n; i++) {
		uint64_t entry = CONTAINER_HEADER + (uint64_t)CONTAINER_ENTRY * i;
		uint32_t kind = bq_get_u32(base + entry);
		uint64_t off = bq_get_u64(base + entry + 8), len = bq_get_u64(base + entry + 16);
		if (off != at || len > file.len || region_bytes(len) > file.len - at)
			return bq_error_set(err, BQ_EFORMAT, entry, "%s: section %u (%s) lies outside the file [F5]",
				name, i, section_name(kind));
		at += region_bytes(len);
		if (kind >= SECTION_KINDS)
			continue; /* of a later writer: skipped */
		if (out->section[kind].ptr != NULL)
			return bq_error_set(err, BQ_EFORMAT, entry, "%s: section %s twice [F5]", name,
				section_name(kind));
		out->section[kind] = bq_span_make(base + off, (size_t)len);
	}
	if (at != file.len)
		return bq_error_set(err, BQ_EFORMAT, at, "%s: %" PRIu64 " bytes behind the last section [F5]", name,
			file.len - at);
	return BQ_OK;
}

static int check_required(const struct container *c, const char *name, struct bq_error *err)
{
	for (unsigned kind = 1; kind < SECTION_KINDS; kind++) {
		if (c->section[kind].ptr == NULL)
			return bq_error_set(err, BQ_EFORMAT, CONTAINER_HEADER, "%s: no section %s [F6]", name,
				section_name(kind));
	}
	return BQ_OK;
}

int container_open(struct bq_span file, const char *name, struct container *out, struct bq_error *err)
{
	const uint8_t *p = (const uint8_t *)file.ptr;

	memset(out, 0, sizeof *out);
	out->file = file;
	if (file.len < CONTAINER_HEADER || memcmp(p, CONTAINER_MAGIC, 8) != 0)
		return bq_error_set(err, BQ_EFORMAT, 0, "%s: not a segment file [F1]", name);
	if (bq_get_u32(p + 8) != BQ_FORMAT_VERSION)
		return bq_error_set(err, BQ_EVERSION, 8,
			"%s: format version %u, this program reads %u: build the index again [F2]",
			name, bq_get_u32(p + 8), BQ_FORMAT_VERSION);
	uint32_t n = bq_get_u32(p + 12);
	if (n > CONTAINER_MAX_SECTIONS || container_header_bytes(n) > file.len)
		return bq_error_set(err, BQ_EFORMAT, 12, "%s: %u sections do not fit [F5]", name, n);
	parse_header(p, &out->head);
	if (out->head.file_bytes != file.len)
		return bq_error_set(err, BQ_EFORMAT, 24, "%s: has %zu bytes, its header says %" PRIu64 " [F3]", name,
			file.len, out->head.file_bytes);
	if (header_sum(p, container_header_bytes(n)) != out->head.checksum)
		return bq_error_set(err, BQ_EFORMAT, CONTAINER_SUM_AT, "%s: header checksum does not match [F4]", name);
	if (!params_are_sane(&out->head))
		return bq_error_set(err, BQ_EFORMAT, 32, "%s: impossible numbers in the header [F9]", name);
	int rc = open_table(file, n, name, out, err);
	return rc != BQ_OK ? rc : check_required(out, name, err);
}

/* The first chunk of [off, off + len) whose sum is not the recorded one, or len. */
static uint64_t first_bad_chunk(const uint8_t *base, uint64_t off, uint64_t len, const uint8_t *sums)
{
	for (uint64_t at = 0; at < len; at += BQ_SUM_CHUNK, sums += 8) {
		uint64_t n = len - at < BQ_SUM_CHUNK ? len - at : BQ_SUM_CHUNK;
		if (XXH3_64bits(base + off + at, (size_t)n) != bq_get_u64(sums))
			return at;
	}
	return len;
}

int container_verify(const struct container *c, const char *name, struct bq_error *err)
{
	const uint8_t *base = (const uint8_t *)c->file.ptr;
	struct bq_span sums = c->section[SECTION_SUMS];
	uint32_t n = bq_get_u32(base + 12);
	uint64_t used = 0;

	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *entry = base + CONTAINER_HEADER + (uint64_t)CONTAINER_ENTRY * i;
		uint32_t kind = bq_get_u32(entry);
		uint64_t off = bq_get_u64(entry + 8), len = region_bytes(bq_get_u64(entry + 16));
		uint64_t chunks = kind == SECTION_SUMS ? 0 : (len + BQ_SUM_CHUNK - 1) / BQ_SUM_CHUNK;
		if (chunks * 8 > sums.len - used)
			return bq_error_set(err, BQ_EFORMAT, off, "%s: SUMS is too short for %s [F8]", name,
				section_name(kind));
		const uint8_t *recorded = (const uint8_t *)sums.ptr + used;
		used += chunks * 8;
		bool is_sound = XXH3_64bits(base + off, (size_t)len) == bq_get_u64(entry + 24);
		uint64_t at = chunks == 0 ? 0 : first_bad_chunk(base, off, len, recorded);
		if (is_sound && chunks != 0 && at != len)
			return bq_error_set(err, BQ_EFORMAT, off + at, "%s: SUMS is not what %s has [F8]", name,
				section_name(kind));
		if (is_sound)
			continue;
		if (at == len)
			at = 0; /* the sums are damaged as well */
		return bq_error_set(err, BQ_EFORMAT, off + at,
			"%s: section %s is damaged in the 64 KiB from byte %" PRIu64 " [F7]", name, section_name(kind),
			off + at);
	}
	if (used != sums.len)
		return bq_error_set(err, BQ_EFORMAT, 0, "%s: SUMS is too long [F8]", name);
	return BQ_OK;
}
