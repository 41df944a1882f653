/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian_c_guard.hh"

#include <cstring>
#include <exception>
#include <new>

#include <xapian.h>

static void copy_cut(char *out, size_t size, const char *s) noexcept
{
	size_t n = std::strlen(s);

	if (n >= size) {
		/* Not in the middle of a UTF-8 character. */
		for (n = size - 1; n > 0 && (static_cast<unsigned char>(s[n]) & 0xc0) == 0x80; n--)
			;
	}
	std::memcpy(out, s, n);
	out[n] = '\0';
}

int xapian_c_error_set(struct xapian_c_error *err, int status, const char *type, const char *msg) noexcept
{
	if (err == nullptr)
		return status;
	err->status = status;
	copy_cut(err->type, sizeof err->type, type);
	copy_cut(err->msg, sizeof err->msg, msg);
	return status;
}

/* Xapian's message, with what the system said about it where it said so. */
static int set_xapian(struct xapian_c_error *err, int status, const Xapian::Error &e)
{
	const char *system = e.get_error_string();
	std::string msg = e.get_msg();

	if (system != nullptr)
		msg.append(": ").append(system);
	return xapian_c_error_set(err, status, e.get_type(), msg.c_str());
}

int xapian_c_error_caught(struct xapian_c_error *err) noexcept
{
	try {
		try {
			throw;
		} catch (const Xapian::InvalidArgumentError &e) {
			return set_xapian(err, XAPIAN_C_EARGUMENT, e);
		} catch (const Xapian::Error &e) {
			return set_xapian(err, XAPIAN_C_EXAPIAN, e);
		} catch (const std::bad_alloc &) {
			return xapian_c_error_set(err, XAPIAN_C_ENOMEM, "std::bad_alloc", "out of memory");
		} catch (const std::exception &e) {
			return xapian_c_error_set(err, XAPIAN_C_EUNKNOWN, "std::exception", e.what());
		} catch (...) {
			return xapian_c_error_set(err, XAPIAN_C_EUNKNOWN, "unknown", "unknown exception");
		}
	} catch (...) {
		/* Only building a message can throw in there, and only for want of memory. */
		return xapian_c_error_set(err, XAPIAN_C_ENOMEM, "std::bad_alloc", "out of memory");
	}
}

int xapian_c_copy_out(const std::string &s, char *out, size_t size, size_t *len, struct xapian_c_error *err) noexcept
{
	if (len != nullptr)
		*len = s.size();
	if (s.size() >= size) {
		if (size > 0)
			out[0] = '\0';
		return xapian_c_error_set(err, XAPIAN_C_ETOOLONG, "xapian_c", "the result does not fit the buffer");
	}
	std::memcpy(out, s.data(), s.size());
	out[s.size()] = '\0';
	return XAPIAN_C_OK;
}
