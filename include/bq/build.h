/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The write side: documents in, a new generation out.
 *
 *   bq_build_open    lock the directory, start a generation
 *   bq_build_add     one document: analyse, invert, store
 *   bq_build_commit  write segments, fsync, publish MANIFEST, unlock
 *   bq_build_abort   forget everything; the old generation is untouched
 *
 *
 * An update starts from the generation that is there, keeps the documents of
 * files that have not changed (bq_build_keep) and those that it already has as
 * they are now, adds a segment of the others, and merges segments when there
 * are many.  Where analysis, k1, b, storing or pairs_percent differ from what
 * is there, it is a build.
 *
 * One thread uses a builder, which may have others work for it.  The same
 * documents in the same order with the same options give the same bytes,
 * whatever memory and however many threads there are.
 */
#ifndef BQ_BUILD_H
#define BQ_BUILD_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include <bq/format.h>
#include <bq/span.h>
#include <bq/status.h>
#include <bq/text.h>

/* `part` of `whole` of a step that takes long is done; `step` is a static string. */
typedef void (*bq_progress_fn)(void *arg, const char *step, uint64_t part, uint64_t whole);

struct bq_build_opts {
	struct bq_text_config text;
	float k1, b;           /* BM25; 0.9 and 0.4 by default */
	uint64_t memory_bytes; /* what the program may take, kept from 64 MiB on; 1 GiB by default */
	uint32_t threads;      /* that share the work; 0: one.  The bytes are the same */
	bool no_store;         /* keep no text: no snippets */
	uint32_t pairs_percent; /* what pair lists may take of the index without stored text; BQ_PAIRS_OFF: none;
	                        * 0: BQ_PAIRS_PERCENT, or what an index that is updated has */
	uint32_t pairs_min;    /* the smallest T to choose: what tests on little text ask for; 0: BQ_PAIRS_MIN */
	uint32_t segment_docs; /* end a segment after so many documents: what tests of several ask for; 0: no limit */
	uint32_t n_sources;
	const struct bq_span *sources; /* absolute roots, in the order of the command line */
	bool update;           /* keep the documents that bq_build_keep() names */
	bool reorder;          /* put documents with the same words side by side where all are written anew: by a
	                        * build, not by an update that adds some.  Writes the index twice */
	bq_progress_fn progress; /* of what comes behind the last document; may be NULL */
	void *progress_arg;
	const volatile sig_atomic_t *stop; /* not 0: what takes long ends with BQ_ECANCELLED; may be NULL */
};

/* One document on its way in.  All spans are **borrowed** for the call. */
struct bq_doc_in {
	struct bq_span id;
	struct bq_span path;      /* relative to its source's root */
	struct bq_span title;     /* "" if none */
	struct bq_span text;
	struct bq_span fields;    /* a JSON object of the other members, or "" */
	uint32_t source;
	enum bq_doc_at at;
	bool title_in_text;       /* `title` is bytes [title_off, title_off + title.len) of `text` */
	uint64_t title_off;
	uint64_t file_line;
	int64_t mtime_us;         /* INT64_MIN unknown */
	int64_t file_bytes;       /* -1 unknown */
};

struct bq_build_report {
	uint64_t gen;
	uint64_t documents;
	uint64_t tokens;
	uint64_t words;      /* distinct terms of all kinds, summed over segments */
	uint64_t text_bytes;
	uint64_t index_bytes;
	uint64_t peak_bytes; /* of the builder's own memory */
	uint64_t analysed;      /* words of the documents added */
	uint64_t stored_bytes;  /* of them, before compression */
	uint64_t written_bytes; /* of the segments they made */
	uint64_t terms_ns, pairs_ns; /* writing their words, and their pair lists */
	uint64_t added, dropped, kept; /* documents; `documents` is what the generation has */
	uint64_t restamped;  /* of those kept: only time or size of their file had changed */
	uint32_t runs;       /* spilled: words that memory had no room for */
	uint32_t merges;     /* of segments that were there before, or of new ones with them */
	bool reordered;      /* documents got an order found by their words */
	uint32_t left_out;   /* frequent words that had no part in that, for want of memory */
	bool is_new;         /* a generation was published: not when an update has nothing to do */
	const char *rebuilt; /* why an update was a build: a static string; NULL: it was none */
};

struct bq_build;

/* Create `dir` (0700) if missing, refuse one that is not empty and no index,
 * take its LOCK.  **owned**: ends with commit or abort.  BQ_ELOCKED with
 * "locked by PID", BQ_EUSAGE, BQ_EIO. */
int bq_build_open(const char *dir, const struct bq_build_opts *opts, struct bq_build **out, struct bq_error *err);

/* Of an update: keep the documents of a file if the index has it with this path,
 * time and size; what is neither kept nor added is dropped.  False: it has to
 * be added.  `source` counts opts->sources.  About a microsecond. */
bool bq_build_keep(struct bq_build *b, uint32_t source, struct bq_span path, int64_t mtime_us, int64_t file_bytes);

/* Add a document.  An update keeps the one that the index has if only time or size
 * of its file are others: what is stored is compared.  BQ_ELIMIT when it cannot be indexed whole (the message says
 * why; the build goes on without it); any other error ends the build. */
int bq_build_add(struct bq_build *b, const struct bq_doc_in *doc, struct bq_error *err);

/* Publish.  Frees `b` whatever the outcome. */
int bq_build_commit(struct bq_build *b, struct bq_build_report *report, struct bq_error *err);

/* End the build: what it wrote is unlinked, the old generation stays, `b` is
 * freed.  NULL is fine. */
void bq_build_abort(struct bq_build *b);

struct bq_optimize_opts {
	uint64_t memory_bytes;  /* what the program may take, kept from 64 MiB on; 0: 1 GiB */
	uint32_t threads;       /* that share the work; 0: one */
	uint32_t pairs_percent; /* as of a build; 0: what the index has */
	bool reorder;           /* put documents with the same words side by side: what is found stays the same, but
	                         * hits of equal score may change places */
	bq_progress_fn progress; /* may be NULL */
	void *progress_arg;
	const volatile sig_atomic_t *stop; /* not 0: end with BQ_ECANCELLED; may be NULL */
};

/* Merge the index in `dir` into one segment without its dead documents, under
 * the average length they have now, and publish it; *is_new tells whether there
 * was anything to do.  `opts` NULL: all zero.  The same index gives the same
 * bytes, whatever the memory from 64 MiB on (but see below) and the threads are.
 * BQ_ENOTFOUND if there is no index, BQ_ELOCKED, BQ_EFORMAT if a checksum of
 * what is there does not match, BQ_EIO, BQ_ENOMEM: then the old generation
 * stays. */
int bq_build_optimize(const char *dir, const struct bq_optimize_opts *opts, struct bq_build_report *report,
	bool *is_new, struct bq_error *err);

#endif
