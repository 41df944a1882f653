/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bqindex info: what an index is made of.
 */
#include <inttypes.h>
#include <stdio.h>

#include <bq/buf.h>
#include <bq/index.h>

#include "options.h"
#include "report.h"
#include "segment/segment.h"

struct totals {
	uint64_t bytes, terms;
	uint64_t section[SECTION_KINDS];
	uint64_t pair_words, pairs;
};

static struct totals sum_up(const struct bq_index *ix)
{
	struct totals t = { 0 };

	for (uint32_t i = 0; i < ix->n_leaves && !ix->is_xapian; i++) {
		const struct segment *s = segment_of(ix->leaves[i]);
		t.bytes += s->map.len;
		t.terms += s->leaf.n_terms;
		t.pair_words += s->pairs.n_words;
		t.pairs += s->pairs.n_pairs;
		for (unsigned k = 0; k < SECTION_KINDS; k++)
			t.section[k] += s->file.section[k].len;
	}
	return t;
}

static uint64_t pair_bytes(const uint64_t section[SECTION_KINDS])
{
	return section[SECTION_PAIRS] + section[SECTION_PPOST];
}

/* What the budget of pairs is a part of. */
static uint64_t other_bytes(const uint64_t section[SECTION_KINDS])
{
	uint64_t bytes = 0;

	for (unsigned k = 1; k < SECTION_SUMS; k++)
		bytes += k == SECTION_DOCS ? 0 : section[k];
	return bytes - pair_bytes(section);
}

/* ---- for people -------------------------------------------------------- */

static void print_sections(const uint64_t bytes[SECTION_KINDS], uint64_t all)
{
	for (unsigned k = 0; k < SECTION_KINDS; k++)
		if (bytes[k] != 0)
			(void)printf("  %-6s %14" PRIu64 "  %5.1f %%\n", section_name(k), bytes[k],
				100.0 * (double)bytes[k] / (double)all);
}

/* The number of blank-separated words. */
static unsigned count_words(struct bq_span s)
{
	unsigned n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.ptr[i] != ' ' && (i == 0 || s.ptr[i - 1] == ' ');
	return n;
}

static void print_pairs(const struct bq_index *ix, const struct totals *t)
{
	uint64_t bytes = pair_bytes(t->section), others = other_bytes(t->section);

	if (ix->pairs == BQ_PAIRS_OFF) {
		(void)printf("pairs      off\n");
		return;
	}
	(void)printf("pairs      of words that weigh %" PRIu32 " or more: %" PRIu64 " words, %" PRIu64 " pairs, %"
		PRIu64 " bytes, %.1f %% (of %" PRIu32 ") of what is not text\n", ix->pairs, t->pair_words, t->pairs,
		bytes, 100.0 * (double)bytes / (double)(others == 0 ? 1 : others), ix->pairs_percent);
}

static void print_databases(const struct bq_index *ix)
{
	for (uint32_t i = 0; i < ix->n_leaves; i++) {
		const struct bq_leaf *l = ix->leaves[i];
		(void)printf("database   %" PRIu64 ": %" PRIu32 " document%s, %" PRIu32
			" of them gone (xapian-delve says more)\n", l->number, l->n_docs, report_plural(l->n_docs),
			l->n_dead);
	}
}

static void print_index(const struct bq_index *ix, const struct totals *t)
{
	(void)printf("generation %" PRIu64 "\n", ix->gen);
	(void)printf("documents  %" PRIu64 ", %" PRIu64 " live\n", ix->n_docs, ix->n_live);
	(void)printf("words      %" PRIu64 ", %.1f a document on average when scores were fixed\n", ix->n_tokens,
		(double)ix->avg_len);
	if (!ix->is_xapian)
		(void)printf("terms      %" PRIu64 "\n", t->terms);
	(void)printf("analysis   %s, %u stop words, id %016" PRIx64 "\n", ix->text.lang,
		count_words(ix->text.stopwords), ix->text_id);
	(void)printf("BM25       k1 %g, b %g\n", (double)ix->k1, (double)ix->b);
	if (!ix->is_xapian)
		print_pairs(ix, t);
	for (uint32_t i = 0; i < ix->n_sources; i++) {
		struct bq_buf path = BQ_BUF_INIT;
		bq_buf_put_json(&path, ix->sources[i]); /* no control bytes on a terminal */
		(void)printf("source     %.*s\n", (int)path.len, (const char *)path.ptr);
		bq_buf_release(&path);
	}
	if (ix->is_xapian) {
		print_databases(ix);
		return;
	}
	for (uint32_t i = 0; i < ix->n_leaves; i++) {
		const struct segment *s = segment_of(ix->leaves[i]);
		(void)printf("segment    %s: %zu bytes, %" PRIu32 " document%s, %" PRIu32 " dead, %" PRIu32 " term%s\n",
			s->name, s->map.len, s->leaf.n_docs, report_plural(s->leaf.n_docs), s->leaf.n_dead,
			s->leaf.n_terms, report_plural(s->leaf.n_terms));
	}
	(void)printf("bytes      %" PRIu64 "\n", t->bytes);
	print_sections(t->section, t->bytes == 0 ? 1 : t->bytes);
}

/* ---- for programs ------------------------------------------------------ */

static void put_sections(struct bq_buf *b, const uint64_t bytes[SECTION_KINDS])
{
	const char *comma = "";

	bq_buf_printf(b, "\"sections\":{");
	for (unsigned k = 0; k < SECTION_KINDS; k++) {
		if (bytes[k] == 0)
			continue;
		bq_buf_printf(b, "%s\"%s\":%" PRIu64, comma, section_name(k), bytes[k]);
		comma = ",";
	}
	bq_buf_printf(b, "}");
}

/* `t` 0 is no pairs. */
static void put_pairs(struct bq_buf *b, uint32_t t, uint64_t words, uint64_t pairs, uint64_t bytes)
{
	bq_buf_printf(b,
		",\"pairs\":{\"t\":%" PRIu32 ",\"words\":%" PRIu64 ",\"pairs\":%" PRIu64 ",\"bytes\":%" PRIu64 "}",
		t == BQ_PAIRS_OFF ? 0 : t, words, pairs, bytes);
}

static void put_segment(struct bq_buf *b, const struct segment *s)
{
	uint64_t bytes[SECTION_KINDS];

	for (unsigned k = 0; k < SECTION_KINDS; k++)
		bytes[k] = s->file.section[k].len;
	bq_buf_printf(b, "{\"file\":\"%s\",\"bytes\":%zu,\"documents\":%" PRIu32 ",\"dead\":%" PRIu32 ",", s->name,
		s->map.len, s->leaf.n_docs, s->leaf.n_dead);
	bq_buf_printf(b, "\"terms\":%" PRIu32 ",\"tokens\":%" PRIu64 ",", s->leaf.n_terms, s->leaf.n_tokens);
	put_sections(b, bytes);
	put_pairs(b, s->pairs.t, s->pairs.n_words, s->pairs.n_pairs, pair_bytes(bytes));
	bq_buf_printf(b, "}");
}

static void put_sizes(struct bq_buf *b, const struct bq_index *ix, const struct totals *t)
{
	bq_buf_printf(b, ",\"bytes\":%" PRIu64 ",", t->bytes);
	put_sections(b, t->section);
	put_pairs(b, ix->pairs, t->pair_words, t->pairs, pair_bytes(t->section));
	bq_buf_printf(b, ",\"pairs_percent\":%" PRIu32, ix->pairs_percent);
}

static void put_index(struct bq_buf *b, const struct bq_index *ix, const struct totals *t)
{
	bq_buf_printf(b, "{\"index\":");
	bq_buf_put_json(b, bq_span_of(ix->dir));
	bq_buf_printf(b, ",\"gen\":%" PRIu64 ",\"documents\":%" PRIu64 ",\"live\":%" PRIu64 ",\"tokens\":%" PRIu64 ",",
		ix->gen, ix->n_docs, ix->n_live, ix->n_tokens);
	if (!ix->is_xapian)
		bq_buf_printf(b, "\"terms\":%" PRIu64 ",", t->terms);
	bq_buf_printf(b, "\"avg_len\":%.9g,\"k1\":%.9g,\"b\":%.9g,", (double)ix->avg_len, (double)ix->k1,
		(double)ix->b);
	bq_buf_printf(b, "\"lang\":\"%s\",\"text_id\":\"%016" PRIx64 "\",\"stopwords\":", ix->text.lang, ix->text_id);
	bq_buf_put_json(b, ix->text.stopwords);
	if (!ix->is_xapian)
		put_sizes(b, ix, t);
	bq_buf_printf(b, ",\"sources\":[");
	for (uint32_t i = 0; i < ix->n_sources; i++) {
		bq_buf_printf(b, i == 0 ? "" : ",");
		bq_buf_put_json(b, ix->sources[i]);
	}
	bq_buf_printf(b, "],\"%s\":[", ix->is_xapian ? "databases" : "segments");
	for (uint32_t i = 0; i < ix->n_leaves; i++) {
		bq_buf_printf(b, i == 0 ? "" : ",");
		if (ix->is_xapian)
			bq_buf_printf(b, "{\"documents\":%" PRIu32 ",\"dead\":%" PRIu32 "}", ix->leaves[i]->n_docs,
				ix->leaves[i]->n_dead);
		else
			put_segment(b, segment_of(ix->leaves[i]));
	}
	bq_buf_printf(b, "]}\n");
}

int cmd_info(const struct options *o)
{
	struct bq_buf b = BQ_BUF_INIT;
	struct bq_error err;
	struct bq_index *ix;
	struct totals t;
	int code = EXIT_DONE;

	if (bq_index_open(o->index, &ix, &err) != BQ_OK) {
		complain_of(o->index, err.msg);
		return EXIT_FAILED;
	}
	if (ix->is_remote) {
		complain("%s: databases on other machines: bq status asks their daemon", o->index);
		bq_index_unref(ix);
		return EXIT_FAILED;
	}
	t = sum_up(ix);
	if (o->json) {
		put_index(&b, ix, &t);
		(void)fwrite(b.ptr, 1, b.oom ? 0 : b.len, stdout);
		code = b.oom ? EXIT_FAILED : EXIT_DONE;
	} else {
		print_index(ix, &t);
	}
	bq_buf_release(&b);
	bq_index_unref(ix);
	return code;
}
