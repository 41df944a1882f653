/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What HIT, SNIP and END lines say of documents that are not plain: found by the
 * title alone, under a path or with bytes that are not UTF-8, gone from the disk,
 * with only some of the words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/bqp_daemon.h"
#include "lib/made_index.h"

static struct bqp_daemon d;

static void make_doc(uint32_t doc, struct bq_buf *text, struct bq_doc_in *in)
{
	static const struct bq_doc_in docs[] = {
		{ .path = BQ_SPAN_INIT("a.jsonl"), .id = BQ_SPAN_INIT("first"), .title = BQ_SPAN_INIT("A lonely title"),
			.text = BQ_SPAN_INIT("other words"), .at = BQ_AT_RECORD, .file_line = 7,
			.mtime_us = 1234567890123456, .file_bytes = 10 },
		{ .path = BQ_SPAN_INIT("b\xff.txt"), .text = BQ_SPAN_INIT("apples\r\nand pears"), .mtime_us = 5,
			.file_bytes = 1 },
		{ .path = BQ_SPAN_INIT("c.html"), .text = BQ_SPAN_INIT("bad \xff\xe2\x82 bytes before pears"),
			.at = BQ_AT_TEXT, .mtime_us = INT64_MIN, .file_bytes = -1 },
		{ .path = BQ_SPAN_INIT("d.md"), .title = BQ_SPAN_INIT("Heading"),
			.text = BQ_SPAN_INIT("# Heading\nbelow\n"), .title_in_text = true, .title_off = 2,
			.mtime_us = INT64_MIN, .file_bytes = -1 },
	};

	(void)text;
	*in = docs[doc];
}

static int start(void **state)
{
	struct bq_build_opts opts = made_index_opts(0);

	(void)state;
	bqp_daemon_init(&d);
	made_index_build(d.index, &opts, 4, make_doc);
	bqp_daemon_start(&d);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	bqp_daemon_end(&d);
	return 0;
}

static void says(const char *line, const char *what)
{
	if (strstr(line, what) == NULL)
		fail_msg("%s is not in %s", what, line);
}

static void does_not_say(const char *line, const char *what)
{
	if (strstr(line, what) != NULL)
		fail_msg("%s is in %s", what, line);
}

/* A place in the title has no line, and no SNIP. */
static void test_title_alone(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);

	(void)state;
	bqp_peer_say(p, "SEARCH lonely\n");
	const char *line = bqp_peer_expect(p, "#0 HIT {\"r\":1,\"doc\":\"");
	says(line, "\"id\":\"first\",");
	says(line, "\"title\":\"A lonely title\",\"tm\":[[2,8]],\"at\":\"record\",\"in\":\"title\",\"file_line\":7,");
	says(line, "\"mtime\":1234567890123456,");
	does_not_say(line, "\"line\"");
	(void)bqp_peer_expect(p, "#0 END {\"hits\":1,\"total\":1,\"exact\":true,");
	bqp_peer_close(p);
}

/* A title that is part of the text has line and column. */
static void test_title_in_text(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);

	(void)state;
	bqp_peer_say(p, "SEARCH heading\n");
	const char *line = bqp_peer_expect(p, "#0 HIT {");
	says(line, "\"tm\":[[0,7]],\"at\":\"file\",\"line\":1,\"col\":3,\"off\":2,\"len\":7,");
	does_not_say(line, "\"in\":");
	does_not_say(line, "\"mtime\":"); /* nobody knows */
	says(bqp_peer_expect(p, "#0 SNIP {"), "\"text\":\"# Heading\\nbelow");
	(void)bqp_peer_expect(p, "#0 END {");
	bqp_peer_close(p);
}

static void test_path_of_any_bytes(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);

	(void)state;
	bqp_peer_say(p, "SEARCH apples\n");
	const char *line = bqp_peer_expect(p, "#0 HIT {");
	says(line, "\"path_b64\":\"L3NyYy9i/y50eHQ=\","); /* /src/b<ff>.txt */
	does_not_say(line, "\"path\":");
	says(line, "\"gone\":true");
	says(bqp_peer_expect(p, "#0 SNIP {"), "\"text\":\"apples\\nand pears\",\"tline\":1,\"m\":[[0,6]]");
	(void)bqp_peer_expect(p, "#0 END {");
	bqp_peer_close(p);
}

/* Each ill-formed part is one U+FFFD, of 3 bytes; marks count those, places the
 * bytes of the text. */
static void test_text_of_any_bytes(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);

	(void)state;
	bqp_peer_say(p, "SEARCH \"bytes before\"\n");
	says(bqp_peer_expect(p, "#0 HIT {"), "\"at\":\"text\",\"line\":1,\"col\":9,\"off\":8,\"len\":12,");
	says(bqp_peer_expect(p, "#0 SNIP {"),
		"\"text\":\"bad \xef\xbf\xbd\xef\xbf\xbd bytes before pears\",\"tline\":1,\"m\":[[11,23]]");
	(void)bqp_peer_expect(p, "#0 END {");
	bqp_peer_close(p);
}

/* Those with all words first; the others only where they were needed, and counted
 * apart. */
static void test_some_of_the_words(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);

	(void)state;
	bqp_peer_say(p, "SEARCH @snippets=none apples pears\nSEARCH @snippets=none @limit=1 apples pears\n"
			"SEARCH @snippets=none @match=all apples pears\n");
	says(bqp_peer_expect(p, "#0 HIT {\"r\":1,"), "\"all\":true,");
	says(bqp_peer_expect(p, "#0 HIT {\"r\":2,"), "\"all\":false,");
	says(bqp_peer_expect(p, "#0 END {\"hits\":2,\"total\":1,"), "\"any\":2,");
	says(bqp_peer_expect(p, "#0 HIT {\"r\":1,"), "\"all\":true,");
	does_not_say(bqp_peer_expect(p, "#0 END {\"hits\":1,\"total\":1,"), "\"any\":");
	says(bqp_peer_expect(p, "#0 HIT {\"r\":1,"), "\"all\":true,");
	does_not_say(bqp_peer_expect(p, "#0 END {\"hits\":1,\"total\":1,"), "\"any\":");
	bqp_peer_close(p);
}

/* Nothing takes the place of a phrase that nobody has. */
static void test_hint(void **state)
{
	struct bqp_peer *p = bqp_daemon_connect(&d);

	(void)state;
	bqp_peer_say(p, "SEARCH \"pears apples\"\n");
	says(bqp_peer_expect(p, "#0 END {\"hits\":0,\"total\":0,"), "\"hint\":{\"near\":1,\"all\":1,\"any\":2}");
	bqp_peer_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_title_alone),
		cmocka_unit_test(test_title_in_text),
		cmocka_unit_test(test_path_of_any_bytes),
		cmocka_unit_test(test_text_of_any_bytes),
		cmocka_unit_test(test_some_of_the_words),
		cmocka_unit_test(test_hint),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
