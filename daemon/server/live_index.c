/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/live_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bq/guard.h>

/* One index of a load: what to open, and what came of it. */
struct load_item {
	char *name, *dir;
	struct live_gen *gen;
	struct bq_error err;
};

struct live_load {
	struct live *live; /* what is opened becomes its */
	uint32_t n;
	struct load_item items[];
};

/* ---- generations ------------------------------------------------------- */

void live_gen_ref(struct live_gen *g) { g->refs++; }

void live_gen_unref(struct live_gen *g)
{
	if (g == NULL || --g->refs > 0)
		return;
	g->next_dead = g->live->dead;
	g->live->dead = g;
}

bool live_gen_note_damage(struct live_gen *g, const char *what)
{
	if (g->damage[0] != '\0')
		return false;
	(void)snprintf(g->damage, sizeof g->damage, "%s", what);
	return true;
}

struct live_gen *live_take_dead(struct live *live)
{
	struct live_gen *list = live->dead;

	live->dead = NULL;
	return list;
}

void live_close_dead(struct live_gen *list)
{
	for (struct live_gen *g = list, *next; g != NULL; g = next) {
		next = g->next_dead;
		bq_index_unref(g->ix);
		free(g);
	}
}

/* 64 bits that follow from the MANIFEST and the name alone (FNV-1a, then a
 * multiply and shift so that all bits move). */
static uint64_t uid_of(const struct bq_index_stamp *stamp, const char *name)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (const char *p = name; *p != '\0'; p++)
		h = (h ^ (uint8_t)*p) * 0x100000001b3u;
	h = (h ^ stamp->checksum) * 0x9e3779b97f4a7c15u;
	h ^= h >> 29;
	h = (h ^ stamp->bytes) * 0xbf58476d1ce4e5b9u;
	return h ^ h >> 32;
}

/* **takes** `ix`, also when memory is out. */
static struct live_gen *gen_new(struct live *live, struct bq_index *ix, const struct bq_index_stamp *stamp,
	const char *name)
{
	size_t len = strlen(name) + 1;
	struct live_gen *g = calloc(1, sizeof *g + len);

	if (g == NULL) {
		bq_index_unref(ix);
		return NULL;
	}
	g->refs = 1;
	g->live = live;
	g->ix = ix;
	g->uid = uid_of(stamp, name);
	memcpy(g->name, name, len);
	return g;
}

/* ---- the list ---------------------------------------------------------- */

static void release_index(struct live_index *x)
{
	live_gen_unref(x->current);
	live_gen_unref(x->previous);
	free(x->name);
	free(x->dir);
	memset(x, 0, sizeof *x);
}

static void release_all(struct live_index *items, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		release_index(&items[i]);
	free(items);
}

struct live_index *live_find(const struct live *live, struct bq_span name)
{
	for (uint32_t i = 0; i < live->n; i++)
		if (bq_span_eq(name, bq_span_of(live->items[i].name)))
			return &live->items[i];
	return NULL;
}

int live_set(struct live *live, const struct index_list *list)
{
	struct live_index *items = calloc(list->n + 1, sizeof *items);

	for (uint32_t i = 0; items != NULL && i < list->n; i++) {
		items[i].name = strdup(list->items[i].name);
		items[i].dir = strdup(list->items[i].dir);
		items[i].is_wanted = true;
		if (items[i].name == NULL || items[i].dir == NULL) {
			release_all(items, list->n);
			items = NULL;
		}
	}
	if (items == NULL)
		return BQ_ENOMEM;
	for (uint32_t i = 0; i < list->n; i++) {
		struct live_index *old = live_find(live, bq_span_of(items[i].name));
		if (old == NULL || strcmp(old->dir, items[i].dir) != 0)
			continue;
		struct live_index keep = *old; /* exchange, so that the old list frees the new strings */
		*old = items[i];
		items[i] = keep;
	}
	release_all(live->items, live->n);
	live->items = items;
	live->n = list->n;
	return BQ_OK;
}

void live_release(struct live *live)
{
	release_all(live->items, live->n);
	live_close_dead(live_take_dead(live));
	memset(live, 0, sizeof *live);
}

bool live_next_name(struct bq_span *rest, struct bq_span *name)
{
	if (rest->len == 0)
		return false;
	const char *comma = memchr(rest->ptr, ',', rest->len);
	*name = comma == NULL ? *rest : bq_span_first(*rest, (size_t)(comma - rest->ptr));
	*rest = bq_span_from(*rest, comma == NULL ? rest->len : name->len + 1);
	return true;
}

static bool is_named(struct bq_span names, const char *name)
{
	struct bq_span one;

	if (names.ptr == NULL)
		return true;
	while (live_next_name(&names, &one))
		if (bq_span_eq(one, bq_span_of(name)))
			return true;
	return false;
}

/* ---- loading ----------------------------------------------------------- */

/* The MANIFEST's stamp now; zeros when there is none. */
static struct bq_index_stamp stamp_of(const char *dir, const struct bq_index_stamp *last)
{
	struct bq_index_stamp stamp;

	if (bq_index_stamp(dir, last, &stamp, NULL) != BQ_OK)
		memset(&stamp, 0, sizeof stamp);
	return stamp;
}

uint64_t live_check(struct live *live, struct bq_span names, uint64_t now_ns)
{
	uint64_t need = 0;

	for (uint32_t i = 0; i < live->n; i++) {
		struct live_index *x = &live->items[i];
		if (!is_named(names, x->name))
			continue;
		struct bq_index_stamp now = stamp_of(x->dir, &x->seen);
		if (memcmp(&now, &x->seen, sizeof now) != 0 || (x->retry_ns != 0 && now_ns >= x->retry_ns))
			x->is_wanted = true;
		if (x->is_wanted)
			need = live->epoch_begun + 1;
		else if (x->is_loading && need == 0)
			need = live->epoch_begun;
	}
	return need;
}

uint64_t live_want_all(struct live *live)
{
	for (uint32_t i = 0; i < live->n; i++)
		live->items[i].is_wanted = true;
	return live->n == 0 ? 0 : live->epoch_begun + 1;
}

bool live_is_loading(const struct live *live) { return live->epoch_begun > live->epoch_done; }

bool live_is_wanted(const struct live *live)
{
	for (uint32_t i = 0; i < live->n; i++)
		if (live->items[i].is_wanted)
			return true;
	return false;
}

void live_load_free(struct live_load *load)
{
	for (uint32_t i = 0; load != NULL && i < load->n; i++) {
		live_gen_unref(load->items[i].gen);
		free(load->items[i].name);
		free(load->items[i].dir);
	}
	free(load);
}

struct live_load *live_load_begin(struct live *live)
{
	struct live_load *load = calloc(1, sizeof *load + live->n * sizeof load->items[0]);

	for (uint32_t i = 0; load != NULL && i < live->n; i++) {
		if (!live->items[i].is_wanted)
			continue;
		struct load_item *item = &load->items[load->n++];
		item->name = strdup(live->items[i].name);
		item->dir = strdup(live->items[i].dir);
		if (item->name == NULL || item->dir == NULL) {
			live_load_free(load);
			return NULL;
		}
	}
	if (load == NULL)
		return NULL;
	load->live = live;
	for (uint32_t i = 0; i < live->n; i++) {
		struct live_index *x = &live->items[i];
		x->is_loading = x->is_wanted;
		x->is_wanted = false;
		if (x->is_loading) /* before it is opened: what comes later differs from this */
			x->seen = stamp_of(x->dir, NULL);
	}
	live->epoch_begun++;
	return load;
}

/* Open one index so that the stamp is that of what was opened. */
static void load_one(struct live *live, struct load_item *item)
{
	enum { TRIES = 20 };
	struct bq_index_stamp before, after;
	struct bq_index *ix = NULL;

	for (int i = 0; i < TRIES; i++) {
		if (bq_index_stamp(item->dir, NULL, &before, &item->err) != BQ_OK ||
			bq_index_open(item->dir, &ix, &item->err) != BQ_OK)
			return;
		if (bq_index_stamp(item->dir, NULL, &after, &item->err) == BQ_OK &&
			memcmp(&before, &after, sizeof before) == 0) {
			item->gen = gen_new(live, ix, &before, item->name);
			if (item->gen == NULL)
				(void)bq_error_set(&item->err, BQ_ENOMEM, 0, "no memory for the index");
			return;
		}
		bq_index_unref(ix); /* published meanwhile */
	}
	(void)bq_error_set(&item->err, BQ_EIO, 0, "MANIFEST changes all the time");
}

struct attempt {
	struct live_load *load;
	struct load_item *item;
};

static void attempt_one(void *arg)
{
	struct attempt *a = arg;

	load_one(a->load->live, a->item);
}

/* Maps that are still being made are in no list yet. */
static bool covers_all(const void *arg, const void *address)
{
	(void)arg;
	(void)address;
	return true;
}

void live_load_run(struct live_load *load)
{
	for (uint32_t i = 0; i < load->n; i++) {
		struct attempt attempt = { load, &load->items[i] };
		struct bq_guard guard = { .covers = covers_all };
		if (!bq_guard_run(&guard, attempt_one, &attempt)) /* what it had opened is lost */
			(void)bq_error_set(&load->items[i].err, BQ_EIO, 0, "%s: a file was cut while it was opened",
				load->items[i].dir);
	}
}

/* The new generation takes the place of the current one, which is held a
 * while longer unless it is the same. */
static void swap_in(struct live_index *x, struct load_item *item, uint64_t now_ns)
{
	x->error[0] = '\0';
	x->retry_ns = 0;
	if (x->current != NULL && x->current->uid == item->gen->uid) {
		live_gen_unref(x->current);
	} else if (x->current != NULL) {
		live_gen_unref(x->previous);
		x->previous = x->current;
		x->previous_until_ns = now_ns + LIVE_HOLD_NS;
	}
	x->current = item->gen;
	item->gen = NULL;
}

static void note_failure(struct live_index *x, const struct load_item *item, uint64_t now_ns)
{
	(void)snprintf(x->error, sizeof x->error, "%s", item->err.msg[0] == '\0' ? "unknown" : item->err.msg);
	x->retry_ns = item->err.status == BQ_EIO || item->err.status == BQ_ENOMEM ? now_ns + LIVE_RETRY_NS : 0;
}

void live_load_finish(struct live *live, struct live_load *load, uint64_t now_ns)
{
	for (uint32_t i = 0; i < load->n; i++) {
		struct load_item *item = &load->items[i];
		struct live_index *x = live_find(live, bq_span_of(item->name));
		if (x == NULL || strcmp(x->dir, item->dir) != 0) /* the list was changed meanwhile */
			continue;
		x->is_loading = false;
		if (item->gen != NULL)
			swap_in(x, item, now_ns);
		else
			note_failure(x, item, now_ns);
	}
	live->epoch_done = live->epoch_begun;
	live_load_free(load);
}

void live_expire(struct live *live, uint64_t now_ns)
{
	for (uint32_t i = 0; i < live->n; i++) {
		struct live_index *x = &live->items[i];
		if (x->previous == NULL || now_ns < x->previous_until_ns)
			continue;
		live_gen_unref(x->previous);
		x->previous = NULL;
	}
}

struct live_gen *live_find_unchecked(const struct live *live)
{
	for (uint32_t i = 0; i < live->n; i++) {
		struct live_gen *g = live->items[i].current;
		if (g != NULL && !g->is_sound && g->damage[0] == '\0')
			return g;
	}
	return NULL;
}

bool live_is_current(const struct live *live, const struct live_gen *g)
{
	for (uint32_t i = 0; i < live->n; i++)
		if (live->items[i].current == g)
			return true;
	return false;
}

struct live_gen *live_find_uid(const struct live *live, uint64_t uid)
{
	for (uint32_t i = 0; i < live->n; i++) {
		const struct live_index *x = &live->items[i];
		if (x->current != NULL && x->current->uid == uid)
			return x->current;
		if (x->previous != NULL && x->previous->uid == uid)
			return x->previous;
	}
	return NULL;
}

uint64_t live_gen_number(const struct live *live)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < live->n; i++)
		if (live->items[i].current != NULL)
			sum += live->items[i].current->ix->gen;
	return sum;
}
