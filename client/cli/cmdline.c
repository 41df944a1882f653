/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cmdline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/show/printer.h"

/* ---- the tables -------------------------------------------------------- */

struct verb_row {
	const char *name;
	const char *usage;
	size_t min_words, max_words;
	const char *help;
};

static const struct verb_row verbs[VERB_COUNT] = {
	[VERB_SEARCH] = { NULL, "WORD...", 0, SIZE_MAX, "search" },
	[VERB_INDEX] = { "index", "index DIR...", 1, SIZE_MAX,
		"build or update the index of a directory and serve it" },
	[VERB_STATUS] = { "status", "status", 0, 0, "say what the daemon serves" },
	[VERB_DOCTOR] = { "doctor", "doctor", 0, 0, "look for what is amiss" },
	[VERB_SUGGEST] = { "suggest", "suggest PREFIX", 1, 1, "words that start so (not in this version)" },
	[VERB_EXPLAIN] = { "explain", "explain WORD...", 1, SIZE_MAX, "show how a query is understood (not in this version)" },
	[VERB_OPEN] = { "open", "open N", 1, 1, "open hit N of the last search at a terminal in $VISUAL or $EDITOR" },
	[VERB_BATCH] = { "batch", "batch FILE", 1, 1, "one query a line; - reads standard input" },
	[VERB_BENCH_SERVE] = { "bench-serve", "bench-serve", 0, 0, "answer COMMAND<TAB>query lines with numbers" },
	[VERB_SERVE] = { "serve", "serve", 0, 0, "run the daemon in the foreground" },
	[VERB_STOP] = { "stop", "stop", 0, 0, "stop the daemon" },
};

enum kind { FLAG, TEXT, NUMBER, CHOICE, LIST };

#define SEARCHES (1u << VERB_SEARCH | 1u << VERB_EXPLAIN)
#define BATCHES  (1u << VERB_BATCH)
#define ANY_VERB (~0u)

struct option_row {
	const char *name;
	char letter;
	enum kind kind;
	unsigned verbs; /* bits of those that take it */
	size_t offset;
	const char *metavar, *choices;
	int64_t min, max;
	const char *help;
};

#define AT(member) offsetof(struct cmdline, member)

static const struct option_row rows[] = {
	{ "limit", 'n', NUMBER, SEARCHES | BATCHES, AT(limit), "LIMIT", NULL, 1, INT32_MAX,
		"show this many documents (10)" },
	{ "context", 'C', NUMBER, SEARCHES, AT(context), "LINES", NULL, 0, BQP_MAX_CTX,
		"show lines around a hit (1 on a terminal)" },
	{ "files", 'l', FLAG, SEARCHES, AT(list_paths), NULL, NULL, 0, 0, "print paths only, of every document" },
	{ "count", 'c', FLAG, SEARCHES, AT(count_only), NULL, NULL, 0, 0, "print the number of matching documents" },
	{ "quiet", 'q', FLAG, SEARCHES, AT(is_quiet), NULL, NULL, 0, 0, "print nothing; the exit status answers" },
	{ "query", 'e', TEXT, SEARCHES, AT(raw), "RAW", NULL, 0, 0, "a query in the query language" },
	{ "query", 'e', FLAG, BATCHES, AT(raw_lines), NULL, NULL, 0, 0, "batch: lines are in the query language" },
	{ "index", 'i', LIST, ANY_VERB, AT(indexes), "INDEX", NULL, 0, 0,
		"a recorded name, or a directory (./x, /x, xapian:x)" },
	{ "glob", 'g', TEXT, SEARCHES, AT(glob), "GLOB", NULL, 0, 0, "only paths that match (not in this version)" },
	{ "type", 't', TEXT, SEARCHES, AT(type), "TYPE", NULL, 0, 0, "only this type: md, txt, .. (not in this version)" },
	{ "sort", 0, CHOICE, SEARCHES, AT(sort), "ORDER", "score|date|path", 0, 0, "best, newest or by path first" },
	{ "json", 0, FLAG, SEARCHES | 1u << VERB_STATUS, AT(as_json), NULL, NULL, 0, 0,
		"one JSON object a line, with its kind" },
	{ "vimgrep", 0, FLAG, SEARCHES, AT(as_vimgrep), NULL, NULL, 0, 0, "PATH:LINE:COL:TEXT, one line a document" },
	{ "null", '0', FLAG, SEARCHES, AT(end_with_nul), NULL, NULL, 0, 0, "print paths only, each ended by a NUL" },
	{ "color", 0, CHOICE, SEARCHES, AT(color), "WHEN", "auto|always|never", 0, 0, "colour (auto)" },
	{ "hyperlink", 0, FLAG, SEARCHES, AT(hyperlink), NULL, NULL, 0, 0, "make paths links (with colour)" },
	{ "explain", 0, FLAG, SEARCHES, AT(explain), NULL, NULL, 0, 0,
		"show how the query is understood (not in this version)" },
	{ "stats", 0, FLAG, SEARCHES, AT(show_stats), NULL, NULL, 0, 0, "say on standard error what the search took" },
	{ "format", 0, CHOICE, BATCHES, AT(format), "FORMAT", "json|csv|trec", 0, 0, "batch: what to write (csv)" },
	{ "socket", 0, TEXT, ANY_VERB, AT(socket), "ADDRESS", NULL, 0, 0, "the daemon's socket, or tcp:HOST:PORT" },
	{ "auth-file", 0, TEXT, ANY_VERB, AT(auth_file), "FILE", NULL, 0, 0, "holds the token for tcp:HOST:PORT" },
	{ "no-autostart", 0, FLAG, ANY_VERB, AT(no_autostart), NULL, NULL, 0, 0, "start no daemon" },
	{ "timeout", 0, NUMBER, SEARCHES | BATCHES, AT(timeout_ms), "MS", NULL, 1, 3600000,
		"give up a query after this long (1000)" },
	{ "config", 0, TEXT, ANY_VERB, AT(config), "FILE", NULL, 0, 0, "instead of $XDG_CONFIG_HOME/bq/config.ini" },
	{ "no-config", 0, FLAG, ANY_VERB, AT(no_config), NULL, NULL, 0, 0, "read no configuration" },
	{ "generate", 0, CHOICE, SEARCHES, AT(generate), "WHAT", "man|bash|zsh|fish", 0, 0,
		"write the manual page or a completion" },
	{ "help", 'h', FLAG, ANY_VERB, AT(show_help), NULL, NULL, 0, 0, "show this" },
	{ "version", 'V', FLAG, ANY_VERB, AT(show_version), NULL, NULL, 0, 0, "show the version" },
};

#define N_ROWS (sizeof rows / sizeof rows[0])

/* ---- parsing ----------------------------------------------------------- */

/* One option as found in argv. */
struct found {
	const struct option_row *row;
	const char *value; /* attached to it, or NULL */
};

static bool is_long(const char *arg) { return arg[0] == '-' && arg[1] == '-'; }

static bool names(const struct option_row *row, const char *arg, const char **value)
{
	size_t n = strlen(row->name);

	*value = NULL;
	if (is_long(arg)) {
		if (strncmp(arg + 2, row->name, n) != 0 || (arg[2 + n] != '\0' && arg[2 + n] != '='))
			return false;
		*value = arg[2 + n] == '=' ? arg + 3 + n : NULL;
		return true;
	}
	if (row->letter == 0 || arg[1] != row->letter)
		return false;
	/* No bundles, so that -city is no -c; a number may follow its letter. */
	if (arg[2] != '\0' && row->kind == NUMBER && strspn(arg + 2, "0123456789") == strlen(arg + 2))
		*value = arg + 2;
	return arg[2] == '\0' || *value != NULL;
}

/* The row `arg` means for the verbs of `mask`; row NULL if none. */
static struct found find(const char *arg, unsigned mask)
{
	struct found f = { NULL, NULL };

	for (size_t i = 0; i < N_ROWS && f.row == NULL; i++) {
		if ((rows[i].verbs & mask) != 0 && names(&rows[i], arg, &f.value))
			f.row = &rows[i];
	}
	return f;
}

/* What holds a blank or a double quote is a phrase or raw syntax, also behind a
 * dash, unless it is an option's value. */
static bool is_option(const char *arg)
{
	if (arg[0] != '-' || arg[1] == '\0')
		return false;
	return strpbrk(arg, " \t\n\v\f\r\"") == NULL || find(arg, ANY_VERB).row != NULL;
}

static enum verb verb_named(const char *word)
{
	for (int v = VERB_SEARCH + 1; v < VERB_COUNT; v++) {
		if (strcmp(word, verbs[v].name) == 0)
			return (enum verb)v;
	}
	return VERB_SEARCH;
}

bool cmdline_starts_with_verb(const char *text)
{
	char word[16];
	size_t n = strcspn(text, " \t\"");

	if (n >= sizeof word)
		return false;
	memcpy(word, text, n);
	word[n] = '\0';
	return verb_named(word) != VERB_SEARCH;
}

/* The first argument that is no option decides the verb: its place in argv, or
 * 0.  A letter that means two things means what it means in a search. */
static int find_verb(int argc, char **argv, enum verb *verb)
{
	*verb = VERB_SEARCH;
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (!is_option(argv[i])) {
			*verb = verb_named(argv[i]);
			return *verb == VERB_SEARCH ? 0 : i;
		}
		struct found f = find(argv[i], SEARCHES);
		if (f.row == NULL)
			f = find(argv[i], ANY_VERB);
		if (f.row != NULL && f.row->kind != FLAG && f.value == NULL)
			i++;
	}
	return 0;
}

static int fail_unknown(const char *arg, enum verb verb)
{
	struct found other = find(arg, ANY_VERB);

	if (other.row != NULL)
		printer_complain("%s is no option of bq %s", arg,
			verb == VERB_SEARCH ? "for searching" : verbs[verb].name);
	else if (verb != VERB_SEARCH && verb != VERB_EXPLAIN)
		printer_complain("unknown option %s; bq --help lists them", arg);
	else
		printer_complain("unknown option %s; to leave a word out: bq foo NOT %s", arg, arg + strspn(arg, "-"));
	return 2;
}

static bool is_choice(const char *choices, const char *value)
{
	size_t n = strlen(value);

	for (const char *c = choices; c != NULL; c = strchr(c, '|')) {
		c += *c == '|';
		if (n > 0 && strchr(value, '|') == NULL && strncmp(c, value, n) == 0 && (c[n] == '\0' || c[n] == '|'))
			return true;
	}
	return false;
}

static int store_number(const struct option_row *row, const char *value, int64_t *to)
{
	char *end;
	errno = 0;
	long long v = strtoll(value, &end, 10);

	if (end == value || *end != '\0' || errno != 0 || v < row->min || v > row->max) {
		printer_complain("--%s wants a number from %lld to %lld, not %s", row->name, (long long)row->min,
			(long long)row->max, value);
		return 2;
	}
	*to = v;
	return 0;
}

static int store(struct cmdline *o, const struct option_row *row, const char *value)
{
	void *to = (char *)o + row->offset;

	switch (row->kind) {
	case FLAG: *(bool *)to = true; return 0;
	case NUMBER: return store_number(row, value, to);
	case CHOICE:
		if (!is_choice(row->choices, value)) {
			printer_complain("--%s wants one of %s, not %s", row->name, row->choices, value);
			return 2;
		}
		break;
	case LIST:
		if (o->n_indexes == CMDLINE_MAX_INDEXES) {
			printer_complain("more than %d of --%s", CMDLINE_MAX_INDEXES, row->name);
			return 2;
		}
		o->indexes[o->n_indexes++] = value;
		return 0;
	case TEXT: break;
	}
	*(const char **)to = value;
	return 0;
}

/* The option at argv[*i]; moves *i over a value of its own. */
static int take_option(int argc, char **argv, int *i, struct cmdline *o)
{
	const char *arg = argv[*i];
	struct found f = find(arg, 1u << o->verb);

	if (f.row == NULL)
		return fail_unknown(arg, o->verb);
	if (f.row->kind == FLAG && f.value != NULL) {
		printer_complain("--%s takes no value", f.row->name);
		return 2;
	}
	if (f.row->kind != FLAG && f.value == NULL) {
		if (*i + 1 >= argc) {
			printer_complain("%s wants %s", arg, f.row->metavar);
			return 2;
		}
		f.value = argv[++*i];
	}
	return store(o, f.row, f.value);
}

int cmdline_parse(int argc, char **argv, struct cmdline *o)
{
	bool only_words = false;

	*o = (struct cmdline){ .limit = -1, .context = -1, .timeout_ms = -1 };
	o->words = calloc((size_t)argc + 1, sizeof *o->words);
	if (o->words == NULL) {
		printer_complain("no memory");
		return 2;
	}
	int verb_at = find_verb(argc, argv, &o->verb);
	for (int i = 1; i < argc; i++) {
		int rc = 0;
		if (only_words || !is_option(argv[i])) {
			if (i != verb_at)
				o->words[o->n_words++] = argv[i];
		} else if (strcmp(argv[i], "--") == 0) {
			only_words = true;
		} else {
			rc = take_option(argc, argv, &i, o);
		}
		if (rc != 0)
			return rc;
	}
	if (o->show_help || o->show_version || o->generate != NULL)
		return 0;
	if (o->n_words < verbs[o->verb].min_words || o->n_words > verbs[o->verb].max_words)
		return cmdline_misfit(o);
	return 0;
}

void cmdline_release(struct cmdline *o)
{
	free(o->words);
	o->words = NULL;
}

/* ---- saying ------------------------------------------------------------ */

int cmdline_misfit(const struct cmdline *o)
{
	fprintf(stderr, "usage: bq %s\n", verbs[o->verb].usage);
	fprintf(stderr, "to search for these words: bq -- %s", verbs[o->verb].name);
	for (size_t i = 0; i < o->n_words; i++) {
		bool quote = o->words[i][0] == '\0' || strpbrk(o->words[i], " \t\n\"'\\$`*?[](){}<>|&;~#!") != NULL;
		struct printer p = { .out = stderr };
		fputs(quote ? " '" : " ", stderr);
		printer_text(&p, PRINTER_PLAIN, bq_span_of(o->words[i]));
		fputs(quote ? "'" : "", stderr);
	}
	putc('\n', stderr);
	return 2;
}

static void help_row(FILE *out, const struct option_row *r)
{
	char left[64];
	int n = 0;

	if (r->letter != 0)
		n = snprintf(left, sizeof left, "-%c, ", r->letter);
	snprintf(left + n, sizeof left - (size_t)n, "--%s%s%s", r->name, r->metavar == NULL ? "" : "=",
		r->metavar == NULL ? "" : r->metavar);
	fprintf(out, "  %-22s %s%s%s%s\n", left, r->help, r->choices == NULL ? "" : ": ",
		r->choices == NULL ? "" : r->choices, "");
}

void cmdline_help(FILE *out)
{
	fputs("bq: full-text search in your own documents\n\n"
	      "  bq index ~/docs                     index a directory\n"
	      "  bq \"biometric data sharing\"         the exact phrase\n"
	      "  bq biometric data sharing           documents with these words, best first\n"
	      "  bq biometric NOT city               leave a word out\n"
	      "  bq -e '\"data sharing\" OR (leak -rumour)'   the query language\n\n"
	      "usage:\n",
		out);
	for (int v = 0; v < VERB_COUNT; v++)
		fprintf(out, "  bq %-19s %s\n", verbs[v].usage, verbs[v].help);
	fputs("  bq -- status           a query that is also a verb\n\noptions:\n", out);
	for (size_t i = 0; i < N_ROWS; i++)
		help_row(out, &rows[i]);
	fputs("\nExit status: 0 found, 1 nothing found, 2 an error or only part of the answer.\n", out);
}

bool cmdline_verb_get(size_t i, struct cmdline_verb *out)
{
	if (i >= VERB_COUNT)
		return false;
	*out = (struct cmdline_verb){ verbs[i].name, verbs[i].usage, verbs[i].help };
	return true;
}

bool cmdline_row_get(size_t i, struct cmdline_row *out)
{
	if (i >= N_ROWS)
		return false;
	*out = (struct cmdline_row){ rows[i].name, rows[i].letter, rows[i].metavar, rows[i].choices, rows[i].help };
	return true;
}
