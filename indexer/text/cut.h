/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A word on its way into BQ_WORD_MAX bytes, whatever its length:
 *
 *   up to 64 bytes  [the word]
 *   longer          [whole characters, at most 64 bytes] 0x01 [16 hex digits]
 *
 * The digits are XXH3-64 of the whole word: different long words stay
 * different, and no word as written holds a byte 0x01.
 */
#ifndef TEXT_CUT_H
#define TEXT_CUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xxhash.h>

#include <bq/text.h>

#define CUT_MARK 0x01

struct cut {
	char *bytes; /* **borrowed** from cut_start() on; BQ_WORD_MAX of them */
	size_t len;  /* at most BQ_WORD_CUT until cut_finish() */
	bool is_cut; /* there was more; `hash` has seen everything */
	XXH3_state_t *hash;
};

/* Memory for the hash; false when there is none.  Release with cut_release(). */
bool cut_init(struct cut *c);

/* Free the hash; all zero is fine. */
void cut_release(struct cut *c);

/* Begin a word in `bytes` (BQ_WORD_MAX). */
void cut_start(struct cut *c, char *bytes);

/* Make `to` (started) hold the same word as `from`. */
void cut_copy(struct cut *to, const struct cut *from);

/* Append whole UTF-8 characters. */
void cut_put(struct cut *c, const char *utf8, size_t n);

/* Append the hash if it is needed.  Returns the word's length. */
size_t cut_finish(struct cut *c);

#endif
