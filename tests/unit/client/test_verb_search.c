/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What bq prints for answers that a scripted server gives, hostile ones among
 * them.  Each run is a process of its own with its output in files.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/cmdline.h"
#include "cli/reach/files.h"
#include "cli/verb/verb.h"
#include "lib/fake_server.h"
#include "lib/tmpdir.h"

static struct tmpdir tmp;
static char *out, *err; /* of the last run */

static char *read_file(const char *name)
{
	char *path = tmpdir_path(&tmp, name), *text = NULL;
	size_t len;

	assert_int_equal(files_read(path, 1 << 20, &text, &len, NULL), BQ_OK);
	free(path);
	return text;
}

static void redirect(int fd, const char *name)
{
	char *path = tmpdir_path(&tmp, name);
	int to = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	free(path);
	if (to < 0 || dup2(to, fd) < 0)
		_exit(99);
}

static _Noreturn void run_child(const char *socket, const char *const *args)
{
	char *argv[16] = { NULL };
	struct cmdline o;
	int argc = 0, rc;

	redirect(1, "out");
	redirect(2, "err");
	argv[argc++] = strdup("bq");
	argv[argc++] = strdup("--socket");
	argv[argc++] = strdup(socket);
	for (; *args != NULL; args++)
		argv[argc++] = strdup(*args);
	rc = cmdline_parse(argc, argv, &o);
	if (rc == 0)
		rc = verb_search(&o);
	cmdline_release(&o);
	fflush(NULL);
	_exit(rc);
}

/* Run `bq --socket S ARGS` against a server that plays `steps`; its exit status. */
static int run(const char *const *steps, const char *const *args)
{
	char *path = tmpdir_path(&tmp, "s");
	struct fake_server server;
	int how = 0;

	fake_server_start(&server, path, steps);
	pid_t pid = fork();
	if (pid == 0)
		run_child(path, args);
	assert_int_equal(waitpid(pid, &how, 0), pid);
	fake_server_stop(&server);
	free(path);
	free(out);
	free(err);
	out = read_file("out");
	err = read_file("err");
	assert_true(WIFEXITED(how));
	return WEXITSTATUS(how);
}

#define HIT(r, members) "> #0 HIT {\"r\":" #r ",\"score\":1.5,\"all\":true," members "}"
#define SNIP(r, members) "> #0 SNIP {\"r\":" #r "," members "}"
#define RUN(steps, ...)  run(steps, (const char *const[]){ __VA_ARGS__, NULL })

static void assert_out(const char *text)
{
	if (strcmp(out, text) != 0)
		print_error("err: %s\n", err);
	assert_string_equal(out, text);
}

static void assert_err(const char *part)
{
	if (strstr(err, part) == NULL)
		print_error("wanted: %s\nerr: %s\n", part, err);
	assert_non_null(strstr(err, part));
}

static void test_forms(void **state)
{
	static const char *const steps[] = { FAKE_HELLO, "< -- \"a b\"",
		HIT(1, "\"path\":\"/d/x.md\",\"title\":\"T\",\"line\":3,\"col\":5"),
		SNIP(1, "\"line\":3,\"col\":5,\"tline\":2,\"text\":\"before\\nthe a\\nb x\\n\",\"m\":[[11,14]]"),
		"> #0 END {\"hits\":1,\"total\":5000,\"exact\":true,\"next\":\"c\"}", "eof", NULL };

	(void)state;
	assert_int_equal(RUN(steps, "a b", "-n", "1"), 0);
	assert_out("/d/x.md:3:5:1.500:before the a b x\n");
	assert_string_equal(err, "1 of 5,000\n");
	assert_int_equal(RUN(steps, "a b", "-n", "1", "-C", "1"), 0);
	assert_out("/d/x.md-2-before\n/d/x.md:3:5:1.500:the a\n/d/x.md:4:1:1.500:b x\n");
	assert_int_equal(RUN(steps, "a b", "-n", "1", "--vimgrep", "--color=always"), 0);
	assert_out("\033[35m/d/x.md\033[0m:\033[32m3\033[0m:5:before the \033[1;31ma b\033[0m x\n");
	assert_int_equal(RUN(steps, "a b", "-n", "1", "-l", "--color=always", "--hyperlink"), 0);
	assert_out("\033]8;;file:///d/x.md\033\\\033[35m/d/x.md\033[0m\033]8;;\033\\\n");
	assert_int_equal(RUN(steps, "a b", "-q"), 0);
	assert_out("");
	assert_string_equal(err, "");
}

#define EVIL "\\u001b]0;x\\u0007\\u009b\\u202e\\u007f"
#define SEEN "\\x1b]0;x\\x07\\u009b\\u202e\\x7f"

/* Control characters in everything a server can say. */
static void test_nothing_acts(void **state)
{
	static const char *const steps[] = { FAKE_HELLO, "<",
		HIT(1, "\"path\":\"/d/" EVIL "\\n.md\",\"title\":\"" EVIL "\",\"id\":\"" EVIL
			"\",\"line\":1,\"in\":\"" EVIL "\""),
		SNIP(1, "\"line\":1,\"text\":\"" EVIL "x" EVIL "\",\"m\":[[3,8]]"),
		"> #0 END {\"hits\":1,\"total\":1,\"warnings\":[\"" EVIL "\"],\"partial\":true,\"why\":\"" EVIL "\"}",
		"eof", NULL };
	static const char *const fails[] = { FAKE_HELLO, "<",
		"> #0 ERR {\"code\":\"bad_query\",\"msg\":\"" EVIL "\",\"hint\":\"" EVIL "\",\"at\":0}", "eof", NULL };

	(void)state;
	assert_int_equal(RUN(steps, "a"), 2);
	assert_out("/d/" SEEN " .md:1:1:1.500:" SEEN "x" SEEN "\n");
	assert_string_equal(err, "bq: warning: " SEEN "\nbq: only part of the answer: " SEEN "\n");
	assert_int_equal(RUN(steps, "a", "-l"), 2);
	assert_out("/d/" SEEN " .md\n");
	assert_int_equal(RUN(steps, "a", "--json"), 2);
	assert_null(strpbrk(out, "\033\007\177"));
	assert_null(strstr(out, "\xe2\x80\xae"));
	assert_non_null(strstr(out, "\"path\":\"/d/\\u001b]0;x\\u0007\\u009b\\u202e\\u007f\\n.md\""));
	assert_int_equal(RUN(fails, "a\033[1m"), 2);
	assert_out("");
	assert_string_equal(err, "bq: " SEEN "\n  a\\x1b[1m\n  ^\nbq: " SEEN "\n");
}

#define FAILED(at) "{\"shard\":\"" at "\",\"why\":\"gone\"}"
#define PARTIAL(shards) "> #0 END {\"hits\":0,\"partial\":true,\"why\":\"shards\",\"shards\":{" shards "}}"

/* What an answer is without has a name; a line stays a line. */
static void test_missing_shards(void **state)
{
	static const char *const one[] = { FAKE_HELLO, "<",
		PARTIAL("\"all\":3,\"answered\":2,\"failed\":[{\"shard\":\"h2:7000\",\"why\":\"no answer within 599 ms\"}]"),
		"eof", NULL };
	static const char *const many[] = { FAKE_HELLO, "<",
		PARTIAL("\"failed\":[{\"shard\":\"a:1\"}," FAILED("b:2") "," FAILED("c:3") "," FAILED("d:4") "," FAILED(
			"e:5") "," FAILED(EVIL) "]"),
		"eof", NULL };
	static const char *const word[] = { FAKE_HELLO, "<", "> #0 END {\"hits\":0,\"partial\":true,\"why\":\"deadline\"}",
		"eof", NULL };
	static const char *const index[] = { FAKE_HELLO, "<",
		"> #0 END {\"hits\":0,\"partial\":true,\"why\":\"index\",\"warnings\":[\"index x is not searched\",\"b\"]}",
		"eof", NULL };
	static const char *const odd[] = { FAKE_HELLO, "<", PARTIAL("\"failed\":[{\"shard\":7}]"), "eof", NULL };

	(void)state;
	assert_int_equal(RUN(one, "a"), 2);
	assert_string_equal(
		err, "bq: only part of the answer: 1 of 3 shards missing: h2:7000 (no answer within 599 ms)\n");
	assert_int_equal(RUN(many, "a"), 2);
	assert_string_equal(err,
		"bq: only part of the answer: 6 shards missing: a:1, b:2 (gone), c:3 (gone), d:4 (gone), and 2 more\n");
	assert_int_equal(RUN(word, "a"), 2);
	assert_string_equal(err, "bq: only part of the answer: deadline\n");
	assert_int_equal(RUN(index, "a"), 2);
	assert_string_equal(err, "bq: warning: b\nbq: only part of the answer: index x is not searched\n");
	assert_int_equal(RUN(odd, "a"), 2);
	assert_string_equal(err, "bq: the member \"shards\" of a reply is wrong\n");
}

/* For xargs -0 a path is what it is; only a terminal is spared. */
static void test_paths_for_programs(void **state)
{
	static const char *const steps[] = { FAKE_HELLO, "<", HIT(1, "\"path_b64\":\"L2QvYQpi/w==\""),
		"> #0 END {\"hits\":1,\"total\":1}", "eof", NULL };

	(void)state;
	assert_int_equal(RUN(steps, "a", "-0"), 0);
	assert_out("/d/a\nb\xff");
	assert_int_equal(RUN(steps, "a", "-l"), 0);
	assert_out("/d/a b\xef\xbf\xbd\n");
}

static void test_records(void **state)
{
	static const char *const steps[] = { FAKE_HELLO, "<",
		HIT(1, "\"path\":\"/d/m.jsonl\",\"id\":\"r7\",\"at\":\"record\",\"line\":2,\"col\":9,\"file_line\":7"),
		SNIP(1, "\"line\":2,\"col\":9,\"text\":\"x\""),
		HIT(2, "\"path\":\"/d/m.jsonl\",\"id\":\"r9\",\"at\":\"record\",\"line\":1,\"col\":1,\"file_line\":9"),
		HIT(3, "\"path\":\"/d/t.html\",\"title\":\"only here\",\"tm\":[[0,4]],\"in\":\"title\""),
		"> #0 END {\"hits\":3,\"total\":3}", "eof", NULL };

	(void)state;
	assert_int_equal(RUN(steps, "a", "--vimgrep", "-n", "5"), 0);
	assert_out("/d/m.jsonl:7:1:x\n/d/m.jsonl:9:1:\n/d/t.html:1:1:only here\n");
	assert_int_equal(RUN(steps, "a", "-l"), 0);
	assert_out("/d/m.jsonl\n/d/t.html\n");
}

static void test_hints(void **state)
{
	static const char *const near[] = { FAKE_HELLO, "<",
		"> #0 END {\"hits\":0,\"total\":0,\"hint\":{\"near\":3,\"all\":12,\"any\":4000}}", "eof", NULL };
	static const char *const all[] = { FAKE_HELLO, "<", "> #0 END {\"hits\":0,\"total\":0,\"hint\":{\"all\":12}}",
		"eof", NULL };
	static const char *const any[] = { FAKE_HELLO, "<",
		"> #0 END {\"hits\":0,\"total\":0,\"hint\":{\"near\":0,\"all\":0,\"any\":4000}}", "eof", NULL };

	(void)state;
	assert_int_equal(RUN(near, "biometric data sharing"), 1);
	assert_string_equal(err,
		"bq: no document has this phrase; 3 have its words near each other: bq '\"biometric data sharing\"~5'\n");
	assert_int_equal(RUN(all, "biometric data sharing"), 1);
	assert_string_equal(err, "bq: no document has this phrase; 12 have all its words: bq biometric data sharing\n");
	assert_int_equal(RUN(any, "biometric data sharing"), 1);
	assert_err("4,000 have some of its words: bq biometric data sharing");
	assert_int_equal(RUN(all, "index cards"), 1);
	assert_err("bq -- index cards\n");
	assert_int_equal(RUN(all, "it's; rm -rf"), 1); /* never a command that the shell reads otherwise */
	assert_null(strstr(err, ": bq "));
	assert_out("");
}

static void test_totals(void **state)
{
	static const char *const bound[] = { FAKE_HELLO, "<", HIT(1, "\"path\":\"/a\""),
		"> #0 END {\"hits\":1,\"total\":900,\"exact\":false,\"next\":\"c\"}", "eof", NULL };
	static const char *const tiers[] = { FAKE_HELLO, "<", HIT(1, "\"path\":\"/a\""),
		"> #0 END {\"hits\":1,\"total\":1,\"exact\":true,\"any\":1234,\"next\":\"c\"}", "eof", NULL };
	static const char *const count[] = { FAKE_HELLO, "< COUNT -- a", "> #0 END {\"total\":1234567,\"exact\":true}",
		"eof", NULL };
	static const char *const none[] = { FAKE_HELLO, "< COUNT -- a", "> #0 END {}", "eof", NULL };

	(void)state;
	assert_int_equal(RUN(bound, "a", "-n", "1"), 0);
	assert_string_equal(err, "1 of 900 or more\n");
	assert_int_equal(RUN(tiers, "a", "-n", "1"), 0);
	assert_string_equal(err, "1 of 1,234\n");
	assert_int_equal(RUN(count, "a", "-c"), 0);
	assert_out("1234567\n");
	assert_int_equal(RUN(none, "a", "-c"), 2);
}

/* Broken answers: an error, nothing on standard output, no crash. */
static void test_broken_answers(void **state)
{
	static const char *const cases[][6] = {
		{ FAKE_HELLO, "<", HIT(1, "\"path\":\"/a\""), "close", NULL },
		{ FAKE_HELLO, "<", "fill 700000", NULL },
		{ FAKE_HELLO, "<", "flood #0 HIT {\"r\":1,\"score\":1,\"path\":\"/a\"}", NULL },
		{ FAKE_HELLO, "<", SNIP(1, "\"text\":\"x\",\"m\":[[-5,900]]"), "eof", NULL },
		{ FAKE_HELLO, "<", "> #0 END {\"hits\":-1}", "eof", NULL },
		{ FAKE_HELLO, "<", "> #0 OK {}", "eof", NULL },
		{ "> * HELLO {\"proto\":[9],\"version\":\"9.9\"}", "eof", NULL },
		{ "> SSH-2.0-OpenSSH_9.2", "eof", NULL },
		{ "> * BYE {\"code\":\"unavailable\",\"msg\":\"too many connections\"}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(RUN(cases[i], "a"), 2);
		assert_out("");
		assert_true(strncmp(err, "bq: ", 4) == 0);
		assert_true(strchr(err, '\n') == err + strlen(err) - 1); /* one line says it */
	}
}

static int set_up(void **state)
{
	(void)state;
	tmpdir_init(&tmp);
	unsetenv("NO_COLOR");
	setenv("HOME", tmp.path, 1);
	setenv("XDG_CONFIG_HOME", tmp.path, 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tmpdir_release(&tmp);
	free(out);
	free(err);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_nothing_acts),
		cmocka_unit_test(test_missing_shards),
		cmocka_unit_test(test_paths_for_programs),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_hints),
		cmocka_unit_test(test_totals),
		cmocka_unit_test(test_broken_answers),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
