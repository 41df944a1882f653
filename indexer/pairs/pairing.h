/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The pair lists of a segment whose other sections are written: made of its
 * lists of words and their positions, never of other pair lists, so that a
 * build, a merge and an optimize from the same documents write the same bytes.
 *
 *   words of weight T --> scan --> records --> lists, in order --> PPOST, PAIRS
 *                               '-> runs ---'   where memory does not hold them
 */
#ifndef PAIRS_PAIRING_H
#define PAIRS_PAIRING_H

#include <signal.h>
#include <stdint.h>

#include <bq/format.h>
#include <bq/status.h>

struct container_writer;
struct pool;
struct segment;

struct pairs_params {
	uint32_t t;            /* T; BQ_PAIRS_OFF: none; 0: choose it */
	uint32_t min;          /* chosen T: at least this; 0: BQ_PAIRS_MIN */
	uint32_t percent;      /* likewise: bytes of PAIRS and PPOST at most, of all other sections but DOCS;
	                        * 0: BQ_PAIRS_PERCENT */
	uint64_t memory_bytes; /* for records and pages; more if one pair needs it; 0: no limit */
	const volatile sig_atomic_t *stop; /* not 0: end with BQ_ECANCELLED; may be NULL */
};

/* The smallest weight that a covered word of a segment can have. */
static inline uint32_t pairing_floor(const struct pairs_params *p)
{
	return p->t != 0 ? p->t : p->min != 0 ? p->min : BQ_PAIRS_MIN;
}

/* Write PPOST and PAIRS of `s`, whose words that weigh pairing_floor() or more have the
 * dictionary places `places`, ascending, to `out`.  *t is the T they have.  Spools
 * go to `dirfd`, under the name of segment `number`.  BQ_ENOMEM, BQ_EIO,
 * BQ_EFORMAT, BQ_ELIMIT, BQ_ECANCELLED with a message. */
struct pairing_job {
	const struct segment *s; /* NULL: there are no words */
	const uint32_t *places;
	uint32_t n_places;
	const struct pairs_params *params;
	struct pool *pool;       /* **borrowed**; NULL: the caller's thread does everything */
	int dirfd;
	uint64_t number;
};

/* Make and write them; see above. */
int pairing_write(const struct pairing_job *job, struct container_writer *out, uint32_t *t, struct bq_error *err);

#endif
