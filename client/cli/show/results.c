/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/show/results.h"

#include <search.h>
#include <stdlib.h>

#include <bq/utf8.h>

#include "cli/reach/places.h"

#define MAX_TITLE 100 /* bytes shown of a title beside a path */

/* A path as a string with an end, cut never: replies are smaller than this
 * allocation can fail for, and a failed one shows as an empty path. */
static char *copy_path(struct bq_span path) { return strndup(path.len == 0 ? "" : path.ptr, path.len); }

void results_place(const struct bq_client_result *x, uint64_t *line, uint64_t *col)
{
	const struct bq_client_hit *h = &x->hit->as.hit;
	const struct bq_client_snip *s = x->n_snips > 0 ? &x->snips[0].as.snip : NULL;

	*line = *col = 1;
	if (h->at == BQ_REPLY_AT_RECORD) {
		*line = h->file_line > 0 ? h->file_line : 1;
	} else if (h->has_place) {
		*line = h->line;
		*col = h->col;
	} else if (s != NULL && s->has_place) {
		*line = s->line;
		*col = s->col;
	}
}

/* ---- pieces ------------------------------------------------------------ */

static void put_path(struct results *r, const struct bq_client_hit *h)
{
	char *absolute = copy_path(h->path);
	struct bq_span whole = bq_span_of(absolute),
		shown = bq_span_of(absolute == NULL ? NULL : places_shown(absolute));

	if (r->is_raw_path)
		fwrite(shown.ptr, 1, shown.len, r->out.out);
	else
		printer_path(&r->out, shown, whole);
	free(absolute);
}

static void put_number(struct results *r, uint64_t n)
{
	printer_format(&r->out, PRINTER_LINE, "%llu", (unsigned long long)n);
}

/* One line of a snippet: bytes [from, to) of its text. */
struct snip_line {
	uint32_t from, to;
	uint64_t number;
	bool is_hit;
	uint64_t col; /* of its first mark */
};

/* The line that starts at `from`. */
static struct snip_line line_at(const struct bq_client_snip *s, uint32_t from, uint64_t number)
{
	const char *start = s->text.ptr + from, *lf = memchr(start, '\n', s->text.len - from);
	struct snip_line l = { from, lf == NULL ? (uint32_t)s->text.len : (uint32_t)(lf - s->text.ptr), number, false,
		1 };

	for (uint32_t i = 0; i < s->n_marks && !l.is_hit; i++) {
		l.is_hit = s->marks[i].from < l.to && s->marks[i].to > l.from;
		l.col = l.is_hit && s->marks[i].from > l.from ? s->marks[i].from - l.from + 1 : 1;
	}
	if (s->has_place && number == s->line) {
		l.is_hit = true;
		l.col = s->col; /* a cut text does not start where its line does */
	}
	return l;
}

/* The byte-order mark a file starts with is no text; columns count it. */
static uint32_t behind_bom(const struct bq_client_snip *s, uint32_t from)
{
	bool is_start = from == 0 && s->first_line <= 1 && bq_span_starts(s->text, BQ_SPAN("\xef\xbb\xbf"));

	return is_start ? 3 : from;
}

static void put_marked(struct results *r, const struct bq_client_snip *s, uint32_t from, uint32_t to)
{
	from = behind_bom(s, from);
	struct printer_marks marks = { s->marks, s->n_marks, from };

	while (to > from && (s->text.ptr[to - 1] == '\n' || s->text.ptr[to - 1] == '\r'))
		to--;
	printer_marked(&r->out, bq_span_make(s->text.ptr + from, to - from), &marks);
}

/* A snippet as numbered lines: 88:5:text for a hit, 87-text around it; with the
 * path in front where lines must stand for themselves. */
static void put_lines(struct results *r, const struct bq_client_hit *h, const struct bq_client_snip *s, double *score)
{
	uint64_t number = s->first_line > 0 ? s->first_line : 1;

	for (uint32_t at = 0; at < s->text.len; number++) {
		struct snip_line l = line_at(s, at, number);
		const char *sep = l.is_hit ? ":" : "-";
		if (score != NULL) {
			put_path(r, h);
			printer_text(&r->out, PRINTER_PLAIN, bq_span_of(sep));
		}
		put_number(r, number);
		if (l.is_hit)
			printer_format(&r->out, PRINTER_PLAIN, ":%llu", (unsigned long long)l.col);
		if (l.is_hit && score != NULL)
			printer_format(&r->out, PRINTER_PLAIN, ":%.3f", *score);
		printer_text(&r->out, PRINTER_PLAIN, bq_span_of(sep));
		put_marked(r, s, l.from, l.to);
		printer_newline(&r->out);
		at = l.to + 1;
	}
}

/* The hit's text on one line: its snippet, or its title where that is the hit. */
static void put_text(struct results *r, const struct bq_client_result *x)
{
	const struct bq_client_hit *h = &x->hit->as.hit;
	struct printer_marks marks = { h->marks, h->n_marks, 0 };

	if (x->n_snips > 0)
		put_marked(r, &x->snips[0].as.snip, 0, (uint32_t)x->snips[0].as.snip.text.len);
	else
		printer_marked(&r->out, h->title, &marks);
}

/* ---- forms ------------------------------------------------------------- */

/* A title is cut where there is text below it: that of a text without a heading
 * is its first paragraph, and would fill the screen. */
static void put_title(struct results *r, const struct bq_client_hit *h, bool has_text)
{
	struct printer_marks marks = { h->marks, h->n_marks, 0 };
	struct bq_span title = h->title;
	bool is_cut = has_text && title.len > MAX_TITLE;

	if (is_cut) {
		title.len = MAX_TITLE;
		while (title.len > 0 && bq_utf8_is_tail(h->title.ptr[title.len]))
			title.len--;
	}
	printer_text(&r->out, PRINTER_PLAIN, BQ_SPAN("  "));
	printer_marked(&r->out, title, &marks);
	if (is_cut)
		printer_text(&r->out, PRINTER_FAINT, BQ_SPAN("..."));
}

static void put_grouped(struct results *r, const struct bq_client_result *x)
{
	const struct bq_client_hit *h = &x->hit->as.hit;

	if (r->shown > 0)
		printer_newline(&r->out);
	put_path(r, h);
	if (h->at == BQ_REPLY_AT_RECORD && h->file_line > 0)
		printer_format(&r->out, PRINTER_LINE, ":%llu", (unsigned long long)h->file_line);
	printer_format(&r->out, PRINTER_FAINT, "  %.3f", h->score);
	if (h->id.len > 0) {
		printer_text(&r->out, PRINTER_PLAIN, BQ_SPAN("  "));
		printer_text(&r->out, PRINTER_FAINT, h->id);
	}
	if (h->title.len > 0)
		put_title(r, h, x->n_snips > 0);
	if (h->is_gone || h->is_stale)
		printer_format(&r->out, PRINTER_FAINT, "  (%s since it was indexed)", h->is_gone ? "gone" : "changed");
	printer_newline(&r->out);
	for (uint32_t i = 0; i < x->n_snips; i++)
		put_lines(r, h, &x->snips[i].as.snip, NULL);
}

static void put_one_line(struct results *r, const struct bq_client_result *x)
{
	const struct bq_client_hit *h = &x->hit->as.hit;
	uint64_t line, col;

	results_place(x, &line, &col);
	put_path(r, h);
	printer_format(&r->out, PRINTER_PLAIN, ":");
	put_number(r, line);
	printer_format(&r->out, PRINTER_PLAIN, ":%llu:", (unsigned long long)col);
	if (r->form == RESULTS_PLAIN)
		printer_format(&r->out, PRINTER_PLAIN, "%.3f:", h->score);
	put_text(r, x);
	printer_newline(&r->out);
}

static void put_plain(struct results *r, const struct bq_client_result *x)
{
	double score = x->hit->as.hit.score;

	if (!r->has_context || x->n_snips == 0) {
		put_one_line(r, x);
		return;
	}
	if (r->shown > 0)
		fputs("--\n", r->out.out);
	put_lines(r, &x->hit->as.hit, &x->snips[0].as.snip, &score);
}

static int compare_paths(const void *a, const void *b) { return strcmp(a, b); }

/* Whether a record's file was listed before.  Other documents have a path each. */
static bool was_listed(struct results *r, const struct bq_client_hit *h)
{
	if (h->at != BQ_REPLY_AT_RECORD)
		return false;
	char *path = copy_path(h->path);
	void *slot = path == NULL ? NULL : tsearch(path, &r->seen_paths, compare_paths);
	bool listed = slot != NULL && *(char **)slot != path;
	if (listed || slot == NULL)
		free(path);
	return listed;
}

static void put_path_only(struct results *r, const struct bq_client_result *x)
{
	if (was_listed(r, &x->hit->as.hit))
		return;
	put_path(r, &x->hit->as.hit);
	putc(r->path_end, r->out.out);
}

static void put_json(struct results *r, const struct bq_client_result *x)
{
	printer_json(&r->out, "\"kind\":\"HIT\"", x->hit->object);
	for (uint32_t i = 0; i < x->n_snips; i++)
		printer_json(&r->out, "\"kind\":\"SNIP\"", x->snips[i].object);
}

void results_put(struct results *r, const struct bq_client_result *x)
{
	switch (r->form) {
	case RESULTS_GROUPED: put_grouped(r, x); break;
	case RESULTS_PLAIN: put_plain(r, x); break;
	case RESULTS_VIMGREP: put_one_line(r, x); break;
	case RESULTS_PATHS: put_path_only(r, x); break;
	case RESULTS_JSON: put_json(r, x); break;
	case RESULTS_NONE: break;
	}
	r->shown++;
}

void results_release(struct results *r)
{
	tdestroy(r->seen_paths, free);
	r->seen_paths = NULL;
}
