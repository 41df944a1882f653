/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Opening and closing databases to read.
 */
#include "xapian_c_guard.hh"
#include "xapian_c_objects.hh"

static const struct xapian_c_timeouts ten_seconds = { 10000, 10000 };

int xapian_c_database_open(
	const char *path, int backend, struct xapian_c_database **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_make(out, err, [&] {
		if ((backend & ~(XAPIAN_C_BACKEND_STUB | XAPIAN_C_BACKEND_INMEMORY)) != 0)
			throw Xapian::InvalidArgumentError("not a kind of database");
		return xapian_c_hold<xapian_c_database>(Xapian::Database(path, backend));
	});
}

int xapian_c_database_open_tcp(const char *host, uint16_t port, const struct xapian_c_timeouts *t,
	struct xapian_c_database **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_make(out, err, [&] {
		if (t == nullptr)
			t = &ten_seconds;
		return xapian_c_hold<xapian_c_database>(Xapian::Remote::open(host, port, t->operation, t->connect));
	});
}

int xapian_c_database_open_prog(const char *program, const char *args, uint32_t timeout_ms,
	struct xapian_c_database **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_make(out, err,
		[&] { return xapian_c_hold<xapian_c_database>(Xapian::Remote::open(program, args, timeout_ms)); });
}

int xapian_c_database_new(struct xapian_c_database **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_make(out, err, [] { return std::make_unique<xapian_c_database>(); });
}

int xapian_c_database_add(
	struct xapian_c_database *db, const struct xapian_c_database *other, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { db->use().add_database(other->use()); });
}

int xapian_c_database_reopen(struct xapian_c_database *db, bool *changed, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		bool is_newer = db->use().reopen();

		if (changed != nullptr)
			*changed = is_newer;
	});
}

int xapian_c_database_close(struct xapian_c_database *db, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		db->db.close();
		db->is_closed = true;
	});
}

int xapian_c_database_keep_alive(struct xapian_c_database *db, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { db->use().keep_alive(); });
}

void xapian_c_database_free(struct xapian_c_database *db) noexcept { delete db; }
