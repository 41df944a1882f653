/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian_c_guard.hh"
#include "xapian_c_objects.hh"

int xapian_c_termgen_new(struct xapian_c_termgen **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_make(out, err, [] {
		auto g = std::make_unique<xapian_c_termgen>();

		g->gen.set_stemming_strategy(Xapian::TermGenerator::STEM_NONE);
		return g;
	});
}

void xapian_c_termgen_free(struct xapian_c_termgen *g) noexcept { delete g; }

int xapian_c_termgen_set_stemmer(struct xapian_c_termgen *g, const struct xapian_c_stemmer *s, int which,
	struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		if (which < XAPIAN_C_STEM_NONE || which > XAPIAN_C_STEM_SOME_FULL_POS)
			throw Xapian::InvalidArgumentError("not a way to stem");
		g->gen.set_stemmer(s->stem);
		g->gen.set_stemming_strategy(static_cast<Xapian::TermGenerator::stem_strategy>(which));
	});
}

int xapian_c_termgen_set_stopper(
	struct xapian_c_termgen *g, const struct xapian_c_stopper *s, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { g->gen.set_stopper(xapian_c_stopper_copy(s)); });
}

int xapian_c_termgen_set_writer(
	struct xapian_c_termgen *g, struct xapian_c_writer *w, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { g->gen.set_database(w->use()); });
}

int xapian_c_termgen_set_flags(struct xapian_c_termgen *g, unsigned flags, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { g->gen.set_flags(static_cast<int>(flags), 0); });
}

int xapian_c_termgen_set_longest(struct xapian_c_termgen *g, uint32_t bytes, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { g->gen.set_max_word_length(bytes); });
}

int xapian_c_termgen_set_document(
	struct xapian_c_termgen *g, struct xapian_c_document *d, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { g->gen.set_document(d->doc); });
}

int xapian_c_termgen_index(
	struct xapian_c_termgen *g, const struct xapian_c_piece *piece, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		Xapian::Utf8Iterator text(piece->text.ptr, piece->text.len);
		std::string prefix = xapian_c_string(piece->prefix);

		if (prefix.find('\0') != std::string::npos)
			throw Xapian::InvalidArgumentError("a prefix holds a NUL");

		if (piece->without_positions)
			g->gen.index_text_without_positions(text, piece->wdf, prefix);
		else
			g->gen.index_text(text, piece->wdf, prefix);
	});
}

int xapian_c_termgen_skip(struct xapian_c_termgen *g, uint32_t n, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { g->gen.increase_termpos(n); });
}

uint32_t xapian_c_termgen_position(const struct xapian_c_termgen *g) noexcept { return g->gen.get_termpos(); }
