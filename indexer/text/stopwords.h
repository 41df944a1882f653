/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Words so common that a ranked query leaves them out.  The index keeps them.
 */
#ifndef TEXT_STOPWORDS_H
#define TEXT_STOPWORDS_H

#include <stdbool.h>
#include <stddef.h>

#include <bq/span.h>
#include <bq/status.h>

struct bq_text;

struct stopwords {
	char *list; /* analysed, in byte order, each once, one blank between */
	size_t len;
	struct bq_span *words; /* into `list` */
	size_t n;
};

/* Analyse `list` with `t`, whose folder is ready, so that the list that comes
 * of it makes itself again.  BQ_ELIMIT for a
 * word over BQ_WORD_CUT bytes, BQ_ENOMEM.  Release with stopwords_release(),
 * also after a failure. */
int stopwords_init(struct stopwords *s, const struct bq_text *t, struct bq_span list, struct bq_error *err);

/* Free the words; all zero is fine. */
void stopwords_release(struct stopwords *s);

/* Whether `word`, as bq_tokens_next() gives it, is one. */
bool stopwords_has(const struct stopwords *s, struct bq_span word);

#endif
