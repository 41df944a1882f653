/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Two shards, played from what two servers once said, and one request to them:
 * what comes of it when one of them misbehaves.
 */
#ifndef BQ_TESTS_REMOTE_PAIR_H
#define BQ_TESTS_REMOTE_PAIR_H

#include <bq/remote.h>

#include "lib/shard_player.h"
#include "lib/xapian_index.h"

enum { PAIR_DOCS = 14, PAIR_WORDS = 8 };

/* All that a request says. */
struct pair_answer {
	int status;           /* of the search, or of what failed behind it */
	struct bq_error error;
	uint32_t n;
	struct pair_hit {
		struct bq_remote_hit hit;
		bool is_here;     /* its document came */
		uint64_t print;   /* of title and text */
	} hits[PAIR_DOCS];
	uint32_t n_words;     /* that begin with "sh" */
	bool has_failed[2];
	char why[2][160];
	uint64_t ms;          /* it took so long */
};

struct remote_pair {
	struct xapian_index built;
	struct shard_player players[2];
	char name[96];
	struct pair_answer whole; /* of honest shards */
};

/* Build, record, and play honestly.  Fails the test where it cannot. */
void pair_init(struct remote_pair *p);

/* Halt both players and remove what pair_init() built. */
void pair_release(struct remote_pair *p);

/* Open the index anew and ask: ranks, documents, words; with so much time. */
void pair_ask(struct remote_pair *p, unsigned ms, struct pair_answer *out);

/* Fails the test unless `a` is the whole answer, to the last byte. */
void pair_check_whole(const struct remote_pair *p, const struct pair_answer *a);

/* Fails the test unless `a` is the whole answer, or that without hits, documents or words of
 * shard 1, which is then named. */
void pair_check_partial(const struct remote_pair *p, const struct pair_answer *a);

#endif
