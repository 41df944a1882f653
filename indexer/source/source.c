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
