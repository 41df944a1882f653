/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bqbench worst: the dearest phrases of two words that no pair list answers.
 * One word weighs just less than T, so that as many documents as can be are
 * looked at; the other is as frequent as any, so that they hold it, often.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/args.h"
#include "bench/ask.h"
#include "bench/clock.h"
#include "bench/constants.h"
#include "bench/verb.h"
#include "segment/segment.h"

/* Words below T that are tried; of these, which are tried with one another, too. */
enum { BELOW = 300, FREQUENT = 6, AMONG = 40 };

struct word {
	struct bq_span text;
	uint32_t weight; /* or df, where words are ranked by that */
};

/* The heaviest words met. */
struct words {
	uint32_t n, most;
	struct word words[BELOW];
};

/* What one command took. */
struct timed {
	const struct ask_command *command;
	double sum, worst;          /* us */
	uint64_t count;             /* of the worst: what was asked for */
	const char *phrase;
};

struct worst {
	struct ask ask;
	struct bq_arena mem;
	struct words below, frequent;
	uint32_t t, n_phrases;
	unsigned runs;
	struct timed timed[2];
};

static void put_word(struct words *to, struct bq_span text, uint32_t weight, struct bq_arena *mem)
{
	uint32_t at = to->n;

	if (to->n == to->most && to->words[to->n - 1].weight >= weight)
		return;
	if (to->n < to->most)
		to->n++;
	else
		at--;
	for (; at > 0 && to->words[at - 1].weight < weight; at--)
		to->words[at] = to->words[at - 1];
	to->words[at] = (struct word){ bq_arena_dup(mem, text), weight };
}

static int find_words(struct worst *w)
{
	const struct bq_leaf *leaf = w->ask.index->leaves[0];
	struct bq_read read = { .mem = &w->mem };
	struct bq_terms it;

	w->t = segment_of(leaf)->pairs.t;
	w->below = (struct words){ .most = BELOW };
	w->frequent = (struct words){ .most = FREQUENT };
	bq_terms_init(&it, leaf, BQ_TERM_WORD, BQ_SPAN(""), &read);
	while (bq_terms_next(&it)) {
		uint32_t weight = pairs_weight(it.term.df, it.term.ttf);
		if (weight < w->t)
			put_word(&w->below, it.word, weight, &w->mem);
		put_word(&w->frequent, it.word, it.term.df, &w->mem);
	}
	w->ask.error = read.error;
	return read.error.status;
}

/* The least of the runs is what it takes: others on the machine only add. */
static int time_phrase(struct worst *w, struct timed *t, const char *phrase)
{
	double least = 0;
	uint64_t count = 0;

	for (unsigned run = 0; run < w->runs; run++) {
		uint64_t start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
		int rc = ask_run(&w->ask, t->command, bq_span_of(phrase), &count);
		double us = (double)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - start) / 1000;
		if (rc != BQ_OK)
			return rc;
		least = run == 0 || us < least ? us : least;
	}
	t->sum += least;
	if (least > t->worst) {
		t->worst = least;
		t->count = count;
		t->phrase = phrase;
	}
	return BQ_OK;
}

/* Both orders, unless it is one word. */
static int time_words(struct worst *w, struct bq_span a, struct bq_span b)
{
	const struct bq_span sides[2] = { a, b };
	int rc = BQ_OK, orders = bq_span_eq(a, b) ? 1 : 2;

	for (int i = 0; i < orders && rc == BQ_OK; i++) {
		const char *phrase = bq_arena_printf(&w->mem, "\"%.*s %.*s\"", (int)sides[i].len, sides[i].ptr,
			(int)sides[1 - i].len, sides[1 - i].ptr);
		if (phrase == NULL)
			return bq_error_set(&w->ask.error, BQ_ENOMEM, 0, "out of memory");
		for (int k = 0; k < 2 && rc == BQ_OK; k++)
			rc = time_phrase(w, &w->timed[k], phrase);
		w->n_phrases++;
	}
	return rc;
}

static int time_all(struct worst *w)
{
	int rc = BQ_OK;

	for (uint32_t i = 0; i < w->below.n; i++) {
		for (uint32_t k = 0; k < w->frequent.n && rc == BQ_OK; k++)
			rc = time_words(w, w->below.words[i].text, w->frequent.words[k].text);
		for (uint32_t k = 0; i < AMONG && k <= i && rc == BQ_OK; k++)
			rc = time_words(w, w->below.words[i].text, w->below.words[k].text);
	}
	return rc;
}

static void report(const struct worst *w, const struct constants *c, bool json)
{
	double bound = (c->meet + c->batch_hot) * w->t / 1000, far = (c->meet + c->batch_random) * w->t / 1000;

	printf(json ? "{\"t\":%u,\"phrases\":%u,\"bound_us\":%.1f,\"bound_random_us\":%.1f"
		: "T %u, %u phrases, (c_p + c_v) * T: %.1f us hot, %.1f all over memory\n", w->t, w->n_phrases, bound, far);
	for (int k = 0; k < 2; k++) {
		const struct timed *t = &w->timed[k];
		printf(json ? ",\"%s\":{\"worst_us\":%.1f,\"mean_us\":%.1f,\"count\":%llu,\"phrase\":%s}"
			: "%-8s worst %8.1f us, mean %8.1f; %llu of %s\n", t->command->name, t->worst,
			t->sum / (w->n_phrases == 0 ? 1 : w->n_phrases), (unsigned long long)t->count,
			t->phrase == NULL ? "\"\"" : t->phrase);
	}
	if (json)
		printf("}\n");
}

static int run(struct worst *w, const char *dir, bool json)
{
	struct constants c;

	if (ask_init(&w->ask, dir) != BQ_OK)
		return complain("%s", w->ask.error.msg);
	if (w->ask.index->n_leaves != 1)
		return complain("%s", "worst: an index of one segment, please: bqindex optimize");
	if (constants_measure(w->ask.index, &c, &w->ask.error) != BQ_OK || find_words(w) != BQ_OK || time_all(w) != BQ_OK)
		return complain("%s", w->ask.error.msg);
	report(w, &c, json);
	return fflush(stdout) == 0 ? 0 : complain("%s", "could not write the report");
}

int verb_worst(char **argv)
{
	struct worst *w = calloc(1, sizeof *w);
	const char *dir = NULL;
	bool json = false;
	int code = 2;

	if (w == NULL)
		return complain("%s", "out of memory");
	w->runs = 5;
	w->timed[0].command = ask_command_find(BQ_SPAN("COUNT"));
	w->timed[1].command = ask_command_find(BQ_SPAN("TOP_10"));
	bq_arena_init(&w->mem, (size_t)256 << 20);
	const struct arg args[] = { { "json", ARG_FLAG, &json }, { "runs", ARG_COUNT, &w->runs } };
	if (args_parse(argv, args, 2, &dir))
		code = dir == NULL ? complain("%s", "worst: which index?") : run(w, dir, json);
	bq_arena_release(&w->mem);
	ask_release(&w->ask);
	free(w);
	return code;
}
