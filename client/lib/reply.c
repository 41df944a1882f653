/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A reply line as a typed, checked structure:
 *
 *   #7 HIT {"r":1,"path":"/docs/a.md",..}
 *   ~~ ~~~ ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
 *   id kind object
 *
 * Checks are sticky: the readers below leave the first complaint in
 * `struct reading`, give harmless values after it, and the caller asks once.
 */
#include <bq/client.h>

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

struct reading {
	const json_t *root;
	const char *bad; /* the member that is wrong, or NULL */
	struct bq_client_reply *reply;
};

/* ---- members ----------------------------------------------------------- */

static const json_t *member(const struct reading *rd, const char *name) { return json_object_get(rd->root, name); }

static void complain(struct reading *rd, const char *name)
{
	if (rd->bad == NULL)
		rd->bad = name;
}

static struct bq_span span_of(const json_t *v) { return bq_span_make(json_string_value(v), json_string_length(v)); }

/* A string, empty when it is missing. */
static struct bq_span read_string(struct reading *rd, const char *name)
{
	const json_t *v = member(rd, name);

	if (v == NULL)
		return BQ_SPAN("");
	if (!json_is_string(v)) {
		complain(rd, name);
		return BQ_SPAN("");
	}
	return span_of(v);
}

/* A number of at least `min`, or `missing` when it is not there. */
static uint64_t read_number(struct reading *rd, const char *name, json_int_t min, uint64_t missing)
{
	const json_t *v = member(rd, name);

	if (v == NULL)
		return missing;
	if (!json_is_integer(v) || json_integer_value(v) < min) {
		complain(rd, name);
		return missing;
	}
	return (uint64_t)json_integer_value(v);
}

static uint64_t need_number(struct reading *rd, const char *name, json_int_t min)
{
	if (member(rd, name) == NULL)
		complain(rd, name);
	return read_number(rd, name, min, 0);
}

static bool read_flag(struct reading *rd, const char *name)
{
	const json_t *v = member(rd, name);

	if (v != NULL && !json_is_boolean(v))
		complain(rd, name);
	return json_is_true(v);
}

/* [[from,to],..] inside `text`, ascending and disjoint. */
static uint32_t read_ranges(struct reading *rd, const char *name, struct bq_span text,
	const struct bq_client_range **out)
{
	const json_t *list = member(rd, name);
	size_t n = json_array_size(list);
	json_int_t least = 0;

	*out = NULL;
	if (list == NULL)
		return 0;
	if (!json_is_array(list) || n > BQ_CLIENT_MAX_RANGES) {
		complain(rd, name);
		return 0;
	}
	struct bq_client_range *ranges = calloc(n + 1, sizeof *ranges);
	rd->reply->ranges = ranges;
	for (size_t i = 0; ranges != NULL && i < n; i++) {
		const json_t *pair = json_array_get(list, i), *a = json_array_get(pair, 0),
			*b = json_array_get(pair, 1);
		json_int_t from = json_integer_value(a), to = json_integer_value(b);
		if (!json_is_integer(a) || !json_is_integer(b) || from < least || to <= from || (size_t)to > text.len) {
			complain(rd, name);
			return 0;
		}
		ranges[i] = (struct bq_client_range){ (uint32_t)from, (uint32_t)to };
		least = to;
	}
	if (ranges == NULL)
		complain(rd, "no memory");
	*out = ranges;
	return ranges == NULL ? 0 : (uint32_t)n;
}

/* ---- paths ------------------------------------------------------------- */

static int base64_value(char c)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c == '\0' ? NULL : strchr(alphabet, c);

	return at == NULL ? -1 : (int)(at - alphabet);
}

/* Decode `in` into `out`, which has room for 3/4 of it; false if it is no
 * padded base64. */
static bool decode_base64(struct bq_span in, char *out, size_t *out_len)
{
	size_t pad = bq_span_ends(in, BQ_SPAN("==")) ? 2 : bq_span_ends(in, BQ_SPAN("=")) ? 1 : 0, n = 0;
	uint32_t bits = 0;

	if (in.len % 4 != 0)
		return false;
	for (size_t i = 0; i < in.len; i++) {
		int v = i >= in.len - pad ? 0 : base64_value(in.ptr[i]);
		if (v < 0)
			return false;
		bits = bits << 6 | (uint32_t)v;
		if (i % 4 != 3)
			continue;
		for (int shift = 16; shift >= 0; shift -= 8)
			out[n++] = (char)(bits >> shift & 0xff);
		bits = 0;
	}
	*out_len = n - pad;
	return true;
}

static struct bq_span read_path(struct reading *rd)
{
	const json_t *b64 = member(rd, "path_b64");
	struct bq_span path = read_string(rd, "path");

	if (b64 != NULL) {
		struct bq_span in = read_string(rd, "path_b64");
		size_t len = 0;
		char *out = malloc(in.len + 1);
		rd->reply->path = out;
		if (out == NULL || !decode_base64(in, out, &len))
			complain(rd, "path_b64");
		path = bq_span_make(out, len);
	} else if (member(rd, "path") == NULL) {
		complain(rd, "path");
	}
	if (path.len > 0 && memchr(path.ptr, '\0', path.len) != NULL)
		complain(rd, "path");
	return path;
}

/* ---- kinds ------------------------------------------------------------- */

static enum bq_reply_at read_at(struct reading *rd)
{
	struct bq_span at = read_string(rd, "at");

	if (at.len == 0 || bq_span_eq(at, BQ_SPAN("file")))
		return BQ_REPLY_AT_FILE;
	if (bq_span_eq(at, BQ_SPAN("text")))
		return BQ_REPLY_AT_TEXT;
	return bq_span_eq(at, BQ_SPAN("record")) ? BQ_REPLY_AT_RECORD : BQ_REPLY_AT_OTHER;
}

static void read_hit(struct reading *rd, struct bq_client_hit *h)
{
	const json_t *score = member(rd, "score");

	h->rank = need_number(rd, "r", 1);
	if (!json_is_number(score) || !isfinite(json_number_value(score)))
		complain(rd, "score");
	h->score = json_number_value(score);
	h->doc = read_string(rd, "doc");
	h->id = read_string(rd, "id");
	h->index = read_string(rd, "index");
	h->path = read_path(rd);
	h->title = read_string(rd, "title");
	h->n_marks = read_ranges(rd, "tm", h->title, &h->marks);
	h->all = read_flag(rd, "all");
	h->at = read_at(rd);
	h->in_title = bq_span_eq(read_string(rd, "in"), BQ_SPAN("title"));
	h->has_place = member(rd, "line") != NULL;
	h->line = read_number(rd, "line", 1, 0);
	h->col = read_number(rd, "col", 1, 1);
	h->off = read_number(rd, "off", 0, 0);
	h->len = read_number(rd, "len", 0, 0);
	h->file_line = read_number(rd, "file_line", 1, 0);
	h->is_stale = read_flag(rd, "stale");
	h->is_gone = read_flag(rd, "gone");
}

static void read_snip(struct reading *rd, struct bq_client_snip *s)
{
	if (member(rd, "text") == NULL)
		complain(rd, "text");
	s->rank = read_number(rd, "r", 1, 0);
	s->doc = read_string(rd, "doc");
	s->text = read_string(rd, "text");
	s->n_marks = read_ranges(rd, "m", s->text, &s->marks);
	s->has_place = member(rd, "line") != NULL;
	s->line = read_number(rd, "line", 1, 0);
	s->col = read_number(rd, "col", 1, 1);
	s->off = read_number(rd, "off", 0, 0);
	s->len = read_number(rd, "len", 0, 0);
	s->first_line = read_number(rd, "tline", 1, s->line);
	s->is_cut = read_flag(rd, "cut");
	if (s->has_place && s->first_line > s->line)
		complain(rd, "tline");
}

static void read_warnings(struct reading *rd, struct bq_client_end *e)
{
	const json_t *list = member(rd, "warnings");

	if (list != NULL && !json_is_array(list))
		complain(rd, "warnings");
	e->n_warnings = (uint32_t)json_array_size(list);
	for (uint32_t i = 0; i < e->n_warnings; i++) {
		if (!json_is_string(json_array_get(list, i)))
			complain(rd, "warnings");
	}
}

/* {"all":3,"answered":2,"failed":[{"shard":"h2:7000","why":".."}]} */
static void read_shards(struct reading *rd, struct bq_client_end *e)
{
	const json_t *shards = member(rd, "shards"), *failed = json_object_get(shards, "failed");
	struct reading in = { shards, NULL, rd->reply };

	if (shards == NULL)
		return;
	if (!json_is_object(shards) || (failed != NULL && !json_is_array(failed)))
		complain(rd, "shards");
	e->shards = read_number(&in, "all", 0, 0);
	e->n_shards_failed = (uint32_t)json_array_size(failed);
	for (uint32_t i = 0; i < e->n_shards_failed; i++) {
		const json_t *shard = json_array_get(failed, i), *why = json_object_get(shard, "why");
		if (!json_is_string(json_object_get(shard, "shard")) || (why != NULL && !json_is_string(why)))
			complain(rd, "shards");
	}
	if (in.bad != NULL)
		complain(rd, "shards");
}

static void read_hint(struct reading *rd, struct bq_client_end *e)
{
	const json_t *hint = member(rd, "hint");
	struct reading in = { hint, NULL, rd->reply };

	e->hint_near = e->hint_all = e->hint_any = -1;
	if (hint == NULL)
		return;
	e->has_hint = json_is_object(hint);
	if (!e->has_hint) {
		complain(rd, "hint");
		return;
	}
	e->hint_near = (int64_t)read_number(&in, "near", 0, UINT64_MAX);
	e->hint_all = (int64_t)read_number(&in, "all", 0, UINT64_MAX);
	e->hint_any = (int64_t)read_number(&in, "any", 0, UINT64_MAX);
	if (in.bad != NULL)
		complain(rd, "hint");
}

static void read_end(struct reading *rd, struct bq_client_end *e)
{
	e->hits = read_number(rd, "hits", 0, 0);
	e->has_total = member(rd, "total") != NULL;
	e->total = read_number(rd, "total", 0, 0);
	e->is_exact = member(rd, "exact") == NULL || read_flag(rd, "exact");
	e->has_any = member(rd, "any") != NULL;
	e->any = read_number(rd, "any", 0, 0);
	e->gen = read_number(rd, "gen", 0, 0);
	e->took_us = read_number(rd, "took_us", 0, 0);
	e->is_partial = read_flag(rd, "partial");
	e->why = read_string(rd, "why");
	e->next = read_string(rd, "next");
	read_warnings(rd, e);
	read_shards(rd, e);
	read_hint(rd, e);
}

static void read_failure(struct reading *rd, struct bq_client_failure *f)
{
	if (member(rd, "code") == NULL)
		complain(rd, "code");
	f->code = read_string(rd, "code");
	f->msg = read_string(rd, "msg");
	f->hint = read_string(rd, "hint");
	f->status = read_number(rd, "status", 0, 0);
	f->retry_ms = read_number(rd, "retry_ms", 0, 0);
	f->has_at = member(rd, "at") != NULL;
	f->at = read_number(rd, "at", 0, 0);
}

static void read_text(struct reading *rd, struct bq_client_text *t)
{
	t->line = need_number(rd, "line", 1);
	t->off = read_number(rd, "off", 0, 0);
	t->text = read_string(rd, "text");
}

static void read_kind(struct reading *rd, struct bq_client_reply *r)
{
	switch (r->kind) {
	case BQ_REPLY_HIT: read_hit(rd, &r->as.hit); break;
	case BQ_REPLY_SNIP: read_snip(rd, &r->as.snip); break;
	case BQ_REPLY_END: read_end(rd, &r->as.end); break;
	case BQ_REPLY_ERR:
	case BQ_REPLY_BYE: read_failure(rd, &r->as.failure); break;
	case BQ_REPLY_TEXT: read_text(rd, &r->as.text); break;
	case BQ_REPLY_OTHER:
	case BQ_REPLY_OK:
	case BQ_REPLY_WORD:
	case BQ_REPLY_EVT:
	case BQ_REPLY_HELLO: break;
	}
}

/* ---- the line ---------------------------------------------------------- */

static enum bq_reply_kind kind_of(struct bq_span word)
{
	static const struct {
		struct bq_span word;
		enum bq_reply_kind kind;
	} kinds[] = {
		{ BQ_SPAN_INIT("HIT"), BQ_REPLY_HIT },     { BQ_SPAN_INIT("SNIP"), BQ_REPLY_SNIP },
		{ BQ_SPAN_INIT("END"), BQ_REPLY_END },     { BQ_SPAN_INIT("ERR"), BQ_REPLY_ERR },
		{ BQ_SPAN_INIT("OK"), BQ_REPLY_OK },       { BQ_SPAN_INIT("TEXT"), BQ_REPLY_TEXT },
		{ BQ_SPAN_INIT("WORD"), BQ_REPLY_WORD },   { BQ_SPAN_INIT("EVT"), BQ_REPLY_EVT },
		{ BQ_SPAN_INIT("BYE"), BQ_REPLY_BYE },     { BQ_SPAN_INIT("HELLO"), BQ_REPLY_HELLO },
	};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (bq_span_eq(word, kinds[i].word))
			return kinds[i].kind;
	}
	return BQ_REPLY_OTHER;
}

/* The bytes of `s` before the first blank, which is dropped with them. */
static struct bq_span take_word(struct bq_span *s)
{
	const char *sp = s->len == 0 ? NULL : memchr(s->ptr, ' ', s->len);
	struct bq_span word = bq_span_first(*s, sp == NULL ? s->len : (size_t)(sp - s->ptr));

	*s = bq_span_from(*s, word.len + (sp != NULL));
	return word;
}

static bool holds_only(struct bq_span s, const char *accept)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\0' || strchr(accept, s.ptr[i]) == NULL)
			return false;
	}
	return s.len > 0;
}

/* Tag and kind of the line; false if they are malformed. */
static bool read_head(struct bq_span *rest, struct bq_client_reply *r)
{
	struct bq_span tag = take_word(rest), id = bq_span_from(tag, 1);
	bool event = bq_span_eq(tag, BQ_SPAN("*"));

	if (!event && (!bq_span_starts(tag, BQ_SPAN("#")) || id.len > BQP_MAX_ID ||
		!holds_only(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")))
		return false;
	if (event)
		id = tag;
	memcpy(r->id, id.ptr, id.len);
	r->kind_word = take_word(rest);
	if (r->kind_word.len > 16 || !holds_only(r->kind_word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
		return false;
	r->kind = kind_of(r->kind_word);
	return true;
}

int bq_client_reply_parse(struct bq_span line, struct bq_client_reply *out, struct bq_error *err)
{
	struct bq_client_reply r = { .id = "" };
	json_error_t why;
	int status = BQ_EFORMAT;

	if (line.len >= BQP_MAX_REPLY)
		return bq_error_set(err, BQ_EFORMAT, 0, "a reply line is longer than %u bytes", BQP_MAX_REPLY);
	r.line = malloc(line.len + 1);
	if (r.line == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a reply");
	memcpy(r.line, line.ptr, line.len);
	struct bq_span rest = bq_span_make(r.line, line.len);
	if (!read_head(&rest, &r)) {
		bq_error_set(err, BQ_EFORMAT, 0, "what answers is no bq daemon");
		goto out;
	}
	r.object = rest;
	r.root = json_loadb(rest.ptr, rest.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
	if (!json_is_object(r.root)) {
		bq_error_set(err, BQ_EFORMAT, 0, "a reply holds no JSON object");
		goto out;
	}
	struct reading rd = { r.root, NULL, &r };
	read_kind(&rd, &r);
	if (rd.bad != NULL) {
		bq_error_set(err, BQ_EFORMAT, 0, "the member \"%s\" of a reply is wrong", rd.bad);
		goto out;
	}
	*out = r;
	return BQ_OK;
out:
	bq_client_reply_release(&r);
	return status;
}

void bq_client_reply_release(struct bq_client_reply *r)
{
	json_decref(r->root);
	free(r->line);
	free(r->path);
	free(r->ranges);
	memset(r, 0, sizeof *r);
}

bool bq_client_reply_ends(const struct bq_client_reply *r)
{
	return r->kind == BQ_REPLY_OK || r->kind == BQ_REPLY_END || r->kind == BQ_REPLY_ERR;
}

struct bq_span bq_client_end_warning(const struct bq_client_reply *r, uint32_t i)
{
	return span_of(json_array_get(json_object_get(r->root, "warnings"), i));
}

bool bq_client_end_leads_on(const struct bq_client_end *e)
{
	return e->next.len > 0 && (!e->is_partial || bq_span_eq(e->why, BQ_SPAN("index")));
}

struct bq_client_shard bq_client_end_shard(const struct bq_client_reply *r, uint32_t i)
{
	const json_t *failed = json_object_get(json_object_get(r->root, "shards"), "failed");
	const json_t *shard = json_array_get(failed, i), *why = json_object_get(shard, "why");

	return (struct bq_client_shard){ span_of(json_object_get(shard, "shard")),
		why == NULL ? BQ_SPAN("") : span_of(why) };
}

int bq_client_code_status(struct bq_span code)
{
	static const struct {
		struct bq_span code;
		int status;
	} codes[] = {
		{ BQ_SPAN_INIT("bad_query"), BQ_EQUERY },         { BQ_SPAN_INIT("bad_request"), BQ_EUSAGE },
		{ BQ_SPAN_INIT("unknown_option"), BQ_EUSAGE },    { BQ_SPAN_INIT("not_found"), BQ_ENOTFOUND },
		{ BQ_SPAN_INIT("gone"), BQ_EGONE },               { BQ_SPAN_INIT("gen_gone"), BQ_EGONE },
		{ BQ_SPAN_INIT("deadline"), BQ_EDEADLINE },       { BQ_SPAN_INIT("cancelled"), BQ_ECANCELLED },
		{ BQ_SPAN_INIT("superseded"), BQ_ECANCELLED },    { BQ_SPAN_INIT("line_too_long"), BQ_ELIMIT },
		{ BQ_SPAN_INIT("query_too_complex"), BQ_ELIMIT }, { BQ_SPAN_INIT("too_many_inflight"), BQ_ELIMIT },
		{ BQ_SPAN_INIT("unsupported_proto"), BQ_EVERSION },
	};

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		if (bq_span_eq(code, codes[i].code))
			return codes[i].status;
	}
	return BQ_EIO;
}
