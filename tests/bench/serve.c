/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bqbench serve: a load on a daemon, its latencies.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/args.h"
#include "bench/load.h"
#include "bench/verb.h"
#include "cli/reach/places.h"

#define MEM_CAP ((size_t)1 << 30)

static const double percents[] = { 50, 75, 90, 95, 99, 99.9, 99.99 };

enum { N_PERCENTS = sizeof percents / sizeof percents[0], MAX_CONNECTIONS = 10000 };

static double us(uint64_t ns) { return (double)ns / 1000; }

static double rate_of(const struct load_result *r)
{
	return r->seconds > 0 ? (double)r->answered / r->seconds : 0;
}

static void put_json(struct bq_buf *b, const struct load_opts *o, const struct load_result *r)
{
	bq_buf_printf(b, "{\"loop\":\"%s\",\"connections\":%u,\"rate\":%.1f,\"sent\":%llu,\"answered\":%llu,",
		o->rate > 0 ? "open" : "closed", o->connections, o->rate, (unsigned long long)r->sent,
		(unsigned long long)r->answered);
	bq_buf_printf(b, "\"failed\":%llu,\"lost\":%llu,\"seconds\":%.3f,\"per_second\":%.1f,",
		(unsigned long long)r->failed, (unsigned long long)r->lost, r->seconds, rate_of(r));
	bq_buf_printf(b, "\"latency_us\":{\"mean\":%.1f", hist_mean(&r->latency) / 1000);
	for (unsigned i = 0; i < N_PERCENTS; i++)
		bq_buf_printf(b, ",\"p%g\":%.1f", percents[i], us(hist_percentile(&r->latency, percents[i])));
	bq_buf_printf(b, ",\"max\":%.1f}}\n", us(r->latency.max));
}

static void put_table(struct bq_buf *b, const struct load_opts *o, const struct load_result *r)
{
	if (o->rate > 0)
		bq_buf_printf(b, "open loop, %.1f requests a second on %u connections; latency from the due time\n",
			o->rate, o->connections);
	else
		bq_buf_printf(b, "closed loop, %u connections\n", o->connections);
	bq_buf_printf(b, "sent %llu, answered %llu, refused %llu, lost %llu in %.2f s: %.1f a second\n",
		(unsigned long long)r->sent, (unsigned long long)r->answered, (unsigned long long)r->failed,
		(unsigned long long)r->lost, r->seconds, rate_of(r));
	bq_buf_printf(b, "mean    %12.1f us\n", hist_mean(&r->latency) / 1000);
	for (unsigned i = 0; i < N_PERCENTS; i++)
		bq_buf_printf(b, "%6g%% %12.1f us\n", percents[i], us(hist_percentile(&r->latency, percents[i])));
	bq_buf_printf(b, "max     %12.1f us\n", us(r->latency.max));
}

/* Send the load and report; exit code 1 if a request failed. */
static int run(const struct load_opts *o, struct bq_arena *mem, bool as_json)
{
	struct bench_queries queries;
	struct load_result *r = calloc(1, sizeof *r);
	struct bq_buf b = BQ_BUF_INIT;
	struct bq_error err;
	int code = 0;

	if (r == NULL)
		return complain("out of memory");
	if (bench_queries_read(stdin, mem, &queries, &err) != BQ_OK)
		code = complain("line %llu: %s", (unsigned long long)err.at, err.msg);
	else if (load_run(o, &queries, r, &err) != BQ_OK)
		code = complain("%s: %s", o->address, err.msg);
	if (code == 0) {
		if (as_json)
			put_json(&b, o, r);
		else
			put_table(&b, o, r);
		if (b.oom || fwrite(b.ptr, 1, b.len, stdout) != b.len || fflush(stdout) != 0)
			code = complain("could not write the report");
		else
			code = r->failed + r->lost != 0;
	}
	bq_buf_release(&b);
	free(r);
	return code;
}

/* The socket of the user's own daemon. */
static const char *default_socket(struct bq_arena *mem)
{
	const char *given = getenv("BQ_SOCKET");
	char dir[PATH_MAX];

	if (given != NULL && given[0] != '\0')
		return given;
	return places_sockets(dir) ? bq_arena_printf(mem, "%s/bqd.sock", dir) : NULL;
}

int verb_serve(char **argv)
{
	const char *path = NULL, *memcached = NULL, *place = NULL;
	bool as_json = false, is_closed = false;
	struct target target = target_bqp;
	struct load_opts o = { .target = &target, .connections = 8, .seconds = 10 };
	const struct arg args[] = {
		{ "socket", ARG_TEXT, &path },
		{ "memcached", ARG_TEXT, &memcached },
		{ "connections", ARG_COUNT, &o.connections },
		{ "rate", ARG_NUMBER, &o.rate },
		{ "closed", ARG_FLAG, &is_closed },
		{ "seconds", ARG_NUMBER, &o.seconds },
		{ "limit", ARG_COUNT, &target.limit },
		{ "json", ARG_FLAG, &as_json },
	};
	struct bq_arena mem;

	if (!args_parse(argv, args, sizeof args / sizeof args[0], &place))
		return 2;
	if (place != NULL)
		return complain("one argument too many: %s", place);
	if ((path != NULL && memcached != NULL) || (is_closed && o.rate > 0))
		return complain("serve: --socket or --memcached, --rate or --closed");
	if (o.connections > MAX_CONNECTIONS)
		return complain("--connections: at most %d", MAX_CONNECTIONS);
	bq_arena_init(&mem, MEM_CAP);
	if (memcached != NULL) {
		target = target_memcached;
		o.address = bq_arena_printf(&mem, "tcp:%s", memcached);
	} else {
		o.address = path != NULL ? path : default_socket(&mem);
	}
	int code = o.address == NULL ? 2 : run(&o, &mem, as_json);
	bq_arena_release(&mem);
	return code;
}
