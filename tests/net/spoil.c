/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every second document of a Xapian database with data that no bqindex writes:
 * terms, values and the database's identity stay.
 *
 *   spoil DATABASE
 */
#include <stdio.h>
#include <stdlib.h>

#include <xapian-c.h>

static struct xapian_c_error x;

static void must(int rc)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "spoil: %s: %s\n", x.type, x.msg);
	exit(1);
}

static void spoil(struct xapian_c_writer *w, uint32_t docid)
{
	struct xapian_c_document *d;

	must(xapian_c_database_document(xapian_c_writer_database(w), docid, &d, &x));
	must(xapian_c_document_set_data(d, xapian_c_str("\377\376bq=1 2 3\n\nnothing"), &x));
	must(xapian_c_writer_replace(w, docid, d, &x));
	xapian_c_document_free(d);
}

int main(int argc, char **argv)
{
	struct xapian_c_database_counts counts;
	struct xapian_c_writer *w;

	if (argc != 2) {
		fprintf(stderr, "usage: spoil DATABASE\n");
		return 1;
	}
	must(xapian_c_writer_open(argv[1], XAPIAN_C_WRITE_OPEN, &w, &x));
	must(xapian_c_database_count(xapian_c_writer_database(w), &counts, &x));
	for (uint32_t docid = 2; docid <= counts.last_id; docid += 2)
		spoil(w, docid);
	must(xapian_c_writer_commit(w, &x));
	xapian_c_writer_free(w);
	return 0;
}
