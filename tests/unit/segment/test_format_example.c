/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The worked example of indexer/FORMAT.md, byte for byte.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/tmpdir.h"
#include "segment/segment.h"
#include "segment/segment_write.h"

/* knock(0) knock(1) who(2) / who(0) is(1) there(2) / is(0) it(1) is(2) who(3) */
static void write_example(int dirfd)
{
	static const char *const texts[] = { "Knock, knock! Who?", "Who is there", "Is it? Is who?" };
	static const uint32_t words[] = { 3, 3, 4 };
	struct segment_params params = { .number = 1, .text_id = 0x1122334455667788, .k1 = 0.9f, .b = 0.4f,
		.pairs = { .min = 2, .percent = 1000 } };
	struct segment_info info;
	struct segment_writer *w = segment_writer_new(dirfd, &params, NULL);
	uint32_t form[] = { 3 };

	assert_non_null(w);
	for (uint32_t d = 0; d < 3; d++) {
		char path[8];
		(void)snprintf(path, sizeof path, "%c.txt", (char)('a' + d));
		struct bq_doc_in in = { .path = bq_span_of(path), .text = bq_span_of(texts[d]),
			.title = bq_span_of(texts[d]), .title_in_text = true, .mtime_us = 1000 + d, .file_bytes = 18 };
		struct segment_doc doc = { .in = &in, .title_words = words[d], .words = words[d], .length = words[d] };
		segment_writer_doc(w, &doc);
	}
	segment_writer_begin_terms(w, 3.0f);
	segment_writer_term(w, BQ_TERM_STEM, BQ_SPAN("knack"), form, 1);
	segment_writer_term(w, BQ_TERM_WORD, BQ_SPAN("is"), NULL, 0);
	segment_writer_posting(w, 1, 1, (uint32_t[]){ 1 });
	segment_writer_posting(w, 2, 2, (uint32_t[]){ 0, 2 });
	segment_writer_term(w, BQ_TERM_WORD, BQ_SPAN("it"), NULL, 0);
	segment_writer_posting(w, 2, 1, (uint32_t[]){ 1 });
	segment_writer_term(w, BQ_TERM_WORD, BQ_SPAN("knock"), NULL, 0);
	segment_writer_posting(w, 0, 2, (uint32_t[]){ 0, 1 });
	segment_writer_term(w, BQ_TERM_WORD, BQ_SPAN("there"), NULL, 0);
	segment_writer_posting(w, 1, 1, (uint32_t[]){ 2 });
	segment_writer_term(w, BQ_TERM_WORD, BQ_SPAN("who"), NULL, 0);
	segment_writer_posting(w, 0, 1, (uint32_t[]){ 2 });
	segment_writer_posting(w, 1, 1, (uint32_t[]){ 0 });
	segment_writer_posting(w, 2, 1, (uint32_t[]){ 3 });
	assert_int_equal(segment_writer_finish(w, &info, NULL), BQ_OK);
}

static void expect(const struct segment *s, enum section_kind kind, const char *hex)
{
	struct bq_span got = s->file.section[kind];
	char text[2048] = "";
	size_t n = 0;

	for (size_t i = 0; i < got.len; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%02x", i == 0 ? "" : " ", (uint8_t)got.ptr[i]);
	if (strcmp(text, hex) != 0)
		print_error("%s\n", section_name(kind));
	assert_string_equal(text, hex);
}

#define Z8 "00 00 00 00 00 00 00 00 "
#define Z16 Z8 Z8

static void test_example(void **state)
{
	struct tmpdir dir;
	struct segment *s;
	struct bq_error err;

	(void)state;
	tmpdir_init(&dir);
	int dirfd = open(dir.path, O_RDONLY | O_DIRECTORY);
	write_example(dirfd);
	assert_int_equal(segment_open(dirfd, "00000001.seg", &s, &err), BQ_OK);
	if (segment_verify(s, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	expect(s, SECTION_TERMS,
		"06 00 00 00 01 00 00 00 01 00 00 00 00 00 00 00 " /* 6 terms, 1 block, 1 level */
		"00 00 6b 63 61 6e 6b 01 "                         /* 01 'knack' as a number */
		"00 00 00 00 00 00 00 00 33 00 00 00 00 00 00 00 " /* block 0 from 0 to 51 */
		"00 00 00 "                                        /* from POST 0, POS 0, TINFO 0 on */
		"06 01 6b 6e 61 63 6b 01 03 "                      /* stem knack: alias of place 3 */
		"02 69 73 04 01 03 03 "                            /* is: df 2, ttf 3, 3 bytes, 3 bytes */
		"11 74 02 02 01 "                                  /* i+t: df 1, tf 1, document 2, position 1 */
		"05 6b 6e 6f 63 6b 03 00 00 02 "                   /* knock: df 1, document 0, tf 2, 2 bytes in POS */
		"05 74 68 65 72 65 02 01 02 "                      /* there: df 1, tf 1, document 1, position 2 */
		"03 77 68 6f 05 00 03 03");                        /* who: df 3, ttf 3, 3 bytes, 3 bytes */
	expect(s, SECTION_POST,
		"03 00 00 "  /* is: gap 1, tf 1; gap 0, tf 2 */
		"01 01 01"); /* who: gap 0, tf 1, three times */
	expect(s, SECTION_POS,
		"01 01 05 "  /* is: firsts 1, 0 in 1 bit; 2 - 0 - 1 = 1 in 1 bit */
		"00 00 "     /* knock: first 0 and gap 0 in 0 bits */
		"02 00 32"); /* who: firsts 2, 0, 3 in 2 bits */
	expect(s, SECTION_PAIRS,
		"02 00 00 00 02 00 00 00 02 00 00 00 00 00 00 00 " Z16 Z16 Z16 /* T 2, 2 words, 2 pairs */
		"01 00 00 00 05 00 00 00 " Z8 Z16 Z16 Z16                      /* places: is, who */
		"00 00 00 00 02 00 00 00 " Z8 Z16 Z16 Z16                      /* behind is: who */
		"01 00 00 00 01 00 00 00 " Z8 Z16 Z16 Z16                      /* behind who: is; one pair before */
		"00 00 00 00 05 00 00 00 "                                     /* one group of 5 bytes */
		"00 "                                                          /* its lists start at 0 */
		"01 02 "                                                       /* is who: df 1, 1 byte, no tf above 1 */
		"01 02");                                                      /* who is */
	expect(s, SECTION_PPOST,
		"05 "  /* is who: document 2 */
		"03"); /* who is: document 1 */
	expect(s, SECTION_TINFO, "");
	expect(s, SECTION_NORM, "03 03 04");
	expect(s, SECTION_MARKS, "");
	expect(s, SECTION_HEADS,
		"00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
		"08 00 05 61 2e 74 78 74 00 "                               /* title in text, source 0, a.txt, no id */
		"12 4b 6e 6f 63 6b 2c 20 6b 6e 6f 63 6b 21 20 57 68 6f 3f " /* title */
		"03 03 12 "                                                 /* 3 words of title; 3 words, 18 bytes */
		"08 00 05 62 2e 74 78 74 00 "
		"0c 57 68 6f 20 69 73 20 74 68 65 72 65 "
		"03 03 0c "
		"08 00 05 63 2e 74 78 74 00 "
		"0e 49 73 20 69 74 3f 20 49 73 20 77 68 6f 3f "
		"04 04 0e");
	expect(s, SECTION_COLS,
		"02 00 00 00 00 00 00 00 "
		"01 00 00 00 01 00 00 00 e8 03 00 00 00 00 00 00 48 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
		"02 00 00 00 01 00 00 00 12 00 00 00 00 00 00 00 4b 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
		"01 02 03 "  /* times 1000, 1001, 1002 */
		"01 01 01"); /* 18 bytes each */
	expect(s, SECTION_DOCS,
		"00 00 00 00 00 00 00 00 " /* no dictionary */
		"4b 6e 6f 63 6b 2c 20 6b 6e 6f 63 6b 21 20 57 68 6f 3f "
		"57 68 6f 20 69 73 20 74 68 65 72 65 "
		"49 73 20 69 74 3f 20 49 73 20 77 68 6f 3f " /* one frame, raw: zstd would not be shorter */
		"00 00 00 00 00 00 00 00 2c 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
		"00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 " /* index: one frame of 44 bytes */
		"2c 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 08 00 00 00 00 00 00 00 34 00 00 00 00 00 00 00");
	segment_close(s);
	(void)close(dirfd);
	tmpdir_release(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_example) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
