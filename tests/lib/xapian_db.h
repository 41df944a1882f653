/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Xapian databases of a test, made through xapian-c.  Failures end the test
 * with Xapian's message.
 */
#ifndef BQ_TESTS_XAPIAN_DB_H
#define BQ_TESTS_XAPIAN_DB_H

#include <xapian-c.h>

/* Fail the test unless `rc` is XAPIAN_C_OK; `err` is what the call filled. */
void xapian_ok(int rc, const struct xapian_c_error *err);

/* Make a database at `path`, or replace what is there: one document a text, document i + 1 of
 * texts[i].  English stems and words with positions, the text as data, the number i as
 * value 0, "even" or "odd" as value 1, the term Qi. */
void xapian_db_write(const char *path, const char *const *texts, unsigned n);

/* Add one such document, number `i`. */
void xapian_db_add(struct xapian_c_writer *w, const char *text, unsigned i);

/* Open it. **owned** */
struct xapian_c_database *xapian_db_open(const char *path);

#endif
