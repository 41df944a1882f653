/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * BQP/1: what daemon and client must agree on.  daemon/PROTOCOL.md is the
 * document.  Header only; constants and tables, no code of either side.
 */
#ifndef BQ_PROTO_H
#define BQ_PROTO_H

#define BQ_VERSION_STRING "0.1.0"
#define BQP_VERSION       1

#define BQP_MAX_REQUEST     65536u   /* bytes of a request line, LF not counted */
#define BQP_MAX_REPLY       262144u  /* bytes of a reply line with its LF */
#define BQP_MAX_ID          32u
#define BQP_MAX_INFLIGHT    32u      /* tagged requests of a connection; also untagged lines waiting */
#define BQP_MAX_CONNECTIONS 256u     /* default of --max-connections */
#define BQP_MAX_OUTPUT      1048576u /* bytes held for a slow reader before its requests wait */
#define BQP_LINE_SECONDS    10       /* a started line must be complete within */
#define BQP_STALL_SECONDS   30       /* without progress of a waiting reader: closed */
#define BQP_DEFAULT_TIMEOUT_MS 1000
#define BQP_MAX_TITLE       1024u
#define BQP_MAX_SNIP        2048u
#define BQP_MAX_TEXT_LINE   32768u
#define BQP_MAX_HITS        100u     /* @hits */
#define BQP_MAX_CTX         20u      /* @ctx */

/* X(name, code, status): every error code of the protocol. */
#define BQP_ERRORS(X)                                      \
	X(BAD_REQUEST, "bad_request", 400)                 \
	X(UNKNOWN_OPTION, "unknown_option", 400)           \
	X(BAD_QUERY, "bad_query", 400)                     \
	X(FORBIDDEN, "forbidden", 403)                     \
	X(NOT_FOUND, "not_found", 404)                     \
	X(GONE, "gone", 404)                               \
	X(DEADLINE, "deadline", 408)                       \
	X(DUP_ID, "dup_id", 409)                           \
	X(GEN_GONE, "gen_gone", 410)                       \
	X(LINE_TOO_LONG, "line_too_long", 413)             \
	X(QUERY_TOO_COMPLEX, "query_too_complex", 422)     \
	X(TOO_MANY_INFLIGHT, "too_many_inflight", 429)     \
	X(CANCELLED, "cancelled", 499)                     \
	X(SUPERSEDED, "superseded", 499)                   \
	X(INTERNAL, "internal", 500)                       \
	X(UNKNOWN_VERB, "unknown_verb", 501)               \
	X(UNAVAILABLE, "unavailable", 503)                 \
	X(SHUTTING_DOWN, "shutting_down", 503)             \
	X(UNSUPPORTED_PROTO, "unsupported_proto", 505)

#endif
