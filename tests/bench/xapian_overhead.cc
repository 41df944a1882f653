/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What xapian-c costs beside the C++ calls it stands for.
 *
 *   build/tests/bench/xapian_overhead [ROUNDS [CLASS]]
 *
 * The same work twice.  Each side starts from words that are places in a text,
 * so C++, too, makes a std::string where Xapian wants one; checks what can fail,
 * C++ by exceptions and C by every result; gives back what it made; and adds up
 * what it read: the sums must agree.
 *
 * Slices of about a millisecond of each side in turns, and C++ once more as its
 * own rival: how far that is from 0 is how far the machine can be trusted.  CPU
 * time of the thread, the least of all rounds, since what disturbs only adds.
 * Overhead above 2 % fails.
 */
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <string_view>

#include <xapian-c.h>
#include <xapian.h>

#include "xapian_words.hh"

namespace
{

enum { DOCS = 20000, BATCH = 64, PERCENT_ALLOWED = 2, MADE_QUERIES = 5000 };

std::string dir;

double cpu_now()
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

void check(int rc)
{
	if (rc < 0) {
		std::fprintf(stderr, "xapian_overhead: %d\n", rc);
		std::exit(1);
	}
}

/* A C++ database and a C one of the same files, with what is read from them. */
struct both {
	Xapian::Database cpp;
	struct xapian_c_database *c;
	Xapian::MSet hits;
	struct xapian_c_mset *c_hits;
	Xapian::QueryParser parser;
	struct xapian_c_parser *c_parser;
};

/* ---- writing --------------------------------------------------------------------- */

uint64_t make_cpp(const both &)
{
	const std::string_view *word = find_words();
	uint64_t sum = 0;

	for (uint32_t d = 0; d < MADE_DOCS; d++) {
		Xapian::Document doc;
		for (uint32_t p = 1; p <= WORDS; p++)
			doc.add_posting(std::string(*word++), p);
		sum += doc.termlist_count();
	}
	return sum;
}

uint64_t make_c(const both &)
{
	const std::string_view *word = find_words();
	struct xapian_c_place places[WORDS];
	uint64_t sum = 0;

	for (uint32_t d = 0; d < MADE_DOCS; d++) {
		struct xapian_c_document *doc;
		uint32_t terms;
		check(xapian_c_document_new(&doc, nullptr));
		for (uint32_t p = 0; p < WORDS; p++)
			places[p] = { as_bytes(*word++), p + 1, 1 };
		check(xapian_c_document_add_postings(doc, places, WORDS, nullptr));
		check(xapian_c_document_counts(doc, &terms, nullptr, nullptr));
		sum += terms;
		xapian_c_document_free(doc);
	}
	return sum;
}

uint64_t add_cpp(const both &)
{
	Xapian::WritableDatabase db(std::string(), Xapian::DB_BACKEND_INMEMORY);
	const std::string_view *word = find_words();

	for (uint32_t d = 0; d < MADE_DOCS; d++) {
		Xapian::Document doc;
		for (uint32_t p = 1; p <= WORDS; p++)
			doc.add_posting(std::string(*word++), p);
		doc.set_data("data");
		doc.add_value(0, "value");
		db.add_document(doc);
	}
	return db.get_doccount();
}

uint64_t add_c(const both &)
{
	const std::string_view *word = find_words();
	struct xapian_c_place places[WORDS];
	struct xapian_c_database_counts counts;
	struct xapian_c_writer *w;

	check(xapian_c_writer_open("", XAPIAN_C_BACKEND_INMEMORY, &w, nullptr));
	for (uint32_t d = 0; d < MADE_DOCS; d++) {
		struct xapian_c_document *doc;
		check(xapian_c_document_new(&doc, nullptr));
		for (uint32_t p = 0; p < WORDS; p++)
			places[p] = { as_bytes(*word++), p + 1, 1 };
		check(xapian_c_document_add_postings(doc, places, WORDS, nullptr));
		check(xapian_c_document_set_data(doc, xapian_c_str("data"), nullptr));
		check(xapian_c_document_set_value(doc, 0, xapian_c_str("value"), nullptr));
		check(xapian_c_writer_add(w, doc, nullptr, nullptr));
		xapian_c_document_free(doc);
	}
	check(xapian_c_database_count(xapian_c_writer_database(w), &counts, nullptr));
	xapian_c_writer_free(w);
	return counts.documents;
}

/* ---- walking --------------------------------------------------------------------- */

const char *const frequent[] = { "word0", "word1", "word2", "word3", "word4" };

uint64_t read_postings_cpp(const both &b)
{
	uint64_t sum = 0;

	for (const char *term : frequent)
		for (auto i = b.cpp.postlist_begin(term); i != Xapian::PostingIterator(); ++i)
			sum += *i + i.get_wdf();
	return sum;
}

uint64_t read_postings_c(const both &b)
{
	struct xapian_c_posting out[BATCH];
	uint64_t sum = 0;

	for (const char *term : frequent) {
		struct xapian_c_postings *p;
		int n;
		check(xapian_c_postings_new(b.c, xapian_c_str(term), false, &p, nullptr));
		while ((n = xapian_c_postings_read(p, out, BATCH, nullptr)) > 0)
			for (int i = 0; i < n; i++)
				sum += out[i].docid + out[i].wdf;
		check(n);
		xapian_c_postings_free(p);
	}
	return sum;
}

uint64_t read_positions_cpp(const both &b)
{
	uint64_t sum = 0;

	for (Xapian::docid d = 1; d <= 800; d++)
		for (auto i = b.cpp.positionlist_begin(d, "word1"); i != Xapian::PositionIterator(); ++i)
			sum += *i;
	return sum;
}

uint64_t read_positions_c(const both &b)
{
	struct xapian_c_positions *p;
	uint32_t out[BATCH];
	uint64_t sum = 0;

	check(xapian_c_positions_new(&p, nullptr));
	for (uint32_t d = 1; d <= 800; d++) {
		int n;
		check(xapian_c_positions_open(p, b.c, d, xapian_c_str("word1"), nullptr));
		while ((n = xapian_c_positions_read(p, out, BATCH, nullptr)) > 0)
			for (int i = 0; i < n; i++)
				sum += out[i];
		check(n);
	}
	xapian_c_positions_free(p);
	return sum;
}

uint64_t read_terms_cpp(const both &b)
{
	uint64_t sum = 0;

	for (auto i = b.cpp.allterms_begin(); i != Xapian::TermIterator(); ++i)
		sum += (*i).size() + i.get_termfreq();
	return sum;
}

uint64_t read_terms_c(const both &b)
{
	struct xapian_c_term out[BATCH];
	struct xapian_c_terms *t;
	uint64_t sum = 0;
	int n;

	check(xapian_c_terms_of_database(b.c, { nullptr, 0 }, &t, nullptr));
	while ((n = xapian_c_terms_read(t, out, BATCH, nullptr)) > 0)
		for (int i = 0; i < n; i++)
			sum += out[i].text.len + out[i].documents;
	check(n);
	xapian_c_terms_free(t);
	return sum;
}

uint64_t read_document_terms_cpp(const both &b)
{
	uint64_t sum = 0;

	for (Xapian::docid d = 1; d <= 150; d++) {
		const Xapian::Document doc = b.cpp.get_document(d);
		for (auto i = doc.termlist_begin(); i != Xapian::TermIterator(); ++i)
			sum += (*i).size() + i.get_wdf();
	}
	return sum;
}

uint64_t read_document_terms_c(const both &b)
{
	struct xapian_c_term out[BATCH];
	uint64_t sum = 0;

	for (uint32_t d = 1; d <= 150; d++) {
		struct xapian_c_document *doc;
		struct xapian_c_terms *t;
		int n;
		check(xapian_c_database_document(b.c, d, &doc, nullptr));
		check(xapian_c_terms_of_document(doc, &t, nullptr));
		while ((n = xapian_c_terms_read(t, out, BATCH, nullptr)) > 0)
			for (int i = 0; i < n; i++)
				sum += out[i].text.len + out[i].wdf;
		check(n);
		xapian_c_terms_free(t);
		xapian_c_document_free(doc);
	}
	return sum;
}

/* The same without an object for the document; in C, one list for all. */
uint64_t read_many_terms_cpp(const both &b)
{
	uint64_t sum = 0;

	for (Xapian::docid d = 1; d <= 150; d++)
		for (auto i = b.cpp.termlist_begin(d); i != Xapian::TermIterator(); ++i)
			sum += (*i).size() + i.get_wdf();
	return sum;
}

uint64_t read_many_terms_c(const both &b)
{
	struct xapian_c_term out[BATCH];
	struct xapian_c_terms *t;
	uint64_t sum = 0;

	check(xapian_c_terms_new(&t, nullptr));
	for (uint32_t d = 1; d <= 150; d++) {
		int n;
		check(xapian_c_terms_open(t, b.c, d, nullptr));
		while ((n = xapian_c_terms_read(t, out, BATCH, nullptr)) > 0)
			for (int i = 0; i < n; i++)
				sum += out[i].text.len + out[i].wdf;
		check(n);
	}
	xapian_c_terms_free(t);
	return sum;
}

uint64_t read_values_cpp(const both &b)
{
	uint64_t sum = 0;

	for (auto i = b.cpp.valuestream_begin(0); i != b.cpp.valuestream_end(0); ++i)
		sum += (*i).size() + i.get_docid();
	return sum;
}

uint64_t read_values_c(const both &b)
{
	struct xapian_c_value out[BATCH];
	struct xapian_c_values *v;
	uint64_t sum = 0;
	int n;

	check(xapian_c_values_of_database(b.c, 0, &v, nullptr));
	while ((n = xapian_c_values_read(v, out, BATCH, nullptr)) > 0)
		for (int i = 0; i < n; i++)
			sum += out[i].text.len + out[i].number;
	check(n);
	xapian_c_values_free(v);
	return sum;
}

/* What programs do with a hit. */
uint64_t read_documents_cpp(const both &b)
{
	uint64_t sum = 0;

	for (Xapian::docid d = 1; d <= 300; d++) {
		const Xapian::Document doc = b.cpp.get_document(d);
		sum += doc.get_data().size() + doc.get_value(0).size();
	}
	return sum;
}

uint64_t read_documents_c(const both &b)
{
	uint64_t sum = 0;

	for (uint32_t d = 1; d <= 300; d++) {
		struct xapian_c_document *doc;
		struct xapian_c_bytes bytes;
		check(xapian_c_database_document(b.c, d, &doc, nullptr));
		check(xapian_c_document_data(doc, &bytes, nullptr));
		sum += bytes.len;
		check(xapian_c_document_value(doc, 0, &bytes, nullptr));
		sum += bytes.len;
		xapian_c_document_free(doc);
	}
	return sum;
}

/* ---- searching ------------------------------------------------------------------- */

/* Queries of two words, made and thrown away. */
uint64_t make_queries_cpp(const both &)
{
	const std::string_view *word = find_words();
	uint64_t sum = 0;

	for (int q = 0; q < MADE_QUERIES; q++) {
		const std::string terms[] = { std::string(word[q]), std::string(word[q + 1]) };
		Xapian::Query query(Xapian::Query::OP_AND, terms, terms + 2);
		sum += query.get_length();
	}
	return sum;
}

uint64_t make_queries_c(const both &)
{
	const std::string_view *word = find_words();
	uint64_t sum = 0;

	for (int q = 0; q < MADE_QUERIES; q++) {
		const struct xapian_c_bytes terms[] = { as_bytes(word[q]), as_bytes(word[q + 1]) };
		struct xapian_c_query *query;
		check(xapian_c_query_combine_terms({ XAPIAN_C_OP_AND, 0 }, terms, 2, &query, nullptr));
		sum += xapian_c_query_length(query);
		xapian_c_query_free(query);
	}
	return sum;
}

const std::string_view typed[] = { "word1 word2", "+word3 -word4", "word5 AND (word6 OR word7)", "\"word8 word9\"" };

uint64_t parse_cpp(const both &b)
{
	Xapian::QueryParser parser = b.parser;
	uint64_t sum = 0;

	for (int k = 0; k < 50; k++)
		for (std::string_view text : typed)
			sum += parser.parse_query(std::string(text)).get_length();
	return sum;
}

uint64_t parse_c(const both &b)
{
	uint64_t sum = 0;

	for (int k = 0; k < 50; k++)
		for (std::string_view text : typed) {
			struct xapian_c_query *query;
			check(xapian_c_parser_parse(b.c_parser, as_bytes(text), XAPIAN_C_SYNTAX_DEFAULT, &query, nullptr));
			sum += xapian_c_query_length(query);
			xapian_c_query_free(query);
		}
	return sum;
}

/* One search, its thousand hits read many times. */
uint64_t read_hits_cpp(const both &b)
{
	uint64_t sum = 0;

	for (int k = 0; k < 50; k++)
		for (auto i = b.hits.begin(); i != b.hits.end(); ++i)
			sum += *i + i.get_rank() + uint64_t(i.get_weight()) + uint64_t(i.get_percent()) + i.get_collapse_count();
	return sum;
}

uint64_t read_hits_c(const both &b)
{
	struct xapian_c_hit hits[BATCH];
	uint64_t sum = 0;

	for (int k = 0; k < 50; k++)
		for (int at = 0, n; (n = xapian_c_mset_read(b.c_hits, uint32_t(at), hits, BATCH, nullptr)) > 0; at += n)
			for (int i = 0; i < n; i++)
				sum += hits[i].docid + hits[i].rank + uint64_t(hits[i].weight) + uint64_t(hits[i].percent) + hits[i].collapsed;
	return sum;
}

uint64_t search_cpp(const both &b)
{
	uint64_t sum = 0;

	for (int w = 0; w < 10; w++) {
		const std::string terms[] = { "word" + std::to_string(w), "word" + std::to_string(w + 1) };
		Xapian::Enquire e(b.cpp);
		e.set_query(Xapian::Query(Xapian::Query::OP_OR, terms, terms + 2));
		const Xapian::MSet m = e.get_mset(0, 10);
		for (auto i = m.begin(); i != m.end(); ++i)
			sum += *i + i.get_document().get_data().size();
	}
	return sum;
}

uint64_t search_c(const both &b)
{
	uint64_t sum = 0;

	for (int w = 0; w < 10; w++) {
		const std::string first = "word" + std::to_string(w), second = "word" + std::to_string(w + 1);
		const struct xapian_c_bytes terms[] = { as_bytes(first), as_bytes(second) };
		struct xapian_c_hit hits[10];
		struct xapian_c_query *q;
		struct xapian_c_enquire *e;
		struct xapian_c_mset *m;
		check(xapian_c_query_combine_terms({ XAPIAN_C_OP_OR, 0 }, terms, 2, &q, nullptr));
		check(xapian_c_enquire_new(b.c, &e, nullptr));
		check(xapian_c_enquire_set_query(e, q, 0, nullptr));
		check(xapian_c_enquire_search(e, 0, 10, 0, &m, nullptr));
		int n = xapian_c_mset_read(m, 0, hits, 10, nullptr);
		check(n);
		for (int i = 0; i < n; i++) {
			struct xapian_c_document *d;
			struct xapian_c_bytes data;
			check(xapian_c_mset_document(m, static_cast<uint32_t>(i), &d, nullptr));
			check(xapian_c_document_data(d, &data, nullptr));
			sum += hits[i].docid + data.len;
			xapian_c_document_free(d);
		}
		xapian_c_mset_free(m);
		xapian_c_enquire_free(e);
		xapian_c_query_free(q);
	}
	return sum;
}

/* ---- comparing ------------------------------------------------------------------- */

struct work_class {
	const char *name, *unit;
	double units; /* in one run */
	uint64_t (*cpp)(const both &), (*c)(const both &);
};

const work_class classes[] = {
	{ "make", "term", MADE_DOCS *WORDS, make_cpp, make_c },
	{ "add", "term", MADE_DOCS *WORDS, add_cpp, add_c },
	{ "postings", "list", 5, read_postings_cpp, read_postings_c },
	{ "positions", "list", 800, read_positions_cpp, read_positions_c },
	{ "terms", "term", VOCABULARY, read_terms_cpp, read_terms_c },
	{ "docterms", "document", 150, read_document_terms_cpp, read_document_terms_c },
	{ "manyterms", "document", 150, read_many_terms_cpp, read_many_terms_c },
	{ "values", "value", DOCS, read_values_cpp, read_values_c },
	{ "documents", "document", 300, read_documents_cpp, read_documents_c },
	{ "queries", "query", MADE_QUERIES, make_queries_cpp, make_queries_c },
	{ "parse", "query", 200, parse_cpp, parse_c },
	{ "hits", "hit", 50 * 1000, read_hits_cpp, read_hits_c },
	{ "search", "search", 10, search_cpp, search_c },
};

/* The time of one slice, at least `*least` of earlier ones. */
uint64_t time_slice(uint64_t (*work)(const both &), const both &b, double *least)
{
	double start = cpu_now();
	uint64_t sum = work(b);

	*least = std::min(*least, cpu_now() - start);
	return sum;
}

bool compare(const work_class &w, const both &b, int rounds)
{
	double cpp = 1e9, again = 1e9, c = 1e9;
	bool is_same = true;

	for (int i = 0; i < rounds; i++) {
		uint64_t sum = time_slice(w.cpp, b, &cpp);
		is_same &= time_slice(w.c, b, &c) == sum;
		is_same &= time_slice(w.cpp, b, &again) == sum;
	}
	double percent = 100 * (c / cpp - 1);
	std::printf("%-10s C++ %10.1f ns a %-9s C %+7.2f %%  %+8.1f ns   (C++ again %+.2f %%)%s\n", w.name,
		1e9 * cpp / w.units, w.unit, percent, 1e9 * (c - cpp) / w.units, 100 * (again / cpp - 1),
		is_same ? "" : "  NOT THE SAME");
	return is_same && percent <= double(PERCENT_ALLOWED);
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

bool compare_all(int rounds, const char *only)
{
	struct xapian_c_query *q;
	struct xapian_c_enquire *e;
	both b = { Xapian::Database(dir), nullptr, {}, nullptr, {}, nullptr };
	Xapian::Enquire enquire(b.cpp);
	bool ok = true;

	check(xapian_c_database_open(dir.c_str(), 0, &b.c, nullptr));
	check(xapian_c_query_term(xapian_c_str("word1"), 1, 0, &q, nullptr));
	check(xapian_c_enquire_new(b.c, &e, nullptr));
	check(xapian_c_enquire_set_query(e, q, 0, nullptr));
	check(xapian_c_enquire_search(e, 0, 1000, 0, &b.c_hits, nullptr));
	check(xapian_c_parser_new(&b.c_parser, nullptr));
	enquire.set_query(Xapian::Query("word1"));
	b.hits = enquire.get_mset(0, 1000);
	for (const work_class &w : classes)
		if (only == nullptr || std::string(only) == w.name)
			ok &= compare(w, b, rounds);
	xapian_c_parser_free(b.c_parser);
	xapian_c_mset_free(b.c_hits);
	xapian_c_enquire_free(e);
	xapian_c_query_free(q);
	xapian_c_database_free(b.c);
	return ok;
}

} /* namespace */

int main(int argc, char **argv)
{
	char name[] = "/tmp/xapian_overhead.XXXXXX";
	int rounds = argc > 1 ? std::atoi(argv[1]) : 300;

	if (rounds < 1 || mkdtemp(name) == nullptr)
		return 2;
	dir = name;
	write_database();
	bool ok = compare_all(rounds, argc > 2 ? argv[2] : nullptr);
	std::filesystem::remove_all(dir);
	return ok ? 0 : 1;
}
