/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pairs/scan.h"

#include <stdlib.h>
#include <string.h>

#include "segment/segment.h"

int scan_init(struct scan *sc, const struct segment *s, const struct bq_term *terms, uint32_t n)
{
	memset(sc, 0, sizeof *sc);
	sc->segment = s;
	sc->n_words = n;
	sc->most_slots = UINT64_MAX;
	sc->keep_bytes = UINT64_MAX;
	bq_arena_init(&sc->mem, SIZE_MAX);
	sc->read.mem = &sc->mem;
	sc->cursors = malloc((n + 1ull) * sizeof(struct bq_cursor *));
	sc->ends = malloc(SCAN_DOCS * sizeof *sc->ends);
	sc->bases = malloc((SCAN_DOCS + 1) * sizeof *sc->bases);
	if (sc->cursors == NULL || sc->ends == NULL || sc->bases == NULL)
		return BQ_ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		sc->cursors[i] = bq_cursor_open(&s->leaf, &terms[i], &sc->read);
		if (sc->cursors[i] == NULL)
			return sc->read.error.status == BQ_OK ? BQ_ENOMEM : sc->read.error.status;
		(void)bq_cursor_next(sc->cursors[i]);
	}
	return BQ_OK;
}

/* The documents that the next window has, and where their slots are. */
static int plan_window(struct scan *sc)
{
	uint32_t left = sc->segment->leaf.n_docs - sc->end, n = left < SCAN_DOCS ? left : SCAN_DOCS, i = 0;

	if (!heads_ends(&sc->segment->heads, sc->end, n, sc->ends))
		return segment_damaged(sc->segment, &sc->read, "a damaged record in HEADS [F27]");
	sc->bases[0] = 1;
	do
		sc->bases[i + 1] = sc->bases[i] + sc->ends[i] + 1;
	while (++i < n && sc->bases[i] + sc->ends[i] < SCAN_SLOTS);
	sc->first = sc->end;
	sc->end += i;
	sc->n_slots = sc->bases[i];
	return BQ_OK;
}

static int clear_slots(struct scan *sc)
{
	if (sc->n_slots > sc->max_slots) {
		uint64_t room = sc->n_slots < SCAN_SLOTS ? SCAN_SLOTS : sc->n_slots;
		free(sc->slots);
		sc->max_slots = 0;
		sc->slots = room > sc->most_slots ? NULL : malloc(room * sizeof *sc->slots);
		if (sc->slots == NULL)
			return BQ_ENOMEM;
		sc->max_slots = room;
	}
	memset(sc->slots, 0, sc->n_slots * sizeof *sc->slots);
	return BQ_OK;
}

/* Put word `word` into the window's slots. */
static int scatter(struct scan *sc, uint32_t word)
{
	struct bq_cursor *c = sc->cursors[word];

	while (c->doc < sc->end) {
		uint32_t n, i = c->doc - sc->first;
		const uint32_t *p = bq_cursor_positions(c, &n);
		if (p == NULL)
			return sc->read.error.status == BQ_OK ? BQ_ENOMEM : sc->read.error.status;
		if (p[n - 1] >= sc->ends[i]) /* they ascend */
			return segment_damaged(sc->segment, &sc->read, "a position behind the end of its document [F24]");
		for (uint32_t j = 0; j < n; j++)
			sc->slots[sc->bases[i] + p[j]] = (uint16_t)(word + 1);
		sc->read_bytes += 4 + 2 * (uint64_t)n;
		(void)bq_cursor_next(c);
	}
	return BQ_OK;
}

int scan_next(struct scan *sc)
{
	if (sc->end == sc->segment->leaf.n_docs)
		return BQ_END;
	int rc = plan_window(sc);
	if (rc == BQ_OK)
		rc = clear_slots(sc);
	for (uint32_t i = 0; i < sc->n_words && rc == BQ_OK; i++)
		rc = scatter(sc, i);
	if (rc == BQ_OK)
		rc = sc->read.error.status;
	if (sc->read_bytes > sc->keep_bytes) {
		mapfile_forget(&sc->segment->map);
		sc->read_bytes = 0;
	}
	return rc;
}

void scan_release(struct scan *sc)
{
	bq_arena_release(&sc->mem);
	free(sc->cursors);
	free(sc->ends);
	free(sc->bases);
	free(sc->slots);
	sc->cursors = NULL;
	sc->ends = NULL;
	sc->bases = NULL;
	sc->slots = NULL;
}
