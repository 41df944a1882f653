/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/cursor_token.h"

#include <bq/bytes.h>

enum { RAW = 33, TOKEN = 2 * RAW, CHECK_AT = RAW - 4 };

/* FNV-1a: tokens must not be mistaken for each other by accident; nothing
 * secret hangs on them. */
static uint64_t mix(uint64_t h, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	return h;
}

#define MIX_START 0xcbf29ce484222325u

static uint64_t hash_generations(const struct bq_query *q)
{
	uint64_t h = MIX_START;

	for (uint32_t i = 0; i < q->view->n; i++) {
		const struct bq_index *ix = q->view->indexes[i];
		h = mix(h, &ix->gen, sizeof ix->gen);
		h = mix(h, &ix->text_id, sizeof ix->text_id);
	}
	return h;
}

/* All that decides the order of the hits. */
static uint32_t hash_query(const struct bq_query *q)
{
	const struct bq_query_opts *o = q->opts;
	uint8_t how[] = { (uint8_t)o->match, o->words_only, o->keep_stopwords, o->partial, (uint8_t)o->sort };
	uint64_t h = mix(mix(MIX_START, q->text.ptr, q->text.len), how, sizeof how);

	return (uint32_t)(h ^ (h >> 32));
}

static uint32_t hash_token(const uint8_t *raw)
{
	uint64_t h = mix(MIX_START, raw, CHECK_AT);

	return (uint32_t)(h ^ (h >> 32));
}

struct bq_span cursor_token_format(const struct bq_query *q, const struct cursor_token *m)
{
	static const char hex[] = "0123456789abcdef";
	uint8_t raw[RAW];
	char text[TOKEN];

	bq_put_u64(raw, hash_generations(q));
	bq_put_u32(raw + 8, hash_query(q));
	raw[12] = m->tier;
	bq_put_u32(raw + 13, m->points);
	bq_put_u32(raw + 17, m->index);
	bq_put_u32(raw + 21, m->leaf);
	bq_put_u32(raw + 25, m->doc);
	bq_put_u32(raw + CHECK_AT, hash_token(raw));
	for (size_t i = 0; i < RAW; i++) {
		text[2 * i] = hex[raw[i] >> 4];
		text[2 * i + 1] = hex[raw[i] & 15];
	}
	return bq_arena_dup(q->mem, bq_span_make(text, sizeof text));
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(struct bq_span token, uint8_t *raw)
{
	if (token.len != TOKEN)
		return false;
	for (size_t i = 0; i < RAW; i++) {
		int hi = hex_digit(token.ptr[2 * i]), lo = hex_digit(token.ptr[2 * i + 1]);
		if (hi < 0 || lo < 0)
			return false;
		raw[i] = (uint8_t)(hi << 4 | lo);
	}
	return bq_get_u32(raw + CHECK_AT) == hash_token(raw);
}

int cursor_token_parse(const struct bq_query *q, struct bq_span token, struct cursor_token *out, struct bq_error *err)
{
	uint8_t raw[RAW];

	if (!read_hex(token, raw))
		return bq_error_set(err, BQ_EQUERY, 0, "this is no cursor of an earlier answer");
	if (bq_get_u64(raw) != hash_generations(q))
		return bq_error_set(err, BQ_EGONE, 0, "the cursor belongs to a generation that is no longer open");
	if (bq_get_u32(raw + 8) != hash_query(q))
		return bq_error_set(err, BQ_EQUERY, 0, "the cursor belongs to another query");
	out->tier = raw[12];
	out->points = bq_get_u32(raw + 13);
	out->index = bq_get_u32(raw + 17);
	out->leaf = bq_get_u32(raw + 21);
	out->doc = bq_get_u32(raw + 25);
	/* The check does not keep a stranger from making one up. */
	if ((out->tier != 1 && out->tier != 2) || out->index >= q->view->n ||
		out->leaf >= q->view->indexes[out->index]->n_leaves ||
		out->doc >= q->view->indexes[out->index]->leaves[out->leaf]->n_docs)
		return bq_error_set(err, BQ_EQUERY, 0, "this is no cursor of an earlier answer");
	return BQ_OK;
}
