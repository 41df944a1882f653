/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Failures to order: the n-th allocation, or the n-th call that changes files,
 * fails in the code under test.  Works through the linker (--wrap, see
 * tests/fault/CMakeLists.txt), so what libraries do inside is not counted.
 */
#ifndef BQ_TESTS_FAULT_H
#define BQ_TESTS_FAULT_H

#include <stdbool.h>

enum fault_kind {
	FAULT_MEMORY, /* malloc and its kin, and what zstd, xxhash and xapian-c make for us: NULL */
	FAULT_FILES,  /* open, write, fsync, rename, ..: -1 and errno */
	FAULT_SHORT,  /* write and pwrite take one byte only; they go on from there */
};

/* From now on the n-th call (from 1) fails with `error` in errno, and if
 * `for_good` so do all after it. */
void fault_arm(enum fault_kind kind, unsigned n, int error, bool for_good);

/* Calls work again.  Whether any failed since fault_arm(). */
bool fault_disarm(void);

/* fsync calls on a descriptor after one on it had failed, since the program
 * started: a kernel that has dropped the pages says yes to those. */
unsigned fault_repeated_fsyncs(void);

#endif
