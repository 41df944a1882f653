/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Memory in large pages.
 */
#ifndef BASE_PAGES_H
#define BASE_PAGES_H

#include <stddef.h>

enum { PAGES_LARGE = 2 << 20 }; /* bytes of one */

/* `n` bytes that are touched all over, aligned to a cache line: as far as they fill large pages,
 * in those, if there are any to be had.  In small ones each touch would cost a walk of the page
 * table, and each 4 KiB a fault.  **owned**: free().  NULL when malloc fails. */
void *pages_take(size_t n);

#endif
