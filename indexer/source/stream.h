/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A descriptor -> its bytes, unpacked on the way if they are gzip or zstd.
 *
 *   descriptor -> [ packed bytes ] -> unpack.step -> the caller's buffer
 *
 * Memory does not depend on what comes out: 128 KiB in front of the unpacker,
 * and its own window: 32 KiB for gzip, at most UNPACK_WINDOW_MAX for zstd.
 */
#ifndef SOURCE_STREAM_H
#define SOURCE_STREAM_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum packing {
	PACKING_NONE,
	PACKING_GZIP, /* RFC 1952, any number of members; zeros behind them are padding */
	PACKING_ZSTD, /* RFC 8878, any number of frames */
};

/* A zstd frame may ask for this much memory, as `zstd --long=27` writes. */
#define UNPACK_WINDOW_LOG_MAX 27

struct unpack;

struct stream {
	int fd;                            /* **borrowed** */
	const volatile sig_atomic_t *stop; /* not 0: reads end with EINTR; may be NULL */
	struct unpack *unpack;             /* NULL: the bytes are what they are */
	uint64_t bytes;                    /* read from `fd` */
	char why[160];                     /* after EBADMSG */
};

/* Before the first byte; reads nothing yet.  0, or -1 with ENOMEM.  Release with
 * stream_release() whatever the outcome. */
int stream_init(struct stream *s, int fd, enum packing packing, const volatile sig_atomic_t *stop);

/* Free what it holds; `fd` stays open. */
void stream_release(struct stream *s);

/* Up to `n` > 0 bytes: how many; 0 at the end; -1 with errno.  Waits for more
 * also where the descriptor does not block.  EINTR: it was asked to stop, or a
 * signal came; call again to go on.  EBADMSG: packed bytes that cannot be
 * unpacked, or end early. */
ssize_t stream_read(struct stream *s, void *to, size_t n);

/* What the last -1 was about, in a few words. */
const char *stream_reason(const struct stream *s);

/* Bytes of `fd` that what was given so far took. */
uint64_t stream_taken(const struct stream *s);

#endif
