/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/wire/request.h"

#include <string.h>
#include <strings.h>

#include <bq/utf8.h>

/* Where the parser is in the line. */
struct scan {
	char *start, *p, *end;
	struct request_fault *fault;
};

static bool is_blank(char c) { return c == ' ' || c == '\t'; }
static bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_id(char c) { return is_alpha(c) || is_digit(c) || c == '.' || c == '_' || c == '-'; }

static bool fail(struct scan *s, const char *at, const char *msg)
{
	*s->fault = (struct request_fault){ REPLY_BAD_REQUEST, (uint32_t)(at - s->start), msg };
	return false;
}

static void skip_blanks(struct scan *s)
{
	while (s->p < s->end && is_blank(*s->p))
		s->p++;
}

static struct bq_span take_word(struct scan *s)
{
	const char *from = s->p;

	while (s->p < s->end && !is_blank(*s->p))
		s->p++;
	return bq_span_make(from, (size_t)(s->p - from));
}

static bool id_is_sound(struct bq_span id)
{
	if (id.len == 0 || id.len > BQP_MAX_ID || bq_span_eq(id, BQ_SPAN("0")))
		return false;
	for (size_t i = 0; i < id.len; i++)
		if (!is_id(id.ptr[i]))
			return false;
	return true;
}

struct bq_span request_peek_id(struct bq_span line)
{
	size_t i = 0, from;

	while (i < line.len && is_blank(line.ptr[i]))
		i++;
	if (i == line.len || line.ptr[i] != '#')
		return (struct bq_span){ NULL, 0 };
	for (from = ++i; i < line.len && !is_blank(line.ptr[i]); i++)
		;
	struct bq_span id = { line.ptr + from, i - from };
	return id_is_sound(id) ? id : (struct bq_span){ NULL, 0 };
}

bool request_is_blank(struct bq_span line)
{
	for (size_t i = 0; i < line.len; i++)
		if (!is_blank(line.ptr[i]))
			return false;
	return true;
}

/* What a request line of HTTP may be about: a path, *, or something with a colon
 * (http://host/, host:443).  `SEARCH timeout HTTP/1.1` is a search. */
static bool is_target(struct bq_span s)
{
	return s.len > 0 && (s.ptr[0] == '/' || s.ptr[0] == '*' || memchr(s.ptr, ':', s.len) != NULL);
}

bool request_is_http(struct bq_span line)
{
	size_t i = 0;

	while (i < line.len && is_alpha(line.ptr[i]))
		i++;
	if (i == 0 || i == line.len || line.ptr[i] != ' ')
		return false;
	struct bq_span rest = bq_span_from(line, i + 1);
	const char *blank = memchr(rest.ptr, ' ', rest.len);
	if (blank == NULL || !is_target(bq_span_make(rest.ptr, (size_t)(blank - rest.ptr))))
		return false;
	rest = bq_span_from(rest, (size_t)(blank + 1 - rest.ptr));
	return rest.len > 5 && strncasecmp(rest.ptr, "HTTP/", 5) == 0 && is_digit(rest.ptr[5]);
}

/* Four hexadecimal digits at `p`, or -1. */
static int32_t hex4(const char *p, const char *end)
{
	int32_t v = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int32_t digit = is_digit(c) ? c - '0' :
			c >= 'a' && c <= 'f' ? c - 'a' + 10 :
			c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
		if (digit < 0)
			return -1;
		v = v << 4 | digit;
	}
	return v;
}

/* Append a character as UTF-8: at most 3 bytes for \uXXXX, 4 for a pair of
 * them, so never more than the escape had. */
static char *put_utf8(char *to, int32_t c)
{
	if (c < 0x80) {
		*to++ = (char)c;
		return to;
	}
	if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | ((c >> 6) & 0x3f));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | ((c >> 12) & 0x3f));
		*to++ = (char)(0x80 | ((c >> 6) & 0x3f));
	}
	*to++ = (char)(0x80 | (c & 0x3f));
	return to;
}

/* The character of a \u escape at s->p (behind the 'u'), or -1. */
static int32_t take_unicode(struct scan *s)
{
	int32_t c = hex4(s->p, s->end);

	if (c <= 0 || (c >= 0xdc00 && c <= 0xdfff)) /* not one, NUL, or half a pair */
		return -1;
	s->p += 4;
	if (c < 0xd800 || c > 0xdbff)
		return c;
	if (s->end - s->p < 6 || s->p[0] != '\\' || s->p[1] != 'u')
		return -1;
	int32_t low = hex4(s->p + 2, s->end);
	if (low < 0xdc00 || low > 0xdfff)
		return -1;
	s->p += 6;
	return 0x10000 + ((c - 0xd800) << 10 | (low - 0xdc00));
}

/* The character of the escape at s->p (behind the backslash), or -1. */
static int32_t take_escape(struct scan *s)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";

	if (s->p == s->end || *s->p == '\0')
		return -1;
	char c = *s->p++;
	if (c == 'u')
		return take_unicode(s);
	const char *found = strchr(from, c);
	return found == NULL ? -1 : to[found - from];
}

/* A JSON string at s->p, decoded over itself. */
static bool take_json(struct scan *s, struct bq_span *out)
{
	char *open = s->p++, *to = s->p, *from = s->p;

	for (;;) {
		if (s->p == s->end)
			return fail(s, open, "the string is not closed");
		char c = *s->p++;
		if (c == '"')
			break;
		if ((unsigned char)c < 0x20)
			return fail(s, s->p - 1, "control byte in a string");
		if (c != '\\') {
			*to++ = c;
			continue;
		}
		char *at = s->p - 1;
		int32_t decoded = take_escape(s);
		if (decoded < 0)
			return fail(s, at, "no such escape in a JSON string");
		to = put_utf8(to, decoded);
	}
	if (s->p < s->end && !is_blank(*s->p))
		return fail(s, s->p, "a blank must follow the string");
	*out = bq_span_make(from, (size_t)(to - from));
	return true;
}

static bool option_name_is_sound(struct bq_span name)
{
	if (name.len == 0 || name.len > 32 || name.ptr[0] < 'a' || name.ptr[0] > 'z')
		return false;
	for (size_t i = 0; i < name.len; i++)
		if ((name.ptr[i] < 'a' || name.ptr[i] > 'z') && !is_digit(name.ptr[i]) && name.ptr[i] != '-')
			return false;
	return true;
}

/* `@name`, `@name=bare` or `@name="json"` at s->p. */
static bool take_option(struct scan *s, struct request_option *out)
{
	char *at = s->p++, *from = s->p;

	out->at = (uint32_t)(at - s->start);
	while (s->p < s->end && !is_blank(*s->p) && *s->p != '=')
		s->p++;
	out->name = bq_span_make(from, (size_t)(s->p - from));
	if (!option_name_is_sound(out->name))
		return fail(s, at, "not an option's name; a query that starts with @ needs -- before it");
	out->has_value = s->p < s->end && *s->p == '=';
	out->value = (struct bq_span){ NULL, 0 };
	if (!out->has_value)
		return true;
	s->p++;
	if (s->p < s->end && *s->p == '"')
		return take_json(s, &out->value);
	out->value = take_word(s);
	return true;
}

static bool take_options(struct scan *s, struct request *out)
{
	for (skip_blanks(s); s->p < s->end && *s->p == '@'; skip_blanks(s)) {
		if (out->n_options == REQUEST_MAX_OPTIONS)
			return fail(s, s->p, "more than 256 options");
		if (!take_option(s, &out->options[out->n_options]))
			return false;
		out->n_options++;
	}
	return true;
}

static void take_query(struct scan *s, struct request *out)
{
	bool has_dashes = s->end - s->p >= 2 && s->p[0] == '-' && s->p[1] == '-' &&
		(s->end - s->p == 2 || is_blank(s->p[2]));

	if (has_dashes) {
		s->p += 2;
		skip_blanks(s);
	}
	while (s->end > s->p && is_blank(s->end[-1]))
		s->end--;
	out->query = bq_span_make(s->p, (size_t)(s->end - s->p));
	out->query_at = (uint32_t)(s->p - s->start);
}

/* Bytes that no request may hold, wherever they are. */
static bool check_bytes(struct scan *s)
{
	struct bq_span line = bq_span_make(s->start, (size_t)(s->end - s->start));
	const char *nul = memchr(line.ptr, '\0', line.len);
	size_t ill = bq_utf8_check(line);

	if (nul != NULL && (size_t)(nul - line.ptr) < ill)
		return fail(s, nul, "NUL byte in the request");
	if (ill < line.len)
		return fail(s, line.ptr + ill, "the request is not UTF-8");
	return true;
}

bool request_parse(char *line, size_t len, struct request *out, struct request_fault *fault)
{
	struct scan s = { line, line, line + len, fault };

	out->id = out->verb = out->query = (struct bq_span){ NULL, 0 };
	out->query_at = 0;
	out->n_options = 0;
	if (len == 0)
		return fail(&s, line, "no verb");
	out->id = request_peek_id(bq_span_make(line, len));
	if (!check_bytes(&s))
		return false;
	skip_blanks(&s);
	if (s.p < s.end && *s.p == '#') {
		char *at = s.p;
		(void)take_word(&s);
		if (out->id.len == 0)
			return fail(&s, at, "an id is 1 to 32 letters, digits, dots, dashes or underscores, and not 0");
		skip_blanks(&s);
	}
	out->verb = take_word(&s);
	if (out->verb.len == 0)
		return fail(&s, s.p, "no verb");
	if (!take_options(&s, out))
		return false;
	take_query(&s, out);
	return true;
}
