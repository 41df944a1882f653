/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { LINE = 64 }; /* bytes of a cache line */

void *pages_take(size_t n)
{
	size_t align = n < PAGES_LARGE ? LINE : PAGES_LARGE, whole = n & ~(size_t)(PAGES_LARGE - 1);
	void *p = n > SIZE_MAX - align ? NULL : aligned_alloc(align, (n + align - 1) & ~(align - 1));

	if (p != NULL && whole != 0)
		(void)madvise(p, whole, MADV_HUGEPAGE);
	return p;
}
