/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which of the CPU's paths tables of kernels may take: BQ_CPU in the environment
 * says the most; without it, or with another word, all.  Header only.
 */
#ifndef BQ_CPU_H
#define BQ_CPU_H

#include <stdlib.h>
#include <string.h>

/* Each has those before it. */
enum bq_cpu {
	BQ_CPU_SCALAR,
	BQ_CPU_AVX2,
	BQ_CPU_AVX512
};

static inline enum bq_cpu bq_cpu_most(void)
{
	const char *want = getenv("BQ_CPU");

	if (want != NULL && strcmp(want, "scalar") == 0)
		return BQ_CPU_SCALAR;
	return want != NULL && strcmp(want, "avx2") == 0 ? BQ_CPU_AVX2 : BQ_CPU_AVX512;
}

#endif
