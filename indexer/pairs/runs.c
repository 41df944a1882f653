/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pairs/runs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bq/bytes.h>

enum {
	DIGITS = 1 << 16,        /* of a number of a word */
	LEAST_RECORDS = 64,      /* of a run; at most UINT32_MAX: counts are 32 bits */
	LEAST_PIECE = 4 << 10,   /* bytes of a run that are read at a time */
	MOST_PIECE = 256 << 10,
	HEAD_BYTES = 10,         /* of a pair or a record, at most */
};

/* A run being read. */
struct run {
	uint64_t at, end;      /* in the file: behind the piece, behind the run */
	uint8_t *piece;
	struct bq_reader rest; /* of the piece */
	uint32_t key, n;       /* the pair at hand, a << 16 | b, and its records */
};

int runs_init(struct runs *r, uint32_t n_words, uint32_t n_docs, uint64_t memory)
{
	uint64_t max = memory / (2 * sizeof *r->records);

	r->n_words = n_words;
	r->n_docs = n_docs;
	r->memory = memory;
	r->max = max < LEAST_RECORDS ? LEAST_RECORDS : max > UINT32_MAX ? UINT32_MAX : (size_t)max;
	r->records = malloc(r->max * sizeof *r->records);
	r->sorted = malloc(r->max * sizeof *r->sorted);
	r->counts = malloc(DIGITS * sizeof *r->counts);
	return r->records == NULL || r->sorted == NULL || r->counts == NULL ? BQ_ENOMEM : BQ_OK;
}

static void drop_records(struct runs *r)
{
	free(r->records);
	free(r->sorted);
	free(r->counts);
	r->records = r->sorted = NULL;
	r->counts = NULL;
}

void runs_release(struct runs *r)
{
	drop_records(r);
	spool_release(&r->file);
	bq_buf_release(&r->ends);
	free(r->inputs);
	free(r->heap);
	free(r->pieces);
	free(r->docs);
	free(r->tfs);
	memset(r, 0, sizeof *r);
	r->file.fd = -1;
}

/* ---- writing ----------------------------------------------------------- */

/* from[n] to to[n] by the 16 bits above `shift`; what is equal keeps its order. */
static void sort_by(struct runs *r, const uint64_t *from, uint64_t *to, unsigned shift)
{
	uint32_t sum = 0;

	memset(r->counts, 0, DIGITS * sizeof *r->counts);
	for (size_t i = 0; i < r->n; i++)
		r->counts[from[i] >> shift & 0xffff]++;
	for (uint32_t d = 0; d < r->n_words; d++) {
		uint32_t n = r->counts[d];
		r->counts[d] = sum;
		sum += n;
	}
	for (size_t i = 0; i < r->n; i++)
		to[r->counts[from[i] >> shift & 0xffff]++] = from[i];
}

/* records[from, to) are of one pair. */
static void put_pair(struct runs *r, size_t from, size_t to, uint32_t last_key)
{
	struct bq_buf *b = &r->file.buf;
	uint32_t last = 0;

	bq_buf_put_varint(b, (uint32_t)(r->records[from] >> 32) - last_key);
	bq_buf_put_varint(b, to - from);
	for (size_t i = from; i < to; i++) {
		uint32_t doc = (uint32_t)r->records[i];
		bq_buf_put_varint(b, doc - last);
		last = doc;
		if (b->len >= 2 * SPOOL_BYTES)
			spool_drain(&r->file); /* a long one */
	}
	spool_drain(&r->file);
}

static int check_file(const struct runs *r)
{
	if (r->file.buf.oom || r->ends.oom)
		return BQ_ENOMEM;
	errno = r->file.saved_errno;
	return r->file.status;
}

/* The records become a run. */
static int end_run(struct runs *r)
{
	uint32_t last = 0;

	sort_by(r, r->records, r->sorted, 32);
	sort_by(r, r->sorted, r->records, 48);
	for (size_t from = 0, to; from < r->n; from = to) {
		uint32_t key = (uint32_t)(r->records[from] >> 32);
		for (to = from + 1; to < r->n && r->records[to] >> 32 == key;)
			to++;
		put_pair(r, from, to, last);
		last = key;
	}
	r->n = 0;
	bq_buf_put_u64(&r->ends, spool_at(&r->file));
	return check_file(r);
}

/* What is no pair is written, too, but does not move on: a branch would be guessed
 * wrong at every third word. */
static int add_doc(struct runs *r, const uint16_t *p, const uint16_t *end, uint32_t doc)
{
	uint64_t *to = r->records + r->n, *limit = r->records + r->max, a = 0;

	for (; p < end; p++) {
		uint64_t b = *p;
		if (to == limit) {
			r->n = r->max;
			int rc = end_run(r);
			if (rc != BQ_OK)
				return rc;
			to = r->records;
		}
		*to = (a - 1) << 48 | (b - 1) << 32 | doc;
		to += (unsigned)(a != 0) & (unsigned)(b != 0);
		a = b;
	}
	r->n = (size_t)(to - r->records);
	return BQ_OK;
}

int runs_add(struct runs *r, const struct scan *sc)
{
	int rc = BQ_OK;

	for (uint32_t doc = sc->first; doc < sc->end && rc == BQ_OK; doc++) {
		const uint16_t *p = sc->slots + sc->bases[doc - sc->first];
		rc = add_doc(r, p, p + sc->ends[doc - sc->first], doc);
	}
	return rc;
}

/* ---- reading ----------------------------------------------------------- */

/* At least `n` <= LEAST_PIECE bytes at hand, or all that the run has. */
static int fill_piece(struct runs *r, struct run *in, size_t n)
{
	size_t left = bq_read_left(&in->rest), want = r->piece_bytes - left;

	if (left >= n || in->at == in->end)
		return BQ_OK;
	if (in->end - in->at < want)
		want = (size_t)(in->end - in->at);
	memmove(in->piece, in->rest.p, left);
	in->rest = bq_reader_of(in->piece, left + want);
	in->at += want;
	return spool_get(&r->file, in->at - want, in->piece + left, want);
}

/* What a disk has changed since it was written. */
static int damaged(void)
{
	errno = EIO;
	return BQ_EIO;
}

/* The head of the run's next pair, or n 0 at its end. */
static int next_head(struct runs *r, struct run *in)
{
	int rc = fill_piece(r, in, HEAD_BYTES);

	in->n = 0;
	if (rc != BQ_OK || bq_read_left(&in->rest) == 0)
		return rc;
	in->key += bq_read_varint32(&in->rest);
	in->n = bq_read_varint32(&in->rest);
	return in->rest.bad || in->n == 0 ? damaged() : BQ_OK;
}

static bool comes_before(const struct runs *r, uint32_t i, uint32_t j)
{
	const struct run *a = &r->inputs[i], *b = &r->inputs[j];

	return a->key != b->key ? a->key < b->key : i < j;
}

static void sift_down(struct runs *r, uint32_t at)
{
	uint32_t input = r->heap[at];

	for (uint32_t child; (child = 2 * at + 1) < r->n_heap; at = child) {
		if (child + 1 < r->n_heap && comes_before(r, r->heap[child + 1], r->heap[child]))
			child++;
		if (comes_before(r, input, r->heap[child]))
			break;
		r->heap[at] = r->heap[child];
	}
	r->heap[at] = input;
}

static int open_inputs(struct runs *r, uint32_t n)
{
	uint64_t share = r->memory / (n + 1ull), start = 0;
	int rc = BQ_OK;

	r->piece_bytes = share < LEAST_PIECE ? LEAST_PIECE : share > MOST_PIECE ? MOST_PIECE : (size_t)share;
	r->inputs = calloc(n + 1ull, sizeof *r->inputs);
	r->heap = malloc((n + 1ull) * sizeof *r->heap);
	r->pieces = malloc(n * r->piece_bytes + 1);
	if (r->inputs == NULL || r->heap == NULL || r->pieces == NULL)
		return BQ_ENOMEM;
	for (uint32_t i = 0; i < n && rc == BQ_OK; i++) {
		struct run *in = &r->inputs[i];
		*in = (struct run){ .at = start, .end = bq_get_u64(r->ends.ptr + 8 * (size_t)i),
			.piece = r->pieces + i * r->piece_bytes };
		start = in->end;
		in->rest = bq_reader_of(in->piece, 0);
		rc = next_head(r, in);
		if (in->n != 0)
			r->heap[r->n_heap++] = i;
	}
	for (uint32_t i = r->n_heap; i-- > 0;)
		sift_down(r, i);
	return rc;
}

int runs_finish(struct runs *r)
{
	int rc = r->n == 0 ? BQ_OK : end_run(r);

	drop_records(r);
	return rc == BQ_OK ? open_inputs(r, (uint32_t)(r->ends.len / sizeof(uint64_t))) : rc;
}

/* Room for one document more. */
static bool make_room(struct runs *r)
{
	uint32_t max = r->max_docs < 1024 ? 1024 : r->max_docs > r->n_docs / 2 ? r->n_docs : 2 * r->max_docs;
	uint32_t *docs, *tfs;

	if (r->df < r->max_docs)
		return true;
	docs = realloc(r->docs, max * sizeof *docs);
	if (docs != NULL)
		r->docs = docs;
	tfs = realloc(r->tfs, max * sizeof *tfs);
	if (tfs != NULL)
		r->tfs = tfs;
	if (docs == NULL || tfs == NULL)
		return false;
	r->max_docs = max;
	return true;
}

/* The documents of the run's pair, behind those of the runs before it. */
static int take_docs(struct runs *r, struct run *in)
{
	uint64_t doc = 0;

	for (; in->n != 0; in->n--) {
		int rc = fill_piece(r, in, HEAD_BYTES);
		if (rc != BQ_OK)
			return rc;
		doc += bq_read_varint32(&in->rest);
		if (in->rest.bad)
			return damaged();
		r->ttf++;
		if (r->df != 0 && r->docs[r->df - 1] == doc) {
			r->tfs[r->df - 1]++;
			continue;
		}
		if (doc >= r->n_docs || (r->df != 0 && doc < r->docs[r->df - 1]))
			return damaged();
		if (!make_room(r))
			return BQ_ENOMEM;
		r->docs[r->df] = (uint32_t)doc;
		r->tfs[r->df++] = 1;
	}
	return BQ_OK;
}

int runs_next(struct runs *r)
{
	uint32_t key = r->n_heap == 0 ? 0 : r->inputs[r->heap[0]].key;

	if (r->n_heap == 0)
		return BQ_END;
	r->df = 0;
	r->ttf = 0;
	r->a = key >> 16;
	r->b = key & 0xffff;
	while (r->n_heap != 0 && r->inputs[r->heap[0]].key == key) {
		struct run *in = &r->inputs[r->heap[0]];
		int rc = take_docs(r, in);
		if (rc == BQ_OK)
			rc = next_head(r, in);
		if (rc != BQ_OK)
			return rc;
		if (in->n == 0)
			r->heap[0] = r->heap[--r->n_heap];
		if (r->n_heap != 0)
			sift_down(r, 0);
	}
	return r->a < r->n_words && r->b < r->n_words && r->df != 0 ? BQ_OK : damaged();
}
