/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/lang.h"

#include <stdio.h>
#include <string.h>

#include <bq/text.h>

/* Lucene's EnglishAnalyzer. */
#define ENGLISH_STOPWORDS                                                                                              \
	"a an and are as at be but by for if in into is it no not of on or such that the their then there these "      \
	"they this to was will with"

/* Stemmers of Xapian 1.4, then those that came later: a library without them
 * says so when the stemmer is made. */
static const struct lang langs[] = {
	{ LANG_NONE, "none", "" },
	{ "ar", "arabic", "" },
	{ "ca", "catalan", "" },
	{ "da", "danish", "" },
	{ "de", "german", "" },
	{ "en", "english", ENGLISH_STOPWORDS },
	{ "es", "spanish", "" },
	{ "eu", "basque", "" },
	{ "fi", "finnish", "" },
	{ "fr", "french", "" },
	{ "ga", "irish", "" },
	{ "hu", "hungarian", "" },
	{ "hy", "armenian", "" },
	{ "id", "indonesian", "" },
	{ "it", "italian", "" },
	{ "lt", "lithuanian", "" },
	{ "ne", "nepali", "" },
	{ "nl", "dutch", "" },
	{ "no", "norwegian", "" },
	{ "pt", "portuguese", "" },
	{ "ro", "romanian", "" },
	{ "ru", "russian", "" },
	{ "sv", "swedish", "" },
	{ "ta", "tamil", "" },
	{ "tr", "turkish", "" },
	/* other rules for a language above; they have no code */
	{ "earlyenglish", "earlyenglish", ENGLISH_STOPWORDS },
	{ "german2", "german2", "" },
	{ "kraaij_pohlmann", "kraaij_pohlmann", "" },
	{ "lovins", "lovins", ENGLISH_STOPWORDS },
	{ "porter", "porter", ENGLISH_STOPWORDS },
	/* Xapian 2.0 */
	{ "el", "greek", "" },
	{ "eo", "esperanto", "" },
	{ "et", "estonian", "" },
	{ "hi", "hindi", "" },
	{ "pl", "polish", "" },
	{ "sr", "serbian", "" },
	{ "yi", "yiddish", "" },
};

/* Both written standards share the Norwegian stemmer. */
static const struct {
	const char *alias, *code;
} aliases[] = { { "nb", "no" }, { "nn", "no" } };

enum { N_LANGS = sizeof langs / sizeof langs[0], N_ALIASES = sizeof aliases / sizeof aliases[0] };

const struct lang *lang_find(const char *name)
{
	for (size_t i = 0; i < N_ALIASES; i++)
		if (strcmp(name, aliases[i].alias) == 0)
			name = aliases[i].code;
	for (size_t i = 0; i < N_LANGS; i++)
		if (strcmp(name, langs[i].code) == 0 || strcmp(name, langs[i].name) == 0)
			return &langs[i];
	return NULL;
}

void lang_format_all(char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < N_LANGS; i++) {
		size_t n = strlen(langs[i].code);
		if (at + n + 2 > size)
			return;
		at += (size_t)snprintf(out + at, size - at, "%s%s", at == 0 ? "" : " ", langs[i].code);
	}
}
