/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/stopwords.h"

#include <stdlib.h>
#include <string.h>

#include <bq/buf.h>
#include <bq/text.h>

static int cmp_spans(const void *a, const void *b)
{
	return bq_span_cmp(*(const struct bq_span *)a, *(const struct bq_span *)b);
}

/* Split `s->list` at its blanks into `s->words`. */
static int split(struct stopwords *s, struct bq_error *err)
{
	const char *p = s->list, *end = s->len == 0 ? p : p + s->len;
	size_t room = 1;

	for (size_t i = 0; i < s->len; i++)
		room += s->list[i] == ' ';
	s->words = calloc(room, sizeof *s->words);
	if (s->words == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for stop words");
	for (s->n = 0; p < end; s->n++) {
		const char *blank = memchr(p, ' ', (size_t)(end - p));
		const char *stop = blank == NULL ? end : blank;
		s->words[s->n] = bq_span_make(p, (size_t)(stop - p));
		p = blank == NULL ? end : blank + 1;
	}
	return BQ_OK;
}

/* The words of `list`, as queries see them, with a blank between. */
static int analyse(const struct bq_text *t, struct bq_span list, struct bq_buf *out, struct bq_error *err)
{
	struct bq_tokens it;
	struct bq_token token;

	bq_tokens_init(&it, t, list, BQ_TOKENS_QUERY);
	while (bq_tokens_next(&it, &token)) {
		if (token.word.len > BQ_WORD_CUT)
			return bq_error_set(
				err, BQ_ELIMIT, token.off, "a stop word is longer than %d bytes", BQ_WORD_CUT);
		if (out->len > 0)
			bq_buf_put_u8(out, ' ');
		bq_buf_put_span(out, token.word);
	}
	return out->oom ? bq_error_set(err, BQ_ENOMEM, 0, "no memory for stop words") : BQ_OK;
}

/* Make `words` the list: sorted, each once. */
static int take_words(struct stopwords *s, const struct bq_buf *words, struct bq_error *err)
{
	struct stopwords raw = { (char *)words->ptr, words->len, NULL, 0 };
	struct bq_buf list = BQ_BUF_INIT;
	int status = split(&raw, err);

	if (status < 0)
		return status;
	qsort(raw.words, raw.n, sizeof *raw.words, cmp_spans);
	for (size_t i = 0; i < raw.n; i++) {
		if (i > 0 && bq_span_eq(raw.words[i], raw.words[i - 1]))
			continue;
		if (i > 0)
			bq_buf_put_u8(&list, ' ');
		bq_buf_put_span(&list, raw.words[i]);
	}
	free(raw.words);
	if (list.oom) {
		bq_buf_release(&list);
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for stop words");
	}
	free(s->list);
	s->list = (char *)list.ptr;
	s->len = list.len;
	return BQ_OK;
}

static int analyse_once(struct stopwords *s, const struct bq_text *t, struct bq_span list, struct bq_error *err)
{
	struct bq_buf words = BQ_BUF_INIT;
	int status = analyse(t, list, &words, err);

	if (status == BQ_OK)
		status = take_words(s, &words, err);
	bq_buf_release(&words);
	return status;
}

int stopwords_init(struct stopwords *s, const struct bq_text *t, struct bq_span list, struct bq_error *err)
{
	int status;

	memset(s, 0, sizeof *s);
	status = analyse_once(s, t, list, err);
	/* Twice, because compatibility characters (U+3220 ..) may become CJK runs of
	 * their own; a third time would change nothing. */
	if (status == BQ_OK)
		status = analyse_once(s, t, bq_span_make(s->list, s->len), err);
	return status < 0 ? status : split(s, err);
}

void stopwords_release(struct stopwords *s)
{
	free(s->list);
	free(s->words);
	memset(s, 0, sizeof *s);
}

bool stopwords_has(const struct stopwords *s, struct bq_span word)
{
	return s->n > 0 && bsearch(&word, s->words, s->n, sizeof *s->words, cmp_spans) != NULL;
}
