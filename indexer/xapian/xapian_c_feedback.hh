/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What an enquire has besides, once it is asked for.
 */
#ifndef XAPIAN_C_FEEDBACK_HH
#define XAPIAN_C_FEEDBACK_HH

#include <memory>
#include <vector>

#include <xapian.h>

#include "xapian_c_strings.hh"

struct xapian_c_feedback {
	struct counted_slot {
		uint32_t slot;
		std::unique_ptr<Xapian::ValueCountMatchSpy> spy; /* of the last search */
	};
	std::vector<counted_slot> counted = {};
	xapian_c_strings counts = {}, terms = {}; /* given to the caller last */
};

/* Count from 0 in the next search of `e`. */
void xapian_c_feedback_restart(xapian_c_feedback &f, Xapian::Enquire &e);

/* An enum xapian_c_ties as Xapian's; throws. */
Xapian::Enquire::docid_order xapian_c_ties(int ties);

#endif
