/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/docgen.h"

#include <ctype.h>
#include <string.h>

static const char consonants[] = "bdfgklmnprstvz";
static const char vowels[] = "aeiou";

#define N_SYLLABLES ((sizeof consonants - 1) * (sizeof vowels - 1))

void docgen_word(uint32_t n, char out[DOCGEN_WORD_MAX])
{
	size_t len = 0;

	/* Two syllables at least: "be", "no" and "to" are stop words. */
	do {
		uint32_t syllable = n % N_SYLLABLES;

		out[len++] = consonants[syllable / (sizeof vowels - 1)];
		out[len++] = vowels[syllable % (sizeof vowels - 1)];
		n /= N_SYLLABLES;
	} while (n > 0 || len < 4);
	out[len] = '\0';
}

static void put_word(struct rng *r, uint32_t vocabulary, struct bq_buf *out)
{
	char word[DOCGEN_WORD_MAX];

	docgen_word((uint32_t)rng_skewed(r, vocabulary), word);
	if (rng_one_in(r, 8))
		word[0] = (char)toupper(word[0]);
	else if (rng_one_in(r, 40))
		for (char *c = word; *c != '\0'; c++)
			*c = (char)toupper(*c);
	bq_buf_put_span(out, bq_span_of(word));
}

void docgen_text(struct rng *r, uint32_t n_words, uint32_t vocabulary, struct bq_buf *out)
{
	static const char *const rare[] = { "-", ", ", ". ", "\n", "\r\n", "\n\n", "  ", "\t", " \"", "' ", " (", ") ",
		"_", "\xe2\x80\x94", "\xc2\xa0", "/" };

	for (uint32_t i = 0; i < n_words; i++) {
		put_word(r, vocabulary, out);
		bq_buf_put_span(out, bq_span_of(rng_one_in(r, 5) ? rare[rng_below(r, sizeof rare / sizeof *rare)] :
			" "));
	}
}

void docgen_query(struct rng *r, uint32_t n_words, uint32_t vocabulary, struct bq_buf *out)
{
	for (uint32_t i = 0; i < n_words; i++) {
		if (i > 0)
			bq_buf_put_u8(out, ' ');
		put_word(r, vocabulary, out);
	}
}
