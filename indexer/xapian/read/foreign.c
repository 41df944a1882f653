/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian/read/foreign.h"

#include <math.h>
#include <stdlib.h>

#include <bq/utf8.h>

#include "source/safejson.h"
#include "xapian/engine/record.h"
#include "xapian/engine/shard.h"
#include "xapian/read/retell.h"

enum { BATCH = 256, MAX_NAME = 64, MAX_ID = 4096 };

/* What notmuch keeps in the values of a message. */
enum { MAIL_TIME = 0, MAIL_FROM = 2, MAIL_SUBJECT = 3 };

struct foreign {
	struct shard *s;
	struct bq_read *rd;
	struct bq_doc_in *out;
	struct xapian_c_document *d;
	uint32_t docid;
	json_t *members;        /* what has no other place */
	json_t *labels;         /* notmuch's tags, an array */
	struct bq_span data, sample;
	struct retell words;
	struct bq_span id_term; /* of the only Q term, without the Q */
	uint32_t n_id_terms;
	bool has_text;          /* out->text is the whole text */
	bool is_mail;
	bool oom;
};

/* ---- members ------------------------------------------------------------------- */

/* A string of any bytes: what is not UTF-8 is replaced. */
static json_t *make_string(struct foreign *f, struct bq_span s)
{
	struct bq_buf quoted = BQ_BUF_INIT;
	json_t *v = NULL;
	bool oom;

	bq_buf_put_json(&quoted, s);
	if (!quoted.oom)
		v = safejson_load(bq_buf_span(&quoted), JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL, &oom);
	bq_buf_release(&quoted);
	f->oom |= v == NULL;
	return v;
}

/* One more value under `name`: several become an array. */
static void add_member(struct foreign *f, struct bq_span name, struct bq_span value)
{
	json_t *v = make_string(f, value), *old, *both;
	char key[MAX_NAME + 1];

	memcpy(key, name.ptr, name.len);
	key[name.len] = '\0';
	old = json_object_get(f->members, key);
	if (v == NULL || old == NULL || json_is_array(old)) {
		f->oom |= (old == NULL ? json_object_set_new(f->members, key, v) : json_array_append_new(old, v)) != 0;
		return;
	}
	both = json_array();
	f->oom |= json_array_append(both, old) != 0;
	f->oom |= json_array_append_new(both, v) != 0; /* takes v in any case */
	f->oom |= json_object_set_new(f->members, key, both) != 0;
}

/* ---- data: name=value lines ------------------------------------------------------- */

static struct bq_span take_line(struct bq_span *rest)
{
	const char *lf = rest->len == 0 ? NULL : memchr(rest->ptr, '\n', rest->len);
	struct bq_span line = bq_span_first(*rest, lf == NULL ? rest->len : (size_t)(lf - rest->ptr));

	*rest = bq_span_from(*rest, line.len + 1);
	return line.len != 0 && line.ptr[line.len - 1] == '\r' ? bq_span_first(line, line.len - 1) : line;
}

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

/* How long the name before the = of a line is; 0 if it is no such line. */
static size_t name_length(struct bq_span line)
{
	size_t n = 0;

	while (n < line.len && n <= MAX_NAME && is_name_byte(line.ptr[n]))
		n++;
	return n < line.len && n <= MAX_NAME && line.ptr[n] == '=' ? n : 0;
}

/* Whether every line is one, and there is one. */
static bool is_lines(struct bq_span data)
{
	bool any = false;

	while (data.len != 0) {
		struct bq_span line = take_line(&data);
		if (line.len != 0 && name_length(line) == 0)
			return false;
		any |= line.len != 0;
	}
	return any;
}

/* A count of seconds or bytes, times `unit`. */
static bool take_number(struct bq_span s, int64_t unit, int64_t *out)
{
	int64_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < '0' || s.ptr[i] > '9' || __builtin_mul_overflow(n, 10, &n) ||
			__builtin_add_overflow(n, s.ptr[i] - '0', &n))
			return false;
	return s.len != 0 && !__builtin_mul_overflow(n, unit, out);
}

static bool is_one_of(struct bq_span s, const char *const names[2])
{
	return bq_span_eq(s, bq_span_of(names[0])) || bq_span_eq(s, bq_span_of(names[1]));
}

/* A value with a place of its own in a document; false: it is a member. */
static bool take_value(struct foreign *f, struct bq_span name, struct bq_span value)
{
	static const char *const titles[] = { "caption", "title" }, *const times[] = { "modtime", "fmtime" },
		*const sizes[] = { "size", "fbytes" }, *const samples[] = { "sample", "abstract" };
	struct bq_doc_in *out = f->out;

	if (is_one_of(name, times))
		return take_number(value, 1000000, &out->mtime_us);
	if (is_one_of(name, sizes))
		return take_number(value, 1, &out->file_bytes);
	if (is_one_of(name, titles) && out->title.len == 0) {
		out->title = value;
		return true;
	}
	if (bq_span_eq(name, BQ_SPAN("id")) && out->id.len == 0 && value.len <= MAX_ID) {
		out->id = value;
		return true;
	}
	if (bq_span_eq(name, BQ_SPAN("text")) && !f->has_text) {
		out->text = value;
		f->has_text = true;
		return true;
	}
	/* an address is kept as it was, too, and what is no whole text */
	if (bq_span_eq(name, BQ_SPAN("url")) && out->path.len == 0)
		record_take_url(value, &out->path, &out->source);
	else if (is_one_of(name, samples) && f->sample.len == 0)
		f->sample = record_take_sample(value);
	return false;
}

/* Its own parts' names: a second value of one is left out. */
static bool is_ours(struct bq_span name)
{
	return bq_span_eq(name, BQ_SPAN("id")) || bq_span_eq(name, BQ_SPAN("title")) || bq_span_eq(name, BQ_SPAN("text"));
}

static void take_lines(struct foreign *f, struct bq_span data)
{
	while (data.len != 0) {
		struct bq_span line = take_line(&data);
		size_t n = line.len == 0 ? 0 : name_length(line);
		struct bq_span name = bq_span_first(line, n), value = bq_span_from(line, n + 1);
		if (n != 0 && value.len != 0 && !take_value(f, name, value) && !is_ours(name))
			add_member(f, name, value);
	}
}

/* ---- data: JSON, text ---------------------------------------------------------------- */

/* A string or number of the object, taken out of it; "" if there is none. */
static struct bq_span take_string(struct foreign *f, json_t *from, const char *name)
{
	const json_t *v = json_object_get(from, name);
	struct bq_span s = BQ_SPAN("");

	if (json_is_string(v))
		s = bq_arena_dup(f->rd->mem, bq_span_make(json_string_value(v), json_string_length(v)));
	else if (json_is_integer(v))
		s = bq_span_of(bq_arena_printf(f->rd->mem, "%" JSON_INTEGER_FORMAT, json_integer_value(v)));
	(void)json_object_del(from, name);
	return s;
}

static bool take_json(struct foreign *f, struct bq_span data)
{
	json_t *v;
	bool oom;

	if (data.len == 0 || data.ptr[0] != '{')
		return false;
	v = safejson_load(data, JSON_ALLOW_NUL, NULL, &oom);
	f->oom |= oom;
	if (v == NULL)
		return false;
	json_decref(f->members);
	f->members = v;
	f->out->title = take_string(f, v, "title");
	f->out->text = take_string(f, v, "text");
	f->out->id = take_string(f, v, "id");
	if (f->out->id.len > MAX_ID)
		f->out->id = BQ_SPAN("");
	f->has_text = f->out->text.len != 0;
	return true;
}

static bool is_text(struct bq_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < 0x20 && memchr("\t\n\f\r", s.ptr[i], 4) == NULL)
			return false;
	return bq_utf8_check(s) == s.len;
}

/* Words that anybody would count so. */
static size_t count_words(struct bq_span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += (unsigned char)s.ptr[i] > ' ' && (i == 0 || (unsigned char)s.ptr[i - 1] <= ' ');
	return n;
}

/* Data that is neither lines nor JSON is the text if it is as long as what was
 * indexed; else it is a key or the like, and a member. */
static void choose_text(struct foreign *f)
{
	f->oom |= retell_is_short(&f->words);
	bool is_whole = f->data.len != 0 && is_text(f->data) && count_words(f->data) >= retell_count(&f->words) / 2;

	if (f->has_text)
		return;
	if (f->data.len != 0 && !is_whole)
		add_member(f, BQ_SPAN("data"), f->data);
	if (is_whole)
		f->out->text = f->data;
	else if (retell_count(&f->words) == 0)
		f->out->text = f->sample;
	else
		f->oom |= !retell_text(&f->words, f->rd->mem, &f->out->text);
}

/* ---- terms ------------------------------------------------------------------------------ */

/* One term: what begins with a capital has a prefix and is no word. */
static int take_term(struct foreign *f, struct bq_span term, struct xapian_c_error *x)
{
	if (term.len == 0)
		return 0;
	if (term.ptr[0] == 'Q' && f->n_id_terms++ == 0)
		f->id_term = bq_span_from(term, 1);
	else if (term.ptr[0] == 'K')
		f->oom |= json_array_append_new(f->labels, make_string(f, bq_span_from(term, 1))) != 0;
	else if (bq_span_eq(term, BQ_SPAN("Tmail")))
		f->is_mail = true;
	else if (term.ptr[0] < 'A' || term.ptr[0] > 'Z')
		return retell_add(&f->words, f->s, f->docid, term, x);
	return 0;
}

static int take_terms(struct foreign *f, struct xapian_c_error *x)
{
	struct xapian_c_term out[BATCH];
	struct xapian_c_terms *t;
	int n = xapian_c_terms_of_document(f->d, &t, x);

	if (n < 0)
		return n;
	while (n >= 0 && (n = xapian_c_terms_read(t, out, BATCH, x)) > 0)
		for (int i = 0; i < n; i++) {
			struct bq_span term = bq_arena_dup(f->rd->mem, bq_span_make(out[i].text.ptr, out[i].text.len));
			int rc = take_term(f, term, x);
			if (rc < 0) {
				n = rc;
				break;
			}
		}
	xapian_c_terms_free(t);
	return n;
}

/* ---- notmuch ------------------------------------------------------------------------------ */

static int take_slot(struct foreign *f, uint32_t slot, struct bq_span *out, struct xapian_c_error *x)
{
	struct xapian_c_bytes value;
	int rc = xapian_c_document_value(f->d, slot, &value, x);

	*out = rc < 0 ? BQ_SPAN("") : bq_arena_dup(f->rd->mem, bq_span_make(value.ptr, value.len));
	return rc;
}

static void take_time(struct foreign *f, struct bq_span value)
{
	struct xapian_c_bytes number = { value.ptr, value.len };
	double seconds = value.len == 0 ? NAN : xapian_c_number_read(number);

	if (fabs(seconds) < 1e12)
		f->out->mtime_us = (int64_t)(seconds * 1e6);
}

static int take_mail(struct foreign *f, struct xapian_c_error *x)
{
	struct bq_span time, from;
	int rc = take_slot(f, MAIL_TIME, &time, x);

	if (rc == XAPIAN_C_OK)
		rc = take_slot(f, MAIL_FROM, &from, x);
	if (rc == XAPIAN_C_OK)
		rc = take_slot(f, MAIL_SUBJECT, &f->out->title, x);
	if (rc != XAPIAN_C_OK)
		return rc;
	take_time(f, time);
	if (from.len != 0)
		add_member(f, BQ_SPAN("from"), from);
	if (json_array_size(f->labels) != 0)
		f->oom |= json_object_set(f->members, "tags", f->labels) != 0;
	return XAPIAN_C_OK;
}

/* ---- a document ------------------------------------------------------------------------------ */

/* With the lock held: everything but what members become. */
static int gather(struct foreign *f, struct xapian_c_error *x)
{
	struct xapian_c_bytes data;
	int rc = xapian_c_database_document(f->s->db, f->docid, &f->d, x);

	if (rc == XAPIAN_C_OK)
		rc = xapian_c_document_data(f->d, &data, x);
	if (rc == XAPIAN_C_OK)
		rc = take_terms(f, x);
	if (rc == XAPIAN_C_OK && f->is_mail)
		rc = take_mail(f, x);
	if (rc != XAPIAN_C_OK)
		return rc;
	struct bq_span copy = bq_arena_dup(f->rd->mem, bq_span_make(data.ptr, data.len));
	if (is_lines(copy))
		take_lines(f, copy);
	else if (!take_json(f, copy))
		f->data = copy;
	choose_text(f);
	return XAPIAN_C_OK;
}

static bool put_members(struct foreign *f)
{
	char *text;

	if (json_object_size(f->members) == 0)
		return true;
	text = safejson_dump(f->members);
	if (text != NULL)
		f->out->fields = bq_arena_dup(f->rd->mem, bq_span_of(text));
	free(text);
	return text != NULL;
}

static void name_document(struct foreign *f, uint64_t number)
{
	struct bq_doc_in *out = f->out;

	if (out->id.len == 0 && f->n_id_terms == 1)
		out->id = f->id_term;
	if (out->id.len == 0)
		out->id = bq_span_of(bq_arena_printf(f->rd->mem, "%llu", (unsigned long long)number));
	if (out->path.len != 0)
		return;
	out->path = BQ_SPAN("-");
	out->at = BQ_AT_RECORD;
}

static int read_all(struct foreign *f, uint64_t number)
{
	struct xapian_c_error x;

	(void)pthread_mutex_lock(&f->s->lock);
	int rc = gather(f, &x);
	xapian_c_document_free(f->d);
	(void)pthread_mutex_unlock(&f->s->lock);
	if (rc < 0)
		return shard_failed(f->s, f->rd, &x);
	name_document(f, number);
	if (f->oom || !put_members(f) || f->rd->mem->oom) {
		f->rd->mem->oom = true;
		return BQ_ENOMEM;
	}
	return f->out->text.len == 0 && f->out->title.len == 0 ? BQ_ENOTFOUND : BQ_OK;
}

int foreign_read(const struct bq_leaf *l, uint32_t doc, uint64_t number, struct bq_doc_in *out, struct bq_read *rd)
{
	struct foreign f = { .s = shard_of(l), .rd = rd, .out = out, .docid = doc + 1, .members = json_object(),
		.labels = json_array(), .data = BQ_SPAN(""), .sample = BQ_SPAN("") };

	*out = (struct bq_doc_in){ .id = BQ_SPAN(""), .path = BQ_SPAN(""), .title = BQ_SPAN(""), .text = BQ_SPAN(""),
		.fields = BQ_SPAN(""), .at = BQ_AT_TEXT, .mtime_us = INT64_MIN, .file_bytes = -1 };
	int rc = read_all(&f, number);
	json_decref(f.members);
	json_decref(f.labels);
	retell_release(&f.words);
	return rc;
}
