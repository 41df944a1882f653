/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What xapian-c costs beside the C++ calls it stands for.
 *
 *   build/tests/bench/xapian_overhead [ROUNDS [CLASS]]
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

/* The words of documents, made once: making them is nobody's overhead. */
const std::vector<std::string> &words_of(uint32_t docs)
{
	static std::vector<std::string> words;

	for (uint32_t seed = 1; words.size() < size_t(docs) * WORDS;)
		words.push_back(random_word(seed));
	return words;
}

/* ---- the work, in C++ and in C ------------------------------------------------ */

enum { MADE_DOCS = 400 };

void make_cpp()
{
	const std::string *word = words_of(MADE_DOCS).data();

	for (uint32_t d = 0; d < MADE_DOCS; d++) {
		Xapian::Document doc;
		for (uint32_t p = 1; p <= WORDS; p++)
			doc.add_posting(*word++, p);
		sink += doc.termlist_count();
	}
}

void make_c()
{
	const std::string *word = words_of(MADE_DOCS).data();
	struct xapian_c_place places[WORDS];

	for (uint32_t d = 0; d < MADE_DOCS; d++) {
		struct xapian_c_document *doc;
		uint32_t terms;
		check(xapian_c_document_new(&doc, nullptr));
		for (uint32_t p = 0; p < WORDS; p++, word++)
			places[p] = { { word->data(), word->size() }, p + 1, 1 };
		check(xapian_c_document_add_postings(doc, places, WORDS, nullptr));
		check(xapian_c_document_counts(doc, &terms, nullptr, nullptr));
		sink += terms;
		xapian_c_document_free(doc);
	}
}

void add_cpp()
{
	Xapian::WritableDatabase db(std::string(), Xapian::DB_BACKEND_INMEMORY);
	const std::string *word = words_of(MADE_DOCS).data();

	for (uint32_t d = 0; d < MADE_DOCS; d++) {
		Xapian::Document doc;
		for (uint32_t p = 1; p <= WORDS; p++)
			doc.add_posting(*word++, p);
		doc.set_data("data");
		doc.add_value(0, "value");
		db.add_document(doc);
	}
}

void add_c()
{
	const std::string *word = words_of(MADE_DOCS).data();
	struct xapian_c_place places[WORDS];
	struct xapian_c_writer *w;

	check(xapian_c_writer_open("", XAPIAN_C_BACKEND_INMEMORY, &w, nullptr));
	for (uint32_t d = 0; d < MADE_DOCS; d++) {
		struct xapian_c_document *doc;
		check(xapian_c_document_new(&doc, nullptr));
		for (uint32_t p = 0; p < WORDS; p++, word++)
			places[p] = { { word->data(), word->size() }, p + 1, 1 };
		check(xapian_c_document_add_postings(doc, places, WORDS, nullptr));
		check(xapian_c_document_set_data(doc, xapian_c_str("data"), nullptr));
		check(xapian_c_document_set_value(doc, 0, xapian_c_str("value"), nullptr));
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

void read_document_terms_cpp(const Xapian::Database &db)
{
	for (Xapian::docid d = 1; d <= 500; d++) {
		const Xapian::Document doc = db.get_document(d);
		for (auto i = doc.termlist_begin(); i != Xapian::TermIterator(); ++i)
			sink += (*i).size() + i.get_wdf();
	}
}

void read_document_terms_c(const struct xapian_c_database *db)
{
	struct xapian_c_term out[BATCH];

	for (uint32_t d = 1; d <= 500; d++) {
		struct xapian_c_document *doc;
		struct xapian_c_terms *t;
		check(xapian_c_database_document(db, d, &doc, nullptr));
		check(xapian_c_terms_of_document(doc, &t, nullptr));
		for (int n; (n = xapian_c_terms_read(t, out, BATCH, nullptr)) > 0;)
			for (int i = 0; i < n; i++)
				sink += out[i].text.len + out[i].wdf;
		xapian_c_terms_free(t);
		xapian_c_document_free(doc);
	}
}

void read_values_cpp(const Xapian::Database &db)
{
	for (auto i = db.valuestream_begin(0); i != db.valuestream_end(0); ++i)
		sink += (*i).size() + i.get_docid();
}

void read_values_c(const struct xapian_c_database *db)
{
	struct xapian_c_value out[BATCH];
	struct xapian_c_values *v;

	check(xapian_c_values_of_database(db, 0, &v, nullptr));
	for (int n; (n = xapian_c_values_read(v, out, BATCH, nullptr)) > 0;)
		for (int i = 0; i < n; i++)
			sink += out[i].text.len + out[i].number;
	xapian_c_values_free(v);
}

/* Queries of two words, made and thrown away. */
void make_queries_cpp()
{
	const std::string *word = words_of(MADE_DOCS).data();

	for (int q = 0; q < 5000; q++) {
		Xapian::Query query(Xapian::Query::OP_AND, word + q, word + q + 2);
		sink += query.get_length();
	}
}

void make_queries_c()
{
	const std::string *word = words_of(MADE_DOCS).data();

	for (int q = 0; q < 5000; q++) {
		const struct xapian_c_bytes terms[] = { { word[q].data(), word[q].size() },
			{ word[q + 1].data(), word[q + 1].size() } };
		struct xapian_c_query *query;
		check(xapian_c_query_combine_terms({ XAPIAN_C_OP_AND, 0 }, terms, 2, &query, nullptr));
		sink += xapian_c_query_length(query);
		xapian_c_query_free(query);
	}
}

/* One search, its thousand hits read many times. */
void read_hits_cpp(const Xapian::MSet &m)
{
	for (int k = 0; k < 200; k++)
		for (auto i = m.begin(); i != m.end(); ++i)
			sink += *i + i.get_rank() + uint64_t(i.get_weight()) + uint64_t(i.get_percent()) + i.get_collapse_count();
}

void read_hits_c(const struct xapian_c_mset *m)
{
	struct xapian_c_hit hits[BATCH];

	for (int k = 0; k < 200; k++)
		for (uint32_t at = 0, n; (n = uint32_t(xapian_c_mset_read(m, at, hits, BATCH, nullptr))) > 0; at += n)
			for (uint32_t i = 0; i < n; i++)
				sink += hits[i].docid + hits[i].rank + uint64_t(hits[i].weight) + uint64_t(hits[i].percent) + hits[i].collapsed;
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

int rounds;
const char *only; /* the name of one class, or NULL */

/* In turns; work of less than a millisecond is repeated, since the clock is no finer. */
bool compare(const char *name, int times, const std::function<void()> &cpp, const std::function<void()> &c)
{
	double best[2] = { 1e9, 1e9 };

	if (only != nullptr && std::string(only) != name)
		return true;
	for (int i = 0; i < 2 * rounds; i++) {
		double start = cpu_now();
		for (int k = 0; k < times; k++)
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
		doc.add_value(0, std::to_string(d));
		db.add_document(doc);
	}
	db.commit();
}

bool compare_all()
{
	struct xapian_c_database *c;
	struct xapian_c_query *q;
	struct xapian_c_enquire *e;
	struct xapian_c_mset *m;
	Xapian::Database cpp(dir);
	Xapian::Enquire enquire(cpp);
	bool ok = true;

	check(xapian_c_database_open(dir.c_str(), 0, &c, nullptr));
	check(xapian_c_query_term(xapian_c_str("word1"), 1, 0, &q, nullptr));
	check(xapian_c_enquire_new(c, &e, nullptr));
	check(xapian_c_enquire_set_query(e, q, 0, nullptr));
	check(xapian_c_enquire_search(e, 0, 1000, 0, &m, nullptr));
	enquire.set_query(Xapian::Query("word1"));
	const Xapian::MSet hits = enquire.get_mset(0, 1000);
	ok &= compare("make", 2, [] { make_cpp(); }, [] { make_c(); });
	ok &= compare("add", 1, [] { add_cpp(); }, [] { add_c(); });
	ok &= compare("postings", 8, [&] { read_postings_cpp(cpp); }, [&] { read_postings_c(c); });
	ok &= compare("positions", 1, [&] { read_positions_cpp(cpp); }, [&] { read_positions_c(c); });
	ok &= compare("terms", 16, [&] { read_terms_cpp(cpp); }, [&] { read_terms_c(c); });
	ok &= compare("docterms", 4, [&] { read_document_terms_cpp(cpp); }, [&] { read_document_terms_c(c); });
	ok &= compare("values", 8, [&] { read_values_cpp(cpp); }, [&] { read_values_c(c); });
	ok &= compare("queries", 8, [] { make_queries_cpp(); }, [] { make_queries_c(); });
	ok &= compare("hits", 1, [&] { read_hits_cpp(hits); }, [&] { read_hits_c(m); });
	ok &= compare("search", 1, [&] { search_cpp(cpp); }, [&] { search_c(c); });
	xapian_c_mset_free(m);
	xapian_c_enquire_free(e);
	xapian_c_query_free(q);
	xapian_c_database_free(c);
	return ok;
}

} /* namespace */

int main(int argc, char **argv)
{
	char name[] = "/tmp/xapian_overhead.XXXXXX";

	rounds = argc > 1 ? std::atoi(argv[1]) : 15;
	only = argc > 2 ? argv[2] : nullptr;
	if (rounds < 1 || mkdtemp(name) == nullptr)
		return 2;
	dir = name;
	write_database();
	bool ok = compare_all();
	std::filesystem::remove_all(dir);
	return ok && sink != 0 ? 0 : 1;
}
