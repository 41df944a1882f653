/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian_c_feedback.hh"

#include "xapian_c_guard.hh"
#include "xapian_c_objects.hh"

static xapian_c_feedback &open_feedback(struct xapian_c_enquire *e)
{
	if (e->feedback == nullptr)
		e->feedback = std::make_unique<xapian_c_feedback>();
	return *e->feedback;
}

/* ---- order ------------------------------------------------------------------------------ */

static void set_keys(Xapian::Enquire &e, Xapian::KeyMaker *keys, const struct xapian_c_order &o)
{
	switch (o.by) {
	case XAPIAN_C_SORT_VALUE: return e.set_sort_by_key(keys, o.is_reversed);
	case XAPIAN_C_SORT_VALUE_RELEVANCE: return e.set_sort_by_key_then_relevance(keys, o.is_reversed);
	case XAPIAN_C_SORT_RELEVANCE_VALUE: return e.set_sort_by_relevance_then_key(keys, o.is_reversed);
	default: throw Xapian::InvalidArgumentError("not a way to sort by values");
	}
}

int xapian_c_enquire_set_order_keys(struct xapian_c_enquire *e, const struct xapian_c_sort_key *keys, size_t n,
	const struct xapian_c_order *order, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		/* Like a plain object until release(), which gives it to the enquire. */
		auto maker = std::make_unique<Xapian::MultiValueKeyMaker>();

		if (n == 0)
			throw Xapian::InvalidArgumentError("no value to sort by");
		if (order->by < XAPIAN_C_SORT_VALUE || order->by > XAPIAN_C_SORT_RELEVANCE_VALUE)
			throw Xapian::InvalidArgumentError("not a way to sort by values");
		for (size_t i = 0; i < n; i++)
			maker->add_value(keys[i].slot, keys[i].is_reversed);
		e->enquire.set_docid_order(xapian_c_ties(order->ties));
		set_keys(e->enquire, maker.release()->release(), *order);
	});
}

/* ---- counts ------------------------------------------------------------------------------ */

void xapian_c_feedback_restart(xapian_c_feedback &f, Xapian::Enquire &e)
{
	(void)f.counts.start();
	e.clear_matchspies();
	for (auto &c : f.counted) {
		c.spy = std::make_unique<Xapian::ValueCountMatchSpy>(c.slot);
		e.add_matchspy(c.spy.get());
	}
}

int xapian_c_enquire_count_values(struct xapian_c_enquire *e, uint32_t slot, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		xapian_c_feedback &f = open_feedback(e);

		for (const auto &c : f.counted)
			if (c.slot == slot)
				return;
		f.counted.push_back({ slot, nullptr });
	});
}

static const xapian_c_feedback::counted_slot &find_slot(const struct xapian_c_enquire *e, uint32_t slot)
{
	if (e->feedback != nullptr)
		for (const auto &c : e->feedback->counted)
			if (c.slot == slot && c.spy != nullptr)
				return c;
	throw Xapian::InvalidArgumentError("no values of this slot were counted");
}

int xapian_c_enquire_read_counts(struct xapian_c_enquire *e, uint32_t slot, struct xapian_c_value_count *out, int max,
	struct xapian_c_error *err) noexcept
{
	return xapian_c_guard(err, [&] {
		const xapian_c_feedback::counted_slot &c = find_slot(e, slot);
		xapian_c_strings::place place = e->feedback->counts.start();
		int n = 0;

		if (max <= 0)
			return 0;
		Xapian::TermIterator at = c.spy->top_values_begin(static_cast<size_t>(max));
		for (; n < max && at != Xapian::TermIterator(); n++, ++at) {
			out[n].text = e->feedback->counts.add(place, [&] { return *at; });
			out[n].documents = at.get_termfreq();
		}
		return n;
	});
}

/* ---- terms --------------------------------------------------------------------------------- */

int xapian_c_enquire_expand(struct xapian_c_enquire *e, const struct xapian_c_relevant *relevant,
	struct xapian_c_expansion *out, int max, struct xapian_c_error *err) noexcept
{
	return xapian_c_guard(err, [&] {
		xapian_c_feedback &f = open_feedback(e);
		xapian_c_strings::place place = f.terms.start();
		Xapian::RSet set;
		int n = 0;

		if (max <= 0)
			return 0;
		for (size_t i = 0; i < relevant->n; i++)
			set.add_document(relevant->docids[i]);
		const Xapian::ESet found = e->enquire.get_eset(static_cast<Xapian::termcount>(max), set,
			relevant->with_query_terms ? Xapian::Enquire::INCLUDE_QUERY_TERMS : 0);
		for (Xapian::ESetIterator at = found.begin(); n < max && at != found.end(); n++, ++at) {
			out[n].text = f.terms.add(place, [&] { return *at; });
			out[n].weight = at.get_weight();
		}
		return n;
	});
}
