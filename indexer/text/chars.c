/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/chars.h"

#include <stddef.h>

#include <utf8proc.h>

#include "text/cjk.h"

enum { ZERO_WIDTH_SPACE = 0x200b, HALF_VOICED = 0xff9e, HALF_SEMI_VOICED = 0xff9f };

struct range {
	int32_t first, last;
};

/* Scripts.txt: Latin and Greek, as far as letters are left by NFKC case
 * folding; non-letters inside a range do not matter here. */
static const struct range shedding[] = {
	{ 0x41, 0x5a }, { 0x61, 0x7a }, { 0xaa, 0xaa }, { 0xba, 0xba }, { 0xc0, 0x2b8 }, /* Latin, IPA */
	{ 0x370, 0x373 }, { 0x376, 0x3e1 }, { 0x3f0, 0x3ff },                            /* Greek without Coptic */
	{ 0x1d00, 0x1d2a }, { 0x1d2c, 0x1d77 }, { 0x1d79, 0x1dbf },                      /* phonetic */
	{ 0x1e00, 0x1fff }, { 0x2184, 0x2184 },                                         /* additional, Greek extended */
	{ 0x2c60, 0x2c7f }, { 0xa722, 0xa787 }, { 0xa78b, 0xa7ff }, { 0xab30, 0xab68 }, /* Latin extended C, D, E */
	{ 0x10780, 0x107ba }, { 0x1df00, 0x1dfff },                                     /* Latin extended F, G */
};

static const struct range points[] = {
	{ 0x591, 0x5bd }, { 0x5bf, 0x5bf }, { 0x5c1, 0x5c2 }, { 0x5c4, 0x5c5 }, { 0x5c7, 0x5c7 }, /* Hebrew */
	{ 0x610, 0x61a },                                                       /* Arabic honorifics, small vowels */
	{ 0x64b, 0x652 }, { 0x656, 0x65f }, { 0x670, 0x670 },                   /* vowels, shadda, sukun */
	{ 0x6d6, 0x6dc }, { 0x6df, 0x6e4 }, { 0x6e7, 0x6e8 }, { 0x6ea, 0x6ed }, /* Koranic */
	{ 0x898, 0x89f }, { 0x8ca, 0x8e1 }, { 0x8e3, 0x8ff },                   /* Arabic extended */
	{ 0xfb1e, 0xfb1e },                                                     /* Hebrew varika */
};

static bool in_ranges(const struct range *r, size_t n, int32_t cp)
{
	for (size_t i = 0; i < n && cp >= r[i].first; i++)
		if (cp <= r[i].last)
			return true;
	return false;
}

bool chars_sheds_marks(int32_t cp) { return in_ranges(shedding, sizeof shedding / sizeof shedding[0], cp); }

bool chars_is_point(int32_t cp) { return in_ranges(points, sizeof points / sizeof points[0], cp); }

bool chars_in_word(int32_t cp)
{
	utf8proc_category_t c = utf8proc_category(cp);

	return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_NO;
}

bool chars_is_digit(int32_t cp)
{
	utf8proc_category_t c = utf8proc_category(cp);

	return c >= UTF8PROC_CATEGORY_ND && c <= UTF8PROC_CATEGORY_NO;
}

enum chars_class chars_class(int32_t cp, bool plain)
{
	if (cp < 0)
		return CHARS_SEPARATES;
	if (cjk_is_simple(cp))
		return CHARS_CJK;

	const utf8proc_property_t *prop = utf8proc_get_property(cp);
	if (!plain && prop->ignorable)
		return cp == ZERO_WIDTH_SPACE ? CHARS_SEPARATES : CHARS_IGNORED;
	if (prop->category < UTF8PROC_CATEGORY_LU || prop->category > UTF8PROC_CATEGORY_NO)
		return CHARS_SEPARATES;
	if (prop->category >= UTF8PROC_CATEGORY_MN && prop->category <= UTF8PROC_CATEGORY_ME)
		return CHARS_MARK;
	if (cp == HALF_VOICED || cp == HALF_SEMI_VOICED)
		return CHARS_MARK;
	return cjk_is(cp) ? CHARS_CJK : CHARS_LETTER;
}
