/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Strings that were handed out together: each is made in its place, so that none
 * is copied or moved.  A short string lies in its own object and has nothing to
 * give back: it is left as it is.  Only those with memory elsewhere are ended.
 *
 *   first --> [next | 32 strings] --> [next | 32 strings] --> nothing
 *
 * Such a piece is 1,032 bytes where a string is 32: the largest that glibc's
 * malloc gives and takes back without a search.
 */
#ifndef XAPIAN_C_STRINGS_HH
#define XAPIAN_C_STRINGS_HH

#include <cstdint>
#include <new>
#include <string>

#include <xapian-c.h>

class xapian_c_strings
{
	enum { IN_A_PIECE = 32 };

	union slot {
		std::string s;
		slot() {}
		~slot() {}
	};

	struct piece {
		piece *next = nullptr;
		slot slots[IN_A_PIECE];
	};

	piece *first = nullptr;
	size_t to_end = 0; /* those with memory elsewhere are among the first so many */

	static bool has_memory_elsewhere(const std::string *s) noexcept
	{
		return reinterpret_cast<uintptr_t>(s->data()) - reinterpret_cast<uintptr_t>(s) >= sizeof *s;
	}

	void end_strings() noexcept
	{
		for (piece *p = first; to_end > 0; p = p->next)
			for (size_t i = 0; i < IN_A_PIECE && to_end > 0; i++, to_end--)
				p->slots[i].s.~basic_string();
	}

public:
	/* Where the next string goes.  In the caller's hands, so that a loop has it in
	 * registers. */
	class place
	{
		friend class xapian_c_strings;
		piece **link;
		slot *at = nullptr, *end = nullptr;
		size_t before_end = 0; /* strings before `end`, all pieces together */

		explicit place(piece **l) : link(l) {}

		void open_piece()
		{
			if (*link == nullptr)
				*link = new piece;
			at = (*link)->slots;
			end = at + IN_A_PIECE;
			link = &(*link)->next;
			before_end += IN_A_PIECE;
		}
	};

	xapian_c_strings() = default;
	xapian_c_strings(const xapian_c_strings &) = delete;
	xapian_c_strings &operator=(const xapian_c_strings &) = delete;

	~xapian_c_strings()
	{
		end_strings();
		while (first != nullptr) {
			piece *p = first;
			first = p->next;
			delete p;
		}
	}

	/* Forget all, and begin again. */
	place start() noexcept
	{
		if (to_end > 0)
			end_strings();
		return place(&first);
	}

	/* One more: what `make` gives. */
	template <class Make> struct xapian_c_bytes add(place &to, Make make)
	{
		if (to.at == to.end)
			to.open_piece();
		const std::string *s = new (&to.at->s) std::string(make());

		to.at++;
		if (has_memory_elsewhere(s))
			to_end = to.before_end - static_cast<size_t>(to.end - to.at);
		return { s->data(), s->size() };
	}
};

#endif
