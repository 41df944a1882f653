/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bqbench making: what a build must do, each part by itself: the constants of
 * the floor that `bqindex build --json` reports (indexer/report.c).
 *
 *   read      a byte of the sources: from the page cache, the ends of lines found
 *   word      a word: cut, folded, hashed, found in a table of those seen, counted
 *   compress  a byte of stored text: frames of 4 KiB, level 3, one dictionary
 *   write     a byte of the index: two checksums, to the page cache
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bq/bytes.h>
#include <bq/text.h>

#define XXH_INLINE_ALL
#include <xxhash.h>
#include <zdict.h>
#include <zstd.h>

#include "base/mapfile.h"
#include "bench/args.h"
#include "bench/clock.h"
#include "bench/verb.h"

enum { RUNS = 5, MAX_BYTES = 16 << 20, PIECE = 256 << 10, FRAME = 4096, DICT = 64 << 10, DICT_FROM = 4 << 20,
	TABLE_BITS = 20, MAX_WORDS = (1 << TABLE_BITS) / 2, BATCH = 32 };

struct sample {
	int fd;
	struct bq_span bytes; /* of the file, at most MAX_BYTES */
	char piece[PIECE];
	struct seen {
		uint32_t hash, n; /* words that collide are counted as one */
	} seen[1 << TABLE_BITS];
	struct bq_text *text;
	ZSTD_CCtx *cctx;
	char frame[2 * FRAME];
	uint64_t sink;
};

/* Each returns how many there were, 0 when it failed. */

static uint64_t read_all(struct sample *s)
{
	uint64_t at = 0;

	for (ssize_t n; at < s->bytes.len && (n = pread(s->fd, s->piece, PIECE, (off_t)at)) > 0; at += (uint64_t)n) {
		const char *p = s->piece, *end = p + n;
		while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
			s->sink++;
			p++;
		}
	}
	return at;
}

static void count_batch(struct sample *s, const uint32_t *hashes, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		size_t at = hashes[i] >> (32 - TABLE_BITS);
		while (s->seen[at].n != 0 && s->seen[at].hash != hashes[i])
			at = (at + 1) % (1 << TABLE_BITS);
		s->seen[at].hash = hashes[i];
		s->seen[at].n++;
	}
}

static uint64_t count_words(struct sample *s)
{
	uint32_t hashes[BATCH];
	struct bq_tokens it;
	struct bq_token t;
	uint64_t n = 0;

	memset(s->seen, 0, sizeof s->seen);
	for (bq_tokens_init(&it, s->text, s->bytes, 0); bq_tokens_next(&it, &t) && n < MAX_WORDS; n++) {
		uint32_t hash = (uint32_t)(XXH3_64bits(t.word.ptr, t.word.len) >> 32);
		__builtin_prefetch(&s->seen[hash >> (32 - TABLE_BITS)], 1);
		hashes[n % BATCH] = hash;
		if (n % BATCH == BATCH - 1)
			count_batch(s, hashes, BATCH);
	}
	return n;
}

static uint64_t compress_all(struct sample *s)
{
	for (size_t at = 0; at < s->bytes.len; at += FRAME) {
		struct bq_span raw = bq_span_first(bq_span_from(s->bytes, at), FRAME);
		size_t n = ZSTD_compress2(s->cctx, s->frame, sizeof s->frame, raw.ptr, raw.len);
		if (ZSTD_isError(n))
			return 0;
		s->sink += n;
	}
	return s->bytes.len;
}

static uint64_t write_all(struct sample *s)
{
	char name[] = "bqbench-XXXXXX";
	int fd = mkstemp(name);
	size_t at = 0;

	if (fd < 0)
		return 0;
	(void)unlink(name);
	for (struct bq_span part; at < s->bytes.len; at += part.len) {
		part = bq_span_first(bq_span_from(s->bytes, at), PIECE);
		s->sink += XXH3_64bits(part.ptr, part.len) ^ XXH3_64bits_withSeed(part.ptr, part.len, 1);
		if (write(fd, part.ptr, part.len) != (ssize_t)part.len)
			break;
	}
	(void)close(fd);
	return at < s->bytes.len ? 0 : at;
}

/* Nanoseconds for each, the least of all runs; below 0: it cannot be done here. */
static double measure(uint64_t (*run)(struct sample *), struct sample *s)
{
	double least = -1;

	for (int i = 0; i < RUNS; i++) {
		uint64_t start = clock_ns(CLOCK_THREAD_CPUTIME_ID), n = run(s);
		double each = n == 0 ? -1 : (double)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - start) / (double)n;
		if (n == 0)
			return -1;
		least = i == 0 || each < least ? each : least;
	}
	return least;
}

/* A context with a dictionary made of the first bytes. */
static bool prepare_zstd(struct sample *s)
{
	size_t n = (s->bytes.len < DICT_FROM ? s->bytes.len : DICT_FROM) / FRAME, sizes[DICT_FROM / FRAME];
	char *dict = malloc(DICT);

	for (size_t i = 0; i < n; i++)
		sizes[i] = FRAME;
	s->cctx = ZSTD_createCCtx();
	if (dict == NULL || s->cctx == NULL) {
		free(dict);
		return false;
	}
	(void)ZSTD_CCtx_setParameter(s->cctx, ZSTD_c_compressionLevel, 3);
	size_t len = ZDICT_trainFromBuffer(dict, DICT, s->bytes.ptr, sizes, (unsigned)n);
	bool is_loaded = ZDICT_isError(len) || !ZSTD_isError(ZSTD_CCtx_loadDictionary(s->cctx, dict, len));
	free(dict);
	return is_loaded;
}

static int report(struct sample *s, bool json)
{
	double read = measure(read_all, s), word = measure(count_words, s), compress = measure(compress_all, s),
	       write = measure(write_all, s);

	if (read < 0 || word < 0 || compress < 0 || write < 0)
		return complain("%s", "no words in the file, or it cannot be read, or here cannot be written");
	if (json)
		printf("{\"read_ns\":%.3f,\"word_ns\":%.1f,\"compress_ns\":%.2f,\"write_ns\":%.3f}\n", read, word, compress,
			write);
	else
		printf("ns, the least of %d runs\nread a byte     %7.3f\ncount a word    %7.1f\ncompress a byte %7.2f\n"
			"write a byte    %7.3f\n", RUNS, read, word, compress, write);
	return 0;
}

int verb_making(char **argv)
{
	struct bq_text_config config = { .lang = "none" };
	struct sample *s = calloc(1, sizeof *s);
	struct mapfile map = { 0 };
	const char *path = NULL;
	bool json = false;
	struct bq_error err;
	int code = 2;

	if (s == NULL)
		return complain("%s", "out of memory");
	s->fd = -1;
	if (!args_parse(argv, (const struct arg[]){ { "json", ARG_FLAG, &json } }, 1, &path))
		goto out;
	s->fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0 || mapfile_of(s->fd, path, &map, &err) != BQ_OK) {
		complain("making: %s", path == NULL ? "name a file of text" : "cannot read the file");
		goto out;
	}
	s->bytes = bq_span_first(mapfile_span(&map), MAX_BYTES);
	if (bq_text_new(&config, &s->text, &err) != BQ_OK || !prepare_zstd(s))
		complain("%s", "out of memory");
	else
		code = report(s, json);
out:
	bq_text_free(s->text);
	(void)ZSTD_freeCCtx(s->cctx);
	mapfile_close(&map);
	if (s->fd >= 0)
		(void)close(s->fd);
	free(s);
	return code;
}
