/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/ask.h"

#include <bq/buf.h>

#include "bench/clock.h"
#include "bench/touched.h"

#define MEM_CAP ((size_t)1 << 30)

static const struct ask_command commands[] = {
	{ "COUNT", 0, true },
	{ "TOP_10", 10, false },
	{ "TOP_100", 100, false },
	{ "TOP_1000", 1000, false },
	{ "TOP_10_COUNT", 10, true },
	{ "TOP_100_COUNT", 100, true },
};

const struct ask_command *ask_command_find(struct bq_span name)
{
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (bq_span_eq(bq_span_of(commands[i].name), name))
			return &commands[i];
	return NULL;
}

int ask_init(struct ask *a, const char *dir)
{
	*a = (struct ask){ 0 };
	bq_arena_init(&a->mem, MEM_CAP);
	int rc = bq_index_open(dir, &a->index, &a->error);
	if (rc == BQ_OK && a->index->is_xapian) /* constants and bytes are those of our own sections */
		rc = bq_error_set(&a->error, BQ_EUSAGE, 0, "%s: only indexes of the native engine are measured", dir);
	if (rc != BQ_OK)
		return rc;
	a->view = (struct bq_view){ &a->index, 1 };
	a->searcher = bq_searcher_new();
	return a->searcher == NULL ? bq_error_set(&a->error, BQ_ENOMEM, 0, "out of memory") : BQ_OK;
}

void ask_release(struct ask *a)
{
	bq_searcher_free(a->searcher);
	bq_index_unref(a->index);
	bq_arena_release(&a->mem);
}

static int show_hit(struct ask *a, struct bq_query *q, const struct bq_hit *hit)
{
	struct bq_read rd = { &a->mem, { 0 } };
	struct bq_doc_head head;
	struct bq_places places;
	struct bq_snip snip;
	int rc = bq_leaf_head(a->index->leaves[hit->leaf], hit->doc, &head, &rd);

	if (rc != BQ_OK)
		return bq_error_set(&a->error, rc, 0, "%s", rd.error.msg);
	rc = bq_query_places(q, hit, &head, 1, &places, &a->error);
	if (rc != BQ_OK || places.n == 0 || places.places[0].in_title)
		return rc;
	rc = bq_query_snip(q, hit, &head, &places.places[0], 1, &snip, &a->error);
	if (rc == BQ_OK) {
		a->shown.hits++;
		a->shown.bytes += snip.text.len;
	}
	return rc;
}

static int show_hits(struct ask *a, struct bq_query *q, const struct bq_hits *hits)
{
	uint64_t start = clock_ns(a->clock);
	int rc = BQ_OK;

	for (uint32_t i = 0; rc == BQ_OK && i < hits->n; i++)
		rc = show_hit(a, q, &hits->hits[i]);
	a->shown.ns = clock_ns(a->clock) - start;
	return rc;
}

int ask_run(struct ask *a, const struct ask_command *command, struct bq_span text, uint64_t *count)
{
	const struct bq_query_opts opts = {
		.match = BQ_MATCH_ANY,
		.keep_stopwords = true,
		.no_hint = true, /* which asks three more questions */
		.limit = command->k,
		.known_score = a->known_score,
		.exhaustive = a->is_exhaustive,
		.total = command->wants_total ? BQ_TOTAL_EXACT : BQ_TOTAL_NONE,
	};
	struct bq_query *q;
	struct bq_hits hits;
	int rc;

	bq_arena_reset(&a->mem);
	a->shown = (struct ask_shown){ 0 };
	rc = bq_query_parse(a->searcher, &a->view, text, &opts, &a->mem, &q, &a->error);
	if (rc != BQ_OK)
		return rc;
	if (command->k == 0)
		return bq_query_count(q, count, &a->error);
	rc = bq_query_search(q, &hits, &a->error);
	*count = command->wants_total ? hits.total : hits.n;
	a->last_score = rc == BQ_OK && hits.n != 0 ? hits.hits[hits.n - 1].score : 0;
	return rc == BQ_OK && a->shows ? show_hits(a, q, &hits) : rc;
}

/* ---- facts ------------------------------------------------------------- */

/* Documents that `text` matches. */
static int count_of(struct ask *a, const struct bq_buf *text, uint64_t *out)
{
	if (text->oom)
		return bq_error_set(&a->error, BQ_ENOMEM, 0, "out of memory");
	return ask_run(a, &commands[0], bq_buf_span(text), out);
}

/* One word of the query as one of the model's lists; a word of a phrase is
 * meant as written. */
static int add_list(struct ask *a, struct bq_span word, char sign, bool of_phrase, struct model_query *out)
{
	struct bq_buf text = BQ_BUF_INIT;
	uint64_t df = 0;

	if (out->n_lists == MODEL_MAX_LISTS)
		return bq_error_set(&a->error, BQ_ELIMIT, 0, "a query of more than %d words", MODEL_MAX_LISTS);
	bq_buf_printf(&text, of_phrase ? "\"%.*s\"" : "%.*s", (int)word.len, word.ptr);
	int rc = count_of(a, &text, &df);
	bq_buf_release(&text);
	out->lists[out->n_lists++] = (struct model_list){ .sign = sign, .df = df };
	out->n_words++;
	return rc;
}

/* A pair of a phrase as one of the model's lists. */
static int add_pair(struct ask *a, uint64_t df, char sign, bool only_restricts, struct model_query *out)
{
	if (out->n_lists == MODEL_MAX_LISTS)
		return bq_error_set(&a->error, BQ_ELIMIT, 0, "a query of more than %d words", MODEL_MAX_LISTS);
	out->lists[out->n_lists++] = (struct model_list){ sign, df, only_restricts };
	out->n_pairs++;
	return BQ_OK;
}

/* The blank-separated words of a phrase, which it requires where itself is. */
static int add_words(struct ask *a, const struct bench_atom *atom, char sign, struct bq_buf *candidates,
	struct model_query *out)
{
	struct bq_span rest = atom->text, word;
	uint32_t n_words = 0;
	int rc = BQ_OK;

	while (rc == BQ_OK && (word = phrases_next_word(&rest)).len != 0) {
		rc = add_list(a, word, sign, true, out);
		bq_buf_printf(candidates, "+\"%.*s\" ", (int)word.len, word.ptr);
		n_words++;
	}
	out->n_joints += n_words == 0 ? 0 : n_words - 1;
	return rc;
}

static uint32_t count_words(struct bq_span text)
{
	uint32_t n = 0;

	while (phrases_next_word(&text).len != 0)
		n++;
	return n;
}

/* A phrase beside other operands: one pair list stands for it, or says that it is
 * nowhere, or restricts it; else its words. */
static int add_phrase(struct ask *a, const struct bench_atom *atom, char sign, struct bq_buf *candidates,
	struct model_query *out)
{
	struct phrases_facts known = phrases_look_up(a->index, atom->text, &a->mem);
	int rc;

	if (known.kind == PHRASES_ABSENT) {
		out->n_words += count_words(atom->text);
		out->n_pairs++;
		out->is_absent |= sign == '+';
		return BQ_OK;
	}
	if (known.kind == PHRASES_ABOVE && known.df != UINT64_MAX) {
		out->n_words += count_words(atom->text);
		bq_buf_printf(candidates, "+\"%.*s\" ", (int)atom->text.len, atom->text.ptr);
		return add_pair(a, known.df, sign, false, out);
	}
	rc = add_words(a, atom, sign, candidates, out);
	if (rc != BQ_OK || known.kind != PHRASES_LONG || known.df == UINT64_MAX || sign != '+')
		return rc;
	out->candidates = known.df < out->candidates ? known.df : out->candidates;
	return add_pair(a, known.df, sign, true, out);
}

/* A query that is one phrase. */
static int add_lone_phrase(struct ask *a, const struct bench_atom *atom, struct bq_buf *candidates,
	struct model_query *out)
{
	struct phrases_facts known = phrases_look_up(a->index, atom->text, &a->mem);
	int rc = add_words(a, atom, '+', candidates, out);

	out->phrase = known.kind;
	out->pair_df = known.kind == PHRASES_ABOVE && known.df != UINT64_MAX ? known.df : 0;
	out->is_absent = known.kind == PHRASES_ABSENT;
	out->n_pairs = out->pair_df != 0 || out->is_absent;
	if (known.kind != PHRASES_LONG || known.df == UINT64_MAX)
		return rc;
	out->candidates = known.df;
	return rc == BQ_OK ? add_pair(a, known.df, '+', true, out) : rc;
}

static int add_atom(struct ask *a, const struct bench_query *q, const struct bench_atom *atom,
	struct bq_buf *candidates, struct model_query *out)
{
	/* What stands alone is required. */
	char sign = q->n_atoms == 1 ? '+' : atom->sign;

	if (atom->is_phrase && q->class == BENCH_PHRASE)
		return add_lone_phrase(a, atom, candidates, out);
	if (atom->is_phrase && sign != '-')
		return add_phrase(a, atom, sign, candidates, out);
	if (sign == '+')
		bq_buf_printf(candidates, "+%.*s ", (int)atom->text.len, atom->text.ptr);
	return add_list(a, atom->text, sign, atom->is_phrase, out);
}

/* What phrases are looked for in: at most the documents of a rare pair. */
static int count_candidates(struct ask *a, const struct bq_buf *text, struct model_query *out)
{
	uint64_t n;
	int rc = count_of(a, text, &n);

	if (rc == BQ_OK && n < out->candidates)
		out->candidates = n;
	return rc;
}

/* What a query touches. */
static int count_touched(struct ask *a, const struct ask_command *command, struct bq_span text, struct touched *out)
{
	uint64_t count;

	touched_begin(a->index, out);
	int rc = ask_run(a, command, text, &count);
	touched_end(a->index);
	return rc;
}

/* What all answers touch: where something is required a count looks at no more than it
 * must, else every list is read. */
static int count_all(struct ask *a, const struct ask_command *best, const struct bench_query *q, struct touched *out)
{
	bool is_counted = q->class != BENCH_OR && q->class != BENCH_WORD && q->class != BENCH_MUST_SHOULD;

	a->is_exhaustive = !is_counted;
	int rc = count_touched(a, is_counted ? &commands[0] : best, q->text, out);
	a->is_exhaustive = false;
	return rc;
}

/* The share of what there is that must be decoded for the best k, and the positions to
 * be read: those of a run that knows the k-th score beforehand.  No threshold found on
 * the way is higher, so with the same bounds nobody passes over more. */
static int find_share(struct ask *a, const struct ask_command *command, const struct bench_query *q,
	struct model_query *out)
{
	/* one more than wanted is looked for, to see whether others follow */
	const struct ask_command one_more = { command->name, command->k + 1, false };
	const struct ask_command best = { command->name, command->k, false };
	struct touched all, needed;
	uint64_t n;

	int rc = ask_run(a, &one_more, q->text, &n);
	a->known_score = rc == BQ_OK && n > command->k ? a->last_score : 0;
	if (rc == BQ_OK)
		rc = count_touched(a, &best, q->text, &needed);
	a->known_score = 0;
	if (rc == BQ_OK)
		rc = count_all(a, &best, q, &all);
	out->places = command->wants_total ? all.places : needed.places;
	out->share = rc == BQ_OK && needed.postings < all.postings ? (double)needed.postings / (double)all.postings : 1;
	return rc;
}

static int count_places(struct ask *a, const struct ask_command *command, struct bq_span text, uint64_t *out)
{
	struct touched touched;
	int rc = count_touched(a, command, text, &touched);

	*out = touched.places;
	return rc;
}

int ask_facts(struct ask *a, const struct ask_command *command, const struct bench_query *q, struct model_query *out)
{
	struct bq_buf candidates = BQ_BUF_INIT;
	int rc = BQ_OK;

	*out = (struct model_query){ .class = q->class, .k = command->k, .wants_total = command->wants_total,
		.n_docs = a->index->n_docs, .candidates = UINT64_MAX };
	for (uint32_t i = 0; rc == BQ_OK && i < q->n_atoms; i++)
		rc = add_atom(a, q, &q->atoms[i], &candidates, out);
	if (rc == BQ_OK && out->n_joints != 0)
		rc = count_candidates(a, &candidates, out);
	if (rc == BQ_OK)
		rc = ask_run(a, &commands[0], q->text, &out->matches);
	if (rc == BQ_OK)
		rc = command->k == 0 ? count_places(a, command, q->text, &out->places)
			: find_share(a, command, q, out);
	bq_buf_release(&candidates);
	return rc;
}
