/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * JSON lines: {"id": .., "title": .., "text": ..}, one document a line.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "source/lines.h"
#include "source/source.h"

enum { MAX_ID = 4096 };

struct jsonl {
	struct source base;
	struct jsonl_origin from;
	struct lines lines;
	json_t *record; /* the last document's */
	char number[32]; /* its id if that is a number */
	char *fields;   /* its other members, malloc'd by jansson */
};

/* ---- one record -------------------------------------------------------- */

static void release_record(struct jsonl *j)
{
	json_decref(j->record);
	free(j->fields);
	j->record = NULL;
	j->fields = NULL;
}

static struct bq_span string_of(const json_t *v)
{
	return bq_span_make(json_string_value(v), json_string_length(v));
}

/* Each returns NULL or what is wrong with the record. */

static const char *take_id(struct jsonl *j, struct bq_doc_in *out)
{
	const json_t *v = json_object_get(j->record, "id");

	if (v == NULL || json_is_null(v))
		return NULL;
	if (json_is_string(v))
		out->id = string_of(v);
	else if (json_is_integer(v))
		(void)snprintf(j->number, sizeof j->number, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else if (json_is_real(v))
		(void)snprintf(j->number, sizeof j->number, "%.17g", json_real_value(v));
	else
		return "\"id\" is neither a string nor a number";
	if (!json_is_string(v))
		out->id = bq_span_of(j->number);
	return out->id.len <= MAX_ID ? NULL : "\"id\" is longer than 4,096 bytes";
}

static const char *take_strings(const struct jsonl *j, struct bq_doc_in *out)
{
	const json_t *title = json_object_get(j->record, "title"), *text = json_object_get(j->record, "text");

	if (text == NULL)
		return "no \"text\"";
	if (!json_is_string(text))
		return "\"text\" is no string";
	if (title != NULL && !json_is_null(title) && !json_is_string(title))
		return "\"title\" is no string";
	out->text = string_of(text);
	if (title != NULL && json_is_string(title))
		out->title = string_of(title);
	return NULL;
}

/* The members that are not ours, as an object; they lose nothing but ours. */
static const char *take_fields(struct jsonl *j, struct bq_doc_in *out)
{
	static const char *const ours[] = { "id", "title", "text" };
	json_t *rest = json_copy(j->record); /* shallow */

	for (size_t i = 0; rest != NULL && i < 3; i++)
		(void)json_object_del(rest, ours[i]);
	if (rest != NULL && json_object_size(rest) == 0) {
		json_decref(rest);
		return NULL;
	}
	j->fields = rest == NULL ? NULL : json_dumps(rest, JSON_COMPACT);
	json_decref(rest);
	if (j->fields == NULL)
		return "other members cannot be kept";
	out->fields = bq_span_of(j->fields);
	return NULL;
}

static const char *take_record(struct jsonl *j, struct bq_doc_in *out)
{
	const char *wrong;

	if (!json_is_object(j->record))
		return "not a JSON object";
	wrong = take_id(j, out);
	if (wrong == NULL)
		wrong = take_strings(j, out);
	return wrong != NULL ? wrong : take_fields(j, out);
}

/* ---- lines ------------------------------------------------------------- */

static bool is_empty(struct bq_span line)
{
	for (size_t i = 0; i < line.len; i++)
		if (strchr(" \t\r", line.ptr[i]) == NULL || line.ptr[i] == '\0')
			return false;
	return true;
}

/* A document from a line, or NULL and `reason` says why not. */
static const char *parse_record(struct jsonl *j, struct bq_span line, struct bq_doc_in *out, char reason[256])
{
	json_error_t why;
	const char *wrong;

	if (j->lines.is_too_long)
		return "longer than 1 GiB";
	*out = (struct bq_doc_in){
		.path = j->from.path,
		.source = j->base.number,
		.at = BQ_AT_RECORD,
		.file_line = j->lines.number,
		.mtime_us = j->from.mtime_us,
		.file_bytes = j->from.file_bytes,
	};
	j->record = json_loadb(line.ptr, line.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
	if (j->record == NULL) {
		(void)snprintf(reason, 256, "bad JSON at byte %d: %s", why.position, why.text);
		return reason;
	}
	wrong = take_record(j, out);
	return wrong;
}

static int next_doc(struct source *s, struct bq_doc_in *out, struct bq_error *err)
{
	struct jsonl *j = (struct jsonl *)s;

	for (;;) {
		char reason[256];
		const char *wrong;
		struct bq_span line;
		int got, rc = source_check_stop(s, err);

		if (rc != BQ_OK)
			return rc;
		release_record(j);
		got = lines_next(&j->lines, &line);
		if (got == 0)
			return BQ_END;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			source_skip(s, j->from.path, j->lines.number + 1, true, strerror(errno));
			return BQ_END;
		}
		if (j->lines.number == 1 && bq_span_starts(line, BQ_SPAN("\xef\xbb\xbf")))
			line = bq_span_from(line, 3);
		if (is_empty(line) && !j->lines.is_too_long)
			continue;
		wrong = parse_record(j, line, out, reason);
		if (wrong == NULL)
			return BQ_OK;
		source_skip(s, j->from.path, j->lines.number, true, wrong);
	}
}

static void close_jsonl(struct source *s)
{
	struct jsonl *j = (struct jsonl *)s;

	release_record(j);
	lines_release(&j->lines);
	(void)close(j->from.fd);
	free(j);
}

static const struct source_ops jsonl_ops = { next_doc, close_jsonl };

int jsonl_open(const struct jsonl_origin *from, const struct source *base, struct source **out, struct bq_error *err)
{
	struct jsonl *j = calloc(1, sizeof *j);

	if (j == NULL) {
		(void)close(from->fd);
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a source");
	}
	j->base = *base;
	j->base.ops = &jsonl_ops;
	j->from = *from;
	lines_init(&j->lines, from->fd);
	*out = &j->base;
	return BQ_OK;
}
