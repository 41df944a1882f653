/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reading a mapped file that somebody else cuts short.
 *
 *   file  |#########|            cut: these pages are gone, the map stays
 *   map   |#########|..........|
 *                       ^ a read here raises SIGBUS, which ends the process
 *
 * Inside bq_guard_run() such a read ends the function that made it instead, and
 * nothing else.
 */
#ifndef BQ_GUARD_H
#define BQ_GUARD_H

#include <setjmp.h>
#include <stdbool.h>

#include <bq/status.h>

/* `covers` says whether an address lies in a map whose loss `run` may survive;
 * it is called in a signal handler and may only look.  Any other address is a
 * bug, and ends the process as ever. */
struct bq_guard {
	bool (*covers)(const void *arg, const void *address);
	const void *arg;
	const void *address;  /* set when it failed: what could not be read */
	struct bq_guard *outer;  /* the rest is guard.c's own */
	sigjmp_buf place;
};

/* Install the handler, for the whole process, before the first bq_guard_run();
 * again if something else has replaced it.  Threads that call bq_guard_run()
 * must not block SIGBUS.  BQ_EIO. */
int bq_guard_install(struct bq_error *err);

/* Call run(arg).  False when it read a page that is gone: it was left there
 * and then, so it must hold no lock around such reads, and what it allocated
 * with malloc and had not stored anywhere is lost.  About 20 ns. */
bool bq_guard_run(struct bq_guard *g, void (*run)(void *arg), void *arg);

#endif
