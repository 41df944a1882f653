/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reply lines broken at random: the parser refuses them or gives what its
 * contract says, and never reads outside the line (ASan watches).
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bq/client.h>

#include "lib/rng.h"

static struct rng rng;

static const char *const lines[] = {
	"#1 HIT {\"r\":1,\"doc\":\"d\",\"score\":12.4,\"path\":\"/a\",\"title\":\"My title\",\"tm\":[[0,2],[3,8]],"
	"\"line\":2,\"col\":5}",
	"#1 HIT {\"r\":2,\"score\":1,\"path_b64\":\"L2Qv/y5tZA==\",\"file_line\":3,\"at\":\"record\"}",
	"#1 SNIP {\"r\":2,\"line\":12,\"col\":5,\"off\":9,\"len\":3,\"text\":\"a\\nb\\u00e9c d\","
	"\"tline\":11,\"m\":[[0,1],[4,5]]}",
	"#0 END {\"hits\":2,\"total\":3,\"exact\":false,\"any\":9,\"next\":\"c1\",\"warnings\":[\"a\"],"
	"\"hint\":{\"near\":1}}",
	"#0 END {\"hits\":2,\"partial\":true,\"why\":\"shards\","
	"\"shards\":{\"all\":2,\"failed\":[{\"shard\":\"h:1\",\"why\":\"x\"}]}}",
	"#9 ERR {\"code\":\"bad_query\",\"status\":400,\"msg\":\"unbalanced quote\",\"at\":3}",
	"* HELLO {\"server\":\"bqd\",\"proto\":[1]}",
};

/* A copy with some bytes changed, dropped or doubled; what is put in is mostly JSON's own. */
static size_t mutate(const char *line, char *out)
{
	static const char likely[] = "{}[],:\"\\0123456789-.e+utrnfalse #*";
	size_t n = strlen(line);
	uint64_t changes = 1 + rng_below(&rng, 4);

	memcpy(out, line, n);
	for (uint64_t i = 0; i < changes && n > 0; i++) {
		size_t at = rng_below(&rng, n);
		char c = rng_below(&rng, 4) == 0 ? (char)rng_below(&rng, 256) :
			likely[rng_below(&rng, sizeof likely - 1)];
		switch (rng_below(&rng, 4)) {
		case 0: out[at] = c; break;
		case 1:
			memmove(out + at + 1, out + at, n - at);
			out[at] = c;
			n++;
			break;
		case 2:
			memmove(out + at, out + at + 1, n - at - 1);
			n--;
			break;
		default: n = rng_below(&rng, 8) == 0 ? at : n; break;
		}
	}
	return n;
}

static void assert_ranges(const struct bq_client_range *r, uint32_t n, struct bq_span text)
{
	uint32_t least = 0;

	for (uint32_t i = 0; i < n; i++) {
		assert_true(r[i].from >= least && r[i].from < r[i].to && r[i].to <= text.len);
		least = r[i].to;
	}
}

static void assert_contract(const struct bq_client_reply *r)
{
	const struct bq_client_hit *h = &r->as.hit;
	const struct bq_client_snip *s = &r->as.snip;

	assert_true(strlen(r->id) >= 1 && strlen(r->id) <= BQP_MAX_ID);
	assert_true(r->object.len >= 2);
	if (r->kind == BQ_REPLY_HIT) {
		assert_true(h->rank >= 1 && isfinite(h->score) && (!h->has_place || h->line >= 1) && h->col >= 1);
		assert_true(h->path.len == 0 || memchr(h->path.ptr, '\0', h->path.len) == NULL);
		assert_ranges(h->marks, h->n_marks, h->title);
	}
	if (r->kind == BQ_REPLY_SNIP) {
		assert_true(s->col >= 1 && (!s->has_place || s->first_line <= s->line));
		assert_ranges(s->marks, s->n_marks, s->text);
	}
	for (uint32_t i = 0; r->kind == BQ_REPLY_END && i < r->as.end.n_warnings; i++)
		assert_non_null(bq_client_end_warning(r, i).ptr);
	for (uint32_t i = 0; r->kind == BQ_REPLY_END && i < r->as.end.n_shards_failed; i++)
		assert_true(bq_client_end_shard(r, i).at.ptr != NULL && bq_client_end_shard(r, i).why.ptr != NULL);
}

static void test_broken_lines(void **state)
{
	unsigned taken = 0, refused = 0;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		const char *line = lines[rng_below(&rng, sizeof lines / sizeof lines[0])];
		char *text = malloc(strlen(line) + 8); /* exact, so that ASan sees a byte too far */
		size_t n = mutate(line, text);
		struct bq_client_reply r;
		struct bq_error err = { 0, 0, "" };
		int status = bq_client_reply_parse(bq_span_make(text, n), &r, &err);
		free(text); /* nothing of the reply points into what was given */
		assert_true(status == BQ_OK || status == BQ_EFORMAT);
		assert_true(status == BQ_OK || err.msg[0] != '\0');
		taken += status == BQ_OK;
		refused += status != BQ_OK;
		if (status != BQ_OK)
			continue;
		assert_contract(&r);
		bq_client_reply_release(&r);
	}
	/* Both ways were walked. */
	assert_true(taken > 1000 && refused > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_broken_lines) };

	rng = rng_start("prop_reply");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
