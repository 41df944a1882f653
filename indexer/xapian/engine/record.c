/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian/engine/record.h"

#include <inttypes.h>
#include <stdlib.h>

#include <bq/bytes.h>

enum { MAX_TITLE = 1024, MAX_SAMPLE = 100, N_NUMBERS = 9 };

/* ---- writing ---------------------------------------------------------------- */

static void write_line(struct bq_buf *out, const char *name, struct bq_span value)
{
	if (value.len == 0)
		return;
	bq_buf_printf(out, "%s=", name);
	for (size_t i = 0; i < value.len; i++) {
		if (value.ptr[i] == '\n' || value.ptr[i] == '\\')
			bq_buf_put_u8(out, '\\');
		bq_buf_put_u8(out, value.ptr[i] == '\n' ? 'n' : (uint8_t)value.ptr[i]);
	}
	bq_buf_put_u8(out, '\n');
}

void record_write(const struct record *r, struct bq_buf *out)
{
	const struct bq_doc_head *h = &r->head;

	write_line(out, "id", h->id);
	write_line(out, "path", h->path);
	write_line(out, "caption", h->title);
	if (h->mtime_us != INT64_MIN)
		bq_buf_printf(out, "modtime_us=%" PRId64 "\n", h->mtime_us);
	if (h->file_bytes >= 0)
		bq_buf_printf(out, "size=%" PRId64 "\n", h->file_bytes);
	bq_buf_printf(out, "bq=%u %u %d %u %u %u %u %" PRIu64 " %zu\n\n", h->source, h->at, h->title_in_text, h->title_pos,
		h->title_words, h->body_pos, h->words, h->file_line, r->fields.len);
	bq_buf_put_span(out, r->fields);
	bq_buf_put_span(out, r->text);
}

/* ---- reading ------------------------------------------------------------------ */

static struct bq_span take_line(struct bq_span *rest)
{
	const char *lf = rest->len == 0 ? NULL : memchr(rest->ptr, '\n', rest->len);
	struct bq_span line = bq_span_first(*rest, lf == NULL ? rest->len : (size_t)(lf - rest->ptr));

	*rest = bq_span_from(*rest, line.len + 1);
	return line;
}

static struct bq_span unescape(struct bq_span s, struct bq_arena *mem)
{
	char *to;
	size_t n = 0;

	if (s.len == 0 || memchr(s.ptr, '\\', s.len) == NULL)
		return s;
	to = bq_arena_alloc(mem, s.len);
	if (to == NULL)
		return BQ_SPAN("");
	for (size_t i = 0; i < s.len; i++) {
		bool is_escape = s.ptr[i] == '\\' && i + 1 < s.len;
		i += is_escape;
		to[n++] = is_escape && s.ptr[i] == 'n' ? '\n' : s.ptr[i];
	}
	return bq_span_make(to, n);
}

/* A decimal number up to `max` at the start of *s, and the blank behind it. */
static bool take_number(struct bq_span *s, uint64_t max, uint64_t *out)
{
	size_t i = 0;

	*out = 0;
	for (; i < s->len && s->ptr[i] >= '0' && s->ptr[i] <= '9'; i++)
		if (__builtin_mul_overflow(*out, 10u, out) || __builtin_add_overflow(*out, (uint64_t)(s->ptr[i] - '0'), out))
			return false;
	if (i == 0 || *out > max || (i < s->len && s->ptr[i] != ' '))
		return false;
	*s = bq_span_from(*s, i + 1);
	return true;
}

/* The numbers of the `bq` line. */
static bool read_numbers(struct bq_span s, struct record *r, uint64_t *fields)
{
	static const uint64_t max[N_NUMBERS] = { UINT32_MAX, BQ_AT_RECORD, 1, BQ_MAX_POS, BQ_MAX_POS, BQ_MAX_POS, BQ_MAX_POS,
		UINT64_MAX, UINT32_MAX };
	struct bq_doc_head *h = &r->head;
	uint64_t n[N_NUMBERS];

	for (int i = 0; i < N_NUMBERS; i++)
		if (!take_number(&s, max[i], &n[i]))
			return false;
	h->source = (uint32_t)n[0];
	h->at = (uint8_t)n[1];
	h->title_in_text = n[2] != 0;
	h->title_pos = (uint32_t)n[3];
	h->title_words = (uint32_t)n[4];
	h->body_pos = (uint32_t)n[5];
	h->words = (uint32_t)n[6];
	h->file_line = n[7];
	*fields = n[8];
	r->is_ours = s.len == 0;
	return r->is_ours;
}

/* file:///a/b is a/b of source /, what others wrote is not decoded further; any
 * other address is of no source that could be looked into. */
void record_take_url(struct bq_span url, struct bq_span *path, uint32_t *source)
{
	bool is_file = bq_span_starts(url, BQ_SPAN("file:///"));

	*path = is_file ? bq_span_from(url, 8) : url;
	*source = is_file ? RECORD_FILES : RECORD_ADDRESSES;
}

struct bq_span record_take_sample(struct bq_span value)
{
	const struct bq_span made = BQ_SPAN_INIT("?!#@");

	return bq_span_starts(value, made) ? bq_span_from(value, made.len) : value;
}

static int64_t number_of(struct bq_span s, int64_t unit, int64_t otherwise)
{
	uint64_t n;
	int64_t out;

	if (!take_number(&s, INT64_MAX, &n) || s.len != 0 || __builtin_mul_overflow((int64_t)n, unit, &out))
		return otherwise;
	return out;
}

static bool read_value(struct bq_span name, struct bq_span value, struct bq_arena *mem, struct record *r,
	uint64_t *fields)
{
	struct bq_doc_head *h = &r->head;
	bool is_negative = value.len != 0 && value.ptr[0] == '-';

	if (bq_span_eq(name, BQ_SPAN("id")))
		h->id = unescape(value, mem);
	else if (bq_span_eq(name, BQ_SPAN("path")))
		h->path = unescape(value, mem);
	else if (bq_span_eq(name, BQ_SPAN("url")))
		record_take_url(value, &h->path, &h->source);
	else if (bq_span_eq(name, BQ_SPAN("caption")) || bq_span_eq(name, BQ_SPAN("title")))
		h->title = unescape(value, mem);
	else if (bq_span_eq(name, BQ_SPAN("modtime_us")))
		h->mtime_us = is_negative ? -number_of(bq_span_from(value, 1), 1, INT64_MAX) : number_of(value, 1, INT64_MIN);
	else if (bq_span_eq(name, BQ_SPAN("modtime")))
		h->mtime_us = number_of(value, 1000000, INT64_MIN);
	else if (bq_span_eq(name, BQ_SPAN("size")))
		h->file_bytes = number_of(value, 1, -1);
	else if (bq_span_eq(name, BQ_SPAN("sample")) || bq_span_eq(name, BQ_SPAN("abstract")))
		r->sample = record_take_sample(value);
	else if (bq_span_eq(name, BQ_SPAN("bq")))
		return read_numbers(value, r, fields);
	return true;
}

static void cut_title(struct bq_doc_head *h)
{
	size_t n = MAX_TITLE;

	if (h->title.len <= MAX_TITLE)
		return;
	while (n > 0 && ((unsigned char)h->title.ptr[n] & 0xc0) == 0x80)
		n--;
	h->title = bq_span_first(h->title, n);
	h->title_cut = true;
}

/* As much of it as makes a title: whole words. */
static struct bq_span first_words(struct bq_span s)
{
	size_t n = MAX_SAMPLE;

	if (s.len <= MAX_SAMPLE)
		return s;
	while (n > 0 && s.ptr[n] != ' ')
		n--;
	return n == 0 ? BQ_SPAN("") : bq_span_first(s, n);
}

bool record_read(struct bq_span data, struct bq_arena *mem, struct record *out)
{
	struct bq_span rest = data;
	uint64_t fields = 0;

	*out = (struct record){ .head = { .id = BQ_SPAN(""), .path = BQ_SPAN(""), .title = BQ_SPAN(""), .at = BQ_AT_TEXT,
		.mtime_us = INT64_MIN, .file_bytes = -1 }, .fields = BQ_SPAN(""), .text = BQ_SPAN(""), .sample = BQ_SPAN("") };
	while (rest.len != 0) {
		struct bq_span line = take_line(&rest);
		const char *equals = line.len == 0 ? NULL : memchr(line.ptr, '=', line.len);
		if (line.len == 0)
			break;
		if (equals == NULL)
			continue;
		size_t n = (size_t)(equals - line.ptr);
		if (!read_value(bq_span_first(line, n), bq_span_from(line, n + 1), mem, out, &fields))
			return false;
	}
	if (!out->is_ours && out->head.title.len == 0)
		out->head.title = first_words(out->sample);
	cut_title(&out->head);
	if (!out->is_ours)
		return true;
	if (fields > rest.len)
		return false;
	out->fields = bq_span_first(rest, (size_t)fields);
	out->text = bq_span_from(rest, (size_t)fields);
	out->head.text_bytes = out->text.len;
	return true;
}

bool record_mark(struct bq_span marks, const struct bq_doc_head *head, uint32_t ord, struct bq_mark *out)
{
	struct bq_reader r = bq_reader_of(marks.ptr, marks.len);

	*out = (struct bq_mark){ 0, 0, 1 };
	for (uint32_t i = 0; i < ord / BQ_MARK_WORDS && !r.bad; i++) {
		out->ord += BQ_MARK_WORDS;
		out->off += bq_read_varint(&r);
		out->line += bq_read_varint(&r);
	}
	return !r.bad && out->off <= head->text_bytes;
}
