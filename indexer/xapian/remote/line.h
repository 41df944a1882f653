/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A connection to a server, which never blocks: messages go out and come in as
 * poll() says.
 *
 *   message   type (1 byte)  length (number.h)  body
 */
#ifndef REMOTE_LINE_H
#define REMOTE_LINE_H

#include <netinet/in.h>

#include <bq/buf.h>

enum {
	/* What claims to be longer is nonsense: */
	LINE_MAX_GREETING = 4 << 10,
	LINE_MAX_DOCUMENT = 80 << 20, /* its text is at most 64 MiB: bq/xapian.h */
	LINE_MAX_OTHER = 16 << 20,
	LINE_SPARE = 1 << 16,         /* memory kept while nothing is asked */
};

/* What we say, and what servers do (Xapian 1.4, protocol 39). */
enum line_request { SAY_ALLTERMS = 0, SAY_DOCUMENT = 2, SAY_QUERY = 8, SAY_METADATA = 22, SAY_GETMSET = 26 };
enum line_reply {
	HEARD_UPDATE = 0,
	HEARD_EXCEPTION = 1,
	HEARD_DONE = 2,
	HEARD_ALLTERMS = 3,
	HEARD_DOCDATA = 5,
	HEARD_STATS = 11,
	HEARD_VALUE = 16,
	HEARD_RESULTS = 18,
	HEARD_METADATA = 19,
};

struct line {
	int fd;                /* -1: none */
	bool is_connecting;
	int ended;             /* an errno: nothing comes any more */
	struct bq_buf in, out;
	size_t taken, sent;    /* of them */
};

struct line_message {
	uint8_t type;
	struct bq_span body;   /* borrows from the line until line_move() or line_take() */
};

/* Begin to connect `l`, which has none; 0, or an errno.  Ends with line_close(). */
int line_open(struct line *l, const struct sockaddr_in *to);

/* Closes it and gives its memory back; fine for one that has none, if `fd` is -1. */
void line_close(struct line *l);

/* Have a message sent by line_move(); `oom` of `out` says what failed. */
void line_say(struct line *l, enum line_request type, struct bq_span body);

/* The events to poll for. */
short line_wants(const struct line *l);

/* Send and receive what can be, after poll() said `events`; `ended` says what
 * failed, ENOMEM, or ECONNRESET when the other side closed. */
void line_move(struct line *l, short events);

/* The next message that is here whole: 1; 0 if there is none; -1 for one that is
 * longer than `max`. */
int line_take(struct line *l, size_t max, struct line_message *out);

/* Connected, and silent since the last answer: fit for a question.  A system
 * call. */
bool line_is_quiet(const struct line *l);

/* Give back the memory that one long answer took. */
void line_rest(struct line *l);

#endif
