/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * xapian+tcp://host:port,..: what is a list of shards and what is not, and what
 * is said of servers that are no shards.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <bq/remote.h>

#include "xapian/remote/address.h"

static int parse(const char *list, struct address *out, uint32_t max, uint32_t *n, struct bq_error *err)
{
	memset(err, 0, sizeof *err);
	return address_parse(list, out, max, n, err);
}

static void test_lists(void **state)
{
	struct address all[3];
	struct bq_error err;
	uint32_t n;

	(void)state;
	assert_int_equal(parse("127.0.0.1:1,127.0.0.1:65535,127.0.0.2:1", all, 3, &n, &err), BQ_OK);
	assert_int_equal(n, 3);
	assert_int_equal(all[1].port, 65535);
	assert_int_equal(ntohs(all[1].at.sin_port), 65535);
	assert_string_equal(all[2].text, "127.0.0.2:1");
	assert_string_equal(all[2].host, "127.0.0.2");
}

static void test_no_lists(void **state)
{
	static const char *const bad[] = { "", ",", "127.0.0.1", "127.0.0.1:", ":77", "127.0.0.1:0", "127.0.0.1:70000",
		"127.0.0.1:65536", "127.0.0.1:4294967303", "127.0.0.1:18446744073709551623", "127.0.0.1:-7",
		"127.0.0.1: 7", "127.0.0.1:7x", "127.0.0.1:7,", "127.0.0.1:7,,127.0.0.1:8", "[::1]:7", "::1:7",
		"/tmp:7", "127.0.0.1:7,127.0.0.1:7", "127.0.0.1:7,127.0.0.1:007" };
	struct address all[3];
	struct bq_error err;
	uint32_t n;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (parse(bad[i], all, 3, &n, &err) != BQ_EUSAGE)
			fail_msg("\"%s\" is taken for a list", bad[i]);
		assert_true(err.msg[0] != '\0');
		assert_null(strchr(err.msg, '\n'));
	}
}

static void test_limits(void **state)
{
	static struct address all[BQ_REMOTE_MAX_SHARDS];
	char list[BQ_REMOTE_MAX_SHARDS * 24 + 64], one[ADDRESS_TEXT + 16];
	struct bq_error err;
	size_t len = 0;
	uint32_t n;

	(void)state;
	for (uint32_t i = 0; i < BQ_REMOTE_MAX_SHARDS; i++)
		len += (size_t)snprintf(list + len, sizeof list - len, "%s127.0.0.1:%u", i == 0 ? "" : ",", 1000 + i);
	assert_int_equal(parse(list, all, BQ_REMOTE_MAX_SHARDS, &n, &err), BQ_OK);
	assert_int_equal(n, BQ_REMOTE_MAX_SHARDS);
	(void)snprintf(list + len, sizeof list - len, ",127.0.0.1:%u", 1000 + BQ_REMOTE_MAX_SHARDS);
	assert_int_equal(parse(list, all, BQ_REMOTE_MAX_SHARDS, &n, &err), BQ_ELIMIT);
	memset(one, '1', sizeof one);
	memcpy(one + sizeof one - 3, ":7", 3);
	assert_int_equal(parse(one, all, BQ_REMOTE_MAX_SHARDS, &n, &err), BQ_EUSAGE);
}

/* A port that is bound but not listened at: refused. */
static void test_nobody_there(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof at;
	char name[64], shard[32];
	struct bq_error err = { 0 };
	struct bq_index *ix;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	(void)snprintf(shard, sizeof shard, "127.0.0.1:%u", (unsigned)ntohs(at.sin_port));
	(void)snprintf(name, sizeof name, BQ_REMOTE_SCHEME "%s", shard);
	assert_true(bq_index_open(name, &ix, &err) != BQ_OK);
	assert_non_null(strstr(err.msg, shard));
	assert_non_null(strstr(err.msg, "Connection refused"));
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_no_lists),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_nobody_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
