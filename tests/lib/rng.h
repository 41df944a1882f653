/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tests' random numbers: SplitMix64 (Steele, Lea, Flood 2014), the same
 * on every machine, any seed as good as another.
 */
#ifndef BQ_TESTS_RNG_H
#define BQ_TESTS_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline struct rng rng_make(uint64_t seed) { return (struct rng){ seed }; }

/* The generator of one test program: seeded from $BQ_SEED, else from the
 * clock.  The seed is printed on stderr, so that a failure can be replayed. */
struct rng rng_start(const char *test);

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* 0 .. n-1, n > 0 (Lemire's multiplication; the bias of n/2^64 is no matter here). */
static inline uint64_t rng_below(struct rng *r, uint64_t n)
{
	__extension__ typedef unsigned __int128 u128;

	return (uint64_t)(((u128)rng_next(r) * n) >> 64);
}

/* from .. to, both included. */
static inline uint64_t rng_between(struct rng *r, uint64_t from, uint64_t to)
{
	return from + rng_below(r, to - from + 1);
}

/* True once in `n` times. */
static inline bool rng_one_in(struct rng *r, uint64_t n) { return rng_below(r, n) == 0; }

/* 0 .. n-1 where small numbers are much more frequent, as words in text are. */
static inline uint64_t rng_skewed(struct rng *r, uint64_t n) { return rng_below(r, rng_below(r, n) + 1); }

/* Fill out[n]. */
void rng_bytes(struct rng *r, void *out, size_t n);

#endif
