/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A stemmer with a memory: each distinct word goes to Xapian once.
 */
#ifndef TEXT_STEM_H
#define TEXT_STEM_H

#include <stdint.h>

#include <bq/span.h>
#include <bq/status.h>

#define STEM_CACHE_WORDS (1u << 20) /* what an analyser remembers: at most 128 MiB */

struct stem;

/* A stemmer for a language as Xapian calls it; "none" gives one that changes
 * nothing.  It remembers up to `cache_words` words, then forgets them all and
 * begins again.  **owned**: release with stem_free().  BQ_EUSAGE for a language
 * that this Xapian lacks, BQ_ENOMEM. */
int stem_new(const char *language, uint32_t cache_words, struct stem **out, struct bq_error *err);

/* NULL is fine. */
void stem_free(struct stem *s);

/* The stem of a word as bq_tokens_next() gives it; **borrowed** from `s` until
 * the next call.  The word itself: CJK entries, words with a digit, words over
 * BQ_WORD_CUT bytes, and where the stem would be empty or over BQ_WORD_MAX. */
struct bq_span stem_find(struct stem *s, struct bq_span word);

/* The same for a word that is not asked for again and no earlier answer: it is not
 * remembered. */
struct bq_span stem_once(struct stem *s, struct bq_span word);

/* Forget them all; the table keeps its size. */
void stem_forget(struct stem *s);

/* How many words are remembered now, never more than `cache_words`: tests of that ask. */
uint32_t stem_count(const struct stem *s);

/* BQ_OK, or why a word since stem_new() was given for its own stem though it
 * may have another: memory ran out, or Xapian failed. */
int stem_check(const struct stem *s, struct bq_error *err);

#endif
