/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/jsonline.h"

#include <inttypes.h>

#include "source/lines.h"
#include "source/safejson.h"

static void put_string(struct bq_buf *line, const char *name, struct bq_span s)
{
	bq_buf_printf(line, "%s\"%s\":", line->len == 1 ? "" : ",", name);
	bq_buf_put_json(line, s);
}

/* Where it was, for who reads the lines; a member of that name that the
 * document has itself stays what it is. */
static void put_origin(struct bq_buf *line, const struct bq_doc_in *doc, const json_t *fields)
{
	if (doc->at != BQ_AT_RECORD && json_object_get(fields, "path") == NULL)
		put_string(line, "path", doc->path);
	if (doc->mtime_us != INT64_MIN && json_object_get(fields, "mtime") == NULL)
		bq_buf_printf(line, ",\"mtime\":%" PRId64, doc->mtime_us);
}

static void put_document(struct bq_buf *line, const struct bq_doc_in *doc, const json_t *fields)
{
	bq_buf_put_u8(line, '{');
	if (doc->id.len != 0)
		put_string(line, "id", doc->id);
	if (doc->title.len != 0)
		put_string(line, "title", doc->title);
	put_string(line, "text", doc->text);
	put_origin(line, doc, fields);
	if (doc->fields.len != 0) {
		bq_buf_put_u8(line, ',');
		bq_buf_put(line, doc->fields.ptr + 1, doc->fields.len - 2); /* without { and } */
	}
	bq_buf_put_span(line, BQ_SPAN("}\n"));
}

int jsonline_write(const struct bq_doc_in *doc, struct bq_buf *line, struct bq_error *err)
{
	struct bq_span name = bq_span_first(doc->id.len != 0 ? doc->id : doc->path, 200);
	json_t *fields = NULL;
	bool oom = false;

	bq_buf_clear(line);
	if (doc->fields.len != 0)
		fields = safejson_load(doc->fields, JSON_ALLOW_NUL, NULL, &oom);
	put_document(line, doc, fields);
	json_decref(fields);
	if (oom || line->oom)
		return bq_error_set(err, BQ_ENOMEM, 0, "document %.*s: no memory for its line",
			(int)name.len, name.ptr);
	if (line->len > LINES_MAX)
		return bq_error_set(err, BQ_ELIMIT, 0,
			"document %.*s: its line would be longer than 1 GiB, which build does not read",
			(int)name.len, name.ptr);
	return BQ_OK;
}
