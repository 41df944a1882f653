/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which words a shard has had: their stems have them as synonyms.
 */
#ifndef WRITE_WORDS_H
#define WRITE_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/span.h>

/* Hashes of 64 bits; two words of one hash are taken for one, which costs the
 * second its highlights. */
struct words {
	uint64_t *slots;
	uint32_t n, n_slots; /* a power of two, at most half full */
	bool oom;
};

/* Note `word`; true the first time. */
bool words_add(struct words *w, struct bq_span word);

/* Accepts one that is all zero. */
void words_release(struct words *w);

#endif
