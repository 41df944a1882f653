/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One hit as lines: HIT and its SNIPs.
 */
#include "server/verb/verb.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <bq/utf8.h>

#include "server/wire/doc_token.h"

static const char *const at_words[] = { "file", "text", "record" };

static const struct bq_leaf *leaf_of(const struct hit_lines *lines)
{
	return lines->job->view.indexes[lines->hit.index]->leaves[lines->hit.leaf];
}

int verb_hit_open(struct hit_lines *lines, struct bq_error *err)
{
	struct bq_read rd = { &lines->w->mem, { 0 } };

	lines->places = (struct bq_places){ 0 };
	int rc = bq_leaf_head(leaf_of(lines), lines->hit.doc, &lines->head, &rd);
	if (rc != BQ_OK) {
		*err = rd.error;
		return rd.error.msg[0] != '\0' ? rc : bq_error_set(err, rc, 0, "the document cannot be read");
	}
	if (lines->query == NULL)
		return BQ_OK;
	rc = bq_query_places(lines->query, &lines->hit, &lines->head, lines->job->opts.hits, &lines->places, err);
	return rc == BQ_ENOTFOUND ? BQ_OK : rc; /* an index that keeps no text has no places */
}

/* ---- members ----------------------------------------------------------- */

static void put_doc(struct response *r, const struct hit_lines *lines)
{
	const struct live_gen *g = lines->job->gens[lines->hit.index];
	struct doc_token token = { g->ix->gen, g->uid, lines->hit.leaf, lines->hit.doc };
	char text[DOC_TOKEN_BYTES];

	doc_token_format(&token, text);
	response_put_text(r, "doc", text);
}

/* Look at the file `path`, which ends in NUL, unless it is the one at hand. */
static void look_at(struct hit_file *f, struct bq_span path)
{
	struct stat st = { 0 };

	if (path.len != 0 && bq_span_eq(bq_span_make(f->path, f->path_len), path))
		return;
	f->path_len = path.len <= sizeof f->path ? path.len : 0;
	if (f->path_len != 0)
		memcpy(f->path, path.ptr, path.len);
	f->error = stat(path.ptr, &st) == 0 ? 0 : errno;
	f->mtime_us = (int64_t)st.st_mtim.tv_sec * 1000000 + st.st_mtim.tv_nsec / 1000;
	f->bytes = st.st_size;
}

/* "stale" or "gone": what the file on disk is compared to when it was indexed. */
static void put_freshness(struct response *r, const struct bq_doc_head *head, struct hit_file *file,
	struct bq_span path)
{
	if (head->file_bytes < 0 && head->mtime_us == INT64_MIN)
		return;
	look_at(file, path);
	if (file->error == ENOENT || file->error == ENOTDIR)
		response_put_bool(r, "gone", true);
	if (file->error != 0)
		return;
	if ((head->file_bytes >= 0 && file->bytes != head->file_bytes) ||
		(head->mtime_us != INT64_MIN && file->mtime_us != head->mtime_us))
		response_put_bool(r, "stale", true);
}

/* `path` under `root`, with a NUL behind it; "" when there is no room. */
static struct bq_span join_path(struct bq_arena *mem, struct bq_span root, struct bq_span path)
{
	bool wants_slash = root.ptr[root.len - 1] != '/';
	size_t n = root.len + wants_slash + path.len;
	char *p = bq_arena_alloc(mem, n + 1);

	if (p == NULL)
		return BQ_SPAN("");
	memcpy(p, root.ptr, root.len);
	if (wants_slash)
		p[root.len] = '/';
	if (path.len != 0)
		memcpy(p + root.len + wants_slash, path.ptr, path.len);
	p[n] = '\0';
	return bq_span_make(p, n);
}

/* "path" and what goes with it: absolute, or "-" for standard input. */
static void put_path(struct response *r, const struct hit_lines *lines)
{
	const struct bq_index *ix = lines->job->view.indexes[lines->hit.index];
	const struct bq_doc_head *head = &lines->head;
	struct bq_span root = head->source < ix->n_sources ? ix->sources[head->source] : (struct bq_span){ NULL, 0 };
	bool is_file = root.len > 0 && !bq_span_eq(head->path, BQ_SPAN("-"));
	struct bq_span path = head->path;

	if (is_file)
		path = join_path(&lines->w->mem, root, path);
	if (bq_utf8_check(path) == path.len) {
		response_put_str(r, "path", path);
	} else {
		response_put_name(r, "path_b64");
		bq_buf_put_base64(r->out, path);
	}
	if (is_file)
		put_freshness(r, head, lines->file, path);
}

static void put_ranges(struct response *r, const char *name, const struct bq_range *ranges, uint32_t n)
{
	response_open(r, name, '[');
	for (uint32_t i = 0; i < n; i++) {
		response_put_name(r, NULL);
		bq_buf_printf(r->out, "[%u,%u]", ranges[i].from, ranges[i].to);
	}
	response_close(r, ']');
}

static void put_place(struct response *r, const struct bq_place *p)
{
	if (p->in_title) {
		response_put_text(r, "in", "title");
		return;
	}
	response_put_u64(r, "line", p->line);
	response_put_u64(r, "col", p->col);
	response_put_u64(r, "off", p->off);
	response_put_u64(r, "len", p->len);
}

static void put_title(struct response *r, const struct hit_lines *lines)
{
	struct bq_span title = bq_utf8_cut(lines->head.title, BQP_MAX_TITLE);

	response_put_str(r, "title", title);
	if (lines->head.title_cut || title.len < lines->head.title.len)
		response_put_bool(r, "cut", true);
	if (lines->has_places && lines->places.n_title_marks > 0)
		put_ranges(r, "tm", lines->places.title_marks, lines->places.n_title_marks);
}

static void begin_hit(const struct hit_lines *lines)
{
	struct response *r = &lines->job->re;

	response_begin(r, "HIT");
	response_put_u64(r, "r", lines->rank);
	put_doc(r, lines);
}

void verb_hit_put(struct hit_lines *lines)
{
	struct response *r = &lines->job->re;
	const struct bq_doc_head *head = &lines->head;

	begin_hit(lines);
	if (head->id.len > 0)
		response_put_str(r, "id", head->id);
	response_put_score(r, "score", lines->hit.score);
	response_put_bool(r, "all", lines->hit.all);
	put_path(r, lines);
	put_title(r, lines);
	response_put_text(r, "at", at_words[head->at <= BQ_AT_RECORD ? head->at : BQ_AT_TEXT]);
	if (lines->has_places && lines->places.n > 0)
		put_place(r, &lines->places.places[0]);
	if (head->file_line > 0)
		response_put_u64(r, "file_line", head->file_line);
	if (head->mtime_us != INT64_MIN)
		response_put_i64(r, "mtime", head->mtime_us);
	response_put_text(r, "index", lines->job->gens[lines->hit.index]->name);
	if (response_end(r))
		return;
	begin_hit(lines); /* an id or path too long for a line: the token still works */
	response_put_score(r, "score", lines->hit.score);
	response_put_bool(r, "all", lines->hit.all);
	response_put_bool(r, "cut", true);
	(void)response_end(r);
}

/* ---- snippets ---------------------------------------------------------- */

/* One SNIP; an index that keeps no text has none. */
static int put_snip(struct hit_lines *lines, uint32_t i, struct bq_error *err)
{
	const struct bq_place *place = &lines->places.places[i];
	struct response *r = &lines->job->re;
	struct bq_snip snip = { 0 };
	int rc = BQ_OK;

	if (!place->in_title)
		rc = bq_query_snip(lines->query, &lines->hit, &lines->head, place, lines->job->opts.ctx, &snip, err);
	else if (lines->has_places) /* HIT has said it */
		return BQ_OK;
	if (rc != BQ_OK)
		return rc == BQ_ENOTFOUND ? BQ_OK : rc;
	response_begin(r, "SNIP");
	response_put_u64(r, "r", lines->rank);
	if (lines->says_doc)
		put_doc(r, lines);
	if (lines->job->opts.hits > 1)
		response_put_u64(r, "p", i + 1);
	put_place(r, place);
	if (!lines->has_places && i == 0 && lines->places.n_title_marks > 0)
		put_ranges(r, "tm", lines->places.title_marks, lines->places.n_title_marks);
	if (!place->in_title) {
		response_put_str(r, "text", snip.text);
		response_put_u64(r, "tline", snip.tline);
		put_ranges(r, "m", snip.marks, snip.n_marks);
		if (snip.is_cut)
			response_put_bool(r, "cut", true);
	}
	(void)response_end(r);
	return BQ_OK;
}

int verb_hit_put_snips(struct hit_lines *lines, uint32_t *place, struct bq_error *err)
{
	int rc = BQ_OK;

	while (rc == BQ_OK && *place < lines->places.n) {
		if (job_is_full(lines->job))
			return BQ_END;
		rc = put_snip(lines, *place, err);
		++*place;
	}
	return rc;
}
