/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Any bytes as a reply line: refused, or every number in range and every byte
 * range inside its text.
 */
#include <math.h>

#include <bq/client.h>

#include "fuzz/fuzz.h"

static void check_ranges(const struct bq_client_range *r, uint32_t n, struct bq_span text)
{
	uint32_t least = 0;

	FUZZ_CHECK(n <= BQ_CLIENT_MAX_RANGES);
	for (uint32_t i = 0; i < n; i++) {
		FUZZ_CHECK(r[i].from >= least && r[i].from < r[i].to && r[i].to <= text.len);
		least = r[i].to;
	}
}

/* Read every byte. */
static void touch(struct bq_span s)
{
	free(fuzz_copy(s.ptr, s.len));
}

static void check_hit(const struct bq_client_hit *h)
{
	FUZZ_CHECK(isfinite(h->score) && h->rank >= 1);
	FUZZ_CHECK(!h->has_place || (h->line >= 1 && h->col >= 1));
	FUZZ_CHECK(h->path.len == 0 || memchr(h->path.ptr, '\0', h->path.len) == NULL);
	check_ranges(h->marks, h->n_marks, h->title);
	touch(h->doc);
	touch(h->id);
	touch(h->path);
	touch(h->title);
	touch(h->index);
}

static void check_snip(const struct bq_client_snip *s)
{
	FUZZ_CHECK(!s->has_place || (s->line >= 1 && s->col >= 1));
	check_ranges(s->marks, s->n_marks, s->text);
	touch(s->doc);
	touch(s->text);
}

static void check_end(const struct bq_client_reply *r)
{
	const struct bq_client_end *e = &r->as.end;
	touch(e->next);
	touch(e->why);
	FUZZ_CHECK(e->hint_near >= -1 && e->hint_all >= -1 && e->hint_any >= -1);
	for (uint32_t i = 0; i < e->n_warnings; i++)
		touch(bq_client_end_warning(r, i));
	for (uint32_t i = 0; i < e->n_shards_failed; i++) {
		touch(bq_client_end_shard(r, i).at);
		touch(bq_client_end_shard(r, i).why);
	}
}

static void check_failure(const struct bq_client_failure *f)
{
	touch(f->code);
	touch(f->msg);
	touch(f->hint);
}

static void check_reply(const struct bq_client_reply *r)
{
	FUZZ_CHECK(memchr(r->id, '\0', sizeof r->id) != NULL && r->id[0] != '\0');
	FUZZ_CHECK(memchr(r->object.ptr, '{', r->object.len) != NULL);
	touch(r->object);
	touch(r->kind_word);
	if (r->kind == BQ_REPLY_HIT)
		check_hit(&r->as.hit);
	else if (r->kind == BQ_REPLY_SNIP)
		check_snip(&r->as.snip);
	else if (r->kind == BQ_REPLY_END)
		check_end(r);
	else if (r->kind == BQ_REPLY_TEXT)
		touch(r->as.text.text);
	else if (r->kind == BQ_REPLY_ERR || r->kind == BQ_REPLY_BYE)
		check_failure(&r->as.failure);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bq_client_reply r;
	struct bq_error err = { 0 };

	if (size >= BQP_MAX_REPLY || memchr(data, '\n', size) != NULL)
		return 0;
	uint8_t *line = fuzz_copy(data, size);
	int rc = bq_client_reply_parse(bq_span_make(line, size), &r, &err);
	free(line); /* the reply has what it needs */
	if (rc != BQ_OK) {
		FUZZ_CHECK(rc == BQ_EFORMAT && err.msg[0] != '\0');
		return 0;
	}
	check_reply(&r);
	(void)bq_client_reply_ends(&r);
	bq_client_reply_release(&r);
	bq_client_reply_release(&r); /* left all zero */
	return 0;
}
