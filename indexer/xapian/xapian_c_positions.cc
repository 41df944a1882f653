/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian_c_guard.hh"
#include "xapian_c_objects.hh"

struct xapian_c_positions {
	Xapian::Database db; /* the iterator needs it */
	Xapian::PositionIterator at;
	std::string term; /* keeps its memory from one list to the next */
};

int xapian_c_positions_new(struct xapian_c_positions **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_make(out, err, [] { return std::make_unique<xapian_c_positions>(); });
}

void xapian_c_positions_free(struct xapian_c_positions *p) noexcept { delete p; }

int xapian_c_positions_open(struct xapian_c_positions *p, const struct xapian_c_database *db, uint32_t docid,
	struct xapian_c_bytes term, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		p->at = Xapian::PositionIterator();
		if (p->db.internal != db->use().internal)
			p->db = db->db;
		p->term.assign(term.ptr, term.len);
		p->at = p->db.positionlist_begin(docid, p->term);
	});
}

int xapian_c_positions_read(
	struct xapian_c_positions *p, uint32_t *out, int max, struct xapian_c_error *err) noexcept
{
	return xapian_c_guard(err, [&] {
		const Xapian::PositionIterator end;
		int n = 0;

		for (; n < max && p->at != end; ++p->at)
			out[n++] = *p->at;
		return n;
	});
}
