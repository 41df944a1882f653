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

#define BMI2 __attribute__((target("avx2,bmi,bmi2")))

/* Where decoding is. */
struct walk {
	const uint8_t *p;
	uint64_t next, tfs; /* the first document that may come; all bits of tfs so far */
	uint32_t i;         /* so many are there */
};

/* No document begins behind so many of 64 bytes: two numbers of 8 bytes end in them. */
enum { LAST = 48, SHORT = 8 };

/* Decode documents up to number `n`, while the numbers of each take 8 bytes at
 * most.  One waits for the one before only to know where it begins, which two
 * masks say: of bytes where a number ends, and of odd ones.  Nothing jumps. */
BMI2 static inline void read_short(struct walk *w, uint32_t n, uint32_t *docs, uint32_t *tfs)
{
	const uint64_t sevens = UINT64_C(0x7f7f7f7f7f7f7f7f);
	__m256i a = _mm256_loadu_si256((const __m256i *)(const void *)w->p);
	__m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(w->p + 32));
	uint64_t stops = ~((uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32 | (uint32_t)_mm256_movemask_epi8(a));
	uint64_t odd = (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_slli_epi16(b, 7)) << 32 |
		(uint32_t)_mm256_movemask_epi8(_mm256_slli_epi16(a, 7));
	uint64_t next = w->next, all_tfs = w->tfs;
	uint32_t at = 0, i = w->i;

	while (i < n && at < LAST) {
		uint64_t is_odd = odd & 1, last = _blsr_u64(stops) | (stops & (0 - is_odd));
		uint32_t of_doc = (uint32_t)_tzcnt_u64(stops) + 1, all = (uint32_t)_tzcnt_u64(last);
		if (all >= SHORT)
			break;
		uint64_t bytes = bq_get_u64(w->p + at), doc_bits = _bzhi_u64(sevens, 8 * of_doc);
		uint64_t tf = _pext_u64(bytes, _bzhi_u64(sevens, 8 * all + 8) ^ doc_bits) + 2 - is_odd;
		next += _pext_u64(bytes, doc_bits) >> 1;
		docs[i] = (uint32_t)next++;
		tfs[i++] = (uint32_t)tf;
		all_tfs |= tf;
		stops = stops >> 1 >> all;
		odd = odd >> 1 >> all;
		at += all + 1;
	}
	*w = (struct walk){ w->p + at, next, all_tfs, i };
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
	return w.i == t->n && w.p == end && w.tfs <= UINT32_MAX;
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
