/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian_c_guard.hh"
#include "xapian_c_objects.hh"
#include "xapian_c_query.hh"

int xapian_c_enquire_new(
	const struct xapian_c_database *db, struct xapian_c_enquire **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_make(out, err, [&] {
		const Xapian::Database &open = db->use();

		if (open.size() == 0)
			throw Xapian::InvalidArgumentError("a database of no databases");
		return std::make_unique<xapian_c_enquire>(open);
	});
}

void xapian_c_enquire_free(struct xapian_c_enquire *e) noexcept { delete e; }

int xapian_c_enquire_set_query(struct xapian_c_enquire *e, const struct xapian_c_query *q, uint32_t length,
	struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { e->enquire.set_query(xapian_c_query_read(q), length); });
}

/* ---- ranking -------------------------------------------------------------------------- */

int xapian_c_enquire_set_bm25(
	struct xapian_c_enquire *e, const struct xapian_c_bm25 *w, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		/* Written so that a NaN is refused, too. */
		if (!(w->k1 >= 0 && w->k2 >= 0 && w->k3 >= 0 && w->b >= 0 && w->b <= 1 && w->min_length >= 0))
			throw Xapian::InvalidArgumentError("BM25: a parameter is out of its range");
		e->enquire.set_weighting_scheme(Xapian::BM25Weight(w->k1, w->k2, w->k3, w->b, w->min_length));
	});
}

int xapian_c_enquire_set_ranking(struct xapian_c_enquire *e, int ranking, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		switch (ranking) {
		case XAPIAN_C_RANK_NONE: return e->enquire.set_weighting_scheme(Xapian::BoolWeight());
		case XAPIAN_C_RANK_COORDINATE: return e->enquire.set_weighting_scheme(Xapian::CoordWeight());
		case XAPIAN_C_RANK_TF_IDF: return e->enquire.set_weighting_scheme(Xapian::TfIdfWeight());
		case XAPIAN_C_RANK_TRADITIONAL: return e->enquire.set_weighting_scheme(Xapian::TradWeight());
		case XAPIAN_C_RANK_BM25_PLUS: return e->enquire.set_weighting_scheme(Xapian::BM25PlusWeight());
		case XAPIAN_C_RANK_DPH: return e->enquire.set_weighting_scheme(Xapian::DPHWeight());
		default: throw Xapian::InvalidArgumentError("not a way to rank");
		}
	});
}

static void set_sorting(Xapian::Enquire &e, const struct xapian_c_order &o)
{
	switch (o.by) {
	case XAPIAN_C_SORT_RELEVANCE: return e.set_sort_by_relevance();
	case XAPIAN_C_SORT_VALUE: return e.set_sort_by_value(o.slot, o.is_reversed);
	case XAPIAN_C_SORT_VALUE_RELEVANCE: return e.set_sort_by_value_then_relevance(o.slot, o.is_reversed);
	case XAPIAN_C_SORT_RELEVANCE_VALUE: return e.set_sort_by_relevance_then_value(o.slot, o.is_reversed);
	default: throw Xapian::InvalidArgumentError("not a way to sort");
	}
}

Xapian::Enquire::docid_order xapian_c_ties(int ties)
{
	static const Xapian::Enquire::docid_order known[] = { Xapian::Enquire::ASCENDING, Xapian::Enquire::DESCENDING,
		Xapian::Enquire::DONT_CARE };

	if (ties < XAPIAN_C_TIES_FIRST || ties > XAPIAN_C_TIES_ANY)
		throw Xapian::InvalidArgumentError("not an order of documents");
	return known[ties];
}

int xapian_c_enquire_set_order(
	struct xapian_c_enquire *e, const struct xapian_c_order *order, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		Xapian::Enquire::docid_order ties = xapian_c_ties(order->ties);

		set_sorting(e->enquire, *order);
		e->enquire.set_docid_order(ties);
	});
}

/* ---- which come back --------------------------------------------------------------------- */

int xapian_c_enquire_set_collapse(
	struct xapian_c_enquire *e, uint32_t slot, uint32_t max, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { e->enquire.set_collapse_key(max == 0 ? Xapian::BAD_VALUENO : slot, max); });
}

int xapian_c_enquire_set_cutoff(
	struct xapian_c_enquire *e, int percent, double weight, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		if (percent < 0 || percent > 100)
			throw Xapian::InvalidArgumentError("a percentage is 0 to 100");
		e->enquire.set_cutoff(percent, weight);
	});
}

int xapian_c_enquire_set_time_limit(
	struct xapian_c_enquire *e, double seconds, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { e->enquire.set_time_limit(seconds); });
}

int xapian_c_enquire_search(struct xapian_c_enquire *e, uint32_t first, uint32_t max, uint32_t check_at_least,
	struct xapian_c_mset **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_make(out, err, [&] {
		if (e->feedback != nullptr)
			xapian_c_feedback_restart(*e->feedback, e->enquire);
		return xapian_c_hold<xapian_c_mset>(e->enquire.get_mset(first, max, check_at_least));
	});
}
