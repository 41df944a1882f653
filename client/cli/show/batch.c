/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/show/batch.h"

#include <stdlib.h>

#include "cli/show/printer.h"
#include "cli/show/safe.h"

/* ---- csv --------------------------------------------------------------- */

/* A field between quotes, its own quotes doubled, on one line. */
static void put_field(FILE *out, struct bq_span s)
{
	putc('"', out);
	while (s.len > 0) {
		const char *quote = memchr(s.ptr, '"', s.len);
		size_t n = quote == NULL ? s.len : (size_t)(quote - s.ptr) + 1;
		safe_write(out, bq_span_first(s, n), SAFE_LINE);
		if (quote != NULL)
			putc('"', out);
		s = bq_span_from(s, n);
	}
	putc('"', out);
}

static void put_csv_start(FILE *out, const struct batch_query *q, uint64_t rank)
{
	put_field(out, q->id);
	putc(',', out);
	put_field(out, q->text);
	fprintf(out, ",%llu", (unsigned long long)rank);
}

static void put_csv(FILE *out, const struct batch_query *q, uint64_t rank, const struct bq_client_hit *h,
	const struct bq_client_snip *s)
{
	bool record = h->at == BQ_REPLY_AT_RECORD && h->file_line > 0;

	put_csv_start(out, q, rank);
	fprintf(out, ",%.6g,", h->score);
	put_field(out, h->path);
	if (record)
		fprintf(out, ",%llu,1,", (unsigned long long)h->file_line);
	else if (h->has_place)
		fprintf(out, ",%llu,%llu,", (unsigned long long)h->line, (unsigned long long)h->col);
	else
		fputs(",,,", out);
	put_field(out, h->title);
	putc(',', out);
	struct bq_span text = s == NULL ? BQ_SPAN("") : s->text;
	while (bq_span_ends(text, BQ_SPAN("\n")) || bq_span_ends(text, BQ_SPAN("\r")))
		text.len--;
	put_field(out, text);
	putc('\n', out);
}

/* ---- json -------------------------------------------------------------- */

static bool needs_escape(char c) { return (unsigned char)c < 0x20 || c == '"' || c == '\\'; }

/* The inside of a JSON string: what a line of the user's file may hold. */
static void put_string(FILE *out, struct bq_span s)
{
	size_t n;

	for (size_t i = 0; i < s.len; i += n) {
		n = 0;
		while (i + n < s.len && !needs_escape(s.ptr[i + n]))
			n++;
		safe_write(out, bq_span_make(s.ptr + i, n), SAFE_JSON);
		if (n == 0)
			fprintf(out, "\\u%04x", (unsigned)(unsigned char)s.ptr[i + n++]);
	}
}

static void put_json(FILE *out, const struct batch_query *q, const struct bq_client_reply *r)
{
	struct printer p = { .out = out };
	char *members = NULL;
	size_t len = 0;
	FILE *m = open_memstream(&members, &len);

	if (m == NULL)
		return;
	fprintf(m, "\"kind\":\"%.*s\",\"qid\":\"", (int)r->kind_word.len, r->kind_word.ptr);
	put_string(m, q->id);
	putc('"', m);
	if (fclose(m) == 0)
		printer_json(&p, members, r->object);
	free(members);
}

/* ---- trec -------------------------------------------------------------- */

/* A name without blanks or control bytes: those are written %XX, as is '%'. */
static void put_name(FILE *out, struct bq_span s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		if (c <= ' ' || c >= 0x7f || c == '%')
			fprintf(out, "%%%02X", c);
		else
			putc(c, out);
	}
	if (s.len == 0)
		putc('-', out);
}

/* Judges' tools sort a run by its scores again.  Ours fall within a tier only
 * (documents with all the words come first), so the run's are 1 / rank. */
static void put_trec(FILE *out, const struct batch_query *q, uint64_t rank, const struct bq_client_hit *h)
{
	put_name(out, q->id);
	fputs(" Q0 ", out);
	put_name(out, h->id.len > 0 ? h->id : h->path);
	fprintf(out, " %llu %.9g bq\n", (unsigned long long)rank, 1.0 / (double)rank);
}

/* ---- rows -------------------------------------------------------------- */

void batch_put_head(FILE *out, enum batch_format format)
{
	if (format == BATCH_CSV)
		fputs("id,query,rank,score,path,line,col,title,text\n", out);
}

void batch_put_hit(FILE *out, enum batch_format format, const struct batch_query *q, uint64_t rank,
	const struct bq_client_reply *hit, const struct bq_client_reply *snip)
{
	switch (format) {
	case BATCH_CSV: put_csv(out, q, rank, &hit->as.hit, snip == NULL ? NULL : &snip->as.snip); break;
	case BATCH_TREC: put_trec(out, q, rank, &hit->as.hit); break;
	case BATCH_JSON:
		put_json(out, q, hit);
		if (snip != NULL)
			put_json(out, q, snip);
		break;
	}
}

void batch_put_end(FILE *out, enum batch_format format, const struct batch_query *q, uint64_t rows,
	const struct bq_client_reply *end)
{
	if (format == BATCH_JSON && end != NULL)
		put_json(out, q, end);
	if (format == BATCH_CSV && rows == 0) {
		put_csv_start(out, q, 0);
		fputs(",,,,,,\n", out);
	}
}
