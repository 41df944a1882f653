/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian/write/words.h"

#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

enum { FIRST_SLOTS = 1 << 14 };

/* The slot of `hash`, or the free one where it belongs. */
static uint64_t *find(uint64_t *slots, uint32_t n_slots, uint64_t hash)
{
	uint32_t i = (uint32_t)hash & (n_slots - 1);

	while (slots[i] != 0 && slots[i] != hash)
		i = (i + 1) & (n_slots - 1);
	return &slots[i];
}

static bool grow(struct words *w)
{
	uint32_t n_slots = w->n_slots == 0 ? FIRST_SLOTS : 2 * w->n_slots;
	uint64_t *slots = calloc(n_slots, sizeof *slots);

	if (slots == NULL) {
		w->oom = true;
		return false;
	}
	for (uint32_t i = 0; i < w->n_slots; i++)
		if (w->slots[i] != 0)
			*find(slots, n_slots, w->slots[i]) = w->slots[i];
	free(w->slots);
	w->slots = slots;
	w->n_slots = n_slots;
	return true;
}

bool words_add(struct words *w, struct bq_span word)
{
	uint64_t hash = XXH3_64bits(word.ptr, word.len) | 1;

	if (w->n >= w->n_slots / 2 && !grow(w))
		return false;
	uint64_t *slot = find(w->slots, w->n_slots, hash);
	if (*slot != 0)
		return false;
	*slot = hash;
	w->n++;
	return true;
}

void words_release(struct words *w)
{
	free(w->slots);
	memset(w, 0, sizeof *w);
}
