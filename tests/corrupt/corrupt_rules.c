/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each rule of a segment, [F1] to [F32] and [F38] to [F43] of indexer/FORMAT.md, broken once in a
 * file whose checksums match what it holds: the check that names the rule says
 * so, and a reader that never verified comes back.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <bq/build.h>

#include "base/mapfile.h"
#include "lib/read_all.h"
#include "lib/segfile.h"
#include "lib/tmpdir.h"
#include "segment/segment.h"

enum { DOCS = 600, LONG_DOC = 7, ZULU_DOC = 300, PAIRS_T = 3 };

/* Those of a segment: [F33] to [F37] are between files. */
#define RULES (((UINT64_C(1) << 32) - 1) << 1 | UINT64_C(0x3f) << 38)

/* ---- an index that has everything --------------------------------------- */

static void put_words(struct bq_buf *b, uint32_t d)
{
	bq_buf_printf(b, "common common body%03u", d % 200);
	if (d % 2 == 0)
		bq_buf_printf(b, " even");       /* 300 documents: two blocks */
	if (d % 40 == 3)
		bq_buf_printf(b, " zoo zoo zoo"); /* the last list of all that is in POST */
	if (d % 50 == 1)
		bq_buf_printf(b, " share\nshares sharing");
	if (d == ZULU_DOC)
		bq_buf_printf(b, " zulu");       /* in TERMS alone */
	if (d == ZULU_DOC + 1)
		bq_buf_printf(b, " running");    /* an alias: nobody else runs */
	for (uint32_t i = 0; d == LONG_DOC && i < 400; i++)
		bq_buf_printf(b, "\nbody%03u", i % 200);
}

static void build_index(const char *dir)
{
	struct bq_build_opts opts = { .text = { .lang = "en" }, .k1 = 0.9f, .b = 0.4f, .memory_bytes = 64 << 20,
		.pairs_min = PAIRS_T, .pairs_percent = 1000, .n_sources = 1, .sources = &BQ_SPAN("/src") };
	struct bq_build_report report;
	struct bq_build *b;
	struct bq_error err;

	assert_int_equal(bq_build_open(dir, &opts, &b, &err), BQ_OK);
	for (uint32_t d = 0; d < DOCS; d++) {
		struct bq_buf text = BQ_BUF_INIT;
		put_words(&text, d);
		struct bq_doc_in in = { .path = BQ_SPAN("a.jsonl"), .text = bq_buf_span(&text), .at = BQ_AT_RECORD,
			.title = d % 64 == 5 ? BQ_SPAN("Caf\xc3\xa9 sharing shares") : BQ_SPAN(""),
			.fields = d % 64 == 5 ? BQ_SPAN("{}") : BQ_SPAN(""), .file_line = d + 1,
			.mtime_us = 1000000 + d, .file_bytes = -1 };
		assert_int_equal(bq_build_add(b, &in, &err), BQ_OK);
		bq_buf_release(&text);
	}
	assert_int_equal(bq_build_commit(b, &report, &err), BQ_OK);
}

/* Build once, read into parts. */
static void take_sound(struct segfile *f, struct bq_buf *whole)
{
	struct tmpdir dir;
	struct mapfile map;

	tmpdir_init(&dir);
	build_index(dir.path);
	int dirfd = open(dir.path, O_RDONLY | O_DIRECTORY);
	assert_int_equal(mapfile_open(dirfd, "00000001.seg", &map, NULL), BQ_OK);
	segfile_take(f, mapfile_span(&map));
	bq_buf_put_span(whole, mapfile_span(&map));
	mapfile_close(&map);
	(void)close(dirfd);
	tmpdir_release(&dir);
}

/* ---- finding what to damage --------------------------------------------- */

static uint8_t *mutable(const void *p)
{
	return (uint8_t *)(uintptr_t)p;
}

static uint8_t *in(struct segfile *f, enum section_kind kind, size_t at)
{
	struct bq_buf *b = segfile_section(f, kind);

	assert_true(at < b->len);
	return b->ptr + at;
}

static void add_u64(uint8_t *p, uint64_t n) { bq_put_u64(p, bq_get_u64(p) + n); }
static void add_u32(uint8_t *p, uint32_t n) { bq_put_u32(p, bq_get_u32(p) + n); }

static struct terms_reader terms_of(struct segfile *f)
{
	struct terms_reader t;
	struct bq_error err;

	assert_int_equal(terms_open(bq_buf_span(segfile_section(f, SECTION_TERMS)), bq_get_u32(f->head + 36), "x", &t,
		&err), BQ_OK);
	return t;
}

/* The entry of a word (or a key with its kind byte); the iterator's reader stands behind it.
 * `t` is to outlive it. */
static struct terms_iter entry(const struct terms_reader *t, const char *key)
{
	struct terms_iter it;

	assert_int_equal(terms_seek(t, bq_span_of(key), &it), BQ_OK);
	assert_int_equal(terms_next(&it), BQ_OK);
	assert_true(bq_span_eq(terms_key(&it), bq_span_of(key)));
	return it;
}

/* The byte that stands `back` bytes before the end of a word's entry. */
static uint8_t *entry_end(struct segfile *f, const char *key, size_t back)
{
	struct terms_reader t = terms_of(f);
	struct terms_iter it = entry(&t, key);

	return mutable(it.r.p) - back;
}

static uint32_t place_of(struct segfile *f, const char *key)
{
	struct terms_reader t = terms_of(f);

	return entry(&t, key).ord;
}

static uint8_t *block_start(struct segfile *f, uint32_t block)
{
	struct terms_reader t = terms_of(f);

	return mutable(t.blocks.ptr) + bq_get_u64(t.offs + 8 * (size_t)block);
}

static uint8_t *block_offset(struct segfile *f, uint32_t block)
{
	return mutable(terms_of(f).offs) + 8 * (size_t)block;
}

static uint8_t *skip_varints(uint8_t *p, unsigned n)
{
	for (; n != 0; p++)
		n -= *p < 0x80;
	return p;
}

/* Two bytes, as places above 127 take. */
static void put_place(uint8_t *p, uint32_t v)
{
	assert_true(p[0] >= 0x80 && p[1] < 0x80 && v < 1 << 14);
	p[0] = (uint8_t)(v | 0x80);
	p[1] = (uint8_t)(v >> 7);
}

static uint8_t *tinfo_of(struct segfile *f, const char *word)
{
	struct terms_reader t = terms_of(f);
	struct terms_iter it = entry(&t, word);

	assert_int_equal(it.entry.tag, TERMS_FREQUENT);
	return in(f, SECTION_TINFO, (size_t)it.entry.tinfo * TINFO_BYTES);
}

static struct postings_list list_of(struct segfile *f, const char *word)
{
	struct tinfo info = tinfo_get(tinfo_of(f, word));
	struct postings_list l;

	assert_true(postings_open(bq_buf_span(segfile_section(f, SECTION_POST)), &info, DOCS, &l));
	return l;
}

static uint8_t *first_block(struct segfile *f) { return mutable(list_of(f, "common").blocks.ptr); }

static uint8_t *last_block(struct segfile *f)
{
	struct postings_list l = list_of(f, "common");

	return mutable(postings_block_at(&l, l.n_blocks - 1).ptr);
}

/* ---- the container, [F1] to [F9] ----------------------------------------- */

static void f1_magic(struct bq_buf *b) { b->ptr[7] = 0x1b; }
static void f1_short(struct bq_buf *b) { b->len = CONTAINER_HEADER - 1; }
static void f2_version(struct bq_buf *b) { bq_put_u32(b->ptr + 8, BQ_FORMAT_VERSION + 1); }
static void f3_size(struct bq_buf *b) { b->len -= 64; }
static void f4_reserved(struct bq_buf *b) { b->ptr[72] = 1; }
static uint8_t *table(struct bq_buf *b, size_t i) { return b->ptr + CONTAINER_HEADER + CONTAINER_ENTRY * i; }
static void f5_gap(struct bq_buf *b) { add_u64(table(b, 1) + 8, 64); }
static void f5_length(struct bq_buf *b) { bq_put_u64(table(b, 0) + 16, UINT64_MAX - 63); }
static void f5_count(struct bq_buf *b) { bq_put_u32(b->ptr + 12, CONTAINER_MAX_SECTIONS + 1); }
static void f5_twice(struct bq_buf *b) { memcpy(table(b, 1), table(b, 0), 4); }
static void f6_missing(struct bq_buf *b) { bq_put_u32(table(b, 2), 77); }
static void f7_bytes(struct bq_buf *b) { b->ptr[bq_get_u64(table(b, 2) + 8)] ^= 1; }

static void f5_behind(struct bq_buf *b)
{
	bq_buf_put_zeros(b, 64);
	bq_put_u64(b->ptr + 24, b->len);
}

static void f8_sum(struct bq_buf *b)
{
	b->ptr[bq_get_u64(table(b, bq_get_u32(b->ptr + 12) - 1) + 8)] ^= 1;
	segfile_seal_table(b->ptr, b->len);
}

static void f8_short(struct segfile *f) { segfile_section(f, SECTION_SUMS)->len -= 8; }
static void f8_long(struct segfile *f) { bq_buf_put_zeros(segfile_section(f, SECTION_SUMS), 8); }
static void f9_k1(struct segfile *f) { bq_put_u32(f->head + 56, 0x7fc00000); }
static void f9_b(struct segfile *f) { bq_put_u32(f->head + 60, 0x40000000); }
static void f9_average(struct segfile *f) { bq_put_u32(f->head + 64, 0); }
static void f9_documents(struct segfile *f) { bq_put_u32(f->head + 32, UINT32_MAX); }

static void f32_section(struct bq_buf *b)
{
	b->ptr[bq_get_u64(table(b, 1) + 8) - 1] = 1;
	segfile_seal_sums(b->ptr, b->len);
	segfile_seal_table(b->ptr, b->len);
}

static void f32_table(struct bq_buf *b)
{
	uint32_t n = bq_get_u32(b->ptr + 12);

	assert_true(CONTAINER_HEADER + CONTAINER_ENTRY * n < container_header_bytes(n));
	b->ptr[container_header_bytes(n) - 1] = 1;
}

/* ---- TERMS, [F10] to [F16] ----------------------------------------------- */

static void f10_terms(struct segfile *f) { add_u32(in(f, SECTION_TERMS, 0), 1); }
static void f10_blocks(struct segfile *f) { add_u32(in(f, SECTION_TERMS, 4), 1); }
static void f10_levels(struct segfile *f) { bq_put_u32(in(f, SECTION_TERMS, 8), TERMS_MAX_LEVELS + 1); }
static void f10_cut(struct segfile *f) { segfile_section(f, SECTION_TERMS)->len = 40; }
static void f11_end(struct segfile *f) { add_u64(block_offset(f, terms_of(f).n_blocks), 1); }
static void f11_start(struct segfile *f) { add_u64(block_offset(f, 0), 1); }
static void f11_order(struct segfile *f) { memcpy(block_offset(f, 1), block_offset(f, 2), 8); }
static void f12_tree(struct segfile *f) { add_u64(mutable(terms_of(f).level[0]) + 8, 1); }

/* "zulu" shares its z with "zoo": its own part starts with u. */
static void f13_order(struct segfile *f)
{
	struct terms_reader t = terms_of(f);
	uint8_t *at = memmem(t.blocks.ptr, t.blocks.len, "ulu", 3);

	assert_non_null(at);
	at[0] = 'a';
}

/* The first key of a block has none before it to share with. */
static void f13_shared(struct segfile *f) { skip_varints(block_start(f, 1), 3)[0] |= 0x10; }
static void f14_post(struct segfile *f) { entry_end(f, "zoo", 2)[0] = 0x7f; }
static void f14_pos(struct segfile *f) { entry_end(f, "zoo", 1)[0] = 0x7f; }
static void f14_document(struct segfile *f) { put_place(entry_end(f, "zulu", 3), DOCS); }

static void shift_tinfo(struct segfile *f, int by)
{
	uint8_t *p = skip_varints(block_start(f, place_of(f, "even") / BQ_TERM_BLOCK), 2);

	p[0] = (uint8_t)(p[0] + by);
}

static void f15_outside(struct segfile *f) { shift_tinfo(f, 100); }

static void f15_order(struct segfile *f)
{
	if (place_of(f, "even") / BQ_TERM_BLOCK == place_of(f, "common") / BQ_TERM_BLOCK)
		shift_tinfo(f, 1);
	else
		shift_tinfo(f, -1);
}

static void f16_alias(struct segfile *f) { put_place(entry_end(f, "\1run", 2), place_of(f, "\2sharing")); }

static void f16_form(struct segfile *f)
{
	struct terms_reader t = terms_of(f);

	put_place(mutable(entry(&t, "\1share").entry.forms.ptr) + 1, place_of(f, "\2sharing"));
}

/* ---- TINFO, POST, POS, [F17] to [F24] ------------------------------------- */

static void f17_df(struct segfile *f) { bq_put_u32(tinfo_of(f, "common"), DOCS + 1); }
static void f17_ttf(struct segfile *f) { bq_put_u64(tinfo_of(f, "common") + 8, DOCS - 1); }
static void f17_place(struct segfile *f) { add_u64(tinfo_of(f, "even") + 16, 4); }
static void f17_outside(struct segfile *f) { bq_put_u64(tinfo_of(f, "even") + 16, UINT64_MAX - 3); }
static void f17_length(struct segfile *f) { bq_buf_put_u8(segfile_section(f, SECTION_TINFO), 0); }
static void f17_surplus(struct segfile *f) { bq_buf_put_u8(segfile_section(f, SECTION_POST), 0); }
static void f18_last(struct segfile *f) { bq_put_u32(mutable(list_of(f, "common").last_doc), DOCS); }
static void f18_upper(struct segfile *f) { add_u32(mutable(list_of(f, "common").up_last), 1); }
static void f18_block(struct segfile *f) { bq_put_u32(mutable(list_of(f, "common").block_off) + 4, 0); }
static void f18_position(struct segfile *f) { bq_put_u32(mutable(list_of(f, "common").pos_off) + 4, 1u << 30); }
static void f19_kind(struct segfile *f) { first_block(f)[0] = 33; }
static void f19_bits(struct segfile *f) { first_block(f)[1] = 33; }
static void f19_exceptions(struct segfile *f) { first_block(f)[2] = POSTINGS_MAX_EXCEPTIONS + 1; }
static void f19_tail(struct segfile *f) { bq_put_u16(last_block(f) + 2, UINT16_MAX); }
static void f20_last(struct segfile *f) { add_u32(mutable(list_of(f, "common").last_doc), UINT32_MAX); }
static void f20_gap(struct segfile *f) { last_block(f)[4] |= 2; } /* a document later, and so are all behind it */
static void f21_ttf(struct segfile *f) { add_u64(tinfo_of(f, "common") + 8, 1); }
static void f21_small(struct segfile *f) { entry_end(f, "zoo", 3)[0]++; }
static void f22_half(struct segfile *f) { mutable(list_of(f, "common").bound)[0] = 0; }
static void f22_upper(struct segfile *f) { mutable(list_of(f, "common").up_bound)[0] = 0; }
static void f22_range(struct segfile *f) { mutable(list_of(f, "common").range_bound)[0] = 0; }
static void f22_impact(struct segfile *f) { tinfo_of(f, "common")[4] = 0; }
static uint8_t *positions(struct segfile *f) { return in(f, SECTION_POS, bq_get_u64(tinfo_of(f, "common") + 24)); }
static void f23_shift(struct segfile *f) { positions(f)[0] = 32; }
static void f23_width(struct segfile *f) { positions(f)[1] = 33; }
static void f23_bits(struct segfile *f) { bq_put_u16(positions(f) + 3, UINT16_MAX); }
static void f24_inline(struct segfile *f) { entry_end(f, "zulu", 1)[0] = 0x7f; }
static void f24_behind(struct segfile *f) { positions(f)[1 + 4 * (BQ_BLOCK_DOCS / BQ_POS_GROUP)] = 0xff; }

/* ---- documents, [F25] to [F31] -------------------------------------------- */

static uint8_t *footer(struct segfile *f) { return in(f, SECTION_DOCS, segfile_section(f, SECTION_DOCS)->len - DOCS_FOOTER); }
static uint8_t *record(struct segfile *f) { return in(f, SECTION_HEADS, (DOCS + 15) / 16 * HEADS_GROUP_BYTES); }
static void f25_size(struct segfile *f) { segfile_section(f, SECTION_NORM)->len--; }
static void f25_sum(struct segfile *f) { bq_put_u64(f->head + 40, DOCS); }
static void f26_cut(struct segfile *f) { segfile_section(f, SECTION_HEADS)->len = 100; }
static void f27_at(struct segfile *f) { record(f)[0] |= 3; }
static void f27_index(struct segfile *f) { bq_put_u64(in(f, SECTION_HEADS, 0), UINT64_MAX); }
static void f27_stored(struct segfile *f) { add_u64(in(f, SECTION_HEADS, HEADS_GROUP_BYTES + 8), 1); }
static void f27_marks(struct segfile *f) { add_u64(in(f, SECTION_HEADS, 16), 1); }
static void f28_frames(struct segfile *f) { add_u64(footer(f) + 8, 1); }
static void f28_parts(struct segfile *f) { add_u64(footer(f) + 16, 1); }
static void f28_index(struct segfile *f) { add_u64(footer(f) + 24, UINT64_MAX); }
static void f28_short(struct segfile *f) { segfile_section(f, SECTION_DOCS)->len = DOCS_FOOTER; }
static void f29_frame(struct segfile *f) { in(f, SECTION_DOCS, bq_get_u64(footer(f) + 16))[0] ^= 0xff; }
static void f29_length(struct segfile *f) { add_u32(in(f, SECTION_DOCS, bq_get_u64(footer(f) + 24) + 8), 1); }
static void f30_behind(struct segfile *f) { bq_put_u16(in(f, SECTION_MARKS, 0), UINT16_MAX); }
static void f30_order(struct segfile *f) { memcpy(in(f, SECTION_MARKS, 4), in(f, SECTION_MARKS, 0), 4); }
static void f31_width(struct segfile *f) { in(f, SECTION_COLS, COLUMNS_HEADER + 4)[0] = 3; }
static void f31_outside(struct segfile *f) { bq_put_u64(in(f, SECTION_COLS, COLUMNS_HEADER + 16), UINT64_MAX); }
static void f31_table(struct segfile *f) { bq_put_u32(in(f, SECTION_COLS, 0), COLUMNS_MAX + 1); }

/* ---- pairs, [F38] to [F43] ------------------------------------------------- */

static struct pairs_reader pairs_of(struct segfile *f)
{
	struct pairs_reader p;
	struct bq_error err;

	assert_int_equal(pairs_open(bq_buf_span(segfile_section(f, SECTION_PAIRS)),
		segfile_section(f, SECTION_PPOST)->len, "x", &p, &err), BQ_OK);
	assert_int_equal(p.t, PAIRS_T);
	return p;
}

/* The entry of a pair; its bytes in PAIRS end at *end. */
static struct pairs_entry pair(struct segfile *f, const char *a, const char *b, uint8_t **end)
{
	struct pairs_reader p = pairs_of(f);
	struct pairs_walk w = pairs_begin(&p);
	uint32_t i, j;

	assert_true(pairs_find_word(&p, place_of(f, a), &i) && pairs_find_word(&p, place_of(f, b), &j));
	do
		assert_int_equal(pairs_next(&w), BQ_OK);
	while (w.a != i || w.b != j);
	*end = mutable(w.r.p);
	return w.entry;
}

/* The record of "common common", which all documents have. */
static struct postings_list pair_list(struct segfile *f)
{
	uint8_t *end;
	struct pairs_entry e = pair(f, "common", "common", &end);
	struct tinfo info = { .df = e.df, .flags = TINFO_RANGES, .post_off = e.off };
	struct postings_list l;

	assert_int_equal(e.df, DOCS);
	assert_true(postings_open(bq_buf_span(segfile_section(f, SECTION_PPOST)), &info, DOCS, &l));
	return l;
}

static uint8_t *pairs_line(struct segfile *f, uint32_t line) { return mutable(pairs_of(f).lines) + PAIRS_LINE * line; }
static uint8_t *group_off(struct segfile *f, uint32_t g) { return mutable(pairs_of(f).group_off) + 4 * (size_t)g; }

/* A pair of three documents: its list is three bytes at least. */
static uint8_t *short_list(struct segfile *f, uint8_t **end)
{
	struct pairs_entry e = pair(f, "common", "body010", end);

	assert_int_equal(e.df, 3);
	return in(f, SECTION_PPOST, e.off);
}

static void f38_t(struct segfile *f) { bq_put_u32(in(f, SECTION_PAIRS, 0), 0); }
static void f38_words(struct segfile *f) { bq_put_u32(in(f, SECTION_PAIRS, 4), PAIRS_MAX_WORDS + 1); }
static void f38_pairs(struct segfile *f) { add_u32(in(f, SECTION_PAIRS, 8), 1u << 24); }
static void f38_short(struct segfile *f) { segfile_section(f, SECTION_PAIRS)->len = PAIRS_HEADER - 1; }
static void f38_groups(struct segfile *f) { bq_buf_put_u8(segfile_section(f, SECTION_PAIRS), 0); }
static void f38_reserved(struct segfile *f) { in(f, SECTION_PAIRS, 63)[0] = 1; }
static void f38_padding(struct segfile *f) { pairs_line(f, 0)[-1] = 1; }
static void f39_place(struct segfile *f) { add_u32(mutable(pairs_of(f).places), UINT32_MAX); }
static void f39_more(struct segfile *f) { bq_put_u32(in(f, SECTION_PAIRS, 0), PAIRS_T + 1); }
static void f39_fewer(struct segfile *f) { bq_put_u32(in(f, SECTION_PAIRS, 0), 1); }
static void f40_count(struct segfile *f) { add_u32(pairs_line(f, 1), 1); }
static void f40_behind(struct segfile *f) { pairs_line(f, 0)[PAIRS_LINE - 1] |= 0x80; }
static void f40_pair(struct segfile *f) { add_u32(in(f, SECTION_PAIRS, 8), UINT32_MAX); }
static void f41_order(struct segfile *f) { memcpy(group_off(f, 1), group_off(f, 2), 4); }
static void f41_start(struct segfile *f) { bq_put_u32(group_off(f, 0), 1); }
static void f41_first(struct segfile *f) { mutable(pairs_of(f).groups.ptr)[0]++; }
static void f41_surplus(struct segfile *f) { bq_buf_put_u8(segfile_section(f, SECTION_PPOST), 0); }

static void f41_outside(struct segfile *f) { segfile_section(f, SECTION_PPOST)->len -= 1; }

static void f41_df(struct segfile *f)
{
	uint8_t *end;

	(void)short_list(f, &end);
	end[-2] = 100;
}

static void f42_documents(struct segfile *f)
{
	uint8_t *end;

	short_list(f, &end)[2] |= 0x80;
}

static void f42_last(struct segfile *f) { add_u32(mutable(pair_list(f).last_doc), UINT32_MAX); }
static void f42_upper(struct segfile *f) { add_u32(mutable(pair_list(f).up_last), 1); }
static void f42_half(struct segfile *f) { mutable(pair_list(f).bound)[0] = 0; }
static void f42_range(struct segfile *f) { mutable(pair_list(f).range_bound)[0] = 0; }

static void f42_impact(struct segfile *f)
{
	uint8_t *end;

	(void)pair(f, "common", "common", &end);
	end[-1] = 0;
}

/* All three a document later: sound, but not where the words are. */
static void f43_documents(struct segfile *f)
{
	uint8_t *end;

	uint8_t *p = short_list(f, &end);
	p[0] = (uint8_t)(p[0] + 2);
}

/* ---- the table ------------------------------------------------------------ */

enum seen { OPENING, VERIFYING };

/* One damage: to the parts, before checksums are made, or to the whole file. */
struct rule {
	unsigned number;
	enum seen by;
	const char *what;
	void (*parts)(struct segfile *f);
	void (*whole)(struct bq_buf *b);
	bool keeps_header_sum; /* the header's checksum is not made again */
};

#define PARTS(n, by, f) { n, by, #f, f, NULL, false }
#define WHOLE(n, by, f) { n, by, #f, NULL, f, false }
#define STALE(n, by, f) { n, by, #f, NULL, f, true }

static const struct rule rules[] = {
	WHOLE(1, OPENING, f1_magic), STALE(1, OPENING, f1_short), WHOLE(2, OPENING, f2_version),
	STALE(3, OPENING, f3_size), STALE(4, OPENING, f4_reserved),
	WHOLE(5, OPENING, f5_gap), WHOLE(5, OPENING, f5_length), STALE(5, OPENING, f5_count),
	WHOLE(5, OPENING, f5_twice), WHOLE(5, OPENING, f5_behind), WHOLE(6, OPENING, f6_missing),
	WHOLE(7, VERIFYING, f7_bytes),
	WHOLE(8, VERIFYING, f8_sum), PARTS(8, VERIFYING, f8_short), PARTS(8, VERIFYING, f8_long),
	PARTS(9, OPENING, f9_k1), PARTS(9, OPENING, f9_b), PARTS(9, OPENING, f9_average),
	PARTS(9, OPENING, f9_documents),
	PARTS(10, OPENING, f10_terms), PARTS(10, OPENING, f10_blocks), PARTS(10, OPENING, f10_levels),
	PARTS(10, OPENING, f10_cut),
	PARTS(11, OPENING, f11_end), PARTS(11, VERIFYING, f11_start), PARTS(11, VERIFYING, f11_order),
	PARTS(12, VERIFYING, f12_tree),
	PARTS(13, VERIFYING, f13_order), PARTS(13, VERIFYING, f13_shared),
	PARTS(14, VERIFYING, f14_post), PARTS(14, VERIFYING, f14_pos), PARTS(14, VERIFYING, f14_document),
	PARTS(15, VERIFYING, f15_outside), PARTS(15, VERIFYING, f15_order),
	PARTS(16, VERIFYING, f16_alias), PARTS(16, VERIFYING, f16_form),
	PARTS(17, VERIFYING, f17_df), PARTS(17, VERIFYING, f17_ttf), PARTS(17, VERIFYING, f17_place),
	PARTS(17, VERIFYING, f17_outside), PARTS(17, OPENING, f17_length), PARTS(17, VERIFYING, f17_surplus),
	PARTS(18, VERIFYING, f18_last), PARTS(18, VERIFYING, f18_upper), PARTS(18, VERIFYING, f18_block),
	PARTS(18, VERIFYING, f18_position),
	PARTS(19, VERIFYING, f19_kind), PARTS(19, VERIFYING, f19_bits), PARTS(19, VERIFYING, f19_exceptions),
	PARTS(19, VERIFYING, f19_tail),
	PARTS(20, VERIFYING, f20_last), PARTS(20, VERIFYING, f20_gap),
	PARTS(21, VERIFYING, f21_ttf), PARTS(21, VERIFYING, f21_small),
	PARTS(22, VERIFYING, f22_half), PARTS(22, VERIFYING, f22_upper), PARTS(22, VERIFYING, f22_range),
	PARTS(22, VERIFYING, f22_impact),
	PARTS(23, VERIFYING, f23_shift), PARTS(23, VERIFYING, f23_width), PARTS(23, VERIFYING, f23_bits),
	PARTS(24, VERIFYING, f24_inline), PARTS(24, VERIFYING, f24_behind),
	PARTS(25, OPENING, f25_size), PARTS(25, VERIFYING, f25_sum),
	PARTS(26, OPENING, f26_cut),
	PARTS(27, VERIFYING, f27_at), PARTS(27, VERIFYING, f27_index), PARTS(27, VERIFYING, f27_stored),
	PARTS(27, VERIFYING, f27_marks),
	PARTS(28, OPENING, f28_frames), PARTS(28, OPENING, f28_parts), PARTS(28, OPENING, f28_index),
	PARTS(28, OPENING, f28_short),
	PARTS(29, VERIFYING, f29_frame), PARTS(29, VERIFYING, f29_length),
	PARTS(30, VERIFYING, f30_behind), PARTS(30, VERIFYING, f30_order),
	PARTS(31, OPENING, f31_width), PARTS(31, OPENING, f31_outside), PARTS(31, OPENING, f31_table),
	WHOLE(32, VERIFYING, f32_section), WHOLE(32, VERIFYING, f32_table),
	PARTS(38, OPENING, f38_t), PARTS(38, OPENING, f38_words), PARTS(38, OPENING, f38_pairs),
	PARTS(38, OPENING, f38_short), PARTS(38, OPENING, f38_groups), PARTS(38, VERIFYING, f38_reserved),
	PARTS(38, VERIFYING, f38_padding),
	PARTS(39, VERIFYING, f39_place), PARTS(39, VERIFYING, f39_more), PARTS(39, VERIFYING, f39_fewer),
	PARTS(40, VERIFYING, f40_count), PARTS(40, VERIFYING, f40_behind), PARTS(40, VERIFYING, f40_pair),
	PARTS(41, VERIFYING, f41_order), PARTS(41, VERIFYING, f41_start), PARTS(41, VERIFYING, f41_first),
	PARTS(41, VERIFYING, f41_surplus), PARTS(41, VERIFYING, f41_outside), PARTS(41, VERIFYING, f41_df),
	PARTS(42, VERIFYING, f42_documents), PARTS(42, VERIFYING, f42_last), PARTS(42, VERIFYING, f42_upper),
	PARTS(42, VERIFYING, f42_half), PARTS(42, VERIFYING, f42_range), PARTS(42, VERIFYING, f42_impact),
	PARTS(43, VERIFYING, f43_documents),
};

enum { N_RULES = sizeof rules / sizeof rules[0] };

/* Open, read all, verify.  Returns who saw the damage, or -1. */
static int find_damage(struct bq_span file, struct bq_error *err)
{
	struct bq_arena mem;
	struct bq_read rd = { .mem = &mem };
	struct segment *s;

	if (segment_open_bytes(file, "x.seg", &s, err) != BQ_OK)
		return OPENING;
	bq_arena_init(&mem, 64 << 20);
	(void)read_all(&s->leaf, &rd);
	int seen = segment_verify(s, err) == BQ_OK ? -1 : VERIFYING;
	segment_close(s);
	bq_arena_release(&mem);
	return seen;
}

static struct bq_buf break_rule(const struct rule *r, struct bq_span sound)
{
	struct segfile f;

	segfile_take(&f, sound);
	if (r->parts != NULL)
		r->parts(&f);
	struct bq_buf b = segfile_join(&f);
	if (r->whole != NULL)
		r->whole(&b);
	if (!r->keeps_header_sum)
		segfile_seal_header(b.ptr, b.len);
	segfile_release(&f);
	return b;
}

/* Bytes of their own, so that a sanitizer sees the end. */
static struct bq_buf exact_copy(struct bq_span s)
{
	struct bq_buf b = { malloc(s.len), s.len, s.len, false };

	assert_non_null(b.ptr);
	memcpy(b.ptr, s.ptr, s.len);
	return b;
}

static void test_rules(void **state)
{
	struct bq_buf sound = BQ_BUF_INIT;
	struct segfile f;
	uint64_t tested = 0;
	unsigned wrong = 0;

	(void)state;
	take_sound(&f, &sound);
	segfile_release(&f);
	for (size_t i = 0; i < N_RULES; i++) {
		struct bq_error err = { 0 };
		char rule[8];
		struct bq_buf broken = break_rule(&rules[i], bq_buf_span(&sound)), b = exact_copy(bq_buf_span(&broken));
		int seen = find_damage(bq_buf_span(&b), &err);
		(void)snprintf(rule, sizeof rule, "[F%u]", rules[i].number);
		if (seen != (int)rules[i].by || strstr(err.msg, rule) == NULL) {
			print_error("%s: seen by %d: %s\n", rules[i].what, seen, err.msg);
			wrong++;
		}
		tested |= UINT64_C(1) << rules[i].number;
		bq_buf_release(&broken);
		bq_buf_release(&b);
	}
	bq_buf_release(&sound);
	assert_int_equal(wrong, 0);
	assert_true(tested == RULES); /* each once at least */
}

/* What is taken apart and put together is the same file, and sound. */
static void test_sound(void **state)
{
	struct bq_buf sound = BQ_BUF_INIT;
	struct bq_error err;
	struct segfile f;

	(void)state;
	take_sound(&f, &sound);
	struct bq_buf again = segfile_join(&f);
	assert_true(bq_span_eq(bq_buf_span(&sound), bq_buf_span(&again)));
	assert_int_equal(find_damage(bq_buf_span(&again), &err), -1);
	segfile_release(&f);
	bq_buf_release(&sound);
	bq_buf_release(&again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),
		cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
