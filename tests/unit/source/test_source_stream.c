/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <zlib.h>
#include <zstd.h>

#include <bq/buf.h>

#include "lib/rng.h"
#include "source/stream.h"

enum { N = 300000 };

static char text[N];          /* what was packed */
static struct bq_buf packed;
static struct bq_buf got;
static struct stream stream;
static int fd = -1;

/* ---- packing ----------------------------------------------------------- */

static void put_gzip(const char *bytes, size_t n)
{
	z_stream z = { 0 };
	uint8_t *to;

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	to = bq_buf_room(&packed, n + 1000);
	z.next_in = (Bytef *)(uintptr_t)bytes;
	z.avail_in = (uInt)n;
	z.next_out = to;
	z.avail_out = (uInt)n + 1000;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	packed.len += n + 1000 - z.avail_out;
	(void)deflateEnd(&z);
}

static void put_zstd(const char *bytes, size_t n, int window_log)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();
	ZSTD_inBuffer in = { bytes, n, 0 };
	ZSTD_outBuffer out = { bq_buf_room(&packed, n + 1000), n + 1000, 0 };

	(void)ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
	(void)ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, window_log);
	/* the size is not known in advance, so that the window is as asked for */
	assert_int_equal(ZSTD_compressStream2(c, &out, &in, ZSTD_e_flush), 0);
	assert_int_equal(ZSTD_compressStream2(c, &out, &in, ZSTD_e_end), 0);
	packed.len += out.pos;
	(void)ZSTD_freeCCtx(c);
}

static void put_packed(enum packing packing, const char *bytes, size_t n)
{
	if (packing == PACKING_GZIP)
		put_gzip(bytes, n);
	else
		put_zstd(bytes, n, 0);
}

/* ---- unpacking --------------------------------------------------------- */

static int make_text(void **state)
{
	struct rng r = rng_make(7);

	(void)state;
	for (size_t i = 0; i < N; i++)
		text[i] = "etaoin shrdlu\n"[rng_below(&r, 14)];
	return 0;
}

static int release(void **state)
{
	(void)state;
	stream_release(&stream);
	if (fd >= 0)
		(void)close(fd);
	fd = -1;
	bq_buf_release(&packed);
	bq_buf_release(&got);
	return 0;
}

static void open_bytes(struct bq_span bytes, enum packing packing)
{
	stream_release(&stream);
	if (fd < 0)
		fd = memfd_create("stream", MFD_CLOEXEC);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, bytes.ptr, bytes.len, 0), bytes.len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(stream_init(&stream, fd, packing, NULL), 0);
}

/* Read to the end, `step` bytes at a time, into `got`; what ended it: 0 or errno. */
static int drain(size_t step)
{
	ssize_t n;

	bq_buf_clear(&got);
	do {
		uint8_t *to = bq_buf_room(&got, step);
		n = stream_read(&stream, to, step);
		got.len += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	return n == 0 ? 0 : errno;
}

static void expect_text(size_t n)
{
	assert_int_equal(got.len, n);
	assert_memory_equal(got.ptr, text, n);
}

static void check_whole(enum packing packing)
{
	static const size_t steps[] = { 1, 7, 4096, 131072, 2 * N };

	put_packed(packing, text, N);
	for (size_t i = packing == PACKING_GZIP ? 0 : 1; i < sizeof steps / sizeof steps[0]; i++) {
		open_bytes(bq_buf_span(&packed), packing);
		assert_int_equal(drain(steps[i]), 0);
		expect_text(N);
		assert_int_equal(stream_taken(&stream), packed.len);
		assert_int_equal(drain(1), 0); /* and again */
	}
}

static void test_whole_files(void **state)
{
	(void)state;
	check_whole(PACKING_GZIP);
	bq_buf_clear(&packed);
	check_whole(PACKING_ZSTD);
}

/* Pieces one after the other, empty ones among them. */
static void check_pieces(enum packing packing)
{
	static const size_t ends[] = { 0, 1, 1, 100000, 250000, N };

	bq_buf_clear(&packed);
	for (size_t i = 1; i < sizeof ends / sizeof ends[0]; i++)
		put_packed(packing, text + ends[i - 1], ends[i] - ends[i - 1]);
	open_bytes(bq_buf_span(&packed), packing);
	assert_int_equal(drain(65536), 0);
	expect_text(N);
}

static void test_members_and_frames(void **state)
{
	(void)state;
	check_pieces(PACKING_GZIP);
	check_pieces(PACKING_ZSTD);
}

static void test_what_may_stand_behind(void **state)
{
	(void)state;
	put_gzip(text, 1000);
	bq_buf_put_zeros(&packed, 200000); /* as tapes pad */
	open_bytes(bq_buf_span(&packed), PACKING_GZIP);
	assert_int_equal(drain(4096), 0);
	expect_text(1000);
	bq_buf_clear(&packed);
	put_zstd(text, 1000, 0);
	bq_buf_put(&packed, "\x50\x2a\x4d\x18\x03\0\0\0abc", 11); /* a skippable frame */
	open_bytes(bq_buf_span(&packed), PACKING_ZSTD);
	assert_int_equal(drain(4096), 0);
	expect_text(1000);
}

static void expect_damage(const char *says)
{
	assert_int_equal(drain(4096), EBADMSG);
	errno = EBADMSG;
	if (strstr(stream_reason(&stream), says) == NULL)
		fail_msg("[%s] does not say [%s]", stream_reason(&stream), says);
}

/* Every cut of a file ends early, and what came before is a prefix of the text. */
static void check_cuts(enum packing packing)
{
	bq_buf_clear(&packed);
	put_packed(packing, text, 3000);
	for (size_t n = 0; n < packed.len; n++) {
		char says[64];
		open_bytes(bq_span_first(bq_buf_span(&packed), n), packing);
		(void)snprintf(says, sizeof says, "ends early, at byte %zu", n);
		expect_damage(says);
		assert_true(got.len <= 3000);
		expect_text(got.len);
	}
}

static void test_files_that_end_early(void **state)
{
	(void)state;
	check_cuts(PACKING_GZIP);
	check_cuts(PACKING_ZSTD);
}

/* Every byte changed: what comes is the text, or it ends in an error. */
static void check_flips(enum packing packing)
{
	size_t n_bad = 0;

	bq_buf_clear(&packed);
	put_packed(packing, text, 3000);
	for (size_t i = 0; i < packed.len; i++) {
		int rc;
		packed.ptr[i] ^= 0x41;
		open_bytes(bq_buf_span(&packed), packing);
		rc = drain(4096);
		if (rc == 0)
			expect_text(3000); /* gzip's header has bytes that mean nothing here */
		else
			assert_int_equal(rc, EBADMSG);
		n_bad += rc != 0;
		packed.ptr[i] ^= 0x41;
	}
	assert_true(n_bad + 16 > packed.len);
}

static void test_damage(void **state)
{
	(void)state;
	check_flips(PACKING_GZIP);
	check_flips(PACKING_ZSTD);
	open_bytes(BQ_SPAN("plain words"), PACKING_GZIP);
	expect_damage("cannot be read at byte 2: incorrect header check");
	open_bytes(BQ_SPAN("plain words"), PACKING_ZSTD);
	expect_damage("cannot be read at byte 0: Unknown frame");
	bq_buf_clear(&packed);
	put_gzip(text, 1000);
	bq_buf_put(&packed, "junk", 4);
	open_bytes(bq_buf_span(&packed), PACKING_GZIP);
	expect_damage("cannot be read at byte");
	expect_text(1000);
}

/* The text is all there, its checksum is not: it is given before the error. */
static void check_last_bytes(enum packing packing, size_t from_end)
{
	bq_buf_clear(&packed);
	put_packed(packing, text, N);
	packed.ptr[packed.len - from_end] ^= 1;
	open_bytes(bq_buf_span(&packed), packing);
	assert_int_equal(drain(2 * N), EBADMSG);
	expect_text(N);
	assert_int_equal(drain(4096), EBADMSG); /* and again */
	assert_int_equal(got.len, 0);
}

static void test_text_before_the_damage_is_given(void **state)
{
	(void)state;
	check_last_bytes(PACKING_GZIP, 8);
	check_last_bytes(PACKING_ZSTD, 1);
}

static void test_a_window_that_is_too_large(void **state)
{
	(void)state;
	put_zstd(text, N, UNPACK_WINDOW_LOG_MAX);
	open_bytes(bq_buf_span(&packed), PACKING_ZSTD);
	assert_int_equal(drain(4096), 0);
	expect_text(N);
	bq_buf_clear(&packed);
	put_zstd(text, N, UNPACK_WINDOW_LOG_MAX + 1);
	open_bytes(bq_buf_span(&packed), PACKING_ZSTD);
	expect_damage("too much memory");
}

/* ---- descriptors ------------------------------------------------------- */

static void test_a_pipe_that_does_not_block_is_waited_for(void **state)
{
	int ends[2];
	char b[8];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(stream_init(&stream, ends[0], PACKING_NONE, NULL), 0);
	if (fork() == 0) {
		(void)usleep(20000);
		_exit(write(ends[1], "late", 4) == 4 ? 0 : 1);
	}
	(void)close(ends[1]);
	assert_int_equal(stream_read(&stream, b, sizeof b), 4);
	assert_memory_equal(b, "late", 4);
	assert_int_equal(stream_read(&stream, b, sizeof b), 0);
	(void)wait(NULL);
	(void)close(ends[0]);
}

static void test_a_stop_ends_a_wait(void **state)
{
	static volatile sig_atomic_t stop = 1;
	int ends[2];
	char b[8];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(stream_init(&stream, ends[0], PACKING_NONE, &stop), 0);
	assert_int_equal(stream_read(&stream, b, sizeof b), -1);
	assert_int_equal(errno, EINTR);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void test_what_cannot_be_read(void **state)
{
	char b[8];

	(void)state;
	fd = open("/", O_RDONLY | O_CLOEXEC);
	assert_int_equal(stream_init(&stream, fd, PACKING_GZIP, NULL), 0);
	assert_int_equal(stream_read(&stream, b, sizeof b), -1);
	assert_int_equal(errno, EISDIR);
	assert_string_equal(stream_reason(&stream), "Is a directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whole_files, make_text, release),
		cmocka_unit_test_setup_teardown(test_members_and_frames, make_text, release),
		cmocka_unit_test_setup_teardown(test_what_may_stand_behind, make_text, release),
		cmocka_unit_test_setup_teardown(test_files_that_end_early, make_text, release),
		cmocka_unit_test_setup_teardown(test_damage, make_text, release),
		cmocka_unit_test_setup_teardown(test_text_before_the_damage_is_given, make_text, release),
		cmocka_unit_test_setup_teardown(test_a_window_that_is_too_large, make_text, release),
		cmocka_unit_test_setup_teardown(test_a_pipe_that_does_not_block_is_waited_for, make_text, release),
		cmocka_unit_test_setup_teardown(test_a_stop_ends_a_wait, make_text, release),
		cmocka_unit_test_setup_teardown(test_what_cannot_be_read, make_text, release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
