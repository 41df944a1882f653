/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reply lines: what is read from good ones, and that bad ones are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <bq/client.h>

static struct bq_client_reply parse(const char *line)
{
	struct bq_client_reply r;
	struct bq_error err = { 0, 0, "" };
	int status = bq_client_reply_parse(bq_span_of(line), &r, &err);

	if (status != BQ_OK)
		print_error("%s: %s\n", line, err.msg);
	assert_int_equal(status, BQ_OK);
	return r;
}

static void assert_span(struct bq_span s, const char *text)
{
	assert_int_equal(s.len, strlen(text));
	assert_memory_equal(s.ptr, text, s.len);
}

static void test_hit(void **state)
{
	struct bq_client_reply r = parse(
		"#a.1 HIT {\"r\":1,\"doc\":\"d7\",\"id\":\"\",\"score\":12.43,\"all\":true,\"path\":\"/d/a.md\","
		"\"title\":\"My title\",\"tm\":[[0,2],[3,8]],\"at\":\"file\","
		"\"line\":12,\"col\":5,\"off\":431,\"len\":22,\"mtime\":17,\"new\":[1]}");
	const struct bq_client_hit *h = &r.as.hit;

	(void)state;
	assert_string_equal(r.id, "a.1");
	assert_int_equal(r.kind, BQ_REPLY_HIT);
	assert_true(h->rank == 1 && h->all && h->has_place && !h->in_title);
	assert_true(h->line == 12 && h->col == 5 && h->off == 431 && h->len == 22);
	assert_true(h->score > 12.42 && h->score < 12.44);
	assert_span(h->path, "/d/a.md");
	assert_int_equal(h->n_marks, 2);
	assert_true(h->marks[1].from == 3 && h->marks[1].to == 8);
	bq_client_reply_release(&r);
}

static void test_path_that_is_no_utf8(void **state)
{
	struct bq_client_reply r = parse("#1 HIT {\"r\":1,\"score\":1,\"path_b64\":\"L2Qv/y5tZA==\"}");

	(void)state;
	assert_span(r.as.hit.path, "/d/\xff.md");
	bq_client_reply_release(&r);
}

static void test_snip(void **state)
{
	struct bq_client_reply r = parse(
		"#0 SNIP {\"r\":2,\"line\":12,\"col\":5,\"off\":9,\"len\":3,\"text\":\"a\\nb\\u0000c d\","
		"\"tline\":11,\"m\":[[0,1],[4,5]],\"cut\":true}");

	(void)state;
	assert_string_equal(r.id, "0");
	assert_int_equal(r.as.snip.text.len, 7); /* the NUL is text like any other */
	assert_true(r.as.snip.first_line == 11 && r.as.snip.is_cut && r.as.snip.n_marks == 2);
	bq_client_reply_release(&r);
}

static void test_end(void **state)
{
	struct bq_client_reply r = parse(
		"#1 END {\"hits\":2,\"total\":3,\"exact\":false,\"any\":9,\"took_us\":412,\"gen\":17,"
		"\"next\":\"c1\",\"partial\":true,\"why\":\"deadline\",\"warnings\":[\"a\",\"b\"],"
		"\"hint\":{\"near\":1,\"any\":4},\"shards\":{\"all\":3,\"answered\":1,"
		"\"failed\":[{\"shard\":\"h1:1\",\"why\":\"gone\"},{\"shard\":\"h2:2\"}]}}");
	const struct bq_client_end *e = &r.as.end;

	(void)state;
	assert_true(bq_client_reply_ends(&r));
	assert_true(e->total == 3 && !e->is_exact && e->has_any && e->any == 9 && e->gen == 17 && e->is_partial);
	assert_int_equal(e->n_warnings, 2);
	assert_span(bq_client_end_warning(&r, 1), "b");
	assert_true(e->has_hint && e->hint_near == 1 && e->hint_all == -1 && e->hint_any == 4);
	assert_true(e->shards == 3 && e->n_shards_failed == 2);
	assert_span(bq_client_end_shard(&r, 0).at, "h1:1");
	assert_span(bq_client_end_shard(&r, 0).why, "gone");
	assert_span(bq_client_end_shard(&r, 1).at, "h2:2");
	assert_span(bq_client_end_shard(&r, 1).why, "");
	bq_client_reply_release(&r);
}

static void test_err_and_event(void **state)
{
	struct bq_client_reply r = parse(
		"#9 ERR {\"code\":\"bad_query\",\"status\":400,\"msg\":\"unbalanced quote\",\"at\":3}");

	(void)state;
	assert_true(r.as.failure.has_at && r.as.failure.at == 3);
	assert_int_equal(bq_client_code_status(r.as.failure.code), BQ_EQUERY);
	bq_client_reply_release(&r);
	r = parse("* EVT {\"gen\":18}");
	assert_string_equal(r.id, "*");
	assert_false(bq_client_reply_ends(&r));
	bq_client_reply_release(&r);
	r = parse("#1 NEWKIND {}");
	assert_int_equal(r.kind, BQ_REPLY_OTHER);
	bq_client_reply_release(&r);
}

/* Every one of these is refused, and nothing is leaked (ASan watches). */
static void test_refused(void **state)
{
	static const char *const lines[] = {
		"",
		"#1",
		"#1 HIT",
		"HIT {}",
		"# HIT {}",
		"#a/b OK {}",
		"#123456789012345678901234567890123 OK {}",
		"** OK {}",
		"#1 hit {}",
		"#1  OK {}",
		"#1 ABCDEFGHIJKLMNOPQ {}",
		"#1 OK []",
		"#1 OK {\"a\":1}x",
		"#1 OK {\"a\":1,\"a\":2}",
		"#1 OK {\"a\":\"\xff\"}",
		"#1 OK {\"a\":1e999}",
		"#1 OK {\"a\":99999999999999999999}",
		"HTTP/1.1 400 Bad Request",
		"#1 HIT {\"score\":1,\"path\":\"/a\"}",
		"#1 HIT {\"r\":0,\"score\":1,\"path\":\"/a\"}",
		"#1 HIT {\"r\":-1,\"score\":1,\"path\":\"/a\"}",
		"#1 HIT {\"r\":1,\"path\":\"/a\"}",
		"#1 HIT {\"r\":1,\"score\":\"1\",\"path\":\"/a\"}",
		"#1 HIT {\"r\":1,\"score\":1}",
		"#1 HIT {\"r\":1,\"score\":1,\"path\":7}",
		"#1 HIT {\"r\":1,\"score\":1,\"path\":\"/a\\u0000b\"}",
		"#1 HIT {\"r\":1,\"score\":1,\"path_b64\":\"L2Q\"}",
		"#1 HIT {\"r\":1,\"score\":1,\"path_b64\":\"L2Q!\"}",
		"#1 HIT {\"r\":1,\"score\":1,\"path_b64\":\"L2QA\"}",
		"#1 HIT {\"r\":1,\"score\":1,\"path\":\"/a\",\"line\":0}",
		"#1 HIT {\"r\":1,\"score\":1,\"path\":\"/a\",\"line\":1,\"col\":0}",
		"#1 HIT {\"r\":1,\"score\":1,\"path\":\"/a\",\"off\":-1}",
		"#1 HIT {\"r\":1,\"score\":1,\"path\":\"/a\",\"all\":1}",
		"#1 HIT {\"r\":1,\"score\":1,\"path\":\"/a\",\"title\":\"ab\",\"tm\":[[0,3]]}",
		"#1 HIT {\"r\":1,\"score\":1,\"path\":\"/a\",\"tm\":[[0,1]]}",
		"#1 SNIP {\"r\":1}",
		"#1 SNIP {\"r\":1,\"text\":\"abc\",\"m\":[[-1,2]]}",
		"#1 SNIP {\"r\":1,\"text\":\"abc\",\"m\":[[2,1]]}",
		"#1 SNIP {\"r\":1,\"text\":\"abc\",\"m\":[[1,1]]}",
		"#1 SNIP {\"r\":1,\"text\":\"abc\",\"m\":[[1,4]]}",
		"#1 SNIP {\"r\":1,\"text\":\"abc\",\"m\":[[0,2],[1,3]]}",
		"#1 SNIP {\"r\":1,\"text\":\"abc\",\"m\":[[0,9223372036854775807]]}",
		"#1 SNIP {\"r\":1,\"text\":\"abc\",\"m\":[0,1]}",
		"#1 SNIP {\"r\":1,\"text\":\"abc\",\"m\":{}}",
		"#1 SNIP {\"r\":1,\"text\":\"abc\",\"line\":3,\"tline\":4}",
		"#1 END {\"total\":-1}",
		"#1 END {\"total\":1.5}",
		"#1 END {\"warnings\":\"a\"}",
		"#1 END {\"warnings\":[1]}",
		"#1 END {\"hint\":3}",
		"#1 END {\"hint\":{\"near\":-1}}",
		"#1 END {\"next\":1}",
		"#1 ERR {\"msg\":\"no code\"}",
		"#1 TEXT {\"text\":\"no line\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		struct bq_client_reply r;
		struct bq_error err = { 0, 0, "" };
		int status = bq_client_reply_parse(bq_span_of(lines[i]), &r, &err);
		if (status == BQ_OK)
			print_error("taken: %s\n", lines[i]);
		assert_int_equal(status, BQ_EFORMAT);
		assert_true(err.msg[0] != '\0');
	}
}

static void test_too_long(void **state)
{
	static char line[BQP_MAX_REPLY + 1];
	struct bq_client_reply r;

	(void)state;
	memset(line, ' ', sizeof line);
	memcpy(line, "#1 OK {}", 8);
	assert_int_equal(bq_client_reply_parse(bq_span_make(line, BQP_MAX_REPLY), &r, NULL), BQ_EFORMAT);
	assert_int_equal(bq_client_reply_parse(bq_span_make(line, BQP_MAX_REPLY - 1), &r, NULL), BQ_OK);
	bq_client_reply_release(&r);
}

static void test_too_many_ranges(void **state)
{
	static char line[65536];
	struct bq_client_reply r;
	size_t n = (size_t)snprintf(line, sizeof line, "#1 SNIP {\"text\":\"");

	(void)state;
	memset(line + n, 'a', 4096);
	n += 4096;
	n += (size_t)snprintf(line + n, sizeof line - n, "\",\"m\":[");
	for (unsigned i = 0; i < BQ_CLIENT_MAX_RANGES + 1; i++)
		n += (size_t)snprintf(line + n, sizeof line - n, "%s[%u,%u]", i == 0 ? "" : ",", 2 * i, 2 * i + 1);
	snprintf(line + n, sizeof line - n, "]}");
	assert_int_equal(bq_client_reply_parse(bq_span_of(line), &r, NULL), BQ_EFORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hit),
		cmocka_unit_test(test_path_that_is_no_utf8),
		cmocka_unit_test(test_snip),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_err_and_event),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_too_many_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
