/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Strings that were handed out together: each is made in its place, so that none
 * is copied or moved, in pieces small enough for malloc's quick sizes.
 */
#ifndef XAPIAN_C_STRINGS_HH
#define XAPIAN_C_STRINGS_HH

#include <new>
#include <string>

#include <xapian-c.h>

class xapian_c_strings
{
	/* A list with its first piece is still one of malloc's quick sizes. */
	enum { PIECE = 28 };

	union slot {
		std::string s;
		slot() {}
		~slot() {}
	};

	struct piece {
		piece *next = nullptr;
		slot slots[PIECE];
	};

	piece first = {};
	piece *now = &first;
	slot *at = first.slots, *end = first.slots + PIECE; /* what is free in `now` */

	static void destroy(slot *from, const slot *to) noexcept
	{
		for (; from < to; from++)
			from->s.~basic_string();
	}

	void open_piece()
	{
		if (now->next == nullptr)
			now->next = new piece;
		now = now->next;
		at = now->slots;
		end = at + PIECE;
	}

public:
	xapian_c_strings() noexcept {}
	xapian_c_strings(const xapian_c_strings &) = delete;
	xapian_c_strings &operator=(const xapian_c_strings &) = delete;

	~xapian_c_strings()
	{
		clear();
		for (piece *p = first.next, *next; p != nullptr; p = next) {
			next = p->next;
			delete p;
		}
	}

	/* Forget all. */
	void clear() noexcept
	{
		for (piece *p = &first; p != now; p = p->next)
			destroy(p->slots, p->slots + PIECE);
		destroy(now->slots, at);
		now = &first;
		at = now->slots;
		end = at + PIECE;
	}

	/* One more: what `make` gives. */
	template <class Make> struct xapian_c_bytes add(Make make)
	{
		if (at == end)
			open_piece();
		const std::string *s = new (&at->s) std::string(make());

		at++;
		return { s->data(), s->size() };
	}
};

#endif
