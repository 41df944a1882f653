/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What clients hold of an answer and may bring back: opaque to them, hostile
 * to us.
 *
 *   document   g17.0123456789abcdef.3.4711         generation, its uid, leaf, document
 *   cursor     0123456789abcdef,0123..cdef.INNER   the uids searched, the query's own cursor
 *              0123456789abcdef,0123..cdef-INNER   the same, and an index was missing
 *
 * A uid is a hash over a generation's MANIFEST and the name it is served
 * under, so a token never means another document, not even after the index
 * was removed and built again or the daemon was restarted.
 */
#ifndef SERVER_DOC_TOKEN_H
#define SERVER_DOC_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/buf.h>
#include <bq/span.h>

#define DOC_TOKEN_BYTES 80 /* room for any token with its NUL */

struct doc_token {
	uint64_t gen, uid;
	uint32_t leaf, doc;
};

/* The token as text in `out`. */
void doc_token_format(const struct doc_token *t, char out[DOC_TOKEN_BYTES]);

/* False if `s` is no token.  Says nothing about whether it names a document. */
bool doc_token_parse(struct bq_span s, struct doc_token *out);

/* Take a uid off the front of a cursor and the byte behind it, which is ',' when
 * another follows, and '.' or '-' when what is left is the query's own cursor.
 * False when it is no cursor. */
bool doc_token_take_uid(struct bq_span *rest, uint64_t *uid, char *behind);

/* A uid as its 16 digits. */
void doc_token_put_uid(struct bq_buf *out, uint64_t uid);

#endif
