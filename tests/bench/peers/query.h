/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the peers' drivers in C and C++ share: a query taken apart, and the loop
 * that times all of them.  Header only; knows nothing of bq.
 *
 *   +a -b "c d"   ->   { '+', {a} } { '-', {b} } { 0, {c, d} }
 */
#ifndef PEERS_QUERY_H
#define PEERS_QUERY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { QUERY_MAX_ATOMS = 64, QUERY_MAX_WORDS = 64 };

struct query_atom {
	char sign; /* '+', '-' or 0 */
	unsigned n_words;
	const char *words[QUERY_MAX_WORDS];
};

struct query {
	char *text;  /* the line */
	char *words; /* a copy, with NUL behind each word */
	unsigned n_atoms;
	struct query_atom atoms[QUERY_MAX_ATOMS];
};

/* The answer to a query: how many there are, or -1 where the engine has no such query. */
typedef long (*query_ask_fn)(void *engine, const struct query *q, int wants_count);

static inline void query_fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(2);
}

/* The operand at `p`; returns where the next one stands. */
static inline char *query_parse_atom(char *p, struct query_atom *a)
{
	a->n_words = 0;
	a->sign = *p == '+' || *p == '-' ? *p++ : 0;
	char end = *p == '"' ? '"' : ' ';
	p += end == '"';
	while (*p != '\0' && *p != end) {
		if (a->n_words == QUERY_MAX_WORDS)
			query_fail("a phrase of too many words");
		a->words[a->n_words++] = p;
		p += strcspn(p, " \"");
		if (*p == '\0' || *p == end)
			break;
		*p++ = '\0';
	}
	if (*p != '\0')
		*p++ = '\0';
	return p + strspn(p, " ");
}

static inline void query_parse(struct query *q, const char *line)
{
	q->text = strdup(line);
	q->words = strdup(line);
	q->n_atoms = 0;
	if (q->text == NULL || q->words == NULL)
		query_fail("no memory");
	for (char *p = q->words; *p != '\0'; q->n_atoms++) {
		if (q->n_atoms == QUERY_MAX_ATOMS)
			query_fail("a query of too many operands");
		p = query_parse_atom(p, &q->atoms[q->n_atoms]);
	}
}

static inline double query_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static inline int query_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Ask every query `runs` times, all of them once and then all again, after one
 * round that is not counted; print `command TAB query TAB count TAB us`, the
 * median of its CPU times. */
static inline void query_time_all(FILE *in, unsigned runs, query_ask_fn ask, void *engine)
{
	static const char *const commands[] = { "TOP_10", "COUNT" };
	char *line = NULL;
	size_t room = 0, n = 0;
	ssize_t len;
	struct query *list = NULL;

	while ((len = getline(&line, &room, in)) > 0) {
		line[strcspn(line, "\n")] = '\0';
		list = (struct query *)realloc(list, (n + 1) * sizeof *list);
		if (list == NULL)
			query_fail("no memory");
		query_parse(&list[n++], line);
	}
	double *us = (double *)malloc((n + 1) * (runs + 1) * sizeof *us);
	long *counts = (long *)malloc((n + 1) * sizeof *counts);
	if (us == NULL || counts == NULL)
		query_fail("no memory");
	for (int command = 0; command < 2; command++) {
		for (unsigned run = 0; run <= runs; run++) {
			for (size_t i = 0; i < n; i++) {
				double began = query_now_us();
				counts[i] = ask(engine, &list[i], command);
				us[i * runs + (run == 0 ? 0 : run - 1)] = query_now_us() - began;
			}
		}
		for (size_t i = 0; i < n; i++) {
			qsort(us + i * runs, runs, sizeof *us, query_compare);
			printf("%s\t%s\t%ld\t%.2f\n", commands[command], list[i].text, counts[i],
				us[i * runs + runs / 2]);
		}
	}
	free(us);
	free(counts);
	for (size_t i = 0; i < n; i++) {
		free(list[i].text);
		free(list[i].words);
	}
	free(list);
	free(line);
}

#endif
