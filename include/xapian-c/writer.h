/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Databases to write.  One writer at a time has a database; what it changed is
 * seen by readers after xapian_c_writer_commit().
 */
#ifndef XAPIAN_C_WRITER_H
#define XAPIAN_C_WRITER_H

#include <xapian-c/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct xapian_c_database;
struct xapian_c_document;
struct xapian_c_timeouts;
struct xapian_c_writer;

enum xapian_c_writing {
	XAPIAN_C_WRITE_CREATE_OR_OPEN = 0,
	XAPIAN_C_WRITE_CREATE_OR_OVERWRITE = 1,
	XAPIAN_C_WRITE_CREATE = 2,     /* XAPIAN_C_ECREATE if it is there */
	XAPIAN_C_WRITE_OPEN = 3,       /* XAPIAN_C_ENOTFOUND if it is not */
	XAPIAN_C_WRITE_NO_SYNC = 4,    /* a crash of the machine may damage it */
	XAPIAN_C_WRITE_FULL_SYNC = 8,
	XAPIAN_C_WRITE_DANGEROUS = 16, /* in place; a crash of the program damages it, readers must not be there */
	XAPIAN_C_WRITE_NO_TERMLIST = 32,
	XAPIAN_C_WRITE_RETRY_LOCK = 64, /* wait for another writer */
};

/* Open for writing; `flags` is one of the first four, any of the others and an
 * enum xapian_c_backend.  XAPIAN_C_ELOCK while another writer has it. */
int xapian_c_writer_open(const char *path, int flags, struct xapian_c_writer **out,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Write to what xapian-tcpsrv --writable serves, a database that is there; as
 * xapian_c_database_open_tcp(), but NULL never times out on an operation.
 * Whoever reaches that port may write.  XAPIAN_C_ELOCK while another writer has
 * it, XAPIAN_C_EOPERATION from a server that may not write. */
int xapian_c_writer_open_tcp(const char *host, uint16_t port, const struct xapian_c_timeouts *t,
	struct xapian_c_writer **out, struct xapian_c_error *err) XAPIAN_C_API;

/* Write to what `program args` serves on its standard input and output:
 * "xapian-progsrv", "--writable /db"; as xapian_c_database_open_prog(), errors as
 * of xapian_c_writer_open_tcp().  0 ms never times out on an operation.  Forks. */
int xapian_c_writer_open_prog(const char *program, const char *args, uint32_t timeout_ms,
	struct xapian_c_writer **out, struct xapian_c_error *err) XAPIAN_C_API;

/* Release it.  What was not committed is committed if that is possible; commit
 * yourself to know.  NULL is fine. */
void xapian_c_writer_free(struct xapian_c_writer *w) XAPIAN_C_API;

/* Commit and give back files and lock; anything after that fails with
 * XAPIAN_C_ECLOSED, but for closing again. */
int xapian_c_writer_close(struct xapian_c_writer *w, struct xapian_c_error *err) XAPIAN_C_API;

/* The same database for reading; it sees what is not yet committed.  Lives in
 * `w`: do not free it. */
struct xapian_c_database *xapian_c_writer_database(struct xapian_c_writer *w) XAPIAN_C_API;

/* ---- documents ------------------------------------------------------------------ */

/* Add a document; *docid (may be NULL) is its number.  `d` may be used again. */
int xapian_c_writer_add(struct xapian_c_writer *w, const struct xapian_c_document *d, uint32_t *docid,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Put `d` in the place of document `docid`, or there if there was none. */
int xapian_c_writer_replace(struct xapian_c_writer *w, uint32_t docid, const struct xapian_c_document *d,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Put `d` in the place of all documents with `term`, or add it if there are
 * none.  `d` should have the term itself. */
int xapian_c_writer_replace_term(struct xapian_c_writer *w, struct xapian_c_bytes term,
	const struct xapian_c_document *d, uint32_t *docid, struct xapian_c_error *err) XAPIAN_C_API;

/* Remove document `docid`.  XAPIAN_C_ENODOC. */
int xapian_c_writer_delete(struct xapian_c_writer *w, uint32_t docid, struct xapian_c_error *err) XAPIAN_C_API;

/* Remove all documents with `term`; none is fine. */
int xapian_c_writer_delete_term(
	struct xapian_c_writer *w, struct xapian_c_bytes term, struct xapian_c_error *err) XAPIAN_C_API;

/* ---- when it counts ---------------------------------------------------------------- */

/* Make all changes visible to readers, and durable. */
int xapian_c_writer_commit(struct xapian_c_writer *w, struct xapian_c_error *err) XAPIAN_C_API;

/* Begin changes that count together or not at all.  `flushed` commits what
 * was before, and them at their end.  XAPIAN_C_EOPERATION inside another. */
int xapian_c_writer_begin(struct xapian_c_writer *w, bool flushed, struct xapian_c_error *err) XAPIAN_C_API;

/* End them: they count.  XAPIAN_C_EOPERATION without a begin. */
int xapian_c_writer_end(struct xapian_c_writer *w, struct xapian_c_error *err) XAPIAN_C_API;

/* End them: they never were.  Also what was before an unflushed begin and not
 * yet committed stays.  XAPIAN_C_EOPERATION without a begin. */
int xapian_c_writer_cancel(struct xapian_c_writer *w, struct xapian_c_error *err) XAPIAN_C_API;

/* ---- beside the documents ------------------------------------------------------------ */

/* Keep `value` under `key`; an empty value removes it. */
int xapian_c_writer_set_metadata(struct xapian_c_writer *w, struct xapian_c_bytes key, struct xapian_c_bytes value,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Make `word` a target of spelling suggestions, `times` times.
 * XAPIAN_C_EARGUMENT over XAPIAN_C_TERM_MAX. */
int xapian_c_writer_add_spelling(struct xapian_c_writer *w, struct xapian_c_bytes word, uint32_t times,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Take that back. */
int xapian_c_writer_remove_spelling(struct xapian_c_writer *w, struct xapian_c_bytes word, uint32_t times,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Make `synonym` one of `term`.  XAPIAN_C_EARGUMENT over XAPIAN_C_TERM_MAX. */
int xapian_c_writer_add_synonym(struct xapian_c_writer *w, struct xapian_c_bytes term, struct xapian_c_bytes synonym,
	struct xapian_c_error *err) XAPIAN_C_API;

/* Take that back. */
int xapian_c_writer_remove_synonym(struct xapian_c_writer *w, struct xapian_c_bytes term,
	struct xapian_c_bytes synonym, struct xapian_c_error *err) XAPIAN_C_API;

#ifdef __cplusplus
}
#endif

#endif
