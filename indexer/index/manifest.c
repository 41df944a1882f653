/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "index/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

static const struct bq_span first_line = BQ_SPAN_INIT("format bq ");
static const struct bq_span checksum_key = BQ_SPAN_INIT("checksum ");

enum { SUM_LINE = 9 + 16 + 1 }; /* "checksum ", digits, LF */

/* ---- file names -------------------------------------------------------- */

void manifest_segment_file(const struct manifest_segment *s, char name[MANIFEST_FILE_MAX])
{
	(void)snprintf(name, MANIFEST_FILE_MAX, "%08" PRIu64 ".seg", s->number);
}

void manifest_tombstone_file(const struct manifest_segment *s, char name[MANIFEST_FILE_MAX])
{
	(void)snprintf(name, MANIFEST_FILE_MAX, "%08" PRIu64 ".del.%" PRIu64, s->number, s->del_gen);
}

void manifest_stat_file(const struct manifest_segment *s, char name[MANIFEST_FILE_MAX])
{
	(void)snprintf(name, MANIFEST_FILE_MAX, "%08" PRIu64 ".stat.%" PRIu64, s->number, s->stat_gen);
}

/* A decimal number of digits alone, without leading zeros, up to `max`. */
static bool parse_decimal(struct bq_span s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (s.len == 0 || s.len > 20 || (s.len > 1 && s.ptr[0] == '0'))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9' || __builtin_mul_overflow(v, 10u, &v) ||
			__builtin_add_overflow(v, (uint64_t)(s.ptr[i] - '0'), &v))
			return false;
	}
	*out = v;
	return v <= max;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Exactly `digits` lower-case hex digits. */
static bool parse_hex(struct bq_span s, size_t digits, uint64_t *out)
{
	uint64_t v = 0;

	if (s.len != digits)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		int d = hex_digit(s.ptr[i]);
		if (d < 0)
			return false;
		v = v << 4 | (uint64_t)d;
	}
	*out = v;
	return true;
}

enum manifest_file manifest_file_parse(struct bq_span name, uint64_t *number, uint64_t *gen)
{
	struct bq_span rest = bq_span_from(name, 8);
	enum manifest_file kind = MANIFEST_FILE_TOMBSTONES;

	*number = *gen = 0;
	if (name.len < 12)
		return MANIFEST_FILE_OTHER;
	for (size_t i = 0; i < 8; i++) {
		if (name.ptr[i] < '0' || name.ptr[i] > '9')
			return MANIFEST_FILE_OTHER;
		*number = *number * 10 + (uint64_t)(name.ptr[i] - '0');
	}
	if (bq_span_eq(rest, BQ_SPAN(".seg")))
		return MANIFEST_FILE_SEGMENT;
	if (bq_span_starts(rest, BQ_SPAN(".stat."))) {
		kind = MANIFEST_FILE_STAT;
		rest = bq_span_from(rest, 6);
	} else if (bq_span_starts(rest, BQ_SPAN(".del."))) {
		rest = bq_span_from(rest, 5);
	} else {
		return MANIFEST_FILE_OTHER;
	}
	return parse_decimal(rest, MANIFEST_MAX_GEN, gen) && *gen != 0 ? kind : MANIFEST_FILE_OTHER;
}

/* ---- parsing ----------------------------------------------------------- */

struct parse {
	struct bq_arena *mem;
	struct manifest *m;
	struct bq_span *sources;
	uint32_t max_sources;
	uint32_t seen; /* a bit for each row of `keys` */
};

enum key_kind { KEY_U64, KEY_U32, KEY_HEX, KEY_FLOAT, KEY_CALL };

/* One key.  `parse` returns NULL or what is wrong. */
struct key {
	const char *name;
	enum key_kind kind;
	size_t off; /* in struct manifest */
	uint64_t max;
	const char *(*parse)(struct parse *p, struct bq_span value);
	bool repeats, optional;
};

/* The part of *s before the next blank; *s becomes what follows it. */
static struct bq_span take_word(struct bq_span *s)
{
	const char *blank = s->len == 0 ? NULL : memchr(s->ptr, ' ', s->len);
	struct bq_span word = bq_span_first(*s, blank == NULL ? s->len : (size_t)(blank - s->ptr));

	*s = bq_span_from(*s, blank == NULL ? s->len : word.len + 1);
	return word;
}

static const char *parse_format(struct parse *p, struct bq_span v)
{
	(void)p;
	(void)v; /* check_format() has read it */
	return NULL;
}

static const char *parse_lang(struct parse *p, struct bq_span v)
{
	if (v.len == 0 || v.len >= BQ_LANG_MAX)
		return "the language has a bad length";
	for (size_t i = 0; i < v.len; i++)
		if ((v.ptr[i] < 'a' || v.ptr[i] > 'z') && v.ptr[i] != '_')
			return "a language is small letters";
	memcpy(p->m->text.lang, v.ptr, v.len);
	return NULL;
}

static const char *parse_stopwords(struct parse *p, struct bq_span v)
{
	if (v.len == 0)
		return "no stop words: the line must be absent";
	p->m->text.stopwords = bq_arena_dup(p->mem, v);
	return NULL;
}

static const char *parse_source(struct parse *p, struct bq_span v)
{
	char *to = bq_arena_alloc(p->mem, v.len + 1);
	size_t n = 0;

	if (to == NULL)
		return NULL; /* oom is sticky: manifest_parse() asks */
	if (bq_span_eq(v, BQ_SPAN("-")))
		v.len = 0;
	else if (v.len == 0 || v.ptr[0] != '/')
		return "a source is an absolute path or -";
	for (size_t i = 0; i < v.len; i++) {
		uint64_t byte = (uint8_t)v.ptr[i];
		if (byte == '%') {
			if (v.len - i < 3 || !parse_hex(bq_span_first(bq_span_from(v, i + 1), 2), 2, &byte) ||
				byte == 0)
				return "bad %XX in a source";
			i += 2;
		}
		to[n++] = (char)byte;
	}
	to[n] = '\0';
	p->sources[p->m->n_sources++] = bq_span_make(to, n);
	return NULL;
}

static const char *parse_tombstones(struct manifest_segment *s, struct bq_span v)
{
	struct bq_span file = take_word(&v);
	uint64_t number;

	if (manifest_file_parse(file, &number, &s->del_gen) != MANIFEST_FILE_TOMBSTONES || number != s->number)
		return "bad name of a tombstone file";
	if (!parse_hex(v, 16, &s->del_checksum))
		return "bad checksum of a tombstone file";
	return NULL;
}

static const char *parse_segment(struct parse *p, struct bq_span v)
{
	struct manifest *m = p->m;
	struct manifest_segment *s = &m->segments[m->n_segments];
	uint64_t docs, dead, gen;

	if (m->n_segments == BQ_MAX_SEGMENTS)
		return "too many segments";
	if (manifest_file_parse(take_word(&v), &s->number, &gen) != MANIFEST_FILE_SEGMENT || s->number == 0)
		return "bad name of a segment";
	if (!parse_decimal(take_word(&v), INT64_MAX, &s->bytes))
		return "bad size of a segment";
	if (!parse_hex(take_word(&v), 16, &s->checksum))
		return "bad checksum of a segment";
	if (!parse_decimal(take_word(&v), BQ_MAX_DOCS, &docs))
		return "bad number of documents";
	if (!parse_decimal(take_word(&v), docs, &dead))
		return "bad number of dead documents";
	for (uint32_t i = 0; i < m->n_segments; i++)
		if (m->segments[i].number == s->number)
			return "a segment stands twice";
	s->n_docs = (uint32_t)docs;
	s->n_dead = (uint32_t)dead;
	m->n_segments++;
	if (dead != 0)
		return parse_tombstones(s, v);
	return v.len == 0 ? NULL : "tombstones without dead documents";
}

static const char *parse_stat(struct parse *p, struct bq_span v)
{
	struct manifest *m = p->m;
	struct manifest_segment *s = m->n_segments == 0 ? NULL : &m->segments[m->n_segments - 1];
	uint64_t number, gen;

	if (manifest_file_parse(take_word(&v), &number, &gen) != MANIFEST_FILE_STAT)
		return "bad name of a stat file";
	if (s == NULL || s->number != number || s->stat_gen != 0)
		return "a stat file not behind its segment";
	s->stat_gen = gen;
	return parse_hex(v, 16, &s->stat_checksum) ? NULL : "bad checksum of a stat file";
}

static const char *parse_checksum(struct parse *p, struct bq_span v)
{
	uint64_t sum;

	/* check_sum() has compared the last line; here only a second one can be wrong */
	return parse_hex(v, 16, &sum) && sum == p->m->checksum ? NULL : "a second checksum";
}

#define AT(member) offsetof(struct manifest, member)

static const struct key keys[] = {
	{ "format", KEY_CALL, 0, 0, parse_format, false, false },
	{ "generation", KEY_U64, AT(gen), MANIFEST_MAX_GEN, NULL, false, false },
	{ "next_segment", KEY_U64, AT(next_segment), MANIFEST_MAX_NUMBER + 1ull, NULL, false, false },
	{ "text_id", KEY_HEX, AT(text_id), 0, NULL, false, false },
	{ "lang", KEY_CALL, 0, 0, parse_lang, false, false },
	{ "stopwords", KEY_CALL, 0, 0, parse_stopwords, false, true },
	{ "k1", KEY_FLOAT, AT(k1), 0, NULL, false, false },
	{ "b", KEY_FLOAT, AT(b), 0, NULL, false, false },
	{ "avg_len", KEY_FLOAT, AT(avg_len), 0, NULL, false, false },
	{ "pairs", KEY_U32, AT(pairs), UINT32_MAX, NULL, false, false },
	{ "pairs_percent", KEY_U32, AT(pairs_percent), MANIFEST_MAX_PERCENT, NULL, false, false },
	{ "docs", KEY_U64, AT(n_docs), UINT64_MAX, NULL, false, false },
	{ "live", KEY_U64, AT(n_live), UINT64_MAX, NULL, false, false },
	{ "tokens", KEY_U64, AT(n_tokens), UINT64_MAX, NULL, false, false },
	{ "source", KEY_CALL, 0, 0, parse_source, true, true },
	{ "segment", KEY_CALL, 0, 0, parse_segment, true, true },
	{ "stat", KEY_CALL, 0, 0, parse_stat, true, true },
	{ "checksum", KEY_CALL, 0, 0, parse_checksum, false, false },
};

enum { N_KEYS = sizeof keys / sizeof keys[0] };

static const char *parse_value(struct parse *p, const struct key *k, struct bq_span v)
{
	char *to = (char *)p->m + k->off;
	uint64_t bits = 0;
	uint32_t half;

	switch (k->kind) {
	case KEY_CALL:
		return k->parse(p, v);
	case KEY_HEX:
		if (!parse_hex(v, 16, &bits))
			return "not 16 hex digits";
		memcpy(to, &bits, sizeof bits);
		return NULL;
	case KEY_FLOAT:
		if (!parse_hex(v, 8, &bits))
			return "not 8 hex digits";
		break;
	case KEY_U64:
	case KEY_U32:
		if (!parse_decimal(v, k->max, &bits))
			return "not a number in its bounds";
		break;
	}
	if (k->kind == KEY_U64) {
		memcpy(to, &bits, sizeof bits);
		return NULL;
	}
	half = (uint32_t)bits;
	memcpy(to, &half, sizeof half);
	return NULL;
}

static const char *parse_line(struct parse *p, struct bq_span line)
{
	struct bq_span value = line, name = take_word(&value);

	for (size_t i = 0; i < line.len; i++)
		if ((uint8_t)line.ptr[i] < 0x20 || line.ptr[i] == 0x7f)
			return "a control byte";
	for (unsigned i = 0; i < N_KEYS; i++) {
		if (!bq_span_eq(name, bq_span_of(keys[i].name)))
			continue;
		if (!keys[i].repeats && (p->seen >> i & 1) != 0)
			return "the key stands twice";
		p->seen |= 1u << i;
		return parse_value(p, &keys[i], value);
	}
	return "an unknown key";
}

/* [first byte, LF) of the next line; *s becomes what follows the LF. */
static struct bq_span take_line(struct bq_span *s)
{
	const char *lf = memchr(s->ptr, '\n', s->len);
	struct bq_span line = bq_span_first(*s, lf == NULL ? s->len : (size_t)(lf - s->ptr));

	*s = bq_span_from(*s, line.len + 1);
	return line;
}

/* The last line against the bytes before it. */
static int check_sum(struct bq_span bytes, uint64_t *sum, struct bq_error *err)
{
	struct bq_span last;

	if (bytes.len < SUM_LINE)
		return bq_error_set(err, BQ_EFORMAT, 0, "MANIFEST: too short [F33]");
	last = bq_span_from(bytes, bytes.len - SUM_LINE);
	if (!bq_span_starts(last, checksum_key) || last.ptr[SUM_LINE - 1] != '\n' ||
		!parse_hex(bq_span_first(bq_span_from(last, checksum_key.len), 16), 16, sum) ||
		(bytes.len > SUM_LINE && last.ptr[-1] != '\n'))
		return bq_error_set(err, BQ_EFORMAT, bytes.len - SUM_LINE,
			"MANIFEST: the last line is no checksum [F33]");
	if (XXH3_64bits(bytes.ptr, bytes.len - SUM_LINE) != *sum)
		return bq_error_set(err, BQ_EFORMAT, 0, "MANIFEST: the checksum does not match [F33]");
	return BQ_OK;
}

static int check_format(struct bq_span bytes, uint32_t wanted, struct bq_error *err)
{
	struct bq_span line = take_line(&bytes);
	uint64_t version;

	if (!bq_span_starts(line, first_line) ||
		!parse_decimal(bq_span_from(line, first_line.len), UINT32_MAX, &version))
		return bq_error_set(err, BQ_EFORMAT, 0, "MANIFEST line 1: not `format bq N` [F33]");
	if (version != wanted)
		return bq_error_set(err, BQ_EVERSION, 0,
			"the index has format %" PRIu64 ", this program reads format %" PRIu32
			": build the index again",
			version, wanted);
	return BQ_OK;
}

/* What no single line can say [F34], [F37]. */
static int check_whole(const struct parse *p, struct bq_error *err)
{
	const struct manifest *m = p->m;
	uint64_t docs = 0, dead = 0, top = 0;

	for (unsigned i = 0; i < N_KEYS; i++)
		if (!keys[i].optional && (p->seen >> i & 1) == 0)
			return bq_error_set(err, BQ_EFORMAT, 0, "MANIFEST: no `%s` line [F34]", keys[i].name);
	if (m->gen == 0)
		return bq_error_set(err, BQ_EFORMAT, 0, "MANIFEST: generation 0 [F34]");
	for (uint32_t i = 0; i < m->n_segments; i++) {
		docs += m->segments[i].n_docs;
		dead += m->segments[i].n_dead;
		top = m->segments[i].number > top ? m->segments[i].number : top;
		if (m->segments[i].del_gen > m->gen)
			return bq_error_set(err, BQ_EFORMAT, 0, "MANIFEST: tombstones of a later generation [F34]");
		if (m->segments[i].stat_gen > m->gen)
			return bq_error_set(err, BQ_EFORMAT, 0, "MANIFEST: times of a later generation [F34]");
	}
	if (docs != m->n_docs || docs - dead != m->n_live)
		return bq_error_set(err, BQ_EFORMAT, 0, "MANIFEST: documents do not add up [F37]");
	if (m->next_segment <= top)
		return bq_error_set(err, BQ_EFORMAT, 0, "MANIFEST: next_segment too small [F34]");
	if (!isfinite(m->k1) || m->k1 < 0 || m->k1 > 1000.0f || !(m->b >= 0 && m->b <= 1))
		return bq_error_set(err, BQ_EFORMAT, 0, "MANIFEST: k1 or b out of bounds [F34]");
	if (m->pairs == 0 || (m->pairs == BQ_PAIRS_OFF) != (m->pairs_percent == 0))
		return bq_error_set(err, BQ_EFORMAT, 0, "MANIFEST: pairs and pairs_percent do not fit [F34]");
	if (!isfinite(m->avg_len) || m->avg_len <= 0)
		return bq_error_set(err, BQ_EFORMAT, 0, "MANIFEST: avg_len out of bounds [F34]");
	return BQ_OK;
}

/* Room for as many sources as there are lines for them. */
static void count_sources(struct parse *p, struct bq_span bytes)
{
	while (bytes.len != 0) {
		struct bq_span line = take_line(&bytes);
		p->max_sources += bq_span_starts(line, BQ_SPAN("source "));
	}
	p->sources = BQ_ARENA_NEW(p->mem, struct bq_span, p->max_sources);
	p->m->sources = p->sources;
}

int manifest_parse_as(uint32_t format, struct bq_span bytes, struct bq_arena *mem, struct manifest *out,
	struct bq_error *err)
{
	struct parse p = { .mem = mem, .m = out };
	struct bq_span rest = bytes;
	uint64_t number = 0;
	int rc;

	memset(out, 0, sizeof *out);
	out->format = format;
	out->text.stopwords = BQ_SPAN("");
	if (bytes.len > MANIFEST_MAX_BYTES)
		return bq_error_set(err, BQ_EFORMAT, 0, "MANIFEST: larger than %u bytes", MANIFEST_MAX_BYTES);
	rc = check_sum(bytes, &out->checksum, err);
	if (rc == BQ_OK)
		rc = check_format(bytes, format, err);
	if (rc != BQ_OK)
		return rc;
	count_sources(&p, bytes);
	while (rest.len != 0 && !mem->oom) {
		size_t at = bytes.len - rest.len;
		const char *wrong = parse_line(&p, take_line(&rest));
		number++;
		if (wrong != NULL)
			return bq_error_set(err, BQ_EFORMAT, at, "MANIFEST line %" PRIu64 ": %s [F34]", number, wrong);
	}
	if (mem->oom)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for MANIFEST");
	return check_whole(&p, err);
}

int manifest_parse(struct bq_span bytes, struct bq_arena *mem, struct manifest *out, struct bq_error *err)
{
	return manifest_parse_as(BQ_FORMAT_VERSION, bytes, mem, out, err);
}

/* ---- formatting -------------------------------------------------------- */

static void put_float(struct bq_buf *buf, const char *key, float f)
{
	uint32_t bits;

	memcpy(&bits, &f, sizeof bits);
	bq_buf_printf(buf, "%s %08" PRIx32 "\n", key, bits);
}

static void put_source(struct bq_buf *buf, struct bq_span s)
{
	bq_buf_put_span(buf, BQ_SPAN("source "));
	if (s.len == 0)
		bq_buf_put_u8(buf, '-');
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = (uint8_t)s.ptr[i];
		if (c < 0x21 || c == 0x7f || c == '%')
			bq_buf_printf(buf, "%%%02x", c);
		else
			bq_buf_put_u8(buf, c);
	}
	bq_buf_put_u8(buf, '\n');
}

static void put_segment(struct bq_buf *buf, const struct manifest_segment *s)
{
	char name[MANIFEST_FILE_MAX];

	manifest_segment_file(s, name);
	bq_buf_printf(buf, "segment %s %" PRIu64 " %016" PRIx64 " %" PRIu32 " %" PRIu32, name, s->bytes, s->checksum,
		s->n_docs, s->n_dead);
	if (s->n_dead != 0) {
		manifest_tombstone_file(s, name);
		bq_buf_printf(buf, " %s %016" PRIx64, name, s->del_checksum);
	}
	bq_buf_put_u8(buf, '\n');
	if (s->stat_gen == 0)
		return;
	manifest_stat_file(s, name);
	bq_buf_printf(buf, "stat %s %016" PRIx64 "\n", name, s->stat_checksum);
}

void manifest_format(const struct manifest *m, struct bq_buf *buf)
{
	size_t start = buf->len;

	bq_buf_printf(buf, "format bq %" PRIu32 "\ngeneration %" PRIu64 "\nnext_segment %" PRIu64 "\n",
		m->format == 0 ? BQ_FORMAT_VERSION : m->format, m->gen, m->next_segment);
	bq_buf_printf(buf, "text_id %016" PRIx64 "\nlang %s\n", m->text_id, m->text.lang);
	if (m->text.stopwords.len != 0) {
		bq_buf_put_span(buf, BQ_SPAN("stopwords "));
		bq_buf_put_span(buf, m->text.stopwords);
		bq_buf_put_u8(buf, '\n');
	}
	put_float(buf, "k1", m->k1);
	put_float(buf, "b", m->b);
	put_float(buf, "avg_len", m->avg_len);
	bq_buf_printf(buf, "pairs %" PRIu32 "\npairs_percent %" PRIu32 "\n", m->pairs, m->pairs_percent);
	bq_buf_printf(buf, "docs %" PRIu64 "\nlive %" PRIu64 "\ntokens %" PRIu64 "\n", m->n_docs, m->n_live,
		m->n_tokens);
	for (uint32_t i = 0; i < m->n_sources; i++)
		put_source(buf, m->sources[i]);
	for (uint32_t i = 0; i < m->n_segments; i++)
		put_segment(buf, &m->segments[i]);
	if (!buf->oom)
		bq_buf_printf(buf, "checksum %016" PRIx64 "\n", (uint64_t)XXH3_64bits(buf->ptr + start,
			buf->len - start));
}

/* ---- reading the file -------------------------------------------------- */

/* The `size` bytes of `fd`; lives in `mem`.  A published MANIFEST never changes,
 * so any other length is damage. */
static int read_whole(int fd, uint64_t size, struct bq_arena *mem, struct bq_span *out, struct bq_error *err)
{
	size_t n = 0;
	char *to;

	if (size > MANIFEST_MAX_BYTES)
		return bq_error_set(err, BQ_EFORMAT, 0, "MANIFEST: larger than %u bytes", MANIFEST_MAX_BYTES);
	to = bq_arena_alloc(mem, (size_t)size);
	if (to == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for MANIFEST");
	while (n < size) {
		ssize_t got = read(fd, to + n, (size_t)size - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return bq_error_set(err, BQ_EIO, n, "MANIFEST: %s", strerror(errno));
		if (got == 0)
			return bq_error_set(err, BQ_EFORMAT, n, "MANIFEST: cut short while it was read");
		n += (size_t)got;
	}
	*out = bq_span_make(to, n);
	return BQ_OK;
}

static int open_manifest(int dirfd, struct stat *st, struct bq_error *err)
{
	int fd = openat(dirfd, MANIFEST_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return bq_error_set(err, errno == ENOENT ? BQ_ENOTFOUND : BQ_EIO, 0, "MANIFEST: %s", strerror(errno));
	int rc = fstat(fd, st) != 0 ? bq_error_set(err, BQ_EIO, 0, "MANIFEST: %s", strerror(errno)) : BQ_OK;
	if (rc == BQ_OK && S_ISREG(st->st_mode))
		return fd;
	(void)close(fd);
	return rc != BQ_OK ? rc : bq_error_set(err, BQ_EFORMAT, 0, "MANIFEST: not a regular file");
}

int manifest_read(int dirfd, struct bq_arena *mem, struct manifest *out, struct bq_index_stamp *stamp,
	struct bq_error *err)
{
	struct bq_span bytes;
	struct stat st;
	int fd = open_manifest(dirfd, &st, err), rc;

	if (fd < 0)
		return fd;
	rc = read_whole(fd, (uint64_t)st.st_size, mem, &bytes, err);
	(void)close(fd);
	if (rc == BQ_OK)
		rc = manifest_parse(bytes, mem, out, err);
	if (rc != BQ_OK || stamp == NULL)
		return rc;
	*stamp = (struct bq_index_stamp){
		.device = st.st_dev,
		.inode = st.st_ino,
		.mtime_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec,
		.bytes = bytes.len,
		.checksum = out->checksum,
	};
	return BQ_OK;
}

bool manifest_exists(int dirfd)
{
	char head[16];
	struct stat st;
	int fd = open_manifest(dirfd, &st, NULL);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, head, sizeof head);
	(void)close(fd);
	return n > 0 && bq_span_starts(bq_span_make(head, (size_t)n), first_line);
}
