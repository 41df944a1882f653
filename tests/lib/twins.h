/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tables of kernels that have to do what the scalar ones do: those that this
 * CPU runs, and AVX-512's from SIMDe's intrinsics where that is installed
 * (<bq/avx512.h>), so that they are tested on CPUs without.
 */
#ifndef LIB_TWINS_H
#define LIB_TWINS_H

#include <stddef.h>

#include "codec/bitpack.h"
#include "codec/find.h"
#include "query/eval/kernel.h"

enum { TWINS_MAX = 4 };

/* Each puts them into out[] and returns how many there are; says once which of
 * them are not tested. */
size_t twins_bitpack(const struct bitpack_ops *out[TWINS_MAX]);

/* Likewise, of find.h. */
size_t twins_find(const struct find_ops *out[TWINS_MAX]);

/* Likewise, of kernel.h. */
size_t twins_kernel(const struct kernel_ops *out[TWINS_MAX]);

#endif
