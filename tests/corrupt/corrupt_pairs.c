/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each rule of pair lists, [F38] to [F43] of indexer/FORMAT.md, broken once: see
 * lib/rules.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/rules.h"
#include "segment/segment.h"

#define BROKEN (UINT64_C(0x3f) << 38)

/* ---- finding what to damage --------------------------------------------- */

static struct pairs_reader pairs_of(struct segfile *f)
{
	struct pairs_reader p;
	struct bq_error err;

	assert_int_equal(pairs_open(bq_buf_span(segfile_section(f, SECTION_PAIRS)),
		segfile_section(f, SECTION_PPOST)->len, "x", &p, &err), BQ_OK);
	assert_int_equal(p.t, RULES_T);
	return p;
}

/* The entry of a pair; its bytes in PAIRS end at *end. */
static struct pairs_entry pair(struct segfile *f, const char *a, const char *b, uint8_t **end)
{
	struct pairs_reader p = pairs_of(f);
	struct pairs_walk w = pairs_begin(&p);
	uint32_t i, j;

	assert_true(pairs_find_word(&p, rules_place(f, a), &i) && pairs_find_word(&p, rules_place(f, b), &j));
	do
		assert_int_equal(pairs_next(&w), BQ_OK);
	while (w.a != i || w.b != j);
	*end = rules_mutable(w.r.p);
	return w.entry;
}

/* The record of "common common", which all documents have. */
static struct postings_list pair_list(struct segfile *f)
{
	uint8_t *end;
	struct pairs_entry e = pair(f, "common", "common", &end);
	struct tinfo info = { .df = e.df, .flags = TINFO_RANGES, .post_off = e.off };
	struct postings_list l;

	assert_int_equal(e.df, RULES_DOCS);
	assert_true(postings_open(bq_buf_span(segfile_section(f, SECTION_PPOST)), &info, RULES_DOCS, &l));
	return l;
}

static uint8_t *pairs_line(struct segfile *f, uint32_t line)
{
	return rules_mutable(pairs_of(f).lines) + PAIRS_LINE * line;
}

static uint8_t *group_off(struct segfile *f, uint32_t g)
{
	return rules_mutable(pairs_of(f).group_off) + 4 * (size_t)g;
}

/* A pair of three documents: its list is three bytes at least. */
static uint8_t *short_list(struct segfile *f, uint8_t **end)
{
	struct pairs_entry e = pair(f, "common", "body010", end);

	assert_int_equal(e.df, 3);
	return rules_in(f, SECTION_PPOST, e.off);
}

static void f38_t(struct segfile *f) { bq_put_u32(rules_in(f, SECTION_PAIRS, 0), 0); }
static void f38_words(struct segfile *f) { bq_put_u32(rules_in(f, SECTION_PAIRS, 4), PAIRS_MAX_WORDS + 1); }
static void f38_pairs(struct segfile *f) { rules_add_u32(rules_in(f, SECTION_PAIRS, 8), 1u << 24); }
static void f38_short(struct segfile *f) { segfile_section(f, SECTION_PAIRS)->len = PAIRS_HEADER - 1; }
static void f38_groups(struct segfile *f) { bq_buf_put_u8(segfile_section(f, SECTION_PAIRS), 0); }
static void f38_reserved(struct segfile *f) { rules_in(f, SECTION_PAIRS, 63)[0] = 1; }
static void f38_padding(struct segfile *f) { pairs_line(f, 0)[-1] = 1; }
static void f39_place(struct segfile *f) { rules_add_u32(rules_mutable(pairs_of(f).places), UINT32_MAX); }
static void f39_more(struct segfile *f) { bq_put_u32(rules_in(f, SECTION_PAIRS, 0), RULES_T + 1); }
static void f39_fewer(struct segfile *f) { bq_put_u32(rules_in(f, SECTION_PAIRS, 0), 1); }
static void f40_count(struct segfile *f) { rules_add_u32(pairs_line(f, 1), 1); }
static void f40_behind(struct segfile *f) { pairs_line(f, 0)[PAIRS_LINE - 1] |= 0x80; }
static void f40_pair(struct segfile *f) { rules_add_u32(rules_in(f, SECTION_PAIRS, 8), UINT32_MAX); }
static void f41_order(struct segfile *f) { memcpy(group_off(f, 1), group_off(f, 2), 4); }
static void f41_start(struct segfile *f) { bq_put_u32(group_off(f, 0), 1); }
static void f41_first(struct segfile *f) { rules_mutable(pairs_of(f).groups.ptr)[0]++; }
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

static void f42_last(struct segfile *f) { rules_add_u32(rules_mutable(pair_list(f).last_doc), UINT32_MAX); }
static void f42_upper(struct segfile *f) { rules_add_u32(rules_mutable(pair_list(f).up_last), 1); }
static void f42_half(struct segfile *f) { rules_mutable(pair_list(f).bound)[0] = 0; }
static void f42_range(struct segfile *f) { rules_mutable(pair_list(f).range_bound)[0] = 0; }

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

static const struct rule rules[] = {
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

static void test_rules(void **state)
{
	(void)state;
	rules_break(rules, sizeof rules / sizeof rules[0], BROKEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rules) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
