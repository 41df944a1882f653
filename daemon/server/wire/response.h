/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reply lines: `tag KIND {json}` LF.
 *
 *   response_begin(r, "HIT");          #7 HIT {
 *   response_put_u64(r, "r", 1);       #7 HIT {"r":1
 *   response_put_str(r, "path", p);    #7 HIT {"r":1,"path":"/x"
 *   response_end(r);                   #7 HIT {"r":1,"path":"/x"}\n
 *
 * The one place that writes lines, so the one that keeps two promises: no line
 * is longer than BQP_MAX_REPLY, and after a terminal line nothing follows.
 */
#ifndef SERVER_RESPONSE_H
#define SERVER_RESPONSE_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/buf.h>
#include <bq/proto.h>
#include <bq/span.h>

enum reply_code {
#define REPLY_NAME(name, code, status) REPLY_##name,
	BQP_ERRORS(REPLY_NAME)
#undef REPLY_NAME
	REPLY_CODES /* how many there are */
};

/* The word a code is on the wire. */
const char *response_code_word(enum reply_code code);

/* Writes the lines of one request into `out`, which it **borrows**. */
struct response {
	struct bq_buf *out;
	char tag[BQP_MAX_ID + 2]; /* "#id", "#0" or "*" */
	size_t line_start;        /* where the line under way, or the next, starts in `out` */
	bool has_member;          /* a comma is due */
	bool is_terminal;         /* of the line under way */
	bool has_ended;           /* a terminal line was written */
	enum reply_code code;     /* of the ERR that ended it; REPLY_CODES for OK and END */
};

/* Lines under `#id`; the empty id is the untagged request's "#0". */
void response_init(struct response *r, struct bq_buf *out, struct bq_span id);

/* Lines of the connection itself: tag "*". */
void response_init_event(struct response *r, struct bq_buf *out);

/* Start a line.  OK, END and ERR are terminal: afterwards nothing is written. */
void response_begin(struct response *r, const char *kind);

/* A member of the object at hand, or with `name` NULL an element of the list.  All
 * response_put_..() are sticky: memory that is out shows at response_end(). */
void response_put_u64(struct response *r, const char *name, uint64_t v);

/* Likewise a number with a sign. */
void response_put_i64(struct response *r, const char *name, int64_t v);

/* Likewise true or false. */
void response_put_bool(struct response *r, const char *name, bool v);

/* Likewise a string of any bytes: what is not UTF-8 becomes U+FFFD. */
void response_put_str(struct response *r, const char *name, struct bq_span v);

/* Likewise one that ends in a NUL. */
void response_put_text(struct response *r, const char *name, const char *v);

/* `v` as printf("%.9g") has it; a value that is no number is 0. */
void response_put_score(struct response *r, const char *name, double v);

/* Start a member or list element whose value the caller writes to r->out: puts
 * the comma and, unless `name` is NULL, "name":. */
void response_put_name(struct response *r, const char *name);

/* Begin a nested value: `open` is '{' or '['; `name` NULL inside a list. */
void response_open(struct response *r, const char *name, char open);

/* End it: `close` is the partner of what opened it. */
void response_close(struct response *r, char close);

/* Bytes of the line under way. */
size_t response_line_bytes(const struct response *r);

/* End the line.  False when it would be longer than BQP_MAX_REPLY or memory is
 * out: it is then as if never begun, except that a terminal line becomes an
 * `ERR internal` that says so. */
bool response_end(struct response *r);

/* Forget the line under way, if there is one. */
void response_drop_line(struct response *r);

/* A whole ERR line; `at` < 0: none.  The format is a sentence for people. */
void response_error(struct response *r, enum reply_code code, int64_t at, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The start of an ERR line, for errors with members of their own: code, status
 * and msg are in it; end it with response_end(). */
void response_begin_error(struct response *r, enum reply_code code, struct bq_span msg);

/* "* BYE {code,msg,retry_ms}": the connection is refused or closed. */
void response_bye(struct bq_buf *out, enum reply_code code, const char *msg, uint64_t retry_ms);

#endif
