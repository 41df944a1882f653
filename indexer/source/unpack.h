/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One way of packing bytes, as `stream` drives it.
 */
#ifndef SOURCE_UNPACK_H
#define SOURCE_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UNPACK_IN = 128 * 1024 };

struct unpack;

struct unpack_ops {
	/* Take some of in[from, to) and write up to `n` bytes; moves `from`,
	 * sets `is_whole`, `is_filled` and *got.  0; else errno: ENOMEM, or
	 * EBADMSG and `wrong` says why.  Then it must not be called again, but
	 * what it got before is good. */
	int (*step)(struct unpack *u, uint8_t *out, size_t n, size_t *got);
	void (*free)(struct unpack *u);
};

/* What every unpacker starts with. */
struct unpack {
	const struct unpack_ops *ops;
	uint8_t in[UNPACK_IN];
	size_t from, to;
	bool is_whole;  /* the bytes may end here: behind a member or frame */
	bool is_filled; /* the last step filled its buffer: there may be more without more input */
	int failed;        /* what the last step has returned */
	const char *wrong; /* a string that outlives the unpacker */
};

/* For gzip, several members one behind the other too.  **owned**: ops->free().  NULL: out of memory. */
struct unpack *unpack_gzip_new(void);

/* Likewise for zstd and its frames. */
struct unpack *unpack_zstd_new(void);

#endif
