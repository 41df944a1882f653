/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian_c_guard.hh"

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>

#include <xapian.h>

enum { MAX_ERRNO = 256 };

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
	err->system = 0;
	copy_cut(err->type, sizeof err->type, type);
	copy_cut(err->msg, sizeof err->msg, msg);
	return status;
}

/* Errors by their Xapian name.  A subclass that is not here has its nearest
 * one's number only if it is handled by name: so all are here. */
static const struct {
	const char *type;
	int status;
} statuses[] = {
	{ "InvalidArgumentError", XAPIAN_C_EARGUMENT },
	{ "InvalidOperationError", XAPIAN_C_EOPERATION },
	{ "UnimplementedError", XAPIAN_C_EUNIMPLEMENTED },
	{ "AssertionError", XAPIAN_C_EASSERTION },
	{ "DatabaseError", XAPIAN_C_EDATABASE },
	{ "DatabaseCorruptError", XAPIAN_C_ECORRUPT },
	{ "DatabaseCreateError", XAPIAN_C_ECREATE },
	{ "DatabaseLockError", XAPIAN_C_ELOCK },
	{ "DatabaseModifiedError", XAPIAN_C_EMODIFIED },
	{ "DatabaseOpeningError", XAPIAN_C_EOPENING },
	{ "DatabaseVersionError", XAPIAN_C_EVERSION },
	{ "DatabaseNotFoundError", XAPIAN_C_ENOTFOUND },
	{ "DatabaseClosedError", XAPIAN_C_ECLOSED },
	{ "DocNotFoundError", XAPIAN_C_ENODOC },
	{ "FeatureUnavailableError", XAPIAN_C_EFEATURE },
	{ "InternalError", XAPIAN_C_EINTERNAL },
	{ "NetworkError", XAPIAN_C_ENETWORK },
	{ "NetworkTimeoutError", XAPIAN_C_ETIMEOUT },
	{ "QueryParserError", XAPIAN_C_EPARSE },
	{ "SerialisationError", XAPIAN_C_ESERIALISATION },
	{ "RangeError", XAPIAN_C_ERANGE },
	{ "WildcardError", XAPIAN_C_EWILDCARD },
};

static int find_status(const char *type) noexcept
{
	for (const auto &s : statuses)
		if (std::strcmp(s.type, type) == 0)
			return s.status;
	return XAPIAN_C_EXAPIAN;
}

/* Xapian 1.4 tells its errno only as the system's text for it. */
static int find_errno(const char *text) noexcept
{
	char buffer[256];

	for (int n = 1; text != nullptr && n < MAX_ERRNO; n++)
		if (std::strcmp(strerror_r(n, buffer, sizeof buffer), text) == 0)
			return n;
	return 0;
}

/* Xapian's message, where it happened (a path, a server), and what the system
 * said about it. */
static int set_xapian(struct xapian_c_error *err, const Xapian::Error &e)
{
	int status = find_status(e.get_type());

	if (err == nullptr)
		return status;
	const char *system = e.get_error_string();
	std::string msg = e.get_msg();
	if (!e.get_context().empty())
		msg.append(" (").append(e.get_context()).append(")");
	if (system != nullptr)
		msg.append(": ").append(system);
	std::replace(msg.begin(), msg.end(), '\0', '?'); /* a term in it may have any bytes */
	xapian_c_error_set(err, status, e.get_type(), msg.c_str());
	err->system = find_errno(system);
	return status;
}

int xapian_c_error_caught(struct xapian_c_error *err) noexcept
{
	try {
		try {
			throw;
		} catch (const Xapian::Error &e) {
			return set_xapian(err, e);
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
