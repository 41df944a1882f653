/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Xapian beside bq: one posting and position a word, no stems, no stored
 * text, no term lists; compacted.
 *
 *   peer_xapian index DIR < WORDS
 *   peer_xapian run DIR RUNS < QUERIES
 */
#include <xapian.h>

#include <iostream>
#include <string>

#include "query.h"

static void index_words(const std::string &dir)
{
	std::string loose = dir + ".loose", line;
	{
		Xapian::WritableDatabase db(loose, Xapian::DB_CREATE_OR_OVERWRITE | Xapian::DB_NO_TERMLIST);
		while (std::getline(std::cin, line)) {
			Xapian::Document doc;
			Xapian::termpos at = 0;
			for (size_t from = 0; from < line.size();) {
				size_t to = line.find(' ', from);
				to = to == std::string::npos ? line.size() : to;
				doc.add_posting(line.substr(from, to - from), ++at);
				from = to + 1;
			}
			db.add_document(doc);
		}
		db.commit();
	}
	Xapian::Database(loose).compact(dir, Xapian::Compactor::FULLER);
}

static Xapian::Query atom_query(const struct query_atom &a)
{
	if (a.n_words == 1)
		return Xapian::Query(a.words[0]);
	return Xapian::Query(Xapian::Query::OP_PHRASE, a.words, a.words + a.n_words, a.n_words);
}

/* Required words AND .., those without a sign OR .. beside them, less those with -. */
static Xapian::Query make_query(const struct query &q)
{
	Xapian::Query must, should, without;

	for (unsigned i = 0; i < q.n_atoms; i++) {
		const struct query_atom &a = q.atoms[i];
		Xapian::Query one = atom_query(a);
		if (a.sign == '+')
			must = must.empty() ? one : Xapian::Query(Xapian::Query::OP_AND, must, one);
		else if (a.sign == '-')
			without = without.empty() ? one : Xapian::Query(Xapian::Query::OP_OR, without, one);
		else
			should = should.empty() ? one : Xapian::Query(Xapian::Query::OP_OR, should, one);
	}
	if (must.empty())
		must = should;
	else if (!should.empty())
		must = Xapian::Query(Xapian::Query::OP_AND_MAYBE, must, should);
	return without.empty() ? must : Xapian::Query(Xapian::Query::OP_AND_NOT, must, without);
}

static long ask(void *engine, const struct query *q, int wants_count)
{
	Xapian::Database &db = *static_cast<Xapian::Database *>(engine);
	Xapian::Enquire enquire(db);

	enquire.set_query(make_query(*q));
	if (wants_count) {
		enquire.set_weighting_scheme(Xapian::BoolWeight());
		return long(enquire.get_mset(0, 0, db.get_doccount()).get_matches_estimated());
	}
	enquire.set_weighting_scheme(Xapian::BM25Weight(0.9, 0, 1, 0.4, 0));
	Xapian::MSet hits = enquire.get_mset(0, 10);
	long n = 0;
	for (Xapian::MSetIterator i = hits.begin(); i != hits.end(); ++i)
		n += *i != 0;
	return n;
}

int main(int argc, char **argv)
{
	try {
		if (argc == 3 && strcmp(argv[1], "index") == 0) {
			index_words(argv[2]);
			return 0;
		}
		if (argc == 4 && strcmp(argv[1], "run") == 0) {
			Xapian::Database db(argv[2]);
			query_time_all(stdin, unsigned(atoi(argv[3])), ask, &db);
			return 0;
		}
	} catch (const Xapian::Error &e) {
		std::cerr << "peer_xapian: " << e.get_description() << "\n";
		return 2;
	}
	std::cerr << "usage: peer_xapian index DIR < WORDS | run DIR RUNS < QUERIES\n";
	return 2;
}
