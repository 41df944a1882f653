/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * peer_words: the words of documents and queries as bq analyses them without a
 * language, so that every engine indexes and asks for the same.
 *
 *   peer_words documents  < COLLECTION.jsonl     title and text, a document a line
 *   peer_words paragraphs < COLLECTION.jsonl     a line of text, a document a line
 *   peer_words queries    < QUERIES              the benchmark's forms, in words
 *
 * Left out, because they would not be the same to all: CJK runs, which bq
 * indexes as overlapping pairs of characters; words over 64 bytes, which it
 * cuts; queries with an unquoted operand of no or several words, which bq reads
 * as a phrase.  The last are counted on standard error.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bq/arena.h>
#include <bq/text.h>

#include "bench/queries.h"

#define MEM_CAP ((size_t)1 << 28)

/* Print the words of `s` with a blank between; how many there are. */
static uint32_t put_words(const struct bq_text *text, struct bq_span s, uint32_t n)
{
	struct bq_tokens it;
	struct bq_token token;

	bq_tokens_init(&it, text, s, 0);
	while (bq_tokens_next(&it, &token)) {
		if (token.kind != BQ_TOKEN_WORD || token.word.len > BQ_WORD_CUT)
			continue;
		(void)printf("%s%.*s", n++ == 0 ? "" : " ", (int)token.word.len, (const char *)token.word.ptr);
	}
	return n;
}

/* ---- documents --------------------------------------------------------- */

static struct bq_span member(const json_t *doc, const char *name)
{
	const json_t *value = json_object_get(doc, name);

	return bq_span_make(json_is_string(value) ? json_string_value(value) : "", json_string_length(value));
}

static void put_whole(const struct bq_text *text, const json_t *doc)
{
	uint32_t n = put_words(text, member(doc, "title"), 0);

	(void)put_words(text, member(doc, "text"), n);
	(void)putchar('\n');
}

static void put_paragraphs(const struct bq_text *text, const json_t *doc)
{
	struct bq_span rest = member(doc, "text");

	while (rest.len > 0) {
		const char *end = memchr(rest.ptr, '\n', rest.len);
		size_t len = end == NULL ? rest.len : (size_t)(end - rest.ptr);
		if (put_words(text, bq_span_first(rest, len), 0) > 0)
			(void)putchar('\n');
		rest = bq_span_from(rest, end == NULL ? len : len + 1);
	}
}

static int put_documents(const struct bq_text *text, void (*put)(const struct bq_text *, const json_t *))
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	int status = 0;

	while (status == 0 && (len = getline(&line, &room, stdin)) > 0) {
		json_error_t why;
		json_t *doc = json_loadb(line, (size_t)len, 0, &why);
		if (json_is_object(doc)) {
			put(text, doc);
		} else {
			(void)fprintf(stderr, "peer_words: no JSON object: %s\n", why.text);
			status = 2;
		}
		json_decref(doc);
	}
	free(line);
	return status;
}

/* ---- queries ----------------------------------------------------------- */

static uint32_t count_words(const struct bq_text *text, struct bq_span s, bool *is_plain)
{
	struct bq_tokens it;
	struct bq_token token;
	uint32_t n = 0;

	bq_tokens_init(&it, text, s, 0);
	for (; bq_tokens_next(&it, &token); n++)
		if (token.kind != BQ_TOKEN_WORD || token.word.len > BQ_WORD_CUT)
			*is_plain = false;
	return n;
}

static bool is_same_to_all(const struct bq_text *text, const struct bench_query *q)
{
	bool is_plain = q->n_atoms > 0;

	for (uint32_t i = 0; i < q->n_atoms; i++) {
		uint32_t n = count_words(text, q->atoms[i].text, &is_plain);
		if (n == 0 || (n > 1 && !q->atoms[i].is_phrase))
			is_plain = false;
	}
	return is_plain;
}

static void put_query(const struct bq_text *text, const struct bench_query *q)
{
	for (uint32_t i = 0; i < q->n_atoms; i++) {
		const struct bench_atom *a = &q->atoms[i];
		(void)printf("%s%.*s%s", i == 0 ? "" : " ", a->sign != 0, &a->sign, a->is_phrase ? "\"" : "");
		(void)put_words(text, a->text, 0);
		(void)fputs(a->is_phrase ? "\"" : "", stdout);
	}
	(void)putchar('\n');
}

static int put_queries(const struct bq_text *text)
{
	struct bench_queries queries;
	struct bq_arena mem;
	struct bq_error err;
	uint32_t n_left_out = 0;

	bq_arena_init(&mem, MEM_CAP);
	int rc = bench_queries_read(stdin, &mem, &queries, &err);
	for (uint32_t i = 0; rc == BQ_OK && i < queries.n; i++) {
		if (is_same_to_all(text, &queries.list[i]))
			put_query(text, &queries.list[i]);
		else
			n_left_out++;
	}
	if (rc != BQ_OK)
		(void)fprintf(stderr, "peer_words: %s\n", err.msg);
	else if (n_left_out > 0)
		(void)fprintf(stderr, "peer_words: %u queries left out\n", n_left_out);
	bq_arena_release(&mem);
	return rc == BQ_OK ? 0 : 2;
}

int main(int argc, char **argv)
{
	struct bq_text_config config = { .lang = "none" };
	const char *what = argc == 2 ? argv[1] : "";
	struct bq_text *text;
	struct bq_error err;
	int status = 2;

	if (bq_text_new(&config, &text, &err) != BQ_OK) {
		(void)fprintf(stderr, "peer_words: %s\n", err.msg);
		return 2;
	}
	if (strcmp(what, "documents") == 0)
		status = put_documents(text, put_whole);
	else if (strcmp(what, "paragraphs") == 0)
		status = put_documents(text, put_paragraphs);
	else if (strcmp(what, "queries") == 0)
		status = put_queries(text);
	else
		(void)fprintf(stderr, "usage: peer_words documents|paragraphs|queries < INPUT\n");
	bq_text_free(text);
	return fflush(stdout) == 0 ? status : 2;
}
