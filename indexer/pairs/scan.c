/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pairs/scan.h"

#include <stdlib.h>
#include <string.h>

#include "segment/segment.h"

/* So much more of the file is mapped: let all go when it is too much. */
static void keep_pages(struct scan *sc, uint64_t more)
{
	sc->read_bytes += more;
	if (sc->read_bytes <= sc->keep_bytes)
		return;
	mapfile_forget(&sc->segment->map);
	sc->read_bytes = 0;
}

static uint32_t window_slots(uint32_t n, const struct scan_part *part)
{
	return n * 2ull * PLACED_FAULT_BYTES > part->pages_bytes ? SCAN_MANY_SLOTS : SCAN_SLOTS;
}

uint64_t scan_bytes(uint32_t n, const struct scan_part *part)
{
	return n * sizeof(struct placed) + (part->is_tight ? 1 : n) * sizeof(struct placed_block)
		+ window_slots(n, part) * sizeof(uint16_t);
}

int scan_init(struct scan *sc, const struct segment *s, const struct bq_term *terms, uint32_t n,
	const struct scan_part *part)
{
	memset(sc, 0, sizeof *sc);
	sc->segment = s;
	sc->n_words = n;
	sc->most_slots = UINT64_MAX;
	sc->end = part->from;
	sc->limit = part->to;
	sc->keep_bytes = part->pages_bytes;
	sc->window_slots = window_slots(n, part);
	sc->lists = malloc((n + 1ull) * sizeof *sc->lists);
	sc->blocks = malloc((part->is_tight ? 1 : n + 1ull) * sizeof *sc->blocks);
	sc->ends = malloc(SCAN_DOCS * sizeof *sc->ends);
	sc->bases = malloc((SCAN_DOCS + 1) * sizeof *sc->bases);
	if (sc->lists == NULL || sc->blocks == NULL || sc->ends == NULL || sc->bases == NULL)
		return BQ_ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		sc->lists[i].is_shared = part->is_tight;
		sc->lists[i].at = &sc->blocks[part->is_tight ? 0 : i];
		if (placed_open(&sc->lists[i], s, &terms[i], &sc->read) != BQ_OK
			|| placed_seek(&sc->lists[i], part->from) != BQ_OK)
			return BQ_EFORMAT;
		keep_pages(sc, 2 * PLACED_FAULT_BYTES); /* its skips, from one end to the other */
	}
	return BQ_OK;
}

/* The documents that the next window has, and where their slots are. */
static int plan_window(struct scan *sc)
{
	uint32_t left = sc->limit - sc->end, n = left < SCAN_DOCS ? left : SCAN_DOCS, i = 0;

	if (!heads_ends(&sc->segment->heads, sc->end, n, sc->ends))
		return segment_damaged(sc->segment, &sc->read, "a damaged record in HEADS [F27]");
	sc->bases[0] = 1;
	do
		sc->bases[i + 1] = sc->bases[i] + sc->ends[i] + 1;
	while (++i < n && sc->bases[i] + sc->ends[i] < sc->window_slots);
	sc->first = sc->end;
	sc->end += i;
	return BQ_OK;
}

static int clear_slots(struct scan *sc)
{
	uint64_t n = sc->bases[sc->end - sc->first];

	if (n > sc->max_slots) {
		uint64_t room = n + n / 8;
		free(sc->slots);
		sc->max_slots = 0;
		sc->slots = room > sc->most_slots ? NULL : malloc(room * sizeof *sc->slots);
		if (sc->slots == NULL)
			return BQ_ENOMEM;
		sc->max_slots = room;
	}
	memset(sc->slots, 0, n * sizeof *sc->slots);
	return BQ_OK;
}

/* All words into the window's slots. */
static int fill_slots(struct scan *sc)
{
	struct placed_slots to = { sc->slots, sc->bases, sc->ends, sc->first, sc->end };
	int rc = BQ_OK;

	for (uint32_t i = 0; i < sc->n_words && rc == BQ_OK; i++) {
		uint64_t bytes = 0;
		rc = placed_scatter(&sc->lists[i], &to, (uint16_t)(i + 1), &bytes);
		keep_pages(sc, bytes);
	}
	return rc;
}

int scan_next(struct scan *sc)
{
	if (sc->end == sc->limit)
		return BQ_END;
	int rc = plan_window(sc);
	if (rc == BQ_OK)
		rc = clear_slots(sc);
	if (rc == BQ_OK)
		rc = fill_slots(sc);
	return rc;
}

void scan_release(struct scan *sc)
{
	free(sc->lists);
	free(sc->blocks);
	free(sc->ends);
	free(sc->bases);
	free(sc->slots);
	sc->lists = NULL;
	sc->blocks = NULL;
	sc->ends = NULL;
	sc->bases = NULL;
	sc->slots = NULL;
}
