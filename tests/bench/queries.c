/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/queries.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

const char *bench_class_name(enum bench_class class)
{
	static const char *const names[BENCH_CLASSES] = {
		"word", "and", "or", "phrase", "negation", "must-should", "mixed"
	};

	return names[class];
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static struct bq_span trim(struct bq_span s)
{
	while (s.len != 0 && is_blank(s.ptr[0]))
		s = bq_span_from(s, 1);
	while (s.len != 0 && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

static bool holds_blank(struct bq_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (is_blank(s.ptr[i]))
			return true;
	return false;
}

/* The next operand of `rest`, which is trimmed and not empty. */
static struct bench_atom take_atom(struct bq_span *rest)
{
	struct bench_atom a = { 0 };
	size_t n = 0;

	if ((rest->ptr[0] == '+' || rest->ptr[0] == '-') && rest->len > 1) {
		a.sign = rest->ptr[0];
		*rest = bq_span_from(*rest, 1);
	}
	if (rest->ptr[0] == '"') {
		*rest = bq_span_from(*rest, 1);
		const char *end = rest->len == 0 ? NULL : memchr(rest->ptr, '"', rest->len);
		n = end == NULL ? rest->len : (size_t)(end - rest->ptr);
		a.text = trim(bq_span_first(*rest, n));
		a.is_phrase = holds_blank(a.text);
		*rest = trim(bq_span_from(*rest, n + 1));
		return a;
	}
	while (n < rest->len && !is_blank(rest->ptr[n]))
		n++;
	a.text = bq_span_first(*rest, n);
	*rest = trim(bq_span_from(*rest, n));
	return a;
}

static enum bench_class classify(const struct bench_query *q)
{
	uint32_t n_must = 0, n_not = 0, n_phrases = 0;

	for (uint32_t i = 0; i < q->n_atoms; i++) {
		n_must += q->atoms[i].sign == '+';
		n_not += q->atoms[i].sign == '-';
		n_phrases += q->atoms[i].is_phrase;
	}
	if (n_not != 0)
		return BENCH_NEGATION;
	if (q->n_atoms <= 1)
		return n_phrases != 0 ? BENCH_PHRASE : BENCH_WORD;
	if (n_phrases != 0)
		return BENCH_MIXED;
	return n_must == q->n_atoms ? BENCH_AND : n_must == 0 ? BENCH_OR : BENCH_MUST_SHOULD;
}

bool bench_query_parse(struct bq_span text, struct bq_arena *mem, struct bench_query *out)
{
	struct bq_span rest = trim(text);
	uint32_t most = 0;

	*out = (struct bench_query){ .text = rest };
	for (struct bq_span s = rest; s.len != 0; most++)
		(void)take_atom(&s);
	out->atoms = BQ_ARENA_NEW(mem, struct bench_atom, most);
	if (out->atoms == NULL)
		return false;
	while (rest.len != 0)
		out->atoms[out->n_atoms++] = take_atom(&rest);
	out->class = classify(out);
	return true;
}

/* ---- lines ------------------------------------------------------------- */

/* A copy on one line: requests are lines. */
static struct bq_span copy_line(struct bq_span text, struct bq_arena *mem)
{
	struct bq_span copy = bq_arena_dup(mem, text);
	char *p = (char *)(uintptr_t)copy.ptr;

	for (size_t i = 0; i < copy.len; i++)
		if (p[i] == '\n' || p[i] == '\r')
			p[i] = ' ';
	return copy;
}

/* The member "query" of a JSON line; copied into `mem`. */
static int read_json(struct bq_span line, struct bq_arena *mem, struct bq_span *out, struct bq_error *err)
{
	json_error_t why;
	json_t *root = json_loadb(line.ptr, line.len, 0, &why);
	json_t *text = json_object_get(root, "query");
	int rc = BQ_OK;

	if (json_is_string(text))
		*out = copy_line(bq_span_make(json_string_value(text), json_string_length(text)), mem);
	else
		rc = bq_error_set(err, BQ_EFORMAT, 0, "%.120s", root == NULL ? why.text : "no string \"query\"");
	json_decref(root);
	return rc;
}

/* The query of a line, copied into `mem`. */
static int read_line(struct bq_span line, struct bq_arena *mem, struct bq_span *out, struct bq_error *err)
{
	if (line.ptr[0] == '{')
		return read_json(line, mem, out, err);
	*out = copy_line(line, mem);
	return BQ_OK;
}

/* Room for one more: the list doubles. */
static bool make_room(struct bench_queries *q, uint32_t *cap, struct bq_arena *mem)
{
	if (q->n < *cap)
		return true;
	uint32_t more = *cap == 0 ? 256 : 2 * *cap;
	struct bench_query *list = BQ_ARENA_NEW(mem, struct bench_query, more);
	if (list == NULL)
		return false;
	if (q->n != 0)
		memcpy(list, q->list, q->n * sizeof *list);
	q->list = list;
	*cap = more;
	return true;
}

int bench_queries_read(FILE *in, struct bq_arena *mem, struct bench_queries *out, struct bq_error *err)
{
	char *buf = NULL;
	size_t room = 0;
	uint32_t cap = 0;
	uint64_t line_no = 0;
	ssize_t len;
	int rc = BQ_OK;

	*out = (struct bench_queries){ 0 };
	while (rc == BQ_OK && (len = getline(&buf, &room, in)) >= 0) {
		struct bq_span text, line = trim(bq_span_make(buf, (size_t)len));
		line_no++;
		if (line.len == 0)
			continue;
		rc = read_line(line, mem, &text, err);
		if (rc == BQ_OK && (!make_room(out, &cap, mem) || !bench_query_parse(text, mem, &out->list[out->n])
				|| mem->oom))
			rc = bq_error_set(err, BQ_ENOMEM, line_no, "too many queries");
		if (rc == BQ_OK && out->list[out->n].n_atoms != 0)
			out->n++;
		if (rc != BQ_OK && err != NULL)
			err->at = line_no;
	}
	if (rc == BQ_OK && ferror(in))
		rc = bq_error_set(err, BQ_EIO, 0, "%s", strerror(errno));
	free(buf);
	if (rc == BQ_OK && out->n == 0)
		rc = bq_error_set(err, BQ_EUSAGE, 0, "no queries on standard input");
	return rc;
}
