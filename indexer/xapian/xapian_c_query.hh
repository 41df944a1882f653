/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Queries without an object around them: the struct xapian_c_query that C holds
 * is Xapian's own counted Query::Internal, since an allocation of ours would cost
 * a fifth of making a query.  The query that matches nothing has none: a place
 * that nobody reads stands for it.
 *
 *   C         struct xapian_c_query * --.
 *   C++       Xapian::Query { internal --+--> Query::Internal { _refs, .. } }
 */
#ifndef XAPIAN_C_QUERY_HH
#define XAPIAN_C_QUERY_HH

#include <xapian-c.h>
#include <xapian.h>

extern const char xapian_c_query_none __attribute__((visibility("hidden")));

/* The query that C holds as `q`. */
inline Xapian::Query xapian_c_query_read(const struct xapian_c_query *q)
{
	if (reinterpret_cast<const char *>(q) == &xapian_c_query_none)
		return Xapian::Query();
	return Xapian::Query(reinterpret_cast<Xapian::Query::Internal *>(const_cast<struct xapian_c_query *>(q)));
}

/* `query` for C to hold, counted once for that. */
inline struct xapian_c_query *xapian_c_query_hold(const Xapian::Query &query) noexcept
{
	Xapian::Query::Internal *held = query.internal.get();

	if (held == nullptr)
		return reinterpret_cast<struct xapian_c_query *>(const_cast<char *>(&xapian_c_query_none));
	held->_refs++;
	return reinterpret_cast<struct xapian_c_query *>(held);
}

/* Give C the query that `make` makes; *out is NULL when that fails. */
template <class Make>
int xapian_c_query_make(struct xapian_c_query **out, struct xapian_c_error *err, Make make) noexcept
{
	*out = nullptr;
	return xapian_c_try(err, [&] { *out = xapian_c_query_hold(make()); });
}

#endif
