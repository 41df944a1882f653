/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Files of an index cut short, overwritten or rotten while the daemon has them
 * open: requests that need them are told so, others do not notice, and a
 * reload of sound files forgets it.
 */
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <bq/guard.h>

#include "lib/bqp_daemon.h"
#include "server/options.h"

enum { WORDS = 8000, ROUNDS = 20 };

static struct bqp_daemon d;
static char *text; /* big enough for sections of several pages */

/* From cmocka, which takes it at the start of each test. */
static void take_sigbus(void)
{
	(void)signal(SIGBUS, SIG_DFL);
	assert_int_equal(bq_guard_install(&d.err), BQ_OK);
}

static void publish(void)
{
	const char *texts[] = { text, "short apples", text };

	bqp_daemon_publish(&d, texts, 3);
}

/* Serves dir/index as "test", which is hurt, and dir/other, which is not. */
static int start(void **state)
{
	size_t room = (size_t)WORDS * 24, len = 0;

	(void)state;
	text = malloc(room);
	for (int i = 0; i < WORDS; i++)
		len += (size_t)snprintf(text + len, room - len, "needle w%d%c", i % 2000, i % 10 == 9 ? '\n' : ' ');
	bqp_daemon_init(&d);
	char *index = d.index;
	d.index = tmpdir_path(&d.dir, "other");
	publish();
	assert_int_equal(index_list_add(&d.options.indexes, BQ_SPAN("other"), bq_span_of(d.index), &d.err), BQ_OK);
	free(d.index);
	d.index = index;
	publish();
	assert_int_equal(index_list_add(&d.options.indexes, BQ_SPAN("test"), bq_span_of(d.index), &d.err), BQ_OK);
	bqp_daemon_start(&d);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	bqp_daemon_end(&d);
	free(text);
	return 0;
}

/* The one segment of dir/index; its path. */
static const char *segment_path(void)
{
	static char path[512];
	char pattern[512];
	glob_t found;

	(void)snprintf(pattern, sizeof pattern, "%s/*.seg", d.index);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, 1);
	(void)snprintf(path, sizeof path, "%s", found.gl_pathv[0]);
	globfree(&found);
	return path;
}

static char *read_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	struct stat st;

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	char *bytes = malloc((size_t)st.st_size);
	*len = fread(bytes, 1, (size_t)st.st_size, f);
	assert_int_equal(*len, st.st_size);
	(void)fclose(f);
	return bytes;
}

/* Write over the file in place: the inode stays. */
static void write_over(const char *path, const char *bytes, size_t len)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, len, 0), len);
	(void)close(fd);
}

/* Ask until INDEXES says this of the index "test". */
static void await_sums(struct bqp_peer *p, const char *want)
{
	char head[64];

	(void)snprintf(head, sizeof head, "\"sums\":\"%s", want);
	for (int ms = 0; ms < BQP_PATIENCE_MS; ms += 10) {
		bqp_peer_say(p, "INDEXES\n");
		const char *line = bqp_peer_expect(p, "#0 OK {"), *test = strstr(line, "{\"name\":\"test\"");
		assert_non_null(test);
		if (strstr(test, head) != NULL)
			return;
		(void)usleep(10000);
	}
	fail_msg("never %s", head);
}

/* Read to the request's end: true for ERR internal about the file, else it must
 * be END or, if `anything`, an ERR. */
static bool ends_hurt(struct bqp_peer *p, bool anything)
{
	const char *line, *kind;
	char want[600];

	do {
		line = bqp_peer_expect(p, "#");
		kind = strchr(line, ' ') + 1;
	} while (strncmp(kind, "END", 3) != 0 && strncmp(kind, "ERR", 3) != 0);
	(void)snprintf(want, sizeof want,
		"ERR {\"code\":\"internal\",\"status\":500,\"msg\":\"%s: damaged or cut while open\"}", segment_path());
	if (strcmp(kind, want) == 0)
		return true;
	if (kind[1] == 'R' && !anything)
		fail_msg("%s\nis not %s", line, want);
	return false;
}

static void token_of_first(struct bqp_peer *p, char *token, size_t size)
{
	bqp_peer_say(p, "SEARCH @index=test @limit=1 @snippets=none needle\n");
	const char *doc = strstr(bqp_peer_expect(p, "#0 HIT {"), "\"doc\":\"");
	assert_non_null(doc);
	(void)snprintf(token, size, "%.*s", (int)strcspn(doc + 7, "\""), doc + 7);
	(void)bqp_peer_expect(p, "#0 END {");
}

static void expect_other(struct bqp_peer *p)
{
	bqp_peer_say(p, "COUNT @index=other needle\nSEARCH @index=other @limit=1 \"w4 needle w5\"\n");
	(void)bqp_peer_expect(p, "#0 END {\"total\":2,");
	(void)bqp_peer_expect(p, "#0 HIT {\"r\":1,");
	(void)bqp_peer_expect(p, "#0 SNIP {\"r\":1,");
	(void)bqp_peer_expect(p, "#0 END {\"hits\":1,\"total\":2,");
}

/* Cut to nothing, 20 times: what needs the file says so, all four verbs. */
static void test_cut_to_nothing(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);
	char token[128], lines[1024];

	(void)state;
	take_sigbus();
	for (int i = 0; i < ROUNDS; i++) {
		publish();
		token_of_first(p, token, sizeof token);
		assert_int_equal(truncate(segment_path(), 0), 0);
		(void)snprintf(lines, sizeof lines, "COUNT @index=test needle\nSEARCH @index=test \"w7 needle\"\n"
			"GET @doc=%s\nSNIPPET @doc=%s w7\nSEARCH needle\n", token, token);
		bqp_peer_say(p, lines);
		for (int j = 0; j < 5; j++)
			assert_true(ends_hurt(p, false));
		expect_other(p);
		await_sums(p, "damaged: 0");
	}
	publish();
	bqp_peer_say(p, "COUNT @index=test needle\n");
	(void)bqp_peer_expect(p, "#0 END {\"total\":2,");
	await_sums(p, "sound");
	bqp_peer_close(p);
}

/* Cut somewhere, or overwritten with other bytes, while a reply is written: one
 * terminal line for each request, whatever it is, and no crash. */
static void test_cut_while_answering(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);
	char token[128], lines[2048];
	size_t bytes, len;

	(void)state;
	take_sigbus();
	for (unsigned i = 0; i < ROUNDS; i++) {
		publish();
		token_of_first(p, token, sizeof token);
		char *whole = read_file(segment_path(), &bytes);
		len = 0;
		for (int j = 0; j < 8; j++)
			len += (size_t)snprintf(lines + len, sizeof lines - len, "#%d %s%s\n", j,
				j % 2 == 0 ? "GET @doc=" : "SEARCH @hits=50 @limit=3 @index=test @match=any needle w",
				j % 2 == 0 ? token : "1");
		bqp_peer_say(p, lines);
		(void)usleep(i * 300);
		if (i % 4 != 3) {
			assert_int_equal(truncate(segment_path(), (off_t)(bytes * (i % 4) / 4)), 0);
		} else {
			for (size_t at = 0; at < bytes; at++)
				whole[at] = (char)(whole[at] ^ (char)(at * 167 + i));
			write_over(segment_path(), whole, bytes);
		}
		for (int j = 0; j < 8; j++)
			(void)ends_hurt(p, true);
		expect_other(p);
		free(whole);
	}
	publish();
	await_sums(p, "sound");
	bqp_peer_close(p);
}

/* A file cut and put back in its place is good again after RELOAD. */
static void test_reload_forgets(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);
	size_t bytes;

	(void)state;
	take_sigbus();
	await_sums(p, "sound");
	char *whole = read_file(segment_path(), &bytes);
	assert_int_equal(truncate(segment_path(), 0), 0);
	bqp_peer_say(p, "COUNT @index=test needle\nRELOAD\nCOUNT @index=test needle\n");
	assert_true(ends_hurt(p, false));
	/* It stays as it was. */
	assert_non_null(strstr(bqp_peer_expect(p, "#0 OK {"), "\"failed\":[{\"index\":\"test\""));
	assert_true(ends_hurt(p, false));
	write_over(segment_path(), whole, bytes);
	bqp_peer_say(p, "RELOAD\nCOUNT @index=test needle\n");
	assert_non_null(strstr(bqp_peer_expect(p, "#0 OK {"), "\"failed\":[]"));
	(void)bqp_peer_expect(p, "#0 END {\"total\":2,");
	await_sums(p, "sound");
	free(whole);
	bqp_peer_close(p);
}

/* One flipped bit that no query meets is found by the comparison of checksums. */
static void test_rot_is_found(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);
	size_t bytes;

	(void)state;
	take_sigbus();
	char *whole = read_file(segment_path(), &bytes);
	for (size_t i = 1; i <= 5; i++) {
		size_t at = bytes * i / 6;
		whole[at] ^= 1;
		write_over(segment_path(), whole, bytes);
		bqp_peer_say(p, "RELOAD\n");
		(void)bqp_peer_expect(p, "#0 OK {");
		await_sums(p, "damaged: 0");
		whole[at] ^= 1;
		write_over(segment_path(), whole, bytes);
		bqp_peer_say(p, "RELOAD\n");
		(void)bqp_peer_expect(p, "#0 OK {");
		await_sums(p, "sound");
	}
	free(whole);
	bqp_peer_close(p);
}

static bool covers_none(const void *arg, const void *address)
{
	(void)arg;
	(void)address;
	return false;
}

static void read_byte(void *at) { (void)*(volatile char *)at; }

/* A page that is gone and is none of ours, or a signal sent, ends the process. */
static void test_others_still_crash(void **state)
{
	(void)state;
	take_sigbus();
	for (int i = 0; i < 2; i++) {
		int status;
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			char name[] = "/tmp/bq-cut-XXXXXX";
			struct bq_guard g = { .covers = covers_none };
			int fd = mkstemp(name);
			(void)unlink(name);
			void *map = ftruncate(fd, 4096) == 0 ? mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) :
				MAP_FAILED;
			if (map == MAP_FAILED || ftruncate(fd, 0) != 0)
				_exit(0);
			if (i == 1)
				(void)raise(SIGBUS);
			(void)bq_guard_run(&g, read_byte, map);
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_to_nothing),
		cmocka_unit_test(test_cut_while_answering),
		cmocka_unit_test(test_reload_forgets),
		cmocka_unit_test(test_rot_is_found),
		cmocka_unit_test(test_others_still_crash),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
