/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Stemmers and stop words.
 *
 *   struct xapian_c_stemmer *s;
 *   char stem[64];
 *
 *   if (xapian_c_stemmer_new("english", &s, &err) < 0)
 *           die("%s: %s", err.type, err.msg);
 *   if (xapian_c_stemmer_stem(s, "sharing", 7, stem, sizeof stem, &len, &err) == 0)
 *           puts(stem);                                  // "share"
 *   xapian_c_stemmer_free(s);
 */
#ifndef XAPIAN_C_STEMMER_H
#define XAPIAN_C_STEMMER_H

#include <xapian-c/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct xapian_c_stemmer;
struct xapian_c_stopper;

/* A stemmer for a language by its English name or ISO 639 code ("english",
 * "en", ..); "none" and "" give one that changes nothing.
 * XAPIAN_C_EARGUMENT for a language this library does not have. */
int xapian_c_stemmer_new(
	const char *language, struct xapian_c_stemmer **out, struct xapian_c_error *err) XAPIAN_C_API;

/* Release a stemmer.  NULL is fine. */
void xapian_c_stemmer_free(struct xapian_c_stemmer *s) XAPIAN_C_API;

/* Whether `s` changes nothing. */
bool xapian_c_stemmer_is_none(const struct xapian_c_stemmer *s) XAPIAN_C_API;

/* The stem of `word` (`word_len` bytes of UTF-8, lower case), copied into
 * `out`.  A stem is rarely longer than its word: word_len + 16 bytes do. */
int xapian_c_stemmer_stem(const struct xapian_c_stemmer *s, const char *word, size_t word_len, char *out, size_t size,
	size_t *len, struct xapian_c_error *err) XAPIAN_C_API;

/* The English names of all languages that have a stemmer, with a blank between,
 * copied into `out`.  "none" and the codes are not among them. */
int xapian_c_stemmer_languages(char *out, size_t size, size_t *len, struct xapian_c_error *err) XAPIAN_C_API;

/* An empty set of stop words, for parsers and term generators. */
int xapian_c_stopper_new(struct xapian_c_stopper **out, struct xapian_c_error *err) XAPIAN_C_API;

/* Release the set.  What was given it has its own copy.  NULL is fine. */
void xapian_c_stopper_free(struct xapian_c_stopper *s) XAPIAN_C_API;

/* One word more; those who were given the set before do not see it. */
int xapian_c_stopper_add(
	struct xapian_c_stopper *s, struct xapian_c_bytes word, struct xapian_c_error *err) XAPIAN_C_API;

#ifdef __cplusplus
}
#endif

#endif
