/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian_c_guard.hh"
#include "xapian_c_objects.hh"
#include "xapian_c_query.hh"
#include "xapian_c_strings.hh"

#include <optional>

struct xapian_c_terms {
	std::optional<Xapian::Database> db; /* the iterator may need it */
	Xapian::TermIterator at;
	bool has_documents = false, has_wdf = false;
	xapian_c_strings last; /* the terms of the last read */
};

/* A list that `begin` starts, given the list itself. */
template <class Begin>
static int make_terms(struct xapian_c_terms **out, struct xapian_c_error *err, Begin begin) noexcept
{
	return xapian_c_make(out, err, [&] {
		auto t = std::make_unique<xapian_c_terms>();

		t->at = begin(*t);
		return t;
	});
}

int xapian_c_terms_of_database(const struct xapian_c_database *db, struct xapian_c_bytes prefix,
	struct xapian_c_terms **out, struct xapian_c_error *err) noexcept
{
	return make_terms(out, err, [&](xapian_c_terms &t) {
		t.db = db->use();
		t.has_documents = true;
		return t.db->allterms_begin(xapian_c_string(prefix));
	});
}

int xapian_c_terms_of_document(
	const struct xapian_c_document *d, struct xapian_c_terms **out, struct xapian_c_error *err) noexcept
{
	return make_terms(out, err, [&](xapian_c_terms &t) {
		t.has_wdf = true;
		return d->doc.termlist_begin();
	});
}

int xapian_c_terms_new(struct xapian_c_terms **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_make(out, err, [] { return std::make_unique<xapian_c_terms>(); });
}

int xapian_c_terms_open(struct xapian_c_terms *t, const struct xapian_c_database *db, uint32_t docid,
	struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		t->at = Xapian::TermIterator();
		if (!t->db || t->db->internal != db->use().internal)
			t->db = db->use();
		t->has_documents = false;
		t->has_wdf = true;
		t->at = t->db->termlist_begin(docid);
	});
}

int xapian_c_terms_of_query(
	const struct xapian_c_query *q, struct xapian_c_terms **out, struct xapian_c_error *err) noexcept
{
	return make_terms(out, err, [&](xapian_c_terms &) { return Xapian::TermIterator(xapian_c_query_read(q).get_terms_begin()); });
}

int xapian_c_terms_of_match(const struct xapian_c_enquire *e, uint32_t docid, struct xapian_c_terms **out,
	struct xapian_c_error *err) noexcept
{
	return make_terms(out, err, [&](xapian_c_terms &) { return e->enquire.get_matching_terms_begin(docid); });
}

int xapian_c_terms_of_metadata(const struct xapian_c_database *db, struct xapian_c_bytes prefix,
	struct xapian_c_terms **out, struct xapian_c_error *err) noexcept
{
	return make_terms(out, err, [&](xapian_c_terms &t) {
		t.db = db->use();
		return t.db->metadata_keys_begin(xapian_c_string(prefix));
	});
}

int xapian_c_terms_of_spelling(
	const struct xapian_c_database *db, struct xapian_c_terms **out, struct xapian_c_error *err) noexcept
{
	return make_terms(out, err, [&](xapian_c_terms &t) {
		t.db = db->use();
		t.has_documents = true;
		return t.db->spellings_begin();
	});
}

int xapian_c_terms_of_synonyms(const struct xapian_c_database *db, struct xapian_c_bytes term,
	struct xapian_c_terms **out, struct xapian_c_error *err) noexcept
{
	return make_terms(out, err, [&](xapian_c_terms &t) {
		t.db = db->use();
		return t.db->synonyms_begin(xapian_c_string(term));
	});
}

void xapian_c_terms_free(struct xapian_c_terms *t) noexcept { delete t; }

int xapian_c_terms_read(
	struct xapian_c_terms *t, struct xapian_c_term *out, int max, struct xapian_c_error *err) noexcept
{
	return xapian_c_guard(err, [&] {
		const Xapian::TermIterator end;
		xapian_c_strings::place place = t->last.start();
		int n = 0;

		for (; n < max && t->at != end; n++, ++t->at) {
			out[n].text = t->last.add(place, [&] { return *t->at; });
			out[n].documents = t->has_documents ? t->at.get_termfreq() : 0;
			out[n].wdf = t->has_wdf ? t->at.get_wdf() : 0;
		}
		return n;
	});
}

int xapian_c_terms_seek(struct xapian_c_terms *t, struct xapian_c_bytes term, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		if (t->at != Xapian::TermIterator())
			t->at.skip_to(xapian_c_string(term));
	});
}
