/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What all of xapian-c uses: errors, text, the version.  The rules are in
 * xapian-c.h.
 */
#ifndef XAPIAN_C_BASE_H
#define XAPIAN_C_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#define XAPIAN_C_NOEXCEPT noexcept
#else
#define XAPIAN_C_NOEXCEPT
#endif

/* Behind every function of the interface, and nothing else: what the shared library exports. */
#ifdef __GNUC__
#define XAPIAN_C_API XAPIAN_C_NOEXCEPT __attribute__((visibility("default")))
#else
#define XAPIAN_C_API XAPIAN_C_NOEXCEPT
#endif

/* ---- errors -------------------------------------------------------------- */

enum xapian_c_status {
	XAPIAN_C_OK = 0,
	XAPIAN_C_EARGUMENT = -1,       /* Xapian::InvalidArgumentError: a name or number it does not know */
	XAPIAN_C_ENOMEM = -2,          /* std::bad_alloc */
	XAPIAN_C_ETOOLONG = -3,        /* the result does not fit the caller's buffer */
	XAPIAN_C_EXAPIAN = -4,         /* any Xapian::Error without a number here; `type` says which */
	XAPIAN_C_EUNKNOWN = -5,        /* an exception of neither Xapian nor memory */
	XAPIAN_C_EOPERATION = -6,      /* InvalidOperationError: not on this object in this state */
	XAPIAN_C_EUNIMPLEMENTED = -7,  /* UnimplementedError: not by this kind of database */
	XAPIAN_C_EDATABASE = -8,       /* DatabaseError */
	XAPIAN_C_ECORRUPT = -9,        /* DatabaseCorruptError */
	XAPIAN_C_ECREATE = -10,        /* DatabaseCreateError */
	XAPIAN_C_ELOCK = -11,          /* DatabaseLockError: another writer has it */
	XAPIAN_C_EMODIFIED = -12,      /* DatabaseModifiedError: reopen, then start again */
	XAPIAN_C_EOPENING = -13,       /* DatabaseOpeningError */
	XAPIAN_C_EVERSION = -14,       /* DatabaseVersionError: written by another format version */
	XAPIAN_C_ENOTFOUND = -15,      /* DatabaseNotFoundError: no database there */
	XAPIAN_C_ECLOSED = -16,        /* DatabaseClosedError: used after close */
	XAPIAN_C_ENODOC = -17,         /* DocNotFoundError */
	XAPIAN_C_EFEATURE = -18,       /* FeatureUnavailableError */
	XAPIAN_C_EINTERNAL = -19,      /* InternalError */
	XAPIAN_C_ENETWORK = -20,       /* NetworkError */
	XAPIAN_C_ETIMEOUT = -21,       /* NetworkTimeoutError */
	XAPIAN_C_EPARSE = -22,         /* QueryParserError */
	XAPIAN_C_ESERIALISATION = -23, /* SerialisationError */
	XAPIAN_C_ERANGE = -24,         /* RangeError */
	XAPIAN_C_EWILDCARD = -25,      /* WildcardError: it stands for more terms than allowed */
	XAPIAN_C_EASSERTION = -26,     /* AssertionError */
};

#define XAPIAN_C_TYPE_MAX 48
#define XAPIAN_C_MSG_MAX  256

/* Why something failed; both strings are NUL-terminated, cut where too long. */
struct xapian_c_error {
	int status;                   /* as returned */
	int system;                   /* the errno Xapian named as the cause; 0 if it named none */
	char type[XAPIAN_C_TYPE_MAX]; /* "InvalidArgumentError", "std::bad_alloc", .. */
	char msg[XAPIAN_C_MSG_MAX];   /* for people: message, context, what the system said */
};

/* ---- text ----------------------------------------------------------------- */

/* Bytes somewhere else: terms, values and data may hold any, NUL too.  `ptr`
 * may be NULL where `len` is 0. */
struct xapian_c_bytes {
	const char *ptr;
	size_t len;
};

/* The bytes of a string without its NUL; **borrowed** from it. */
static inline struct xapian_c_bytes xapian_c_str(const char *s)
{
	struct xapian_c_bytes b = { s, strlen(s) };

	return b;
}

/* A term to be written is at most so many bytes, a NUL in it counted twice. */
#define XAPIAN_C_TERM_MAX 245

/* ---- version -------------------------------------------------------------- */

/* The version of the library that is running, e.g. "1.4.22"; lives as long as
 * the program. */
const char *xapian_c_version(void) XAPIAN_C_API;

/* The same as numbers: 1, 4, 22. */
void xapian_c_version_numbers(int *major, int *minor, int *revision) XAPIAN_C_API;

#ifdef __cplusplus
}
#endif

#endif
