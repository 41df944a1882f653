/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Numbers and strings as Xapian's remote protocol writes them.
 *
 *   length   one byte below 255; else 255, then (length - 255) by 7 bits, the
 *            least significant first, the last byte with its top bit set
 *   string   its length, its bytes
 *   real     sign 1 bit, mantissa bytes - 1 in 3, exponent of 256 + 7 in 4 (14: a
 *            byte behind it, 15: two), then the mantissa in base 256
 */
#ifndef REMOTE_NUMBER_H
#define REMOTE_NUMBER_H

#include <bq/buf.h>

/* Append, in one byte below 255; `oom` of the buffer says what failed, also below. */
void number_put(struct bq_buf *out, uint64_t v);

/* The same of a finite number, in as many bytes as its digits need. */
void number_put_real(struct bq_buf *out, double v);

/* The same of its length and its bytes. */
void number_put_string(struct bq_buf *out, struct bq_span s);

/* Bytes of a message that are read from the front; `is_bad` stays set once they
 * were not what was expected. */
struct number_reader {
	const uint8_t *at, *end;
	bool is_bad;
};

/* Reads `s`, **borrowed**. */
struct number_reader number_reader_of(struct bq_span s);

/* A number up to `max`; 0 for what is none. */
uint64_t number_take(struct number_reader *r, uint64_t max);

/* A finite one; 0 for what is none. */
double number_take_real(struct number_reader *r);

/* Borrows from what is read; empty for what is none. */
struct bq_span number_take_string(struct number_reader *r);

/* One byte, 0 at the end. */
uint8_t number_take_byte(struct number_reader *r);

/* All that is left. */
struct bq_span number_take_rest(struct number_reader *r);

#endif
