/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian_c_guard.hh"
#include "xapian_c_objects.hh"

struct xapian_c_postings {
	Xapian::Database db; /* the iterator needs it */
	Xapian::PostingIterator at;
	bool lengths = false;
};

int xapian_c_postings_new(const struct xapian_c_database *db, struct xapian_c_bytes term, bool lengths,
	struct xapian_c_postings **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_make(out, err, [&] {
		auto p = std::make_unique<xapian_c_postings>();

		p->db = db->use();
		p->at = p->db.postlist_begin(xapian_c_string(term));
		p->lengths = lengths;
		return p;
	});
}

void xapian_c_postings_free(struct xapian_c_postings *p) noexcept { delete p; }

int xapian_c_postings_read(
	struct xapian_c_postings *p, struct xapian_c_posting *out, int max, struct xapian_c_error *err) noexcept
{
	return xapian_c_guard(err, [&] {
		Xapian::PostingIterator &at = p->at;
		const bool lengths = p->lengths;
		int n = 0;

		for (; n < max && at != Xapian::PostingIterator(); n++, ++at)
			out[n] = { *at, at.get_wdf(), lengths ? at.get_doclength() : 0 };
		return n;
	});
}

int xapian_c_postings_seek(struct xapian_c_postings *p, uint32_t docid, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		if (p->at != Xapian::PostingIterator())
			p->at.skip_to(docid);
	});
}
