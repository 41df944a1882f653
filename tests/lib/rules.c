/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/made_index.h"
#include "lib/read_all.h"
#include "lib/tmpdir.h"
#include "segment/segment.h"

enum { LONG_DOC = 7 };

/* ---- the sound file ---------------------------------------------------- */

static void make_doc(uint32_t d, struct bq_buf *b, struct bq_doc_in *in)
{
	bq_buf_printf(b, "common common body%03u", d % 640);
	if (d % 2 == 0)
		bq_buf_printf(b, " even");       /* 950 documents: bits, and a tail */
	if (d % 7 == 0 || d == 1)
		bq_buf_printf(b, " seventh");    /* 273 documents: a sorted block, and a tail */
	if (d % 140 == 0)
		bq_buf_printf(b, " seventh seventh"); /* 13 exceptions */
	if (d % 40 == 3)
		bq_buf_printf(b, " zoo zoo zoo"); /* the last list of all that is in POST */
	if (d % 50 == 1)
		bq_buf_printf(b, " share\nshares sharing");
	if (d == RULES_ZULU)
		bq_buf_printf(b, " zulu");       /* in TERMS alone */
	if (d == RULES_ZULU + 1)
		bq_buf_printf(b, " running");    /* an alias: nobody else runs */
	for (uint32_t i = 0; d == LONG_DOC && i < 400; i++)
		bq_buf_printf(b, "\nbody%03u", i % 200);
	in->title = d % 64 == 5 ? BQ_SPAN("Caf\xc3\xa9 sharing shares") : BQ_SPAN("");
	in->fields = d % 64 == 5 ? BQ_SPAN("{}") : BQ_SPAN("");
	in->mtime_us = 1000000 + d;
}

struct bq_buf rules_sound_file(void)
{
	struct bq_build_opts opts = made_index_opts(RULES_T);
	struct tmpdir dir;

	tmpdir_init(&dir);
	made_index_build(dir.path, &opts, RULES_DOCS, make_doc);
	struct bq_buf file = made_index_segment(dir.path);
	tmpdir_release(&dir);
	return file;
}

/* ---- finding what to damage -------------------------------------------- */

uint8_t *rules_in(struct segfile *f, enum section_kind kind, size_t at)
{
	struct bq_buf *b = segfile_section(f, kind);

	assert_true(at < b->len);
	return b->ptr + at;
}

struct terms_reader rules_terms(struct segfile *f)
{
	struct terms_reader t;
	struct bq_error err;

	assert_int_equal(terms_open(bq_buf_span(segfile_section(f, SECTION_TERMS)), bq_get_u32(f->head + 36), "x", &t,
		&err), BQ_OK);
	return t;
}

struct terms_iter rules_entry(const struct terms_reader *t, const char *key)
{
	struct terms_iter it;

	assert_int_equal(terms_seek(t, bq_span_of(key), &it), BQ_OK);
	assert_int_equal(terms_next(&it), BQ_OK);
	assert_true(bq_span_eq(terms_key(&it), bq_span_of(key)));
	return it;
}

uint32_t rules_place(struct segfile *f, const char *key)
{
	struct terms_reader t = rules_terms(f);

	return rules_entry(&t, key).ord;
}

/* ---- breaking ---------------------------------------------------------- */

enum seen rules_find_damage(struct bq_span file, struct bq_error *err)
{
	struct bq_arena mem;
	struct bq_read rd = { .mem = &mem };
	struct segment *s;

	if (segment_open_bytes(file, "x.seg", &s, err) != BQ_OK)
		return OPENING;
	bq_arena_init(&mem, 64 << 20);
	(void)read_all(&s->leaf, &rd);
	enum seen seen = segment_verify(s, err) == BQ_OK ? UNSEEN : VERIFYING;
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

static bool is_seen(const struct rule *r, struct bq_span sound)
{
	struct bq_error err = { 0 };
	char name[8];
	struct bq_buf broken = break_rule(r, sound), b = made_index_copy(bq_buf_span(&broken));
	enum seen seen = rules_find_damage(bq_buf_span(&b), &err);

	(void)snprintf(name, sizeof name, "[F%u]", r->number);
	bool is_right = seen == r->by && strstr(err.msg, name) != NULL;
	if (!is_right)
		print_error("%s: seen by %d: %s\n", r->what, seen, err.msg);
	bq_buf_release(&broken);
	bq_buf_release(&b);
	return is_right;
}

void rules_break(const struct rule *rules, size_t n, uint64_t numbers)
{
	struct bq_buf sound = rules_sound_file();
	uint64_t tested = 0;
	unsigned wrong = 0;

	for (size_t i = 0; i < n; i++) {
		wrong += !is_seen(&rules[i], bq_buf_span(&sound));
		tested |= UINT64_C(1) << rules[i].number;
	}
	bq_buf_release(&sound);
	assert_int_equal(wrong, 0);
	assert_true(tested == numbers); /* each once at least */
}
