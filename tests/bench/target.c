/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/target.h"

#include <stdlib.h>

/* The line at the start of `in` without its end, LF or CR LF; false if it is
 * not there yet. */
static bool take_line(struct bq_span in, struct bq_span *line, size_t *used)
{
	const char *end = in.len == 0 ? NULL : memchr(in.ptr, '\n', in.len);

	if (end == NULL)
		return false;
	*used = (size_t)(end - in.ptr) + 1;
	*line = bq_span_first(in, *used - 1);
	if (bq_span_ends(*line, BQ_SPAN("\r")))
		line->len--;
	return true;
}

/* ---- BQP --------------------------------------------------------------- */

static void put_search(const struct target *t, struct bq_buf *out, struct bq_span query, uint32_t slot)
{
	bq_buf_printf(out, "#%u SEARCH @limit=%u @match=any @stopwords=keep @snippets=none @total=none @cache=0"
		" @timeout=60000 -- ", slot + 1, t->limit);
	bq_buf_put_span(out, query);
	bq_buf_put_u8(out, '\n');
}

static enum target_reply kind_of(struct bq_span rest)
{
	if (bq_span_starts(rest, BQ_SPAN("END ")) || bq_span_starts(rest, BQ_SPAN("OK ")))
		return TARGET_DONE;
	return bq_span_starts(rest, BQ_SPAN("ERR ")) ? TARGET_FAILED : TARGET_OTHER;
}

static enum target_reply take_bqp(struct bq_span in, size_t *used, uint32_t *slot)
{
	struct bq_span line;
	uint32_t tag = 0;
	size_t i = 1;

	if (!take_line(in, &line, used))
		return TARGET_MORE;
	if (bq_span_starts(line, BQ_SPAN("* ")))
		return bq_span_starts(line, BQ_SPAN("* BYE ")) ? TARGET_LOST : TARGET_OTHER;
	if (!bq_span_starts(line, BQ_SPAN("#")))
		return TARGET_LOST;
	for (; i < line.len && line.ptr[i] >= '0' && line.ptr[i] <= '9' && tag < 100000; i++)
		tag = 10 * tag + (uint32_t)(line.ptr[i] - '0');
	if (tag == 0 || i == line.len || line.ptr[i] != ' ')
		return TARGET_LOST;
	*slot = tag - 1;
	return kind_of(bq_span_from(line, i + 1));
}

const struct target target_bqp = { true, 10, put_search, take_bqp, NULL };

/* ---- memcached --------------------------------------------------------- */

#define VALUE_BYTES 1000u

uint64_t target_hash(struct bq_span query)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < query.len; i++)
		h = (h ^ (uint8_t)query.ptr[i]) * UINT64_C(0x100000001b3);
	return h;
}

static void put_get(const struct target *t, struct bq_buf *out, struct bq_span query, uint32_t slot)
{
	(void)t;
	(void)slot;
	bq_buf_printf(out, "get %016llx\r\n", (unsigned long long)target_hash(query));
}

static void put_value(struct bq_buf *out, struct bq_span query)
{
	bq_buf_printf(out, "set %016llx 0 0 %u noreply\r\n", (unsigned long long)target_hash(query), VALUE_BYTES);
	for (unsigned i = 0; i < VALUE_BYTES; i++)
		bq_buf_put_u8(out, 'x');
	bq_buf_printf(out, "\r\n");
}

static enum target_reply take_memcached(struct bq_span in, size_t *used, uint32_t *slot)
{
	struct bq_span line;

	(void)slot;
	if (!take_line(in, &line, used))
		return TARGET_MORE;
	if (bq_span_eq(line, BQ_SPAN("END")))
		return TARGET_DONE;
	if (!bq_span_starts(line, BQ_SPAN("VALUE ")))
		return TARGET_LOST;
	/* VALUE key flags bytes: the bytes and CR LF follow */
	const char *last = line.ptr + line.len;
	while (last[-1] >= '0' && last[-1] <= '9')
		last--;
	unsigned long bytes = strtoul(last, NULL, 10);
	if (bytes > 1u << 20)
		return TARGET_LOST;
	if (in.len - *used < bytes + 2)
		return TARGET_MORE;
	*used += bytes + 2;
	return TARGET_OTHER;
}

const struct target target_memcached = { false, 0, put_get, take_memcached, put_value };
