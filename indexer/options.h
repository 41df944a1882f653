/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bqindex's command line: one table of verbs and one of options make the
 * parser, the help and the complaints.
 */
#ifndef BQINDEX_OPTIONS_H
#define BQINDEX_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTIONS_MIN_MEMORY (64u << 20) /* of --memory */

enum exit_code { EXIT_DONE = 0, EXIT_SKIPPED = 1, EXIT_DAMAGED = 1, EXIT_FAILED = 2 };

struct list {
	const char **items; /* **borrowed** from argv; the array is malloc'd */
	size_t n;
};

struct options {
	const struct verb *verb;
	const char *index;      /* -o INDEX, or the INDEX argument */
	struct list sources;
	const char *lang;       /* NULL: not given */
	const char *stopwords;  /* a file, "none", or NULL */
	const char *progress;   /* auto, always, never */
	double k1, b;           /* NAN: not given */
	uint64_t memory_bytes;
	uint64_t threads;
	bool no_store;
	bool reorder, no_reorder; /* build; optimize, which reorders if neither is given */
	bool json;
	struct list include, exclude;
	uint32_t pairs_percent; /* 0: not given; BQ_PAIRS_OFF */
	bool terms;             /* dump: which of the four */
	const char *postings;
	const char *pair;
	const char *doc;
	const char *from;       /* build: xapian:DIR, whose documents are indexed; NULL: SOURCEs are */
	const char *output;     /* export: FILE or DIR; NULL: standard output */
	const char *to;         /* export: jsonl, xapian */
	const char *engine;     /* native, xapian; NULL: native */
	uint64_t shards;        /* 0: not given */
};

struct verb {
	const char *name;
	unsigned bit;           /* which options it takes: see the table */
	bool takes_sources;     /* -o INDEX SOURCE...; else one argument, the INDEX */
	int (*run)(const struct options *o); /* returns an exit code; NULL: not built */
	const char *usage;
	const char *help;
};

/* Parse argv.  True: run o->verb.  False: *code is the exit code, and what
 * there was to say (help, version, complaint) is printed. */
bool options_parse(int argc, char **argv, struct options *o, int *code);

/* Free what options_parse() kept; argv stays. */
void options_release(struct options *o);

/* `bqindex: ...` on standard error, on one line and without control bytes. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* complain() of an index or a file: `PATH: MSG`, the path once where `msg` begins
 * with it. */
void complain_of(const char *path, const char *msg);

/* The verbs.  Each does all of its work, says what there is to say, and
 * returns the exit code. */

/* sources -> a new generation, which replaces the one before */
int cmd_build(const struct options *o);

/* sources -> what has changed since the generation before, as a new one */
int cmd_update(const struct options *o);

/* all segments -> one */
int cmd_optimize(const struct options *o);

/* EXIT_DAMAGED if a byte is not as it was written */
int cmd_verify(const struct options *o);

/* counts and sizes, for people or as JSON */
int cmd_info(const struct options *o);

/* terms, postings or documents as JSON lines */
int cmd_dump(const struct options *o);

/* all documents as JSON lines that cmd_build reads, or as Xapian databases */
int cmd_export(const struct options *o);

#endif
