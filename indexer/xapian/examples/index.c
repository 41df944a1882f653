/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Index lines of text: index DATABASE < FILE
 *
 * Every line becomes a document, as Xapian's own tools would write it: words
 * with positions, English stems, the line as data, its number as value 0.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xapian-c.h>

static struct xapian_c_error err;

static void check(int rc)
{
	if (rc >= 0)
		return;
	(void)fprintf(stderr, "index: %s: %s\n", err.type, err.msg);
	exit(1);
}

static void add_line(struct xapian_c_writer *w, struct xapian_c_termgen *g, struct xapian_c_bytes line, unsigned number)
{
	struct xapian_c_piece piece = { .text = line, .wdf = 1 };
	struct xapian_c_document *d;

	check(xapian_c_document_new(&d, &err));
	check(xapian_c_termgen_set_document(g, d, &err));
	check(xapian_c_termgen_index(g, &piece, &err));
	check(xapian_c_document_set_data(d, line, &err));
	check(xapian_c_document_set_number(d, 0, number, &err));
	check(xapian_c_writer_add(w, d, NULL, &err));
	xapian_c_document_free(d);
}

int main(int argc, char **argv)
{
	struct xapian_c_stemmer *s;
	struct xapian_c_termgen *g;
	struct xapian_c_writer *w;
	char *line = NULL;
	size_t size = 0;
	unsigned n = 0;
	ssize_t len;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: index DATABASE < FILE\n");
		return 2;
	}
	check(xapian_c_writer_open(argv[1], XAPIAN_C_WRITE_CREATE_OR_OVERWRITE, &w, &err));
	check(xapian_c_stemmer_new("english", &s, &err));
	check(xapian_c_termgen_new(&g, &err));
	check(xapian_c_termgen_set_stemmer(g, s, XAPIAN_C_STEM_SOME, &err));
	while ((len = getline(&line, &size, stdin)) > 0) {
		struct xapian_c_bytes text = { line, (size_t)len - (line[len - 1] == '\n') };
		add_line(w, g, text, ++n);
	}
	check(xapian_c_writer_commit(w, &err));
	(void)printf("%u documents\n", n);
	free(line);
	xapian_c_termgen_free(g);
	xapian_c_stemmer_free(s);
	xapian_c_writer_free(w);
	return 0;
}
