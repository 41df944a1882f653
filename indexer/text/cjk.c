/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/cjk.h"

#include <stddef.h>

/* Blocks of Unicode 15 that hold letters of these scripts, ascending.  What is
 * no letter or digit in them (punctuation, the katakana middle dot, enclosed
 * signs) separates before anybody asks here. */
static const struct {
	int32_t first, last;
} blocks[] = {
	{ 0x1100, 0x11ff },   /* Hangul jamo */
	{ 0x3005, 0x3007 },   /* iteration mark, closing mark, ideographic zero */
	{ 0x3021, 0x3029 },   /* Hangzhou digits 1-9 */
	{ 0x3031, 0x3035 },   /* kana repeat marks */
	{ 0x3038, 0x303c },   /* Hangzhou 10-30, vertical iteration mark, masu */
	{ 0x3040, 0x318f },   /* Hiragana, Katakana, Bopomofo, Hangul compatibility jamo */
	{ 0x3190, 0x31bf },   /* Kanbun, Bopomofo extended */
	{ 0x31f0, 0x31ff },   /* Katakana phonetic extensions */
	{ 0x3400, 0x4dbf },   /* Han extension A */
	{ 0x4e00, 0x9fff },   /* Han */
	{ 0xa960, 0xa97f },   /* Hangul jamo extended A */
	{ 0xac00, 0xd7ff },   /* Hangul syllables, jamo extended B */
	{ 0xf900, 0xfaff },   /* Han compatibility */
	{ 0xff66, 0xff9d },   /* half-width Katakana, prolonged sound mark */
	{ 0xffa0, 0xffdc },   /* half-width Hangul */
	{ 0x16fe3, 0x16fe3 }, /* old Chinese iteration mark */
	{ 0x1aff0, 0x1b16f }, /* Kana extended B, supplement, extended A, small kana */
	{ 0x20000, 0x323af }, /* Han extensions B to H, compatibility supplement */
};

bool cjk_is(int32_t cp)
{
	for (size_t i = 0; i < sizeof blocks / sizeof blocks[0] && cp >= blocks[i].first; i++)
		if (cp <= blocks[i].last)
			return true;
	return false;
}

static bool is_leading(int32_t cp) { return cp >= 0x1100 && cp <= 0x1112; }
static bool is_vowel(int32_t cp) { return cp >= 0x1161 && cp <= 0x1175; }
static bool is_trailing(int32_t cp) { return cp >= 0x11a8 && cp <= 0x11c2; }
static bool is_open_syllable(int32_t cp) { return cp >= 0xac00 && cp <= 0xd7a3 && (cp - 0xac00) % 28 == 0; }

bool cjk_joins(int32_t before, int32_t cp)
{
	if (is_vowel(cp))
		return is_leading(before);
	return is_trailing(cp) && (is_vowel(before) || is_open_syllable(before));
}
