/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a test that must not leak descriptors counts, before and after.
 */
#ifndef BQ_TESTS_DESCRIPTORS_H
#define BQ_TESTS_DESCRIPTORS_H

/* Entries of /proc/self/fd: those of the process and a constant more. */
unsigned descriptors_count(void);

#endif
