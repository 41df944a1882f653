/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bqbench engine: every query in process, as often as wanted.  All queries
 * once, then all again, as the public search benchmark does it: a query's
 * runs do not find its own bytes in the nearest cache.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/args.h"
#include "bench/ask.h"
#include "bench/clock.h"
#include "bench/cold.h"
#include "bench/touched.h"
#include "bench/verb.h"

#define MEM_CAP ((size_t)1 << 30)

enum { MAX_COMMANDS = 6, MAX_RUNS = 1000 };

/* What is known of one query under one command. */
struct result {
	uint64_t count, bytes;
	double us, floor_us;
	double share;                  /* of its lists that the best k need */
	double show_us, show_floor_us; /* --snippets */
	uint64_t shown, frames;        /* hits with a snippet; frames decompressed for them */
	enum phrases_kind phrase;      /* of a phrase */
	bool is_refused; /* said on standard error, left out of the report */
};

struct engine {
	struct ask ask;
	struct bq_arena mem; /* queries and results */
	struct bench_queries queries;
	const struct ask_command *commands[MAX_COMMANDS];
	uint32_t n_commands;
	unsigned runs;
	clockid_t clock;
	bool shows; /* --snippets */
	bool is_cold; /* --cold: no page of the index is in memory before each timed query */
	struct cold cold;
	uint64_t n_kept; /* pages that could not be dropped, at most */
	struct constants constants;
	struct result *results; /* [n_commands][queries.n] */
	uint64_t *times;        /* [queries.n][runs], ns */
	uint64_t *show_times;   /* the same, of their snippets alone */
	uint32_t n_refused;
};

static struct result *result_at(struct engine *e, uint32_t command, uint32_t query)
{
	return &e->results[(size_t)command * e->queries.n + query];
}

/* Say why a query has no answer. */
static void refuse(struct engine *e, uint32_t command, uint32_t query)
{
	struct bq_buf text = BQ_BUF_INIT;

	bq_buf_put_json(&text, e->queries.list[query].text);
	(void)complain("%s %.*s: %s", e->commands[command]->name, (int)(text.len < 200 ? text.len : 200),
		(const char *)text.ptr, e->ask.error.msg);
	bq_buf_release(&text);
	result_at(e, command, query)->is_refused = true;
	e->n_refused++;
}

/* ---- measuring --------------------------------------------------------- */

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Median of `n` times, in us; sorts them. */
static double median_us(uint64_t *times, unsigned n)
{
	qsort(times, n, sizeof *times, compare_u64);
	return (double)(times[(n - 1) / 2] + times[n / 2]) / 2000;
}

/* Bytes, count and floor: one run that is not timed. */
static int look_at(struct engine *e, uint32_t command, uint32_t query)
{
	struct result *r = result_at(e, command, query);
	struct model_query facts;
	struct touched touched;
	int rc;

	touched_begin(e->ask.index, &touched);
	rc = ask_run(&e->ask, e->commands[command], e->queries.list[query].text, &r->count);
	touched_end(e->ask.index);
	r->bytes = touched_bytes(&touched);
	r->frames = touched.frames;
	r->shown = e->ask.shown.hits;
	r->show_floor_us = model_show_floor(&e->constants, r->shown, e->ask.shown.bytes);
	if (rc == BQ_OK)
		rc = ask_facts(&e->ask, e->commands[command], &e->queries.list[query], &facts);
	if (rc == BQ_OK) {
		r->floor_us = model_floor(&e->constants, &facts);
		r->share = facts.share;
		r->phrase = facts.phrase;
	}
	return rc;
}

/* Nothing but the index's bytes is cold: the searcher and its memory are those
 * of a daemon that has answered before. */
static void make_cold(struct engine *e)
{
	if (cold_drop(&e->cold, &e->ask.error) != BQ_OK)
		e->n_kept = UINT64_MAX;
	else if (e->cold.n_kept > e->n_kept)
		e->n_kept = e->cold.n_kept;
}

static void run_once(struct engine *e, uint32_t command, unsigned run)
{
	for (uint32_t i = 0; i < e->queries.n; i++) {
		if (result_at(e, command, i)->is_refused)
			continue;
		if (e->is_cold)
			make_cold(e);
		uint64_t count, start = clock_ns(e->clock);
		if (ask_run(&e->ask, e->commands[command], e->queries.list[i].text, &count) != BQ_OK)
			refuse(e, command, i);
		e->times[(size_t)i * e->runs + run] = clock_ns(e->clock) - start - e->ask.shown.ns;
		e->show_times[(size_t)i * e->runs + run] = e->ask.shown.ns;
	}
}

static void run_command(struct engine *e, uint32_t command)
{
	for (uint32_t i = 0; i < e->queries.n; i++)
		if (look_at(e, command, i) != BQ_OK)
			refuse(e, command, i);
	for (unsigned run = 0; run < e->runs; run++)
		run_once(e, command, run);
	for (uint32_t i = 0; i < e->queries.n; i++) {
		result_at(e, command, i)->us = median_us(&e->times[(size_t)i * e->runs], e->runs);
		result_at(e, command, i)->show_us = median_us(&e->show_times[(size_t)i * e->runs], e->runs);
	}
}

/* ---- reporting --------------------------------------------------------- */

/* All queries of one class under one command. */
struct summary {
	uint32_t n;
	double mean_us, p50_us, p99_us, floor_us, bytes;
	double show_us, show_floor_us, shown, frames; /* sums */
};

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The smallest of `n` sorted numbers that `share` of them do not exceed. */
static double quantile(const double *sorted, uint32_t n, double share)
{
	uint32_t rank = (uint32_t)((double)n * share);

	return sorted[(double)rank < (double)n * share ? rank : rank - (rank != 0)];
}

static double ratio_of(const struct summary *s)
{
	return s->floor_us > 0 ? s->mean_us / s->floor_us : 0;
}

enum { ALL_PHRASES = PHRASES_KINDS };

/* `kind`: of a phrase; ALL_PHRASES, and for other classes: all. */
static struct summary sum_up_kind(struct engine *e, uint32_t command, enum bench_class class, unsigned kind, double *room)
{
	struct summary s = { 0 };

	for (uint32_t i = 0; i < e->queries.n; i++) {
		const struct result *r = result_at(e, command, i);
		if (e->queries.list[i].class != class || r->is_refused || (kind != ALL_PHRASES && r->phrase != kind))
			continue;
		room[s.n++] = r->us;
		s.mean_us += r->us;
		s.floor_us += r->floor_us;
		s.bytes += (double)r->bytes;
		s.show_us += r->show_us;
		s.show_floor_us += r->show_floor_us;
		s.shown += (double)r->shown;
		s.frames += (double)r->frames;
	}
	if (s.n == 0)
		return s;
	qsort(room, s.n, sizeof *room, compare_doubles);
	s.mean_us /= s.n;
	s.floor_us /= s.n;
	s.bytes /= s.n;
	s.p50_us = quantile(room, s.n, 0.5);
	s.p99_us = quantile(room, s.n, 0.99);
	return s;
}

static struct summary sum_up(struct engine *e, uint32_t command, enum bench_class class, double *room)
{
	return sum_up_kind(e, command, class, ALL_PHRASES, room);
}

static void put_query(struct bq_buf *b, struct engine *e, uint32_t command, uint32_t i)
{
	const struct bench_query *q = &e->queries.list[i];
	const struct result *r = result_at(e, command, i);

	bq_buf_printf(b, "{\"command\":\"%s\",\"class\":\"%s\",\"query\":", e->commands[command]->name,
		bench_class_name(q->class));
	bq_buf_put_json(b, q->text);
	bq_buf_printf(b, ",\"count\":%llu,\"us\":%.2f,\"bytes\":%llu,\"floor_us\":%.2f", (unsigned long long)r->count,
		r->us, (unsigned long long)r->bytes, r->floor_us);
	if (e->commands[command]->k != 0)
		bq_buf_printf(b, ",\"share\":%.3f", r->share);
	if (q->class == BENCH_PHRASE)
		bq_buf_printf(b, ",\"phrase\":\"%s\"", phrases_kind_name(r->phrase));
	bq_buf_put_u8(b, '}');
}

static void put_index(struct bq_buf *b, const struct bq_index *ix)
{
	uint64_t terms = 0;

	for (uint32_t i = 0; i < ix->n_leaves; i++)
		terms += ix->leaves[i]->n_terms;
	bq_buf_printf(b, "{\"dir\":");
	bq_buf_put_json(b, bq_span_of(ix->dir));
	bq_buf_printf(b, ",\"gen\":%llu,\"documents\":%llu,\"tokens\":%llu,\"terms\":%llu,\"segments\":%u,\"lang\":",
		(unsigned long long)ix->gen, (unsigned long long)ix->n_docs, (unsigned long long)ix->n_tokens,
		(unsigned long long)terms, ix->n_leaves);
	bq_buf_put_json(b, bq_span_of(ix->text.lang));
	bq_buf_printf(b, "}");
}

/* What a hit costs to show. */
static void put_shown(struct bq_buf *b, const struct summary *s)
{
	if (s->shown != 0)
		bq_buf_printf(b, ",\"shown\":%.0f,\"show_us_a_hit\":%.2f,\"show_floor_us_a_hit\":%.2f,\"frames_a_hit\":%.2f",
			s->shown, s->show_us / s->shown, s->show_floor_us / s->shown, s->frames / s->shown);
}

static void put_class(struct bq_buf *b, const char *command, enum bench_class class, const struct summary *s)
{
	bq_buf_printf(b, "{\"command\":\"%s\",\"class\":\"%s\",\"n\":%u,\"mean_us\":%.2f,\"p50_us\":%.2f,", command,
		bench_class_name(class), s->n, s->mean_us, s->p50_us);
	bq_buf_printf(b, "\"p99_us\":%.2f,\"floor_us\":%.2f,\"ratio\":%.2f,\"bytes\":%.0f", s->p99_us, s->floor_us,
		ratio_of(s), s->bytes);
	put_shown(b, s);
	bq_buf_put_u8(b, '}');
}

static void put_json(struct bq_buf *b, struct engine *e, double *room)
{
	const char *comma = "";

	bq_buf_printf(b, "{\"queries\":[");
	for (uint32_t c = 0; c < e->n_commands; c++) {
		for (uint32_t i = 0; i < e->queries.n; i++) {
			if (result_at(e, c, i)->is_refused)
				continue;
			bq_buf_printf(b, "%s", comma);
			put_query(b, e, c, i);
			comma = ",\n";
		}
	}
	bq_buf_printf(b, "],\n\"classes\":[");
	comma = "";
	for (uint32_t c = 0; c < e->n_commands; c++) {
		for (unsigned class = 0; class < BENCH_CLASSES; class++) {
			struct summary s = sum_up(e, c, (enum bench_class)class, room);
			if (s.n == 0)
				continue;
			bq_buf_printf(b, "%s", comma);
			put_class(b, e->commands[c]->name, (enum bench_class)class, &s);
			comma = ",\n";
		}
	}
	bq_buf_printf(b, "],\n\"index\":");
	put_index(b, e->ask.index);
	bq_buf_printf(b, ",\n\"runs\":%u,\"clock\":\"%s\",\"cold\":%s,\"constants\":", e->runs,
		e->clock == CLOCK_MONOTONIC ? "wall" : "cpu", e->is_cold ? "true" : "false");
	constants_put_json(b, &e->constants);
	bq_buf_printf(b, "}\n");
}

static void put_row(struct bq_buf *b, const char *command, const char *name, const struct summary *s)
{
	bq_buf_printf(b, "%-14s %-12s %5u %10.1f %10.1f %10.1f %10.0f %10.1f %7.1f\n", command, name, s->n, s->mean_us,
		s->p50_us, s->p99_us, s->bytes, s->floor_us, ratio_of(s));
}

/* Phrases again, by what pair lists know of them. */
static void put_phrase_rows(struct bq_buf *b, struct engine *e, uint32_t command, double *room)
{
	for (unsigned kind = 0; kind < PHRASES_KINDS; kind++) {
		struct summary s = sum_up_kind(e, command, BENCH_PHRASE, kind, room);
		struct bq_buf name = BQ_BUF_INIT;
		bq_buf_printf(&name, "  %s", phrases_kind_name((enum phrases_kind)kind));
		bq_buf_put_u8(&name, 0);
		if (s.n != 0 && !name.oom)
			put_row(b, e->commands[command]->name, (const char *)name.ptr, &s);
		bq_buf_release(&name);
	}
}

static void put_table(struct bq_buf *b, struct engine *e, double *room)
{
	bq_buf_printf(b, "%-14s %-12s %5s %10s %10s %10s %10s %10s %7s\n", "command", "class", "n", "mean us", "p50 us",
		"p99 us", "bytes", "floor us", "ratio");
	for (uint32_t c = 0; c < e->n_commands; c++) {
		for (unsigned class = 0; class < BENCH_CLASSES; class++) {
			struct summary s = sum_up(e, c, (enum bench_class)class, room);
			if (s.n == 0)
				continue;
			put_row(b, e->commands[c]->name, bench_class_name((enum bench_class)class), &s);
			if (class == BENCH_PHRASE)
				put_phrase_rows(b, e, c, room);
		}
	}
}

/* What showing hits costs, the rest left out. */
static void put_show_table(struct bq_buf *b, struct engine *e, double *room)
{
	bq_buf_printf(b, "\n%-14s %-12s %5s %10s %10s %10s %10s %10s %7s\n", "snippets of", "class", "n", "hits",
		"us a query", "us a hit", "frames", "floor us", "ratio");
	for (uint32_t c = 0; c < e->n_commands; c++) {
		for (unsigned class = 0; class < BENCH_CLASSES; class++) {
			struct summary s = sum_up(e, c, (enum bench_class)class, room);
			if (s.shown == 0)
				continue;
			bq_buf_printf(b, "%-14s %-12s %5u %10.0f %10.1f %10.2f %10.2f %10.2f %7.1f\n",
				e->commands[c]->name, bench_class_name((enum bench_class)class), s.n, s.shown,
				s.show_us / s.n, s.show_us / s.shown, s.frames / s.shown, s.show_floor_us / s.shown,
				s.show_floor_us > 0 ? s.show_us / s.show_floor_us : 0);
		}
	}
}

static int report(struct engine *e, bool as_json)
{
	struct bq_buf b = BQ_BUF_INIT;
	double *room = BQ_ARENA_NEW(&e->mem, double, e->queries.n);
	bool ok = room != NULL;

	if (ok && as_json)
		put_json(&b, e, room);
	else if (ok)
		put_table(&b, e, room);
	if (ok && !as_json && e->ask.shows)
		put_show_table(&b, e, room);
	ok = ok && !b.oom && fwrite(b.ptr, 1, b.len, stdout) == b.len && fflush(stdout) == 0;
	bq_buf_release(&b);
	return ok ? 0 : complain("could not write the report");
}

/* ---- the verb ---------------------------------------------------------- */

/* "TOP_10,COUNT" as commands. */
static bool parse_commands(struct engine *e, const char *list)
{
	for (struct bq_span rest = bq_span_of(list); rest.len != 0;) {
		const char *comma = memchr(rest.ptr, ',', rest.len);
		struct bq_span name = bq_span_first(rest, comma == NULL ? rest.len : (size_t)(comma - rest.ptr));
		const struct ask_command *command = ask_command_find(name);
		if (command == NULL || e->n_commands == MAX_COMMANDS)
			return complain("--commands: not '%.*s'", (int)name.len, name.ptr) == 0;
		e->commands[e->n_commands++] = command;
		rest = bq_span_from(rest, name.len + 1);
	}
	return e->n_commands != 0 || complain("--commands: none") == 0;
}

static int run(struct engine *e, const char *dir, bool as_json)
{
	struct bq_error err;

	if (bench_queries_read(stdin, &e->mem, &e->queries, &err) != BQ_OK)
		return complain("line %llu: %s", (unsigned long long)err.at, err.msg);
	e->results = BQ_ARENA_NEW(&e->mem, struct result, (size_t)e->n_commands * e->queries.n);
	e->times = BQ_ARENA_NEW(&e->mem, uint64_t, (size_t)e->queries.n * e->runs);
	e->show_times = BQ_ARENA_NEW(&e->mem, uint64_t, (size_t)e->queries.n * e->runs);
	if (e->mem.oom)
		return complain("no memory for %u queries", e->queries.n);
	if (ask_init(&e->ask, dir) != BQ_OK)
		return complain("%s", e->ask.error.msg);
	e->ask.shows = e->shows;
	e->ask.clock = e->clock;
	if (constants_measure(e->ask.index, &e->constants, &err) != BQ_OK)
		return complain("%s", err.msg);
	if (e->is_cold && cold_init(&e->cold, e->ask.index, &err) != BQ_OK)
		return complain("%s", err.msg);
	for (uint32_t c = 0; c < e->n_commands; c++)
		run_command(e, c);
	if (e->n_kept > e->cold.n_pages / 100) /* a few are on their way in when they are to go */
		return complain("--cold: %llu of %llu pages stay in memory: does another process serve this index?",
			(unsigned long long)e->n_kept, (unsigned long long)e->cold.n_pages);
	int code = report(e, as_json);
	return code != 0 ? code : e->n_refused != 0;
}

int verb_engine(char **argv)
{
	const char *dir = NULL, *commands = "TOP_10,COUNT";
	bool as_json = false, by_cpu = false;
	struct engine e = { .runs = 10 };
	const struct arg args[] = {
		{ "commands", ARG_TEXT, &commands },
		{ "runs", ARG_COUNT, &e.runs },
		{ "cpu", ARG_FLAG, &by_cpu },
		{ "snippets", ARG_FLAG, &e.shows },
		{ "cold", ARG_FLAG, &e.is_cold },
		{ "json", ARG_FLAG, &as_json },
	};
	int code;

	if (!args_parse(argv, args, sizeof args / sizeof args[0], &dir) || !parse_commands(&e, commands))
		return 2;
	if (dir == NULL || e.runs > MAX_RUNS)
		return complain(dir == NULL ? "engine: which index?" : "--runs: at most 1000");
	if (e.is_cold && by_cpu)
		return complain("--cold waits for the disk: not by --cpu");
	e.clock = by_cpu ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
	bq_arena_init(&e.mem, MEM_CAP);
	code = run(&e, dir, as_json);
	cold_release(&e.cold);
	ask_release(&e.ask);
	bq_arena_release(&e.mem);
	return code;
}
