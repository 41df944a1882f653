/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What xapian-c costs beside the C++ calls it stands for.
 *
 *   build/tests/bench/xapian_overhead [ROUNDS]
 *
 * The same work twice, in turns, by CPU time; the least of all rounds of each.
 * Overhead above 2 % fails.
 */
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <xapian-c.h>
#include <xapian.h>

namespace
{

enum { DOCS = 20000, WORDS = 60, VOCABULARY = 4000, BATCH = 256, PERCENT_ALLOWED = 2 };

std::string dir;
uint64_t sink; /* what was read is used */

double cpu_now()
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

void check(int rc)
{
	if (rc < 0) {
		std::fprintf(stderr, "xapian_overhead: %d\n", rc);
		std::exit(1);
	}
}

/* Words by falling frequency: word w stands in about one place of w. */
std::string random_word(uint32_t &seed)
{
	seed = seed * 1664525u + 1013904223u;
	uint32_t limit = (seed >> 8) % VOCABULARY + 1;
	seed = seed * 1664525u + 1013904223u;
	return "word" + std::to_string((seed >> 8) % limit);
}

/* ---- the work, in C++ and in C ------------------------------------------------ */

void add_cpp(uint32_t docs)
{
	Xapian::WritableDatabase db(std::string(), Xapian::DB_BACKEND_INMEMORY);
	uint32_t seed = 1;

	for (uint32_t d = 0; d < docs; d++) {
		Xapian::Document doc;
		for (uint32_t p = 1; p <= WORDS; p++)
			doc.add_posting(random_word(seed), p);
		db.add_document(doc);
	}
}

void add_c(uint32_t docs)
{
	struct xapian_c_writer *w;
	uint32_t seed = 1;

	check(xapian_c_writer_open("", XAPIAN_C_BACKEND_INMEMORY, &w, nullptr));
	for (uint32_t d = 0; d < docs; d++) {
		struct xapian_c_document *doc;
		check(xapian_c_document_new(&doc, nullptr));
		std::string words[WORDS];
		struct xapian_c_place places[WORDS];
		for (uint32_t p = 0; p < WORDS; p++) {
			words[p] = random_word(seed);
			places[p] = { { words[p].data(), words[p].size() }, p + 1, 1 };
		}
		check(xapian_c_document_add_postings(doc, places, WORDS, nullptr));
		check(xapian_c_writer_add(w, doc, nullptr, nullptr));
		xapian_c_document_free(doc);
	}
	xapian_c_writer_free(w);
}

void read_postings_cpp(const Xapian::Database &db)
{
	for (int w = 0; w < 40; w++)
		for (auto i = db.postlist_begin("word" + std::to_string(w)); i != Xapian::PostingIterator(); ++i)
			sink += *i + i.get_wdf();
}

void read_postings_c(const struct xapian_c_database *db)
{
	struct xapian_c_posting out[BATCH];

	for (int w = 0; w < 40; w++) {
		std::string term = "word" + std::to_string(w);
		struct xapian_c_postings *p;
		check(xapian_c_postings_new(db, { term.data(), term.size() }, false, &p, nullptr));
		for (int n; (n = xapian_c_postings_read(p, out, BATCH, nullptr)) > 0;)
			for (int i = 0; i < n; i++)
				sink += out[i].docid + out[i].wdf;
		xapian_c_postings_free(p);
	}
}

void read_positions_cpp(const Xapian::Database &db)
{
	for (Xapian::docid d = 1; d <= 4000; d++)
		for (auto i = db.positionlist_begin(d, "word1"); i != Xapian::PositionIterator(); ++i)
			sink += *i;
}

void read_positions_c(const struct xapian_c_database *db)
{
	struct xapian_c_positions *p;
	uint32_t out[BATCH];

	check(xapian_c_positions_new(&p, nullptr));
	for (uint32_t d = 1; d <= 4000; d++) {
		check(xapian_c_positions_open(p, db, d, xapian_c_str("word1"), nullptr));
		for (int n; (n = xapian_c_positions_read(p, out, BATCH, nullptr)) > 0;)
			for (int i = 0; i < n; i++)
				sink += out[i];
	}
	xapian_c_positions_free(p);
}

void read_terms_cpp(const Xapian::Database &db)
{
	for (auto i = db.allterms_begin(); i != Xapian::TermIterator(); ++i)
		sink += (*i).size() + i.get_termfreq();
}

void read_terms_c(const struct xapian_c_database *db)
{
	struct xapian_c_term out[BATCH];
	struct xapian_c_terms *t;

	check(xapian_c_terms_of_database(db, { nullptr, 0 }, &t, nullptr));
	for (int n; (n = xapian_c_terms_read(t, out, BATCH, nullptr)) > 0;)
		for (int i = 0; i < n; i++)
			sink += out[i].text.len + out[i].documents;
	xapian_c_terms_free(t);
}

void search_cpp(const Xapian::Database &db)
{
	for (int w = 0; w < 200; w++) {
		std::string terms[] = { "word" + std::to_string(w), "word" + std::to_string(w + 1) };
		Xapian::Enquire e(db);
		e.set_query(Xapian::Query(Xapian::Query::OP_OR, terms, terms + 2));
		Xapian::MSet m = e.get_mset(0, 10);
		for (auto i = m.begin(); i != m.end(); ++i)
			sink += *i + i.get_document().get_data().size();
	}
}

void search_c(const struct xapian_c_database *db)
{
	for (int w = 0; w < 200; w++) {
		std::string a = "word" + std::to_string(w), b = "word" + std::to_string(w + 1);
		const struct xapian_c_bytes terms[] = { { a.data(), a.size() }, { b.data(), b.size() } };
		struct xapian_c_hit hits[10];
		struct xapian_c_query *q;
		struct xapian_c_enquire *e;
		struct xapian_c_mset *m;
		check(xapian_c_query_combine_terms({ XAPIAN_C_OP_OR, 0 }, terms, 2, &q, nullptr));
		check(xapian_c_enquire_new(db, &e, nullptr));
		check(xapian_c_enquire_set_query(e, q, 0, nullptr));
		check(xapian_c_enquire_search(e, 0, 10, 0, &m, nullptr));
		int n = xapian_c_mset_read(m, 0, hits, 10, nullptr);
		for (int i = 0; i < n; i++) {
			struct xapian_c_document *d;
			struct xapian_c_bytes data;
			check(xapian_c_mset_document(m, static_cast<uint32_t>(i), &d, nullptr));
			check(xapian_c_document_data(d, &data, nullptr));
			sink += hits[i].docid + data.len;
			xapian_c_document_free(d);
		}
		xapian_c_mset_free(m);
		xapian_c_enquire_free(e);
		xapian_c_query_free(q);
	}
}

/* ---- comparing ------------------------------------------------------------------ */

bool compare(const char *name, int rounds, const std::function<void()> &cpp, const std::function<void()> &c)
{
	double best[2] = { 1e9, 1e9 };

	for (int i = 0; i < 2 * rounds; i++) {
		double start = cpu_now();
		(i % 2 == 0 ? cpp : c)();
		best[i % 2] = std::min(best[i % 2], cpu_now() - start);
	}
	double percent = 100 * (best[1] / best[0] - 1);
	std::printf("%-10s C++ %9.3f ms   C %9.3f ms   %+.2f %%\n", name, 1e3 * best[0], 1e3 * best[1], percent);
	return percent <= double(PERCENT_ALLOWED);
}

void write_database()
{
	Xapian::WritableDatabase db(dir, Xapian::DB_CREATE_OR_OVERWRITE | Xapian::DB_NO_SYNC);
	uint32_t seed = 1;

	for (uint32_t d = 0; d < DOCS; d++) {
		Xapian::Document doc;
		std::string text;
		for (uint32_t p = 1; p <= WORDS; p++) {
			std::string word = random_word(seed);
			doc.add_posting(word, p);
			text += word + ' ';
		}
		doc.set_data(text);
		db.add_document(doc);
	}
	db.commit();
}

} /* namespace */

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? std::atoi(argv[1]) : 15;
	char name[] = "/tmp/xapian_overhead.XXXXXX";
	struct xapian_c_database *c;
	bool ok = true;

	if (rounds < 1 || mkdtemp(name) == nullptr)
		return 2;
	dir = name;
	write_database();
	{
		Xapian::Database cpp(dir);
		check(xapian_c_database_open(dir.c_str(), 0, &c, nullptr));
		ok &= compare("add", rounds, [] { add_cpp(1000); }, [] { add_c(1000); });
		ok &= compare("postings", rounds, [&] { read_postings_cpp(cpp); }, [&] { read_postings_c(c); });
		ok &= compare("positions", rounds, [&] { read_positions_cpp(cpp); }, [&] { read_positions_c(c); });
		ok &= compare("terms", rounds, [&] { read_terms_cpp(cpp); }, [&] { read_terms_c(c); });
		ok &= compare("search", rounds, [&] { search_cpp(cpp); }, [&] { search_c(c); });
		xapian_c_database_free(c);
	}
	std::filesystem::remove_all(dir);
	return ok && sink != 0 ? 0 : 1;
}
