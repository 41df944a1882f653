/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The files of a directory tree in byte order of their paths, or one file.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bq/buf.h>

#include "index/manifest.h"
#include "source/file.h"
#include "source/filetype.h"
#include "source/source.h"
#include "source/textfile.h"
#include "source/title.h"
#include "xapian/write/layout.h"

enum { MAX_DEPTH = 256 };

/* A directory being walked. */
struct level {
	int fd;
	char **names; /* sorted; those of directories end in '/' */
	size_t n, next;
	size_t path_len; /* bytes of `path` that lead here */
};

struct dir {
	struct source base;
	char *root; /* base.root, to be freed */
	char *name;           /* the only file to give, or NULL */
	bool is_started;
	struct level *levels; /* MAX_DEPTH of them, while walking */
	unsigned depth;
	struct bq_buf path; /* of what is visited, relative to the root, with a NUL behind */
	struct textfile text;
	struct source *records; /* the JSON lines file in the middle of which we are */
	uint64_t records_bytes; /* its size */
	uint64_t done_bytes;    /* sizes of the files that are behind us */
	bool is_measuring;      /* look and add up, open no file, list no skip */
};

/* ---- levels ------------------------------------------------------------ */

static void release_level(struct level *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->names[i]);
	free(l->names);
	if (l->fd >= 0)
		(void)close(l->fd);
	*l = (struct level){ .fd = -1 };
}

/* A copy of `name`, with a '/' behind a directory's. */
static char *copy_name(int fd, const struct dirent *e)
{
	size_t len = strlen(e->d_name);
	char *copy = malloc(len + 2);
	bool is_dir = e->d_type == DT_DIR;
	struct stat st;

	if (copy == NULL)
		return NULL;
	if (e->d_type == DT_UNKNOWN && fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		is_dir = S_ISDIR(st.st_mode);
	memcpy(copy, e->d_name, len + 1);
	if (is_dir)
		memcpy(copy + len, "/", 2);
	return copy;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool add_name(struct level *l, char *name)
{
	if (name != NULL && (l->n & (l->n - 1)) == 0) { /* a power of two: full */
		char **grown = realloc(l->names, (l->n == 0 ? 1 : 2 * l->n) * sizeof *grown);
		if (grown == NULL) {
			free(name);
			name = NULL;
		} else {
			l->names = grown;
		}
	}
	if (name == NULL)
		return false;
	l->names[l->n++] = name;
	return true;
}

/* List the directory `l->fd`, sorted.  0, or -1 with errno. */
static int list_level(struct level *l)
{
	int fd = openat(l->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (d == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return -1;
	}
	for (struct dirent *e; errno = 0, (e = readdir(d)) != NULL;) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (!add_name(l, copy_name(l->fd, e))) {
			errno = ENOMEM;
			break;
		}
	}
	rc = errno;
	(void)closedir(d);
	if (l->n != 0)
		qsort(l->names, l->n, sizeof *l->names, compare_names);
	errno = rc;
	return rc == 0 ? 0 : -1;
}

/* ---- what is let in ---------------------------------------------------- */

static struct bq_span path_of(const struct dir *d)
{
	return bq_span_make(d->path.ptr, d->path.len);
}

static void skip(const struct dir *d, bool is_broken, const char *reason)
{
	if (!d->is_measuring)
		source_skip(&d->base, path_of(d), 0, is_broken, reason);
}

/* A pattern with a '/' is about the whole path, another about the name. */
static bool matches(const char *const *globs, size_t n, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;

	for (size_t i = 0; i < n; i++)
		if (fnmatch(globs[i], strchr(globs[i], '/') == NULL ? name : path, 0) == 0)
			return true;
	return false;
}

/* NULL, or why the file or directory at `d->path` stays out. */
static const char *judge_path(const struct dir *d, bool is_dir)
{
	const struct source_opts *o = d->base.opts;
	const char *path = (const char *)d->path.ptr, *slash = strrchr(path, '/');

	if (!d->base.is_named && (slash == NULL ? path : slash + 1)[0] == '.')
		return "hidden";
	if (matches(o->exclude, o->n_exclude, path))
		return "excluded";
	if (!is_dir && o->n_include != 0 && !matches(o->include, o->n_include, path))
		return "not included";
	return NULL;
}

/* ---- directories ------------------------------------------------------- */

/* NULL, or why the opened directory stays out. */
static const char *judge_dir(const struct dir *d, int fd, bool *is_broken)
{
	const struct source_opts *o = d->base.opts;
	struct stat st;

	*is_broken = true;
	if (d->depth == MAX_DEPTH)
		return "nested deeper than 256 directories";
	if (fstat(fd, &st) != 0)
		return strerror(errno);
	*is_broken = false;
	if (manifest_exists(fd) || layout_exists(fd) || (o->skip_ino != 0 && st.st_ino == o->skip_ino && st.st_dev == o->skip_dev))
		return "a bq index";
	return NULL;
}

/* Go into the directory at `d->path`. */
static int enter_dir(struct dir *d, struct bq_error *err)
{
	struct level *l = &d->levels[d->depth - 1];
	int fd = openat(l->fd, (const char *)d->path.ptr + l->path_len, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bool is_broken = true;
	const char *why = fd < 0 ? strerror(errno) : judge_dir(d, fd, &is_broken);

	if (why != NULL) {
		skip(d, is_broken, why);
		if (fd >= 0)
			(void)close(fd);
		return BQ_OK;
	}
	d->depth++;
	l++;
	*l = (struct level){ .fd = fd, .path_len = d->path.len + 1 };
	if (list_level(l) == 0)
		return BQ_OK;
	if (errno == ENOMEM)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory to list a directory");
	skip(d, true, strerror(errno)); /* what was listed is still visited */
	return BQ_OK;
}

/* ---- files ------------------------------------------------------------- */

static int64_t mtime_us(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000 + st->st_mtim.tv_nsec / 1000;
}

/* A file that may be read. */
struct found {
	struct stat st;
	enum filetype type;
	enum packing packing;
};

/* Read a text file and describe it: BQ_OK, or BQ_END if it was skipped. */
static int read_text(struct dir *d, int fd, const struct found *f, struct bq_doc_in *out)
{
	struct textfile *t = &d->text;
	const char *why = textfile_read(t, fd, f->packing, (uint64_t)f->st.st_size, d->base.opts->stop);

	if (why != NULL) {
		skip(d, t->is_broken, why);
		return BQ_END;
	}
	*out = (struct bq_doc_in){
		.path = path_of(d),
		.text = t->text,
		.source = d->base.number,
		.at = t->at,
		.title = f->type == FILETYPE_MARKDOWN ? title_of_markdown(t->text) : title_of_text(t->text),
		.mtime_us = mtime_us(&f->st),
		.file_bytes = (int64_t)t->file_bytes,
	};
	out->title_in_text = out->title.len != 0;
	out->title_off = out->title_in_text ? (uint64_t)(out->title.ptr - t->text.ptr) : 0;
	return BQ_OK;
}

/* NULL, or why this regular file is not read; says how it is. */
static const char *judge_type(const struct dir *d, const char *name, struct found *f)
{
	f->type = filetype_of(name, &f->packing);
	if (f->type == FILETYPE_PACKED)
		return "compressed";
	if (f->type != FILETYPE_UNKNOWN)
		return NULL;
	f->type = FILETYPE_TEXT; /* what the user names is text if it looks like it */
	return d->base.is_named ? NULL : "unsupported type";
}

/* Look at file `name`: whether it is one we read, else skip it. */
static bool look_at_file(const struct dir *d, const char *name, struct found *f)
{
	bool is_broken = false;
	const char *why = judge_path(d, false);

	if (why == NULL)
		why = file_look(d->levels[d->depth - 1].fd, name, &f->st, &is_broken);
	if (why == NULL)
		why = judge_type(d, name, f);
	if (why != NULL)
		skip(d, is_broken, why);
	return why == NULL;
}

/* Give the records of a file from now on.  Takes `fd`. */
static int start_records(struct dir *d, int fd, const struct found *f, struct bq_error *err)
{
	struct jsonl_origin from = { fd, f->packing, path_of(d), mtime_us(&f->st), f->st.st_size };

	d->records_bytes = (uint64_t)f->st.st_size;
	return jsonl_open(&from, &d->base, &d->records, err);
}

/* Whether the index has the file as it is. */
static bool is_known(struct dir *d, const struct found *f)
{
	const struct source_opts *o = d->base.opts;
	struct source_file file = { d->base.number, path_of(d), mtime_us(&f->st), f->st.st_size };

	if (o->is_known == NULL || !o->is_known(o->index, &file))
		return false;
	d->done_bytes += f->type == FILETYPE_JSONL ? (uint64_t)f->st.st_size : 0;
	return true;
}

/* A document from file `name`, or BQ_END if it gives none (now). */
static int take_file(struct dir *d, const char *name, struct bq_doc_in *out, struct bq_error *err)
{
	struct found f;
	int fd, rc;

	if (!look_at_file(d, name, &f))
		return BQ_END;
	if (f.type != FILETYPE_JSONL || d->is_measuring)
		d->done_bytes += (uint64_t)f.st.st_size;
	if (d->is_measuring || is_known(d, &f))
		return BQ_END;
	fd = file_open(d->levels[d->depth - 1].fd, name, &f.st);
	if (fd < 0) {
		skip(d, true, strerror(errno));
		return BQ_END;
	}
	if (f.type == FILETYPE_JSONL) {
		rc = start_records(d, fd, &f, err);
		return rc == BQ_OK ? BQ_END : rc;
	}
	rc = read_text(d, fd, &f, out);
	(void)close(fd);
	return rc;
}

/* ---- walking ----------------------------------------------------------- */

/* Visit the next name of the deepest level: a document, BQ_END if it gave none. */
static int visit_next(struct dir *d, struct bq_doc_in *out, struct bq_error *err)
{
	struct level *l = &d->levels[d->depth - 1];
	const char *name, *why;
	size_t len;
	bool is_dir;
	int rc;

	if (l->next == l->n) {
		release_level(l);
		d->depth--;
		return BQ_END;
	}
	name = l->names[l->next++];
	len = strlen(name);
	is_dir = name[len - 1] == '/';
	d->path.len = l->path_len;
	bq_buf_put(&d->path, name, len + 1);
	if (d->path.oom)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a path");
	d->path.len -= is_dir ? 2 : 1; /* the NUL stays behind the end */
	if (!is_dir)
		return take_file(d, name, out, err);
	d->path.ptr[d->path.len] = '\0';
	why = judge_path(d, true);
	if (why != NULL) {
		skip(d, false, why);
		return BQ_END;
	}
	rc = enter_dir(d, err);
	if (rc == BQ_OK)
		d->path.ptr[d->path.len] = '/'; /* where the new level's names go on */
	return rc == BQ_OK ? BQ_END : rc;
}

/* Close what the walk holds. */
static void stop_walk(struct dir *d)
{
	while (d->depth > 0)
		release_level(&d->levels[--d->depth]);
	free(d->levels);
	d->levels = NULL;
}

/* Open the first level: the whole directory, or one name in it.  Not before
 * the first document is wanted, so that a thousand sources hold no thousand
 * descriptors. */
static int start_walk(struct dir *d, struct bq_error *err)
{
	struct level *l = d->levels = calloc(MAX_DEPTH, sizeof *d->levels);
	bool is_broken;
	const char *why;

	d->is_started = true;
	if (l == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a source");
	l->fd = open(d->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d->depth = 1;
	if (l->fd < 0)
		return bq_error_set(err, BQ_EIO, 0, "%s: %s", d->root, strerror(errno));
	if (d->name != NULL)
		return add_name(l, strdup(d->name)) ? BQ_OK : bq_error_set(err, BQ_ENOMEM, 0, "no memory for a source");
	why = judge_dir(d, l->fd, &is_broken);
	if (why != NULL)
		return bq_error_set(err, BQ_EUSAGE, 0, "%s: %s, no source", d->root, why);
	if (list_level(l) == 0)
		return BQ_OK;
	return bq_error_set(err, errno == ENOMEM ? BQ_ENOMEM : BQ_EIO, 0, "%s: %s", d->root, strerror(errno));
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
