/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segment/columns.h"

#include <string.h>

#include <bq/bytes.h>

static uint8_t width_for(uint64_t largest)
{
	return largest == 0 ? 0 : largest <= UINT8_MAX ? 1 : largest <= UINT16_MAX ? 2 : largest <= UINT32_MAX ? 4 : 8;
}

/* Smallest known value, and the largest stored number that follows from it. */
static int64_t choose_base(const struct column *c, uint32_t n_docs, uint64_t *largest)
{
	int64_t base = 0;
	bool any = false;

	for (uint32_t i = 0; i < n_docs; i++) {
		if (c->values[i] != c->unknown && (!any || c->values[i] < base)) {
			base = c->values[i];
			any = true;
		}
	}
	*largest = 0;
	for (uint32_t i = 0; i < n_docs; i++) {
		uint64_t stored = (uint64_t)c->values[i] - (uint64_t)base + 1;
		if (c->values[i] != c->unknown && stored > *largest)
			*largest = stored;
	}
	return base;
}

void columns_put(struct bq_buf *out, const struct column *columns, uint32_t n, uint32_t n_docs)
{
	struct {
		int64_t base;
		uint8_t width;
	} shape[COLUMNS_MAX];
	uint64_t off = COLUMNS_HEADER + (uint64_t)n * COLUMNS_ENTRY;

	bq_buf_put_u32(out, n);
	bq_buf_put_u32(out, 0);
	for (uint32_t c = 0; c < n; c++) {
		uint64_t largest;
		shape[c].base = choose_base(&columns[c], n_docs, &largest);
		shape[c].width = width_for(largest);
		bq_buf_put_u32(out, columns[c].kind);
		bq_buf_put_u32(out, shape[c].width);
		bq_buf_put_u64(out, (uint64_t)shape[c].base);
		bq_buf_put_u64(out, off);
		bq_buf_put_u64(out, 0);
		off += (uint64_t)n_docs * shape[c].width;
	}
	for (uint32_t c = 0; c < n; c++) {
		for (uint32_t i = 0; i < n_docs; i++) {
			int64_t v = columns[c].values[i];
			uint64_t stored = v == columns[c].unknown ? 0 : (uint64_t)v - (uint64_t)shape[c].base + 1;
			bq_buf_put(out, &stored, shape[c].width);
		}
	}
}

int columns_open(struct bq_span section, uint32_t n_docs, const char *name, struct columns_reader *out,
	struct bq_error *err)
{
	const uint8_t *p = (const uint8_t *)section.ptr;

	out->section = section;
	out->n_docs = n_docs;
	out->n = section.len < COLUMNS_HEADER ? 0 : bq_get_u32(p);
	if (section.len < COLUMNS_HEADER || out->n > COLUMNS_MAX
		|| COLUMNS_HEADER + (uint64_t)out->n * COLUMNS_ENTRY > section.len)
		return bq_error_set(err, BQ_EFORMAT, 0, "%s: COLS: table does not fit [F31]", name);
	for (uint32_t c = 0; c < out->n; c++) {
		const uint8_t *e = p + COLUMNS_HEADER + (size_t)c * COLUMNS_ENTRY;
		uint8_t width = e[4];
		uint64_t off = bq_get_u64(e + 16);
		bool known = width == 0 || width == 1 || width == 2 || width == 4 || width == 8;
		if (!known || off > section.len || (uint64_t)n_docs * width > section.len - off)
			return bq_error_set(err, BQ_EFORMAT, 0, "%s: COLS: column %u does not fit [F31]", name, c);
	}
	return BQ_OK;
}

int64_t columns_get(const struct columns_reader *cols, enum column_kind kind, uint32_t doc, int64_t unknown)
{
	const uint8_t *p = (const uint8_t *)cols->section.ptr;

	for (uint32_t c = 0; c < cols->n; c++) {
		const uint8_t *e = p + COLUMNS_HEADER + (size_t)c * COLUMNS_ENTRY;
		uint64_t stored = 0;
		if (bq_get_u32(e) != (uint32_t)kind)
			continue;
		memcpy(&stored, p + bq_get_u64(e + 16) + (uint64_t)doc * e[4], e[4]);
		return stored == 0 ? unknown : (int64_t)(bq_get_u64(e + 8) + stored - 1);
	}
	return unknown;
}
