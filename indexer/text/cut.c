/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/cut.h"

#include <string.h>

#include <bq/utf8.h>

enum { HEX_DIGITS = 16 };

_Static_assert(BQ_WORD_CUT + 1 + HEX_DIGITS <= BQ_WORD_MAX, "a cut word fits");

bool cut_init(struct cut *c)
{
	memset(c, 0, sizeof *c);
	c->hash = XXH3_createState();
	return c->hash != NULL;
}

void cut_release(struct cut *c)
{
	(void)XXH3_freeState(c->hash);
	c->hash = NULL;
}

void cut_start(struct cut *c, char *bytes)
{
	c->bytes = bytes;
	c->len = 0;
	c->is_cut = false;
}

void cut_copy(struct cut *to, const struct cut *from)
{
	memcpy(to->bytes, from->bytes, from->len);
	to->len = from->len;
	to->is_cut = from->is_cut;
	if (from->is_cut)
		XXH3_copyState(to->hash, from->hash);
}

void cut_put(struct cut *c, const char *utf8, size_t n)
{
	if (!c->is_cut) {
		size_t keep = BQ_WORD_CUT - c->len;
		if (n <= keep) {
			memcpy(c->bytes + c->len, utf8, n);
			c->len += n;
			return;
		}
		while (keep > 0 && bq_utf8_is_tail(utf8[keep]))
			keep--;
		memcpy(c->bytes + c->len, utf8, keep);
		c->len += keep;
		utf8 += keep;
		n -= keep;
		c->is_cut = true;
		(void)XXH3_64bits_reset(c->hash);
		(void)XXH3_64bits_update(c->hash, c->bytes, c->len);
	}
	(void)XXH3_64bits_update(c->hash, utf8, n);
}

size_t cut_finish(struct cut *c)
{
	static const char hex[] = "0123456789abcdef";

	if (c->is_cut) {
		XXH64_hash_t h = XXH3_64bits_digest(c->hash);

		c->bytes[c->len++] = CUT_MARK;
		for (unsigned shift = 64; shift > 0; shift -= 4)
			c->bytes[c->len++] = hex[(h >> (shift - 4)) & 15];
	}
	return c->len;
}
