/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * xapian-c: libxapian for C programs.
 *
 * Opaque objects, plain functions, no exceptions: whatever Xapian throws is
 * caught at the boundary and comes back as a number < 0, with Xapian's own
 * type and message in a struct xapian_c_error.
 *
 *   struct xapian_c_stemmer *s;
 *   struct xapian_c_error err;
 *   char stem[64];
 *   size_t len;
 *
 *   if (xapian_c_stemmer_new("english", &s, &err) < 0)
 *           die("%s: %s", err.type, err.msg);
 *   if (xapian_c_stemmer_stem(s, "sharing", 7, stem, sizeof stem, &len, &err) == 0)
 *           puts(stem);                                  // "share"
 *   xapian_c_stemmer_free(s);
 *
 * Rules for all of it
 * - 0 is fine, < 0 is one of enum xapian_c_status.  `err` may be NULL.
 * - Text that comes back is copied into the caller's buffer (`out`, `size`
 *   bytes) with a NUL behind it; its length without the NUL goes to `*len`,
 *   which may be NULL.  Where it does not fit, the result is XAPIAN_C_ETOOLONG,
 *   `out` holds nothing but a NUL (if size > 0) and `*len` the length there is.
 * - What x_new() gave is **owned** by the caller and given back to x_free(),
 *   which accepts NULL.
 * - One object belongs to one thread at a time; different objects do not
 *   share anything.
 */
#ifndef XAPIAN_C_H
#define XAPIAN_C_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#define XAPIAN_C_NOEXCEPT noexcept
#else
#define XAPIAN_C_NOEXCEPT
#endif

/* ---- errors -------------------------------------------------------------- */

enum xapian_c_status {
	XAPIAN_C_OK = 0,
	XAPIAN_C_EARGUMENT = -1, /* Xapian::InvalidArgumentError: a name or number it does not know */
	XAPIAN_C_ENOMEM = -2,    /* std::bad_alloc */
	XAPIAN_C_ETOOLONG = -3,  /* the result does not fit the caller's buffer */
	XAPIAN_C_EXAPIAN = -4,   /* any other Xapian::Error; `type` says which */
	XAPIAN_C_EUNKNOWN = -5,  /* an exception of neither Xapian nor memory */
};

#define XAPIAN_C_TYPE_MAX 48
#define XAPIAN_C_MSG_MAX  256

/* Why something failed; both strings are NUL-terminated, cut where too long. */
struct xapian_c_error {
	int status;                   /* as returned */
	char type[XAPIAN_C_TYPE_MAX]; /* "InvalidArgumentError", "std::bad_alloc", .. */
	char msg[XAPIAN_C_MSG_MAX];   /* for people */
};

/* ---- version -------------------------------------------------------------- */

/* The version of the library that is running, e.g. "1.4.22"; lives as long as
 * the program. */
const char *xapian_c_version(void) XAPIAN_C_NOEXCEPT;

/* The same as numbers: 1, 4, 22. */
void xapian_c_version_numbers(int *major, int *minor, int *revision) XAPIAN_C_NOEXCEPT;

/* ---- stemmers -------------------------------------------------------------- */

struct xapian_c_stemmer;

/* A stemmer for a language by its English name or ISO 639 code ("english",
 * "en", ..); "none" and "" give one that changes nothing.
 * XAPIAN_C_EARGUMENT for a language this library does not have. */
int xapian_c_stemmer_new(
	const char *language, struct xapian_c_stemmer **out, struct xapian_c_error *err) XAPIAN_C_NOEXCEPT;

/* Release a stemmer.  NULL is fine. */
void xapian_c_stemmer_free(struct xapian_c_stemmer *s) XAPIAN_C_NOEXCEPT;

/* Whether `s` changes nothing. */
bool xapian_c_stemmer_is_none(const struct xapian_c_stemmer *s) XAPIAN_C_NOEXCEPT;

/* The stem of `word` (`word_len` bytes of UTF-8, lower case), copied into
 * `out`.  A stem is rarely longer than its word: word_len + 16 bytes do. */
int xapian_c_stemmer_stem(const struct xapian_c_stemmer *s, const char *word, size_t word_len, char *out, size_t size,
	size_t *len, struct xapian_c_error *err) XAPIAN_C_NOEXCEPT;

/* The English names of all languages that have a stemmer, with a blank between,
 * copied into `out`.  "none" and the codes are not among them. */
int xapian_c_stemmer_languages(char *out, size_t size, size_t *len, struct xapian_c_error *err) XAPIAN_C_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
