/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/reach/config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <bq/ini.h>
#include <bq/utf8.h>

#include "cli/reach/files.h"

#define MAX_BYTES ((size_t)1 << 20)
#define SECTION   "index."

static char *dup_span(struct bq_span s) { return strndup(s.len == 0 ? "" : s.ptr, s.len); }

/* ---- reading ----------------------------------------------------------- */

/* The index that a section names, added if it is new; NULL at the limit. */
static struct config_index *index_of(struct config *c, struct bq_span name)
{
	for (size_t i = 0; i < c->n_indexes; i++) {
		if (bq_span_eq(bq_span_of(c->indexes[i].name), name))
			return &c->indexes[i];
	}
	if (c->n_indexes == CONFIG_MAX_INDEXES)
		return NULL;
	if (c->indexes == NULL)
		c->indexes = calloc(CONFIG_MAX_INDEXES, sizeof *c->indexes);
	if (c->indexes == NULL)
		return NULL;
	struct config_index *index = &c->indexes[c->n_indexes++];
	index->name = dup_span(name);
	return index;
}

/* One pair of an index's section; unknown keys are somebody else's. */
static int take_pair(struct config_index *index, const struct bq_ini *it)
{
	if (bq_span_eq(it->key, BQ_SPAN("path"))) {
		free(index->path);
		index->path = dup_span(it->value);
	} else if (bq_span_eq(it->key, BQ_SPAN("source"))) {
		if (index->n_sources == CONFIG_MAX_SOURCES)
			return BQ_ELIMIT;
		if (index->sources == NULL)
			index->sources = calloc(CONFIG_MAX_SOURCES, sizeof *index->sources);
		if (index->sources == NULL)
			return BQ_ENOMEM;
		index->sources[index->n_sources++] = dup_span(it->value);
	}
	return BQ_OK;
}

static int read_pairs(struct bq_span text, struct config *c, unsigned *line)
{
	struct bq_ini it = { .rest = text };
	int status;

	while ((status = bq_ini_next(&it)) == BQ_OK) {
		if (!bq_span_starts(it.section, BQ_SPAN(SECTION)))
			continue;
		struct config_index *index = index_of(c, bq_span_from(it.section, strlen(SECTION)));
		status = index == NULL ? BQ_ELIMIT : take_pair(index, &it);
		if (status != BQ_OK)
			break;
	}
	*line = it.line;
	return status == BQ_END ? BQ_OK : status;
}

/* Every recorded index has a usable name and a path. */
static const char *complaint_about(const struct config *c)
{
	for (size_t i = 0; i < c->n_indexes; i++) {
		if (!config_name_check(c->indexes[i].name))
			return c->indexes[i].name;
		if (c->indexes[i].path == NULL || c->indexes[i].path[0] != '/')
			return c->indexes[i].name;
	}
	return NULL;
}

int config_read(const char *file, struct config *out, struct bq_error *err)
{
	struct config c = { NULL, 0 };
	char *text = NULL;
	size_t len = 0;
	unsigned line = 0;
	int status = files_read(file, MAX_BYTES, &text, &len, err);

	*out = c;
	if (status == BQ_ENOTFOUND)
		return BQ_OK;
	if (status != BQ_OK)
		return status;
	status = read_pairs(bq_span_make(text, len), &c, &line);
	free(text);
	const char *bad = status == BQ_OK ? complaint_about(&c) : NULL;
	if (status == BQ_ELIMIT)
		bq_error_set(err, status, 0, "%.160s: line %u: more than %d indexes or sources", file, line,
			CONFIG_MAX_INDEXES);
	else if (status != BQ_OK)
		bq_error_set(err, status, 0, "%.160s: line %u is neither [section] nor key = value", file, line);
	else if (bad != NULL)
		status = bq_error_set(err, BQ_EFORMAT, 0, "%.120s: [index.%.64s] needs a plain name and a path from /",
			file, bad);
	if (status != BQ_OK)
		config_release(&c);
	*out = c;
	return status;
}

void config_release(struct config *c)
{
	for (size_t i = 0; i < c->n_indexes; i++) {
		struct config_index *x = &c->indexes[i];
		for (size_t k = 0; k < x->n_sources; k++)
			free(x->sources[k]);
		free(x->sources);
		free(x->name);
		free(x->path);
	}
	free(c->indexes);
	*c = (struct config){ NULL, 0 };
}

const struct config_index *config_find(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->n_indexes; i++) {
		if (strcmp(c->indexes[i].name, name) == 0)
			return &c->indexes[i];
	}
	return NULL;
}

/* ---- names ------------------------------------------------------------- */

static bool is_name_byte(unsigned char c) { return c > ' ' && c != 0x7f && strchr(",=[]/\"\\@#;", c) == NULL; }

bool config_name_check(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++) {
		if (!is_name_byte((unsigned char)name[i]))
			return false;
	}
	return n > 0 && n <= CONFIG_MAX_NAME && name[0] != '-' && name[0] != '.';
}

void config_name_of(const char *path, char out[CONFIG_MAX_NAME + 1])
{
	const char *slash = strrchr(path, '/'), *last = slash == NULL ? path : slash + 1;
	size_t n = strlen(last);

	if (n == 0) {
		strcpy(out, "root");
		return;
	}
	/* Room for a suffix, and no half character at the cut. */
	if (n > CONFIG_MAX_NAME - 4) {
		n = CONFIG_MAX_NAME - 4;
		while (n > 1 && bq_utf8_is_tail(last[n]))
			n--;
	}
	for (size_t i = 0; i < n; i++)
		out[i] = is_name_byte((unsigned char)last[i]) ? last[i] : '-';
	out[n] = '\0';
	if (out[0] == '.' || out[0] == '-')
		out[0] = '_';
}

/* ---- writing ----------------------------------------------------------- */

/* Whether a value comes back from the file as it went in. */
static bool is_value(const char *v)
{
	struct bq_span s = bq_span_of(v);

	return s.len > 0 && strchr(v, '\n') == NULL && bq_span_eq(bq_ini_trim(s), s);
}

/* The text without the section `name`: a copy of every other line. */
static void copy_others(FILE *out, struct bq_span text, struct bq_span name)
{
	struct bq_ini it = { .rest = text };
	bool skip = false;

	while (it.rest.len > 0) {
		struct bq_span line = bq_ini_line(&it), s = bq_ini_trim(line);
		if (s.len > 1 && s.ptr[0] == '[' && s.ptr[s.len - 1] == ']') {
			struct bq_span section = bq_span_make(s.ptr + 1, s.len - 2);
			skip = bq_span_starts(section, BQ_SPAN(SECTION)) &&
				bq_span_eq(bq_span_from(section, strlen(SECTION)), name);
		}
		if (skip && s.len > 0 && s.ptr[0] != '#' && s.ptr[0] != ';')
			continue;
		if (skip && s.len == 0)
			continue;
		fwrite(line.ptr, 1, line.len, out);
		putc('\n', out);
	}
}

static int write_file(const char *file, struct bq_span old, const struct config_index *index, struct bq_error *err)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory");
	copy_others(out, old, bq_span_of(index->name));
	fprintf(out, "%s[" SECTION "%s]\npath = %s\n", ftell(out) > 0 ? "\n" : "", index->name, index->path);
	for (size_t i = 0; i < index->n_sources; i++)
		fprintf(out, "source = %s\n", index->sources[i]);
	bool failed = ferror(out) != 0;
	failed = fclose(out) != 0 || failed;
	int status = failed ? bq_error_set(err, BQ_ENOMEM, 0, "no memory") : files_replace(file, text, len, err);
	free(text);
	return status;
}

/* Two `bq index` at once must not lose each other's section: one lock for
 * reading and writing.  Its descriptor, or -1. */
static int lock_file(const char *file, struct bq_error *err)
{
	char lock[PATH_MAX];
	int fd;

	if (!files_format(lock, sizeof lock, "%s", file))
		return bq_error_set(err, BQ_EIO, 0, "%.180s: path too long", file), -1;
	char *slash = strrchr(lock, '/');
	if (slash != NULL && slash != lock) {
		*slash = '\0';
		if (files_make_dirs(lock, err) != BQ_OK)
			return -1;
	}
	if (!files_format(lock, sizeof lock, "%s.lock", file))
		return bq_error_set(err, BQ_EIO, 0, "%.180s: path too long", file), -1;
	fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) != 0) {
		bq_error_set(err, BQ_EIO, 0, "%.180s: %s", lock, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

int config_record(const char *file, const struct config_index *index, struct bq_error *err)
{
	char *old = NULL;
	size_t len = 0;
	int status;

	if (!config_name_check(index->name) || !is_value(index->path))
		return bq_error_set(err, BQ_EUSAGE, 0, "the configuration cannot hold this path: %.150s", index->path);
	for (size_t i = 0; i < index->n_sources; i++) {
		if (!is_value(index->sources[i]))
			return bq_error_set(err, BQ_EUSAGE, 0, "the configuration cannot hold this path: %.150s",
				index->sources[i]);
	}
	int lock = lock_file(file, err);
	if (lock < 0)
		return BQ_EIO;
	status = files_read(file, MAX_BYTES, &old, &len, err);
	if (status == BQ_ENOTFOUND)
		status = BQ_OK;
	if (status == BQ_OK)
		status = write_file(file, bq_span_make(old, len), index, err);
	free(old);
	close(lock);
	return status;
}
