/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Runs tests/cases/tokenize.test, and what no line of text can say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bq/buf.h>
#include <bq/text.h>

#include "lib/cases.h"

/* ---- the cases ------------------------------------------------------------ */

struct one_case {
	struct bq_text_config config;
	unsigned flags;
	struct bq_span text;
	size_t first_entry; /* line of the group */
};

static void read_case(const struct cases *c, struct cases_group *g, struct one_case *out)
{
	size_t i;

	*out = (struct one_case){ .config = { .lang = "en" } };
	for (i = 0; i < g->n; i++) {
		char *rest;
		if ((rest = cases_after(g->lines[i], "lang")) != NULL)
			(void)snprintf(out->config.lang, sizeof out->config.lang, "%s", rest);
		else if ((rest = cases_after(g->lines[i], "stopwords")) != NULL)
			out->config.stopwords = bq_span_make(rest, cases_unescape(rest));
		else if (cases_after(g->lines[i], "query") != NULL)
			out->flags = BQ_TOKENS_QUERY;
		else if ((rest = cases_after(g->lines[i], "text")) != NULL)
			out->text = bq_span_make(rest, cases_unescape(rest));
		else
			break;
	}
	if (out->text.ptr == NULL)
		fail_msg("%s:%u: a group without text", c->path, g->numbers[0]);
	out->first_entry = i;
}

static void format_token(const struct bq_token *t, char out[400])
{
	int n = snprintf(out, 400, "%u %llu %u %c ", t->ord, (unsigned long long)t->off, t->len, "wbs"[t->kind]);

	memcpy(out + n, t->word.ptr, t->word.len);
	n += (int)t->word.len;
	if (t->marked.len > 0) {
		out[n++] = ' ';
		memcpy(out + n, t->marked.ptr, t->marked.len);
		n += (int)t->marked.len;
	}
	out[n] = '\0';
}

static void check_case(const struct cases *c, struct cases_group *g)
{
	struct one_case one;
	struct bq_text *t;
	struct bq_error err;
	struct bq_tokens it;
	struct bq_token token;
	char got[400];

	read_case(c, g, &one);
	if (bq_text_new(&one.config, &t, &err) != BQ_OK)
		fail_msg("%s:%u: %s", c->path, g->numbers[0], err.msg);
	bq_tokens_init(&it, t, one.text, one.flags);
	size_t i = one.first_entry;
	while (bq_tokens_next(&it, &token)) {
		format_token(&token, got);
		if (i == g->n)
			fail_msg("%s:%u: unexpected entry: %s", c->path, g->numbers[i - 1], got);
		(void)cases_unescape(g->lines[i]);
		if (strcmp(got, g->lines[i]) != 0)
			fail_msg("%s:%u: %s\nexpected %s", c->path, g->numbers[i], got, g->lines[i]);
		i++;
	}
	if (i < g->n)
		fail_msg("%s:%u: no such entry: %s", c->path, g->numbers[i], g->lines[i]);
	bq_text_free(t);
}

static void test_cases(void **state)
{
	struct cases c;
	struct cases_group g;
	size_t n = 0;

	(void)state;
	cases_init(&c, "tokenize.test");
	for (; cases_next(&c, &g); n++)
		check_case(&c, &g);
	cases_release(&c);
	assert_true(n > 40);
}

/* ---- long words ------------------------------------------------------------ */

static struct bq_text *english;

static int make_english(void **state)
{
	struct bq_text_config config = { .lang = "en" };

	(void)state;
	return bq_text_new(&config, &english, NULL);
}

static int free_english(void **state)
{
	(void)state;
	bq_text_free(english);
	return 0;
}

/* `n` times `unit` between two short words. */
static struct bq_buf surrounded(const char *unit, size_t n)
{
	struct bq_buf b = BQ_BUF_INIT;

	bq_buf_put(&b, "one ", 4);
	for (size_t i = 0; i < n; i++)
		bq_buf_put(&b, unit, strlen(unit));
	bq_buf_put(&b, " two", 4);
	assert_false(b.oom);
	return b;
}

/* The word in the middle: `word` gets its folded form. */
static void read_middle(const struct bq_buf *b, char word[BQ_WORD_MAX + 1])
{
	struct bq_tokens it;
	struct bq_token token;

	bq_tokens_init(&it, english, bq_buf_span(b), 0);
	assert_true(bq_tokens_next(&it, &token));
	assert_true(bq_tokens_next(&it, &token));
	assert_int_equal(token.off, 4);
	assert_int_equal(token.len, b->len - 8);
	assert_true(token.word.len <= BQ_WORD_CUT + 17);
	assert_true(token.marked.len <= BQ_WORD_CUT + 17);
	memset(word, 0, BQ_WORD_MAX + 1);
	memcpy(word, token.word.ptr, token.word.len);
	assert_true(bq_tokens_next(&it, &token));
	assert_true(bq_span_eq(token.word, BQ_SPAN("two")));
	assert_int_equal(token.ord, 2);
	assert_false(bq_tokens_next(&it, &token));
}

/* Written differently, folded alike, however long. */
static void check_same_word(const char *a, size_t n_a, const char *b, size_t n_b)
{
	char word_a[BQ_WORD_MAX + 1], word_b[BQ_WORD_MAX + 1];
	struct bq_buf text_a = surrounded(a, n_a), text_b = surrounded(b, n_b);

	read_middle(&text_a, word_a);
	read_middle(&text_b, word_b);
	assert_string_equal(word_a, word_b);
	bq_buf_release(&text_a);
	bq_buf_release(&text_b);
}

static void test_long_words(void **state)
{
	enum { LONG = 300000 };
	char word[BQ_WORD_MAX + 1], other[BQ_WORD_MAX + 1];
	struct bq_buf b;

	(void)state;
	check_same_word("a", LONG, "A", LONG);
	check_same_word("\u00e9", LONG, "e\u0301", LONG);
	check_same_word("\u00e9", LONG, "e", LONG);
	check_same_word("\u00df", LONG / 2, "s", LONG);
	check_same_word("\u00df", 33, "s", 66);
	check_same_word("e\u00ade", LONG / 4, "ee", LONG / 4);
	/* One letter more is another word. */
	b = surrounded("a", LONG);
	read_middle(&b, word);
	bq_buf_release(&b);
	b = surrounded("a", LONG + 1);
	read_middle(&b, other);
	bq_buf_release(&b);
	assert_string_not_equal(word, other);
	assert_memory_equal(word, other, BQ_WORD_CUT + 1);
	assert_int_equal(word[BQ_WORD_CUT], 1);
}

/* Words of all lengths that are kept, and behind them what looks like a letter of two bytes. */
static void test_broken_behind(void **state)
{
	char text[BQ_WORD_CUT + 4];

	(void)state;
	for (size_t n = 1; n <= BQ_WORD_CUT; n++) {
		struct bq_tokens it;
		struct bq_token token;
		memset(text, 'a', n);
		memcpy(text + n, "\xd7 b", 3);
		bq_tokens_init(&it, english, bq_span_make(text, n + 3), 0);
		assert_true(bq_tokens_next(&it, &token));
		assert_true(bq_span_eq(token.word, bq_span_make(text, n)));
		assert_int_equal(token.len, n);
		assert_true(bq_tokens_next(&it, &token));
		assert_true(bq_span_eq(token.word, BQ_SPAN("b")));
	}
}

/* Any number of marks on one letter, shed or kept. */
static void test_many_marks(void **state)
{
	char word[BQ_WORD_MAX + 1];
	struct bq_buf b;

	(void)state;
	for (size_t n = 1; n < 2000; n += n < 10 || (n > 250 && n < 260) ? 1 : 97) {
		b = surrounded("", 0);
		b.len = 4;
		bq_buf_put(&b, "e", 1);
		for (size_t i = 0; i < n; i++)
			bq_buf_put(&b, i % 2 == 0 ? "\u0323" : "\u0301", 2);
		bq_buf_put(&b, " two", 4);
		read_middle(&b, word);
		assert_string_equal(word, "e");
		/* On a Cyrillic letter they stay. */
		b.len = 4;
		bq_buf_put(&b, "\u0436", 2);
		for (size_t i = 0; i < n; i++)
			bq_buf_put(&b, "\u0301", 2);
		bq_buf_put(&b, " two", 4);
		read_middle(&b, word);
		assert_int_equal(strlen(word), 2 + 2 * n <= BQ_WORD_CUT ? 2 + 2 * n : BQ_WORD_CUT + 17);
		bq_buf_release(&b);
	}
}

/* What must not take time that grows faster than the text, nor stack. */
static void test_long_runs(void **state)
{
	static const char *const units[] = { "\u6771", "\u6771\u0301", "\u00ad", "\u200b", "\xff", "\u0301", "\u3099",
		"a\u00ad", "\u6771\u00ad", "\u1100\u1161\u11a8", "\u115f", " ", "\u0e33", "\ufdfa" };

	(void)state;
	for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
		struct bq_buf b = surrounded(units[u], 50000);
		struct bq_tokens it;
		struct bq_token token;
		uint64_t last = 0;
		bq_tokens_init(&it, english, bq_buf_span(&b), 0);
		while (bq_tokens_next(&it, &token))
			last = token.off;
		assert_int_equal(last, b.len - 3);
		bq_buf_release(&b);
	}
}

static void test_empty(void **state)
{
	struct bq_tokens it;
	struct bq_token token;

	(void)state;
	bq_tokens_init(&it, english, bq_span_make(NULL, 0), 0);
	assert_false(bq_tokens_next(&it, &token));
	assert_false(bq_tokens_next(&it, &token));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_long_words),
		cmocka_unit_test(test_broken_behind),
		cmocka_unit_test(test_many_marks),
		cmocka_unit_test(test_long_runs),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, make_english, free_english);
}
