/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Words near one another, random lists of positions: against every choice of
 * positions tried.  Some words stand wherever others do, as one CJK character
 * and a word that begins with it; lists come whole, and bit by bit with limits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/rng.h"
#include "query/phrase/near.h"

enum { ROUNDS = 4000, MAX_WORDS = 5, PLACES = 40, N_KINDS = 6 };

/* Kinds of words: which words of a text each stands for.  Two kinds share all
 * of one or nothing, as prefixes do. */
static const struct {
	const char *text;
	bool is_prefix;
} kinds[N_KINDS] = { { "a", true }, { "ab", true }, { "abc", false }, { "ab", false }, { "x", false },
	{ "xy", false } };
static const char *const words[] = { "abc", "ab", "ac", "x", "xy", "abd" };
enum { N_WORDS = sizeof words / sizeof words[0] };

/* A list that is read bit by bit. */
struct source {
	uint32_t positions[PLACES], n;
};

struct trial {
	struct ast ast;
	struct ast_word words[MAX_WORDS];
	uint32_t lists[MAX_WORDS]; /* kinds */
	struct near_slot slots[MAX_WORDS];
	const char *text[PLACES];
	struct source sources[N_KINDS];
	uint32_t n_places;
};

static bool stands_for(uint32_t kind, const char *word)
{
	const char *text = kinds[kind].text;

	return kinds[kind].is_prefix ? strncmp(word, text, strlen(text)) == 0 : strcmp(word, text) == 0;
}

static void make_trial(struct rng *r, struct trial *t)
{
	uint32_t ords = 0;

	memset(t, 0, sizeof *t);
	t->ast.near = (enum ast_near)rng_between(r, AST_SLOPPY, AST_ADJ);
	t->ast.distance = (uint32_t)rng_between(r, t->ast.near == AST_ADJ ? 2 : 1, 6);
	t->ast.n_words = t->ast.near == AST_SLOPPY ? (uint32_t)rng_between(r, 2, MAX_WORDS) : 2;
	t->ast.words = t->words;
	for (uint32_t i = 0; i < t->ast.n_words; i++) {
		t->lists[i] = (uint32_t)rng_below(r, N_KINDS);
		t->words[i] = (struct ast_word){ .text = bq_span_of(kinds[t->lists[i]].text),
			.is_prefix = kinds[t->lists[i]].is_prefix, .at = t->ast.near == AST_NEAR ? 0 : ords };
		ords += (uint32_t)rng_between(r, 1, rng_one_in(r, 8) ? 2 : 1);
		if (t->ast.near == AST_ADJ)
			ords = 1;
	}
	t->n_places = (uint32_t)rng_between(r, 1, PLACES);
	for (uint32_t p = 0; p < t->n_places; p++) {
		t->text[p] = words[rng_below(r, N_WORDS)];
		for (uint32_t k = 0; k < N_KINDS; k++)
			if (stands_for(k, t->text[p]))
				t->sources[k].positions[t->sources[k].n++] = p;
	}
}

/* ---- every choice ------------------------------------------------------ */

static bool stands_at(const struct trial *t, uint32_t word, uint32_t place)
{
	const struct source *s = &t->sources[t->lists[word]];

	for (uint32_t i = 0; i < s->n; i++)
		if (s->positions[i] == place)
			return true;
	return false;
}

static bool are_near(const struct trial *t, const uint32_t *at)
{
	int64_t least = INT64_MAX, most = INT64_MIN;

	for (uint32_t i = 0; i < t->ast.n_words; i++) {
		int64_t x = (int64_t)at[i] - (t->ast.near == AST_SLOPPY ? t->words[i].at : 0);
		least = x < least ? x : least;
		most = x > most ? x : most;
		for (uint32_t k = 0; k < i; k++)
			if (at[i] == at[k])
				return false;
	}
	return most - least <= (int64_t)t->ast.distance && (t->ast.near != AST_ADJ || at[1] > at[0]);
}

/* The first place of the match that begins soonest within [range[0], range[1]],
 * words `k` and up at every place of theirs; UINT32_MAX if there is none. */
static uint32_t first_of(const struct trial *t, const uint32_t range[2], uint32_t k, uint32_t *at)
{
	uint32_t best = UINT32_MAX;

	if (k == t->ast.n_words) {
		for (uint32_t i = 0; i < k; i++)
			best = at[i] < best ? at[i] : best;
		return are_near(t, at) ? best : UINT32_MAX;
	}
	for (at[k] = range[0]; at[k] <= range[1]; at[k]++) {
		uint32_t first = stands_at(t, k, at[k]) ? first_of(t, range, k + 1, at) : UINT32_MAX;
		best = first < best ? first : best;
	}
	return best;
}

/* Each match ends as soon as one can, and the next one lies behind it. */
static uint32_t find_slowly(const struct trial *t, const uint64_t zone[2], uint32_t *starts, uint32_t *ends)
{
	uint32_t n = 0, from = (uint32_t)zone[0], at[MAX_WORDS];

	for (uint32_t end = from; end < t->n_places && end < zone[1]; end++) {
		uint32_t reach = end > 16 ? end - 16 : 0; /* no match is longer */
		const uint32_t range[2] = { reach > from ? reach : from, end };
		starts[n] = first_of(t, range, 0, at);
		if (starts[n] == UINT32_MAX)
			continue;
		ends[n++] = end;
		from = end + 1;
	}
	return n;
}

/* ---- checks ------------------------------------------------------------ */

static bool read_one(struct near_slot *s)
{
	const struct source *from = s->source;

	if (s->n == from->n)
		return false;
	s->list = from->positions;
	s->n++;
	return true;
}

static void check_whole(struct trial *t, const uint64_t zone[2], const uint32_t *starts, const uint32_t *ends,
	uint32_t n)
{
	uint32_t got_starts[PLACES], got_ends[PLACES], got;

	near_init(t->slots, &t->ast, t->lists);
	for (uint32_t i = 0; i < t->ast.n_words; i++) {
		t->slots[i].list = t->sources[t->lists[i]].positions;
		t->slots[i].n = t->sources[t->lists[i]].n;
	}
	got = near_matches(t->slots, t->ast.n_words, zone, false, got_starts, got_ends);
	assert_int_equal(got, n);
	assert_memory_equal(got_starts, starts, n * sizeof *starts);
	assert_memory_equal(got_ends, ends, n * sizeof *ends);
	assert_int_equal(near_matches(t->slots, t->ast.n_words, zone, true, NULL, NULL), n != 0);
}

/* Bit by bit: what begins before a limit comes, what does not waits. */
static void check_limits(struct rng *r, struct trial *t, const uint32_t *starts, const uint32_t *ends, uint32_t n)
{
	struct near_walk w;
	uint32_t at = 0, range[2];
	enum near_found found = NEAR_LATER;

	near_init(t->slots, &t->ast, t->lists);
	for (uint32_t i = 0; i < t->ast.n_words; i++) {
		t->slots[i].more = read_one;
		t->slots[i].source = &t->sources[t->lists[i]];
	}
	near_begin(&w, t->slots, t->ast.n_words, 0);
	for (uint64_t limit = 0; found != NEAR_OVER; limit += rng_below(r, 9)) {
		while ((found = near_next(&w, limit, range)) == NEAR_MATCH) {
			assert_true(at < n);
			assert_int_equal(range[0], starts[at]);
			assert_int_equal(range[1], ends[at]);
			at++;
		}
		assert_true(at == n || (found == NEAR_LATER && starts[at] >= limit));
	}
	assert_int_equal(at, n);
}

static void equals_every_choice(void **state)
{
	struct rng r = rng_start("prop_near");
	static struct trial t;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		uint32_t starts[PLACES], ends[PLACES];
		uint64_t zone[2] = { 0, UINT64_MAX };
		make_trial(&r, &t);
		uint32_t n = find_slowly(&t, zone, starts, ends);
		check_whole(&t, zone, starts, ends, n);
		check_limits(&r, &t, starts, ends, n);
		zone[0] = rng_below(&r, t.n_places);
		zone[1] = zone[0] + rng_below(&r, PLACES);
		n = find_slowly(&t, zone, starts, ends);
		check_whole(&t, zone, starts, ends, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(equals_every_choice) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
