/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * operator new of a test program and the libxapian it runs: the n-th call can
 * fail, and what is not given back is counted.
 */
#ifndef BQ_TESTS_OPERATOR_NEW_H
#define BQ_TESTS_OPERATOR_NEW_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* From now on the n-th call (from 1) fails; 0: none. */
void new_arm(unsigned n);

/* None fails any more.  Whether one has. */
bool new_disarm(void);

/* How many pieces of memory are in use. */
long new_count_live(void);

#ifdef __cplusplus
}
#endif

#endif
