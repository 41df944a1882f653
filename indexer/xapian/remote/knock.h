/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which servers answer at all: one connection to each at the same time, until
 * its greeting comes.  xapian-tcpsrv speaks first; a frozen one lets the kernel
 * take the connection and says nothing.
 */
#ifndef REMOTE_KNOCK_H
#define REMOTE_KNOCK_H

#include <stdbool.h>

#include "xapian/remote/address.h"

struct knock {
	const struct address *to;
	bool is_patient;     /* else it is given KNOCK_IMPATIENT_MS only */
	bool has_answered;   /* out */
	int failed;          /* out: an errno, 0 for silence */
	int fd;              /* its own */
};

enum { KNOCK_IMPATIENT_MS = 50 };

/* Knock at all `n` doors; returns when each has answered or failed, or `ms`
 * later. */
void knock_all(struct knock *doors, unsigned n, unsigned ms);

#endif
