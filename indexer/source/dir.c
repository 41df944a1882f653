/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The files of a directory tree in byte order of their paths, or one file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bq/buf.h>

#include "source/file.h"
#include "source/listing.h"
#include "source/source.h"
#include "source/textfile.h"
#include "source/title.h"

enum { MAX_DEPTH = 256 };

/* A directory being walked. */
struct level {
	struct listing list;
	size_t next; /* of its names */
};

struct dir {
	struct source base;
	char *root; /* base.root, to be freed */
	char *name;           /* the only file to give, or NULL */
	bool is_started;
	struct level *levels; /* MAX_DEPTH of them, while walking */
	unsigned depth;
	struct bq_buf path; /* of what is visited, relative to the root */
	struct textfile text;
	struct source *records; /* the JSON lines file in the middle of which we are */
	uint64_t records_bytes; /* its size */
	uint64_t done_bytes;    /* sizes of the files that are behind us */
	bool is_measuring;      /* look and add up, open no file, list no skip */
};

static struct bq_span path_of(const struct dir *d)
{
	return bq_buf_span(&d->path);
}

static void skip(const struct dir *d, bool is_broken, const char *reason)
{
	if (!d->is_measuring)
		source_skip(&d->base, path_of(d), 0, is_broken, reason);
}

/* ---- directories ------------------------------------------------------- */

static int no_memory(struct bq_error *err)
{
	return bq_error_set(err, BQ_ENOMEM, 0, "no memory to list a directory");
}

/* Go into directory `name` of the deepest level, at `d->path`. */
static int enter_dir(struct dir *d, const char *name, struct bq_error *err)
{
	const struct level *l = &d->levels[d->depth - 1];
	struct listing *list = &d->levels[d->depth].list;

	if (d->depth == MAX_DEPTH) {
		skip(d, true, "nested deeper than 256 directories");
		return BQ_OK;
	}
	listing_open(list, &d->base, l->list.fd, name, path_of(d));
	if (list->error == ENOMEM || list->path.oom) {
		listing_close(list);
		return no_memory(err);
	}
	if (list->error != 0)
		skip(d, true, strerror(list->error)); /* what was listed is still visited */
	else if (list->why != NULL)
		skip(d, false, list->why);
	if (list->fd < 0) {
		listing_close(list);
		return BQ_OK;
	}
	d->levels[d->depth++].next = 0;
	return BQ_OK;
}

/* ---- files ------------------------------------------------------------- */

/* Read a text file and describe it: BQ_OK, or BQ_END if it was skipped. */
static int read_text(struct dir *d, int fd, const struct entry *e, const struct stat *st, struct bq_doc_in *out)
{
	struct textfile *t = &d->text;
	const char *why = textfile_read(t, fd, e->packing, (uint64_t)st->st_size, d->base.opts->stop);

	if (why != NULL) {
		skip(d, t->is_broken, why);
		return BQ_END;
	}
	*out = (struct bq_doc_in){
		.path = path_of(d),
		.text = t->text,
		.source = d->base.number,
		.at = t->at,
		.title = e->type == FILETYPE_MARKDOWN ? title_of_markdown(t->text) : title_of_text(t->text),
		.mtime_us = file_mtime_us(st),
		.file_bytes = (int64_t)t->file_bytes,
	};
	out->title_in_text = out->title.len != 0;
	out->title_off = out->title_in_text ? (uint64_t)(out->title.ptr - t->text.ptr) : 0;
	return BQ_OK;
}

/* Give the records of a file from now on.  Takes `fd`. */
static int start_records(struct dir *d, int fd, const struct entry *e, const struct stat *st, struct bq_error *err)
{
	struct jsonl_origin from = { fd, e->packing, path_of(d), file_mtime_us(st), st->st_size };

	d->records_bytes = (uint64_t)st->st_size;
	return jsonl_open(&from, &d->base, &d->records, err);
}

/* Whether the index has the file as it is. */
static bool is_known(const struct dir *d, const struct entry *e)
{
	const struct source_opts *o = d->base.opts;
	struct source_file file = { d->base.number, path_of(d), e->mtime_us, (int64_t)e->bytes };

	return o->is_known != NULL && o->is_known(o->index, &file);
}

/* A document from a file of the deepest level, or BQ_END if it gives none (now). */
static int take_file(struct dir *d, const struct entry *e, struct bq_doc_in *out, struct bq_error *err)
{
	bool is_passed = d->is_measuring || is_known(d, e);
	struct stat st;
	int fd, rc;

	if (is_passed || e->type != FILETYPE_JSONL)
		d->done_bytes += e->bytes;
	if (is_passed)
		return BQ_END;
	fd = file_open(d->levels[d->depth - 1].list.fd, e->name, &st);
	if (fd < 0) {
		skip(d, true, strerror(errno));
		return BQ_END;
	}
	if (e->type == FILETYPE_JSONL) {
		rc = start_records(d, fd, e, &st, err);
		return rc == BQ_OK ? BQ_END : rc;
	}
	rc = read_text(d, fd, e, &st, out);
	(void)close(fd);
	return rc;
}

/* ---- walking ----------------------------------------------------------- */

/* Put the path of an entry of the deepest level into `d->path`. */
static bool set_path(struct dir *d, const struct entry *e, bool *is_dir)
{
	size_t len = strlen(e->name);

	*is_dir = e->name[len - 1] == '/';
	bq_buf_clear(&d->path);
	bq_buf_put_span(&d->path, bq_buf_span(&d->levels[d->depth - 1].list.path));
	bq_buf_put(&d->path, e->name, *is_dir ? len - 1 : len);
	return !d->path.oom;
}

/* Visit the next name of the deepest level: a document, BQ_END if it gave none. */
static int visit_next(struct dir *d, struct bq_doc_in *out, struct bq_error *err)
{
	struct level *l = &d->levels[d->depth - 1];
	const struct entry *e;
	bool is_dir;
	int rc;

	if (l->next == l->list.n) {
		listing_close(&l->list);
		d->depth--;
		return BQ_END;
	}
	if (l->next == l->list.n_looked)
		listing_look(&l->list);
	e = &l->list.entries[l->next++];
	if (!set_path(d, e, &is_dir) || e->error == ENOMEM)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a path");
	if (e->why != NULL || e->error != 0) {
		skip(d, e->error != 0, e->why != NULL ? e->why : strerror(e->error));
		return BQ_END;
	}
	if (!is_dir)
		return take_file(d, e, out, err);
	rc = enter_dir(d, e->name, err);
	return rc == BQ_OK ? BQ_END : rc;
}

/* Close what the walk holds. */
static void stop_walk(struct dir *d)
{
	while (d->depth > 0)
		listing_close(&d->levels[--d->depth].list);
	free(d->levels);
	d->levels = NULL;
}

/* Open the first level: the whole directory, or one name in it.  Not before
 * the first document is wanted, so that a thousand sources hold no thousand
 * descriptors. */
static int start_walk(struct dir *d, struct bq_error *err)
{
	struct listing *l;

	d->is_started = true;
	d->levels = calloc(MAX_DEPTH, sizeof *d->levels);
	if (d->levels == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a source");
	l = &d->levels[0].list;
	d->depth = 1;
	if (d->name != NULL)
		listing_open_one(l, &d->base, d->root, d->name);
	else
		listing_open(l, &d->base, AT_FDCWD, d->root, BQ_SPAN(""));
	if (l->error == ENOMEM)
		return no_memory(err);
	if (l->why != NULL)
		return bq_error_set(err, BQ_EUSAGE, 0, "%s: %s, no source", d->root, l->why);
	if (l->error != 0)
		return bq_error_set(err, BQ_EIO, 0, "%s: %s", d->root, strerror(l->error));
	return BQ_OK;
}

/* ---- the interface ----------------------------------------------------- */

/* The next record of the file in the middle of which we are; BQ_END behind it. */
static int next_record(struct dir *d, struct bq_doc_in *out, struct bq_error *err)
{
	int rc = source_next(d->records, out, err);

	d->base.bytes_done = d->done_bytes + d->records->bytes_done;
	if (rc != BQ_END)
		return rc;
	source_close(d->records);
	d->records = NULL;
	d->done_bytes += d->records_bytes;
	return BQ_END;
}

static int next_doc(struct source *s, struct bq_doc_in *out, struct bq_error *err)
{
	struct dir *d = (struct dir *)s;
	int rc = d->is_started ? BQ_OK : start_walk(d, err);

	if (rc != BQ_OK)
		return rc;
	rc = BQ_END;
	while (rc == BQ_END) {
		rc = source_check_stop(s, err);
		if (rc == BQ_OK && d->records != NULL) {
			rc = next_record(d, out, err);
			continue;
		}
		if (rc == BQ_OK && d->depth == 0) {
			stop_walk(d);
			return BQ_END;
		}
		if (rc == BQ_OK)
			rc = visit_next(d, out, err);
		s->bytes_done = d->done_bytes;
	}
	return rc;
}

/* Walk once without opening a file. */
static int measure_dir(const struct source *s, uint64_t *bytes, struct bq_error *err)
{
	const struct dir *real = (const struct dir *)s;
	struct dir d = { .base = *s, .root = real->root, .name = real->name, .is_measuring = true };
	struct bq_doc_in none;
	int rc = next_doc(&d.base, &none, err);

	*bytes = d.done_bytes;
	stop_walk(&d);
	bq_buf_release(&d.path);
	return rc == BQ_END ? BQ_OK : rc;
}

static void close_dir(struct source *s)
{
	struct dir *d = (struct dir *)s;

	source_close(d->records);
	stop_walk(d);
	bq_buf_release(&d->path);
	textfile_release(&d->text);
	free(d->root);
	free(d->name);
	free(d);
}

static const struct source_ops dir_ops = { next_doc, measure_dir, close_dir };

int dir_open(char *root, const char *name, const struct source *base, struct source **out, struct bq_error *err)
{
	struct dir *d = calloc(1, sizeof *d);

	if (d != NULL && name != NULL)
		d->name = strdup(name);
	if (d == NULL || (name != NULL && d->name == NULL)) {
		free(root);
		free(d);
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a source");
	}
	d->base = *base;
	d->base.ops = &dir_ops;
	d->root = root;
	d->base.root = bq_span_of(root);
	d->base.name = bq_span_of(d->name);
	*out = &d->base;
	return BQ_OK;
}
