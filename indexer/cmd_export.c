/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bqindex export: the documents of an index as JSON lines, as `build` reads them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <bq/buf.h>
#include <bq/index.h>
#include <bq/log.h>

#include "options.h"
#include "outfile.h"
#include "source/lines.h"
#include "stop.h"

struct export {
	const struct options *o;
	struct bq_index *ix;
	struct bq_arena mem; /* of `read`; reset between documents */
	struct bq_read read;
	struct bq_buf line;
	FILE *out;
	bool has_failed;
	uint64_t n_docs, n_cut; /* exported; of them without the end of their title */
};

/* What went wrong with one document: it is named. */
static void fail_doc(struct export *x, const struct bq_leaf *l, uint32_t doc, const struct bq_doc_head *h,
	const char *why)
{
	struct bq_span name = bq_span_first(h->id.len != 0 ? h->id : h->path, 200);

	complain("%s: document %" PRIu64 ".%" PRIu32 " (%.*s): %s", x->o->index, l->number, doc, (int)name.len,
		name.ptr, why);
	x->has_failed = true;
}

/* ---- one line ---------------------------------------------------------- */

static void put_string(struct export *x, const char *name, struct bq_span s)
{
	bq_buf_printf(&x->line, "%s\"%s\":", x->line.len == 1 ? "" : ",", name);
	bq_buf_put_json(&x->line, s);
}

/* Where it was, for who reads the lines; a member of that name that the
 * document has itself stays what it is. */
static void put_origin(struct export *x, const struct bq_doc_head *h, const json_t *fields)
{
	if (h->at != BQ_AT_RECORD && json_object_get(fields, "path") == NULL)
		put_string(x, "path", h->path);
	if (h->mtime_us != INT64_MIN && json_object_get(fields, "mtime") == NULL)
		bq_buf_printf(&x->line, ",\"mtime\":%" PRId64, h->mtime_us);
}

/* The document's other members; printed anew, so that a line stays one line
 * whatever is stored. */
static const char *put_fields(struct export *x, const json_t *fields)
{
	char *text;

	if (json_object_size(fields) == 0)
		return NULL;
	text = json_dumps(fields, JSON_COMPACT);
	if (text == NULL)
		return "no memory for its other members";
	bq_buf_put_u8(&x->line, ',');
	bq_buf_put(&x->line, text + 1, strlen(text) - 2); /* without { and } */
	free(text);
	return NULL;
}

static bool is_ours(const json_t *fields)
{
	return json_object_get(fields, "id") != NULL || json_object_get(fields, "title") != NULL
		|| json_object_get(fields, "text") != NULL;
}

static const char *put_line(struct export *x, const struct bq_doc_head *h, struct bq_span text, const json_t *fields)
{
	const char *wrong;

	bq_buf_clear(&x->line);
	bq_buf_put_u8(&x->line, '{');
	if (h->id.len != 0)
		put_string(x, "id", h->id);
	if (h->title.len != 0)
		put_string(x, "title", h->title);
	put_string(x, "text", text);
	put_origin(x, h, fields);
	wrong = put_fields(x, fields);
	bq_buf_put_span(&x->line, BQ_SPAN("}\n"));
	if (wrong != NULL)
		return wrong;
	if (x->line.oom)
		return "no memory for its line";
	return x->line.len <= LINES_MAX ? NULL : "its line would be longer than 1 GiB, which build does not read";
}

/* ---- documents --------------------------------------------------------- */

static void export_doc(struct export *x, const struct bq_leaf *l, uint32_t doc, const struct bq_doc_head *h)
{
	struct bq_span text, stored;
	json_t *fields = NULL;
	const char *wrong;
	int rc = bq_leaf_text(l, h, 0, h->text_bytes, &text, &x->read);

	if (rc == BQ_OK)
		rc = bq_leaf_fields(l, h, &stored, &x->read);
	if (rc != BQ_OK) {
		if (x->read.error.status == BQ_OK)
			fail_doc(x, l, doc, h,
				rc == BQ_ENOTFOUND ? "its text is not stored" : "no memory for its text");
		return;
	}
	fields = stored.len == 0 ? json_object() : json_loadb(stored.ptr, stored.len, JSON_ALLOW_NUL, NULL);
	if (!json_is_object(fields) || is_ours(fields))
		wrong = "its other members are damaged";
	else
		wrong = put_line(x, h, text, fields);
	json_decref(fields);
	if (wrong != NULL) {
		fail_doc(x, l, doc, h, wrong);
		return;
	}
	x->n_docs++;
	x->n_cut += h->title_cut && !h->title_in_text;
	x->has_failed = fwrite(x->line.ptr, 1, x->line.len, x->out) != x->line.len;
}

static bool goes_on(struct export *x)
{
	if (x->mem.oom && x->read.error.status == BQ_OK)
		(void)bq_error_set(&x->read.error, BQ_ENOMEM, 0, "out of memory");
	return !x->has_failed && x->read.error.status == BQ_OK && stop_signal == 0;
}

static void export_leaf(struct export *x, const struct bq_leaf *l)
{
	struct bq_doc_head h;

	for (uint32_t doc = 0; doc < l->n_docs && goes_on(x); doc++) {
		if (bq_leaf_is_dead(l, doc))
			continue;
		bq_arena_reset(&x->mem);
		if (bq_leaf_head(l, doc, &h, &x->read) == BQ_OK)
			export_doc(x, l, doc, &h);
		else if (x->read.error.status == BQ_OK)
			(void)bq_error_set(&x->read.error, BQ_EFORMAT, 0, "document %" PRIu64 ".%" PRIu32
				" cannot be read", l->number, doc);
	}
}

/* Everything; true if it is written whole. */
static bool export_all(struct export *x)
{
	for (uint32_t i = 0; i < x->ix->n_leaves && goes_on(x); i++)
		export_leaf(x, x->ix->leaves[i]);
	if (goes_on(x))
		return true;
	if (stop_signal != 0)
		complain("%s: stopped", x->o->index);
	else if (x->read.error.status != BQ_OK)
		complain("%s: %s", x->o->index, x->read.error.msg);
	return false;
}

/* ---- the verb ---------------------------------------------------------- */

static int report(const struct export *x)
{
	bq_log(BQ_LOG_INFO, "%s: %" PRIu64 " documents", x->o->index, x->n_docs);
	if (x->n_cut == 0)
		return EXIT_DONE;
	complain("%s: of %" PRIu64 " titles the index has the first 1,024 bytes only", x->o->index, x->n_cut);
	return EXIT_SKIPPED;
}

/* To FILE, or to standard output: what fails there is said by main(). */
static bool write_out(struct export *x)
{
	struct outfile file;
	struct bq_error err;
	int rc;

	if (x->o->output == NULL) {
		x->out = stdout;
		return export_all(x) && fflush(stdout) == 0;
	}
	rc = outfile_open(&file, x->o->output, &err);
	if (rc == BQ_OK) {
		x->out = file.stream;
		if (export_all(x))
			rc = outfile_commit(&file, &err);
		else
			rc = outfile_abort(&file, &err);
	}
	if (rc != BQ_OK)
		complain("%s", err.msg);
	return rc == BQ_OK && goes_on(x);
}

int cmd_export(const struct options *o)
{
	struct export x = { .o = o };
	struct bq_error err;
	int code = EXIT_FAILED;

	stop_catch();
	if (bq_index_open(o->index, &x.ix, &err) != BQ_OK) {
		complain("%s: %s", o->index, err.msg);
		return EXIT_FAILED;
	}
	bq_arena_init(&x.mem, SIZE_MAX);
	x.read.mem = &x.mem;
	if (write_out(&x))
		code = report(&x);
	bq_buf_release(&x.line);
	bq_arena_release(&x.mem);
	bq_index_unref(x.ix);
	return code;
}
