/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian_c_guard.hh"
#include "xapian_c_objects.hh"

void xapian_c_mset_free(struct xapian_c_mset *m) noexcept { delete m; }

uint32_t xapian_c_mset_size(const struct xapian_c_mset *m) noexcept { return m->mset.size(); }

int xapian_c_mset_read(const struct xapian_c_mset *m, uint32_t first, struct xapian_c_hit *out, int max,
	struct xapian_c_error *err) noexcept
{
	return xapian_c_guard(err, [&] {
		const uint32_t size = m->mset.size();
		if (first >= size || max <= 0)
			return 0;
		const int n_hits = size - first < static_cast<uint32_t>(max) ? static_cast<int>(size - first) : max;
		uint32_t rank = m->mset.get_firstitem() + first;
		Xapian::MSetIterator at = m->mset[first];
		int n = 0;
		for (; n < n_hits; n++, ++at) {
			out[n].docid = *at;
			out[n].rank = rank++;
			out[n].collapsed = at.get_collapse_count();
			out[n].percent = at.get_percent();
			out[n].weight = at.get_weight();
		}
		return n;
	});
}

int xapian_c_mset_count(
	const struct xapian_c_mset *m, struct xapian_c_match_counts *out, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		struct xapian_c_match_counts c = {};

		c.least = m->mset.get_matches_lower_bound();
		c.estimate = m->mset.get_matches_estimated();
		c.most = m->mset.get_matches_upper_bound();
		c.all_least = m->mset.get_uncollapsed_matches_lower_bound();
		c.all_estimate = m->mset.get_uncollapsed_matches_estimated();
		c.all_most = m->mset.get_uncollapsed_matches_upper_bound();
		c.best_weight = m->mset.get_max_attained();
		c.best_possible_weight = m->mset.get_max_possible();
		*out = c;
	});
}

int xapian_c_mset_term(const struct xapian_c_mset *m, struct xapian_c_bytes term, uint32_t *documents,
	double *weight, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		const std::string name = xapian_c_string(term);

		if (documents != nullptr)
			*documents = m->mset.get_termfreq(name);
		if (weight != nullptr)
			*weight = m->mset.get_termweight(name);
	});
}

int xapian_c_mset_fetch(const struct xapian_c_mset *m, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		/* libxapian 1.4 takes places of the set for ranks and reads before its items
		 * unless both begin at 0 */
		if (!m->mset.empty() && m->mset.get_firstitem() == 0)
			m->mset.fetch();
	});
}

/* ---- one hit ------------------------------------------------------------------------------- */

static Xapian::MSetIterator find_hit(const struct xapian_c_mset *m, uint32_t i)
{
	if (i >= m->mset.size())
		throw Xapian::InvalidArgumentError("the match set has no such hit");
	return m->mset[i];
}

int xapian_c_mset_document(const struct xapian_c_mset *m, uint32_t i, struct xapian_c_document **out,
	struct xapian_c_error *err) noexcept
{
	return xapian_c_make(out, err, [&] { return xapian_c_hold<xapian_c_document>(find_hit(m, i).get_document()); });
}

int xapian_c_mset_collapse_key(
	struct xapian_c_mset *m, uint32_t i, struct xapian_c_bytes *out, struct xapian_c_error *err) noexcept
{
	return xapian_c_guard(err, [&] {
		m->text = find_hit(m, i).get_collapse_key();
		return xapian_c_give(m->text, out);
	});
}

int xapian_c_mset_sort_key(
	struct xapian_c_mset *m, uint32_t i, struct xapian_c_bytes *out, struct xapian_c_error *err) noexcept
{
	return xapian_c_guard(err, [&] {
		m->text = find_hit(m, i).get_sort_key();
		return xapian_c_give(m->text, out);
	});
}

/* ---- snippets -------------------------------------------------------------------------------- */

static unsigned find_flags(const struct xapian_c_snippet &how) noexcept
{
	unsigned flags = 0;

	if (how.weigh_by_rarity)
		flags |= Xapian::MSet::SNIPPET_BACKGROUND_MODEL;
	if (!how.first_good)
		flags |= Xapian::MSet::SNIPPET_EXHAUSTIVE;
	if (how.empty_without_match)
		flags |= Xapian::MSet::SNIPPET_EMPTY_WITHOUT_MATCH;
	if (how.cjk_ngram)
		flags |= Xapian::MSet::SNIPPET_CJK_NGRAM;
	return flags;
}

int xapian_c_mset_snippet(struct xapian_c_mset *m, struct xapian_c_bytes text, const struct xapian_c_snippet *how,
	struct xapian_c_bytes *out, struct xapian_c_error *err) noexcept
{
	return xapian_c_guard(err, [&] {
		struct xapian_c_snippet h = {};

		if (how != nullptr)
			h = *how;
		const char *mark = h.mark == nullptr ? "<b>" : h.mark, *unmark = h.unmark == nullptr ? "</b>" : h.unmark;
		if (*mark == '\0' || *unmark == '\0')
			throw Xapian::InvalidArgumentError("without marks a snippet may not be escaped");
		m->text = m->mset.snippet(xapian_c_string(text), h.length == 0 ? 500 : h.length,
			h.stemmer == nullptr ? Xapian::Stem() : h.stemmer->stem, find_flags(h), mark, unmark,
			h.omit == nullptr ? "..." : h.omit);
		return xapian_c_give(m->text, out);
	});
}
