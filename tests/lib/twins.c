/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/twins.h"

#include <stdbool.h>
#include <stdio.h>

#if defined(BQ_HAS_SIMDE)
const struct bitpack_ops *bitpack_avx512_emulated(void);
const struct find_ops *find_avx512_emulated(void);
const struct kernel_ops *kernel_avx512_emulated(void);
#define EMULATED(name) name##_emulated()
#else
#define EMULATED(name) NULL
#endif

/* What is missing here, by name: once. */
static void tell(bool has_avx2, bool has_avx512, bool is_emulated)
{
	static bool is_told;

	if (!is_told)
		printf("avx2 %s, avx512 %s\n", has_avx2 ? "tested" : "not on this CPU",
			has_avx512 ? "tested" : is_emulated ? "emulated" : "not on this CPU, nor is SIMDe installed");
	is_told = true;
}

/* Those of four that are there. */
#define COLLECT(out, a, b, c, d)                                                       \
	do {                                                                           \
		const void *const all[] = { (a), (b), (c), (d) };                      \
		size_t n = 0;                                                          \
		for (size_t i = 0; i < TWINS_MAX; i++)                                 \
			if (all[i] != NULL)                                            \
				(out)[n++] = all[i];                                   \
		tell(all[0] != NULL, all[2] != NULL, all[3] != NULL);                  \
		return n;                                                              \
	} while (0)

size_t twins_bitpack(const struct bitpack_ops *out[TWINS_MAX])
{
	COLLECT(out, bitpack_avx2(), NULL, bitpack_avx512(), EMULATED(bitpack_avx512));
}

size_t twins_find(const struct find_ops *out[TWINS_MAX])
{
	COLLECT(out, find_avx2(), find_bmi2(), find_avx512(), EMULATED(find_avx512));
}

size_t twins_kernel(const struct kernel_ops *out[TWINS_MAX])
{
	COLLECT(out, kernel_avx2(), NULL, kernel_avx512(), EMULATED(kernel_avx512));
}
