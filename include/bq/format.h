/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The constants of the index format.  indexer/FORMAT.md is the document they
 * come from; [Fn] there are the rules that readers check.
 */
#ifndef BQ_FORMAT_H
#define BQ_FORMAT_H

#include <stdint.h>

/* Format versions.  1: first.  2: pair lists.  3: bounds on a scale of squares.
 * 4: sorted documents.  5: lists with df < 256 by low and high bits. */
#define BQ_FORMAT_VERSION 5u

#define BQ_BLOCK_DOCS    256u /* documents of a full postings block */
#define BQ_SKIP_FANOUT   32u  /* blocks under one upper skip entry */
#define BQ_SMALL_DF      256u /* words below keep everything in TERMS, without skips */
#define BQ_POS_GROUP     32u  /* documents that share one pair of position widths */
#define BQ_RANGE_DOCS    4096u /* documents under one bound of a dense word */
#define BQ_TERM_BLOCK    16u  /* front-coded terms of a TERMS block */
#define BQ_FRAME_BYTES   4096u /* raw bytes of a DOCS frame */
#define BQ_MARK_WORDS    128u /* words between two MARKS */
#define BQ_HEAD_GROUP    16u  /* documents under one HEADS index entry */
#define BQ_TITLE_GAP     128u /* positions from the last title word to the first body word */
#define BQ_SECTION_ALIGN 64u
#define BQ_SECTION_PAD   64u  /* zero bytes after each section: vector loads may run over */
#define BQ_SUM_CHUNK     65536u /* bytes under one chunk checksum */

#define BQ_PAIRS_MIN     1024u /* T, the df that makes a word a covered one, is not chosen below */
#define BQ_PAIRS_PERCENT 30u   /* of the index without stored text: what pair lists may take */
#define BQ_PAIRS_OFF     UINT32_MAX /* T of an index without pair lists */

#define BQ_DOC_END   UINT32_MAX /* a cursor past its last document */
#define BQ_MAX_DOCS  0xfffffff0u /* documents of a segment */
#define BQ_MAX_POS   0x7fffff00u /* positions of a document; longer text is cut and reported */
#define BQ_MAX_SEGMENTS 24u

/* Kinds of index terms.  A WORD's key is its bytes; any other kind puts its
 * number in front, and no word starts with a byte below 0x20. */
enum bq_term_kind {
	BQ_TERM_WORD = 0,       /* folded word; the only kind with positions */
	BQ_TERM_STEM = 1,       /* where one stem has several written words, or another text than its only one */
	BQ_TERM_TITLE = 2,      /* word of a title */
	BQ_TERM_TITLE_STEM = 3, /* stem of a title word; same rule as STEM over the TITLE words */
	BQ_TERM_MARKED = 4,     /* form with marks, where it differs from the folded word */
	BQ_TERM_PAIR = 5,       /* two words side by side: a list of its own, no key in the dictionary */
};

/* What positions and offsets of a document count in. */
enum bq_doc_at {
	BQ_AT_FILE = 0,   /* bytes and lines of the file on disk */
	BQ_AT_TEXT = 1,   /* extracted or transcoded text */
	BQ_AT_RECORD = 2, /* the `text` member of a JSON line */
};

/* A bound is one byte: of its documents none has more of tf/(tf+K) than this.
 * Steps are fine near 1, where frequent words have all their best documents. */
static inline double bq_impact_share(uint8_t impact)
{
	double left = (255 - impact) * (1 / 255.0);

	return 1 - left * left;
}

/* Document lengths are one byte, 3 bits of mantissa with an implicit leading
 * one above 7: 0..15 are exact, the error is below 1/8, rounded down. */
static inline uint32_t bq_len_decode(uint8_t code)
{
	uint32_t m = code & 7u, e = code >> 3;

	return e == 0 ? m : (8u | m) << (e - 1);
}

static inline uint8_t bq_len_encode(uint32_t len)
{
	uint32_t e = 0;

	if (len < 8)
		return (uint8_t)len;
	while ((len >> e) > 15)
		e++;
	return (uint8_t)(((e + 1) << 3) | ((len >> e) & 7u));
}

/* K of BM25's tf/(tf+K) for every length code: K = k1*(1-b) + (k1*b/A)*L in
 * unfused float32.  Bounds in the index and scores of queries both come from
 * this one function. */
static inline void bq_length_norms(float k1, float b, float avg_len, float out[256])
{
	float c0 = k1 * (1.0f - b), c1 = k1 * b / avg_len;

	for (unsigned code = 0; code < 256; code++) {
		float scaled = c1 * (float)bq_len_decode((uint8_t)code);
		out[code] = c0 + scaled;
	}
}

#endif
