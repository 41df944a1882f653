/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pairs/pairs.h"

#include <string.h>

#include <bq/format.h>

int pairs_open(struct bq_span section, uint64_t post_bytes, const char *name, struct pairs_reader *out,
	struct bq_error *err)
{
	const uint8_t *p = (const uint8_t *)section.ptr;

	memset(out, 0, sizeof *out);
	out->t = BQ_PAIRS_OFF;
	if (p == NULL)
		return BQ_OK;
	if (section.len < PAIRS_HEADER || bq_get_u32(p) == 0 || bq_get_u32(p + 4) > PAIRS_MAX_WORDS)
		return bq_error_set(err, BQ_EFORMAT, 0, "%s: PAIRS: impossible numbers in the header [F38]", name);
	uint32_t n = bq_get_u32(p + 4), n_pairs = bq_get_u32(p + 8);
	uint64_t tables = pairs_table_bytes(n), n_groups = ((uint64_t)n_pairs + PAIRS_GROUP - 1) / PAIRS_GROUP;
	if (tables > section.len || (n_groups + 1) * 4 > section.len - tables)
		return bq_error_set(err, BQ_EFORMAT, 4, "%s: PAIRS: words and pairs do not fit [F38]", name);
	out->t = bq_get_u32(p);
	out->n_words = n;
	out->n_pairs = n_pairs;
	out->n_groups = (uint32_t)n_groups;
	out->places = p + PAIRS_HEADER;
	out->lines = p + tables - (uint64_t)n * pairs_row_lines(n) * PAIRS_LINE;
	out->group_off = p + tables;
	out->groups = bq_span_from(section, (size_t)(tables + (n_groups + 1) * 4));
	out->post_bytes = post_bytes;
	if (bq_get_u32(out->group_off + 4 * n_groups) != out->groups.len)
		return bq_error_set(err, BQ_EFORMAT, tables, "%s: PAIRS: groups do not fill the section [F38]", name);
	return BQ_OK;
}

bool pairs_find_word(const struct pairs_reader *p, uint32_t place, uint32_t *out)
{
	uint32_t from = 0;

	/* The word is one of n from `from` on.  Which half nobody predicts: no jumps. */
	for (uint32_t n = p->n_words; n > 1; n -= n / 2)
		from += pairs_place(p, from + n / 2) <= place ? n / 2 : 0;
	*out = from;
	return from < p->n_words && pairs_place(p, from) == place;
}

/* Start reading group `g`; *at is where its first list starts. */
static bool open_group(const struct pairs_reader *p, uint32_t g, struct bq_reader *r, uint64_t *at)
{
	uint32_t from = bq_get_u32(p->group_off + 4 * (size_t)g), to = bq_get_u32(p->group_off + 4 * ((size_t)g + 1));

	if (from >= to || to > p->groups.len)
		return false;
	*r = bq_reader_of(p->groups.ptr + from, to - from);
	*at = bq_read_varint(r);
	return !r->bad;
}

/* The next entry of a group; *at moves to the end of its list. */
static bool read_entry(const struct pairs_reader *p, struct bq_reader *r, uint64_t *at, struct pairs_entry *e)
{
	e->df = bq_read_varint32(r);
	uint64_t v = bq_read_varint(r), used = v >> 1;
	e->ttf = e->df + ((v & 1) != 0 ? bq_read_varint(r) + 1 : 0);
	e->impact = e->df < BQ_SMALL_DF ? UINT8_MAX : bq_read_u8(r);
	e->off = pairs_align(*at, e->df);
	if (r->bad || e->df == 0 || *at > p->post_bytes || used > p->post_bytes - *at || e->off - *at >= used)
		return false;
	e->bytes = used - (e->off - *at);
	*at += used;
	return true;
}

/* Step over an entry whose numbers are a byte each, as most are; false for
 * another, where nothing has moved. */
static inline bool skip_short(struct bq_reader *r, uint64_t *at)
{
	const uint8_t *e = r->p;

	if (bq_read_left(r) < 3 || (e[0] | e[1] | e[2]) >= 0x80 || e[0] == 0 || e[1] < 2)
		return false;
	*at += e[1] >> 1;
	r->p += 2 + (e[1] & 1);
	return true;
}

int pairs_find(const struct pairs_reader *p, uint32_t a, uint32_t b, struct pairs_entry *out)
{
	const uint8_t *line = p->lines
		+ ((size_t)a * pairs_row_lines(p->n_words) + b / PAIRS_LINE_WORDS) * PAIRS_LINE;
	uint32_t bit = b % PAIRS_LINE_WORDS, number = bq_get_u32(line);
	struct bq_reader r;
	uint64_t at;

	if ((line[4 + bit / 8] >> (bit & 7) & 1) == 0)
		return BQ_END;
	for (uint32_t i = 0; i < bit / 64; i++)
		number += (uint32_t)__builtin_popcountll(bq_get_u64(line + 4 + 8 * (size_t)i));
	/* of the last word of a line half lies in what follows: never counted */
	number += (uint32_t)__builtin_popcountll(bq_get_u64(line + 4 + 8 * (size_t)(bit / 64))
		& ((UINT64_C(1) << (bit & 63)) - 1));
	if (number >= p->n_pairs || !open_group(p, number / PAIRS_GROUP, &r, &at))
		return BQ_EFORMAT;
	for (uint32_t i = 0; i < number % PAIRS_GROUP; i++)
		if (!skip_short(&r, &at) && !read_entry(p, &r, &at, out))
			return BQ_EFORMAT;
	return read_entry(p, &r, &at, out) ? BQ_OK : BQ_EFORMAT;
}

/* The first of 64 bits from column `b` of a line on, or 0: those of its own line
 * and word. */
static uint64_t bits_from(const uint8_t *line, uint32_t b)
{
	uint32_t bit = b % PAIRS_LINE_WORDS;
	uint64_t word = bq_get_u64(line + 4 + 8 * (size_t)(bit / 64));

	return (bit / 64 == PAIRS_LINE_WORDS / 64 ? word & UINT32_MAX : word) >> (bit & 63);
}

/* The first set bit from (w->row, w->column) on; false if there is none. */
static bool find_bit(struct pairs_walk *w)
{
	const struct pairs_reader *p = w->p;
	uint32_t n_lines = pairs_row_lines(p->n_words);

	for (; w->row < p->n_words; w->row++, w->column = 0) {
		while (w->column < n_lines * PAIRS_LINE_WORDS) {
			uint32_t l = w->column / PAIRS_LINE_WORDS, bit = w->column % PAIRS_LINE_WORDS;
			uint64_t bits = bits_from(p->lines + ((size_t)w->row * n_lines + l) * PAIRS_LINE, w->column);
			if (bits != 0) {
				w->a = w->row;
				w->b = w->column + (uint32_t)__builtin_ctzll(bits);
				w->column = w->b + 1;
				return true;
			}
			bit += 64 - bit % 64;
			w->column = l * PAIRS_LINE_WORDS + (bit < PAIRS_LINE_WORDS ? bit : PAIRS_LINE_WORDS);
		}
	}
	return false;
}

int pairs_next(struct pairs_walk *w)
{
	const struct pairs_reader *p = w->p;
	uint64_t at;

	if (!find_bit(w))
		return w->number == p->n_pairs && bq_read_left(&w->r) == 0 ? BQ_END : BQ_EFORMAT;
	if (w->number >= p->n_pairs || w->b >= p->n_words)
		return BQ_EFORMAT;
	if (w->number % PAIRS_GROUP == 0) {
		if (bq_read_left(&w->r) != 0 || !open_group(p, w->number / PAIRS_GROUP, &w->r, &at) || at != w->at)
			return BQ_EFORMAT;
	}
	w->number++;
	return read_entry(p, &w->r, &w->at, &w->entry) ? BQ_OK : BQ_EFORMAT;
}
