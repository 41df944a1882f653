/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One directory: what is in it, in order, and what of it is let in.
 *
 *   listing_open   a.txt | b.md | c/ | d.pdf        names, sorted
 *   listing_look   time,  time,   -    unsupported  some of them at a time
 *                  size   size         type
 *
 * Nothing here changes the source: several threads may list for one.
 */
#ifndef SOURCE_LISTING_H
#define SOURCE_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bq/buf.h>
#include <bq/span.h>

#include "source/filetype.h"
#include "source/source.h"

/* A name, and what was seen when it was looked at. */
struct entry {
	const char *name;   /* **lives in** the listing; a directory's ends in '/' */
	const char *why;    /* it stays out, or NULL; a static string */
	int error;          /* errno: it could not be looked at */
	uint8_t kind;       /* DT_.. of readdir() */
	enum filetype type; /* of a file that is let in, as what follows */
	enum packing packing;
	uint64_t bytes;
	int64_t mtime_us;
};

struct listing {
	const struct source *base; /* **borrowed** */
	int fd;                    /* -1: it stays out */
	const char *why;           /* likewise: a static string, or NULL for `error` */
	int error;                 /* errno: not opened, or not listed to its end; ENOMEM */
	struct entry *entries;     /* sorted by the bytes of their names */
	size_t n, n_looked;
	struct bq_buf names;
	struct bq_buf path;        /* of the directory below the root, a '/' behind it; "" the root */
};

/* List directory `name` in `dirfd`, which is `path` below the root of `base`, and
 * look at the first names. Ends with listing_close() whatever the outcome, which
 * the listing says.  Symbolic links are not followed; an index stays out. */
void listing_open(struct listing *l, const struct source *base, int dirfd, const char *name, struct bq_span path);

/* The same with only file `name` in directory `root`, which may be an index. */
void listing_open_one(struct listing *l, const struct source *base, const char *root, const char *name);

/* Look at some names more. */
void listing_look(struct listing *l);

/* NULL, or why a path below the root stays out whatever is there: a static string. */
const char *listing_judge_path(const struct source *base, const char *path, bool is_dir);

/* Accepts one that is all zero but fd -1. */
void listing_close(struct listing *l);

#endif
