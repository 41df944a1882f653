/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Any bytes as text.  First byte: language and flags.
 *
 * Tokens follow one another inside the text; analysing from any of them on
 * gives the same ones; a stem is a word; the analyser never runs out of them.
 */
#include <bq/text.h>

#include "fuzz/fuzz.h"

enum { MAX_TEXT = 4096, MAX_RESUMED = 200, N_LANGS = 4 };

static struct bq_text *analyser(unsigned n)
{
	static const char *const langs[N_LANGS] = { "en", "none", "de", "ru" };
	static struct bq_text *made[N_LANGS];
	struct bq_text_config config = { .lang = "" };

	if (made[n] == NULL) {
		memcpy(config.lang, langs[n], strlen(langs[n]) + 1);
		FUZZ_CHECK(bq_text_new(&config, &made[n], NULL) == BQ_OK);
	}
	return made[n];
}

static void check_token(struct bq_text *t, const struct bq_token *k, const struct bq_token *last, size_t size)
{
	FUZZ_CHECK(k->word.len > 0 && k->word.len <= BQ_WORD_MAX && k->marked.len <= BQ_WORD_MAX);
	FUZZ_CHECK((uint8_t)k->word.ptr[0] >= 0x20);
	FUZZ_CHECK(k->len > 0 && k->off <= size && k->len <= size - k->off);
	if (k->ord != 0)
		FUZZ_CHECK(k->off > last->off && k->ord > last->ord);
	struct bq_span stem = bq_text_stem(t, k->word);
	FUZZ_CHECK(stem.len > 0 && stem.len <= BQ_WORD_MAX);
}

/* From this token on, the rest comes again. */
static void check_resume(struct bq_text *t, struct bq_span text, const struct bq_token *from, unsigned flags)
{
	struct bq_span rest = bq_span_from(text, (size_t)from->off);
	struct bq_tokens whole, part;
	struct bq_token a, b;

	bq_tokens_init(&whole, t, text, flags);
	do
		FUZZ_CHECK(bq_tokens_next(&whole, &a));
	while (a.off < from->off);
	bq_tokens_init(&part, t, rest, flags);
	for (bool more = true; more; more = bq_tokens_next(&whole, &a)) {
		FUZZ_CHECK(bq_tokens_next(&part, &b));
		FUZZ_CHECK(bq_span_eq(a.word, b.word) && bq_span_eq(a.marked, b.marked) && a.kind == b.kind);
		FUZZ_CHECK(a.off - from->off == b.off && a.len == b.len && a.ord - from->ord == b.ord);
	}
	FUZZ_CHECK(!bq_tokens_next(&part, &b));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > MAX_TEXT)
		return 0;
	struct bq_text *t = analyser(data[0] % N_LANGS);
	unsigned flags = (data[0] & 4) != 0 ? BQ_TOKENS_QUERY : 0, n = 0;
	uint8_t *copy = fuzz_copy(data + 1, size - 1);
	struct bq_span text = bq_span_make(copy, size - 1);
	struct bq_token k, last = { .ord = 0 };
	struct bq_tokens it;

	bq_tokens_init(&it, t, text, flags);
	while (bq_tokens_next(&it, &k)) {
		check_token(t, &k, &last, text.len);
		last = k;
		if (flags == 0 && n++ < MAX_RESUMED)
			check_resume(t, text, &k, flags);
	}
	FUZZ_CHECK(bq_text_check(t, NULL) == BQ_OK);
	free(copy);
	return 0;
}
