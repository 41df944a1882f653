/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian_c_guard.hh"
#include "xapian_c_objects.hh"

static std::unique_ptr<xapian_c_writer> make_writer(const Xapian::WritableDatabase &db)
{
	return std::unique_ptr<xapian_c_writer>(new xapian_c_writer{ db, { db } });
}

/* Run `body`, which changes `w`. */
template <class Body> static int change(struct xapian_c_writer *w, struct xapian_c_error *err, Body body) noexcept
{
	int rc = xapian_c_try(err, body);

	w->is_torn |= rc == XAPIAN_C_ENOMEM;
	return rc;
}

/* Forget what was not committed: libxapian would write it when it ends, and
 * crash over what half an operation left. */
static void forget_changes(Xapian::WritableDatabase &db) noexcept
{
	(void)xapian_c_try(nullptr, [&] { db.begin_transaction(false); });
	(void)xapian_c_try(nullptr, [&] { db.cancel_transaction(); });
}

int xapian_c_writer_open(
	const char *path, int flags, struct xapian_c_writer **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_make(out, err, [&] { return make_writer(Xapian::WritableDatabase(path, flags)); });
}

int xapian_c_writer_open_tcp(const char *host, uint16_t port, const struct xapian_c_timeouts *t,
	struct xapian_c_writer **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_make(out, err, [&] {
		return make_writer(t == nullptr ? Xapian::Remote::open_writable(host, port)
						: Xapian::Remote::open_writable(host, port, t->operation, t->connect));
	});
}

int xapian_c_writer_open_prog(const char *program, const char *args, uint32_t timeout_ms,
	struct xapian_c_writer **out, struct xapian_c_error *err) noexcept
{
	return xapian_c_make(
		out, err, [&] { return make_writer(Xapian::Remote::open_writable(program, args, timeout_ms)); });
}

void xapian_c_writer_free(struct xapian_c_writer *w) noexcept
{
	if (w != nullptr && w->is_torn)
		forget_changes(w->db);
	delete w;
}

int xapian_c_writer_close(struct xapian_c_writer *w, struct xapian_c_error *err) noexcept
{
	return change(w, err, [&] {
		w->db.close();
		w->reader.is_closed = true;
	});
}

struct xapian_c_database *xapian_c_writer_database(struct xapian_c_writer *w) noexcept { return &w->reader; }

/* ---- documents ---------------------------------------------------------------------- */

static void tell(uint32_t *docid, Xapian::docid id) noexcept
{
	if (docid != nullptr)
		*docid = id;
}

int xapian_c_writer_add(struct xapian_c_writer *w, const struct xapian_c_document *d, uint32_t *docid,
	struct xapian_c_error *err) noexcept
{
	return change(w, err, [&] { tell(docid, w->use().add_document(d->doc)); });
}

int xapian_c_writer_replace(struct xapian_c_writer *w, uint32_t docid, const struct xapian_c_document *d,
	struct xapian_c_error *err) noexcept
{
	return change(w, err, [&] { w->use().replace_document(docid, d->doc); });
}

int xapian_c_writer_replace_term(struct xapian_c_writer *w, struct xapian_c_bytes term,
	const struct xapian_c_document *d, uint32_t *docid, struct xapian_c_error *err) noexcept
{
	return change(w, err, [&] { tell(docid, w->use().replace_document(xapian_c_string(term), d->doc)); });
}

int xapian_c_writer_delete(struct xapian_c_writer *w, uint32_t docid, struct xapian_c_error *err) noexcept
{
	return change(w, err, [&] { w->use().delete_document(docid); });
}

int xapian_c_writer_delete_term(
	struct xapian_c_writer *w, struct xapian_c_bytes term, struct xapian_c_error *err) noexcept
{
	return change(w, err, [&] { w->use().delete_document(xapian_c_string(term)); });
}

/* ---- when it counts ------------------------------------------------------------------- */

int xapian_c_writer_commit(struct xapian_c_writer *w, struct xapian_c_error *err) noexcept
{
	return change(w, err, [&] { w->use().commit(); });
}

int xapian_c_writer_begin(struct xapian_c_writer *w, bool flushed, struct xapian_c_error *err) noexcept
{
	return change(w, err, [&] { w->use().begin_transaction(flushed); });
}

int xapian_c_writer_end(struct xapian_c_writer *w, struct xapian_c_error *err) noexcept
{
	return change(w, err, [&] { w->use().commit_transaction(); });
}

int xapian_c_writer_cancel(struct xapian_c_writer *w, struct xapian_c_error *err) noexcept
{
	return change(w, err, [&] { w->use().cancel_transaction(); });
}

/* ---- beside the documents --------------------------------------------------------------- */

int xapian_c_writer_set_metadata(struct xapian_c_writer *w, struct xapian_c_bytes key, struct xapian_c_bytes value,
	struct xapian_c_error *err) noexcept
{
	return change(w, err, [&] { w->use().set_metadata(xapian_c_string(key), xapian_c_string(value)); });
}

int xapian_c_writer_add_spelling(struct xapian_c_writer *w, struct xapian_c_bytes word, uint32_t times,
	struct xapian_c_error *err) noexcept
{
	return change(w, err, [&] { w->use().add_spelling(xapian_c_term_string(word), times); });
}

int xapian_c_writer_remove_spelling(struct xapian_c_writer *w, struct xapian_c_bytes word, uint32_t times,
	struct xapian_c_error *err) noexcept
{
	return change(w, err, [&] { w->use().remove_spelling(xapian_c_string(word), times); });
}

int xapian_c_writer_add_synonym(struct xapian_c_writer *w, struct xapian_c_bytes term, struct xapian_c_bytes synonym,
	struct xapian_c_error *err) noexcept
{
	return change(w, err, [&] { w->use().add_synonym(xapian_c_term_string(term), xapian_c_string(synonym)); });
}

int xapian_c_writer_remove_synonym(struct xapian_c_writer *w, struct xapian_c_bytes term,
	struct xapian_c_bytes synonym, struct xapian_c_error *err) noexcept
{
	return change(w, err, [&] { w->use().remove_synonym(xapian_c_string(term), xapian_c_string(synonym)); });
}
