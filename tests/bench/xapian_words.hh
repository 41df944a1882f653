/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The text that xapian_overhead indexes and asks for.
 */
#ifndef BENCH_XAPIAN_WORDS_HH
#define BENCH_XAPIAN_WORDS_HH

#include <string>
#include <string_view>
#include <vector>

#include <xapian-c.h>

enum { WORDS = 60, VOCABULARY = 4000, MADE_DOCS = 100 };

/* Words by falling frequency: word w stands in about one place of w. */
inline std::string random_word(uint32_t &seed)
{
	seed = seed * 1664525u + 1013904223u;
	uint32_t limit = (seed >> 8) % VOCABULARY + 1;
	seed = seed * 1664525u + 1013904223u;
	return "word" + std::to_string((seed >> 8) % limit);
}

/* Words as a program has them that read a text. */
struct words {
	std::string text;
	std::vector<std::string_view> places;

	words()
	{
		std::vector<size_t> ends;
		size_t from = 0;

		for (uint32_t seed = 1; ends.size() < size_t(MADE_DOCS) * WORDS; ends.push_back(text.size()))
			text += random_word(seed);
		for (size_t to : ends) {
			places.emplace_back(text.data() + from, to - from);
			from = to;
		}
	}
};

inline const std::string_view *find_words()
{
	static const words w;

	return w.places.data();
}

inline struct xapian_c_bytes as_bytes(std::string_view s) { return { s.data(), s.size() }; }

#endif
