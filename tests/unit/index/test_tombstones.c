/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <xxhash.h>

#include "base/mapfile.h"
#include "index/tombstones.h"
#include "lib/tmpdir.h"

enum { N_DOCS = 130 };

static struct tmpdir dir;
static int dirfd_;
static struct manifest_segment segment;
static uint64_t copy[64]; /* the file, aligned */
static size_t copy_len;

static int write_file(void **state)
{
	uint64_t dead[3] = { 1ull << 63 | 1, 0, 3 };
	struct mapfile map;

	(void)state;
	tmpdir_init(&dir);
	dirfd_ = open(dir.path, O_RDONLY | O_DIRECTORY);
	segment = (struct manifest_segment){ .number = 17, .n_docs = N_DOCS, .del_gen = 23 };
	assert_int_equal(tombstones_write(dirfd_, &segment, dead, NULL), BQ_OK);
	assert_int_equal(segment.n_dead, 4);
	assert_int_equal(mapfile_open(dirfd_, "00000017.del.23", &map, NULL), BQ_OK);
	assert_true(map.len <= sizeof copy);
	copy_len = map.len;
	memcpy(copy, map.ptr, map.len);
	mapfile_close(&map);
	return 0;
}

static int remove_file(void **state)
{
	(void)state;
	(void)close(dirfd_);
	tmpdir_release(&dir);
	return 0;
}

static int check(struct bq_error *err)
{
	const uint64_t *dead;

	return tombstones_check(bq_span_make(copy, copy_len), &segment, &dead, err);
}

static void test_what_is_written_is_read(void **state)
{
	const uint64_t *dead;

	(void)state;
	assert_int_equal(tombstones_check(bq_span_make(copy, copy_len), &segment, &dead, NULL), BQ_OK);
	assert_int_equal(dead[0], 1ull << 63 | 1);
	assert_int_equal(dead[1], 0);
	assert_int_equal(dead[2], 3);
}

static void test_any_changed_byte_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < copy_len; i++) {
		((uint8_t *)copy)[i] ^= 0x10;
		assert_true(check(NULL) < 0);
		((uint8_t *)copy)[i] ^= 0x10;
	}
	for (copy_len--; copy_len > 0; copy_len--)
		assert_int_equal(check(NULL), BQ_EFORMAT);
}

/* A file that was damaged before its checksum was made. */
static void reseal(void)
{
	segment.del_checksum = XXH3_64bits(copy, copy_len - 8);
	memcpy((uint8_t *)copy + copy_len - 8, &segment.del_checksum, 8);
}

static void test_a_sealed_lie_is_found(void **state)
{
	struct bq_error err;

	(void)state;
	copy[8 + 2] |= 1ull << 2; /* document 130 of 130 */
	reseal();
	assert_int_equal(check(&err), BQ_EFORMAT);
	assert_non_null(strstr(err.msg, "add up"));
	copy[8 + 2] = 1; /* one dead less than the header says */
	reseal();
	assert_int_equal(check(&err), BQ_EFORMAT);
	copy[8 + 2] = 3;
	reseal();
	assert_int_equal(check(&err), BQ_OK);
	segment.n_docs++;
	assert_int_equal(check(&err), BQ_EFORMAT);
	segment.n_docs--;
	segment.del_gen++;
	assert_int_equal(check(&err), BQ_EFORMAT);
	segment.del_gen--;
	((uint8_t *)copy)[8] = 9;
	reseal();
	assert_int_equal(check(&err), BQ_EVERSION);
}

static void test_a_whole_number_of_words(void **state)
{
	uint64_t dead[1] = { UINT64_MAX };
	struct manifest_segment s = { .number = 1, .n_docs = 64, .del_gen = 2 };
	struct mapfile map;
	const uint64_t *got;

	(void)state;
	assert_int_equal(tombstones_write(dirfd_, &s, dead, NULL), BQ_OK);
	assert_int_equal(mapfile_open(dirfd_, "00000001.del.2", &map, NULL), BQ_OK);
	assert_int_equal(tombstones_check(mapfile_span(&map), &s, &got, NULL), BQ_OK);
	assert_int_equal(s.n_dead, 64);
	assert_int_equal(got[0], UINT64_MAX);
	mapfile_close(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_is_written_is_read, write_file, remove_file),
		cmocka_unit_test_setup_teardown(test_any_changed_byte_is_found, write_file, remove_file),
		cmocka_unit_test_setup_teardown(test_a_sealed_lie_is_found, write_file, remove_file),
		cmocka_unit_test_setup_teardown(test_a_whole_number_of_words, write_file, remove_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
