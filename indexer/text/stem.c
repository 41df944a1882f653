/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/stem.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include <bq/arena.h>
#include <bq/text.h>
#include <bq/utf8.h>
#include <xapian-c.h>

#include "text/chars.h"

enum { SLOTS_MIN = 1024, BYTES_MAX = 96 << 20 };

/* Open addressing, linear probing, a power of two, at most half full.
 *
 *   slot --> [word][stem]     one piece of the arena; no second part where
 *                             the word is its own stem
 */
struct slot {
	const char *bytes; /* NULL: free */
	uint32_t hash;
	uint8_t n_word;
	uint8_t n_stem; /* 0: the word itself */
};

struct stem {
	struct xapian_c_stemmer *stemmer;
	bool is_none;
	struct bq_error failed; /* the first failure; status BQ_OK while there is none */
	struct slot *slots;
	uint32_t n_slots, n_used, max_used;
	struct bq_arena bytes;
	char scratch[BQ_WORD_MAX + 1]; /* with Xapian's NUL */
};

int stem_new(const char *language, uint32_t cache_words, struct stem **out, struct bq_error *err)
{
	struct xapian_c_error why;
	struct stem *s = calloc(1, sizeof *s);

	*out = NULL;
	if (s == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a stemmer");
	bq_arena_init(&s->bytes, BYTES_MAX);
	s->max_used = cache_words;
	int status = xapian_c_stemmer_new(language, &s->stemmer, &why);
	if (status < 0) {
		stem_free(s);
		if (status == XAPIAN_C_EARGUMENT)
			return bq_error_set(
				err, BQ_EUSAGE, 0, "Xapian %s has no stemmer for %s", xapian_c_version(), language);
		return bq_error_set(err, BQ_ENOMEM, 0, "stemmer for %s: %s: %s", language, why.type, why.msg);
	}
	s->is_none = xapian_c_stemmer_is_none(s->stemmer);
	*out = s;
	return BQ_OK;
}

void stem_free(struct stem *s)
{
	if (s == NULL)
		return;
	xapian_c_stemmer_free(s->stemmer);
	bq_arena_release(&s->bytes);
	free(s->slots);
	free(s);
}

uint32_t stem_count(const struct stem *s) { return s->n_used; }

int stem_check(const struct stem *s, struct bq_error *err)
{
	if (s->failed.status != BQ_OK && err != NULL)
		*err = s->failed;
	return s->failed.status;
}

/* ---- what is never stemmed -------------------------------------------------- */

static bool is_own_stem(struct bq_span word)
{
	const uint8_t *p = (const uint8_t *)word.ptr, *end = p + word.len;

	while (p < end) {
		int32_t cp;
		p += bq_utf8_decode(p, end, &cp);
		if (cp >= 0 && cp < 0x80 ? cp >= '0' && cp <= '9'
					 : chars_is_digit(cp) || chars_class(cp, true) == CHARS_CJK)
			return true;
	}
	return false;
}

/* ---- the cache --------------------------------------------------------------- */

/* The word's slot, or the free one where it would go. */
static struct slot *find_slot(struct slot *slots, uint32_t n_slots, uint32_t hash, struct bq_span word)
{
	for (uint32_t i = hash & (n_slots - 1);; i = (i + 1) & (n_slots - 1)) {
		struct slot *slot = &slots[i];
		if (slot->bytes == NULL)
			return slot;
		if (slot->hash == hash && slot->n_word == word.len && memcmp(slot->bytes, word.ptr, word.len) == 0)
			return slot;
	}
}

static void forget_all(struct stem *s)
{
	memset(s->slots, 0, s->n_slots * sizeof *s->slots);
	s->n_used = 0;
	bq_arena_reset(&s->bytes);
}

void stem_forget(struct stem *s)
{
	if (s->slots != NULL)
		forget_all(s);
}

/* Room for one more word: a bigger table, or an empty one where that is too big
 * or does not come. */
static void make_room(struct stem *s)
{
	bool is_full = s->n_used >= s->max_used;

	if (!is_full && s->n_used < s->n_slots / 2)
		return;
	uint32_t n_slots = s->n_slots == 0 ? SLOTS_MIN : s->n_slots * 2;
	struct slot *slots = is_full ? NULL : calloc(n_slots, sizeof *slots);
	if (slots == NULL) {
		if (s->slots != NULL)
			forget_all(s);
		return;
	}
	for (uint32_t i = 0; i < s->n_slots; i++) {
		const struct slot *old = &s->slots[i];
		if (old->bytes != NULL)
			*find_slot(slots, n_slots, old->hash, bq_span_make(old->bytes, old->n_word)) = *old;
	}
	free(s->slots);
	s->slots = slots;
	s->n_slots = n_slots;
}

/* Remember a stem; where there is no memory for it, it is computed again. */
static void remember(struct stem *s, uint32_t hash, struct bq_span word, struct bq_span stem)
{
	size_t n_stem = bq_span_eq(word, stem) ? 0 : stem.len;

	make_room(s);
	if (s->slots == NULL)
		return;
	char *bytes = bq_arena_alloc(&s->bytes, word.len + n_stem);
	if (bytes == NULL) {
		forget_all(s);
		return;
	}
	memcpy(bytes, word.ptr, word.len);
	memcpy(bytes + word.len, stem.ptr, n_stem);
	*find_slot(s->slots, s->n_slots, hash, word) = (struct slot){ bytes, hash, (uint8_t)word.len, (uint8_t)n_stem };
	s->n_used++;
}

/* ---- stems ---------------------------------------------------------------- */

static struct bq_span keep_word(struct stem *s, struct bq_span word)
{
	if (word.len > BQ_WORD_MAX)
		return word; /* none of ours */
	if (word.len > 0)
		memmove(s->scratch, word.ptr, word.len);
	return bq_span_make(s->scratch, word.len);
}

/* Ask Xapian; the answer is in `scratch`. */
static struct bq_span ask(struct stem *s, struct bq_span word)
{
	struct xapian_c_error why;
	size_t len;
	int status = xapian_c_stemmer_stem(s->stemmer, word.ptr, word.len, s->scratch, sizeof s->scratch, &len, &why);

	if (status == XAPIAN_C_OK && len > 0)
		return bq_span_make(s->scratch, len);
	if (status < 0 && status != XAPIAN_C_ETOOLONG && s->failed.status == BQ_OK)
		(void)bq_error_set(&s->failed, BQ_ENOMEM, 0, "stemming: %s: %s", why.type, why.msg);
	return keep_word(s, word);
}

struct bq_span stem_find(struct stem *s, struct bq_span word)
{
	if (s->is_none || word.len == 0 || word.len > BQ_WORD_CUT)
		return keep_word(s, word);

	uint32_t hash = (uint32_t)XXH3_64bits(word.ptr, word.len);
	if (s->slots != NULL) {
		const struct slot *slot = find_slot(s->slots, s->n_slots, hash, word);
		if (slot->bytes != NULL && slot->n_stem == 0)
			return bq_span_make(slot->bytes, slot->n_word);
		if (slot->bytes != NULL)
			return bq_span_make(slot->bytes + slot->n_word, slot->n_stem);
	}
	/* The word may be an earlier answer, which ends here. */
	char copy[BQ_WORD_CUT];
	memcpy(copy, word.ptr, word.len);
	word.ptr = copy;
	struct bq_span stem = is_own_stem(word) ? keep_word(s, word) : ask(s, word);
	if (s->failed.status == BQ_OK)
		remember(s, hash, word, stem);
	return stem;
}

struct bq_span stem_once(struct stem *s, struct bq_span word)
{
	if (s->is_none || word.len == 0 || word.len > BQ_WORD_CUT || is_own_stem(word))
		return keep_word(s, word);
	return ask(s, word);
}
