/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A path -> documents.
 *
 *   source_open("notes/")       a directory: files in byte order of their paths
 *   source_open("a.txt")        one file
 *   source_open("docs.jsonl")   a document a line
 *   source_open("-")            the same from standard input
 *
 * Files may be packed: docs.jsonl.gz, a.txt.zst.
 *
 * One broken document never stops a source: it is put on the list of skips
 * and the next one comes.
 */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <bq/build.h>
#include <bq/span.h>
#include <bq/status.h>

#include "source/skips.h"
#include "source/stream.h"

/* A file as a scan finds it. */
struct source_file {
	uint32_t source;     /* its source's number */
	struct bq_span path; /* below the root */
	int64_t mtime_us, file_bytes;
};

struct source_opts {
	const char *const *include; /* globs; none: everything */
	size_t n_include;
	const char *const *exclude; /* globs; stronger than include */
	size_t n_exclude;
	dev_t skip_dev;             /* a directory to leave out: the index being written */
	ino_t skip_ino;             /* 0: none */
	const volatile sig_atomic_t *stop; /* not 0: end with BQ_ECANCELLED; may be NULL */
	struct skips *skips;        /* what is left out goes here */
	/* whether the index has the file as it is, so that it is not opened; NULL: it has none */
	bool (*is_known)(void *index, const struct source_file *f);
	void *index;                /* its first argument */
};

struct source;

struct source_ops {
	int (*next)(struct source *s, struct bq_doc_in *out, struct bq_error *err);
	int (*measure)(const struct source *s, uint64_t *bytes, struct bq_error *err);
	void (*close)(struct source *s);
};

/* What every source starts with. */
struct source {
	const struct source_ops *ops;
	const struct source_opts *opts; /* **borrowed** for the source's life */
	struct bq_span root;            /* absolute, owned by the source; "" for standard input */
	struct bq_span name;            /* of the one file below it, likewise; "": all of it */
	uint32_t number;                /* the documents' `source`; 0 until the owner sets it */
	uint64_t bytes_done;            /* of source_measure()'s, up to the last document */
	bool is_named;                  /* the user named this very file: being skipped is broken */
};

/* Open the source behind a command line argument: finds it, and holds no
 * descriptor before the first document is wanted.  **owned**: source_close().
 * BQ_ENOTFOUND, BQ_EIO, BQ_ENOMEM. */
int source_open(const char *arg, const struct source_opts *opts, struct source **out, struct bq_error *err);

/* Open the sources of a command line.  What is named twice, by whatever path, is
 * opened once; the second goes on the list of skips.  out[0, n) gets *n_out
 * sources, each **owned**, then NULLs, also when it fails: as source_open(), and
 * BQ_EUSAGE for a second "-". */
int source_open_all(const char *const *args, size_t n, const struct source_opts *opts, struct source **out,
	size_t *n_out, struct bq_error *err);

/* The next document, **borrowed** until the next call; BQ_END after the last.
 * BQ_ECANCELLED, BQ_ENOMEM, BQ_EIO (a root that cannot be read), BQ_EUSAGE (a
 * root that is an index) end the run; nothing less does. */
static inline int source_next(struct source *s, struct bq_doc_in *out, struct bq_error *err)
{
	return s->ops->next(s, out, err);
}

/* How many bytes there are to read, before the first document: walks a
 * directory once more.  BQ_END: unknown.  Fails as source_next(). */
static inline int source_measure(const struct source *s, uint64_t *bytes, struct bq_error *err)
{
	return s->ops->measure(s, bytes, err);
}

/* The same of several together. */
int source_measure_all(struct source *const *sources, size_t n, uint64_t *bytes, struct bq_error *err);

/* NULL is fine. */
void source_close(struct source *s);

/* Put `path` (relative to the root) on the list of skips. */
void source_skip(const struct source *s, struct bq_span path, uint64_t line, bool is_broken, const char *reason);

/* Whether somebody has asked to stop: BQ_ECANCELLED if so. */
int source_check_stop(const struct source *s, struct bq_error *err);

/* ---- the kinds --------------------------------------------------------- */

/* Files below directory `root`, or only its file `name` if not NULL.  Takes
 * `root` (malloc'd) whatever the outcome. */
int dir_open(char *root, const char *name, const struct source *base, struct source **out, struct bq_error *err);

/* JSON lines from descriptor `fd`, which it **takes** whatever the outcome. */
struct jsonl_origin {
	int fd;
	enum packing packing;
	struct bq_span path; /* of the documents; **borrowed** for the source's life */
	int64_t mtime_us, file_bytes;
};

/* Open them for a build whose sources have `base` in common.  **owned**: *out, to source_close().  BQ_ENOMEM. */
int jsonl_open(const struct jsonl_origin *from, const struct source *base, struct source **out, struct bq_error *err);

#endif
