/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <bq/buf.h>
#include <bq/log.h>
#include <bq/utf8.h>

static uint64_t peak_rss_bytes(void)
{
	struct rusage u;

	return getrusage(RUSAGE_SELF, &u) == 0 ? (uint64_t)u.ru_maxrss * 1024 : 0;
}

/* Of the process (RUSAGE_SELF), or of its first thread (RUSAGE_THREAD), which never
 * waits while there is work that it can do. */
static double cpu_seconds(int who)
{
	struct rusage u;

	if (getrusage(who, &u) != 0)
		return 0;
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

/* ---- for people -------------------------------------------------------- */

const char *report_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void print_skip(const struct skip *s)
{
	char line[24] = "";
	int len = (int)(s->path.len < 800 ? s->path.len : 800);

	if (s->line != 0)
		(void)snprintf(line, sizeof line, ":%" PRIu64, s->line);
	bq_log(s->is_broken ? BQ_LOG_WARN : BQ_LOG_INFO, "skipped %.*s%s: %s", len, s->path.ptr, line, s->reason);
}

/* No loss of what is found, but of speed. */
void report_print_left_out(const struct bq_build_report *b, const struct options *o)
{
	if (b->left_out != 0)
		complain("--memory %" PRIu64 " is too little for all words that an order is found by: the"
			" %u most frequent had no part in it", o->memory_bytes, b->left_out);
}

void report_print(const struct report *r, const struct options *o)
{
	const struct bq_build_report *b = &r->build;
	double total = seconds(r->total_ns);

	if (b->rebuilt != NULL)
		bq_log(BQ_LOG_INFO, "built anew: %s", b->rebuilt);
	for (size_t i = 0; i < r->skips->n; i++)
		print_skip(&r->skips->list[i]);
	if (r->skips->oom)
		complain("the list of skipped documents is not complete: out of memory");
	bq_log(BQ_LOG_INFO, "%s: generation %" PRIu64 ", %" PRIu64 " document%s, %" PRIu64 " word%s (%" PRIu64
		" term%s), %.1f MB of text, index %.1f MB", o->index, b->gen, b->documents, report_plural(b->documents),
		b->tokens, report_plural(b->tokens), b->words, report_plural(b->words),
		(double)b->text_bytes / 1e6, (double)b->index_bytes / 1e6);
	if (r->is_update && !b->is_new)
		bq_log(BQ_LOG_INFO, "nothing has changed: generation %" PRIu64 " stays", b->gen);
	else if (r->is_update)
		bq_log(BQ_LOG_INFO, "%" PRIu64 " added, %" PRIu64 " dropped, %" PRIu64 " kept (%" PRIu64
			" of them with a new time)", b->added, b->dropped, b->kept, b->restamped);
	bq_log(BQ_LOG_INFO, "%.2f s (read %.2f, index %.2f, write %.2f), %.1f MB/s, peak %.0f MB", total,
		seconds(r->read_ns), seconds(r->index_ns), seconds(r->write_ns),
		(double)b->text_bytes / 1e6 / (total > 0 ? total : 1e-9), (double)peak_rss_bytes() / 1e6);
	report_print_left_out(b, o);
	if (r->skips->n != 0)
		bq_log(BQ_LOG_INFO, "skipped %zu, %zu of them broken", r->skips->n, r->skips->n_broken);
}

/* ---- for programs ------------------------------------------------------ */

/* What the build must cost were all else free, in CPU seconds: reading the sources,
 * counting their words, compressing what is stored, writing what came of it.
 * Nanoseconds each, of `bqbench making` on the machine of tests/bench/README.md. */
static double floor_seconds(const struct report *r)
{
	static const double read = .25, word = 30, compress = 9, write = .55;
	const struct bq_build_report *b = &r->build;

	return (read * (double)r->read_bytes + word * (double)b->analysed + compress * (double)b->stored_bytes +
		write * (double)b->written_bytes) / 1e9;
}

static void put_count(struct bq_buf *b, const char *name, uint64_t n)
{
	bq_buf_printf(b, "\"%s\":%" PRIu64 ",", name, n);
}

static bool is_utf8(struct bq_span s)
{
	const uint8_t *p = (const uint8_t *)s.ptr, *end = p + s.len;

	while (p < end) {
		int32_t cp;
		p += bq_utf8_decode(p, end, &cp);
		if (cp < 0)
			return false;
	}
	return true;
}

static void put_skip(struct bq_buf *b, const struct skip *s)
{
	bool is_text = is_utf8(s->path);

	bq_buf_printf(b, is_text ? "{\"path\":" : "{\"path_b64\":");
	if (is_text)
		bq_buf_put_json(b, s->path);
	else
		bq_buf_put_base64(b, s->path);
	if (s->line != 0)
		bq_buf_printf(b, ",\"line\":%" PRIu64, s->line);
	bq_buf_printf(b, ",\"reason\":");
	bq_buf_put_json(b, bq_span_of(s->reason));
	bq_buf_printf(b, ",\"broken\":%s}", s->is_broken ? "true" : "false");
}

static void put_floor(struct bq_buf *b, const struct report *r)
{
	double least = floor_seconds(r);

	bq_buf_printf(b, "\"floor\":{");
	put_count(b, "read_bytes", r->read_bytes);
	put_count(b, "words", r->build.analysed);
	put_count(b, "stored_bytes", r->build.stored_bytes);
	put_count(b, "written_bytes", r->build.written_bytes);
	bq_buf_printf(b, "\"seconds\":%.6f,\"ratio\":%.2f},", least, least > 0 ? cpu_seconds(RUSAGE_SELF) / least : 0);
}

static void put_report(struct bq_buf *b, const struct report *r, const struct options *o)
{
	bq_buf_printf(b, "{\"verb\":\"%s\",\"index\":", o->verb->name);
	bq_buf_put_json(b, bq_span_of(o->index));
	bq_buf_printf(b, ",\"exit\":%d,\"published\":%s,", r->code, r->build.is_new ? "true" : "false");
	if (r->is_update) {
		bq_buf_printf(b, "\"rebuilt\":%s,", r->build.rebuilt != NULL ? "true" : "false");
		if (r->build.rebuilt != NULL)
			bq_buf_printf(b, "\"why\":\"%s\",", r->build.rebuilt);
		put_count(b, "added", r->build.added);
		put_count(b, "dropped", r->build.dropped);
		put_count(b, "kept", r->build.kept);
		put_count(b, "restamped", r->build.restamped);
		put_count(b, "merges", r->build.merges);
	}
	put_count(b, "gen", r->build.gen);
	put_count(b, "documents", r->build.documents);
	put_count(b, "tokens", r->build.tokens);
	put_count(b, "words", r->build.words);
	put_count(b, "text_bytes", r->build.text_bytes);
	put_count(b, "index_bytes", r->build.index_bytes);
	if (o->reorder)
		bq_buf_printf(b, "\"reordered\":%s,", r->build.reordered ? "true" : "false");
	put_count(b, "runs", r->build.runs);
	put_count(b, "builder_bytes", r->build.peak_bytes);
	put_count(b, "peak_rss_bytes", peak_rss_bytes());
	bq_buf_printf(b, "\"seconds\":{\"read\":%.6f,\"index\":%.6f,\"write\":%.6f,\"total\":%.6f,",
		seconds(r->read_ns), seconds(r->index_ns), seconds(r->write_ns), seconds(r->total_ns));
	bq_buf_printf(b, "\"terms\":%.6f,\"pairs\":%.6f,\"cpu\":%.6f,\"cpu_first_thread\":%.6f},",
		seconds(r->build.terms_ns), seconds(r->build.pairs_ns), cpu_seconds(RUSAGE_SELF),
		cpu_seconds(RUSAGE_THREAD));
	if (r->build.written_bytes != 0)
		put_floor(b, r);
	put_count(b, "threads", o->threads);
	bq_buf_printf(b, "\"broken\":%zu,\"skipped\":[", r->skips->n_broken);
	for (size_t i = 0; i < r->skips->n; i++) {
		if (i != 0)
			bq_buf_put_u8(b, ',');
		put_skip(b, &r->skips->list[i]);
	}
	bq_buf_printf(b, "]%s}\n", r->skips->oom ? ",\"skipped_complete\":false" : "");
}

void report_print_json(const struct report *r, const struct options *o)
{
	struct bq_buf b = BQ_BUF_INIT;

	put_report(&b, r, o);
	if (b.oom)
		complain("no memory for the report");
	else
		(void)fwrite(b.ptr, 1, b.len, stdout);
	bq_buf_release(&b);
}
