/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MANIFEST names one generation.  Text, one `key value` a line:
 *
 *   format bq 3                    first line: what tells an index from any other directory
 *   generation 7
 *   next_segment 18                numbers below are taken, for ever
 *   text_id 9f0c..                 16 hex digits
 *   lang en
 *   stopwords a an and ..          absent: none
 *   k1 3f666666                    floats: the 8 hex digits of their bits
 *   b 3ecccccd
 *   avg_len 43c80000
 *   pairs 4096                     the pair threshold T; 4294967295: no pairs
 *   pairs_percent 30               what T was chosen for; 0: no pairs
 *   docs 120                       all; the N of idf
 *   live 118                       without tombstoned ones
 *   tokens 48000
 *   source /home/me/notes          in order; `-`: standard input; %XX: a byte
 *                                  that is a blank, a control byte or '%'
 *   segment 00000017.seg 91232 <checksum> 120 2 00000017.del.7 <checksum>
 *                                  file, bytes, checksum, documents, dead; with dead
 *                                  documents also their file and its checksum
 *   stat 00000017.stat.9 <checksum>
 *                                  behind its segment: times and sizes of files that are
 *                                  not what the segment says
 *   checksum <16 hex>              last line: XXH3-64 of all bytes before it
 *
 * Keys stand once each, in any order but the first and the last line; those of
 * sources and segments repeat.  A file name is made of numbers, so no MANIFEST
 * can name a file outside its directory.
 */
#ifndef INDEX_MANIFEST_H
#define INDEX_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/arena.h>
#include <bq/buf.h>
#include <bq/format.h>
#include <bq/index.h>
#include <bq/span.h>
#include <bq/status.h>
#include <bq/text.h>

#define MANIFEST_NAME        "MANIFEST"
#define MANIFEST_MAX_BYTES   (1u << 20)
#define MANIFEST_MAX_NUMBER  99999999u /* of a segment: eight digits */
#define MANIFEST_MAX_GEN     0xffffffffffffull
#define MANIFEST_MAX_PERCENT 1000u
#define MANIFEST_FILE_MAX    48 /* bytes of any such name with its NUL */

struct manifest_segment {
	uint64_t number;       /* file %08u.seg */
	uint64_t bytes;        /* of that file */
	uint64_t checksum;     /* struct segment_info.checksum */
	uint32_t n_docs;
	uint32_t n_dead;
	uint64_t del_gen;      /* 0: no tombstones, else file %08u.del.%u */
	uint64_t del_checksum; /* of that file: see tombstones.h */
	uint64_t stat_gen;     /* 0: none, else file %08u.stat.%u */
	uint64_t stat_checksum; /* of that file: see stat_file.h */
};

struct manifest {
	uint32_t format;       /* 0: BQ_FORMAT_VERSION */
	uint64_t gen;          /* >= 1 */
	uint64_t next_segment; /* above every number ever used here */
	uint64_t text_id;
	struct bq_text_config text; /* makes the analyser; `stopwords` lives in the arena, never NULL */
	float k1, b, avg_len;  /* finite; k1 >= 0, 0 <= b <= 1, avg_len > 0 */
	uint32_t pairs;        /* T >= 1, or BQ_PAIRS_OFF */
	uint32_t pairs_percent; /* 0 with BQ_PAIRS_OFF alone */
	uint64_t n_docs, n_live, n_tokens;
	uint32_t n_sources;
	const struct bq_span *sources; /* absolute; "" for standard input; lives in the arena */
	uint32_t n_segments;
	struct manifest_segment segments[BQ_MAX_SEGMENTS];
	uint64_t checksum;     /* what the last line says */
};

/* Parse the bytes of a MANIFEST.  Strict: the checksum first, then every line.
 * What `out` points to lives in `mem`.  BQ_EFORMAT with "MANIFEST line N: ..",
 * BQ_EVERSION for a format we do not read, BQ_ENOMEM. */
int manifest_parse(struct bq_span bytes, struct bq_arena *mem, struct manifest *out, struct bq_error *err);

/* The same of a manifest with another number of a format: that of Xapian databases
 * does not change with ours. */
int manifest_parse_as(uint32_t format, struct bq_span bytes, struct bq_arena *mem, struct manifest *out,
	struct bq_error *err);

/* Append `m` as text to `buf`, checksum line and all; `m->checksum` is ignored.
 * The text of equal manifests is equal. */
void manifest_format(const struct manifest *m, struct bq_buf *buf);

/* Read and parse MANIFEST in directory `dirfd`; `stamp` (may be NULL) tells
 * this file from any other.  BQ_ENOTFOUND if there is none, else as
 * manifest_parse(), BQ_EIO. */
int manifest_read(int dirfd, struct bq_arena *mem, struct manifest *out, struct bq_index_stamp *stamp,
	struct bq_error *err);

/* Whether directory `dirfd` holds a MANIFEST that starts as ours do: what
 * sources skip and what `-o` accepts, sound or not. */
bool manifest_exists(int dirfd);

/* The name of a segment's file. */
void manifest_segment_file(const struct manifest_segment *s, char name[MANIFEST_FILE_MAX]);

/* That of its tombstones, if del_gen is not 0. */
void manifest_tombstone_file(const struct manifest_segment *s, char name[MANIFEST_FILE_MAX]);

/* That of its files' times and sizes, if stat_gen is not 0. */
void manifest_stat_file(const struct manifest_segment *s, char name[MANIFEST_FILE_MAX]);

enum manifest_file { MANIFEST_FILE_OTHER, MANIFEST_FILE_SEGMENT, MANIFEST_FILE_TOMBSTONES, MANIFEST_FILE_STAT };

/* Read a file name back: which of the three above makes exactly this one, its
 * segment's number, and its generation (0: a segment's). */
enum manifest_file manifest_file_parse(struct bq_span name, uint64_t *number, uint64_t *gen);

#endif
