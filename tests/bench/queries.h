/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Bare queries in the public search benchmark's forms, a line each:
 *
 *   a                 word
 *   +a +b             and
 *   a b               or            any of them
 *   "a b"             phrase
 *   +a -b             negation      anything with a -
 *   +a b              must-should
 *   +"a b" +c         mixed         a phrase beside something else
 *
 * A line is the query, or a JSON object {"query":"..","tags":[..]} whose tags
 * are not looked at: the class is decided from the form.
 */
#ifndef BENCH_QUERIES_H
#define BENCH_QUERIES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <bq/arena.h>
#include <bq/span.h>
#include <bq/status.h>

enum bench_class {
	BENCH_WORD,
	BENCH_AND,
	BENCH_OR,
	BENCH_PHRASE,
	BENCH_NEGATION,
	BENCH_MUST_SHOULD,
	BENCH_MIXED,
	BENCH_CLASSES
};

/* One operand of a query: its text without sign and quotes. */
struct bench_atom {
	char sign; /* '+', '-' or 0 */
	bool is_phrase; /* quoted, of at least two words */
	struct bq_span text;
};

struct bench_query {
	struct bq_span text;
	enum bench_class class;
	struct bench_atom *atoms;
	uint32_t n_atoms;
};

struct bench_queries {
	struct bench_query *list;
	uint32_t n;
};

/* As in the table above. */
const char *bench_class_name(enum bench_class class);

/* Take a query apart and decide its class.  `text` is **borrowed**; the atoms
 * **live in** `mem`.  False when that is full. */
bool bench_query_parse(struct bq_span text, struct bq_arena *mem, struct bench_query *out);

/* Read them all; blank lines are left out.  Everything **lives in** `mem`.
 * BQ_EFORMAT for a JSON line that is none (err->at: the line), BQ_ENOMEM,
 * BQ_EIO, BQ_EUSAGE when there is none. */
int bench_queries_read(FILE *in, struct bq_arena *mem, struct bench_queries *out, struct bq_error *err);

#endif
