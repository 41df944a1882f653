/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each rule of a segment, [F1] to [F32] of indexer/FORMAT.md, broken once: see
 * lib/rules.h.  Those of pairs are broken in corrupt_pairs.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/rules.h"
#include "segment/segment.h"

#define BROKEN (((UINT64_C(1) << 32) - 1) << 1)

/* ---- finding what to damage --------------------------------------------- */

/* The byte that stands `back` bytes before the end of a word's entry. */
static uint8_t *entry_end(struct segfile *f, const char *key, size_t back)
{
	struct terms_reader t = rules_terms(f);
	struct terms_iter it = rules_entry(&t, key);

	return rules_mutable(it.r.p) - back;
}

static uint8_t *block_start(struct segfile *f, uint32_t block)
{
	struct terms_reader t = rules_terms(f);

	return rules_mutable(t.blocks.ptr) + bq_get_u64(t.offs + 8 * (size_t)block);
}

static uint8_t *block_offset(struct segfile *f, uint32_t block)
{
	return rules_mutable(rules_terms(f).offs) + 8 * (size_t)block;
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
	struct terms_reader t = rules_terms(f);
	struct terms_iter it = rules_entry(&t, word);

	assert_int_equal(it.entry.tag, TERMS_FREQUENT);
	return rules_in(f, SECTION_TINFO, (size_t)it.entry.tinfo * TINFO_BYTES);
}

static struct postings_list list_of(struct segfile *f, const char *word)
{
	struct tinfo info = tinfo_get(tinfo_of(f, word));
	struct postings_list l;

	assert_true(postings_open(bq_buf_span(segfile_section(f, SECTION_POST)), &info, RULES_DOCS, &l));
	return l;
}

static uint8_t *first_block(struct segfile *f) { return rules_mutable(list_of(f, "common").blocks.ptr); }

static uint8_t *last_block(struct segfile *f)
{
	struct postings_list l = list_of(f, "common");

	return rules_mutable(postings_block_at(&l, l.n_blocks - 1).ptr);
}

/* The block of "seventh" that is sorted. */
static uint8_t *sorted_block(struct segfile *f)
{
	struct postings_list l = list_of(f, "seventh");
	uint8_t *p = rules_mutable(postings_block_at(&l, 0).ptr);

	assert_true(p[0] == 2 && p[3] >= 4);
	return p;
}

static uint8_t *high_words(struct segfile *f)
{
	return sorted_block(f) + 4 + bitpack_bytes(2);
}

/* ---- the container, [F1] to [F9] ----------------------------------------- */

static void f1_magic(struct bq_buf *b) { b->ptr[7] = 0x1b; }
static void f1_short(struct bq_buf *b) { b->len = CONTAINER_HEADER - 1; }
static void f2_version(struct bq_buf *b) { bq_put_u32(b->ptr + 8, BQ_FORMAT_VERSION + 1); }
static void f3_size(struct bq_buf *b) { b->len -= 64; }
static void f4_reserved(struct bq_buf *b) { b->ptr[72] = 1; }
static uint8_t *table(struct bq_buf *b, size_t i) { return b->ptr + CONTAINER_HEADER + CONTAINER_ENTRY * i; }
static void f5_gap(struct bq_buf *b) { rules_add_u64(table(b, 1) + 8, 64); }
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

static void f10_terms(struct segfile *f) { rules_add_u32(rules_in(f, SECTION_TERMS, 0), 1); }
static void f10_blocks(struct segfile *f) { rules_add_u32(rules_in(f, SECTION_TERMS, 4), 1); }
static void f10_levels(struct segfile *f) { bq_put_u32(rules_in(f, SECTION_TERMS, 8), TERMS_MAX_LEVELS + 1); }
static void f10_cut(struct segfile *f) { segfile_section(f, SECTION_TERMS)->len = 40; }
static void f11_end(struct segfile *f) { rules_add_u64(block_offset(f, rules_terms(f).n_blocks), 1); }
static void f11_start(struct segfile *f) { rules_add_u64(block_offset(f, 0), 1); }
static void f11_order(struct segfile *f) { memcpy(block_offset(f, 1), block_offset(f, 2), 8); }
static void f12_tree(struct segfile *f) { rules_add_u64(rules_mutable(rules_terms(f).level[0]) + 8, 1); }

/* "zulu" shares its z with "zoo": its own part starts with u. */
static void f13_order(struct segfile *f)
{
	struct terms_reader t = rules_terms(f);
	uint8_t *at = memmem(t.blocks.ptr, t.blocks.len, "ulu", 3);

	assert_non_null(at);
	at[0] = 'a';
}

/* The first key of a block has none before it to share with. */
static void f13_shared(struct segfile *f) { skip_varints(block_start(f, 1), 3)[0] |= 0x10; }
static void f14_post(struct segfile *f) { entry_end(f, "zoo", 2)[0] = 0x7f; }
static void f14_pos(struct segfile *f) { entry_end(f, "zoo", 1)[0] = 0x7f; }
static void f14_document(struct segfile *f) { put_place(entry_end(f, "zulu", 3), RULES_DOCS); }

static void shift_tinfo(struct segfile *f, int by)
{
	uint8_t *p = skip_varints(block_start(f, rules_place(f, "even") / BQ_TERM_BLOCK), 2);

	p[0] = (uint8_t)(p[0] + by);
}

static void f15_outside(struct segfile *f) { shift_tinfo(f, 100); }

static void f15_order(struct segfile *f)
{
	if (rules_place(f, "even") / BQ_TERM_BLOCK == rules_place(f, "common") / BQ_TERM_BLOCK)
		shift_tinfo(f, 1);
	else
		shift_tinfo(f, -1);
}

static void f16_alias(struct segfile *f) { put_place(entry_end(f, "\1run", 2), rules_place(f, "\2sharing")); }

static void f16_form(struct segfile *f)
{
	struct terms_reader t = rules_terms(f);

	put_place(rules_mutable(rules_entry(&t, "\1share").entry.forms.ptr) + 1, rules_place(f, "\2sharing"));
}

/* ---- TINFO, POST, POS, [F17] to [F24] ------------------------------------- */

static void f17_df(struct segfile *f) { bq_put_u32(tinfo_of(f, "common"), RULES_DOCS + 1); }
static void f17_ttf(struct segfile *f) { bq_put_u64(tinfo_of(f, "common") + 8, RULES_DOCS - 1); }
static void f17_place(struct segfile *f) { rules_add_u64(tinfo_of(f, "even") + 16, 4); }
static void f17_outside(struct segfile *f) { bq_put_u64(tinfo_of(f, "even") + 16, UINT64_MAX - 3); }
static void f17_length(struct segfile *f) { bq_buf_put_u8(segfile_section(f, SECTION_TINFO), 0); }
static void f17_surplus(struct segfile *f) { bq_buf_put_u8(segfile_section(f, SECTION_POST), 0); }
static void f18_last(struct segfile *f) { bq_put_u32(rules_mutable(list_of(f, "common").last_doc), RULES_DOCS); }
static void f18_upper(struct segfile *f) { rules_add_u32(rules_mutable(list_of(f, "common").up_last), 1); }
static void f18_block(struct segfile *f) { bq_put_u32(rules_mutable(list_of(f, "common").block_off) + 4, 0); }
static void f18_position(struct segfile *f) { bq_put_u32(rules_mutable(list_of(f, "common").pos_off) + 4, 1u << 30); }
static void f19_kind(struct segfile *f) { first_block(f)[0] = 33; }
static void f19_bits(struct segfile *f) { first_block(f)[1] = 33; }
static void f19_exceptions(struct segfile *f) { first_block(f)[2] = POSTINGS_MAX_EXCEPTIONS + 1; }
static void f19_words(struct segfile *f) { sorted_block(f)[3] = 0xff; }
/* The second exception's index becomes the first one's. */
static void f19_order(struct segfile *f)
{
	uint8_t *p = sorted_block(f), *e = high_words(f) + 8 * (size_t)p[3] + bitpack_bytes(p[1]);

	assert_true(p[2] == 13 && e[2] > e[0]);
	e[2] = e[0];
}

static void f19_tail(struct segfile *f) { bq_put_u16(last_block(f) + 2, UINT16_MAX); }
static void f20_last(struct segfile *f) { rules_add_u32(rules_mutable(list_of(f, "common").last_doc), UINT32_MAX); }
static void f20_more(struct segfile *f) { high_words(f)[0] = 0xff; }
static void f20_order(struct segfile *f) { sorted_block(f)[4] |= 3; } /* documents 0 and 1 are 3 and 1 */
static void f20_behind(struct segfile *f) { high_words(f)[8 * sorted_block(f)[3] - 1] |= 0x80; }
/* The last block is 108 neighbours, each twice there: their bits stand behind 108 others.  The first loses its own, so
 * that each is a document later, and the last nowhere. */
static void f20_gap(struct segfile *f)
{
	uint8_t *tail = last_block(f) + 4;

	assert_true(tail[0] == TAIL_OFTEN && tail[1 + 108 / 8] == 0xff && tail[2 * 108 / 8] == 0xff);
	tail[1 + 108 / 8] ^= 1 << 108 % 8;
}

static void f20_less(struct segfile *f)
{
	uint8_t *bytes = last_block(f) + 2;

	bq_put_u16(bytes, (uint16_t)(bq_get_u16(bytes) - 1));
}

static void f20_flag(struct segfile *f) { last_block(f)[4] |= 0x80; }
static void f21_ttf(struct segfile *f) { rules_add_u64(tinfo_of(f, "common") + 8, 1); }
static void f21_small(struct segfile *f) { entry_end(f, "zoo", 3)[0]++; }
static void f22_half(struct segfile *f) { rules_mutable(list_of(f, "common").bound)[0] = 0; }
static void f22_upper(struct segfile *f) { rules_mutable(list_of(f, "common").up_bound)[0] = 0; }
static void f22_range(struct segfile *f) { rules_mutable(list_of(f, "common").range_bound)[0] = 0; }
static void f22_impact(struct segfile *f) { tinfo_of(f, "common")[4] = 0; }

static uint8_t *positions(struct segfile *f)
{
	return rules_in(f, SECTION_POS, bq_get_u64(tinfo_of(f, "common") + 24));
}

static void f23_shift(struct segfile *f) { positions(f)[0] = 32; }
static void f23_width(struct segfile *f) { positions(f)[1] = 33; }
static void f23_bits(struct segfile *f) { bq_put_u16(positions(f) + 3, UINT16_MAX); }
static void f24_inline(struct segfile *f) { entry_end(f, "zulu", 1)[0] = 0x7f; }
static void f24_behind(struct segfile *f) { positions(f)[1 + 4 * (BQ_BLOCK_DOCS / BQ_POS_GROUP)] = 0xff; }

/* ---- documents, [F25] to [F31] -------------------------------------------- */

static uint8_t *footer(struct segfile *f)
{
	return rules_in(f, SECTION_DOCS, segfile_section(f, SECTION_DOCS)->len - DOCS_FOOTER);
}

static uint8_t *record(struct segfile *f)
{
	return rules_in(f, SECTION_HEADS, (RULES_DOCS + 15) / 16 * HEADS_GROUP_BYTES);
}

static void f25_size(struct segfile *f) { segfile_section(f, SECTION_NORM)->len--; }
static void f25_sum(struct segfile *f) { bq_put_u64(f->head + 40, RULES_DOCS); }
static void f26_cut(struct segfile *f) { segfile_section(f, SECTION_HEADS)->len = 100; }
static void f27_at(struct segfile *f) { record(f)[0] |= 3; }
static void f27_index(struct segfile *f) { bq_put_u64(rules_in(f, SECTION_HEADS, 0), UINT64_MAX); }
static void f27_stored(struct segfile *f) { rules_add_u64(rules_in(f, SECTION_HEADS, HEADS_GROUP_BYTES + 8), 1); }
static void f27_marks(struct segfile *f) { rules_add_u64(rules_in(f, SECTION_HEADS, 16), 1); }
static void f28_frames(struct segfile *f) { rules_add_u64(footer(f) + 8, 1); }
static void f28_parts(struct segfile *f) { rules_add_u64(footer(f) + 16, 1); }
static void f28_index(struct segfile *f) { rules_add_u64(footer(f) + 24, UINT64_MAX); }
static void f28_short(struct segfile *f) { segfile_section(f, SECTION_DOCS)->len = DOCS_FOOTER; }
static void f29_frame(struct segfile *f) { rules_in(f, SECTION_DOCS, bq_get_u64(footer(f) + 16))[0] ^= 0xff; }

static void f29_length(struct segfile *f)
{
	rules_add_u32(rules_in(f, SECTION_DOCS, bq_get_u64(footer(f) + 24) + 8), 1);
}

static void f30_behind(struct segfile *f) { bq_put_u16(rules_in(f, SECTION_MARKS, 0), UINT16_MAX); }
static void f30_order(struct segfile *f) { memcpy(rules_in(f, SECTION_MARKS, 4), rules_in(f, SECTION_MARKS, 0), 4); }
static void f31_width(struct segfile *f) { rules_in(f, SECTION_COLS, COLUMNS_HEADER + 4)[0] = 3; }
static void f31_outside(struct segfile *f) { bq_put_u64(rules_in(f, SECTION_COLS, COLUMNS_HEADER + 16), UINT64_MAX); }
static void f31_table(struct segfile *f) { bq_put_u32(rules_in(f, SECTION_COLS, 0), COLUMNS_MAX + 1); }

/* ---- the table ------------------------------------------------------------ */

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
	PARTS(19, VERIFYING, f19_words), PARTS(19, VERIFYING, f19_order), PARTS(19, VERIFYING, f19_tail),
	PARTS(20, VERIFYING, f20_less), PARTS(20, VERIFYING, f20_flag),
	PARTS(20, VERIFYING, f20_more), PARTS(20, VERIFYING, f20_order), PARTS(20, VERIFYING, f20_behind),
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
};

static void test_rules(void **state)
{
	(void)state;
	rules_break(rules, sizeof rules / sizeof rules[0], BROKEN);
}

/* What is taken apart and put together is the same file, and sound. */
static void test_sound(void **state)
{
	struct bq_buf sound = rules_sound_file();
	struct bq_error err;
	struct segfile f;

	(void)state;
	segfile_take(&f, bq_buf_span(&sound));
	struct bq_buf again = segfile_join(&f);
	assert_true(bq_span_eq(bq_buf_span(&sound), bq_buf_span(&again)));
	assert_int_equal(rules_find_damage(bq_buf_span(&again), &err), UNSEEN);
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
