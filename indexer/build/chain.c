/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include <bq/bytes.h>

#include "build/inverter.h"
#include "build/slices.h"

/* ---- one document after the other ---------------------------------------- */

/* Go to the term's latest events: no slice is left. */
static void enter_latest(struct chain *c)
{
	c->level = 0;
	c->p = c->term->latest;
	c->end = c->p + c->term->n_latest;
}

/* Go to a slice. */
static void enter_slice(struct chain *c, uint32_t unit, unsigned level)
{
	const uint8_t *start = unit_ptr(c->inverter, unit);
	uintptr_t used = (uintptr_t)c->term->at - (uintptr_t)start;

	c->level = level;
	c->p = start;
	c->end = start + (used <= slice_payload(level) ? used : slice_payload(level));
}

void chain_init(struct chain *c, const struct inverter *v, const struct term *t)
{
	memset(c, 0, sizeof *c);
	c->inverter = v;
	c->term = t;
	c->doc = UINT32_MAX;
	if (t->at == NULL)
		enter_latest(c);
	else
		enter_slice(c, t->head, FIRST_LEVEL);
}

void chain_release(struct chain *c)
{
	free(c->positions);
	memset(c, 0, sizeof *c);
}

/* Whether there is a byte at c->p, in the next slice if this one has been read. */
static bool has_byte(struct chain *c)
{
	if (c->p != c->end)
		return true;
	if (c->level == 0)
		return false;
	if (c->p == c->term->at)
		enter_latest(c);
	else
		enter_slice(c, bq_get_u32(c->p), c->level + (c->level < MAX_LEVEL));
	return c->p != c->end;
}

/* The next event; false at the end. */
static inline bool next_event(struct chain *c, uint64_t *event)
{
	if (c->end - c->p >= 2 && (c->p[0] & c->p[1] & 0x80) == 0) { /* nearly always: one byte or two */
		bool has_two = c->p[0] >= 0x80;
		*event = (c->p[0] & 0x7fu) | (has_two ? (uint64_t)c->p[1] << 7 : 0);
		c->p += 1 + has_two;
		return true;
	}
	*event = 0;
	for (unsigned shift = 0; has_byte(c); shift += 7) {
		uint8_t byte = *c->p++;
		*event |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return true;
	}
	return false;
}

static bool grow_positions(struct chain *c)
{
	uint32_t max = c->max_positions == 0 ? 64 : c->max_positions * 2;
	uint32_t *grown = realloc(c->positions, max * sizeof *grown);

	if (grown == NULL) {
		c->oom = true;
		return false;
	}
	c->positions = grown;
	c->max_positions = max;
	return true;
}

uint32_t chain_peek(struct chain *c)
{
	if (c->ahead == 0 && !next_event(c, &c->ahead))
		return BQ_DOC_END;
	return c->doc + (uint32_t)(c->ahead >> 1);
}

bool chain_next(struct chain *c)
{
	uint64_t event = c->ahead;
	uint32_t pos = 0;

	if (event == 0 && !next_event(c, &event))
		return false;
	c->doc += (uint32_t)(event >> 1);
	c->ahead = 0;
	for (c->tf = 0; next_event(c, &event); c->tf++) {
		if ((event & 1) != 0) {
			c->ahead = event;
			break;
		}
		if (c->tf == c->max_positions && !grow_positions(c))
			return false;
		pos += (uint32_t)(event >> 1);
		c->positions[c->tf] = pos;
	}
	return true;
}

/* ---- many documents at once ---------------------------------------------- */

/* The latest document of a room, to which positions still come, in registers. */
struct open_doc {
	uint32_t doc, tf, pos;
	uint32_t n;         /* documents in the room */
	uint32_t *position; /* where the next one goes */
};

/* False if the event is a document's that does not go in any more.  Documents and positions
 * follow one another as they like: no branch asks which it is. */
static inline bool put_step(struct open_doc *o, const struct postings_room *out, uint32_t limit, uint64_t event)
{
	uint32_t is_doc = (uint32_t)event & 1, all = 0 - is_doc, v = (uint32_t)(event >> 1);
	uint32_t doc = o->doc + (v & all), n = o->n + is_doc;

	if (doc >= limit || n > out->max)
		return false;
	o->doc = doc;
	o->n = n;
	o->tf = (o->tf + 1) & ~all;
	o->pos = (o->pos + v) & ~all;
	out->docs[n - 1] = doc;
	out->tfs[n - 1] = o->tf;
	*o->position = o->pos; /* of a document: written over */
	o->position += 1 - is_doc;
	return true;
}

static uint32_t *positions_end(const struct bq_buf *positions)
{
	return positions->ptr == NULL ? NULL : (uint32_t *)(void *)(positions->ptr + positions->len);
}

/* Room for the positions of `n` events. */
static bool reserve_positions(struct open_doc *o, struct bq_buf *positions, size_t n)
{
	if (positions->ptr != NULL)
		positions->len = (size_t)((uint8_t *)o->position - positions->ptr);
	o->position = (uint32_t *)(void *)bq_buf_room(positions, (n + 1) * sizeof *o->position);
	return o->position != NULL;
}

/* Events of the slice at hand, of one byte or two, up to another one or its last byte. */
static bool take_short_events(struct chain *c, struct open_doc *open, const struct postings_room *out, uint32_t limit)
{
	const uint8_t *p = c->p, *last = c->end - 1;
	struct open_doc o = *open;
	bool goes_in = true;

	while (p < last && (p[0] & p[1] & 0x80) == 0) {
		uint32_t has_two = p[0] >> 7, event = (p[0] & 0x7fu) | ((uint32_t)p[1] << 7 & (0 - has_two));
		goes_in = put_step(&o, out, limit, event);
		if (!goes_in)
			break;
		p += 1 + has_two;
	}
	c->p = p;
	*open = o;
	return goes_in;
}

bool chain_take(struct chain *c, uint32_t limit, struct postings_room *out)
{
	struct open_doc o = { .doc = c->doc, .n = out->n, .position = positions_end(out->positions) };
	uint64_t event;

	/* c->ahead, or what begins the chain, is a document: none is open */
	while (limit != 0 && (c->ahead != 0 || next_event(c, &c->ahead))) {
		event = c->ahead;
		if (!reserve_positions(&o, out->positions, (size_t)(c->end - c->p) + 1)) {
			c->oom = true;
			break;
		}
		if (!put_step(&o, out, limit, event))
			break;
		c->ahead = 0;
		if (!take_short_events(c, &o, out, limit) && next_event(c, &c->ahead))
			break;
	}
	c->doc = o.doc;
	out->n = c->oom && o.n != out->n ? o.n - 1 : o.n; /* the last one may have no position yet */
	if (out->positions->ptr != NULL)
		out->positions->len = (size_t)((uint8_t *)o.position - out->positions->ptr);
	return !c->oom;
}
