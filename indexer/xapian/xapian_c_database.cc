/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a database knows as a whole, and its documents.
 */
#include "xapian_c_guard.hh"
#include "xapian_c_objects.hh"

int xapian_c_database_count(const struct xapian_c_database *db, struct xapian_c_database_counts *out,
	struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		const Xapian::Database &open = db->use();
		struct xapian_c_database_counts c = {};

		c.documents = open.get_doccount();
		c.last_id = open.get_lastdocid();
		c.total_length = open.get_total_length();
		c.average_length = open.get_avlength();
		c.shortest = open.get_doclength_lower_bound();
		c.longest = open.get_doclength_upper_bound();
		c.shards = static_cast<uint32_t>(open.size());
		c.has_positions = open.has_positions();
		*out = c;
	});
}

int xapian_c_database_uuid(
	struct xapian_c_database *db, struct xapian_c_bytes *out, struct xapian_c_error *err) noexcept
{
	return xapian_c_guard(err, [&] {
		db->text = db->use().get_uuid();
		return xapian_c_give(db->text, out);
	});
}

int xapian_c_database_revision(
	const struct xapian_c_database *db, uint64_t *out, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { *out = db->use().get_revision(); });
}

int xapian_c_database_locked(const struct xapian_c_database *db, bool *out, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { *out = db->use().locked(); });
}

/* ---- terms, values, documents ---------------------------------------------------- */

int xapian_c_database_count_term(const struct xapian_c_database *db, struct xapian_c_bytes term,
	struct xapian_c_term_counts *out, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		const Xapian::Database &open = db->use();
		std::string name = xapian_c_string(term);
		struct xapian_c_term_counts c = {};

		c.documents = open.get_termfreq(name);
		c.occurrences = open.get_collection_freq(name);
		c.most = open.get_wdf_upper_bound(name);
		*out = c;
	});
}

int xapian_c_database_count_value(
	const struct xapian_c_database *db, uint32_t slot, uint32_t *out, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { *out = db->use().get_value_freq(slot); });
}

int xapian_c_database_value_bounds(struct xapian_c_database *db, uint32_t slot, struct xapian_c_bytes *lower,
	struct xapian_c_bytes *upper, struct xapian_c_error *err) noexcept
{
	return xapian_c_guard(err, [&] {
		db->text = db->use().get_value_lower_bound(slot);
		db->text2 = db->use().get_value_upper_bound(slot);
		xapian_c_give(db->text, lower);
		return xapian_c_give(db->text2, upper);
	});
}

int xapian_c_database_document_length(
	const struct xapian_c_database *db, uint32_t docid, uint32_t *out, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { *out = db->use().get_doclength(docid); });
}

int xapian_c_database_document(const struct xapian_c_database *db, uint32_t docid, struct xapian_c_document **out,
	struct xapian_c_error *err) noexcept
{
	return xapian_c_make(out, err, [&] { return xapian_c_hold<xapian_c_document>(db->use().get_document(docid)); });
}

int xapian_c_database_metadata(struct xapian_c_database *db, struct xapian_c_bytes key, struct xapian_c_bytes *out,
	struct xapian_c_error *err) noexcept
{
	return xapian_c_guard(err, [&] {
		db->text = db->use().get_metadata(xapian_c_string(key));
		return xapian_c_give(db->text, out);
	});
}

int xapian_c_database_suggest(struct xapian_c_database *db, struct xapian_c_bytes word, uint32_t edits,
	struct xapian_c_bytes *out, struct xapian_c_error *err) noexcept
{
	return xapian_c_guard(err, [&] {
		db->text = db->use().get_spelling_suggestion(xapian_c_string(word), edits);
		return xapian_c_give(db->text, out);
	});
}

/* ---- upkeep ------------------------------------------------------------------------ */

/* libxapian 1.4 writes beyond its buffers with others. */
static bool is_block_size(uint32_t size) { return size >= 2048 && size <= 65536 && (size & (size - 1)) == 0; }

int xapian_c_database_compact(struct xapian_c_database *db, const char *path, unsigned flags, uint32_t block_size,
	struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] {
		const unsigned known = 3 | XAPIAN_C_COMPACT_KEEP_NUMBERS | XAPIAN_C_COMPACT_MULTIPASS |
			XAPIAN_C_COMPACT_ONE_FILE;

		if ((flags & ~known) != 0 || (flags & 3) == 3)
			throw Xapian::InvalidArgumentError("not a way to compact");
		if (block_size != 0 && !is_block_size(block_size))
			throw Xapian::InvalidArgumentError("a block is 2048, 4096, .. or 65536 bytes");
		Xapian::Database &open = db->use();
		if (open.size() == 0)
			throw Xapian::InvalidArgumentError("nothing to compact");
		open.compact(path, flags, static_cast<int>(block_size));
	});
}

int xapian_c_database_check(const char *path, uint64_t *errors, struct xapian_c_error *err) noexcept
{
	return xapian_c_try(err, [&] { *errors = Xapian::Database::check(path); });
}
