/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bqd: serves indexes over BQP/1.  Exit 0 when all was answered, 1 when told
 * to leave at once, 2 when it could not start.
 */
#include <stdio.h>

#include <bq/log.h>
#include <bq/proto.h>

#include "server/options.h"
#include "server/server.h"

static int print_help(void)
{
	struct bq_buf text = BQ_BUF_INIT;

	options_put_help(&text);
	size_t n = fwrite(text.ptr, 1, text.len, stdout);
	bool is_whole = n == text.len && fflush(stdout) == 0;
	bq_buf_release(&text);
	return is_whole ? 0 : 2;
}

static int run(const struct options *o)
{
	struct bq_error err = { 0 };
	bool was_answered;

	if (o->wants_help)
		return print_help();
	if (o->wants_version)
		return printf("bqd %s (BQP/%d)\n", BQ_VERSION_STRING, BQP_VERSION) > 0 && fflush(stdout) == 0 ? 0 : 2;
	bq_log_open("bqd", o->log);
	if (server_run(o, &was_answered, &err) != BQ_OK) {
		(void)fprintf(stderr, "bqd: %s\n", err.msg);
		return 2;
	}
	return was_answered ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct options o;
	struct bq_error err = { 0 };
	int status = 2;

	options_init(&o);
	if (options_parse(argc, argv, &o, &err) == BQ_OK)
		status = run(&o);
	else
		(void)fprintf(stderr, "bqd: %s\n", err.msg);
	options_release(&o);
	return status;
}
