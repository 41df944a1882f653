/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What every fuzz target is: one function over any bytes, and properties that
 * must hold whatever they are.  libFuzzer calls it (BQ_FUZZ=ON), and so does
 * replay.c on the files of seeds/.
 */
#ifndef BQ_TESTS_FUZZ_H
#define BQ_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bq/span.h>

/* Try data[size], which is **borrowed** and may be anything.  0; a broken property or
 * a crash ends the program. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A broken property ends the program as a crash does. */
#define FUZZ_CHECK(what)                                                              \
	do {                                                                          \
		if (!(what)) {                                                        \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
			abort();                                                      \
		}                                                                     \
	} while (0)

/* A copy of exactly these bytes, so that a sanitizer sees both ends; free(). */
static inline uint8_t *fuzz_copy(const void *bytes, size_t n)
{
	uint8_t *p = malloc(n == 0 ? 1 : n);

	FUZZ_CHECK(p != NULL);
	if (n != 0)
		memcpy(p, bytes, n);
	return p;
}

/* Whether `s` lies in `in`, or is empty. */
static inline int fuzz_lies_in(struct bq_span s, const void *in, size_t n)
{
	const char *p = in;

	return s.len == 0 || (s.ptr >= p && s.ptr + s.len <= p + n);
}

#endif
