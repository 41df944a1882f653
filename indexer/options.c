/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bq/format.h>
#include <bq/log.h>

#include "base/pool.h"

#ifndef BQ_VERSION
#error "BQ_VERSION comes from CMake"
#endif

enum { BUILD = 1, UPDATE = 2, VERIFY = 4, INFO = 8, DUMP = 16, OPTIMIZE = 32, WATCH = 64,
	EXPORT = 128, WRITES = BUILD | UPDATE };

static const struct verb verbs[] = {
	{ "build", BUILD, true, cmd_build, "-o INDEX [options] SOURCE... | --from xapian:DIR",
		"a new generation from the sources alone, or from the documents of Xapian databases" },
	{ "update", UPDATE, true, cmd_update, "-o INDEX [options] SOURCE...",
		"add what is new, replace what changed, drop what is gone; makes a missing INDEX" },
	{ "optimize", OPTIMIZE, false, cmd_optimize, "INDEX [options]",
		"merge to one segment without what was deleted, documents with the same words side by side" },
	{ "verify", VERIFY, false, cmd_verify, "INDEX", "check every byte; exit 0 sound, 1 damaged" },
	{ "info", INFO, false, cmd_info, "INDEX [--json]", "generation, segments, documents, words, bytes" },
	{ "dump", DUMP, false, cmd_dump, "INDEX [--terms | --postings WORD | --pair \"A B\" | --doc ID]",
		"what the index holds; without an option its documents" },
	{ "export", EXPORT, false, cmd_export, "INDEX --to jsonl [-o FILE] | INDEX --to xapian -o DIR",
		"its documents as JSON lines that build reads, or as Xapian databases; needs stored text" },
	{ "watch", WATCH, true, NULL, NULL, NULL },
};

enum option_kind { FLAG, STRING, LIST, NUMBER, COUNT, BYTES, CHOICE, PART, ABSENT };

struct option {
	const char *name;
	enum option_kind kind;
	unsigned verbs;
	size_t off;        /* in struct options */
	const char *arg;   /* for the help; of a CHOICE the words it takes */
	const char *help;
};

#define AT(member) offsetof(struct options, member)

static const struct option options[] = {
	{ "-o", STRING, WRITES, AT(index), "INDEX", "the directory to write, 0700" },
	{ "-o", STRING, EXPORT, AT(output), "FILE|DIR", "written whole or not at all (standard output)" },
	{ "--to", CHOICE, EXPORT, AT(to), "jsonl|xapian",
		"a document a line: id, title, text, path, mtime, other members; or what build --engine=xapian makes" },
	{ "--from", STRING, WRITES, AT(from), "xapian:DIR",
		"its documents, of whoever wrote it, instead of SOURCEs (build)" },
	{ "--lang", STRING, WRITES, AT(lang), "LANG", "en, de, .. or none: stems and stop words (en)" },
	{ "--stopwords", STRING, WRITES, AT(stopwords), "FILE|none", "words that ranked queries do not score" },
	{ "--memory", BYTES, WRITES | OPTIMIZE | EXPORT, AT(memory_bytes), "SIZE",
		"what a run may take, at least 64M (1G)" },
	{ "--no-store", FLAG, WRITES, AT(no_store), NULL, "keep no text: no snippets" },
	{ "--k1", NUMBER, WRITES, AT(k1), "X", "BM25 (0.9)" },
	{ "--b", NUMBER, WRITES, AT(b), "X", "BM25 (0.4)" },
	{ "--include", LIST, WRITES, AT(include), "GLOB",
		"only files like this; a glob with / is about the whole path" },
	{ "--exclude", LIST, WRITES, AT(exclude), "GLOB", "no files or directories like this" },
	{ "--threads", COUNT, WRITES | OPTIMIZE, AT(threads), "N", "that share the work (the cores there are)" },
	{ "--pairs", PART, WRITES | OPTIMIZE, AT(pairs_percent), "auto|off|PERCENT",
		"lists of word pairs: at most so much of the index without text (30), or none" },
	{ "--reorder", FLAG, WRITES | OPTIMIZE, AT(reorder), NULL,
		"documents with the same words side by side, where all are written anew" },
	{ "--no-reorder", FLAG, OPTIMIZE, AT(no_reorder), NULL, "documents as they are (they get a better order)" },
	{ "--engine", CHOICE, WRITES, AT(engine), "native|xapian", "bq's own format, or Xapian databases" },
	{ "--shards", COUNT, BUILD | EXPORT, AT(shards), "N", "Xapian databases that documents are dealt to (1)" },
	{ "--progress", CHOICE, WRITES | OPTIMIZE, AT(progress), "auto|always|never", "on standard error" },
	{ "--json", FLAG, WRITES | INFO | OPTIMIZE, AT(json), NULL, "the report as JSON on standard output" },
	{ "--terms", FLAG, DUMP, AT(terms), NULL, "the dictionary: kind, word, documents, occurrences" },
	{ "--postings", STRING, DUMP, AT(postings), "WORD", "documents and positions of one word" },
	{ "--pair", STRING, DUMP, AT(pair), "\"A B\"", "documents with word A directly before word B" },
	{ "--doc", STRING, DUMP, AT(doc), "ID", "one document by id, path or SEGMENT.NUMBER" },
	{ "--field", ABSENT, WRITES, 0, NULL, NULL },
};

enum { MAX_PERCENT = 1000 };
enum { N_VERBS = sizeof verbs / sizeof verbs[0], N_OPTIONS = sizeof options / sizeof options[0] };

void complain(const char *fmt, ...)
{
	char line[1024];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(line, sizeof line, fmt, args);
	va_end(args);
	bq_log(BQ_LOG_ERR, "%s", line);
}

void complain_of(const char *path, const char *msg)
{
	size_t n = strlen(path);

	if (strncmp(msg, path, n) == 0 && msg[n] == ':')
		complain("%s", msg);
	else
		complain("%s: %s", path, msg);
}

/* ---- help -------------------------------------------------------------- */

static void print_option(const struct option *o)
{
	char left[64];

	(void)snprintf(left, sizeof left, "%s %s", o->name, o->arg == NULL ? "" : o->arg);
	(void)printf("  %-26s %s\n", left, o->help);
}

static void print_help(void)
{
	(void)puts("bqindex: make and inspect a full-text index\n");
	for (unsigned i = 0; i < N_VERBS; i++)
		if (verbs[i].run != NULL)
			(void)printf("  bqindex %-8s %s\n          %s\n", verbs[i].name, verbs[i].usage, verbs[i].help);
	(void)puts("\nSOURCE: a directory, a file, or - for JSON lines on standard input.\n"
		   "A .jsonl or .ndjson file holds {\"id\":..,\"title\":..,\"text\":..}, one document a line.\n"
		   "They and texts may be packed: .jsonl.gz, .txt.zst.\n");
	(void)puts("build, update:");
	for (unsigned i = 0; i < N_OPTIONS; i++)
		if (options[i].kind != ABSENT && (options[i].verbs & WRITES) != 0)
			print_option(&options[i]);
	(void)puts("\noptimize: --memory, --threads, --pairs (what the index has), --progress, --json, and");
	for (unsigned i = 0; i < N_OPTIONS; i++)
		if (options[i].verbs == OPTIMIZE)
			print_option(&options[i]);
	(void)puts("\ndump:");
	for (unsigned i = 0; i < N_OPTIONS; i++)
		if (options[i].verbs == DUMP)
			print_option(&options[i]);
	(void)puts("\nexport:");
	for (unsigned i = 0; i < N_OPTIONS; i++)
		if ((options[i].verbs & EXPORT) != 0)
			print_option(&options[i]);
	(void)puts("\nExit 0 done, 1 done with skipped documents or damaged, 2 failed (the old generation is untouched).");
}

/* ---- values ------------------------------------------------------------ */

static bool parse_count(const char *s, uint64_t *out, const char **rest)
{
	char *end;

	errno = 0;
	*out = strtoull(s, &end, 10);
	*rest = end;
	return *s >= '0' && *s <= '9' && errno == 0;
}

/* 64K, 512M, 1G, or bytes. */
static bool parse_bytes(const char *s, uint64_t *out)
{
	static const char units[] = "KMGT";
	const char *rest, *unit;

	if (!parse_count(s, out, &rest))
		return false;
	if (*rest == '\0')
		return true;
	unit = strchr(units, *rest);
	return unit != NULL && rest[1] == '\0' && !__builtin_mul_overflow(*out, 1ull << 10 * (unit - units + 1), out);
}

static bool parse_number(const char *s, double *out)
{
	char *end;

	*out = strtod(s, &end);
	return end != s && *end == '\0' && isfinite(*out);
}

/* Whether `s` is one of the words in "a|b|c". */
static bool is_choice(const char *choices, const char *s)
{
	size_t len = strlen(s);

	for (const char *c = choices; len != 0 && c != NULL; c = strchr(c, '|'), c = c == NULL ? NULL : c + 1)
		if (strncmp(c, s, len) == 0 && (c[len] == '|' || c[len] == '\0'))
			return true;
	return false;
}

/* auto: 0, off, or 1 .. 1000. */
static bool parse_part(const char *s, uint32_t *out)
{
	const char *rest;
	uint64_t n = 0;

	if (strcmp(s, "auto") != 0 && strcmp(s, "off") != 0
		&& (!parse_count(s, &n, &rest) || *rest != '\0' || n == 0 || n > MAX_PERCENT))
		return false;
	*out = strcmp(s, "off") == 0 ? BQ_PAIRS_OFF : (uint32_t)n;
	return true;
}

static bool add_item(struct list *l, const char *item)
{
	const char **grown = realloc(l->items, (l->n + 1) * sizeof *grown);

	if (grown == NULL)
		return false;
	l->items = grown;
	l->items[l->n++] = item;
	return true;
}

static bool set_value(struct options *o, const struct option *opt, const char *value)
{
	void *to = (char *)o + opt->off;
	const char *rest;

	switch (opt->kind) {
	case FLAG:
		*(bool *)to = true;
		return true;
	case CHOICE:
		if (!is_choice(opt->arg, value))
			return false;
		*(const char **)to = value;
		return true;
	case STRING:
		*(const char **)to = value;
		return true;
	case LIST:
		return add_item(to, value);
	case NUMBER:
		return parse_number(value, to);
	case COUNT:
		return parse_count(value, to, &rest) && *rest == '\0' && *(uint64_t *)to != 0;
	case PART:
		return parse_part(value, to);
	case BYTES:
		return parse_bytes(value, to) && *(uint64_t *)to != 0;
	case ABSENT:
		break;
	}
	return false;
}

/* ---- arguments --------------------------------------------------------- */

/* NULL if the verb takes none of this name. */
static const struct option *find_option(const struct verb *verb, const char *name, size_t len)
{
	for (unsigned i = 0; i < N_OPTIONS; i++)
		if ((options[i].verbs & verb->bit) != 0 && strlen(options[i].name) == len
			&& strncmp(options[i].name, name, len) == 0)
			return &options[i];
	return NULL;
}

/* One option, with its value from `=` or from the next argument; *i moves on. */
static bool take_option(int argc, char **argv, int *i, struct options *o)
{
	const char *arg = argv[*i], *equals = strchr(arg, '='), *value = NULL;
	size_t len = equals == NULL ? strlen(arg) : (size_t)(equals - arg);
	const struct option *opt = find_option(o->verb, arg, len);

	if (opt == NULL) {
		complain("%s: unknown option %.*s (bqindex --help)", o->verb->name, (int)(len < 100 ? len : 100), arg);
		return false;
	}
	if (opt->kind == ABSENT) {
		complain("%s is not built yet", opt->name);
		return false;
	}
	if (opt->kind == FLAG ? equals != NULL : equals == NULL && *i + 1 == argc) {
		complain(opt->kind == FLAG ? "%s takes no value" : "%s wants a value", opt->name);
		return false;
	}
	if (opt->kind != FLAG)
		value = equals != NULL ? equals + 1 : argv[++*i];
	if (set_value(o, opt, value))
		return true;
	if (opt->kind == CHOICE)
		complain("%s is one of %s, not %.100s: nothing else is built", opt->name, opt->arg, value);
	else
		complain("%s: %.100s is no %s", opt->name, value, opt->arg);
	return false;
}

/* What lies below is taken whatever the budget: programs and libraries 10 MB, training
 * a dictionary 25, a merge of 32 runs. */
static void raise_memory(struct options *o)
{
	if (o->memory_bytes >= OPTIONS_MIN_MEMORY)
		return;
	complain("--memory %" PRIu64 " is raised to %uM, the least that a build keeps to", o->memory_bytes,
		OPTIONS_MIN_MEMORY >> 20);
	o->memory_bytes = OPTIONS_MIN_MEMORY;
}

/* The cores that this process may use. */
static uint64_t count_cores(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0 ? (uint64_t)CPU_COUNT(&set) : 1;
}

static void choose_threads(struct options *o)
{
	if (o->threads == 0)
		o->threads = count_cores();
	if (o->threads > POOL_MAX)
		o->threads = POOL_MAX;
}

static bool take_argument(struct options *o, const char *arg)
{
	if (o->verb->takes_sources)
		return add_item(&o->sources, arg);
	if (o->index != NULL) {
		complain("%s takes one INDEX", o->verb->name);
		return false;
	}
	o->index = arg;
	return true;
}

static bool is_xapian(const struct options *o)
{
	return o->engine != NULL && strcmp(o->engine, "xapian") == 0;
}

static bool starts(const char *s, const char *with) { return strncmp(s, with, strlen(with)) == 0; }

static bool refuse(const char *why)
{
	complain("%s", why);
	return false;
}

/* --from, and where Xapian databases go. */
static bool check_xapian(const struct options *o)
{
	bool is_export = o->verb->bit == EXPORT, to_xapian = is_export && strcmp(o->to, "xapian") == 0;

	if (o->verb->takes_sources && starts(o->index, "xapian"))
		if (starts(o->index, "xapian:") || starts(o->index, "xapian+tcp:"))
			return refuse("-o takes a directory; --engine=xapian makes Xapian databases there");
	if (o->from != NULL && o->verb->bit == UPDATE)
		return refuse("--from is of build: a database is read whole, not what has changed in it");
	if (o->from != NULL && !starts(o->from, "xapian:"))
		return refuse("--from takes xapian:DIR");
	if (o->from != NULL && (o->sources.n != 0 || o->include.n != 0 || o->exclude.n != 0))
		return refuse("--from takes no SOURCE, --include or --exclude");
	if (to_xapian && o->output == NULL)
		return refuse("--to xapian wants -o DIR");
	if (o->shards != 0 && !to_xapian && !is_xapian(o))
		return refuse(is_export ? "--shards is of --to xapian" : "--shards is of --engine=xapian");
	return true;
}

static bool take_arguments(int argc, char **argv, struct options *o)
{
	bool only_arguments = false;

	for (int i = 2; i < argc; i++) {
		bool is_option = !only_arguments && argv[i][0] == '-' && argv[i][1] != '\0';
		if (is_option && strcmp(argv[i], "--") == 0)
			only_arguments = true;
		else if (!(is_option ? take_option(argc, argv, &i, o) : take_argument(o, argv[i])))
			return false;
	}
	if (o->index == NULL || o->index[0] == '\0') {
		complain("%s wants %s", o->verb->name, o->verb->usage);
		return false;
	}
	if (o->verb->takes_sources && o->sources.n == 0 && o->from == NULL) {
		complain("%s wants a SOURCE: a directory, a file, or -", o->verb->name);
		return false;
	}
	if (o->verb->bit == EXPORT && o->to == NULL) {
		complain("export wants --to jsonl or --to xapian");
		return false;
	}
	if (!check_xapian(o))
		return false;
	if (o->reorder && (o->no_reorder || is_xapian(o))) {
		complain(o->no_reorder ? "--reorder and --no-reorder exclude each other" :
			"--reorder is of bq's own format");
		return false;
	}
	if (o->terms + (o->postings != NULL) + (o->pair != NULL) + (o->doc != NULL) > 1) {
		complain("dump takes one of --terms, --postings, --pair, --doc");
		return false;
	}
	return true;
}

static const struct verb *find_verb(const char *name)
{
	for (unsigned i = 0; i < N_VERBS; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

/* --help and --version, wherever they stand before a `--`. */
static bool answer_general(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			print_help();
			return true;
		}
		if (strcmp(argv[i], "--version") == 0) {
			(void)puts("bqindex " BQ_VERSION);
			return true;
		}
	}
	return false;
}

bool options_parse(int argc, char **argv, struct options *o, int *code)
{
	*o = (struct options){ .progress = "auto", .k1 = NAN, .b = NAN, .memory_bytes = 1ull << 30 };
	*code = EXIT_DONE;
	if (answer_general(argc, argv))
		return false;
	*code = EXIT_FAILED;
	o->verb = argc < 2 ? NULL : find_verb(argv[1]);
	if (o->verb == NULL) {
		complain(argc < 2 ? "%s wants a verb (bqindex --help)" : "no verb %.100s (bqindex --help)",
			argc < 2 ? "bqindex" : argv[1]);
		return false;
	}
	if (o->verb->run == NULL) {
		complain("%s is not built yet", o->verb->name);
		return false;
	}
	if (!take_arguments(argc, argv, o))
		return false;
	raise_memory(o);
	choose_threads(o);
	return true;
}

void options_release(struct options *o)
{
	free(o->sources.items);
	free(o->include.items);
	free(o->exclude.items);
}
