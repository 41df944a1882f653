/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How far a build is, on standard error: one line that is written over five
 * times a second on a terminal, a line every two seconds elsewhere.
 *
 *   42 %  0:08 left  12,345 documents  9.1 MB/s  54.2 of 129.0 MB  notes/a.md
 */
#ifndef BQINDEX_PROGRESS_H
#define BQINDEX_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bq/span.h>

/* Names of files are cut to fit, so no line is longer than this. */
enum { PROGRESS_LINE_MAX = 512 };

/* What a line says. */
struct progress_view {
	uint64_t documents;
	uint64_t bytes, total;  /* of the sources; total 0: unknown */
	double bytes_per_s;     /* 0: not known yet */
	const char *phase;      /* what is done behind the last document, or NULL */
	bool has_percent;
	unsigned percent;       /* of the phase, if known */
	struct bq_span name;    /* of the last document's file; any bytes */
	unsigned columns;       /* of the terminal */
};

/* The line for `v`, with a NUL behind: parts from the left as long as they fit
 * in v->columns - 1 columns, then as much as fits of the end of the name.
 * Control characters, those that turn the direction, and bytes that are not
 * UTF-8 become '?'. */
void progress_format(const struct progress_view *v, char out[PROGRESS_LINE_MAX]);

/* The rate after `bytes` more in `seconds` more: leans on about the last five
 * seconds.  `old` 0: the first. */
double progress_rate(double old, uint64_t bytes, double seconds);

struct progress {
	bool is_on, is_tty;
	uint64_t start_ns;
	uint64_t shown_ns, shown_bytes; /* when the last line was shown, and what it said */
	struct progress_view view;
};

/* `when`: auto (on a terminal), always, never.  `is_on` says which it is. */
void progress_init(struct progress *p, const char *when);

/* There are `total` bytes to read; 0: unknown. */
void progress_expect(struct progress *p, uint64_t total);

/* So much is done, `name` last (**borrowed** for the call); shown if the last
 * time is long enough ago. */
void progress_show(struct progress *p, uint64_t documents, uint64_t bytes, struct bq_span name);

/* All is read, now comes `phase`; shown at once. */
void progress_phase(struct progress *p, const char *phase);

/* `part` of `whole` of a phase is done; shown when it starts, then now and then.
 * `progress` is a struct progress: a bq_progress_fn. */
void progress_step(void *progress, const char *phase, uint64_t part, uint64_t whole);

/* Take the line away again. */
void progress_release(struct progress *p);

#endif
