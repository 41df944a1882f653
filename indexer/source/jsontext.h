/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The strings of a JSON line, found and judged where they lie.
 *
 *   {"id":1,"text":"a long \"text\" ..","x":2}
 *                   ^from              ^to
 *
 * A JSON parser looks at each byte several times and keeps copies.  A line of
 * nothing but the strings that a document is made of needs none.  Of any other
 * nearly all bytes are those of its text: this finds and judges that one string,
 * and the parser gets the line without what is between its quotes, which is
 * sound if and only if the line is.
 */
#ifndef SOURCE_JSONTEXT_H
#define SOURCE_JSONTEXT_H

#include <stdbool.h>
#include <stddef.h>

struct jsontext {
	size_t from, to; /* between the quotes */
};

/* Find the value of member "text" of the object in line[0, len), if it is a
 * string and sound (RFC 8259, UTF-8, each surrogate in a pair).  False: not
 * found, or not sure; then a parser should see the whole line.  True promises
 * no more than that these bytes are a sound string: the line around it may be
 * anything. */
bool jsontext_find(const char *line, size_t len, struct jsontext *out);

/* What most lines are: an object of strings called "id", "title" and "text", and nothing else. */
struct jsontext_members {
	struct jsontext id, title, text; /* .from == 0: not there */
};

/* Read such a line, which needs no parser.  False: it is another, or not sound, or has no text;
 * out->text is what jsontext_find() would say unless its .from is 0. */
bool jsontext_read(const char *line, size_t len, struct jsontext_members *out);

/* Undo the escapes of a sound string in place: its new length. */
size_t jsontext_unescape(char *s, size_t len);

#endif
