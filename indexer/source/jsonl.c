/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * JSON lines: {"id": .., "title": .., "text": ..}, one document a line.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bq/buf.h>

#include "source/jsontext.h"
#include "source/lines.h"
#include "source/safejson.h"
#include "source/source.h"

enum { MAX_ID = 4096 };

struct jsonl {
	struct source base;
	struct jsonl_origin from;
	struct stream stream;
	struct lines lines;
	struct bq_buf rest; /* the last line without its text */
	json_t *record;     /* the last document's, without its text */
	char number[32];    /* its id if that is a number */
	char *fields;       /* its other members, malloc'd by jansson */
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

static const char *check_id(struct bq_span id)
{
	return id.len <= MAX_ID ? NULL : "\"id\" is longer than 4,096 bytes";
}

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
	return check_id(out->id);
}

/* `lifted`: what stands in the line where the record has "", or none. */
static const char *take_strings(const struct jsonl *j, struct bq_span lifted, struct bq_doc_in *out)
{
	const json_t *title = json_object_get(j->record, "title"), *text = json_object_get(j->record, "text");

	if (text == NULL)
		return "no \"text\"";
	if (!json_is_string(text))
		return "\"text\" is no string";
	if (title != NULL && !json_is_null(title) && !json_is_string(title))
		return "\"title\" is no string";
	out->text = lifted.ptr != NULL ? lifted : string_of(text);
	if (title != NULL && json_is_string(title))
		out->title = string_of(title);
	return NULL;
}

/* The members that are not ours, as an object; they lose nothing but ours. */
static const char *take_fields(struct jsonl *j, struct bq_doc_in *out)
{
	static const char *const ours[] = { "id", "title", "text" };
	size_t n_ours = 0;
	json_t *rest;

	for (size_t i = 0; i < 3; i++)
		n_ours += json_object_get(j->record, ours[i]) != NULL;
	if (json_object_size(j->record) == n_ours)
		return NULL;
	rest = json_copy(j->record); /* shallow */
	for (size_t i = 0; rest != NULL && i < 3; i++)
		(void)json_object_del(rest, ours[i]);
	j->fields = rest == NULL ? NULL : safejson_dump(rest);
	json_decref(rest);
	if (j->fields == NULL)
		return "other members cannot be kept";
	out->fields = bq_span_of(j->fields);
	return NULL;
}

static const char *take_record(struct jsonl *j, struct bq_span lifted, struct bq_doc_in *out)
{
	const char *wrong;

	if (!json_is_object(j->record))
		return "not a JSON object";
	wrong = take_id(j, out);
	if (wrong == NULL)
		wrong = take_strings(j, lifted, out);
	return wrong != NULL ? wrong : take_fields(j, out);
}

/* ---- lines ------------------------------------------------------------- */

static bool is_empty(struct line line)
{
	for (size_t i = 0; i < line.len; i++)
		if (strchr(" \t\r", line.ptr[i]) == NULL || line.ptr[i] == '\0')
			return false;
	return true;
}

/* What a string of the line says, none if it is not there. */
static struct bq_span unescape(struct line line, struct jsontext at)
{
	if (at.from == 0)
		return (struct bq_span){ NULL, 0 };
	return bq_span_make(line.ptr + at.from, jsontext_unescape(line.ptr + at.from, at.to - at.from));
}

/* A line that needs no parser. */
static const char *take_members(struct line line, const struct jsontext_members *members, struct bq_doc_in *out)
{
	out->id = unescape(line, members->id);
	out->title = unescape(line, members->title);
	out->text = unescape(line, members->text);
	return check_id(out->id);
}

/* Let jansson read the line, but for its text if that can be told without:
 * then *lifted is what it says.  NULL, or what is wrong. */
static const char *parse_line(struct jsonl *j, struct line line, struct jsontext at, struct bq_span *lifted,
	char reason[256])
{
	bool is_lifted = at.from != 0 || jsontext_find(line.ptr, line.len, &at);
	json_error_t why;
	size_t place;
	bool oom;

	*lifted = (struct bq_span){ NULL, 0 };
	bq_buf_clear(&j->rest);
	if (is_lifted) {
		bq_buf_put(&j->rest, line.ptr, at.from);
		bq_buf_put(&j->rest, line.ptr + at.to, line.len - at.to);
		if (j->rest.oom)
			return "no memory for the record";
		*lifted = unescape(line, at);
		line = (struct line){ (char *)j->rest.ptr, j->rest.len };
	}
	j->record = safejson_load(bq_span_make(line.ptr, line.len), JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why,
		&oom);
	if (oom)
		return "no memory for the record";
	if (j->record != NULL)
		return NULL;
	place = (size_t)why.position;
	if (is_lifted && place > at.from)
		place += at.to - at.from;
	(void)snprintf(reason, 256, "bad JSON at byte %zu: %s", place, why.text);
	return reason;
}

/* A document from a line, or what is wrong with it. */
static const char *parse_record(struct jsonl *j, struct line line, struct bq_doc_in *out, char reason[256])
{
	struct jsontext_members members;
	struct bq_span lifted;
	const char *wrong;

	if (j->lines.is_too_long) {
		(void)snprintf(reason, 256, "longer than %zu MiB, or than there is memory for", j->lines.max >> 20);
		return reason;
	}
	*out = (struct bq_doc_in){
		.path = j->from.path,
		.source = j->base.number,
		.at = BQ_AT_RECORD,
		.file_line = j->lines.number,
		.mtime_us = j->from.mtime_us,
		.file_bytes = j->from.file_bytes,
	};
	if (jsontext_read(line.ptr, line.len, &members))
		return take_members(line, &members, out);
	wrong = parse_line(j, line, members.text, &lifted, reason);
	return wrong != NULL ? wrong : take_record(j, lifted, out);
}

/* After a line that did not come: BQ_OK to try again, BQ_END with a skip, or
 * what ends the run. */
static int judge_failure(struct jsonl *j, struct bq_error *err)
{
	if (errno == EINTR)
		return BQ_OK;
	if (errno == ENOMEM)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory to read %.*s",
			(int)bq_span_first(j->from.path, 120).len, j->from.path.ptr);
	source_skip(&j->base, j->from.path, j->lines.number + 1, true, stream_reason(&j->stream));
	return BQ_END;
}

static struct line skip_mark(struct line line)
{
	bool has = bq_span_starts(bq_span_make(line.ptr, line.len), BQ_SPAN("\xef\xbb\xbf"));

	return has ? (struct line){ line.ptr + 3, line.len - 3 } : line;
}

static int next_doc(struct source *s, struct bq_doc_in *out, struct bq_error *err)
{
	struct jsonl *j = (struct jsonl *)s;

	for (;;) {
		char reason[256];
		const char *wrong;
		struct line line;
		int got, rc = source_check_stop(s, err);

		if (rc != BQ_OK)
			return rc;
		release_record(j);
		got = lines_next(&j->lines, &line);
		s->bytes_done = stream_taken(&j->stream);
		if (got == 0)
			return BQ_END;
		if (got < 0)
			rc = judge_failure(j, err);
		if (rc != BQ_OK)
			return rc;
		if (got < 0)
			continue;
		if (j->lines.number == 1)
			line = skip_mark(line);
		if (is_empty(line) && !j->lines.is_too_long)
			continue;
		wrong = parse_record(j, line, out, reason);
		if (wrong == NULL)
			return BQ_OK;
		source_skip(s, j->from.path, j->lines.number, true, wrong);
	}
}

/* What is left of a file from where its descriptor stands. */
static int measure_jsonl(const struct source *s, uint64_t *bytes, struct bq_error *err)
{
	const struct jsonl *j = (const struct jsonl *)s;
	struct stat st;
	off_t at = lseek(j->from.fd, 0, SEEK_CUR);

	(void)err;
	*bytes = 0;
	if (fstat(j->from.fd, &st) != 0 || !S_ISREG(st.st_mode) || at < 0)
		return BQ_END;
	*bytes = st.st_size > at ? (uint64_t)(st.st_size - at) : 0;
	return BQ_OK;
}

static void close_jsonl(struct source *s)
{
	struct jsonl *j = (struct jsonl *)s;

	release_record(j);
	bq_buf_release(&j->rest);
	lines_release(&j->lines);
	stream_release(&j->stream);
	(void)close(j->from.fd);
	free(j);
}

static const struct source_ops jsonl_ops = { next_doc, measure_jsonl, close_jsonl };

int jsonl_open(const struct jsonl_origin *from, const struct source *base, struct source **out, struct bq_error *err)
{
	struct jsonl *j = calloc(1, sizeof *j);

	if (j == NULL) {
		(void)close(from->fd);
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a source");
	}
	j->base = *base;
	j->base.ops = &jsonl_ops;
	j->base.bytes_done = 0;
	j->from = *from;
	if (stream_init(&j->stream, from->fd, from->packing, base->opts->stop) != 0) {
		close_jsonl(&j->base);
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a source");
	}
	lines_init(&j->lines, &j->stream, from->packing == PACKING_NONE ? LINES_MAX : LINES_MAX_UNPACKED);
	*out = &j->base;
	return BQ_OK;
}
