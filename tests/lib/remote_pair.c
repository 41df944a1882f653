/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/remote_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <xxhash.h>

#include "lib/tcpsrv.h"

static const char *const texts[PAIR_DOCS] = { "sharing data", "data of states that share data",
	"a treaty on fishing data", "shares of sharing", "biometric data sharing among states", "shared shores", "data",
	"the sharing of fish", "sharing sharing sharing", "data, data and shade", "no sharks share data",
	"data sharing", "shadow of data", "states share biometric data with no treaty at all" };

/* ---- asking ----------------------------------------------------------------------- */

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int look_at(struct bq_index *copy, struct bq_arena *mem, struct pair_hit *h)
{
	struct bq_read rd = { mem, { 0 } };
	struct bq_doc_head head;
	struct bq_span text = { NULL, 0 };

	h->is_here = bq_remote_has(copy, h->hit.leaf, h->hit.doc);
	if (!h->is_here)
		return BQ_OK;
	int rc = bq_leaf_head(copy->leaves[h->hit.leaf], h->hit.doc, &head, &rd);
	if (rc == BQ_OK)
		rc = bq_leaf_text(copy->leaves[h->hit.leaf], &head, 0, UINT32_MAX, &text, &rd);
	if (rc == BQ_OK)
		h->print = XXH3_64bits(text.ptr, text.len) ^ XXH3_64bits(head.title.ptr, head.title.len) * 3;
	return rc;
}

static int ask(struct bq_index *copy, struct bq_arena *mem, struct pair_answer *a)
{
	struct bq_expr words[] = {
		{ .kind = BQ_EXPR_TERM, .term = BQ_TERM_STEM, .word = BQ_SPAN("share"), .next = &words[1] },
		{ .kind = BQ_EXPR_TERM, .term = BQ_TERM_WORD, .word = BQ_SPAN("data") },
	};
	struct bq_expr any = { .kind = BQ_EXPR_OR, .kids = words };
	struct bq_remote_ask what = { &any, 0, PAIR_DOCS, true };
	struct bq_remote_prefix prefix = { BQ_TERM_WORD, BQ_SPAN("sh"), PAIR_WORDS };
	struct bq_remote_hit hits[PAIR_DOCS];
	struct bq_remote_words found_words = { 0 };
	struct bq_remote_found found = { 0 };
	int rc = bq_remote_search(copy, &what, mem, &found, &a->error);

	if (rc != BQ_OK)
		return rc;
	assert_true(found.n <= PAIR_DOCS);
	for (a->n = 0; a->n < found.n; a->n++)
		hits[a->n] = a->hits[a->n].hit = found.hits[a->n];
	rc = bq_remote_want(copy, BQ_TERM_STEM, BQ_SPAN("share"), false);
	if (rc == BQ_OK)
		rc = bq_remote_fetch(copy, hits, a->n, &a->error);
	for (uint32_t i = 0; i < a->n && rc == BQ_OK; i++)
		rc = look_at(copy, mem, &a->hits[i]);
	if (rc == BQ_OK)
		rc = bq_remote_expand(copy, &prefix, mem, &found_words, &a->error);
	a->n_words = found_words.n;
	return rc;
}

static int ask_copy(struct bq_index *ix, unsigned ms, struct pair_answer *out)
{
	struct bq_index *copy = bq_remote_attach(ix, now_ns() + ms * 1000000ull, NULL);
	struct bq_text *text = NULL;
	struct bq_remote_shard shard;
	struct bq_arena mem;

	if (copy == NULL)
		return BQ_ENOMEM;
	bq_arena_init(&mem, 1 << 26);
	int rc = bq_text_new(&ix->text, &text, &out->error);
	if (rc == BQ_OK) {
		bq_remote_begin(copy, text);
		rc = ask(copy, &mem, out);
	}
	for (uint32_t i = 0; bq_remote_shard(copy, i, &shard); i++) {
		out->has_failed[i] = !shard.is_up;
		memcpy(out->why[i], shard.why, sizeof out->why[i]);
	}
	bq_remote_detach(copy);
	bq_text_free(text);
	bq_arena_release(&mem);
	return rc;
}

static bool was_silent(const char *why) { return strstr(why, "no answer within") != NULL; }

/* Whether one who says all in the end was not waited for: opening takes 800 ms at
 * most, in which a busy machine may do other things. */
static bool lacked_time(const struct remote_pair *p, const struct pair_answer *a)
{
	for (int i = 0; i < 2; i++) {
		enum player_fault fault = p->players[i].fault;
		bool says_all = fault == PLAYER_HONEST || fault == PLAYER_PAUSES || fault == PLAYER_CRUMBLES;
		if (says_all && (was_silent(a->status == BQ_OK ? "" : a->error.msg) || was_silent(a->why[i])))
			return true;
	}
	return false;
}

static void ask_once(struct remote_pair *p, unsigned ms, struct pair_answer *out)
{
	uint64_t from = now_ns();
	struct bq_index *ix;

	memset(out, 0, sizeof *out);
	out->status = bq_index_open(p->name, &ix, &out->error);
	if (out->status == BQ_OK) {
		from = now_ns();
		out->status = ask_copy(ix, ms, out);
		bq_index_unref(ix);
	}
	out->ms = (now_ns() - from) / 1000000;
}

void pair_ask(struct remote_pair *p, unsigned ms, struct pair_answer *out)
{
	int tries = 0;

	do
		ask_once(p, ms, out);
	while (lacked_time(p, out) && ++tries < 10);
}

/* ---- making ----------------------------------------------------------------------- */

void pair_init(struct remote_pair *p)
{
	struct mem_opts opts = { .text = { .lang = "en" }, .k1 = 0.9f, .b = 0.4f };
	struct mem_doc docs[PAIR_DOCS] = { 0 };
	char path[320];
	uint16_t port;
	pid_t servers[2];

	for (uint32_t i = 0; i < PAIR_DOCS; i++)
		docs[i].path = docs[i].title = docs[i].text = bq_span_of(texts[i]);
	xapian_index_init(&p->built, docs, PAIR_DOCS, &opts, 2);
	for (uint32_t i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof path, "%.256s/1/shard-%u", p->built.dir.path, i);
		servers[i] = tcpsrv_start(path, NULL, &port);
		player_start(&p->players[i], port);
	}
	(void)snprintf(p->name, sizeof p->name, BQ_REMOTE_SCHEME "127.0.0.1:%u,127.0.0.1:%u", p->players[0].port,
		p->players[1].port);
	pair_ask(p, 60000, &p->whole);
	for (uint32_t i = 0; i < 2; i++) {
		tcpsrv_end(servers[i]);
		player_play(&p->players[i]);
	}
	if (p->whole.status != BQ_OK || p->whole.has_failed[0] || p->whole.has_failed[1])
		fail_msg("honest shards: %s %s %s", p->whole.error.msg, p->whole.why[0], p->whole.why[1]);
	assert_true(p->whole.n > 8 && p->whole.n_words > 3);
}

void pair_release(struct remote_pair *p)
{
	for (uint32_t i = 0; i < 2; i++)
		player_end(&p->players[i]);
	xapian_index_release(&p->built);
}

/* ---- checking ---------------------------------------------------------------------- */

static bool is_same(const struct pair_hit *a, const struct pair_hit *b)
{
	return a->hit.leaf == b->hit.leaf && a->hit.doc == b->hit.doc && a->hit.weight == b->hit.weight &&
		a->is_here == b->is_here && a->print == b->print;
}

void pair_check_whole(const struct remote_pair *p, const struct pair_answer *a)
{
	if (a->status != BQ_OK || a->has_failed[0] || a->has_failed[1])
		fail_msg("%d %s; %s; %s", a->status, a->error.msg, a->why[0], a->why[1]);
	assert_int_equal(a->n, p->whole.n);
	assert_int_equal(a->n_words, p->whole.n_words);
	for (uint32_t i = 0; i < a->n; i++)
		if (!is_same(&a->hits[i], &p->whole.hits[i]))
			fail_msg("hit %u is another one", i);
}

void pair_check_partial(const struct remote_pair *p, const struct pair_answer *a)
{
	uint32_t k = 0;

	if (!a->has_failed[1]) {
		pair_check_whole(p, a);
		return;
	}
	if (a->status != BQ_OK || a->has_failed[0] || a->why[1][0] == '\0')
		fail_msg("%d %s; %s; %s", a->status, a->error.msg, a->why[0], a->why[1]);
	for (uint32_t i = 0; i < p->whole.n; i++) {
		const struct pair_hit *want = &p->whole.hits[i];
		bool is_next = k < a->n && a->hits[k].hit.leaf == want->hit.leaf && a->hits[k].hit.doc == want->hit.doc;
		if (want->hit.leaf == 0 && (!is_next || !is_same(&a->hits[k], want)))
			fail_msg("hit %u of shard 0 is missing", i);
		if (is_next && a->hits[k].is_here && a->hits[k].print != want->print)
			fail_msg("hit %u of shard 1 is wrong", i);
		k += is_next;
	}
	assert_int_equal(k, a->n);
}
