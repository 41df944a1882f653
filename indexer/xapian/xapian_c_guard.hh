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

/* An argument as Xapian wants it. */
inline std::string xapian_c_string(struct xapian_c_bytes b) { return b.len == 0 ? std::string() : std::string(b.ptr, b.len); }

/* Refuse a term that no key has room for: libxapian finds that out in a commit,
 * and then in every commit. */
void xapian_c_check_term(struct xapian_c_bytes b);

/* A term to be written, as Xapian wants it.  A NUL takes two bytes of a key: short
 * ones need no look. */
inline std::string xapian_c_term_string(struct xapian_c_bytes b)
{
	if (b.len > XAPIAN_C_TERM_MAX / 2)
		xapian_c_check_term(b);
	return xapian_c_string(b);
}

/* `kept`, which outlives the call, as the caller gets it. */
inline int xapian_c_give(const std::string &kept, struct xapian_c_bytes *out) noexcept
{
	out->ptr = kept.data();
	out->len = kept.size();
	return XAPIAN_C_OK;
}

/* Make an object of C++ parts with `make`, which returns it as a unique_ptr, and
 * hand it to the caller: *out is NULL when that fails. */
template <class Object, class Make> int xapian_c_make(Object **out, struct xapian_c_error *err, Make make) noexcept
{
	*out = nullptr;
	try {
		*out = make().release();
		return XAPIAN_C_OK;
	} catch (...) {
		return xapian_c_error_caught(err);
	}
}

/* Run `body`, which returns nothing. */
template <class Body> int xapian_c_try(struct xapian_c_error *err, Body body) noexcept
{
	try {
		body();
		return XAPIAN_C_OK;
	} catch (...) {
		return xapian_c_error_caught(err);
	}
}

#endif
