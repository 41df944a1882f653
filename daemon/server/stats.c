/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/stats.h"

#include "server/verb/command.h"

void stats_add_reply(struct stats *st, uint64_t us, enum reply_code code)
{
	unsigned bucket = us <= 1 ? 0 : 64 - (unsigned)__builtin_clzll(us - 1);

	st->times[bucket < STATS_TIMES ? bucket : STATS_TIMES - 1]++;
	if (code < REPLY_CODES)
		st->errors[code]++;
}

uint64_t stats_percentile(const struct stats *st, unsigned percent)
{
	uint64_t n = 0, seen = 0;

	for (unsigned i = 0; i < STATS_TIMES; i++)
		n += st->times[i];
	if (n == 0)
		return 0;
	uint64_t want = (n * percent + 99) / 100;
	for (unsigned i = 0; i < STATS_TIMES; i++) {
		seen += st->times[i];
		if (seen >= want)
			return (uint64_t)1 << i;
	}
	return (uint64_t)1 << (STATS_TIMES - 1);
}

static void put_verbs(const struct stats *st, struct response *r)
{
	const struct command *c;

	response_open(r, "verbs", '{');
	for (unsigned i = 0; (c = command_at(i)) != NULL; i++)
		if (st->by_verb[i] > 0)
			response_put_u64(r, c->name, st->by_verb[i]);
	response_close(r, '}');
}

void stats_put(const struct stats *st, struct response *r)
{
	response_put_u64(r, "connections", st->connections);
	response_put_u64(r, "refused", st->refused);
	response_put_u64(r, "requests", st->requests);
	put_verbs(st, r);
	response_open(r, "errors", '{');
	for (unsigned i = 0; i < REPLY_CODES; i++)
		if (st->errors[i] > 0)
			response_put_u64(r, response_code_word(i), st->errors[i]);
	response_close(r, '}');
	response_put_u64(r, "hits", st->hits);
	response_put_u64(r, "bytes_in", st->bytes_in);
	response_put_u64(r, "bytes_out", st->bytes_out);
	response_put_u64(r, "reloads", st->reloads);
	response_put_u64(r, "failed_reloads", st->failed_reloads);
	response_put_u64(r, "p50_us", stats_percentile(st, 50));
	response_put_u64(r, "p99_us", stats_percentile(st, 99));
}
