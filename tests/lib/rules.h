/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Rules [Fn] of indexer/FORMAT.md, each broken once in a segment whose checksums
 * match what it holds: the check that names the rule says so, and a reader that
 * never verified comes back.
 */
#ifndef BQ_TESTS_RULES_H
#define BQ_TESTS_RULES_H

#include <bq/buf.h>
#include <bq/bytes.h>

#include "lib/segfile.h"
#include "segment/terms.h"

/* ---- the sound file ---------------------------------------------------- */

enum { RULES_DOCS = 1900, RULES_ZULU = 300, RULES_T = 3 }; /* documents; the one that has "zulu"; T of pairs */

/* A segment that has everything: titles and members, aliases and forms, words in one
 * document and in several blocks of them, lists of pairs.  The same in every run.
 * **owned**: bq_buf_release(). */
struct bq_buf rules_sound_file(void);

/* ---- finding what to damage; fails the running test where it is not ---- */

static inline uint8_t *rules_mutable(const void *p) { return (uint8_t *)(uintptr_t)p; }
static inline void rules_add_u64(uint8_t *p, uint64_t n) { bq_put_u64(p, bq_get_u64(p) + n); }
static inline void rules_add_u32(uint8_t *p, uint32_t n) { bq_put_u32(p, bq_get_u32(p) + n); }

/* Byte `at` of a section. */
uint8_t *rules_in(struct segfile *f, enum section_kind kind, size_t at);

/* The dictionary; **borrows** from `f`. */
struct terms_reader rules_terms(struct segfile *f);

/* The entry of a word (or a key with its kind byte); the iterator's reader stands
 * behind it.  `t` is to outlive it. */
struct terms_iter rules_entry(const struct terms_reader *t, const char *key);

/* Its place among all. */
uint32_t rules_place(struct segfile *f, const char *key);

/* ---- breaking ---------------------------------------------------------- */

enum seen { UNSEEN = -1, OPENING, VERIFYING };

/* One damage: to the parts, before checksums are made, or to the whole file. */
struct rule {
	unsigned number;
	enum seen by;
	const char *what;
	void (*parts)(struct segfile *f);
	void (*whole)(struct bq_buf *b);
	bool keeps_header_sum; /* the header's checksum is not made again */
};

#define PARTS(n, by, f) { n, by, #f, f, NULL, false }
#define WHOLE(n, by, f) { n, by, #f, NULL, f, false }
#define STALE(n, by, f) { n, by, #f, NULL, f, true }

/* Open, read all, verify: who saw damage. */
enum seen rules_find_damage(struct bq_span file, struct bq_error *err);

/* Break each of rules[n] in the sound file.  Fails the running test unless who should
 * sees each and names it, and the rules are exactly those of bits `numbers`. */
void rules_break(const struct rule *rules, size_t n, uint64_t numbers);

#endif
