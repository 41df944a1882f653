/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An inverter's terms as a vocabulary.
 */
#ifndef BUILD_INVERTED_H
#define BUILD_INVERTED_H

#include "build/inverter.h"
#include "build/vocabulary.h"

struct inverted {
	struct vocabulary v; /* first */
	const struct inverter *inverter;
	const struct slot **sorted;
	bool oom;
};

/* Sort the terms of `from`, which is **borrowed** and must not grow meanwhile.
 * False when malloc fails. */
bool inverted_init(struct inverted *in, const struct inverter *from);
void inverted_release(struct inverted *in);

#endif
