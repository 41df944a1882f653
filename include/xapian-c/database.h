/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Databases to read: opening, several as one, what they know as a whole.
 *
 * A reader sees the revision of the time it was opened.  A writer may commit
 * once beside it; after that what it still needs may be overwritten, and calls
 * fail with XAPIAN_C_EMODIFIED: xapian_c_database_reopen(), then start again.
 */
#ifndef XAPIAN_C_DATABASE_H
#define XAPIAN_C_DATABASE_H

#include <xapian-c/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct xapian_c_database;
struct xapian_c_document;

/* ---- opening --------------------------------------------------------------- */

/* What a path is; 0 finds out. */
enum xapian_c_backend {
	XAPIAN_C_BACKEND_AUTO = 0,
	XAPIAN_C_BACKEND_GLASS = 0x100,
	XAPIAN_C_BACKEND_STUB = 0x300,     /* a text file that names databases */
	XAPIAN_C_BACKEND_INMEMORY = 0x400, /* for writers: no files at all */
};

/* Open a directory, a single-file database or a stub file.  `backend` is one
 * of the above.  XAPIAN_C_ENOTFOUND, XAPIAN_C_EOPENING, XAPIAN_C_EVERSION,
 * XAPIAN_C_ECORRUPT.  Only files you trust: on damaged ones libxapian 1.4 may read
 * what is not there or never end, without an exception; xapian_c_database_open_prog()
 * keeps that in another process. */
int xapian_c_database_open(const char *path, int backend, struct xapian_c_database **out,
	struct xapian_c_error *err) XAPIAN_C_API;

/* What a remote database waits for, in milliseconds; 0 waits for ever. */
struct xapian_c_timeouts {
	uint32_t connect;
	uint32_t operation; /* each exchange with the server */
};

/* Open what xapian-tcpsrv serves at host:port.  NULL for `t` is 10 seconds
 * each.  XAPIAN_C_ENETWORK, XAPIAN_C_ETIMEOUT; also from any later use: then
 * free it and open again. */
int xapian_c_database_open_tcp(const char *host, uint16_t port, const struct xapian_c_timeouts *t,
	struct xapian_c_database **out, struct xapian_c_error *err) XAPIAN_C_API;

/* Open what `program args` serves on its standard input and output: "ssh",
 * "host xapian-progsrv /db".  `args` is split at blanks.  Forks. */
int xapian_c_database_open_prog(const char *program, const char *args, uint32_t timeout_ms,
	struct xapian_c_database **out, struct xapian_c_error *err) XAPIAN_C_API;

/* A database of no databases, to add some. */
int xapian_c_database_new(struct xapian_c_database **out, struct xapian_c_error *err) XAPIAN_C_API;

/* Search `other` together with `db`: document d of the i-th of n databases
 * becomes (d - 1) * n + i + 1.  XAPIAN_C_EARGUMENT if they are the same. */
int xapian_c_database_add(struct xapian_c_database *db, const struct xapian_c_database *other,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Go to the newest revision; *changed (may be NULL) says whether there was a
 * newer one. */
int xapian_c_database_reopen(
	struct xapian_c_database *db, bool *changed, struct xapian_c_error *err) XAPIAN_C_API;

/* Give back its files now, although lists and documents still refer to it:
 * what they need from then on fails with XAPIAN_C_ECLOSED, and so does every
 * use of `db` but closing it again. */
int xapian_c_database_close(struct xapian_c_database *db, struct xapian_c_error *err) XAPIAN_C_API;

/* Tell remote servers that the client still lives. */
int xapian_c_database_keep_alive(struct xapian_c_database *db, struct xapian_c_error *err) XAPIAN_C_API;

/* Release it.  NULL is fine. */
void xapian_c_database_free(struct xapian_c_database *db) XAPIAN_C_API;

/* ---- as a whole ------------------------------------------------------------- */

struct xapian_c_database_counts {
	uint32_t documents;
	uint32_t last_id;          /* the largest document number ever used */
	uint64_t total_length;     /* of all documents */
	double average_length;     /* 0 without documents */
	uint32_t shortest, longest; /* bounds of the lengths, without empty documents */
	uint32_t shards;           /* databases in it */
	bool has_positions;
};

/* Count it. */
int xapian_c_database_count(const struct xapian_c_database *db, struct xapian_c_database_counts *out,
	struct xapian_c_error *err) XAPIAN_C_API;

/* The UUID, "" if it has none; several with ':' between. */
int xapian_c_database_uuid(
	struct xapian_c_database *db, struct xapian_c_bytes *out, struct xapian_c_error *err) XAPIAN_C_API;

/* The revision, which grows with each commit.  XAPIAN_C_EOPERATION unless it is
 * one local database. */
int xapian_c_database_revision(
	const struct xapian_c_database *db, uint64_t *out, struct xapian_c_error *err) XAPIAN_C_API;

/* Whether a writer has it locked. */
int xapian_c_database_locked(
	const struct xapian_c_database *db, bool *out, struct xapian_c_error *err) XAPIAN_C_API;

/* ---- terms, values, documents ------------------------------------------------- */

struct xapian_c_term_counts {
	uint32_t documents;   /* 0 if there is no such term */
	uint64_t occurrences;
	uint32_t most;        /* no document has it more often */
};

/* Count a term. */
int xapian_c_database_count_term(const struct xapian_c_database *db, struct xapian_c_bytes term,
	struct xapian_c_term_counts *out, struct xapian_c_error *err) XAPIAN_C_API;

/* How many documents have a value in `slot`. */
int xapian_c_database_count_value(const struct xapian_c_database *db, uint32_t slot, uint32_t *out,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Bounds of the values in `slot`; both live in `db`, "" if there are none. */
int xapian_c_database_value_bounds(struct xapian_c_database *db, uint32_t slot, struct xapian_c_bytes *lower,
	struct xapian_c_bytes *upper, struct xapian_c_error *err) XAPIAN_C_API;

/* The length of a document, the sum of its terms' counts.  XAPIAN_C_ENODOC. */
int xapian_c_database_document_length(const struct xapian_c_database *db, uint32_t docid, uint32_t *out,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Document number `docid`.  XAPIAN_C_ENODOC. */
int xapian_c_database_document(const struct xapian_c_database *db, uint32_t docid, struct xapian_c_document **out,
	struct xapian_c_error *err) XAPIAN_C_API;

/* The metadata of `key`, "" if there is none; of the first database of
 * several.  XAPIAN_C_EARGUMENT for an empty key. */
int xapian_c_database_metadata(struct xapian_c_database *db, struct xapian_c_bytes key, struct xapian_c_bytes *out,
	struct xapian_c_error *err) XAPIAN_C_API;

/* The spelling suggested for `word` within `edits` edits, "" if there is
 * none.  Needs words given to xapian_c_writer_add_spelling(); not over remote
 * databases. */
int xapian_c_database_suggest(struct xapian_c_database *db, struct xapian_c_bytes word, uint32_t edits,
	struct xapian_c_bytes *out, struct xapian_c_error *err) XAPIAN_C_API;

/* ---- upkeep -------------------------------------------------------------------- */

enum xapian_c_compaction {
	XAPIAN_C_COMPACT_STANDARD = 0,     /* do not split items needlessly */
	XAPIAN_C_COMPACT_FULL = 1,         /* split where it saves room */
	XAPIAN_C_COMPACT_FULLER = 2,       /* more room saved; not for databases to be changed */
	XAPIAN_C_COMPACT_KEEP_NUMBERS = 4, /* document numbers stay; they must not overlap */
	XAPIAN_C_COMPACT_MULTIPASS = 8,    /* faster for more than three databases, needs more room */
	XAPIAN_C_COMPACT_ONE_FILE = 16,    /* a single file instead of a directory */
};

/* Write `db`, one database or several, as one compact database to `path`.  One
 * of the first three flags, and any of the others; `block_size` is a power of two from
 * 2048 to 65536, or 0: 8192. */
int xapian_c_database_compact(struct xapian_c_database *db, const char *path, unsigned flags, uint32_t block_size,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Check every block of the database at `path`; *errors is how many errors
 * there are.  It reads as trustingly as the rest.  The result says whether checking was possible. */
int xapian_c_database_check(const char *path, uint64_t *errors, struct xapian_c_error *err) XAPIAN_C_API;

#ifdef __cplusplus
}
#endif

#endif
