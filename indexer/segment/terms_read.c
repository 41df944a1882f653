/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segment/terms.h"

#include <string.h>

int terms_open(struct bq_span section, uint32_t n_terms, const char *name, struct terms_reader *out,
	struct bq_error *err)
{
	const uint8_t *p = (const uint8_t *)section.ptr;
	uint64_t counts[TERMS_MAX_LEVELS], at = TERMS_HEADER;

	memset(out, 0, sizeof *out);
	if (section.len < TERMS_HEADER || bq_get_u32(p) != n_terms)
		return bq_error_set(err, BQ_EFORMAT, 0, "%s: TERMS: wrong number of terms [F10]", name);
	out->n_terms = n_terms;
	out->n_blocks = bq_get_u32(p + 4);
	out->n_levels = bq_get_u32(p + 8);
	if (out->n_blocks != (n_terms + (uint64_t)BQ_TERM_BLOCK - 1) / BQ_TERM_BLOCK || out->n_levels == 0
		|| out->n_levels > TERMS_MAX_LEVELS)
		return bq_error_set(err, BQ_EFORMAT, 4, "%s: TERMS: wrong number of blocks or levels [F10]", name);
	for (uint32_t l = out->n_levels, n = out->n_blocks; l-- > 0; n = (n + TERMS_FANOUT - 1) / TERMS_FANOUT)
		counts[l] = n;
	if (counts[0] > TERMS_FANOUT)
		return bq_error_set(err, BQ_EFORMAT, 8, "%s: TERMS: wrong number of levels [F10]", name);
	for (uint32_t l = 0; l < out->n_levels; l++) {
		out->level[l] = p + at;
		out->level_keys[l] = (uint32_t)counts[l];
		at += counts[l] * 8;
		if (at > section.len)
			return bq_error_set(err, BQ_EFORMAT, at, "%s: TERMS: tree does not fit [F10]", name);
	}
	uint64_t offs_len = ((uint64_t)out->n_blocks + 1) * 8;
	if (offs_len > section.len - at)
		return bq_error_set(err, BQ_EFORMAT, at, "%s: TERMS: block offsets do not fit [F10]", name);
	out->offs = p + at;
	out->blocks = bq_span_from(section, (size_t)(at + offs_len));
	if (bq_get_u64(out->offs + 8 * (size_t)out->n_blocks) != out->blocks.len)
		return bq_error_set(err, BQ_EFORMAT, at, "%s: TERMS: blocks do not fill the section [F11]", name);
	return BQ_OK;
}

/* Begin block `b`; next() gives its first entry. */
static int open_block(const struct terms_reader *t, uint32_t b, struct terms_iter *it)
{
	uint64_t from = bq_get_u64(t->offs + 8 * (size_t)b), to = bq_get_u64(t->offs + 8 * ((size_t)b + 1));

	it->terms = t;
	it->next_ord = b * BQ_TERM_BLOCK;
	it->key_len = 0;
	if (from >= to || to > t->blocks.len)
		return BQ_EFORMAT; /* [F11] */
	it->r = bq_reader_of(t->blocks.ptr + from, (size_t)(to - from));
	it->post = bq_read_varint(&it->r);
	it->pos = bq_read_varint(&it->r);
	it->tinfo = bq_read_varint32(&it->r);
	return it->r.bad ? BQ_EFORMAT : BQ_OK;
}

/* The next key as it stands: `*shared` bytes of the one before, which is `*len`
 * bytes long, then `*rest`; `*len` becomes its length. */
static inline bool read_key_parts(struct bq_reader *r, size_t *len, size_t *shared, struct bq_span *rest)
{
	uint8_t head = bq_read_u8(r);
	uint64_t same = head >> 4, more = head & 15u;

	if (same == 15)
		same += bq_read_varint32(r);
	if (more == 15)
		more += bq_read_varint32(r);
	*rest = bq_read_span(r, more);
	if (r->bad || same > *len || more > TERMS_MAX_KEY - same || same + more == 0)
		return false;
	*shared = (size_t)same;
	*len = (size_t)(same + more);
	return true;
}

static bool read_key(struct terms_iter *it)
{
	struct bq_span rest;
	size_t shared;

	if (!read_key_parts(&it->r, &it->key_len, &shared, &rest))
		return false;
	if (rest.len != 0)
		memcpy(it->key + shared, rest.ptr, rest.len);
	return true;
}

static void read_small(struct terms_iter *it, bool is_word)
{
	struct terms_entry *e = &it->entry;

	e->df = e->tag < TERMS_SMALL ? 1 : e->tag - TERMS_SMALL + 2;
	if (e->df == 1) {
		e->doc = bq_read_varint32(&it->r);
		e->ttf = e->tag == TERMS_ONCE ? 1 : bq_read_varint32(&it->r) + UINT64_C(2);
	} else {
		e->ttf = e->df + bq_read_varint(&it->r);
		e->post_bytes = bq_read_varint(&it->r);
	}
	if (is_word && e->tag == TERMS_ONCE)
		e->pos = bq_read_varint32(&it->r);
	else if (is_word)
		e->pos_bytes = bq_read_varint(&it->r);
}

static void read_frequent(struct terms_iter *it, bool is_word)
{
	struct terms_entry *e = &it->entry;

	e->post_bytes = bq_read_varint(&it->r);
	if (is_word)
		e->pos_bytes = bq_read_varint(&it->r);
	e->tinfo = it->tinfo++;
}

static void read_list(struct terms_iter *it, bool is_word)
{
	struct terms_entry *e = &it->entry;

	e->post_bytes = e->pos_bytes = 0;
	if (e->tag == TERMS_FREQUENT)
		read_frequent(it, is_word);
	else
		read_small(it, is_word);
	e->post_off = it->post;
	e->pos_off = it->pos;
	/* Nonsense sums are caught where the bytes are used: [F14]. */
	it->post += e->post_bytes;
	it->pos += e->pos_bytes;
}

/* Skip over a stem's forms, keeping where they are. */
static void read_forms(struct terms_iter *it)
{
	const uint8_t *start = it->r.p;

	it->entry.n_forms = bq_read_varint32(&it->r);
	for (uint32_t i = 0; i < it->entry.n_forms && !it->r.bad; i++)
		(void)bq_read_varint32(&it->r);
	it->entry.forms = bq_span_make(start, (size_t)(it->r.p - start));
}

/* What stands behind a key of this kind; members that do not count for its tag
 * stay as they are. */
static int read_entry(struct terms_iter *it, unsigned kind)
{
	struct terms_entry *e = &it->entry;

	e->tag = bq_read_varint32(&it->r);
	if (e->tag > terms_small_tag(BQ_SMALL_DF - 1, BQ_SMALL_DF) ||
		(e->tag == TERMS_ALIAS && !terms_kind_is_stem(kind)))
		return BQ_EFORMAT;
	if (e->tag == TERMS_ALIAS)
		e->alias = bq_read_varint32(&it->r);
	else
		read_list(it, kind == BQ_TERM_WORD);
	if (e->tag != TERMS_ALIAS && terms_kind_is_stem(kind))
		read_forms(it);
	it->ord = it->next_ord++;
	return it->r.bad ? BQ_EFORMAT : BQ_OK;
}

int terms_next(struct terms_iter *it)
{
	if (it->next_ord >= it->terms->n_terms)
		return BQ_END;
	if (it->next_ord % BQ_TERM_BLOCK == 0 && open_block(it->terms, it->next_ord / BQ_TERM_BLOCK, it) != BQ_OK)
		return BQ_EFORMAT;
	memset(&it->entry, 0, sizeof it->entry);
	if (!read_key(it))
		return BQ_EFORMAT;
	return read_entry(it, terms_kind(terms_key(it)));
}

static uint64_t level_key(const uint8_t *keys, uint32_t i)
{
	return bq_get_u64(keys + 8 * (size_t)i);
}

/* How many of the keys [from, to) of a level are below `key`. */
static uint32_t count_below(const uint8_t *keys, uint32_t from, uint32_t to, uint64_t key)
{
	uint32_t n = 0;

	for (uint32_t i = from; i < to; i++)
		n += level_key(keys, i) < key;
	return n;
}

/* The number of blocks whose prefix is below `key`. */
static uint32_t rank(const struct terms_reader *t, uint64_t key)
{
	uint32_t from = 0, below = 0;

	for (uint32_t l = 0; l < t->n_levels; l++) {
		uint32_t to = l == 0 || from + TERMS_FANOUT > t->level_keys[l] ? t->level_keys[l] : from + TERMS_FANOUT;
		below = from + count_below(t->level[l], from, to, key);
		if (below == 0)
			return 0; /* the leftmost key of every level is the same */
		from = (below - 1) * TERMS_FANOUT;
	}
	return below;
}

/* No block from the one returned on starts with `prefix`, nor does one before `lo`. */
static uint32_t behind_prefix(const struct terms_reader *t, uint32_t lo, uint64_t prefix)
{
	uint32_t hi = lo;

	for (uint32_t step = 1; hi < t->n_blocks && level_key(t->level[t->n_levels - 1], hi) == prefix; step *= 2)
		hi = t->n_blocks - hi > step ? hi + step : t->n_blocks;
	return hi;
}

/* Compare block b's first key with `key`; sets *bad if the block is damaged. */
static int compare_first(const struct terms_reader *t, uint32_t b, struct bq_span key, bool *bad)
{
	struct terms_iter it;

	if (open_block(t, b, &it) != BQ_OK || !read_key(&it)) {
		*bad = true;
		return 0;
	}
	return bq_span_cmp(terms_key(&it), key);
}

/* The block that holds `key` if any does: the last one whose first key is not
 * above it, or the first of all.  There is one at least. */
static int find_block(const struct terms_reader *t, struct bq_span key, uint32_t *out)
{
	uint64_t prefix = terms_prefix(key);
	uint32_t lo = rank(t, prefix), hi = behind_prefix(t, lo, prefix);
	bool bad = false;

	/* The first ones of blocks lo..hi-1 start with the same 8 bytes: the last one <= key, else lo-1. */
	while (lo < hi && !bad) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (compare_first(t, mid, key, &bad) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	*out = lo == 0 ? 0 : lo - 1;
	return bad ? BQ_EFORMAT : BQ_OK;
}

int terms_seek(const struct terms_reader *t, struct bq_span key, struct terms_iter *it)
{
	uint32_t block;

	it->terms = t;
	it->next_ord = t->n_terms;
	if (t->n_blocks == 0)
		return BQ_OK;
	if (find_block(t, key, &block) != BQ_OK)
		return BQ_EFORMAT;
	int rc = terms_seek_ord(t, block * BQ_TERM_BLOCK, it);
	for (struct terms_iter ahead = *it; rc == BQ_OK;) {
		rc = terms_next(&ahead);
		if (rc != BQ_OK || bq_span_cmp(terms_key(&ahead), key) >= 0)
			break;
		*it = ahead;
	}
	return rc == BQ_END ? BQ_OK : rc;
}

/* How many bytes `a` and `b` have in common from the start. */
static size_t count_same(struct bq_span a, struct bq_span b)
{
	size_t n = 0;

	while (n < a.len && n < b.len && a.ptr[n] == b.ptr[n])
		n++;
	return n;
}

/* What entries passed over add up to: where the next one's lists are. */
struct passed {
	struct bq_reader r;
	uint64_t post, pos;
	uint32_t tinfo;
};

static inline bool skip_varints(struct bq_reader *r, uint32_t n)
{
	for (; n != 0 && !r->bad; n--)
		(void)bq_read_varint(r);
	return !r->bad;
}

/* Step over the tag and numbers of the commonest word by far, one that stands
 * once in all the documents; false for another, where nothing has moved. */
static inline bool skip_once(struct bq_reader *r)
{
	if (bq_read_left(r) < 8)
		return false;
	uint64_t bytes = bq_get_u64(r->p), ends = ~bytes & UINT64_C(0x8080808080808080);
	ends &= ends - 1; /* the tag's */
	ends &= ends - 1; /* the document's */
	if ((bytes & 0xff) != TERMS_ONCE || ends == 0)
		return false;
	r->p += (__builtin_ctzll(ends) + 1) / 8;
	return true;
}

/* Step over what stands behind a key of this kind; read_entry() is its twin that
 * keeps the numbers. */
static inline bool skip_entry(struct passed *at, unsigned kind)
{
	struct bq_reader *r = &at->r;
	bool is_word = kind == BQ_TERM_WORD, has_forms = terms_kind_is_stem(kind);

	if (is_word && skip_once(r))
		return true;
	uint32_t tag = bq_read_varint32(r);
	if (tag > terms_small_tag(BQ_SMALL_DF - 1, BQ_SMALL_DF) || (tag == TERMS_ALIAS && !has_forms))
		return false;
	if (tag == TERMS_ALIAS)
		return skip_varints(r, 1);
	if (tag == TERMS_FREQUENT) {
		at->tinfo++;
		at->post += bq_read_varint(r);
	} else {
		(void)skip_varints(r, tag == TERMS_ONE ? 2 : 1);
		at->post += tag < TERMS_SMALL ? 0 : bq_read_varint(r);
	}
	if (is_word) {
		uint64_t pos = bq_read_varint(r);
		at->pos += tag == TERMS_ONCE ? 0 : pos;
	}
	return has_forms ? skip_varints(r, bq_read_varint32(r)) : !r->bad;
}

/*   key     shared                    same: bytes of it that the entry before has
 *   before  share|d    shares 6 with it: below `key`, as the one before is
 *   entry   share|s    shares 5: its own bytes tell, from there on
 *
 * Keys are not put together but for the one that is looked for.  All in locals:
 * a walk over 16 entries is most of what a word's look-up takes. */
int terms_find_in(const struct terms_reader *t, uint32_t block, struct bq_span key, struct terms_iter *it)
{
	unsigned kind = terms_kind(key);
	size_t same = 0, len = 0, shared;
	struct bq_span rest;

	it->terms = t;
	if (open_block(t, block, it) != BQ_OK)
		return BQ_EFORMAT;
	struct passed at = { it->r, it->post, it->pos, it->tinfo };
	uint32_t ord = it->next_ord, left = t->n_terms - ord < BQ_TERM_BLOCK ? t->n_terms - ord : BQ_TERM_BLOCK;
	for (; left != 0; left--, ord++) {
		if (!read_key_parts(&at.r, &len, &shared, &rest))
			return BQ_EFORMAT;
		if (shared == 0)
			kind = terms_kind(rest);
		if (shared <= same) {
			size_t more = count_same(rest, bq_span_from(key, shared));
			same = shared + more;
			if (same == key.len && more == rest.len)
				break;
			if (more != rest.len && (same == key.len || (uint8_t)rest.ptr[more] > (uint8_t)key.ptr[same]))
				return BQ_ENOTFOUND;
		}
		if (!skip_entry(&at, kind))
			return BQ_EFORMAT;
	}
	if (left == 0)
		return BQ_ENOTFOUND;
	it->r = at.r;
	it->post = at.post;
	it->pos = at.pos;
	it->tinfo = at.tinfo;
	it->next_ord = ord;
	it->key_len = key.len;
	memcpy(it->key, key.ptr, key.len);
	memset(&it->entry, 0, sizeof it->entry);
	return read_entry(it, kind);
}

int terms_find_block(const struct terms_reader *t, struct bq_span key, uint32_t *block)
{
	if (t->n_blocks == 0)
		return BQ_ENOTFOUND;
	if (find_block(t, key, block) != BQ_OK)
		return BQ_EFORMAT;
	__builtin_prefetch(t->offs + 8 * (size_t)*block);
	return BQ_OK;
}

void terms_fetch_block(const struct terms_reader *t, uint32_t block)
{
	uint64_t from = bq_get_u64(t->offs + 8 * (size_t)block);

	if (from < t->blocks.len) {
		__builtin_prefetch(t->blocks.ptr + from);
		__builtin_prefetch(t->blocks.ptr + from + 64);
	}
}

int terms_find(const struct terms_reader *t, struct bq_span key, struct terms_iter *it)
{
	uint32_t block;
	int rc = terms_find_block(t, key, &block);

	return rc == BQ_OK ? terms_find_in(t, block, key, it) : rc;
}

int terms_seek_ord(const struct terms_reader *t, uint32_t ord, struct terms_iter *it)
{
	int rc = open_block(t, ord / BQ_TERM_BLOCK, it);

	for (uint32_t i = 0; rc == BQ_OK && i < ord % BQ_TERM_BLOCK; i++)
		rc = terms_next(it);
	return rc;
}
