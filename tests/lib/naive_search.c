/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/naive_search.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct word {
	char text[32], stem[32];
	uint32_t pos;
};

struct doc {
	uint32_t index, leaf, doc, group;
	const struct mem_doc *in;
	struct word *words;
	uint32_t n_words;
	uint32_t title_from, title_to; /* positions */
	float k;
};

struct group {
	struct bq_text *text;
	uint64_t text_id;
	uint64_t n_docs;
	struct naive_node *root; /* normalised, weighed */
	double sum;
};

struct naive_corpus {
	struct doc *docs;
	uint32_t n;
	struct group groups[4];
	uint32_t n_groups;
	bool keep; /* of the search under way */
};

static void *must(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

/* ---- documents --------------------------------------------------------- */

/* Split ASCII text; the first word is at position `pos`. */
static void add_words(struct doc *d, struct bq_text *t, struct bq_span s, uint32_t pos)
{
	for (size_t i = 0; i < s.len;) {
		struct word w = { .pos = pos };
		size_t n = 0;
		while (i < s.len && !isalnum((unsigned char)s.ptr[i]))
			i++;
		for (; i < s.len && isalnum((unsigned char)s.ptr[i]); i++)
			w.text[n++] = (char)tolower((unsigned char)s.ptr[i]);
		if (n == 0)
			return;
		struct bq_span stem = bq_text_stem(t, bq_span_of(w.text));
		memcpy(w.stem, stem.ptr, stem.len);
		d->words = must(realloc(d->words, (d->n_words + 1) * sizeof *d->words));
		d->words[d->n_words++] = w;
		pos++;
	}
}

static uint32_t count_words(struct bq_span s)
{
	uint32_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += isalnum((unsigned char)s.ptr[i]) && (i == 0 || !isalnum((unsigned char)s.ptr[i - 1]));
	return n;
}

static void read_doc(struct doc *d, struct bq_text *t)
{
	const struct mem_doc *in = d->in;
	uint32_t n_title = count_words(in->title), body = 0;

	if (!in->title_in_text) {
		add_words(d, t, in->title, 0);
		body = n_title == 0 ? 0 : n_title + BQ_TITLE_GAP;
		d->title_from = 0;
	} else {
		d->title_from = count_words(bq_span_first(in->text, in->title_off));
	}
	d->title_to = d->title_from + n_title;
	add_words(d, t, in->text, body);
}

static struct group *group_of(struct naive_corpus *c, const struct naive_index *ix)
{
	struct bq_text *t;

	if (bq_text_new(&ix->text, &t, NULL) != BQ_OK)
		abort();
	for (uint32_t g = 0; g < c->n_groups; g++) {
		if (c->groups[g].text_id == bq_text_id(t)) {
			bq_text_free(t);
			return &c->groups[g];
		}
	}
	c->groups[c->n_groups] = (struct group){ .text = t, .text_id = bq_text_id(t) };
	return &c->groups[c->n_groups++];
}

static void add_index(struct naive_corpus *c, const struct naive_index *ix, uint32_t index)
{
	struct group *g = group_of(c, ix);
	uint32_t per_leaf = ix->leaf_docs == 0 ? ix->n_docs : ix->leaf_docs, first = c->n;
	uint64_t tokens = 0;

	for (uint32_t i = 0; i < ix->n_docs; i++) {
		struct doc d = { .index = index, .leaf = i / per_leaf, .doc = i % per_leaf,
			.group = (uint32_t)(g - c->groups), .in = &ix->docs[i] };
		read_doc(&d, g->text);
		tokens += d.n_words;
		c->docs = must(realloc(c->docs, (c->n + 1) * sizeof *c->docs));
		c->docs[c->n++] = d;
	}
	g->n_docs += ix->n_docs;
	float avg = (float)((double)tokens / (double)ix->n_docs);
	float c0 = ix->k1 * (1.0f - ix->b), c1 = ix->k1 * ix->b / avg;
	for (uint32_t i = first; i < c->n; i++) {
		float len = (float)bq_len_decode(bq_len_encode(c->docs[i].n_words));
		float scaled = c1 * len;
		c->docs[i].k = c0 + scaled;
	}
}

struct naive_corpus *naive_new(const struct naive_index *indexes, uint32_t n)
{
	struct naive_corpus *c = must(calloc(1, sizeof *c));

	for (uint32_t i = 0; i < n; i++)
		add_index(c, &indexes[i], i);
	return c;
}

void naive_free(struct naive_corpus *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		free(c->docs[i].words);
	for (uint32_t i = 0; i < c->n_groups; i++)
		bq_text_free(c->groups[i].text);
	free(c->docs);
	free(c);
}

/* ---- the query --------------------------------------------------------- */

static const char *stem_of(struct group *g, const char *word, char out[64])
{
	struct bq_span s = bq_text_stem(g->text, bq_span_of(word));

	memcpy(out, s.ptr, s.len);
	out[s.len] = '\0';
	return out;
}

static bool is_leaf(const struct naive_node *n)
{
	return n->kind == NAIVE_WORD || n->kind == NAIVE_PHRASE;
}

static bool same(struct group *g, const struct naive_node *a, const struct naive_node *b)
{
	char x[64], y[64];

	if (!is_leaf(a) || a->kind != b->kind || a->is_title != b->is_title || a->n_words != b->n_words ||
		a->near != b->near || a->distance != b->distance || a->is_prefix != b->is_prefix)
		return false;
	if (a->kind == NAIVE_WORD)
		return strcmp(stem_of(g, a->words[0], x), stem_of(g, b->words[0], y)) == 0;
	for (unsigned i = 0; i < a->n_words; i++)
		if (strcmp(a->words[i], b->words[i]) != 0)
			return false;
	return true;
}

static bool is_stop(struct group *g, const struct naive_node *n)
{
	return n->kind == NAIVE_WORD && n->sign == 0 && bq_text_is_stopword(g->text, bq_span_of(n->words[0]));
}

/* A copy in which each list says everything once and skips its stop words. */
static struct naive_node *normalise(struct naive_corpus *c, struct group *g, const struct naive_node *in)
{
	struct naive_node *n = must(malloc(sizeof *n));
	bool has_other = false;

	*n = *in;
	n->times = 1;
	n->n_kids = 0;
	for (unsigned i = 0; i < in->n_kids; i++) {
		struct naive_node *kid = normalise(c, g, in->kids[i]);
		unsigned k = 0;
		while (k < n->n_kids && !((n->kids[k]->sign == '-') == (kid->sign == '-') && same(g, n->kids[k], kid)))
			k++;
		if (k == n->n_kids) {
			n->kids[n->n_kids++] = kid;
			continue;
		}
		n->kids[k]->times += kid->times;
		if (kid->sign == '+')
			n->kids[k]->sign = '+';
		free(kid);
	}
	for (unsigned i = 0; i < n->n_kids; i++)
		has_other |= n->kids[i]->sign != '-' && !is_stop(g, n->kids[i]);
	for (unsigned i = 0; n->kind == NAIVE_GROUP && !c->keep && has_other && i < n->n_kids;) {
		if (!is_stop(g, n->kids[i])) {
			i++;
			continue;
		}
		free(n->kids[i]);
		n->kids[i] = n->kids[--n->n_kids];
	}
	if (n->n_kids != 1)
		return n;
	struct naive_node *only = n->kids[0];
	only->sign = n->sign;
	free(n);
	return only;
}

static void free_tree(struct naive_node *n)
{
	for (unsigned i = 0; i < n->n_kids; i++)
		free_tree(n->kids[i]);
	free(n);
}

static bool in_place(const struct doc *d, const struct word *w, const struct naive_node *n)
{
	return !n->is_title || (w->pos >= d->title_from && w->pos < d->title_to);
}

/* Whether places at[0 .. n) of the document fit the clause. */
static bool are_near(const struct naive_node *n, const struct doc *d, const uint32_t *at)
{
	int64_t least = INT64_MAX, most = INT64_MIN;

	for (unsigned i = 0; i < n->n_words; i++) {
		int64_t x = (int64_t)d->words[at[i]].pos - (n->near == '~' ? (int64_t)i : 0);
		least = x < least ? x : least;
		most = x > most ? x : most;
		for (unsigned k = 0; k < i; k++)
			if (at[k] == at[i])
				return false;
	}
	if (n->near == 'A' && at[1] < at[0])
		return false;
	return most - least <= (int64_t)n->distance;
}

/* Whether words `from` .. `to` of the document hold the clause: every choice is
 * tried. */
static bool holds_near(const struct naive_node *n, const struct doc *d, const uint32_t range[2], unsigned i,
	uint32_t *at)
{
	if (i == n->n_words)
		return are_near(n, d, at);
	for (at[i] = range[0]; at[i] <= range[1]; at[i]++)
		if (in_place(d, &d->words[at[i]], n) && strcmp(d->words[at[i]].text, n->words[i]) == 0 &&
			holds_near(n, d, range, i + 1, at))
			return true;
	return false;
}

/* Each match ends as early as it can, and the next one lies behind it. */
static uint32_t count_near(const struct naive_node *n, const struct doc *d)
{
	uint32_t count = 0, range[2] = { 0, 0 }, at[NAIVE_WORDS];

	for (; range[1] < d->n_words; range[1]++) {
		if (!holds_near(n, d, range, 0, at))
			continue;
		count++;
		range[0] = range[1] + 1;
	}
	return count;
}

static bool word_fits(const struct naive_node *n, unsigned k, const char *text)
{
	if (n->is_prefix && k + 1 == n->n_words)
		return strncmp(text, n->words[k], strlen(n->words[k])) == 0;
	return strcmp(text, n->words[k]) == 0;
}

static uint32_t count_clause(struct naive_corpus *c, const struct naive_node *n, const struct doc *d)
{
	uint32_t count = 0;
	char stem[64];

	if (n->near != 0)
		return count_near(n, d);
	if (n->kind == NAIVE_WORD)
		stem_of(&c->groups[d->group], n->words[0], stem);
	for (uint32_t i = 0; i < d->n_words; i++) {
		bool fits = true;
		for (unsigned k = 0; fits && k < n->n_words; k++) {
			const struct word *w = &d->words[i + k];
			fits = i + k < d->n_words && w->pos == d->words[i].pos + k && in_place(d, w, n) &&
				(n->kind == NAIVE_WORD ? strcmp(w->stem, stem) == 0 : word_fits(n, k, w->text));
		}
		count += fits;
	}
	return count;
}

/* The documents of each word that starts so, added up; at most N. */
static uint64_t prefix_df(struct naive_corpus *c, uint32_t group, const struct naive_node *n)
{
	uint64_t df = 0;

	for (uint32_t i = 0; i < c->n; i++) {
		const struct doc *d = &c->docs[i];
		for (uint32_t w = 0; d->group == group && w < d->n_words; w++) {
			bool is_new = in_place(d, &d->words[w], n) && word_fits(n, 0, d->words[w].text);
			for (uint32_t k = 0; k < w; k++)
				is_new &= !in_place(d, &d->words[k], n) ||
					strcmp(d->words[k].text, d->words[w].text) != 0;
			df += is_new;
		}
	}
	return df < c->groups[group].n_docs ? df : c->groups[group].n_docs;
}

/* ln(1 + (N - df + .5)/(df + .5)) of one word of a clause. */
static double idf(struct naive_corpus *c, uint32_t group, const struct naive_node *n, unsigned word)
{
	struct naive_node one = { .kind = n->kind, .is_title = n->is_title, .n_words = 1, .words = { n->words[word] } };
	uint64_t df = 0;

	one.is_prefix = n->is_prefix && word + 1 == n->n_words;
	if (one.is_prefix)
		df = prefix_df(c, group, &one);
	else
		for (uint32_t i = 0; i < c->n; i++)
			df += c->docs[i].group == group && count_clause(c, &one, &c->docs[i]) != 0;
	return log(1.0 + ((double)(c->groups[group].n_docs - df) + 0.5) / ((double)df + 0.5));
}

static double weigh(struct naive_corpus *c, uint32_t group, struct naive_node *n)
{
	double sum = 0;

	if (is_leaf(n)) {
		for (unsigned i = 0; i < n->n_words; i++)
			sum += idf(c, group, n, i);
		return n->weight = (double)n->times * sum;
	}
	for (unsigned i = 0; i < n->n_kids; i++)
		if (n->kids[i]->sign != '-')
			sum += weigh(c, group, n->kids[i]);
	return sum;
}

/* ---- matching and scoring ---------------------------------------------- */

static bool has_must(const struct naive_node *n)
{
	for (unsigned i = 0; i < n->n_kids; i++)
		if (n->kids[i]->sign == '+')
			return true;
	return false;
}

static bool matches(struct naive_corpus *c, const struct naive_node *n, const struct doc *d, bool loose)
{
	bool must_rule = has_must(n), all = true, some = false;

	if (is_leaf(n))
		return count_clause(c, n, d) != 0;
	for (unsigned i = 0; i < n->n_kids; i++) {
		const struct naive_node *k = n->kids[i];
		bool m = matches(c, k, d, loose && k->sign != '-');
		if (k->sign == '-' && m)
			return false;
		if (k->sign == '+' && !m)
			return false;
		if (k->sign == 0) {
			all &= m;
			some |= m;
		}
	}
	return must_rule || (n->kind == NAIVE_OR || loose ? some : all);
}

static uint32_t score(struct naive_corpus *c, const struct naive_node *n, const struct doc *d, bool loose, int shift)
{
	uint32_t sum = 0;

	if (is_leaf(n)) {
		float tf = (float)count_clause(c, n, d), weight = (float)ldexp(n->weight, shift);
		float part = tf / (tf + d->k);
		return (uint32_t)lrintf(weight * part);
	}
	for (unsigned i = 0; i < n->n_kids; i++)
		if (n->kids[i]->sign != '-' && matches(c, n->kids[i], d, loose))
			sum += score(c, n->kids[i], d, loose, shift);
	return sum;
}

/* ---- the answer -------------------------------------------------------- */

/* What compare() goes by: qsort has no argument for it. */
static enum bq_sort order_sort;
static bool order_tiers;

static int compare(const void *a, const void *b)
{
	const struct naive_hit *x = a, *y = b;

	if (order_tiers && x->all != y->all)
		return x->all ? -1 : 1;
	if (order_sort == BQ_SORT_SCORE && x->points != y->points)
		return x->points > y->points ? -1 : 1;
	if (order_sort == BQ_SORT_DATE && x->in->mtime_us != y->in->mtime_us)
		return x->in->mtime_us > y->in->mtime_us ? -1 : 1;
	if (order_sort == BQ_SORT_PATH && bq_span_cmp(x->in->path, y->in->path) != 0)
		return bq_span_cmp(x->in->path, y->in->path);
	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	if (x->leaf != y->leaf)
		return x->leaf < y->leaf ? -1 : 1;
	return x->doc < y->doc ? -1 : x->doc > y->doc;
}

static int find_shift(const struct naive_corpus *c)
{
	double most = 0;
	int s = 0;

	for (uint32_t g = 0; g < c->n_groups; g++)
		most = c->groups[g].sum > most ? c->groups[g].sum : most;
	if (most == 0)
		return 0;
	while (ldexp(most, s) >= 1073741824.0)
		s--;
	while (ldexp(most, s + 1) < 1073741824.0)
		s++;
	return s;
}

static void add_doc(struct naive_corpus *c, const struct doc *d, const struct bq_query_opts *opts,
	struct naive_answer *out)
{
	const struct naive_node *root = c->groups[d->group].root;
	bool all = matches(c, root, d, false), some = matches(c, root, d, true);
	bool loose = opts->match == BQ_MATCH_ANY || (opts->match == BQ_MATCH_AUTO && !all);

	if (d->in->is_dead)
		return;
	out->total += opts->match == BQ_MATCH_ANY ? some : all;
	out->any += some;
	if (!all && (!some || opts->match == BQ_MATCH_ALL))
		return;
	out->hits = must(realloc(out->hits, (out->n + 1) * sizeof *out->hits));
	out->hits[out->n++] = (struct naive_hit){ d->index, d->leaf, d->doc,
		score(c, root, d, loose, out->shift), all, d->in };
}

struct naive_answer naive_search(struct naive_corpus *c, const struct naive_node *root,
	const struct bq_query_opts *opts)
{
	struct naive_answer out = { 0 };

	c->keep = opts->keep_stopwords || opts->match == BQ_MATCH_ALL;
	for (uint32_t g = 0; g < c->n_groups; g++) {
		c->groups[g].root = normalise(c, &c->groups[g], root);
		c->groups[g].sum = weigh(c, g, c->groups[g].root);
	}
	out.shift = find_shift(c);
	for (uint32_t i = 0; i < c->n; i++)
		add_doc(c, &c->docs[i], opts, &out);
	for (uint32_t g = 0; g < c->n_groups; g++)
		free_tree(c->groups[g].root);
	order_sort = opts->sort;
	order_tiers = opts->match == BQ_MATCH_AUTO;
	if (out.n != 0)
		qsort(out.hits, out.n, sizeof *out.hits, compare);
	return out;
}

/* ---- text -------------------------------------------------------------- */

static void format_list(const struct naive_node *n, struct bq_buf *out)
{
	bool only_and = n->kind == NAIVE_GROUP;

	for (unsigned i = 0; i < n->n_kids; i++)
		only_and &= n->kids[i]->sign != 0;
	for (unsigned i = 0; i < n->n_kids; i++) {
		struct naive_node kid = *n->kids[i];
		if (only_and)
			kid.sign = kid.sign == '+' ? 0 : '-';
		if (i != 0)
			bq_buf_printf(out, n->kind == NAIVE_OR ? " OR " : only_and ? " AND " : " ");
		naive_format(&kid, out);
	}
}

void naive_format(const struct naive_node *n, struct bq_buf *out)
{
	if (n->sign != 0)
		bq_buf_printf(out, "%c", n->sign);
	if (!is_leaf(n)) {
		bq_buf_printf(out, "(");
		format_list(n, out);
		bq_buf_printf(out, ")");
		return;
	}
	bq_buf_printf(out, "%s", n->is_title ? "title:" : "");
	if (n->near == 'N' || n->near == 'A') {
		bq_buf_printf(out, "%s %s/%u %s", n->words[0], n->near == 'N' ? "NEAR" : "ADJ", n->distance,
			n->words[1]);
		return;
	}
	bq_buf_printf(out, "%s", n->kind == NAIVE_PHRASE ? "\"" : "");
	for (unsigned i = 0; i < n->n_words; i++)
		bq_buf_printf(out, "%s%s", i == 0 ? "" : " ", n->words[i]);
	if (n->kind == NAIVE_PHRASE)
		bq_buf_printf(out, "\"");
	if (n->near == '~')
		bq_buf_printf(out, "~%u", n->distance);
	if (n->is_prefix)
		bq_buf_printf(out, "*");
}
