/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/tmpdir.h"
#include "source/source.h"

static struct tmpdir dir;
static struct skips skips;
static struct source_opts opts;
static struct source *source;
static struct bq_doc_in doc;

static int prepare(void **state)
{
	(void)state;
	tmpdir_init(&dir);
	skips_init(&skips);
	opts = (struct source_opts){ .skips = &skips };
	return 0;
}

static int release(void **state)
{
	(void)state;
	source_close(source);
	source = NULL;
	skips_release(&skips);
	tmpdir_release(&dir);
	return 0;
}

static void put(const char *name, const char *text)
{
	tmpdir_put(&dir, name, bq_span_of(text));
}

static void open_path(const char *name)
{
	char *path = tmpdir_path(&dir, name);
	struct bq_error err = { 0 };

	if (source_open(path, &opts, &source, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	free(path);
}

static void expect(const char *path)
{
	assert_int_equal(source_next(source, &doc, NULL), BQ_OK);
	if (!bq_span_eq(doc.path, bq_span_of(path)))
		fail_msg("%.*s, not %s", (int)doc.path.len, doc.path.ptr, path);
}

static void expect_end(void)
{
	assert_int_equal(source_next(source, &doc, NULL), BQ_END);
	assert_int_equal(source_next(source, &doc, NULL), BQ_END);
}

/* Skip number `i` is of `path`, for this reason. */
static void expect_skip(size_t i, const char *path, const char *reason, bool is_broken)
{
	struct bq_span got;

	assert_true(i < skips.n);
	got = bq_span_from(skips.list[i].path, source->root.len + 1);
	assert_true(bq_span_starts(skips.list[i].path, source->root));
	if (!bq_span_eq(got, bq_span_of(path)))
		fail_msg("skip %zu is %.*s, not %s", i, (int)got.len, got.ptr, path);
	assert_string_equal(skips.list[i].reason, reason);
	assert_int_equal(skips.list[i].is_broken, is_broken);
}

static void test_paths_come_in_byte_order(void **state)
{
	(void)state;
	put("b.txt", "b");
	put("a/z.txt", "z");
	put("a/b/c.md", "# c");
	put("a.txt", "a"); /* '.' stands before '/' */
	put("a0.txt", "a0"); /* and '0' behind it */
	put("\xff.txt", "not UTF-8");
	put("a/r.jsonl", "{\"text\":\"1\"}\n{\"text\":\"2\"}\n");
	open_path("");
	expect("a.txt");
	expect("a/b/c.md");
	expect("a/r.jsonl");
	assert_int_equal(doc.file_line, 1);
	expect("a/r.jsonl");
	expect("a/z.txt");
	expect("a0.txt");
	expect("b.txt");
	expect("\xff.txt");
	expect_end();
	assert_int_equal(skips.n, 0);
}

static void test_what_a_text_file_gives(void **state)
{
	(void)state;
	put("a.txt", "\n  The title\r\nbody");
	put("b.md", "text\n# Head #\n");
	put("c.txt", "");
	open_path("");
	expect("a.txt");
	assert_true(bq_span_eq(doc.title, BQ_SPAN("The title")));
	assert_true(doc.title_in_text);
	assert_int_equal(doc.title_off, 3);
	assert_int_equal(doc.at, BQ_AT_FILE);
	assert_int_equal(doc.file_bytes, 18);
	assert_int_equal(doc.text.len, 18);
	assert_int_equal(doc.file_line, 0);
	assert_int_equal(doc.id.len, 0);
	assert_true(doc.mtime_us > 1600000000000000);
	expect("b.md");
	assert_true(bq_span_eq(doc.title, BQ_SPAN("Head")));
	assert_int_equal(doc.title_off, 7);
	expect("c.txt");
	assert_int_equal(doc.text.len, 0);
	assert_false(doc.title_in_text);
	expect_end();
}

static void make_specials(void)
{
	char *path = tmpdir_path(&dir, "fifo.txt");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(mkfifo(path, 0600), 0);
	free(path);
	path = tmpdir_path(&dir, "socket.txt");
	assert_true(strlen(path) < sizeof address.sun_path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	(void)close(fd);
	free(path);
	path = tmpdir_path(&dir, "link.txt");
	assert_int_equal(symlink("ok.txt", path), 0);
	free(path);
	path = tmpdir_path(&dir, "linkdir");
	assert_int_equal(symlink("sub", path), 0);
	free(path);
}

static void test_everything_else_is_listed(void **state)
{
	(void)state;
	put(".hidden.txt", "x");
	put(".git/config.txt", "x");
	put("a.pdf", "x");
	put("b.jsonl.xz", "x");
	tmpdir_put(&dir, "bin.txt", BQ_SPAN("a\0b"));
	tmpdir_put(&dir, "utf32.txt", BQ_SPAN("\xff\xfe\0\0" "a\0\0\0"));
	put("ok.txt", "x");
	put("sub/ok.txt", "x");
	put("index/MANIFEST", "format bq 1\n");
	put("index/x.txt", "x");
	make_specials();
	open_path("");
	expect("ok.txt");
	expect("sub/ok.txt");
	expect_end();
	assert_int_equal(skips.n, 11);
	assert_int_equal(skips.n_broken, 0);
	expect_skip(0, ".git", "hidden", false);
	expect_skip(1, ".hidden.txt", "hidden", false);
	expect_skip(2, "a.pdf", "unsupported type", false);
	expect_skip(3, "b.jsonl.xz", "compressed", false);
	expect_skip(4, "bin.txt", "binary", false);
	expect_skip(5, "fifo.txt", "not a regular file", false);
	expect_skip(6, "index", "a bq index", false);
	expect_skip(7, "link.txt", "symbolic link", false);
	expect_skip(8, "linkdir", "symbolic link", false);
	expect_skip(9, "socket.txt", "not a regular file", false);
	expect_skip(10, "utf32.txt", "binary", false);
}

static void test_globs(void **state)
{
	static const char *const include[] = { "*.md", "notes/*" };
	static const char *const exclude[] = { "drafts", "notes/old/*", "x.md" };

	(void)state;
	put("a.md", "x");
	put("a.txt", "x");
	put("x.md", "x");
	put("drafts/b.md", "x");
	put("deep/drafts/b.md", "x");
	put("deep/c.md", "x");
	put("notes/n.txt", "x");
	put("notes/old/n.txt", "x");
	opts.include = include;
	opts.n_include = 2;
	opts.exclude = exclude;
	opts.n_exclude = 3;
	open_path("");
	expect("a.md");
	expect("deep/c.md");
	expect("notes/n.txt");
	expect_end();
	assert_int_equal(skips.n, 5);
	expect_skip(0, "a.txt", "not included", false);
	expect_skip(1, "deep/drafts", "excluded", false);
	expect_skip(2, "drafts", "excluded", false);
	expect_skip(3, "notes/old/n.txt", "excluded", false);
	expect_skip(4, "x.md", "excluded", false);
}

static void test_a_named_file_is_text_whatever_its_name(void **state)
{
	(void)state;
	put(".notes", "hello");
	put("other.txt", "x");
	open_path(".notes");
	assert_int_equal(source->root.ptr[0], '/');
	expect(".notes");
	expect_end();
}

static void test_a_named_file_that_is_skipped_is_broken(void **state)
{
	(void)state;
	tmpdir_put(&dir, "a.bin", BQ_SPAN("\0\0"));
	open_path("a.bin");
	expect_end();
	expect_skip(0, "a.bin", "binary", true);
}

static void test_what_is_not_there(void **state)
{
	char *path = tmpdir_path(&dir, "nothing");

	(void)state;
	assert_int_equal(source_open(path, &opts, &source, NULL), BQ_ENOTFOUND);
	free(path);
}

static void test_the_written_index_is_left_out(void **state)
{
	char *path = tmpdir_path(&dir, "out");
	struct stat st;

	(void)state;
	put("a.txt", "x");
	put("out/b.txt", "x");
	open_path("");
	assert_int_equal(stat(path, &st), 0);
	opts.skip_dev = st.st_dev;
	opts.skip_ino = st.st_ino;
	expect("a.txt");
	expect_end();
	expect_skip(0, "out", "a bq index", false);
	free(path);
}

static void test_files_that_go_away_are_broken(void **state)
{
	char *path = tmpdir_path(&dir, "b.txt");

	(void)state;
	put("a.txt", "x");
	put("b.txt", "x");
	open_path("");
	expect("a.txt");
	assert_int_equal(unlink(path), 0);
	expect_end();
	expect_skip(0, "b.txt", "No such file or directory", true);
	free(path);
}

/* Texts whose offsets are not those of the file: transcoded, unpacked. */
static void test_texts_that_are_not_the_bytes_of_the_file(void **state)
{
	/* printf '# Head\nbody\n' | gzip -n */
	static const char gz[] = "\x1f\x8b\x08\0\0\0\0\0\0\x03\x53\x56\xf0\x48\x4d\x4c\xe1\x4a\xca\x4f\xa9\xe4\x02\0"
		"\x9f\xa3\x1d\x1a\x0c\0\0\0";

	(void)state;
	tmpdir_put(&dir, "a.txt", BQ_SPAN("\xff\xfe\n\0H\0\xe9\0\n\0x\0"));
	tmpdir_put(&dir, "b.txt", BQ_SPAN("\xfe\xff"));
	tmpdir_put(&dir, "c.md.gz", bq_span_make(gz, sizeof gz - 1));
	tmpdir_put(&dir, "d.txt.gz", bq_span_make(gz, sizeof gz - 5));
	tmpdir_put(&dir, "e.txt.zst", BQ_SPAN("\x28\xb5\x2f\xfd\0\0\x21\0\0three")); /* a raw block that ends early */
	put("f.txt", "invalid \xff\xc3 stays");
	open_path("");
	expect("a.txt");
	assert_true(bq_span_eq(doc.text, BQ_SPAN("\nH\xc3\xa9\nx")));
	assert_true(bq_span_eq(doc.title, BQ_SPAN("H\xc3\xa9")));
	assert_int_equal(doc.title_off, 1);
	assert_int_equal(doc.at, BQ_AT_TEXT);
	assert_int_equal(doc.file_bytes, 12);
	expect("b.txt");
	assert_int_equal(doc.text.len, 0);
	expect("c.md.gz");
	assert_true(bq_span_eq(doc.text, BQ_SPAN("# Head\nbody\n")));
	assert_true(bq_span_eq(doc.title, BQ_SPAN("Head")));
	assert_int_equal(doc.at, BQ_AT_TEXT);
	assert_int_equal(doc.file_bytes, sizeof gz - 1);
	expect("f.txt");
	assert_int_equal(doc.at, BQ_AT_FILE);
	assert_true(bq_span_eq(doc.text, BQ_SPAN("invalid \xff\xc3 stays")));
	expect_end();
	assert_int_equal(skips.n, 2);
	expect_skip(0, "d.txt.gz", "compressed data ends early, at byte 28", true);
	assert_true(skips.list[1].is_broken);
}

static void test_bytes_done_of_bytes_to_do(void **state)
{
	uint64_t bytes;

	(void)state;
	put("a.txt", "12345");
	put("b.jsonl", "{\"text\":\"1\"}\n{\"text\":\"2\"}\n"); /* 2 x 13 */
	put("c.pdf", "not to be read");
	put(".hidden.txt", "nor this");
	tmpdir_put(&dir, "d/e.txt", BQ_SPAN("\0\0")); /* to be read, but no text */
	open_path("");
	assert_int_equal(source_measure(source, &bytes, NULL), BQ_OK);
	assert_int_equal(bytes, 5 + 26 + 2);
	assert_int_equal(skips.n, 0); /* looking lists nothing */
	assert_int_equal(source->bytes_done, 0);
	expect("a.txt");
	assert_int_equal(source->bytes_done, 5);
	expect("b.jsonl");
	assert_true(source->bytes_done > 5 && source->bytes_done <= 5 + 26);
	expect("b.jsonl");
	expect_end();
	assert_int_equal(source->bytes_done, bytes);
	assert_int_equal(skips.n, 3);
}

static void test_named_twice(void **state)
{
	char *all = tmpdir_path(&dir, ""), *a = tmpdir_path(&dir, "a.txt"), *b = tmpdir_path(&dir, "b.txt");
	char *again = tmpdir_path(&dir, "d/../a.txt");
	const char *args[] = { b, all, a, again, b, all, b };
	struct source *sources[7];
	size_t n;

	(void)state;
	put("a.txt", "a");
	put("b.txt", "b");
	put("d/x.txt", "x");
	assert_int_equal(source_open_all(args, 7, &opts, sources, &n, NULL), BQ_OK);
	assert_int_equal(n, 3);
	assert_true(bq_span_eq(sources[0]->name, BQ_SPAN("b.txt")));
	assert_int_equal(sources[1]->name.len, 0);
	assert_true(bq_span_eq(sources[2]->name, BQ_SPAN("a.txt")));
	assert_null(sources[3]);
	assert_int_equal(skips.n, 4);
	assert_int_equal(skips.n_broken, 0);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(skips.list[i].reason, "named twice, indexed once");
	for (size_t i = 0; i < n; i++)
		source_close(sources[i]);
	args[1] = args[2] = "-";
	assert_int_equal(source_open_all(args, 7, &opts, sources, &n, NULL), BQ_EUSAGE);
	assert_int_equal(n, 2);
	source_close(sources[0]);
	source_close(sources[1]);
	free(all);
	free(a);
	free(b);
	free(again);
}

static void test_very_deep_directories(void **state)
{
	enum { DEEP = 300 };
	char name[2 * DEEP + 8] = "";

	(void)state;
	for (size_t i = 0; i < DEEP; i++)
		memcpy(name + 2 * i, "d/", 3);
	memcpy(name + 2 * DEEP, "f.txt", 6);
	put(name, "x");
	open_path("");
	expect_end();
	assert_int_equal(skips.n_broken, 1);
	assert_string_equal(skips.list[0].reason, "nested deeper than 256 directories");
}

static void test_stopping(void **state)
{
	static volatile sig_atomic_t stop;

	(void)state;
	put("a.txt", "x");
	put("b.txt", "x");
	opts.stop = &stop;
	open_path("");
	expect("a.txt");
	stop = 1;
	assert_int_equal(source_next(source, &doc, NULL), BQ_ECANCELLED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_paths_come_in_byte_order, prepare, release),
		cmocka_unit_test_setup_teardown(test_what_a_text_file_gives, prepare, release),
		cmocka_unit_test_setup_teardown(test_everything_else_is_listed, prepare, release),
		cmocka_unit_test_setup_teardown(test_globs, prepare, release),
		cmocka_unit_test_setup_teardown(test_a_named_file_is_text_whatever_its_name, prepare, release),
		cmocka_unit_test_setup_teardown(test_a_named_file_that_is_skipped_is_broken, prepare, release),
		cmocka_unit_test_setup_teardown(test_what_is_not_there, prepare, release),
		cmocka_unit_test_setup_teardown(test_the_written_index_is_left_out, prepare, release),
		cmocka_unit_test_setup_teardown(test_files_that_go_away_are_broken, prepare, release),
		cmocka_unit_test_setup_teardown(test_texts_that_are_not_the_bytes_of_the_file, prepare, release),
		cmocka_unit_test_setup_teardown(test_bytes_done_of_bytes_to_do, prepare, release),
		cmocka_unit_test_setup_teardown(test_named_twice, prepare, release),
		cmocka_unit_test_setup_teardown(test_very_deep_directories, prepare, release),
		cmocka_unit_test_setup_teardown(test_stopping, prepare, release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
