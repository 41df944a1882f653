/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian_c_guard.hh"
#include "xapian_c_query.hh"

#include <iterator>
#include <string>

extern const char xapian_c_query_none = 0;

/* ---- making ----------------------------------------------------------------------- */

int xapian_c_query_term(struct xapian_c_bytes term, uint32_t wqf, uint32_t position, struct xapian_c_query **out,
	struct xapian_c_error *err) noexcept
{
	return xapian_c_query_make(out, err, [&] { return Xapian::Query(xapian_c_string(term), wqf, position); });
}

/* Not Query::MatchAll: all threads would count its references. */
int xapian_c_query_all(struct xapian_c_query **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_query_make(out, err, [] { return Xapian::Query(std::string()); });
}

int xapian_c_query_nothing(struct xapian_c_query **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_query_make(out, err, [] { return Xapian::Query(); });
}

static Xapian::Query::op check_combining(int op)
{
	switch (op) {
	case XAPIAN_C_OP_AND:
	case XAPIAN_C_OP_OR:
	case XAPIAN_C_OP_AND_NOT:
	case XAPIAN_C_OP_XOR:
	case XAPIAN_C_OP_AND_MAYBE:
	case XAPIAN_C_OP_FILTER:
	case XAPIAN_C_OP_NEAR:
	case XAPIAN_C_OP_PHRASE:
	case XAPIAN_C_OP_ELITE_SET:
	case XAPIAN_C_OP_SYNONYM:
	case XAPIAN_C_OP_MAX:
		return static_cast<Xapian::Query::op>(op);
	default:
		throw Xapian::InvalidArgumentError("the operator does not combine queries");
	}
}

/* C's arrays as Xapian walks over them: copied nowhere before. */
template <class Item> struct walk {
	using iterator_category = std::random_access_iterator_tag;
	using value_type = Item;
	using difference_type = ptrdiff_t;
	using pointer = const Item *;
	using reference = const Item &;

	const Item *at;

	walk &operator++()
	{
		++at;
		return *this;
	}
	bool operator!=(const walk &o) const { return at != o.at; }
	difference_type operator-(const walk &o) const { return at - o.at; }
};

struct term_walk : walk<struct xapian_c_bytes> {
	std::string operator*() const { return xapian_c_string(*at); }
};

struct query_walk : walk<const struct xapian_c_query *> {
	Xapian::Query operator*() const { return xapian_c_query_read(*at); }
};

int xapian_c_query_combine(struct xapian_c_combination how, const struct xapian_c_query *const *parts, size_t n,
	struct xapian_c_query **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_query_make(out, err, [&] {
		Xapian::Query::op op = check_combining(how.op);

		return Xapian::Query(op, query_walk{ parts }, query_walk{ parts + n }, how.window);
	});
}

int xapian_c_query_combine_terms(struct xapian_c_combination how, const struct xapian_c_bytes *terms, size_t n,
	struct xapian_c_query **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_query_make(out, err, [&] {
		Xapian::Query::op op = check_combining(how.op);

		return Xapian::Query(op, term_walk{ terms }, term_walk{ terms + n }, how.window);
	});
}

int xapian_c_query_scale(const struct xapian_c_query *q, double factor, struct xapian_c_query **out,
	struct xapian_c_error *err) noexcept
{
	return xapian_c_query_make(out, err, [&] {
		if (!(factor >= 0))
			throw Xapian::InvalidArgumentError("a factor is at least 0");
		return Xapian::Query(factor, xapian_c_query_read(q));
	});
}

int xapian_c_query_value_range(uint32_t slot, const struct xapian_c_bytes *lower, const struct xapian_c_bytes *upper,
	struct xapian_c_query **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_query_make(out, err, [&] {
		if (lower != nullptr && upper != nullptr)
			return Xapian::Query(Xapian::Query::OP_VALUE_RANGE, slot, xapian_c_string(*lower),
				xapian_c_string(*upper));
		if (upper != nullptr)
			return Xapian::Query(Xapian::Query::OP_VALUE_LE, slot, xapian_c_string(*upper));
		return Xapian::Query(Xapian::Query::OP_VALUE_GE, slot,
			lower == nullptr ? std::string() : xapian_c_string(*lower));
	});
}

int xapian_c_query_wildcard(struct xapian_c_bytes prefix, const struct xapian_c_wildcard *how,
	struct xapian_c_query **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_query_make(out, err, [&] {
		if (how->beyond < XAPIAN_C_WILDCARD_ERROR || how->beyond > XAPIAN_C_WILDCARD_FREQUENT)
			throw Xapian::InvalidArgumentError("not a limit of wildcards");
		if (how->combiner != XAPIAN_C_OP_OR && how->combiner != XAPIAN_C_OP_SYNONYM &&
			how->combiner != XAPIAN_C_OP_MAX)
			throw Xapian::InvalidArgumentError("wildcards combine with OR, SYNONYM or MAX");
		return Xapian::Query(Xapian::Query::OP_WILDCARD, xapian_c_string(prefix), how->max, how->beyond,
			static_cast<Xapian::Query::op>(how->combiner));
	});
}

void xapian_c_query_free(struct xapian_c_query *q) noexcept
{
	if (q == nullptr)
		return;
	Xapian::Query last = xapian_c_query_read(q);

	if (last.internal.get() != nullptr)
		last.internal->_refs--; /* what C held; `last` gives back its own */
}

/* ---- looking ------------------------------------------------------------------------ */

int xapian_c_query_op(const struct xapian_c_query *q) noexcept { return xapian_c_query_read(q).get_type(); }

bool xapian_c_query_is_empty(const struct xapian_c_query *q) noexcept { return xapian_c_query_read(q).empty(); }

uint32_t xapian_c_query_length(const struct xapian_c_query *q) noexcept { return xapian_c_query_read(q).get_length(); }

size_t xapian_c_query_parts(const struct xapian_c_query *q) noexcept
{
	return xapian_c_query_read(q).get_num_subqueries();
}

int xapian_c_query_part(
	const struct xapian_c_query *q, size_t i, struct xapian_c_query **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_query_make(out, err, [&] {
		const Xapian::Query query = xapian_c_query_read(q);

		if (i >= query.get_num_subqueries())
			throw Xapian::InvalidArgumentError("the query has no such part");
		return query.get_subquery(i);
	});
}

int xapian_c_query_describe(const struct xapian_c_query *q, char *out, size_t size, size_t *len,
	struct xapian_c_error *err) noexcept
{
	return xapian_c_guard(
		err, [&] { return xapian_c_copy_out(xapian_c_query_read(q).get_description(), out, size, len, err); });
}

int xapian_c_query_serialise(const struct xapian_c_query *q, char *out, size_t size, size_t *len,
	struct xapian_c_error *err) noexcept
{
	return xapian_c_guard(
		err, [&] { return xapian_c_copy_out(xapian_c_query_read(q).serialise(), out, size, len, err); });
}

int xapian_c_query_unserialise(
	struct xapian_c_bytes bytes, struct xapian_c_query **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_query_make(out, err, [&] { return Xapian::Query::unserialise(xapian_c_string(bytes)); });
}
