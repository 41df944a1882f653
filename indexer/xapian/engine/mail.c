/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian/engine/mail.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include "xapian/engine/record.h"

enum { VALUE_TIME = 0, VALUE_SUBJECT = 3 };

#define ENTRY "XFDIRENTRY"
#define PLACE "/.notmuch/xapian"

struct mail {
	struct shard *s;
	struct bq_read *rd;
	struct bq_doc_head *out;
	struct xapian_c_document *d;
	struct xapian_c_error x;
};

/* The first term that starts with `prefix`, without it; ptr is NULL if there is none. */
static int find_term(struct mail *m, struct xapian_c_terms *t, const char *prefix, struct bq_span *out)
{
	struct bq_span start = bq_span_of(prefix);
	struct xapian_c_term term;
	int n = xapian_c_terms_seek(t, xapian_c_str(prefix), &m->x);

	*out = (struct bq_span){ NULL, 0 };
	if (n >= 0)
		n = xapian_c_terms_read(t, &term, 1, &m->x);
	if (n <= 0)
		return n;
	struct bq_span s = bq_span_make(term.text.ptr, term.text.len);
	if (bq_span_starts(s, start))
		*out = bq_arena_dup(m->rd->mem, bq_span_from(s, start.len));
	return 0;
}

static int take_value(struct mail *m, uint32_t slot, struct bq_span *out)
{
	struct xapian_c_bytes v;
	int rc = xapian_c_document_value(m->d, slot, &v, &m->x);

	*out = rc < 0 ? BQ_SPAN("") : bq_arena_dup(m->rd->mem, bq_span_make(v.ptr, v.len));
	return rc;
}

/* The document of a directory, and the file in it: "3:name". */
static bool split_entry(struct bq_span entry, uint32_t *docid, struct bq_span *name)
{
	size_t i = 0;

	*docid = 0;
	for (; i < entry.len && entry.ptr[i] >= '0' && entry.ptr[i] <= '9'; i++)
		if (__builtin_mul_overflow(*docid, 10u, docid) || __builtin_add_overflow(*docid, (uint32_t)(entry.ptr[i] - '0'), docid))
			return false;
	if (*docid == 0 || i == entry.len || entry.ptr[i] != ':')
		return false;
	*name = bq_span_from(entry, i + 1);
	return true;
}

/* Where the mail lies: NULL if the database is at no place of notmuch's.  **owned**: free(). */
static char *find_root(const struct shard *s)
{
	char *path = realpath(s->path, NULL);
	size_t n = path == NULL ? 0 : strlen(path), tail = strlen(PLACE);

	if (n > tail && strcmp(path + n - tail, PLACE) == 0) {
		path[n - tail] = '\0';
		return path;
	}
	free(path);
	return NULL;
}

static void put_path(struct mail *m, struct bq_span dir, struct bq_span name)
{
	char *root = find_root(m->s);
	const char *slash = dir.len == 0 ? "" : "/";

	if (root != NULL)
		m->out->path = bq_span_of(bq_arena_printf(m->rd->mem, "%s/%.*s%s%.*s", root, (int)dir.len, dir.ptr, slash,
			(int)name.len, name.ptr));
	else
		m->out->path = bq_span_of(bq_arena_printf(m->rd->mem, "%.*s%s%.*s", (int)dir.len, dir.ptr, slash, (int)name.len,
			name.ptr));
	free(root);
}

/* A directory that is not there, or a name of no such form, is no path. */
static int take_file(struct mail *m, struct bq_span entry)
{
	struct xapian_c_document *d = NULL;
	struct xapian_c_bytes dir;
	struct bq_span name;
	uint32_t docid;

	if (!split_entry(entry, &docid, &name) || name.len > PATH_MAX)
		return 0;
	int rc = xapian_c_database_document(m->s->db, docid, &d, &m->x);
	if (rc == XAPIAN_C_OK)
		rc = xapian_c_document_data(d, &dir, &m->x);
	if (rc == XAPIAN_C_OK && dir.len <= PATH_MAX)
		put_path(m, bq_span_make(dir.ptr, dir.len), name);
	xapian_c_document_free(d);
	return rc == XAPIAN_C_ENODOC ? 0 : rc;
}

static int take_message(struct mail *m, struct bq_span id, struct bq_span entry)
{
	struct bq_span time;
	int rc = take_value(m, VALUE_SUBJECT, &m->out->title);

	if (rc == XAPIAN_C_OK)
		rc = take_value(m, VALUE_TIME, &time);
	if (rc != XAPIAN_C_OK)
		return rc;
	double seconds = time.len == 0 ? NAN : xapian_c_number_read((struct xapian_c_bytes){ time.ptr, time.len });
	if (fabs(seconds) < 1e12)
		m->out->mtime_us = (int64_t)(seconds * 1e6);
	if (id.ptr != NULL)
		m->out->id = id;
	m->out->source = RECORD_ADDRESSES; /* its time is not the file's */
	return entry.ptr == NULL ? 0 : take_file(m, entry);
}

/* With the lock held. */
static int read_message(struct mail *m, uint32_t docid)
{
	struct bq_span id, type, entry;
	struct xapian_c_terms *t = NULL;
	int rc = xapian_c_database_document(m->s->db, docid, &m->d, &m->x);

	if (rc == XAPIAN_C_OK)
		rc = xapian_c_terms_of_document(m->d, &t, &m->x);
	if (rc == XAPIAN_C_OK)
		rc = find_term(m, t, "Q", &id);
	if (rc == XAPIAN_C_OK)
		rc = find_term(m, t, "Tmail", &type);
	if (rc == XAPIAN_C_OK && type.ptr != NULL)
		rc = find_term(m, t, ENTRY, &entry);
	if (rc == XAPIAN_C_OK && type.ptr != NULL)
		rc = take_message(m, id, entry);
	xapian_c_terms_free(t);
	xapian_c_document_free(m->d);
	return rc;
}

int mail_head(struct shard *s, uint32_t doc, struct bq_doc_head *out, struct bq_read *rd)
{
	struct mail m = { .s = s, .rd = rd, .out = out };

	(void)pthread_mutex_lock(&s->lock);
	int rc = read_message(&m, doc + 1);
	(void)pthread_mutex_unlock(&s->lock);
	if (rc < 0)
		return shard_failed(s, rd, &m.x);
	return rd->mem->oom ? BQ_ENOMEM : BQ_OK;
}
