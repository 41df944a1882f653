/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Terms that start with something.
 *
 *   ALLTERMS prefix  -->      ALLTERMS documents, bytes shared with the last term, others ..  DONE   <--
 */
#include "xapian/remote/expand.h"

#include <stdlib.h>

#include "xapian/remote/call.h"
#include "xapian/remote/number.h"

enum { FIRST_ROOM = 256, MAX_WORDS = 1 << 20 /* of all shards */, MAX_TERM = 512 };

/* What one shard has said. */
struct part {
	struct expand_word *words;
	uint32_t n, cap;
};

struct expanding {
	struct call *call;
	struct bq_span prefix;
	struct bq_arena *mem;
	struct part parts[BQ_REMOTE_MAX_SHARDS];
};

/* ---- one shard's -------------------------------------------------------------------- */

/* Bytes of `last` and then `rest`, in `mem`. */
static struct bq_span join(struct bq_arena *mem, struct bq_span last, struct bq_span rest)
{
	char *p = bq_arena_alloc(mem, last.len + rest.len + 1);

	if (p == NULL)
		return BQ_SPAN("");
	if (last.len != 0)
		memcpy(p, last.ptr, last.len);
	if (rest.len != 0)
		memcpy(p + last.len, rest.ptr, rest.len);
	return bq_span_make(p, last.len + rest.len);
}

static struct expand_word *add_word(struct bq_arena *mem, struct part *part)
{
	if (part->n == part->cap) {
		uint32_t cap = part->cap == 0 ? FIRST_ROOM : 2 * part->cap;
		struct expand_word *w = bq_arena_alloc(mem, cap * sizeof *w);
		if (w == NULL)
			return NULL;
		if (part->n != 0)
			memcpy(w, part->words, part->n * sizeof *w);
		part->words = w;
		part->cap = cap;
	}
	return &part->words[part->n++];
}

static enum session_heard add_term(struct expanding *x, uint32_t i, struct bq_span body)
{
	struct part *part = &x->parts[i];
	struct number_reader r = number_reader_of(body);
	struct bq_span last = part->n == 0 ? x->prefix : part->words[part->n - 1].term;
	uint64_t documents = number_take(&r, UINT32_MAX);
	size_t shared = number_take_byte(&r);
	struct bq_span rest = number_take_rest(&r);

	if (r.is_bad || shared > last.len || rest.len > MAX_TERM)
		return EAR_NONSENSE;
	if (part->n >= MAX_WORDS / x->call->s->n) /* of words that many start with, those are enough */
		return EAR_MORE;
	struct bq_span term = join(x->mem, bq_span_first(last, shared), rest);
	if (!x->mem->oom && !bq_span_starts(term, x->prefix))
		return EAR_NONSENSE;
	struct expand_word *w = add_word(x->mem, part);
	if (w != NULL)
		*w = (struct expand_word){ term, documents };
	return EAR_MORE;
}

static enum session_heard hear_term(void *arg, uint32_t i, const struct line_message *m)
{
	struct expanding *x = arg;

	switch (m->type) {
	case HEARD_ALLTERMS: return add_term(x, i, m->body);
	case HEARD_DONE: return EAR_ALL;
	case HEARD_EXCEPTION: return session_refuse(x->call->s, i, m);
	default: return EAR_NONSENSE;
	}
}

static int attempt(struct call *k, void *arg)
{
	struct expanding *x = arg;
	struct session *s = k->s;
	uint64_t until = call_until(k);
	bool again = false;

	x->call = k;
	bq_arena_reset(x->mem);
	memset(x->parts, 0, sizeof x->parts);
	for (uint32_t i = 0; i < s->n; i++)
		if (s->shards[i].is_here)
			session_ask(s, i, SAY_ALLTERMS, x->prefix, until);
	int rc = call_hear(k, hear_term, x, &again);
	if (rc == BQ_OK && x->mem->oom)
		return BQ_ENOMEM;
	for (uint32_t i = 0; i < s->n && rc == BQ_OK; i++)
		if (!s->shards[i].is_here) /* half a list is none */
			x->parts[i].n = 0;
	return rc == BQ_OK && again && !k->is_last ? CALL_AGAIN : rc;
}

/* ---- all of them --------------------------------------------------------------------- */

static int compare_term(const void *a, const void *b)
{
	return bq_span_cmp(((const struct expand_word *)a)->term, ((const struct expand_word *)b)->term);
}

static int compare_frequency(const void *a, const void *b)
{
	const struct expand_word *x = a, *y = b;

	return x->documents != y->documents ? (x->documents < y->documents ? 1 : -1) : compare_term(a, b);
}

/* The same term of several shards is one. */
static bool unite(struct expanding *x, uint32_t n_shards, struct expand_list *out)
{
	uint32_t n_all = 0, n = 0;

	for (uint32_t i = 0; i < n_shards; i++)
		n_all += x->parts[i].n;
	out->words = bq_arena_alloc(x->mem, (n_all + 1ull) * sizeof *out->words);
	if (out->words == NULL)
		return false;
	for (uint32_t i = 0; i < n_shards; i++) {
		if (x->parts[i].n != 0)
			memcpy(out->words + n, x->parts[i].words, x->parts[i].n * sizeof *out->words);
		n += x->parts[i].n;
	}
	if (n_all > 1)
		qsort(out->words, n_all, sizeof *out->words, compare_term);
	out->n = 0;
	for (uint32_t i = 0; i < n_all; i++) {
		if (out->n != 0 && bq_span_eq(out->words[out->n - 1].term, out->words[i].term))
			out->words[out->n - 1].documents += out->words[i].documents;
		else
			out->words[out->n++] = out->words[i];
	}
	if (out->n > 1)
		qsort(out->words, out->n, sizeof *out->words, compare_frequency);
	return true;
}

int expand_prefix(struct page *p, struct bq_span prefix, struct bq_arena *mem, struct expand_list *out,
	struct bq_error *err)
{
	struct expanding x = { .prefix = prefix, .mem = mem };
	int rc = call_make(p, attempt, &x, err);

	*out = (struct expand_list){ 0 };
	if (rc == BQ_OK && !unite(&x, p->remote->cluster.n, out))
		rc = bq_error_set(err, BQ_ENOMEM, 0, "no memory for the words");
	return rc;
}
