/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * daemon/PROTOCOL.md, replayed: each ```bqp block is a conversation that the
 * daemon must hold as it is written.  What may differ stands at the end of
 * that document.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include <bq/build.h>

#include "lib/bqp_daemon.h"
#include "server/net/conn.h"
#include "source/source.h"

enum { MAX_TOKENS = 64 };

static const char shown_root[] = "/home/me/tiny";
static const char *const volatile_members[] = { "took_us", "gen", "mtime", "score", "pid", "uptime_s", "version", "dir",
	"workers", "sums" };

static struct bqp_daemon d;
static char *real_root;

/* Tokens as the document shows them, and what they are here. */
static struct token {
	char shown[256], real[256];
} tokens[MAX_TOKENS];
static unsigned n_tokens;

/* ---- the daemon over corpus/tiny --------------------------------------- */

static void add_documents(struct bq_build *b, struct source *s)
{
	struct bq_doc_in doc;
	struct bq_error err;
	int rc;

	while ((rc = source_next(s, &doc, &err)) == BQ_OK)
		if (bq_build_add(b, &doc, &err) != BQ_OK)
			fail_msg("add: %s", err.msg);
	assert_int_equal(rc, BQ_END);
}

static void build_tiny(const char *corpus)
{
	struct skips skips;
	struct source_opts opts = { .skips = &skips };
	struct source *s = NULL;
	struct bq_build *b = NULL;
	struct bq_build_report report;
	struct bq_error err = { 0 };

	skips_init(&skips);
	if (source_open(corpus, &opts, &s, &err) != BQ_OK)
		fail_msg("%s: %s", corpus, err.msg);
	struct bq_build_opts build = { .text = { .lang = "en" }, .k1 = 0.9f, .b = 0.4f, .memory_bytes = 1u << 28,
		.n_sources = 1, .sources = &s->root };
	if (bq_build_open(d.index, &build, &b, &err) != BQ_OK)
		fail_msg("build: %s", err.msg);
	add_documents(b, s);
	if (bq_build_commit(b, &report, &err) != BQ_OK)
		fail_msg("commit: %s", err.msg);
	source_close(s);
	skips_release(&skips);
}

static int start(void **state)
{
	const char *repository = getenv("BQ_SOURCE_DIR");
	char path[4096];

	(void)state;
	(void)snprintf(path, sizeof path, "%s/corpus/tiny", repository == NULL ? "." : repository);
	real_root = realpath(path, NULL);
	assert_non_null(real_root);
	bqp_daemon_init(&d);
	build_tiny(real_root);
	assert_int_equal(index_list_add(&d.options.indexes, BQ_SPAN("tiny"), bq_span_of(d.index), &d.err), BQ_OK);
	bqp_daemon_start(&d);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	bqp_daemon_stop(&d);
	bqp_daemon_release(&d);
	free(real_root);
	return 0;
}

/* ---- comparing --------------------------------------------------------- */

/* The same token must stand for the same thing. */
static bool same_token(const char *shown, const char *real)
{
	for (unsigned i = 0; i < n_tokens; i++)
		if (strcmp(tokens[i].shown, shown) == 0)
			return strcmp(tokens[i].real, real) == 0;
	assert_true(n_tokens < MAX_TOKENS);
	(void)snprintf(tokens[n_tokens].shown, sizeof tokens[0].shown, "%s", shown);
	(void)snprintf(tokens[n_tokens].real, sizeof tokens[0].real, "%s", real);
	n_tokens++;
	return true;
}

static bool same_path(const char *shown, const char *real)
{
	size_t n = strlen(shown_root), m = strlen(real_root);

	return strncmp(shown, shown_root, n) == 0 && strncmp(real, real_root, m) == 0 &&
		strcmp(shown + n, real + m) == 0;
}

static bool is_volatile(const char *member)
{
	for (size_t i = 0; i < sizeof volatile_members / sizeof volatile_members[0]; i++)
		if (strcmp(member, volatile_members[i]) == 0)
			return true;
	return false;
}

static bool same_value(const char *member, const json_t *shown, const json_t *real);

static bool same_object(const json_t *shown, const json_t *real)
{
	/* jansson's iterators take what they do not change without const */
	json_t *walk = json_deep_copy(shown);
	const char *key;
	json_t *value;
	bool is_same = json_object_size(shown) == json_object_size(real);

	json_object_foreach(walk, key, value)
		is_same = is_same && same_value(key, value, json_object_get(real, key));
	json_decref(walk);
	return is_same;
}

static bool same_array(const json_t *shown, const json_t *real)
{
	bool is_same = json_array_size(shown) == json_array_size(real);

	for (size_t i = 0; is_same && i < json_array_size(shown); i++)
		is_same = same_value("", json_array_get(shown, i), json_array_get(real, i));
	return is_same;
}

static bool same_value(const char *member, const json_t *shown, const json_t *real)
{
	if (real == NULL)
		return false;
	if (is_volatile(member))
		return json_typeof(shown) == json_typeof(real) || (json_is_number(shown) && json_is_number(real));
	if (json_typeof(shown) != json_typeof(real))
		return false;
	if (json_is_object(shown))
		return same_object(shown, real);
	if (json_is_array(shown))
		return same_array(shown, real);
	if (strcmp(member, "doc") == 0 || strcmp(member, "next") == 0)
		return same_token(json_string_value(shown), json_string_value(real));
	if (strcmp(member, "path") == 0)
		return same_path(json_string_value(shown), json_string_value(real));
	return json_equal(shown, real) != 0;
}

/* Tag and kind as they are, then the object. */
static bool same_line(const char *shown, const char *real)
{
	const char *a = strchr(shown, '{'), *b = strchr(real, '{');

	if (a == NULL || b == NULL || a - shown != b - real || strncmp(shown, real, (size_t)(a - shown)) != 0)
		return false;
	json_t *want = json_loads(a, JSON_REJECT_DUPLICATES, NULL), *got = json_loads(b, JSON_REJECT_DUPLICATES, NULL);
	bool is_same = want != NULL && got != NULL && same_value("", want, got);
	json_decref(want);
	json_decref(got);
	return is_same;
}

/* ---- replaying --------------------------------------------------------- */

/* Send a request with the tokens it brings back made real. */
static void send_request(struct bqp_peer *p, const char *text)
{
	char line[4096] = "";
	size_t n = 0;

	while (*text != '\0') {
		unsigned i = 0;
		while (i < n_tokens && strncmp(text, tokens[i].shown, strlen(tokens[i].shown)) != 0)
			i++;
		assert_true(n + 300 < sizeof line);
		if (i == n_tokens) {
			line[n++] = *text++;
			continue;
		}
		n += (size_t)sprintf(line + n, "%s", tokens[i].real);
		text += strlen(tokens[i].shown);
	}
	line[n++] = '\n';
	bqp_peer_send(p, line, n);
}

static void play_line(struct bqp_peer *p, const char *line, unsigned number)
{
	if (strcmp(line, "> ^D") == 0) {
		bqp_peer_finish(p);
	} else if (line[0] == '>') {
		send_request(p, line + 2);
	} else if (strcmp(line, "< ^D") == 0) {
		bqp_peer_expect_eof(p);
	} else {
		assert_int_equal(line[0], '<');
		const char *got = bqp_peer_line(p, BQP_PATIENCE_MS);
		if (got == NULL || !same_line(line + 2, got))
			fail_msg("PROTOCOL.md line %u:\n%s\nbut the daemon says\n%s", number, line + 2, got == NULL ?
				"nothing" : got);
	}
}

/* One block, from behind its fence to the next.  True if it held a line. */
static bool play_block(FILE *f, unsigned *number)
{
	static char line[16384];
	struct bqp_peer *p = bqp_peer_open(d.socket);
	bool is_first = true;

	n_tokens = 0;
	while (fgets(line, sizeof line, f) != NULL) {
		++*number;
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, "```") == 0)
			break;
		if (is_first && strncmp(line, "< * HELLO", 9) != 0)
			(void)bqp_peer_expect(p, "* HELLO {");
		is_first = false;
		play_line(p, line, *number);
	}
	bqp_peer_close(p);
	return !is_first;
}

static void test_transcripts(void **state)
{
	const char *repository = getenv("BQ_SOURCE_DIR");
	char line[4096], path[4096];
	unsigned number = 0, blocks = 0;

	(void)state;
	(void)snprintf(path, sizeof path, "%s/daemon/PROTOCOL.md", repository == NULL ? "." : repository);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof line, f) != NULL) {
		number++;
		if (strcmp(line, "```bqp\n") == 0)
			blocks += play_block(f, &number);
	}
	(void)fclose(f);
	assert_true(blocks >= 12);
}

/* The comparison itself must be able to fail. */
static void test_comparison(void **state)
{
	(void)state;
	n_tokens = 0;
	assert_true(same_line("#0 END {\"took_us\":1,\"hits\":2}", "#0 END {\"hits\":2,\"took_us\":99}"));
	assert_false(same_line("#0 END {\"took_us\":1,\"hits\":2}", "#0 END {\"hits\":3,\"took_us\":99}"));
	assert_false(same_line("#0 END {\"hits\":2}", "#0 END {\"hits\":2,\"more\":1}"));
	assert_false(same_line("#0 END {\"hits\":2}", "#1 END {\"hits\":2}"));
	assert_false(same_line("#0 END {\"took_us\":1}", "#0 END {\"took_us\":\"1\"}"));
	assert_true(same_line("#0 HIT {\"doc\":\"a\",\"m\":[[1,2]]}", "#0 HIT {\"doc\":\"x\",\"m\":[[1,2]]}"));
	assert_false(same_line("#0 HIT {\"doc\":\"a\",\"m\":[[1,2]]}", "#0 HIT {\"doc\":\"y\",\"m\":[[1,2]]}"));
	assert_false(same_line("#0 HIT {\"m\":[[1,2]]}", "#0 HIT {\"m\":[[1,3]]}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_comparison), cmocka_unit_test(test_transcripts) };

	return cmocka_run_group_tests(tests, start, stop);
}
