/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the opaque structs hold.  `text` is what was given to the caller last:
 * it lives until the next call that gives text.
 */
#ifndef XAPIAN_C_OBJECTS_HH
#define XAPIAN_C_OBJECTS_HH

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <xapian-c.h>
#include <xapian.h>

#include "xapian_c_feedback.hh"

struct xapian_c_database {
	Xapian::Database db;
	std::string text = {}, text2 = {};
	bool is_closed = false; /* libxapian answers some calls after that, as if all were well */

	void check_open() const
	{
		if (is_closed)
			throw Xapian::DatabaseClosedError("the database was closed");
	}
	Xapian::Database &use()
	{
		check_open();
		return db;
	}
	const Xapian::Database &use() const
	{
		check_open();
		return db;
	}
};

struct xapian_c_writer {
	Xapian::WritableDatabase db;
	xapian_c_database reader; /* shares `db`, so that it sees what is not committed; closed with it */
	bool is_torn = false;     /* a change ended for want of memory: what is not committed is not to be trusted */

	Xapian::WritableDatabase &use()
	{
		reader.check_open();
		return db;
	}
};

struct xapian_c_document {
	Xapian::Document doc;
	std::string text = {};
};

struct xapian_c_stemmer {
	Xapian::Stem stem;
};

struct xapian_c_stopper {
	std::set<std::string> words;
};

struct xapian_c_enquire {
	explicit xapian_c_enquire(const Xapian::Database &db) : enquire(db) {}
	std::unique_ptr<xapian_c_feedback> feedback = nullptr; /* outlives `enquire`, which looks into it */
	Xapian::Enquire enquire;
};

struct xapian_c_mset {
	Xapian::MSet mset;
	std::string text = {};
};

struct xapian_c_parser {
	Xapian::QueryParser parser;
	std::string text = {};
};

struct xapian_c_termgen {
	Xapian::TermGenerator gen;
};

/* The object around `part`: not made empty first, which costs an allocation in
 * documents and match sets. */
template <class Object, class Part> std::unique_ptr<Object> xapian_c_hold(Part &&part)
{
	return std::unique_ptr<Object>(new Object{ std::forward<Part>(part) });
}

/* A copy of the words for a parser or generator, which owns it. */
inline Xapian::Stopper *xapian_c_stopper_copy(const struct xapian_c_stopper *s)
{
	return s == nullptr ? nullptr : (new Xapian::SimpleStopper(s->words.begin(), s->words.end()))->release();
}

#endif
