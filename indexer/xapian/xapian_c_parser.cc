/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian_c_guard.hh"
#include "xapian_c_objects.hh"
#include "xapian_c_query.hh"

int xapian_c_parser_new(struct xapian_c_parser **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_make(out, err, [] {
		auto p = std::make_unique<xapian_c_parser>();

		p->parser.set_stemming_strategy(Xapian::QueryParser::STEM_NONE);
		return p;
	});
}

void xapian_c_parser_free(struct xapian_c_parser *p) noexcept { delete p; }

int xapian_c_parser_set_stemmer(struct xapian_c_parser *p, const struct xapian_c_stemmer *s, int which,
	struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		if (which < XAPIAN_C_STEM_NONE || which > XAPIAN_C_STEM_SOME_FULL_POS)
			throw Xapian::InvalidArgumentError("not a way to stem");
		p->parser.set_stemmer(s->stem);
		p->parser.set_stemming_strategy(static_cast<Xapian::QueryParser::stem_strategy>(which));
	});
}

int xapian_c_parser_set_stopper(
	struct xapian_c_parser *p, const struct xapian_c_stopper *s, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { p->parser.set_stopper(xapian_c_stopper_copy(s)); });
}

/* Xapian checks which ones it takes. */
int xapian_c_parser_set_default_op(struct xapian_c_parser *p, int op, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		if (op < XAPIAN_C_OP_AND || op > XAPIAN_C_OP_WILDCARD)
			throw Xapian::InvalidArgumentError("not an operator");
		p->parser.set_default_op(static_cast<Xapian::Query::op>(op));
	});
}

int xapian_c_parser_set_database(
	struct xapian_c_parser *p, const struct xapian_c_database *db, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { p->parser.set_database(db->use()); });
}

int xapian_c_parser_set_expansion(
	struct xapian_c_parser *p, uint32_t max, int beyond, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		if (beyond < XAPIAN_C_WILDCARD_ERROR || beyond > XAPIAN_C_WILDCARD_FREQUENT)
			throw Xapian::InvalidArgumentError("not a limit of wildcards");
		p->parser.set_max_expansion(max, beyond);
	});
}

int xapian_c_parser_add_prefix(
	struct xapian_c_parser *p, const char *field, const char *prefix, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { p->parser.add_prefix(field, prefix); });
}

int xapian_c_parser_add_boolean_prefix(struct xapian_c_parser *p, const char *field, const char *prefix,
	bool exclusive, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { p->parser.add_boolean_prefix(field, prefix, exclusive); });
}

static std::unique_ptr<Xapian::RangeProcessor> make_range(const struct xapian_c_range &r)
{
	const std::string marker = r.marker == nullptr ? "" : r.marker;
	unsigned flags = 0;

	if (r.is_suffix)
		flags |= Xapian::RP_SUFFIX;
	if (r.is_repeated)
		flags |= Xapian::RP_REPEATED;
	if (r.is_month_first)
		flags |= Xapian::RP_DATE_PREFER_MDY;
	switch (r.kind) {
	case XAPIAN_C_RANGE_TEXT: return std::make_unique<Xapian::RangeProcessor>(r.slot, marker, flags);
	case XAPIAN_C_RANGE_NUMBER: return std::make_unique<Xapian::NumberRangeProcessor>(r.slot, marker, flags);
	case XAPIAN_C_RANGE_DATE: return std::make_unique<Xapian::DateRangeProcessor>(r.slot, marker, flags);
	default: throw Xapian::InvalidArgumentError("not a kind of range");
	}
}

int xapian_c_parser_add_range(
	struct xapian_c_parser *p, const struct xapian_c_range *range, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { p->parser.add_rangeprocessor(make_range(*range).release()->release()); });
}

int xapian_c_parser_parse(struct xapian_c_parser *p, struct xapian_c_bytes text, unsigned flags,
	struct xapian_c_query **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_query_make(out, err, [&] { return p->parser.parse_query(xapian_c_string(text), flags); });
}

int xapian_c_parser_corrected(
	struct xapian_c_parser *p, struct xapian_c_bytes *out, struct xapian_c_error *err) noexcept
{
	return xapian_c_guard(err, [&] {
		p->text = p->parser.get_corrected_query_string();
		return xapian_c_give(p->text, out);
	});
}
