/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * New generations under a running daemon: seen at once, never mixed, the old
 * ones given back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/bqp_daemon.h"
#include "lib/descriptors.h"
#include "server/live_index.h"

static struct bqp_daemon d;

/* A generation whose documents all say which it is. */
static void publish(unsigned n)
{
	char text[64];
	const char *texts[] = { text, text, text };

	(void)snprintf(text, sizeof text, "marker says m%u", n);
	bqp_daemon_publish(&d, texts, 3);
}

static int start(void **state)
{
	(void)state;
	bqp_daemon_init(&d);
	publish(1);
	bqp_daemon_start(&d);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	bqp_daemon_end(&d);
	return 0;
}

/* The string value of `member` in a line. */
static void copy_member(const char *line, const char *member, char *out, size_t size)
{
	const char *at = strstr(line, member);

	assert_non_null(at);
	at += strlen(member);
	(void)snprintf(out, size, "%.*s", (int)strcspn(at, "\",}"), at);
}

/* One search for the marker: its generation, and that all lines agree on it. */
static unsigned long search_marker(struct bqp_peer *p, char *token, char *cursor)
{
	char text[64], want[64], gen[32];

	bqp_peer_say(p, "SEARCH @limit=2 marker\n");
	const char *line = bqp_peer_expect(p, "#0 HIT {");
	if (token != NULL)
		copy_member(line, "\"doc\":\"", token, 128);
	for (int i = 0; i < 3; i++) {
		line = bqp_peer_expect(p, i == 1 ? "#0 HIT {" : "#0 SNIP {");
		if (i == 0)
			copy_member(line, "\"text\":\"", text, sizeof text);
	}
	line = bqp_peer_expect(p, "#0 END {\"hits\":2,\"total\":3,");
	if (cursor != NULL)
		copy_member(line, "\"next\":\"", cursor, 256);
	copy_member(line, "\"gen\":", gen, sizeof gen);
	(void)snprintf(want, sizeof want, "marker says m%s", gen);
	assert_string_equal(text, want);
	return strtoul(gen, NULL, 10);
}

/* Mapped segment files, and open descriptors, of this process. */
static unsigned count_maps(void)
{
	char line[4096];
	unsigned n = 0;
	FILE *f = fopen("/proc/self/maps", "r");

	assert_non_null(f);
	while (fgets(line, sizeof line, f) != NULL)
		n += strstr(line, ".seg") != NULL;
	(void)fclose(f);
	return n;
}

/* Old generations are unmapped by a worker: soon, not at once. */
static void await_counts(unsigned maps, unsigned fds)
{
	for (int ms = 0; ms < BQP_PATIENCE_MS && (count_maps() != maps || descriptors_count() != fds); ms += 10)
		(void)usleep(10000);
	assert_int_equal(count_maps(), maps);
	assert_int_equal(descriptors_count(), fds);
}

static void test_what_is_published_is_seen(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);
	unsigned maps = 0, fds = 0;

	(void)state;
	bqp_peer_await_alone(p);
	assert_int_equal(search_marker(p, NULL, NULL), 1);
	for (unsigned n = 2; n < 25; n++) {
		publish(n);
		assert_int_equal(search_marker(p, NULL, NULL), n);
		if (n == 2) { /* the current one and its predecessor are held */
			maps = count_maps();
			fds = descriptors_count();
		}
	}
	await_counts(maps, fds);
	bqp_peer_close(p);
}

static void test_tokens_last_one_generation(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);
	char token[128], cursor[256], line[512];

	(void)state;
	unsigned n = (unsigned)search_marker(p, token, cursor);
	publish(n + 1);
	(void)search_marker(p, NULL, NULL);
	(void)snprintf(line, sizeof line, "GET @doc=%s\nSEARCH @after=%s @limit=2 @snippets=none marker\n", token,
		cursor);
	bqp_peer_say(p, line);
	char want[64];
	(void)snprintf(want, sizeof want, "\"text\":\"marker says m%u\"", n);
	assert_non_null(strstr(bqp_peer_expect(p, "#0 TEXT {"), want));
	(void)bqp_peer_expect(p, "#0 END {\"lines\":1,");
	(void)bqp_peer_expect(p, "#0 HIT {");
	(void)snprintf(want, sizeof want, "\"gen\":%u", n);
	assert_non_null(strstr(bqp_peer_expect(p, "#0 END {\"hits\":1,"), want));
	publish(n + 2);
	(void)search_marker(p, NULL, NULL);
	bqp_peer_say(p, line);
	(void)bqp_peer_expect(p, "#0 ERR {\"code\":\"gen_gone\"");
	(void)bqp_peer_expect(p, "#0 ERR {\"code\":\"gen_gone\"");
	bqp_peer_close(p);
}

/* The document behind the token says which generation it was of, or is gone
 * with it. */
static void get_marker(struct bqp_peer *p, const char *token, unsigned long gen)
{
	char line[256], want[64];

	(void)snprintf(line, sizeof line, "GET @doc=%s\n", token);
	(void)snprintf(want, sizeof want, "\"text\":\"marker says m%lu\"}", gen);
	bqp_peer_say(p, line);
	const char *got = bqp_peer_expect(p, "#0 ");
	if (strstr(got, "ERR {\"code\":\"gen_gone\",") != NULL)
		return;
	if (strstr(got, want) == NULL)
		fail_msg("%s\nis not of generation %lu", got, gen);
	(void)bqp_peer_expect(p, "#0 END {\"lines\":1,");
}

/* Searches run while generations come, 20 of them at least: each answer is of
 * one of them.  Returns the last. */
static void *search_on(void *stop_flag)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);
	unsigned long last = 0;
	char token[128];

	for (unsigned n = 0; n < 20 || !atomic_load((atomic_bool *)stop_flag); n++) {
		unsigned long gen = search_marker(p, token, NULL);
		assert_true(gen >= last); /* and never older than the one before */
		last = gen;
		get_marker(p, token, gen);
	}
	bqp_peer_close(p);
	return (void *)last;
}

/* RELOADs, many at a time, so that some come while a load is under way. */
static void *reload_on(void *stop_flag)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);

	while (!atomic_load((atomic_bool *)stop_flag)) {
		bqp_peer_say(p, "#a RELOAD\n#b RELOAD\n#c RELOAD\n#d COUNT marker\n");
		for (int i = 0; i < 4; i++) {
			const char *line = bqp_peer_expect(p, "#");
			assert_non_null(strstr(line, line[1] == 'd' ? "END {\"total\":3," : "\"failed\":[]}"));
		}
	}
	bqp_peer_close(p);
	return NULL;
}

static void test_reload_under_load(void **state)
{
	enum { SEARCHERS = 4, GENERATIONS = 100 };
	struct bqp_peer *p = bqp_daemon_connect(&d);
	atomic_bool is_over = false;
	pthread_t threads[SEARCHERS + 1];
	void *last;

	(void)state;
	bqp_peer_await_alone(p);
	unsigned n = (unsigned)search_marker(p, NULL, NULL);
	publish(++n); /* so that one is held beside the current */
	(void)search_marker(p, NULL, NULL);
	await_counts(2, descriptors_count());
	unsigned fds = descriptors_count();
	for (int i = 0; i <= SEARCHERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, i < SEARCHERS ? search_on : reload_on, &is_over), 0);
	for (unsigned i = 1; i <= GENERATIONS; i++) {
		publish(n + i);
		assert_int_equal(search_marker(p, NULL, NULL), n + i);
	}
	atomic_store(&is_over, true);
	for (int i = 0; i <= SEARCHERS; i++) {
		assert_int_equal(pthread_join(threads[i], &last), 0);
		if (i < SEARCHERS)
			assert_in_range((unsigned long)last, n, n + GENERATIONS);
	}
	await_counts(2, fds);
	bqp_peer_close(p);
}

static void remove_index(void)
{
	char command[512];

	(void)snprintf(command, sizeof command, "rm -rf '%s'", d.index);
	assert_int_equal(system(command), 0);
}

static void test_a_broken_one_is_not_taken(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);
	char token[128], line[512];

	(void)state;
	unsigned long gen = search_marker(p, token, NULL);
	tmpdir_put(&d.dir, "index/MANIFEST", BQ_SPAN("nonsense\n"));
	assert_int_equal(search_marker(p, NULL, NULL), gen);
	bqp_peer_say(p, "STATUS\n");
	assert_non_null(strstr(bqp_peer_expect(p, "#0 OK {"), "\"error\":\""));
	remove_index();
	assert_int_equal(search_marker(p, NULL, NULL), gen);
	bqp_peer_say(p, "RELOAD\n");
	assert_non_null(strstr(bqp_peer_expect(p, "#0 OK {"), "\"failed\":[{\"index\":\"test\",\"msg\":\""));
	for (unsigned n = 1; n <= 2; n++) { /* built again from nothing: numbers start anew */
		publish(n);
		assert_int_equal(search_marker(p, NULL, NULL), n);
	}
	bqp_peer_say(p, "STATUS\n");
	assert_null(strstr(bqp_peer_expect(p, "#0 OK {"), "\"error\":\""));
	(void)snprintf(line, sizeof line, "GET @doc=%s\n", token);
	bqp_peer_say(p, line);
	(void)bqp_peer_expect(p, "#0 ERR {\"code\":\"gen_gone\"");
	bqp_peer_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_published_is_seen),
		cmocka_unit_test(test_tokens_last_one_generation),
		cmocka_unit_test(test_reload_under_load),
		cmocka_unit_test(test_a_broken_one_is_not_taken),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
