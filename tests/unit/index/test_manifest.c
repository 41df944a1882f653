/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <xxhash.h>

#include "index/manifest.h"
#include "lib/tmpdir.h"

static struct bq_arena mem;

static int make_arena(void **state)
{
	(void)state;
	bq_arena_init(&mem, 16 << 20);
	return 0;
}

static int release_arena(void **state)
{
	(void)state;
	bq_arena_release(&mem);
	return 0;
}

static const struct bq_span two_sources[] = { BQ_SPAN_INIT("/home/me/my notes/100%\n\x7f\xff"), BQ_SPAN_INIT("") };

static struct manifest sample(void)
{
	struct manifest m = {
		.gen = 7, .next_segment = 18, .text_id = 0x0123456789abcdef, .text = { .lang = "en" },
		.k1 = 0.9f, .b = 0.4f, .avg_len = 341.25f, .pairs = BQ_PAIRS_OFF,
		.n_docs = 130, .n_live = 128, .n_tokens = 48000, .n_sources = 2, .sources = two_sources,
		.n_segments = 2,
	};

	m.text.stopwords = BQ_SPAN("a an the");
	m.segments[0] = (struct manifest_segment){ .number = 9, .bytes = 4096, .checksum = 5, .n_docs = 10 };
	m.segments[1] = (struct manifest_segment){ .number = 17, .bytes = 91232, .checksum = 6, .n_docs = 120,
		.n_dead = 2, .del_gen = 7, .del_checksum = UINT64_MAX, .stat_gen = 5, .stat_checksum = 0xab };
	return m;
}

static void test_other_formats(void **state)
{
	struct manifest m = sample(), r;
	struct bq_buf text = BQ_BUF_INIT;
	struct bq_error err;

	(void)state;
	m.format = BQ_FORMAT_VERSION + 1;
	manifest_format(&m, &text);
	assert_int_equal(manifest_parse(bq_buf_span(&text), &mem, &r, &err), BQ_EVERSION);
	assert_int_equal(manifest_parse_as(m.format, bq_buf_span(&text), &mem, &r, &err), BQ_OK);
	assert_int_equal(r.format, m.format);
	assert_int_equal(manifest_parse_as(m.format + 1, bq_buf_span(&text), &mem, &r, &err), BQ_EVERSION);
	bq_buf_release(&text);
}

static void test_what_is_written_is_read(void **state)
{
	struct manifest m = sample(), r;
	struct bq_buf one = BQ_BUF_INIT, two = BQ_BUF_INIT;
	struct bq_error err;

	(void)state;
	manifest_format(&m, &one);
	assert_false(one.oom);
	assert_int_equal(manifest_parse(bq_buf_span(&one), &mem, &r, &err), BQ_OK);
	assert_int_equal(r.gen, 7);
	assert_int_equal(r.text_id, 0x0123456789abcdef);
	assert_true(bq_span_eq(r.text.stopwords, BQ_SPAN("a an the")));
	assert_memory_equal(&r.k1, &m.k1, sizeof m.k1);
	assert_memory_equal(&r.avg_len, &m.avg_len, sizeof m.k1);
	assert_int_equal(r.n_sources, 2);
	assert_true(bq_span_eq(r.sources[0], two_sources[0]));
	assert_int_equal(r.sources[1].len, 0);
	assert_int_equal(r.n_segments, 2);
	assert_int_equal(r.segments[1].number, 17);
	assert_int_equal(r.segments[1].n_dead, 2);
	assert_int_equal(r.segments[1].del_gen, 7);
	assert_int_equal(r.segments[1].del_checksum, UINT64_MAX);
	assert_int_equal(r.segments[0].stat_gen, 0);
	assert_int_equal(r.segments[1].stat_gen, 5);
	assert_int_equal(r.segments[1].stat_checksum, 0xab);
	manifest_format(&r, &two);
	assert_true(bq_span_eq(bq_buf_span(&one), bq_buf_span(&two)));
	bq_buf_release(&one);
	bq_buf_release(&two);
}

static void test_no_stop_words_and_no_segments(void **state)
{
	struct manifest m = sample(), r;
	struct bq_buf text = BQ_BUF_INIT;

	(void)state;
	m.text.stopwords = BQ_SPAN("");
	m.n_sources = m.n_segments = 0;
	m.n_docs = m.n_live = 0;
	manifest_format(&m, &text);
	assert_int_equal(manifest_parse(bq_buf_span(&text), &mem, &r, NULL), BQ_OK);
	assert_non_null(r.text.stopwords.ptr); /* NULL would mean the language's own */
	assert_int_equal(r.text.stopwords.len, 0);
	bq_buf_release(&text);
}

/* The sample's text with `from` replaced by `to`, and a fresh checksum. */
static void rewrite(const char *from, const char *to, struct bq_buf *out)
{
	struct manifest m = sample();
	struct bq_buf text = BQ_BUF_INIT;
	char *at;
	size_t body, before;

	manifest_format(&m, &text);
	bq_buf_put_u8(&text, 0);
	at = strstr((char *)text.ptr, from);
	assert_non_null(at);
	body = text.len - 1 - 26;
	before = (size_t)(at - (char *)text.ptr);
	bq_buf_clear(out);
	bq_buf_put(out, text.ptr, before);
	bq_buf_put_span(out, bq_span_of(to));
	bq_buf_put(out, at + strlen(from), body - before - strlen(from));
	bq_buf_printf(out, "checksum %016" PRIx64 "\n", (uint64_t)XXH3_64bits(out->ptr, out->len));
	bq_buf_release(&text);
}

struct wrong {
	const char *from, *to, *says;
	int status;
};

static const struct wrong wrongs[] = {
	{ "format bq 5", "format bq 6", "format 6, this program reads format 5: build the index again", BQ_EVERSION },
	{ "format bq 5", "format bq 4", "format 4, this program reads format 5: build the index again", BQ_EVERSION },
	{ "pairs_percent 0\n", "", "no `pairs_percent` line", BQ_EFORMAT },
	{ "format bq 5", "format bq", "line 1", BQ_EFORMAT },
	{ "generation 7\n", "", "no `generation` line", BQ_EFORMAT },
	{ "generation 7\n", "generation 7\ngeneration 7\n", "line 3: the key stands twice", BQ_EFORMAT },
	{ "generation 7", "generation 07", "line 2: not a number", BQ_EFORMAT },
	{ "generation 7", "generation -7", "line 2", BQ_EFORMAT },
	{ "generation 7", "generation 99999999999999999999", "line 2", BQ_EFORMAT },
	{ "generation 7", "generation 0", "generation 0", BQ_EFORMAT },
	{ "generation 7", "generation 6", "later generation", BQ_EFORMAT },
	{ "generation 7", "generation  7", "line 2", BQ_EFORMAT },
	{ "generation 7", "generation 7 ", "line 2", BQ_EFORMAT },
	{ "generation 7", "generation 7\r", "line 2: a control byte", BQ_EFORMAT },
	{ "next_segment 18", "next_segment 17", "too small", BQ_EFORMAT },
	{ "lang en", "lang EN", "line 5", BQ_EFORMAT },
	{ "lang en", "lang aaaaaaaaaaaaaaaa", "line 5", BQ_EFORMAT },
	{ "lang en", "lang en\nsurprise 1", "an unknown key", BQ_EFORMAT },
	{ "text_id 0123456789abcdef", "text_id 0123456789ABCDEF", "16 hex digits", BQ_EFORMAT },
	{ "k1 3f666666", "k1 7f800000", "k1 or b", BQ_EFORMAT },
	{ "k1 3f666666", "k1 3f66666", "8 hex digits", BQ_EFORMAT },
	{ "b 3ecccccd", "b 7fc00000", "k1 or b", BQ_EFORMAT },
	{ "b 3ecccccd", "b 40000000", "k1 or b", BQ_EFORMAT },
	{ "avg_len 43aaa000", "avg_len 00000000", "avg_len", BQ_EFORMAT },
	{ "pairs 4294967295", "pairs 4294967296", "not a number", BQ_EFORMAT },
	{ "pairs 4294967295", "pairs 4294967294", "do not fit", BQ_EFORMAT },
	{ "pairs 4294967295", "pairs 0", "do not fit", BQ_EFORMAT },
	{ "pairs_percent 0", "pairs_percent 1", "do not fit", BQ_EFORMAT },
	{ "pairs_percent 0", "pairs_percent 1001", "not a number", BQ_EFORMAT },
	{ "docs 130", "docs 131", "add up", BQ_EFORMAT },
	{ "live 128", "live 130", "add up", BQ_EFORMAT },
	{ "source -", "source notes", "an absolute path", BQ_EFORMAT },
	{ "source -", "source ", "an absolute path", BQ_EFORMAT },
	{ "source -", "source /a%", "bad %XX", BQ_EFORMAT },
	{ "source -", "source /a%0", "bad %XX", BQ_EFORMAT },
	{ "source -", "source /a%00", "bad %XX", BQ_EFORMAT },
	{ "00000009.seg", "../00009.seg", "bad name of a segment", BQ_EFORMAT },
	{ "00000009.seg", "9.seg", "bad name of a segment", BQ_EFORMAT },
	{ "00000009.seg", "00000000.seg", "bad name of a segment", BQ_EFORMAT },
	{ "00000009.seg", "00000009.del.1", "bad name of a segment", BQ_EFORMAT },
	{ "00000009.seg", "00000017.seg", "stands twice", BQ_EFORMAT },
	{ "00000009.seg 4096", "00000009.seg x", "bad size", BQ_EFORMAT },
	{ " 10 0\n", " 10 11\n", "dead", BQ_EFORMAT },
	{ " 10 0\n", " 10 0 00000009.del.7 0000000000000001\n", "without dead", BQ_EFORMAT },
	{ " 10 0\n", " 10 1\n", "bad name of a tombstone file", BQ_EFORMAT },
	{ "00000017.del.7", "00000009.del.7", "bad name of a tombstone file", BQ_EFORMAT },
	{ "00000017.del.7", "00000017.del.07", "bad name of a tombstone file", BQ_EFORMAT },
	{ "00000017.del.7 ffffffffffffffff", "00000017.del.7 fffffffffffffff", "bad checksum of a tombstone",
		BQ_EFORMAT },
	{ "00000017.stat.5", "00000009.stat.5", "not behind its segment", BQ_EFORMAT },
	{ "00000017.stat.5", "00000017.stat.05", "bad name of a stat file", BQ_EFORMAT },
	{ "stat 00000017.stat.5", "stat 00000017.del.5", "bad name of a stat file", BQ_EFORMAT },
	{ "00000017.stat.5", "00000017.stat.8", "later generation", BQ_EFORMAT },
	{ "00000000000000ab", "0000000000000ab", "bad checksum of a stat file", BQ_EFORMAT },
	{ "00000000000000ab\n", "00000000000000ab\nstat 00000017.stat.5 00000000000000ab\n", "not behind its segment",
		BQ_EFORMAT },
	{ "segment 00000009.seg", "stat 00000017.stat.5 00000000000000ab\nsegment 00000009.seg",
		"not behind its segment", BQ_EFORMAT },
};

static void test_every_line_is_checked(void **state)
{
	struct bq_buf text = BQ_BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
		const struct wrong *w = &wrongs[i];
		struct bq_error err = { 0 };
		struct manifest m;
		rewrite(w->from, w->to, &text);
		int rc = manifest_parse(bq_buf_span(&text), &mem, &m, &err);
		if (rc != w->status || strstr(err.msg, w->says) == NULL)
			fail_msg("%s -> %s: %d %s", w->from, w->to, rc, err.msg);
	}
	bq_buf_release(&text);
}

static void test_keys_may_stand_in_any_order(void **state)
{
	struct bq_buf text = BQ_BUF_INIT;
	struct manifest m;

	(void)state;
	rewrite("generation 7\nnext_segment 18\n", "next_segment 18\ngeneration 7\n", &text);
	assert_int_equal(manifest_parse(bq_buf_span(&text), &mem, &m, NULL), BQ_OK);
	bq_buf_release(&text);
}

static void test_any_changed_or_missing_byte_is_found(void **state)
{
	struct manifest m = sample(), r;
	struct bq_buf text = BQ_BUF_INIT;

	(void)state;
	manifest_format(&m, &text);
	for (size_t i = 0; i < text.len; i++) {
		text.ptr[i] ^= 0x04;
		assert_true(manifest_parse(bq_buf_span(&text), &mem, &r, NULL) < 0);
		text.ptr[i] ^= 0x04;
		assert_true(manifest_parse(bq_span_make(text.ptr, i), &mem, &r, NULL) < 0);
		bq_arena_reset(&mem);
	}
	bq_buf_release(&text);
}

static void test_too_many_segments(void **state)
{
	struct manifest m = sample(), r;
	struct bq_buf text = BQ_BUF_INIT;
	struct bq_error err;

	(void)state;
	m.n_segments = BQ_MAX_SEGMENTS;
	m.n_docs = m.n_live = BQ_MAX_SEGMENTS;
	m.next_segment = 100;
	for (uint32_t i = 0; i < BQ_MAX_SEGMENTS; i++)
		m.segments[i] = (struct manifest_segment){ .number = i + 1, .n_docs = 1 };
	manifest_format(&m, &text);
	assert_int_equal(manifest_parse(bq_buf_span(&text), &mem, &r, NULL), BQ_OK);
	text.len -= 26;
	bq_buf_printf(&text, "segment 00000099.seg 1 0000000000000000 0 0\n");
	bq_buf_printf(&text, "checksum %016" PRIx64 "\n", (uint64_t)XXH3_64bits(text.ptr, text.len));
	assert_int_equal(manifest_parse(bq_buf_span(&text), &mem, &r, &err), BQ_EFORMAT);
	assert_non_null(strstr(err.msg, "too many segments"));
	bq_buf_release(&text);
}

static void test_the_file(void **state)
{
	struct tmpdir dir;
	struct manifest m = sample(), r;
	struct bq_buf text = BQ_BUF_INIT;
	struct bq_index_stamp stamp = { 0 };
	int fd;

	(void)state;
	tmpdir_init(&dir);
	fd = open(dir.path, O_RDONLY | O_DIRECTORY);
	assert_int_equal(manifest_read(fd, &mem, &r, NULL, NULL), BQ_ENOTFOUND);
	assert_false(manifest_exists(fd));
	manifest_format(&m, &text);
	tmpdir_put(&dir, MANIFEST_NAME, bq_buf_span(&text));
	assert_true(manifest_exists(fd));
	assert_int_equal(manifest_read(fd, &mem, &r, &stamp, NULL), BQ_OK);
	assert_int_equal(stamp.checksum, r.checksum);
	assert_int_equal(stamp.bytes, text.len);
	assert_true(stamp.inode != 0 && stamp.mtime_ns != 0);
	bq_buf_put_zeros(&text, MANIFEST_MAX_BYTES);
	tmpdir_put(&dir, MANIFEST_NAME, bq_buf_span(&text));
	assert_int_equal(manifest_read(fd, &mem, &r, NULL, NULL), BQ_EFORMAT);
	assert_int_equal(unlinkat(fd, MANIFEST_NAME, 0), 0);
	assert_int_equal(symlinkat("elsewhere", fd, MANIFEST_NAME), 0);
	assert_true(manifest_read(fd, &mem, &r, NULL, NULL) < 0);
	(void)close(fd);
	bq_buf_release(&text);
	tmpdir_release(&dir);
}

static void test_file_names(void **state)
{
	static const char *const bad[] = { "", "1.seg", "000000017.seg", "0000001a.seg", "00000017.seg2",
		"00000017.del", "00000017.del.", "00000017.del.0", "00000017.del.07", "00000017.del.x", "00000017.stat",
		"00000017.stat.", "00000017.stat.0", "00000017.stat.07", "MANIFEST", "LOCK" };
	uint64_t number, gen;

	(void)state;
	assert_int_equal(manifest_file_parse(BQ_SPAN("00000017.seg"), &number, &gen), MANIFEST_FILE_SEGMENT);
	assert_int_equal(number, 17);
	assert_int_equal(gen, 0);
	assert_int_equal(manifest_file_parse(BQ_SPAN("99999999.del.23"), &number, &gen), MANIFEST_FILE_TOMBSTONES);
	assert_int_equal(number, 99999999);
	assert_int_equal(gen, 23);
	assert_int_equal(manifest_file_parse(BQ_SPAN("00000003.stat.4"), &number, &gen), MANIFEST_FILE_STAT);
	assert_int_equal(number, 3);
	assert_int_equal(gen, 4);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (manifest_file_parse(bq_span_of(bad[i]), &number, &gen) != MANIFEST_FILE_OTHER)
			fail_msg("%s is taken for a file of ours", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written_is_read),
		cmocka_unit_test(test_other_formats),
		cmocka_unit_test(test_no_stop_words_and_no_segments),
		cmocka_unit_test(test_every_line_is_checked),
		cmocka_unit_test(test_keys_may_stand_in_any_order),
		cmocka_unit_test(test_any_changed_or_missing_byte_is_found),
		cmocka_unit_test(test_too_many_segments),
		cmocka_unit_test(test_the_file),
		cmocka_unit_test(test_file_names),
	};

	return cmocka_run_group_tests(tests, make_arena, release_arena);
}
