/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/fold.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "text/cjk.h"
#include "text/cut.h"

struct fold {
	bool is_plain;
	bool has_marked; /* the forms differ so far; else only `word` is written */
	bool sheds;      /* the last letter loses the marks behind it */
	int32_t letter;  /* one with its form ready, not yet written, in case marks follow; -1: none */
	size_t n;
	int32_t window[FOLD_WINDOW];
	int32_t shed[FOLD_WINDOW];
	struct cut word, marked;
	struct fold_ready ready[FOLD_READY_END];
};

/* ---- writing -------------------------------------------------------------- */

static void put_code_point(struct cut *c, int32_t cp)
{
	utf8proc_uint8_t utf8[4];
	utf8proc_ssize_t n = utf8proc_encode_char(cp, utf8);

	cut_put(c, (const char *)utf8, (size_t)n);
}

/* Compose in place and write.  STABLE keeps the composition exclusions. */
static void put_composed(struct cut *c, int32_t *cps, size_t n)
{
	utf8proc_ssize_t left = utf8proc_normalize_utf32(
		cps, (utf8proc_ssize_t)n, (utf8proc_option_t)(UTF8PROC_COMPOSE | UTF8PROC_STABLE));

	for (utf8proc_ssize_t i = 0; i < left; i++)
		put_code_point(c, cps[i]);
}

/* From here on the two forms differ. */
static void fork_marked(struct fold *f)
{
	if (!f->has_marked)
		cut_copy(&f->marked, &f->word);
	f->has_marked = true;
}

/* ---- one piece: a letter and its marks ------------------------------------ */

/* Canonical order: marks by combining class, equal ones as they came. */
static void sort_marks(int32_t *cps, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		int32_t cp = cps[i];
		utf8proc_propval_t class = utf8proc_get_property(cp)->combining_class;
		size_t at = i;

		if (class == 0)
			continue;
		for (; at > 0 && utf8proc_get_property(cps[at - 1])->combining_class > class; at--)
			cps[at] = cps[at - 1];
		cps[at] = cp;
	}
}

static bool is_mark(int32_t cp)
{
	utf8proc_category_t c = utf8proc_category(cp);

	return c >= UTF8PROC_CATEGORY_MN && c <= UTF8PROC_CATEGORY_ME;
}

/* Copy the window without what the word sheds; returns how much is left. */
static size_t shed_marks(struct fold *f)
{
	size_t left = 0;

	for (size_t i = 0; i < f->n; i++) {
		int32_t cp = f->window[i];

		if (!is_mark(cp))
			f->sheds = chars_sheds_marks(cp);
		else if (f->sheds || chars_is_point(cp))
			continue;
		f->shed[left++] = cp;
	}
	return left;
}

static void flush_window(struct fold *f)
{
	if (f->n == 0)
		return;
	sort_marks(f->window, f->n);
	size_t left = shed_marks(f);
	if (left < f->n)
		fork_marked(f);
	put_composed(&f->word, f->shed, left);
	if (f->has_marked)
		put_composed(&f->marked, f->window, f->n);
	f->n = 0;
}

enum { PARTS_MAX = 32 }; /* of one code point; the most in Unicode is 18: U+FDFA */

/* The folded, decomposed parts of a code point, those of words only. */
static size_t decompose(int32_t cp, int32_t parts[PARTS_MAX])
{
	int boundclass = 0;
	utf8proc_ssize_t n = utf8proc_decompose_char(cp, parts, PARTS_MAX,
		(utf8proc_option_t)(UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE | UTF8PROC_DECOMPOSE),
		&boundclass);
	size_t left = 0;

	assert(n <= PARTS_MAX);
	for (utf8proc_ssize_t i = 0; i < n; i++)
		if (chars_in_word(parts[i]))
			parts[left++] = parts[i];
	return left;
}

static void add_parts(struct fold *f, const int32_t *parts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (f->n == FOLD_WINDOW)
			flush_window(f);
		f->window[f->n++] = parts[i];
	}
}

static bool is_ready(const struct fold *f, int32_t cp)
{
	return cp < FOLD_READY_END ? f->ready[cp].n_word > 0 : cjk_is_simple(cp);
}

/* Write the ready letter: no marks follow. */
static void flush_letter(struct fold *f)
{
	int32_t cp = f->letter;

	f->letter = -1;
	if (cp >= FOLD_READY_END) {
		put_code_point(&f->word, cp);
		if (f->has_marked)
			put_code_point(&f->marked, cp);
		f->sheds = false;
		return;
	}
	const struct fold_ready *r = &f->ready[cp];
	if (r->differs)
		fork_marked(f);
	cut_put(&f->word, r->word, r->n_word);
	if (f->has_marked)
		cut_put(&f->marked, r->marked, r->n_marked);
	f->sheds = r->sheds;
}

/* End the piece, whichever shape it has. */
static void flush(struct fold *f)
{
	if (f->letter >= 0)
		flush_letter(f);
	flush_window(f);
}

/* A piece goes on: a ready letter has to be folded with its marks after all. */
static void reopen(struct fold *f)
{
	int32_t parts[PARTS_MAX];

	if (f->letter >= 0)
		add_parts(f, parts, decompose(f->letter, parts));
	f->letter = -1;
}

/* ---- the word -------------------------------------------------------------- */

void fold_start(struct fold *f, char *word, char *marked)
{
	f->has_marked = f->sheds = false;
	f->letter = -1;
	f->n = 0;
	cut_start(&f->word, word);
	cut_start(&f->marked, marked);
}

/* A code point with no form ready, or one that belongs to the piece before. */
static void add_unready(struct fold *f, int32_t cp, enum chars_class class)
{
	int32_t parts[PARTS_MAX];
	size_t n = decompose(cp, parts);

	if (n == 0)
		return;
	/* A few Arabic presentation forms are letters that fold to marks. */
	if (class == CHARS_MARK || is_mark(parts[0]))
		reopen(f);
	else
		flush(f);
	add_parts(f, parts, n);
}

void fold_add(struct fold *f, int32_t cp, enum chars_class class)
{
	if (f->is_plain) {
		put_code_point(&f->word, utf8proc_tolower(cp));
	} else if (class == CHARS_MARK || (class != CHARS_IGNORED && !is_ready(f, cp))) {
		add_unready(f, cp, class);
	} else if (class != CHARS_IGNORED) {
		flush(f);
		f->letter = cp;
	}
}

size_t fold_finish(struct fold *f, size_t *n_marked)
{
	flush(f);
	*n_marked = f->has_marked ? cut_finish(&f->marked) : 0;
	return cut_finish(&f->word);
}

const struct fold_ready *fold_letters(const struct fold *f) { return f->ready; }

/* ---- the folder ------------------------------------------------------------ */

/* Fold each letter once, the long way. */
static void make_ready(struct fold *f)
{
	for (int32_t cp = 0; cp < FOLD_READY_END; cp++) {
		struct fold_ready *r = &f->ready[cp];
		enum chars_class class = chars_class(cp, f->is_plain);
		char word[BQ_WORD_MAX], marked[BQ_WORD_MAX];
		size_t n_word, n_marked;

		if (class != CHARS_LETTER && !(f->is_plain && class == CHARS_MARK))
			continue;
		fold_start(f, word, marked);
		fold_add(f, cp, class);
		n_word = fold_finish(f, &n_marked);
		if (n_word > sizeof r->word || n_marked > sizeof r->marked)
			continue;
		r->differs = n_marked > 0;
		memcpy(r->word, word, n_word);
		memcpy(r->marked, r->differs ? marked : word, r->differs ? n_marked : n_word);
		r->n_marked = (uint8_t)(r->differs ? n_marked : n_word);
		r->n_word = (uint8_t)n_word;
		r->sheds = f->sheds;
	}
}

struct fold *fold_new(bool plain)
{
	struct fold *f = calloc(1, sizeof *f);

	if (f == NULL)
		return NULL;
	f->is_plain = plain;
	bool is_room = cut_init(&f->word);
	is_room = cut_init(&f->marked) && is_room;
	if (!is_room) {
		fold_free(f);
		return NULL;
	}
	make_ready(f);
	return f;
}

void fold_free(struct fold *f)
{
	if (f == NULL)
		return;
	cut_release(&f->word);
	cut_release(&f->marked);
	free(f);
}
