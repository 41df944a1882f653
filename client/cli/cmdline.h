/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The command line.  One table of options and one of verbs: parsing, --help,
 * the manual page and the completions all come from them.
 */
#ifndef CLI_CMDLINE_H
#define CLI_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum verb {
	VERB_SEARCH,
	VERB_INDEX,
	VERB_STATUS,
	VERB_DOCTOR,
	VERB_SUGGEST,
	VERB_EXPLAIN,
	VERB_OPEN,
	VERB_BATCH,
	VERB_BENCH_SERVE,
	VERB_SERVE,
	VERB_STOP,
	VERB_COUNT,
};

#define CMDLINE_MAX_INDEXES 64

struct cmdline {
	enum verb verb;
	/* what to look for */
	char **words; /* **lives in** argv; as given */
	size_t n_words;
	const char *raw; /* -e */
	const char *glob, *type;
	const char *sort;
	int64_t limit, context, timeout_ms; /* -1: not given */
	/* what to show */
	bool list_paths, count_only, is_quiet, as_json, as_vimgrep, end_with_nul, show_stats, explain, hyperlink;
	bool raw_lines;     /* batch -e */
	const char *format; /* batch */
	const char *color;
	/* whom to ask */
	const char *indexes[CMDLINE_MAX_INDEXES];
	size_t n_indexes;
	const char *socket, *auth_file, *config;
	bool no_config, no_autostart;
	/* what to do instead */
	bool show_help, show_version;
	const char *generate; /* man, bash, zsh, fish */
};

/* Fill `o` from the command line.  0, or 2 after saying on standard error what
 * is wrong.  `o->words` is **owned**: release with cmdline_release(). */
int cmdline_parse(int argc, char **argv, struct cmdline *o);

/* Give `words` back. */
void cmdline_release(struct cmdline *o);

/* Say that the arguments do not fit the verb, and how to search for the words
 * instead; returns 2. */
int cmdline_misfit(const struct cmdline *o);

/* Whether the first word of `text` would be taken for a verb. */
bool cmdline_starts_with_verb(const char *text);

/* The screen of --help. */
void cmdline_help(FILE *out);

/* One verb, for the generators. */
struct cmdline_verb {
	const char *name; /* NULL: searching */
	const char *usage, *help;
};

/* Verb `i` of those users know, or false behind the last. */
bool cmdline_verb_get(size_t i, struct cmdline_verb *out);

/* One row of the table, for the generators. */
struct cmdline_row {
	const char *name;     /* long name, NULL if it has none */
	char letter;          /* 0: none */
	const char *metavar;  /* NULL: a flag */
	const char *choices;  /* "a|b|c" or NULL */
	const char *help;
};

/* Row `i` of the table, or false behind the last. */
bool cmdline_row_get(size_t i, struct cmdline_row *out);

#endif
