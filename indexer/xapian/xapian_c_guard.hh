/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What every entry of xapian-c goes through: no exception passes, no string
 * is longer than its buffer.
 */
#ifndef XAPIAN_C_GUARD_HH
#define XAPIAN_C_GUARD_HH

#include <string>

#include <xapian-c.h>

/* Turn the exception being handled into a status and fill `err` (may be NULL).
 * Only to be called from a catch block. */
int xapian_c_error_caught(struct xapian_c_error *err) noexcept;

/* Fill `err` (may be NULL) and return `status`. */
int xapian_c_error_set(struct xapian_c_error *err, int status, const char *type, const char *msg) noexcept;

/* Copy a result to the caller, as the header's rules say. */
int xapian_c_copy_out(const std::string &s, char *out, size_t size, size_t *len, struct xapian_c_error *err) noexcept;

/* Run `body`, which returns a status, and let nothing escape from it. */
template <class Body> int xapian_c_guard(struct xapian_c_error *err, Body body) noexcept
{
	try {
		return body();
	} catch (...) {
		return xapian_c_error_caught(err);
	}
}

#endif
