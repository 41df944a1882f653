/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The indexes the daemon serves, each with the generation it answers from.
 *
 *   request read -> live_check(): did a MANIFEST change?   no: go on
 *        |                                                 yes: wait for epoch n
 *        v
 *   live_load_begin() -> [worker] live_load_run() -> live_load_finish(): swap
 *
 * A generation is held while it is current, while a request uses it, and for
 * LIVE_HOLD_NS after its successor came, so that documents and cursors handed
 * out shortly before stay good.  A load that fails keeps what there was, and
 * its reason stands in STATUS.  Everything but live_load_run() and
 * live_close_dead() is for the loop thread only: one that nobody holds any more
 * waits in a list until a worker unmaps it.
 */
#ifndef SERVER_LIVE_INDEX_H
#define SERVER_LIVE_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/index.h>

#include "server/options.h"

#define LIVE_HOLD_NS   60000000000u /* a replaced generation is kept so long */
#define LIVE_RETRY_NS  1000000000u  /* a load that failed for want of something is tried again after */

struct live;

/* One opened generation. */
struct live_gen {
	uint32_t refs;
	struct bq_index *ix; /* **owned** */
	uint64_t uid;        /* see doc_token.h */
	struct live *live;   /* whose it is */
	struct live_gen *next_dead;
	bool is_sound;       /* its checksums were compared, and are right */
	char damage[sizeof((struct bq_error *)0)->msg]; /* what is known to be wrong with its files; "": nothing */
	char name[];         /* of the index */
};

/* Hold it once more.  Loop thread, like all that counts holders. */
void live_gen_ref(struct live_gen *g);

/* Let go of it; NULL is fine.  The last one leaves it to live_take_dead(). */
void live_gen_unref(struct live_gen *g);

/* Note what is wrong with the files, unless something is known already.  True:
 * it is news. */
bool live_gen_note_damage(struct live_gen *g, const char *what);

struct live_index {
	char *name, *dir;
	struct live_gen *current;         /* NULL: never loaded */
	struct live_gen *previous;        /* NULL or held until `previous_until_ns` */
	uint64_t previous_until_ns;
	struct bq_index_stamp seen;       /* of the MANIFEST the last load was begun for; zeros: none there */
	bool is_wanted;                   /* the next load opens it */
	bool is_loading;                  /* the load under way opens it */
	uint64_t retry_ns;                /* 0, or when to try a failed load again */
	char error[sizeof((struct bq_error *)0)->msg]; /* of the last load; "": it went well */
};

struct live {
	struct live_index *items;
	uint32_t n;
	uint64_t epoch_begun, epoch_done; /* loads so far */
	struct live_gen *dead; /* held by nobody: to be closed */
};

/* Serve exactly `list`: keeps those of the same name and directory, forgets
 * others, and wants the new ones loaded.  BQ_ENOMEM leaves all as it was. */
int live_set(struct live *live, const struct index_list *list);

/* Let go of all indexes, and close those that nobody holds. */
void live_release(struct live *live);

/* Compare each MANIFEST of the indexes named (ptr NULL: all) with the one last
 * loaded; a stat each.  The epoch to wait for, 0 if all is current. */
uint64_t live_check(struct live *live, struct bq_span names, uint64_t now_ns);

/* Want all of them opened again, changed or not; the epoch to wait for, 0 if there is none. */
uint64_t live_want_all(struct live *live);

/* Whether a load is under way. */
bool live_is_loading(const struct live *live);

/* Whether something is to be opened. */
bool live_is_wanted(const struct live *live);

/* Begin opening what is wanted.  NULL when memory is out
 * (it stays wanted).  **owned** by the caller until live_load_finish(). */
struct live_load *live_load_begin(struct live *live);

/* Open and check the new generations.  Any thread; takes its time. */
void live_load_run(struct live_load *load);

/* Free a load that will not be finished; NULL is fine. */
void live_load_free(struct live_load *load);

/* Swap in what was opened, note what failed; frees `load`. */
void live_load_finish(struct live *live, struct live_load *load, uint64_t now_ns);

/* Let go of replaced generations whose time is over. */
void live_expire(struct live *live, uint64_t now_ns);

/* Those that nobody holds any more, for live_close_dead(); NULL if none. */
struct live_gen *live_take_dead(struct live *live);

/* Unmap and free them: takes its time.  Any thread; NULL is fine. */
void live_close_dead(struct live_gen *list);

/* A generation being served whose checksums are to be compared, **borrowed**; NULL: none. */
struct live_gen *live_find_unchecked(const struct live *live);

/* Whether `g` is served, not merely held. */
bool live_is_current(const struct live *live, const struct live_gen *g);

/* The held generation with this uid, **borrowed**; NULL if none. */
struct live_gen *live_find_uid(const struct live *live, uint64_t uid);

/* The index of this name; NULL if none. */
struct live_index *live_find(const struct live *live, struct bq_span name);

/* The number replies and banner name: the generation of the one index, or the
 * sum over several, which also changes with each. */
uint64_t live_gen_number(const struct live *live);

/* Take the first name off a list with commas; false when it is empty. */
bool live_next_name(struct bq_span *rest, struct bq_span *name);

#endif
