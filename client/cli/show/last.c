/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/show/last.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli/reach/files.h"
#include "cli/reach/places.h"
#include "cli/show/results.h"

#define MAX_BYTES ((size_t)64 << 20)

void last_add(struct last *l, const struct bq_client_result *x)
{
	struct bq_span path = x->hit->as.hit.path;
	uint64_t line, col;

	if (l->out == NULL)
		l->out = open_memstream(&l->text, &l->len);
	if (l->out == NULL)
		return;
	results_place(x, &line, &col);
	if (path.len > 0 && memchr(path.ptr, '\n', path.len) == NULL)
		fprintf(l->out, "%llu\t%llu\t%.*s", (unsigned long long)line, (unsigned long long)col, (int)path.len,
			path.ptr);
	putc('\n', l->out);
}

static bool file_name(char out[PATH_MAX])
{
	char dir[PATH_MAX];

	return places_state(dir) && files_format(out, PATH_MAX, "%s/last", dir);
}

void last_save(struct last *l)
{
	char file[PATH_MAX];

	if (l->out == NULL)
		return;
	/* A list that cannot be kept only means that `bq open` says so later. */
	if (fclose(l->out) == 0 && file_name(file))
		(void)files_replace(file, l->text, l->len, NULL);
	free(l->text);
	*l = (struct last){ NULL, NULL, 0 };
}

int last_get(uint64_t n, char **path, uint64_t *line, uint64_t *col, struct bq_error *err)
{
	char file[PATH_MAX], *text = NULL, *at;
	size_t len = 0;
	int status;

	if (!file_name(file))
		return bq_error_set(err, BQ_EIO, 0, "the last search is not known");
	status = files_read(file, MAX_BYTES, &text, &len, err);
	if (status == BQ_ENOTFOUND)
		return bq_error_set(err, status, 0, "no search was made at a terminal yet");
	if (status != BQ_OK)
		return status;
	at = text;
	for (uint64_t i = 1; i < n && at != NULL; i++) {
		at = strchr(at, '\n');
		at = at == NULL ? NULL : at + 1;
	}
	char *end = at, *end2 = at;
	*line = at == NULL ? 0 : strtoull(at, &end, 10);
	*col = at == NULL || *end != '\t' ? 0 : strtoull(end + 1, &end2, 10);
	if (n == 0 || at == NULL || *end != '\t' || *end2 != '\t' || end2 == at) {
		free(text);
		return bq_error_set(err, BQ_ENOTFOUND, 0, "the last search has no hit %llu", (unsigned long long)n);
	}
	*path = strndup(end2 + 1, strcspn(end2 + 1, "\n"));
	free(text);
	return *path == NULL ? bq_error_set(err, BQ_ENOMEM, 0, "no memory") : BQ_OK;
}
