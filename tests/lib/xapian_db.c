/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/xapian_db.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

void xapian_ok(int rc, const struct xapian_c_error *err)
{
	if (rc != XAPIAN_C_OK)
		fail_msg("%d %s: %s", rc, err->type, err->msg);
}

static void index_text(struct xapian_c_document *d, const char *text)
{
	struct xapian_c_piece piece = { .text = xapian_c_str(text), .wdf = 1 };
	struct xapian_c_termgen *g;
	struct xapian_c_stemmer *s;
	struct xapian_c_error err;

	xapian_ok(xapian_c_stemmer_new("en", &s, &err), &err);
	xapian_ok(xapian_c_termgen_new(&g, &err), &err);
	xapian_ok(xapian_c_termgen_set_stemmer(g, s, XAPIAN_C_STEM_SOME, &err), &err);
	xapian_ok(xapian_c_termgen_set_document(g, d, &err), &err);
	xapian_ok(xapian_c_termgen_index(g, &piece, &err), &err);
	xapian_c_stemmer_free(s);
	xapian_c_termgen_free(g);
}

void xapian_db_add(struct xapian_c_writer *w, const char *text, unsigned i)
{
	struct xapian_c_document *d;
	struct xapian_c_error err;
	char id[16];

	(void)snprintf(id, sizeof id, "Q%u", i);
	xapian_ok(xapian_c_document_new(&d, &err), &err);
	index_text(d, text);
	xapian_ok(xapian_c_document_set_data(d, xapian_c_str(text), &err), &err);
	xapian_ok(xapian_c_document_set_number(d, 0, i, &err), &err);
	xapian_ok(xapian_c_document_set_value(d, 1, xapian_c_str(i % 2 == 0 ? "even" : "odd"), &err), &err);
	xapian_ok(xapian_c_document_add_term(d, xapian_c_str(id), 0, &err), &err);
	xapian_ok(xapian_c_writer_add(w, d, NULL, &err), &err);
	xapian_c_document_free(d);
}

void xapian_db_write(const char *path, const char *const *texts, unsigned n)
{
	struct xapian_c_writer *w;
	struct xapian_c_error err;

	xapian_ok(xapian_c_writer_open(path, XAPIAN_C_WRITE_CREATE_OR_OVERWRITE, &w, &err), &err);
	for (unsigned i = 0; i < n; i++)
		xapian_db_add(w, texts[i], i);
	xapian_ok(xapian_c_writer_commit(w, &err), &err);
	xapian_c_writer_free(w);
}

struct xapian_c_database *xapian_db_open(const char *path)
{
	struct xapian_c_database *db;
	struct xapian_c_error err;

	xapian_ok(xapian_c_database_open(path, XAPIAN_C_BACKEND_AUTO, &db, &err), &err);
	return db;
}
