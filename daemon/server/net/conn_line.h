/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From the bytes of a connection to a job: one line at a time.
 */
#ifndef SERVER_CONN_LINE_H
#define SERVER_CONN_LINE_H

#include "server/net/conn.h"

struct conn_line {
	struct job *job;       /* **owned**; NULL for a line that is ignored */
	bool is_http;          /* the first line of an HTTP request: nothing follows */
	bool is_out_of_memory;
};

/* Take the next line off the input: a request, possibly one with a fault.  An
 * over-long line is one as soon as that is known, and its rest is discarded; so
 * is a last line that has no LF.  False when no line is complete. */
bool conn_line_take(struct conn *c, struct conn_line *out);

/* Write the ERR line of job->fault, with the members its code has. */
void conn_line_put_fault(struct job *job);

#endif
