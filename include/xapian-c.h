/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * xapian-c: libxapian for C programs.
 *
 * Opaque objects, plain functions, no exceptions: whatever Xapian throws is
 * caught at the boundary and comes back as a number < 0, with Xapian's own
 * type and message in a struct xapian_c_error.
 *
 *   struct xapian_c_database *db;
 *   struct xapian_c_query *q;
 *   struct xapian_c_enquire *e;
 *   struct xapian_c_mset *m;
 *   struct xapian_c_hit hits[10];
 *   struct xapian_c_error err;
 *
 *   if (xapian_c_database_open("mail.db", 0, &db, &err) < 0)
 *           die("%s: %s", err.type, err.msg);
 *   xapian_c_query_term(xapian_c_str("share"), 1, 0, &q, &err);
 *   xapian_c_enquire_new(db, &e, &err);
 *   xapian_c_enquire_set_query(e, q, 0, &err);
 *   xapian_c_enquire_search(e, 0, 10, 0, &m, &err);
 *   int n = xapian_c_mset_read(m, 0, hits, 10, &err);
 *
 * Whole programs: indexer/xapian/examples/.
 *
 * Rules for all of it
 * - 0 is fine, < 0 is one of enum xapian_c_status; functions that read give
 *   how many there were, 0 at the end.  `err` may be NULL.  An out parameter
 *   of a function that failed is NULL or untouched.
 * - After XAPIAN_C_ENOMEM from something that reads a database, the database and
 *   what was made of it are good for freeing only: libxapian may have stopped half-way.
 * - What x_new(), x_open() and the like gave is **owned** by the caller and
 *   given back to x_free(), which accepts NULL.
 * - Objects keep alive what they were made of: a database may be freed before
 *   an enquire or a list over it.
 * - Text that comes back in a struct xapian_c_bytes **lives in** the object it
 *   was asked from, until the next call that gives text from it, or its free.
 *   Text of functions with `out`, `size` is copied into the caller's buffer with
 *   a NUL behind it; its length without the NUL goes to `*len`, which may be
 *   NULL.  Where it does not fit, the result is XAPIAN_C_ETOOLONG, `out` holds
 *   nothing but a NUL (if size > 0) and `*len` the length there is.
 * - A term is at most XAPIAN_C_TERM_MAX bytes; a NUL in it counts twice.  Document, position
 *   and value numbers are 32 bits; document numbers start at 1.
 *
 * Threads
 * - An object belongs to one thread at a time, and so does everything that was
 *   made of the same objects: a database with its lists, documents, enquires
 *   and match sets; a query with those it was combined from; a stemmer with
 *   the parsers that were given it.  Xapian counts their references without
 *   locks.  Freeing counts, too.
 * - Objects that have nothing in common may be used at the same time by
 *   different threads.  For parallel searches open the database once a
 *   thread; a query travels with xapian_c_query_serialise().
 * - A whole family of objects may be handed to another thread where something
 *   orders the two (a lock, a join).
 * - xapian_c_database_open_prog() and xapian_c_writer_open_prog() fork: open those
 *   from one thread only.
 *   Remote databases write to sockets and pipes: ignore SIGPIPE.
 */
#ifndef XAPIAN_C_H
#define XAPIAN_C_H

#include <xapian-c/base.h>
#include <xapian-c/database.h>
#include <xapian-c/document.h>
#include <xapian-c/enquire.h>
#include <xapian-c/feedback.h>
#include <xapian-c/list.h>
#include <xapian-c/mset.h>
#include <xapian-c/parser.h>
#include <xapian-c/query.h>
#include <xapian-c/stemmer.h>
#include <xapian-c/termgen.h>
#include <xapian-c/writer.h>

#endif
