/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>
#include <xxhash.h>

#include <xapian-c.h>

/* Everything that may change a word or a stem, as one text. */
static uint64_t make_id(const struct bq_text *t)
{
	char versions[128];
	XXH64_hash_t seed;
	int n = snprintf(versions, sizeof versions, "bq-text %d\nunicode %s\nxapian %s\nlang %s\n", TEXT_VERSION,
		utf8proc_unicode_version(), t->is_plain ? "-" : xapian_c_version(), t->lang->code);

	seed = XXH3_64bits(versions, (size_t)n < sizeof versions ? (size_t)n : sizeof versions - 1);
	return XXH3_64bits_withSeed(t->stopwords.len == 0 ? "" : t->stopwords.list, t->stopwords.len, seed);
}

static int find_lang(const struct bq_text_config *config, const struct lang **out, struct bq_error *err)
{
	char known[200];

	*out = memchr(config->lang, '\0', sizeof config->lang) == NULL ? NULL : lang_find(config->lang);
	if (*out != NULL)
		return BQ_OK;
	lang_format_all(known, sizeof known);
	return bq_error_set(err, BQ_EUSAGE, 0, "unknown language %.*s (known: %s)", BQ_LANG_MAX, config->lang, known);
}

int bq_text_new(const struct bq_text_config *config, struct bq_text **out, struct bq_error *err)
{
	const struct lang *lang;
	int status = find_lang(config, &lang, err);

	*out = NULL;
	if (status < 0)
		return status;
	struct bq_text *t = calloc(1, sizeof *t);
	if (t == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for an analyser");
	t->lang = lang;
	t->is_plain = strcmp(lang->code, LANG_NONE) == 0;
	t->fold = fold_new(t->is_plain);
	status = t->fold == NULL ? bq_error_set(err, BQ_ENOMEM, 0, "no memory for an analyser")
				 : stem_new(lang->name, STEM_CACHE_WORDS, &t->stem, err);
	if (status == BQ_OK) {
		struct bq_span own = bq_span_of(lang->stopwords);
		status = stopwords_init(&t->stopwords, t, config->stopwords.ptr == NULL ? own : config->stopwords, err);
	}
	if (status < 0) {
		bq_text_free(t);
		return status;
	}
	t->id = make_id(t);
	*out = t;
	return BQ_OK;
}

int bq_text_again(const struct bq_text *t, struct bq_text **out, struct bq_error *err)
{
	struct bq_text_config config = { .stopwords = bq_text_stopwords(t) };

	memcpy(config.lang, t->lang->code, strlen(t->lang->code) + 1);
	return bq_text_new(&config, out, err);
}

void bq_text_free(struct bq_text *t)
{
	if (t == NULL)
		return;
	stopwords_release(&t->stopwords);
	stem_free(t->stem);
	fold_free(t->fold);
	free(t);
}

uint64_t bq_text_id(const struct bq_text *t) { return t->id; }

const char *bq_text_lang(const struct bq_text *t) { return t->lang->code; }

struct bq_span bq_text_stopwords(const struct bq_text *t)
{
	return bq_span_make(t->stopwords.len == 0 ? "" : t->stopwords.list, t->stopwords.len);
}

bool bq_text_is_stopword(const struct bq_text *t, struct bq_span word) { return stopwords_has(&t->stopwords, word); }

struct bq_span bq_text_stem(struct bq_text *t, struct bq_span word) { return stem_find(t->stem, word); }

struct bq_span bq_text_stem_once(struct bq_text *t, struct bq_span word) { return stem_once(t->stem, word); }

int bq_text_check(const struct bq_text *t, struct bq_error *err) { return stem_check(t->stem, err); }

void bq_text_forget(struct bq_text *t) { stem_forget(t->stem); }
