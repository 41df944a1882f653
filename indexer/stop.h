/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SIGINT and SIGTERM.  The first one asks the run to end in order; a second one
 * ends the program, which leaves files that the next writer sweeps.  Either
 * way the old generation is as it was.
 */
#ifndef BQINDEX_STOP_H
#define BQINDEX_STOP_H

#include <signal.h>

extern volatile sig_atomic_t stop_signal; /* its number, 0 while there was none */

/* Set it from now on. */
void stop_catch(void);

#endif
