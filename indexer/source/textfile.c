/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/textfile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "source/utf16.h"

enum { LOOK = 8192, STEP = 65536 };

void textfile_release(struct textfile *t)
{
	bq_buf_release(&t->bytes);
	bq_buf_release(&t->utf8);
}

/* All bytes of the stream: 0; -1 with errno, EFBIG above `max`. */
static int read_all(struct stream *s, uint64_t expect, uint64_t max, struct bq_buf *b)
{
	bq_buf_clear(b);
	for (;;) {
		/* one byte more than expected, so that the end shows in the same call */
		size_t room = b->len <= expect && expect <= max ? (size_t)expect - b->len + 1 : STEP;
		uint8_t *to = bq_buf_room(b, room);
		ssize_t n = to == NULL ? -1 : stream_read(s, to, room);
		if (to == NULL)
			errno = ENOMEM;
		if (n < 0 && errno == EINTR && (s->stop == NULL || *s->stop == 0))
			continue; /* some other signal */
		if (n <= 0)
			return (int)n;
		b->len += (size_t)n;
		if (b->len > max) {
			errno = EFBIG;
			return -1;
		}
	}
}

static const char *explain(struct textfile *t, const struct stream *s, enum packing packing)
{
	const char *why = errno == EINTR ? "stopped" : stream_reason(s);

	if (errno == EFBIG)
		why = packing == PACKING_NONE ? "4 GiB or more" : "more than 256 MiB of compressed text";
	(void)snprintf(t->why, sizeof t->why, "%s", why);
	return t->why;
}

/* NULL, or why these bytes are no text. */
static const char *judge(struct bq_span bytes)
{
	struct bq_span head = bq_span_first(bytes, LOOK);

	return head.len != 0 && memchr(head.ptr, '\0', head.len) != NULL ? "binary" : NULL;
}

/* NULL, or why the bytes cannot be had as UTF-8. */
static const char *transcode(struct textfile *t)
{
	bq_buf_clear(&t->utf8);
	utf16_decode(bq_buf_span(&t->bytes), &t->utf8);
	t->text = bq_buf_span(&t->utf8);
	t->at = BQ_AT_TEXT;
	t->is_broken = t->utf8.oom || t->utf8.len > TEXTFILE_MAX;
	if (t->utf8.oom)
		return "no memory for its text";
	return t->is_broken ? "4 GiB or more of text" : NULL;
}

const char *textfile_read(struct textfile *t, int fd, enum packing packing, uint64_t expect,
	const volatile sig_atomic_t *stop)
{
	uint64_t max = packing == PACKING_NONE ? TEXTFILE_MAX : TEXTFILE_MAX_UNPACKED;
	struct stream s;
	const char *why = NULL;

	t->at = packing == PACKING_NONE ? BQ_AT_FILE : BQ_AT_TEXT;
	if (packing != PACKING_NONE)
		expect = 0;
	t->is_broken = stream_init(&s, fd, packing, stop) != 0 || read_all(&s, expect, max, &t->bytes) != 0;
	if (t->is_broken)
		why = explain(t, &s, packing);
	t->file_bytes = s.bytes;
	stream_release(&s);
	if (why != NULL)
		return why;
	t->text = bq_buf_span(&t->bytes);
	if (utf16_is(t->text))
		why = transcode(t);
	return why != NULL ? why : judge(t->text);
}
