/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The rules between files, [F33] to [F37] and [F44] of indexer/FORMAT.md, each broken
 * with matching checksums: opening the index names the rule.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <bq/bytes.h>
#include <xxhash.h>

#include "index/manifest.h"
#include "index/publish.h"
#include "index/stat_file.h"
#include "index/tombstones.h"
#include "lib/made_index.h"
#include "lib/tmpdir.h"

enum { DOCS = 70, DEAD = 3, FIRST_RULE = 33, LAST_RULE = 37, STAT_RULE = 44 };

/* ---- an index with tombstones and changed times ------------- */

static void make_doc(uint32_t d, struct bq_buf *text, struct bq_doc_in *in)
{
	(void)d;
	bq_buf_printf(text, "so few words");
	in->at = BQ_AT_FILE;
	in->file_line = 0;
}

static void build_index(const char *dir)
{
	struct bq_build_opts opts = made_index_opts(0);

	made_index_build(dir, &opts, DOCS, make_doc);
}

static void read_manifest(int dirfd, struct bq_arena *mem, struct manifest *m)
{
	struct bq_error err;

	if (manifest_read(dirfd, mem, m, NULL, &err) != BQ_OK)
		fail_msg("%s", err.msg);
}

static void bury(int dirfd)
{
	uint64_t dead[2] = { (1 << DEAD) - 1, 0 };
	struct bq_arena mem;
	struct manifest m;

	bq_arena_init(&mem, 1 << 20);
	read_manifest(dirfd, &mem, &m);
	m.segments[0].del_gen = ++m.gen;
	assert_int_equal(tombstones_write(dirfd, &m.segments[0], dead, NULL), BQ_OK);
	m.n_live -= m.segments[0].n_dead;
	m.segments[0].stat_gen = m.gen;
	assert_int_equal(stat_file_write(dirfd, &m.segments[0], &(struct stamps){ 3,
		(const uint32_t[]){ 4, 6, DOCS - 1 }, (const int64_t[]){ 1, 2, INT64_MIN },
		(const int64_t[]){ 10, -1, 12 } }, NULL), BQ_OK);
	assert_int_equal(publish_manifest(dirfd, &m, NULL), BQ_OK);
	bq_arena_release(&mem);
}

/* ---- damage --------------------------------------------------------------- */

static void write_file(int dirfd, const char *name, struct bq_span bytes)
{
	struct bq_error err;

	if (publish_file(dirfd, name, bytes, &err) != BQ_OK)
		fail_msg("%s", err.msg);
}

static struct bq_buf read_file(int dirfd, const char *name)
{
	struct bq_buf b = BQ_BUF_INIT;
	struct stat st;
	int fd = openat(dirfd, name, O_RDONLY);

	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	assert_int_equal(read(fd, bq_buf_room(&b, (size_t)st.st_size), (size_t)st.st_size), st.st_size);
	b.len = (size_t)st.st_size;
	(void)close(fd);
	return b;
}

/* A member of the parsed MANIFEST, written back as it is. */
static void change_manifest(int dirfd, void (*change)(struct manifest *m))
{
	struct bq_buf text = BQ_BUF_INIT;
	struct bq_arena mem;
	struct manifest m;

	bq_arena_init(&mem, 1 << 20);
	read_manifest(dirfd, &mem, &m);
	change(&m);
	manifest_format(&m, &text);
	write_file(dirfd, MANIFEST_NAME, bq_buf_span(&text));
	bq_buf_release(&text);
	bq_arena_release(&mem);
}

/* Replace `from`, the first there is, by `to` in the text; with a checksum that matches. */
static void change_text(int dirfd, const char *from, const char *to, bool seal)
{
	struct bq_buf old = read_file(dirfd, MANIFEST_NAME), text = BQ_BUF_INIT;
	struct bq_span all = bq_buf_span(&old);
	const char *at = memmem(all.ptr, all.len, from, strlen(from));

	assert_non_null(at);
	bq_buf_put(&text, all.ptr, (size_t)(at - all.ptr));
	bq_buf_put_span(&text, bq_span_of(to));
	bq_buf_put_span(&text, bq_span_from(all, (size_t)(at - all.ptr) + strlen(from)));
	if (seal) {
		text.len -= strlen("checksum 0123456789abcdef\n");
		bq_buf_printf(&text, "checksum %016llx\n", (unsigned long long)XXH3_64bits(text.ptr, text.len));
	}
	write_file(dirfd, MANIFEST_NAME, bq_buf_span(&text));
	bq_buf_release(&text);
	bq_buf_release(&old);
}

/* The tombstone or stat file, its own checksum and MANIFEST's made to match. */
static void change_file(int dirfd, void (*change)(struct bq_buf *file, struct manifest *m), bool is_stat)
{
	char name[MANIFEST_FILE_MAX];
	struct bq_buf text = BQ_BUF_INIT;
	struct bq_arena mem;
	struct manifest m;

	bq_arena_init(&mem, 1 << 20);
	read_manifest(dirfd, &mem, &m);
	uint64_t *sum = is_stat ? &m.segments[0].stat_checksum : &m.segments[0].del_checksum;
	(is_stat ? manifest_stat_file : manifest_tombstone_file)(&m.segments[0], name);
	struct bq_buf file = read_file(dirfd, name);
	change(&file, &m);
	*sum = XXH3_64bits(file.ptr, file.len - 8);
	bq_put_u64(file.ptr + file.len - 8, *sum);
	write_file(dirfd, name, bq_buf_span(&file));
	manifest_format(&m, &text);
	write_file(dirfd, MANIFEST_NAME, bq_buf_span(&text));
	bq_buf_release(&file);
	bq_buf_release(&text);
	bq_arena_release(&mem);
}

static void f35_bytes(struct manifest *m) { m->segments[0].bytes--; }
static void f35_checksum(struct manifest *m) { m->segments[0].checksum ^= 1; }
static void f35_text_id(struct manifest *m) { m->text_id ^= 1; }
static void f35_k1(struct manifest *m) { m->k1 = 1.2f; }
static void f35_b(struct manifest *m) { m->b = 0.5f; }
static void f35_docs(struct manifest *m) { m->n_docs++, m->n_live++, m->segments[0].n_docs++; }
static void f36_checksum(struct manifest *m) { m->segments[0].del_checksum ^= 1; }
static void f36_dead(struct manifest *m) { m->segments[0].n_dead++, m->n_live--; }
static void f36_behind(struct bq_buf *f, struct manifest *m) { (void)m, f->ptr[64 + 8] |= 1 << (DOCS - 64); }
static void f36_count(struct bq_buf *f, struct manifest *m) { (void)m, f->ptr[64] |= 1 << DEAD; }
static void f36_segment(struct bq_buf *f, struct manifest *m) { (void)m, f->ptr[16]++; }
static void f36_gen(struct bq_buf *f, struct manifest *m) { (void)m, f->ptr[24]++; }
static void f36_docs(struct bq_buf *f, struct manifest *m) { (void)m, f->ptr[12]++; }
static void f36_reserved(struct bq_buf *f, struct manifest *m) { (void)m, f->ptr[40] = 1; }
static void f36_padding(struct bq_buf *f, struct manifest *m) { (void)m, f->ptr[64 + 16] = 1; }
static void f36_magic(struct bq_buf *f, struct manifest *m) { (void)m, f->ptr[0] = 'b'; }
static void f36_size(struct bq_buf *f, struct manifest *m) { (void)m, bq_buf_put_zeros(f, 8); }
static void f44_checksum(struct manifest *m) { m->segments[0].stat_checksum ^= 1; }
static void f44_magic(struct bq_buf *f, struct manifest *m) { (void)m, f->ptr[0] = 'b'; }
static void f44_segment(struct bq_buf *f, struct manifest *m) { (void)m, f->ptr[16]++; }
static void f44_gen(struct bq_buf *f, struct manifest *m) { (void)m, f->ptr[24]++; }
static void f44_docs(struct bq_buf *f, struct manifest *m) { (void)m, f->ptr[12]++; }
static void f44_none(struct bq_buf *f, struct manifest *m) { (void)m, bq_put_u32(f->ptr + 32, 0), f->len = 72; }
static void f44_more(struct bq_buf *f, struct manifest *m) { (void)m, f->ptr[32]++; }
static void f44_many(struct bq_buf *f, struct manifest *m) { (void)m, bq_put_u32(f->ptr + 32, UINT32_MAX); }
static void f44_reserved(struct bq_buf *f, struct manifest *m) { (void)m, f->ptr[40] = 1; }
static void f44_padding(struct bq_buf *f, struct manifest *m) { (void)m, f->ptr[64 + 12] = 1; }
static void f44_twice(struct bq_buf *f, struct manifest *m) { (void)m, f->ptr[64 + 4] = 4; }
static void f44_behind(struct bq_buf *f, struct manifest *m) { (void)m, f->ptr[64 + 8] = DOCS; }
static void f44_size(struct bq_buf *f, struct manifest *m) { (void)m, bq_buf_put_zeros(f, 8); }
static void f37_docs(struct manifest *m) { m->n_docs++, m->n_live++; }
static void f37_live(struct manifest *m) { m->n_live++; }

/* ---- the table ------------------------------------------------------------ */

struct rule {
	unsigned number;
	const char *what;
	void (*manifest)(struct manifest *m);
	void (*tombstones)(struct bq_buf *file, struct manifest *m);
	void (*stat)(struct bq_buf *file, struct manifest *m);
	const char *from, *to; /* in MANIFEST's text */
	bool is_stale;         /* its checksum stays */
};

#define MEMBER(n, f)     { n, #f, f, NULL, NULL, NULL, NULL, false }
#define BITS(n, f)       { n, #f, NULL, f, NULL, NULL, NULL, false }
#define STAT(n, f)       { n, #f, NULL, NULL, f, NULL, NULL, false }
#define TEXT(n, from, to) { n, from " -> " to, NULL, NULL, NULL, from, to, false }
#define STALE(n, from, to) { n, from " -> " to " (stale)", NULL, NULL, NULL, from, to, true }

static const struct rule rules[] = {
	STALE(33, "generation 2", "generation 3"), STALE(33, "checksum ", "checksun "), STALE(33, "lang", "\nlang"),
	TEXT(33, "format bq", "format qb"),
	TEXT(34, "lang en\n", "lang en\nlanguage en\n"), TEXT(34, "lang en\n", "lang en\nlang en\n"),
	TEXT(34, "lang en\n", ""), TEXT(34, "lang en", "lang EN"), TEXT(34, "generation 2", "generation 02"),
	TEXT(34, "generation 2", "generation 0"), TEXT(34, "generation 2", "generation 1"),
	TEXT(34, "next_segment 2", "next_segment 1"), TEXT(34, "k1 3", "k1 f"), TEXT(34, "avg_len 4", "avg_len c"),
	TEXT(34, "source /", "source ../"), TEXT(34, "segment 00000001.seg", "segment ../00001.seg"),
	TEXT(34, "segment 00000001.seg", "segment 00000001.del.2"), TEXT(34, "00000001.del", "00000002.del"),
	TEXT(34, ".del.2", ".del.3"),
	MEMBER(35, f35_bytes), MEMBER(35, f35_checksum), MEMBER(35, f35_text_id), MEMBER(35, f35_k1),
	MEMBER(35, f35_b), MEMBER(35, f35_docs),
	MEMBER(36, f36_checksum), MEMBER(36, f36_dead), BITS(36, f36_behind), BITS(36, f36_count),
	BITS(36, f36_segment), BITS(36, f36_gen), BITS(36, f36_docs), BITS(36, f36_reserved), BITS(36, f36_padding),
	BITS(36, f36_magic), BITS(36, f36_size),
	MEMBER(37, f37_docs), MEMBER(37, f37_live),
	TEXT(34, "stat 00000001", "stat 00000002"), TEXT(34, ".stat.2", ".stat.3"), TEXT(34, ".stat.2", ".stat.02"),
	MEMBER(44, f44_checksum), STAT(44, f44_magic), STAT(44, f44_segment), STAT(44, f44_gen), STAT(44, f44_docs),
	STAT(44, f44_none), STAT(44, f44_more), STAT(44, f44_many), STAT(44, f44_reserved), STAT(44, f44_padding),
	STAT(44, f44_twice), STAT(44, f44_behind), STAT(44, f44_size),
};

enum { N_RULES = sizeof rules / sizeof rules[0] };

/* Build, break, open.  Returns whether opening names the rule. */
static bool rule_is_named(const struct rule *r)
{
	struct tmpdir dir;
	struct bq_error err = { 0 };
	struct bq_index *ix;
	char rule[8];

	tmpdir_init(&dir);
	build_index(dir.path);
	int dirfd = open(dir.path, O_RDONLY | O_DIRECTORY);
	bury(dirfd);
	assert_int_equal(bq_index_verify(dir.path, &err), BQ_OK);
	if (r->manifest != NULL)
		change_manifest(dirfd, r->manifest);
	else if (r->tombstones != NULL || r->stat != NULL)
		change_file(dirfd, r->stat != NULL ? r->stat : r->tombstones, r->stat != NULL);
	else
		change_text(dirfd, r->from, r->to, !r->is_stale);
	(void)snprintf(rule, sizeof rule, "[F%u]", r->number);
	int rc = bq_index_open(dir.path, &ix, &err);
	bool is_named = rc == BQ_EFORMAT && strstr(err.msg, rule) != NULL;
	if (!is_named)
		print_error("%s: %d %s\n", r->what, rc, rc == BQ_OK ? "opened" : err.msg);
	if (rc == BQ_OK)
		bq_index_unref(ix);
	(void)close(dirfd);
	tmpdir_release(&dir);
	return is_named;
}

static void test_rules(void **state)
{
	unsigned wrong = 0;
	uint64_t tested = 0;

	(void)state;
	for (size_t i = 0; i < N_RULES; i++) {
		wrong += !rule_is_named(&rules[i]);
		tested |= UINT64_C(1) << rules[i].number;
	}
	assert_int_equal(wrong, 0);
	assert_true(tested == (((UINT64_C(2) << (LAST_RULE - FIRST_RULE)) - 1) << FIRST_RULE | UINT64_C(1) << STAT_RULE));
}

/* Every byte of MANIFEST and of the tombstones, damaged once. */
static void flip_all(const char *dir, int dirfd, const char *name)
{
	struct bq_buf file = read_file(dirfd, name);
	struct bq_error err;

	for (size_t at = 0; at < file.len; at++) {
		file.ptr[at] ^= (uint8_t)(1 << at % 8);
		int fd = openat(dirfd, name, O_WRONLY | O_TRUNC);
		assert_true(fd >= 0 && write(fd, file.ptr, file.len) == (ssize_t)file.len && close(fd) == 0);
		if (bq_index_verify(dir, &err) == BQ_OK)
			fail_msg("%s, byte %zu: not seen", name, at);
		file.ptr[at] ^= (uint8_t)(1 << at % 8);
	}
	write_file(dirfd, name, bq_buf_span(&file));
	bq_buf_release(&file);
}

static void test_flips(void **state)
{
	struct tmpdir dir;

	(void)state;
	tmpdir_init(&dir);
	build_index(dir.path);
	int dirfd = open(dir.path, O_RDONLY | O_DIRECTORY);
	bury(dirfd);
	flip_all(dir.path, dirfd, MANIFEST_NAME);
	flip_all(dir.path, dirfd, "00000001.del.2");
	flip_all(dir.path, dirfd, "00000001.stat.2");
	assert_int_equal(bq_index_verify(dir.path, NULL), BQ_OK);
	(void)close(dirfd);
	tmpdir_release(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_flips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
