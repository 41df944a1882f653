/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bq/buf.h>

void source_close(struct source *s)
{
	if (s != NULL)
		s->ops->close(s);
}

void source_skip(const struct source *s, struct bq_span path, uint64_t line, bool is_broken, const char *reason)
{
	struct bq_buf whole = BQ_BUF_INIT;
	struct skip what = { .line = line, .is_broken = is_broken || s->is_named };

	bq_buf_put_span(&whole, s->root);
	if (s->root.len != 0 && path.len != 0 && s->root.ptr[s->root.len - 1] != '/')
		bq_buf_put_u8(&whole, '/');
	bq_buf_put_span(&whole, path);
	what.path = bq_buf_span(&whole);
	skips_add(s->opts->skips, &what, "%s", reason);
	s->opts->skips->oom |= whole.oom;
	bq_buf_release(&whole);
}

int source_check_stop(const struct source *s, struct bq_error *err)
{
	if (s->opts->stop == NULL || *s->opts->stop == 0)
		return BQ_OK;
	return bq_error_set(err, BQ_ECANCELLED, 0, "stopped by a signal");
}

static int open_stdin(const struct source *base, struct source **out, struct bq_error *err)
{
	struct jsonl_origin from = { .fd = dup(STDIN_FILENO), .path = BQ_SPAN("-"), .mtime_us = INT64_MIN,
		.file_bytes = -1 };

	if (from.fd < 0)
		return bq_error_set(err, BQ_EIO, 0, "standard input: %s", strerror(errno));
	return jsonl_open(&from, base, out, err);
}

/* Split an absolute path of a file: its directory stays in `path`, the name is
 * what is returned, malloc'd. */
static char *split_name(char *path)
{
	char *slash = strrchr(path, '/'), *name = strdup(slash + 1);

	slash[slash == path ? 1 : 0] = '\0';
	return name;
}

int source_open(const char *arg, const struct source_opts *opts, struct source **out, struct bq_error *err)
{
	struct source base = { .opts = opts };
	struct stat st;
	char *root, *name;
	int rc;

	*out = NULL;
	if (strcmp(arg, "-") == 0)
		return open_stdin(&base, out, err);
	root = realpath(arg, NULL);
	if (root == NULL || stat(root, &st) != 0) {
		rc = errno == ENOENT || errno == ENOTDIR ? BQ_ENOTFOUND : BQ_EIO;
		rc = bq_error_set(err, rc, 0, "%s: %s", arg, strerror(errno));
		free(root);
		return rc;
	}
	if (S_ISDIR(st.st_mode))
		return dir_open(root, NULL, &base, out, err);
	base.is_named = true;
	name = split_name(root);
	if (name == NULL) {
		free(root);
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a source");
	}
	rc = dir_open(root, name, &base, out, err);
	free(name);
	return rc;
}

/* ---- all of a command line --------------------------------------------- */

struct opened {
	struct source *source;
	size_t place; /* on the command line */
};

static int compare_opened(const void *a, const void *b)
{
	const struct opened *x = a, *y = b;
	int c = bq_span_cmp(x->source->root, y->source->root);

	if (c == 0)
		c = bq_span_cmp(x->source->name, y->source->name);
	return c != 0 ? c : (x->place > y->place) - (x->place < y->place);
}

static bool is_same(const struct source *a, const struct source *b)
{
	return bq_span_eq(a->root, b->root) && bq_span_eq(a->name, b->name);
}

static void skip_twin(struct source *s)
{
	s->is_named = false; /* it is indexed: nothing is broken */
	source_skip(s, s->name, 0, false, "named twice, indexed once");
	source_close(s);
}

/* Close those that another one stands for, the first of them; the rest keep
 * their order. */
static int drop_twins(struct source **sources, size_t *n, struct bq_error *err)
{
	struct opened *sorted = calloc(*n + 1, sizeof *sorted);
	size_t kept = 0;

	if (sorted == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for %zu sources", *n);
	for (size_t i = 0; i < *n; i++)
		sorted[i] = (struct opened){ sources[i], i };
	qsort(sorted, *n, sizeof *sorted, compare_opened);
	for (size_t i = 1; i < *n; i++)
		if (is_same(sorted[i].source, sorted[i - 1].source))
			sources[sorted[i].place] = NULL;
	for (size_t i = *n; i-- > 1;)
		if (sources[sorted[i].place] == NULL)
			skip_twin(sorted[i].source);
	free(sorted);
	for (size_t i = 0; i < *n; i++) {
		struct source *s = sources[i];
		sources[i] = NULL;
		if (s != NULL)
			sources[kept++] = s;
	}
	*n = kept;
	return BQ_OK;
}

int source_open_all(const char *const *args, size_t n, const struct source_opts *opts, struct source **out,
	size_t *n_out, struct bq_error *err)
{
	bool has_stdin = false;

	memset(out, 0, n * sizeof *out);
	for (*n_out = 0; *n_out < n; (*n_out)++) {
		const char *arg = args[*n_out];
		bool is_stdin = strcmp(arg, "-") == 0;
		int rc;
		if (is_stdin && has_stdin)
			return bq_error_set(err, BQ_EUSAGE, 0, "standard input can be read once only");
		has_stdin |= is_stdin;
		rc = source_open(arg, opts, &out[*n_out], err);
		if (rc != BQ_OK)
			return rc;
	}
	return drop_twins(out, n_out, err);
}

int source_measure_all(struct source *const *sources, size_t n, uint64_t *bytes, struct bq_error *err)
{
	int rc = BQ_OK;

	*bytes = 0;
	for (size_t i = 0; rc == BQ_OK && i < n; i++) {
		uint64_t one;
		rc = source_measure(sources[i], &one, err);
		*bytes += one;
	}
	return rc;
}
