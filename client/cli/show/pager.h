/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Standard output through a pager, for people at a terminal.
 */
#ifndef CLI_PAGER_H
#define CLI_PAGER_H

/* Point standard output at $BQ_PAGER, $PAGER or less -FIRX; stays as it is when
 * that is empty or "cat", or cannot be started. */
void pager_start(void);

/* Give the pager its end of input and wait until it is left.  Does nothing
 * without pager_start(). */
void pager_finish(void);

#endif
