/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Strings that were handed out together: each is made in its place, so that none
 * is copied or moved.
 */
#ifndef XAPIAN_C_STRINGS_HH
#define XAPIAN_C_STRINGS_HH

#include <memory>
#include <new>
#include <string>

#include <xapian-c.h>

class xapian_c_strings
{
	union slot {
		std::string s;
		slot() {}
		~slot() {}
	};

	std::unique_ptr<slot[]> slots = nullptr;
	size_t n = 0, most = 0;

public:
	xapian_c_strings() = default;
	xapian_c_strings(const xapian_c_strings &) = delete;
	xapian_c_strings &operator=(const xapian_c_strings &) = delete;
	~xapian_c_strings() { clear(); }

	void clear() noexcept
	{
		while (n > 0)
			slots[--n].s.~basic_string();
	}

	/* Forget all; room for `max`. */
	void start(int max)
	{
		clear();
		if (max <= 0 || static_cast<size_t>(max) <= most)
			return;
		most = 0;
		slots.reset(new slot[static_cast<size_t>(max)]);
		most = static_cast<size_t>(max);
	}

	/* One more, of those there is room for: what `make` gives. */
	template <class Make> struct xapian_c_bytes add(Make make)
	{
		const std::string *s = new (&slots[n].s) std::string(make());

		n++;
		return { s->data(), s->size() };
	}
};

#endif
