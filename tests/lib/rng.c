/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/rng.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct rng rng_start(const char *test)
{
	const char *given = getenv("BQ_SEED");
	struct timespec now;
	uint64_t seed;

	if (given != NULL && given[0] != '\0') {
		seed = strtoull(given, NULL, 0);
	} else {
		(void)clock_gettime(CLOCK_REALTIME, &now);
		seed = (uint64_t)now.tv_sec * 1000000007u ^ (uint64_t)now.tv_nsec;
	}
	(void)fprintf(stderr, "%s: BQ_SEED=%" PRIu64 "\n", test, seed);
	return rng_make(seed);
}

void rng_bytes(struct rng *r, void *out, size_t n)
{
	uint8_t *p = out;

	while (n > 0) {
		uint64_t v = rng_next(r);
		size_t part = n < sizeof v ? n : sizeof v;

		memcpy(p, &v, part);
		p += part;
		n -= part;
	}
}
