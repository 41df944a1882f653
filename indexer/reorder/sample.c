/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reorder/sample.h"

#include "build/merged.h"
#include "pairs/placed.h"

/* What is read of a document's head, about; what some stored bytes map at most. */
enum { HEAD_BYTES = 64, STORED_BYTES = 2 * PLACED_FAULT_BYTES };

struct sampling {
	const struct merge_input *in; /* at hand */
	uint64_t at;     /* in the string of all live documents */
	uint64_t stride; /* of so many bytes a frame's length is taken; 0: the string is measured */
	uint64_t keep_bytes;
	uint64_t read_bytes; /* since the input's pages were let go */
	struct bq_arena mem;
	struct bq_read read;
	struct bq_buf *out;
};

/* So much of the input's file has been mapped, maybe. */
static void count_pages(struct sampling *s, uint64_t bytes)
{
	s->read_bytes += bytes;
	if (s->read_bytes <= s->keep_bytes)
		return;
	mapfile_forget(&s->in->segment->map);
	s->read_bytes = 0;
}

/* Append stored bytes [off, off + len) of the input at hand. */
static int copy_bytes(struct sampling *s, uint64_t off, uint64_t len)
{
	struct bq_span bytes;

	bq_arena_reset(&s->mem);
	int rc = docs_get(&s->in->segment->docs, off, len, &s->mem, &bytes);
	if (rc == BQ_EFORMAT)
		return segment_damaged(s->in->segment, &s->read, "a damaged frame in DOCS [F29]");
	if (rc == BQ_OK)
		bq_buf_put_span(s->out, bytes);
	count_pages(s, STORED_BYTES);
	return rc == BQ_OK && s->out->oom ? BQ_ENOMEM : rc;
}

/* What is taken of the next `len` bytes, which are stored at `off`. */
static int sample_doc(struct sampling *s, uint64_t off, uint64_t len)
{
	uint64_t step;
	int rc = BQ_OK;

	if (s->stride == 0) {
		s->at += len;
		return BQ_OK;
	}
	for (; len != 0 && rc == BQ_OK; off += step, s->at += step, len -= step) {
		uint64_t place = s->at % s->stride;
		bool is_taken = place < BQ_FRAME_BYTES;
		step = (is_taken ? BQ_FRAME_BYTES : s->stride) - place;
		step = step < len ? step : len;
		if (is_taken)
			rc = copy_bytes(s, off, step);
	}
	return rc;
}

static int sample_input(struct sampling *s)
{
	const struct segment *from = s->in->segment;
	struct heads_walk walk;
	int rc;

	heads_walk_init(&walk, &from->heads, 0);
	while ((rc = segment_next_head(from, &walk, &s->read)) == BQ_OK) {
		count_pages(s, HEAD_BYTES);
		if (merge_is_dead(s->in, walk.doc - 1))
			continue;
		rc = sample_doc(s, walk.head.priv[0], walk.head.text_bytes + walk.head.priv[2]);
		if (rc != BQ_OK)
			break;
	}
	mapfile_forget(&from->map);
	s->read_bytes = 0;
	return rc == BQ_END ? BQ_OK : rc;
}

static int sample_all(struct sampling *s, const struct merge_input *in, uint32_t n)
{
	int rc = BQ_OK;

	s->at = 0;
	for (uint32_t i = 0; i < n && rc == BQ_OK; i++) {
		s->in = &in[i];
		rc = sample_input(s);
	}
	return rc;
}

int sample_take(const struct merge_input *in, uint32_t n, const struct sample_limits *limits, struct bq_buf *out,
	struct bq_error *err)
{
	struct sampling s = { .keep_bytes = limits->keep_bytes, .out = out };
	uint64_t frames = limits->bytes / BQ_FRAME_BYTES;

	bq_arena_init(&s.mem, SIZE_MAX);
	s.read.mem = &s.mem;
	int rc = sample_all(&s, in, n);
	if (rc == BQ_OK) {
		s.stride = (s.at + frames - 1) / frames;
		if (s.stride < BQ_FRAME_BYTES)
			s.stride = BQ_FRAME_BYTES;
		rc = sample_all(&s, in, n);
	}
	bq_arena_release(&s.mem);
	if (s.read.error.status != BQ_OK)
		*err = s.read.error;
	else if (rc == BQ_ENOMEM)
		(void)bq_error_set(err, rc, 0, "no memory to find an order of documents");
	return rc;
}
