/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian/read/retell.h"

#include <stdlib.h>

enum { BATCH = 256 };

int retell_add(struct retell *r, struct shard *s, uint32_t docid, struct bq_span word, struct xapian_c_error *x)
{
	uint64_t place = r->words.len / sizeof word;
	struct xapian_c_bytes term = { word.ptr, word.len };
	uint32_t out[BATCH];
	int n = xapian_c_positions_open(s->positions, s->db, docid, term, x);

	bq_buf_put(&r->words, &word, sizeof word);
	while (n >= 0 && !r->places.oom && (n = xapian_c_positions_read(s->positions, out, BATCH, x)) > 0)
		for (int i = 0; i < n; i++)
			bq_buf_put_u64(&r->places, (uint64_t)out[i] << 32 | place);
	return n < 0 ? n : 0;
}

bool retell_is_short(const struct retell *r) { return r->places.oom || r->words.oom; }

size_t retell_count(const struct retell *r) { return r->places.len / sizeof(uint64_t); }

static int compare_places(const void *pa, const void *pb)
{
	const uint64_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

/* What stands before the word at `position`. */
static char gap_before(uint64_t before, uint64_t position)
{
	return position > before && position - before > RETELL_GAP ? '\n' : ' ';
}

bool retell_text(struct retell *r, struct bq_arena *mem, struct bq_span *out)
{
	uint64_t *places = (uint64_t *)(void *)r->places.ptr;
	const struct bq_span *words = (const struct bq_span *)(const void *)r->words.ptr;
	size_t n = retell_count(r), bytes = 0, at = 0;

	*out = BQ_SPAN("");
	if (retell_is_short(r))
		return false;
	if (n == 0)
		return true;
	qsort(places, n, sizeof *places, compare_places);
	for (size_t i = 0; i < n; i++)
		bytes += words[(uint32_t)places[i]].len + 1;
	char *text = bq_arena_alloc(mem, bytes);
	if (text == NULL)
		return false;
	for (size_t i = 0; i < n; i++) {
		struct bq_span word = words[(uint32_t)places[i]];
		if (i != 0)
			text[at++] = gap_before(places[i - 1] >> 32, places[i] >> 32);
		memcpy(text + at, word.ptr, word.len);
		at += word.len;
	}
	*out = bq_span_make(text, at);
	return true;
}

void retell_release(struct retell *r)
{
	bq_buf_release(&r->places);
	bq_buf_release(&r->words);
}
