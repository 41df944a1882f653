/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From the ordinal of a word to its bytes in the stored text.
 *
 *   MARKS   ord 0        ord 128       ord 256
 *   text    |............|.............|.........
 *                        ^ start here   ~~~~ until word 290 is reached
 *
 * At most BQ_MARK_WORDS words are read again for one place, however long the
 * document is.  Text is fetched in pieces; a word that a piece may have cut is
 * read again from its own start.
 */
#ifndef QUERY_LOCATE_H
#define QUERY_LOCATE_H

#include "query/eval/pass.h"

struct locate_word {
	uint32_t ord;
	bool is_bigram;    /* two CJK characters */
	uint64_t off, len;
	uint64_t line;
};

struct locate {
	const struct bq_leaf *leaf;
	const struct bq_doc_head *head;
	struct bq_text *text;
	struct bq_searcher *searcher;
	struct bq_read read;       /* mem: the searcher's text_mem */
	struct locate_word word;   /* the last one read; its line only after a seek */
	bool has_word;

	struct bq_span piece;      /* text from piece_off on */
	uint64_t piece_off;
	struct bq_tokens tokens;   /* of `piece` */
	uint32_t piece_ord;        /* ordinal of its first word */
	uint64_t line, line_off;   /* byte line_off is on this line */
};

/* Ready to seek in the document of `hit`. */
void locate_init(struct locate *lo, struct bq_query *q, const struct bq_hit *hit, const struct bq_doc_head *head);

/* Bytes of the text, at most; lives until the next call of any of these.
 * BQ_ENOTFOUND if none is stored, also for len 0, which costs nothing.  Fetches
 * more than is asked for and keeps it: the calls for one place decompress its
 * frames once. */
int locate_text(struct locate *lo, uint64_t off, uint64_t len, struct bq_span *out);

/* Word `ord`.  BQ_EFORMAT if the text does not have that many. */
int locate_seek(struct locate *lo, uint32_t ord);

/* Word `ord`, or BQ_END if it begins at byte `end` or behind: which is found
 * out without reading far beyond. */
int locate_seek_before(struct locate *lo, uint32_t ord, uint64_t end);

/* Bytes of the first character of a CJK word, the marks behind it included, just
 * after a seek to it; of another word all. */
uint64_t locate_char_len(const struct locate *lo);

/* Bounds on the words that lie in bytes [from, to), in part at least: those
 * before *first end at `from` or before, those behind *last begin behind `to`. */
int locate_bounds(struct locate *lo, uint64_t from, uint64_t to, uint32_t *first, uint32_t *last);

/* The first byte of the line of `word`, which need not be near. */
int locate_line_start(struct locate *lo, const struct locate_word *word, uint64_t *out);

#endif
