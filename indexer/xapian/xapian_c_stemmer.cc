/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian_c_guard.hh"
#include "xapian_c_objects.hh"

int xapian_c_stemmer_new(const char *language, struct xapian_c_stemmer **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_make(out, err, [&] { return xapian_c_hold<xapian_c_stemmer>(Xapian::Stem(language)); });
}

void xapian_c_stemmer_free(struct xapian_c_stemmer *s) noexcept { delete s; }

bool xapian_c_stemmer_is_none(const struct xapian_c_stemmer *s) noexcept { return s->stem.is_none(); }

int xapian_c_stemmer_stem(const struct xapian_c_stemmer *s, const char *word, size_t word_len, char *out, size_t size,
	size_t *len, struct xapian_c_error *err) noexcept
{
	return xapian_c_guard(err, [&] {
		std::string stem = s->stem(std::string(word, word_len));

		return xapian_c_copy_out(stem, out, size, len, err);
	});
}

int xapian_c_stemmer_languages(char *out, size_t size, size_t *len, struct xapian_c_error *err) noexcept
{
	return xapian_c_guard(
		err, [&] { return xapian_c_copy_out(Xapian::Stem::get_available_languages(), out, size, len, err); });
}
