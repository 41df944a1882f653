/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Documents: all are asked for at once, and come in the order in which they were
 * asked for, shards side by side.
 *
 *   DOCUMENT number  -->      DOCDATA data  VALUE slot bytes ..  DONE   <--
 *   DOCUMENT number  -->      EXCEPTION there is none                   <--
 */
#include "xapian/remote/fetch.h"

#include "xapian/engine/naming.h"
#include "xapian/remote/call.h"
#include "xapian/remote/number.h"

/* What is under way. */
struct fetching {
	struct call *call;
	const struct bq_remote_hit *hits;
	uint32_t n;
	struct bq_arena *mem;
	struct fetch_doc *docs;
	uint32_t at[BQ_REMOTE_MAX_SHARDS];    /* the document that a shard is at, [n]: none */
	bool has_data[BQ_REMOTE_MAX_SHARDS];  /* of it */
	size_t bytes[BQ_REMOTE_MAX_SHARDS];   /* so far: no shard takes the memory of others */
};

/* The next document of shard `i` from `from` on that is not here. */
static uint32_t find_next(const struct fetching *f, uint32_t i, uint32_t from)
{
	while (from < f->n && (f->hits[from].leaf != i || f->docs[from].is_here))
		from++;
	return from;
}

static enum session_heard end_document(struct fetching *f, uint32_t i)
{
	f->at[i] = find_next(f, i, f->at[i] + 1);
	f->has_data[i] = false;
	return f->at[i] == f->n ? EAR_ALL : EAR_MORE;
}

static bool take(struct fetching *f, uint32_t i, struct bq_span from, struct bq_span *to)
{
	f->bytes[i] += from.len;
	if (f->bytes[i] > f->mem->cap / (2 * f->call->s->n))
		return false;
	*to = bq_arena_dup(f->mem, from);
	return true;
}

static enum session_heard hear_value(struct fetching *f, uint32_t i, struct bq_span body)
{
	struct number_reader r = number_reader_of(body);
	uint64_t slot = number_take(&r, UINT32_MAX);

	if (r.is_bad || !f->has_data[i])
		return EAR_NONSENSE;
	if (slot == SLOT_MARKS && !take(f, i, number_take_rest(&r), &f->docs[f->at[i]].marks))
		return EAR_NONSENSE;
	return EAR_MORE;
}

static enum session_heard hear_document(void *arg, uint32_t i, const struct line_message *m)
{
	struct fetching *f = arg;
	struct session_shard *shard = &f->call->s->shards[i];

	switch (m->type) {
	case HEARD_DOCDATA:
		if (f->has_data[i] || !take(f, i, m->body, &f->docs[f->at[i]].data))
			return EAR_NONSENSE;
		f->has_data[i] = true;
		return EAR_MORE;
	case HEARD_VALUE: return hear_value(f, i, m->body);
	case HEARD_DONE:
		f->docs[f->at[i]].is_here = f->has_data[i];
		return f->has_data[i] ? end_document(f, i) : EAR_NONSENSE;
	case HEARD_EXCEPTION:
		if (session_refuse(f->call->s, i, m) == EAR_NONSENSE)
			return EAR_NONSENSE;
		if (shard->refusal != REFUSED_NO_DOCUMENT)
			return EAR_ALL;
		shard->failure = SESSION_FINE;
		return end_document(f, i);
	default: return EAR_NONSENSE;
	}
}

static int attempt(struct call *k, void *arg)
{
	struct fetching *f = arg;
	struct session *s = k->s;
	uint64_t until = call_until(k);
	bool again = false;

	f->call = k;
	for (uint32_t i = 0; i < s->n; i++) {
		struct bq_buf number = BQ_BUF_INIT;
		f->at[i] = find_next(f, i, 0);
		f->has_data[i] = false;
		f->bytes[i] = 0;
		for (uint32_t d = f->at[i]; s->shards[i].is_here && d < f->n; d = find_next(f, i, d + 1)) {
			bq_buf_clear(&number);
			number_put(&number, f->hits[d].doc + 1ull);
			session_ask(s, i, SAY_DOCUMENT, bq_buf_span(&number), until);
			s->shards[i].line.out.oom |= number.oom;
		}
		bq_buf_release(&number);
	}
	int rc = call_hear(k, hear_document, f, &again);
	if (rc == BQ_OK && f->mem->oom)
		return BQ_ENOMEM;
	return rc == BQ_OK && again && !k->is_last ? CALL_AGAIN : rc;
}

int fetch_docs(struct page *p, const struct fetch_list *list, struct bq_arena *mem, struct bq_error *err)
{
	struct fetching f = { .hits = list->hits, .n = list->n, .docs = list->docs, .mem = mem };

	return list->n == 0 ? BQ_OK : call_make(p, attempt, &f, err);
}
