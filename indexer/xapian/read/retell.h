/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A document's text, told again by the positions of its words:
 *
 *   among 4,9  biometric 1  data 2,8  sharing 3   ->   biometric data sharing among data among
 */
#ifndef READ_RETELL_H
#define READ_RETELL_H

#include <bq/buf.h>
#include <bq/index.h>

#include "xapian/engine/shard.h"

struct retell {
	struct bq_buf places; /* a uint64_t each: position << 32 | place in `words` */
	struct bq_buf words;  /* a struct bq_span each */
};

/* Note the positions of `word` (which is to live until retell_text()) in document
 * `docid`; the shard's lock is held.  < 0 is Xapian's status; lack of memory is
 * sticky. */
int retell_add(struct retell *r, struct shard *s, uint32_t docid, struct bq_span word, struct xapian_c_error *x);

/* Whether some are lost for want of memory. */
bool retell_is_short(const struct retell *r);

/* How many positions there are. */
size_t retell_count(const struct retell *r);

enum { RETELL_GAP = 10 };

/* All words in order, blanks between them, and a line end where more than
 * RETELL_GAP positions are free.  Lives in `mem`; several words of one position
 * follow one another.  False without memory. */
bool retell_text(struct retell *r, struct bq_arena *mem, struct bq_span *out);

/* Accepts one that is all zero. */
void retell_release(struct retell *r);

#endif
