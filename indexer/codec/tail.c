/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "codec/tail.h"

#include <bq/bytes.h>
#include <bq/format.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* One document; *next is the first that it may be. */
static bool read_one(struct bq_reader *r, uint64_t *next, uint32_t *doc, uint32_t *tf)
{
	uint64_t v = bq_read_varint(r), often = (v & 1) != 0 ? 1 : 2 + bq_read_varint(r);

	*next += v >> 1;
	if (r->bad || *next >= BQ_DOC_END || often > UINT32_MAX || often == 0)
		return false;
	*doc = (uint32_t)(*next)++;
	*tf = (uint32_t)often;
	return true;
}

bool tail_get(const struct tail *t, uint32_t *docs, uint32_t *tfs)
{
	struct bq_reader r = bq_reader_of(t->p, t->len);
	uint64_t next = t->base;

	for (uint32_t i = 0; i < t->n; i++)
		if (!read_one(&r, &next, &docs[i], &tfs[i]))
			return false;
	return bq_read_left(&r) == 0;
}

#if defined(__x86_64__)

#define BMI2 __attribute__((target("avx2,bmi,bmi2,popcnt")))

/* Where decoding is. */
struct walk {
	const uint8_t *p;
	uint64_t next; /* the first document that may come */
	uint32_t i;    /* so many are there */
};

/* Which of some numbers are tfs: those behind a document's that is even.  So in a run of even ones, and of the
 * one behind it, every second is.  Adding its lowest bit to a run turns just these bits over.
 *
 *   even   . 1 1 1 . . 1 . .
 *   tf     . . 1 . 1 . . 1 . */
static inline uint64_t find_tfs(uint64_t even)
{
	const uint64_t at_even = UINT64_C(0x5555555555555555), at_odd = ~at_even;
	uint64_t first = even & ~(even << 1);
	uint64_t from_even = (even + (first & at_even)) ^ even, from_odd = (even + (first & at_odd)) ^ even;

	return (from_even & at_odd) | (from_odd & at_even);
}

/* Where documents begin in the 64 bytes at `p`, the first one at bit 0.  Two masks say it: of bytes where a number
 * ends, and of odd ones. */
BMI2 static inline uint64_t find_begins(const uint8_t *p)
{
	__m256i a = _mm256_loadu_si256((const __m256i *)(const void *)p);
	__m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
	uint64_t goes_on = (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32 | (uint32_t)_mm256_movemask_epi8(a);
	uint64_t odd = (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_slli_epi16(b, 7)) << 32 |
		(uint32_t)_mm256_movemask_epi8(_mm256_slli_epi16(a, 7));
	uint64_t begins = ~goes_on << 1 | 1;

	return _pdep_u64(~find_tfs(_pext_u64(~odd, begins)), begins);
}

/* In 64 bytes, those in front of this one are read by eights. */
enum { LAST = 57 };

/* Those of `begins` up to LAST whose document is preceded by none of more than 5 bytes: the last one's own may be. */
BMI2 static inline uint64_t up_to_long(uint64_t begins)
{
	uint64_t two = begins | begins << 1, five = two | two << 2 | begins << 4;

	return begins & _blsmsk_u64(~five | UINT64_C(1) << LAST);
}

/* Decode documents up to number `n`, while the next one begins in the same 64 bytes and each takes 5 bytes at
 * most, so that its tf has less than 32 bits.  None waits for the one before, and nothing jumps. */
BMI2 static inline void read_short(struct walk *w, uint32_t n, uint32_t *docs, uint32_t *tfs)
{
	const uint64_t tops = UINT64_C(0x8080808080808080);
	uint64_t begins = up_to_long(find_begins(w->p)), next = w->next, at = 0;
	uint32_t more = (uint32_t)_mm_popcnt_u64(begins) - 1;
	uint32_t i = w->i, to = n - i < more ? n : i + more;

	for (; i < to; i++) {
		begins = _blsr_u64(begins);
		uint64_t end = _tzcnt_u64(begins), bytes = bq_get_u64(w->p + at);
		uint64_t of_doc = _blsmsk_u64(_andn_u64(bytes, tops));
		uint64_t of_tf = _bzhi_u64(_andn_u64(of_doc, ~tops), 8 * (uint32_t)(end - at));
		next += _pext_u64(bytes, of_doc & ~tops) >> 1;
		docs[i] = (uint32_t)next++;
		tfs[i] = (uint32_t)_pext_u64(bytes, of_tf) + 2 - (uint32_t)(bytes & 1);
		at = end;
	}
	*w = (struct walk){ w->p + at, next, i };
}

BMI2 bool tail_get_bmi2(const struct tail *t, uint32_t *docs, uint32_t *tfs)
{
	struct walk w = { .p = t->p, .next = t->base };
	const uint8_t *end = t->p + t->len;

	while (w.i < t->n && w.p < end) {
		uint32_t from = w.i;
		read_short(&w, t->n, docs, tfs);
		if (w.p > end || w.next > BQ_DOC_END)
			return false;
		if (w.i != from)
			continue;
		struct bq_reader r = bq_reader_of(w.p, (size_t)(end - w.p));
		if (!read_one(&r, &w.next, &docs[w.i], &tfs[w.i]))
			return false;
		w.p = r.p;
		w.i++;
	}
	return w.i == t->n && w.p == end;
}

bool tail_has_bmi2(void)
{
	bool can = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");

	/* there PEXT is a loop */
	return can && !__builtin_cpu_is("znver1") && !__builtin_cpu_is("znver2");
}

#else

bool tail_has_bmi2(void)
{
	return false;
}

bool tail_get_bmi2(const struct tail *t, uint32_t *docs, uint32_t *tfs)
{
	return tail_get(t, docs, tfs);
}

#endif
