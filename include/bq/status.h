/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One error alphabet for the whole project: < 0 an error, 0 fine, > 0 fine
 * and nothing more to give.  Header only: every program may include it.
 */
#ifndef BQ_STATUS_H
#define BQ_STATUS_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

enum bq_status {
	BQ_OK = 0,
	BQ_END = 1,          /* an iterator has given its last item */
	BQ_EIO = -1,         /* a system call failed; the message has errno's text */
	BQ_EFORMAT = -2,     /* bytes on disk or on the wire break a numbered rule */
	BQ_EVERSION = -3,    /* sound bytes of a version we do not read */
	BQ_ENOMEM = -4,      /* malloc said no, or an arena reached its cap */
	BQ_EQUERY = -5,      /* the query text is wrong; `at` is the byte */
	BQ_ELIMIT = -6,      /* sound input over an announced limit */
	BQ_EUSAGE = -7,      /* arguments that do not fit: options, paths */
	BQ_ELOCKED = -8,     /* another writer holds the index */
	BQ_ENOTFOUND = -9,   /* the named thing does not exist */
	BQ_EDEADLINE = -10,  /* the deadline passed before anything was found */
	BQ_ECANCELLED = -11, /* the caller asked for it to stop */
	BQ_EGONE = -12,      /* it existed in a generation that is no longer held */
	BQ_EREMOTE = -13,    /* the servers of an index do not answer */
};

/* Where and why something failed.  `at` is a byte offset in what was being
 * read (file, query, line), 0 where there is none to give. */
struct bq_error {
	int status;
	uint64_t at;
	char msg[240];
};

/* Fill `err` (which may be NULL) and return `status`, so that a failing
 * function ends with `return bq_error_set(...)`.  The message is one line
 * without a full stop; it is cut at the size of the buffer. */
__attribute__((format(printf, 4, 5))) static inline int
bq_error_set(struct bq_error *err, int status, uint64_t at, const char *fmt, ...)
{
	va_list args;

	if (err == NULL)
		return status;
	err->status = status;
	err->at = at;
	va_start(args, fmt);
	(void)vsnprintf(err->msg, sizeof err->msg, fmt, args);
	va_end(args);
	return status;
}

#endif
