/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Any bytes as a query.  First byte: options.
 *
 * It is a query or an error that names a byte of it; what its tree prints
 * parses to the same tree, and both find the same documents; every hit has its
 * places, and each of them can be shown.
 */
#include <bq/query.h>

#include "fuzz/fuzz.h"
#include "lib/mem_index.h"

#define DOC(t) { .path = BQ_SPAN_INIT("notes/p.md"), .title = BQ_SPAN_INIT("data city"), .text = BQ_SPAN_INIT(t) }

static const struct mem_doc docs[] = { DOC("data sharing city \xc3\xa9"), DOC("the city's 1 data"),
	DOC("\xe6\x9d\xb1\xe4\xba\xac u s fi 1 2"), DOC("sharing sharing"),
	DOC("name path or and not\nshares of data") };

static struct bq_view view;
static struct bq_searcher *searcher;
static struct bq_arena mem;

static void set_up(void)
{
	static struct bq_index *index;
	struct mem_opts how = { .text.lang = "en" };

	if (index != NULL)
		return;
	index = mem_index_new(docs, sizeof docs / sizeof docs[0], &how);
	view = (struct bq_view){ &index, 1 };
	searcher = bq_searcher_new();
	bq_arena_init(&mem, 256 << 20);
}

static struct bq_query *find(struct bq_span text, const struct bq_query_opts *opts, struct bq_hits *out)
{
	struct bq_error err = { 0 };
	struct bq_query *q;
	int rc = bq_query_parse(searcher, &view, text, opts, &mem, &q, &err);

	if (rc == BQ_OK)
		rc = bq_query_search(q, out, &err);
	if (rc == BQ_OK)
		return q;
	FUZZ_CHECK((rc == BQ_EQUERY || rc == BQ_ELIMIT) && err.at <= text.len && err.msg[0] != '\0');
	return NULL;
}

static void check_snip(struct bq_query *q, const struct bq_hit *hit, const struct bq_doc_head *head,
	const struct bq_place *place)
{
	struct bq_snip snip;
	uint32_t least = 0;

	FUZZ_CHECK(bq_query_snip(q, hit, head, place, 1, &snip, NULL) == BQ_OK);
	for (uint32_t i = 0; i < snip.n_marks; i++) {
		FUZZ_CHECK(snip.marks[i].from >= least && snip.marks[i].from < snip.marks[i].to);
		FUZZ_CHECK(snip.marks[i].to <= snip.text.len);
		least = snip.marks[i].to;
	}
}

static void check_hit(struct bq_query *q, const struct bq_hit *hit)
{
	const struct bq_leaf *leaf = view.indexes[hit->index]->leaves[hit->leaf];
	struct bq_read rd = { .mem = &mem };
	struct bq_doc_head head;
	struct bq_places places;

	FUZZ_CHECK(bq_leaf_head(leaf, hit->doc, &head, &rd) == BQ_OK);
	FUZZ_CHECK(bq_query_places(q, hit, &head, 3, &places, NULL) == BQ_OK && places.n <= 3);
	for (uint32_t i = 0; i < places.n; i++) {
		const struct bq_place *p = &places.places[i];
		size_t size = p->in_title ? head.title.len : head.text_bytes;
		FUZZ_CHECK(p->off <= size && p->len <= size - p->off);
		if (!p->in_title)
			check_snip(q, hit, &head, p);
	}
}

/* The tree, printed, is the same query. */
static void check_tree(struct bq_query *q, const struct bq_hits *hits, struct bq_query_opts opts)
{
	bool is_partial = opts.partial;
	struct bq_span tree = bq_query_format(q);
	struct bq_hits again;

	opts.words_only = opts.partial = false;
	struct bq_query *p = find(tree, &opts, &again);
	FUZZ_CHECK(p != NULL || tree.len > BQ_QUERY_MAX_BYTES);
	if (p == NULL || is_partial) /* prefixes have no spelling yet */
		return;
	FUZZ_CHECK(bq_span_eq(tree, bq_query_format(p)));
	FUZZ_CHECK(hits->n == again.n && hits->total == again.total);
	for (uint32_t i = 0; i < hits->n; i++)
		FUZZ_CHECK(hits->hits[i].doc == again.hits[i].doc && hits->hits[i].score == again.hits[i].score);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bq_hits hits;
	uint64_t count;

	if (size == 0 || size > 2048)
		return 0;
	set_up();
	struct bq_query_opts opts = { .limit = 10, .match = data[0] % 3, .keep_stopwords = (data[0] & 4) != 0,
		.partial = (data[0] & 8) != 0, .words_only = (data[0] & 16) != 0 };
	uint8_t *copy = fuzz_copy(data + 1, size - 1);
	struct bq_query *q = find(bq_span_make(copy, size - 1), &opts, &hits);
	if (q != NULL) {
		FUZZ_CHECK(bq_query_count(q, &count, NULL) == BQ_OK && count <= sizeof docs / sizeof docs[0]);
		FUZZ_CHECK(hits.n <= sizeof docs / sizeof docs[0]);
		check_tree(q, &hits, opts);
		for (uint32_t i = 0; i < hits.n; i++)
			check_hit(q, &hits.hits[i]);
	}
	bq_arena_reset(&mem);
	free(copy);
	return 0;
}
