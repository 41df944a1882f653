/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian_c_guard.hh"
#include "xapian_c_objects.hh"
#include "xapian_c_strings.hh"

struct xapian_c_values {
	Xapian::Database db; /* the iterator may need it */
	Xapian::ValueIterator at;
	bool by_document = false;
	xapian_c_strings last; /* the values of the last read */
};

int xapian_c_values_of_database(const struct xapian_c_database *db, uint32_t slot, struct xapian_c_values **out,
	struct xapian_c_error *err) noexcept
{
	return xapian_c_make(out, err, [&] {
		auto v = std::make_unique<xapian_c_values>();

		v->db = db->use();
		v->at = v->db.valuestream_begin(slot);
		v->by_document = true;
		return v;
	});
}

int xapian_c_values_of_document(
	const struct xapian_c_document *d, struct xapian_c_values **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_make(out, err, [&] {
		auto v = std::make_unique<xapian_c_values>();

		v->at = d->doc.values_begin();
		return v;
	});
}

void xapian_c_values_free(struct xapian_c_values *v) noexcept { delete v; }

int xapian_c_values_read(
	struct xapian_c_values *v, struct xapian_c_value *out, int max, struct xapian_c_error *err) noexcept
{
	return xapian_c_guard(err, [&] {
		const Xapian::ValueIterator end;
		xapian_c_strings::place place = v->last.start();
		int n = 0;

		for (; n < max && v->at != end; n++, ++v->at) {
			out[n].text = v->last.add(place, [&] { return *v->at; });
			out[n].number = v->by_document ? v->at.get_docid() : v->at.get_valueno();
		}
		return n;
	});
}

int xapian_c_values_seek(struct xapian_c_values *v, uint32_t number, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		if (v->at != Xapian::ValueIterator())
			v->at.skip_to(number);
	});
}
