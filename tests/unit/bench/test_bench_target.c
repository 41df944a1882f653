/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the load sends and how it reads the answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bench/target.h"

static size_t used;
static uint32_t slot;

static enum target_reply take(const struct target *t, const char *in)
{
	used = 0;
	slot = UINT32_MAX;
	return t->take_reply(bq_span_of(in), &used, &slot);
}

static void test_bqp_request(void **state)
{
	struct bq_buf b = BQ_BUF_INIT;

	(void)state;
	target_bqp.put_request(&target_bqp, &b, BQ_SPAN("-- @a \"b c\""), 31);
	bq_buf_put_u8(&b, 0);
	assert_false(b.oom);
	assert_ptr_equal(strstr((char *)b.ptr, "#32 SEARCH @limit=10 "), b.ptr);
	assert_non_null(strstr((char *)b.ptr, " @cache=0"));
	assert_non_null(strstr((char *)b.ptr, " -- -- @a \"b c\"\n"));
	bq_buf_release(&b);
}

static void test_bqp_replies(void **state)
{
	(void)state;
	assert_int_equal(take(&target_bqp, "#7 END {\"hits\":0"), TARGET_MORE);
	assert_int_equal(take(&target_bqp, ""), TARGET_MORE);
	assert_int_equal(take(&target_bqp, "#7 END {\"hits\":0}\n#8 END"), TARGET_DONE);
	assert_int_equal(slot, 6);
	assert_int_equal(used, 18);
	assert_int_equal(take(&target_bqp, "#1 HIT {}\n"), TARGET_OTHER);
	assert_int_equal(take(&target_bqp, "#32 ERR {\"code\":\"deadline\"}\n"), TARGET_FAILED);
	assert_int_equal(slot, 31);
	assert_int_equal(take(&target_bqp, "* HELLO {}\n"), TARGET_OTHER);
	assert_int_equal(take(&target_bqp, "* BYE {}\n"), TARGET_LOST);
	assert_int_equal(take(&target_bqp, "#0 ERR {}\n"), TARGET_LOST);
	assert_int_equal(take(&target_bqp, "#1\n"), TARGET_LOST);
	assert_int_equal(take(&target_bqp, "\n"), TARGET_LOST);
	assert_int_equal(take(&target_bqp, "HTTP/1.1 400 Bad Request\r\n"), TARGET_LOST);
}

static void test_memcached_request(void **state)
{
	struct bq_buf b = BQ_BUF_INIT;

	(void)state;
	/* the published test vectors of 64-bit FNV-1a */
	assert_true(target_hash(BQ_SPAN("")) == UINT64_C(0xcbf29ce484222325));
	assert_true(target_hash(BQ_SPAN("foobar")) == UINT64_C(0x85944171f73967e8));
	target_memcached.put_request(&target_memcached, &b, BQ_SPAN("foobar"), 3);
	assert_true(bq_span_eq(bq_buf_span(&b), BQ_SPAN("get 85944171f73967e8\r\n")));
	bq_buf_clear(&b);
	target_memcached.put_fill(&b, BQ_SPAN("foobar"));
	assert_true(bq_span_starts(bq_buf_span(&b), BQ_SPAN("set 85944171f73967e8 0 0 1000 noreply\r\nxxx")));
	assert_true(bq_span_ends(bq_buf_span(&b), BQ_SPAN("xxx\r\n")));
	assert_int_equal(b.len, 39 + 1000 + 2);
	bq_buf_release(&b);
}

static void test_memcached_replies(void **state)
{
	(void)state;
	assert_int_equal(take(&target_memcached, "END\r\nEND\r\n"), TARGET_DONE);
	assert_int_equal(used, 5);
	assert_int_equal(take(&target_memcached, "VALUE k 0 5\r\nEND\r\n"), TARGET_MORE); /* 5 bytes and CR LF */
	assert_int_equal(take(&target_memcached, "VALUE k 0 5\r\nEND\r\n\r\nEND\r\n"), TARGET_OTHER);
	assert_int_equal(used, 20);
	assert_int_equal(take(&target_memcached, "VALUE k 0 99999999999999999999999\r\n"), TARGET_LOST);
	assert_int_equal(take(&target_memcached, "SERVER_ERROR out of memory\r\n"), TARGET_LOST);
	assert_int_equal(take(&target_memcached, "EN"), TARGET_MORE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bqp_request),
		cmocka_unit_test(test_bqp_replies),
		cmocka_unit_test(test_memcached_request),
		cmocka_unit_test(test_memcached_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
