/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>

#include "xapian_c_guard.hh"
#include "xapian_c_objects.hh"

int xapian_c_document_new(struct xapian_c_document **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_make(out, err, [] { return std::make_unique<xapian_c_document>(); });
}

void xapian_c_document_free(struct xapian_c_document *d) noexcept { delete d; }

uint32_t xapian_c_document_id(const struct xapian_c_document *d) noexcept { return d->doc.get_docid(); }

/* ---- data, values ----------------------------------------------------------- */

int xapian_c_document_data(
	struct xapian_c_document *d, struct xapian_c_bytes *out, struct xapian_c_error *err) noexcept
{
	return xapian_c_guard(err, [&] {
		d->text = d->doc.get_data();
		return xapian_c_give(d->text, out);
	});
}

int xapian_c_document_set_data(
	struct xapian_c_document *d, struct xapian_c_bytes data, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { d->doc.set_data(xapian_c_string(data)); });
}

int xapian_c_document_value(struct xapian_c_document *d, uint32_t slot, struct xapian_c_bytes *out,
	struct xapian_c_error *err) noexcept
{
	return xapian_c_guard(err, [&] {
		d->text = d->doc.get_value(slot);
		return xapian_c_give(d->text, out);
	});
}

int xapian_c_document_set_value(struct xapian_c_document *d, uint32_t slot, struct xapian_c_bytes value,
	struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { d->doc.add_value(slot, xapian_c_string(value)); });
}

int xapian_c_document_set_number(
	struct xapian_c_document *d, uint32_t slot, double number, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { d->doc.add_value(slot, Xapian::sortable_serialise(number)); });
}

int xapian_c_document_clear_values(struct xapian_c_document *d, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { d->doc.clear_values(); });
}

size_t xapian_c_number_write(double number, char out[XAPIAN_C_NUMBER_MAX]) noexcept
{
	return Xapian::sortable_serialise_(number, out);
}

double xapian_c_number_read(struct xapian_c_bytes value) noexcept
{
	try {
		return Xapian::sortable_unserialise(xapian_c_string(value));
	} catch (...) {
		return 0;
	}
}

/* ---- terms -------------------------------------------------------------------- */

void xapian_c_check_term(struct xapian_c_bytes b)
{
	size_t nuls = static_cast<size_t>(std::count(b.ptr, b.ptr + b.len, '\0'));

	if (b.len + nuls > XAPIAN_C_TERM_MAX)
		throw Xapian::InvalidArgumentError("a term of " + std::to_string(b.len) + " bytes, " + std::to_string(nuls) +
			" of them NUL and counted twice, is over " + std::to_string(XAPIAN_C_TERM_MAX));
}

int xapian_c_document_add_term(struct xapian_c_document *d, struct xapian_c_bytes term, uint32_t wdf,
	struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { d->doc.add_term(xapian_c_term_string(term), wdf); });
}

int xapian_c_document_add_posting(struct xapian_c_document *d, struct xapian_c_bytes term, uint32_t position,
	uint32_t wdf, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { d->doc.add_posting(xapian_c_term_string(term), position, wdf); });
}

int xapian_c_document_add_postings(struct xapian_c_document *d, const struct xapian_c_place *places, size_t n,
	struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		/* a new string each: short ones, as words are, cost no call and no memory */
		for (size_t i = 0; i < n; i++)
			d->doc.add_posting(xapian_c_term_string(places[i].term), places[i].position, places[i].wdf);
	});
}

int xapian_c_document_remove_posting(struct xapian_c_document *d, struct xapian_c_bytes term, uint32_t position,
	uint32_t wdf, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { d->doc.remove_posting(xapian_c_string(term), position, wdf); });
}

int xapian_c_document_remove_term(
	struct xapian_c_document *d, struct xapian_c_bytes term, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { d->doc.remove_term(xapian_c_string(term)); });
}

int xapian_c_document_clear_terms(struct xapian_c_document *d, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { d->doc.clear_terms(); });
}

int xapian_c_document_counts(
	const struct xapian_c_document *d, uint32_t *terms, uint32_t *values, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		if (terms != nullptr)
			*terms = d->doc.termlist_count();
		if (values != nullptr)
			*values = d->doc.values_count();
	});
}

/* ---- as bytes -------------------------------------------------------------------- */

int xapian_c_document_serialise(
	struct xapian_c_document *d, struct xapian_c_bytes *out, struct xapian_c_error *err) noexcept
{
	return xapian_c_guard(err, [&] {
		d->text = d->doc.serialise();
		return xapian_c_give(d->text, out);
	});
}

static void check_terms(const Xapian::Document &doc)
{
	for (Xapian::TermIterator at = doc.termlist_begin(); at != doc.termlist_end(); ++at) {
		const std::string term = *at;
		xapian_c_check_term({ term.data(), term.size() });
	}
}

int xapian_c_document_unserialise(
	struct xapian_c_bytes bytes, struct xapian_c_document **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_make(out, err, [&] {
		Xapian::Document doc = Xapian::Document::unserialise(xapian_c_string(bytes));

		check_terms(doc);
		return xapian_c_hold<xapian_c_document>(doc);
	});
}
