/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian_c_guard.hh"
#include "xapian_c_objects.hh"

int xapian_c_stopper_new(struct xapian_c_stopper **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_make(out, err, [] { return std::make_unique<xapian_c_stopper>(); });
}

void xapian_c_stopper_free(struct xapian_c_stopper *s) noexcept { delete s; }

int xapian_c_stopper_add(struct xapian_c_stopper *s, struct xapian_c_bytes word, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { s->words.insert(xapian_c_string(word)); });
}
