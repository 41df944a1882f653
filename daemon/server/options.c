/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/options.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bq/proto.h>
#include <bq/remote.h>

enum option_kind { KIND_INDEX, KIND_TEXT, KIND_NUMBER, KIND_MODE, KIND_FLAG, KIND_SOCKET, KIND_LOG, KIND_SIZE,
	KIND_ABSENT };

#define FIELD(name) offsetof(struct options, name)

static const struct row {
	const char *flag, *argument;
	enum option_kind kind;
	size_t field;
	unsigned min, max;
	const char *help;
} rows[] = {
	{ "index", "[NAME=]INDEX", KIND_INDEX, 0, 0, 0,
		"serve this index; may repeat (default: what config.ini records)" },
	{ "socket", "PATH", KIND_SOCKET, 0, 0, 0, "listen on this Unix socket" },
	{ "socket-mode", "MODE", KIND_MODE, FIELD(socket_mode), 0, 0777, "its mode, octal (default 0600)" },
	{ "socket-group", "GROUP", KIND_TEXT, FIELD(socket_group), 0, 0, "its group" },
	{ "listen", "HOST:PORT", KIND_TEXT, FIELD(listen), 0, 0, "listen on TCP too; needs --auth-file" },
	{ "auth-file", "FILE", KIND_TEXT, FIELD(auth_file), 0, 0,
		"a file of mode 0600 whose first line is the token for TCP" },
	{ "http", "HOST:PORT", KIND_ABSENT, 0, 0, 0, "a page for browsers (not in this version)" },
	{ "workers", "N", KIND_NUMBER, FIELD(workers), 1, OPTIONS_MAX_WORKERS,
		"threads that answer queries (default: one a core)" },
	{ "max-connections", "N", KIND_NUMBER, FIELD(max_connections), 1, 100000,
		"connections at a time (default 256)" },
	{ "cache", "SIZE", KIND_SIZE, 0, 0, 0, "memory for kept results (this version keeps none)" },
	{ "idle-exit", "SECONDS", KIND_NUMBER, FIELD(idle_exit_seconds), 1, 31536000,
		"exit after so long without a request" },
	{ "stdio", NULL, KIND_FLAG, FIELD(is_stdio), 0, 0, "one connection: standard input and output" },
	{ "systemd", NULL, KIND_FLAG, FIELD(is_systemd), 0, 0, "take the sockets that systemd passes" },
	{ "log", "LEVEL", KIND_LOG, 0, 0, 0, "err, warn, info or debug (default info)" },
	{ "help", NULL, KIND_FLAG, FIELD(wants_help), 0, 0, "print this and exit" },
	{ "version", NULL, KIND_FLAG, FIELD(wants_version), 0, 0, "print the version and exit" },
};

enum { N_ROWS = sizeof rows / sizeof rows[0] };

/* ---- the list of indexes ----------------------------------------------- */

static bool name_is_taken(const struct index_list *list, const char *name)
{
	for (uint32_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return true;
	return false;
}

/* The last part of the real path; a name must not hold commas or controls. */
static char *name_from_dir(const char *dir)
{
	char *real = realpath(dir, NULL);
	const char *path = real == NULL ? dir : real, *slash = strrchr(path, '/');
	char *name = strdup(slash == NULL || slash[1] == '\0' ? path : slash + 1);

	for (char *p = name; p != NULL && *p != '\0'; p++)
		if (*p == ',' || *p == '/' || (unsigned char)*p < 0x21)
			*p = '_';
	free(real);
	return name;
}

/* `name`, or name-2, name-3, ..: the first that is free.  **takes** `name`. */
static char *make_unique(const struct index_list *list, char *name)
{
	char *unique = name;

	for (unsigned i = 2; unique != NULL && name_is_taken(list, unique); i++) {
		if (unique != name)
			free(unique);
		if (asprintf(&unique, "%s-%u", name, i) < 0)
			unique = NULL;
	}
	if (unique != name)
		free(name);
	return unique;
}

/* Behind the `xapian:` there may be, which stays.  Servers are where they are. */
#define XAPIAN_SCHEME "xapian:"

static char *make_absolute(struct bq_span dir)
{
	char cwd[PATH_MAX], *path = NULL;

	if (bq_span_starts(dir, BQ_SPAN(BQ_REMOTE_SCHEME)))
		return strndup(dir.ptr, dir.len);
	int scheme = bq_span_starts(dir, BQ_SPAN(XAPIAN_SCHEME)) ? (int)sizeof XAPIAN_SCHEME - 1 : 0;
	if (dir.ptr[scheme] == '/' || getcwd(cwd, sizeof cwd) == NULL)
		return strndup(dir.ptr, dir.len);
	int n = asprintf(&path, "%.*s%s/%.*s", scheme, dir.ptr, cwd, (int)dir.len - scheme, dir.ptr + scheme);
	return n < 0 ? NULL : path;
}

int index_list_add(struct index_list *list, struct bq_span name, struct bq_span dir, struct bq_error *err)
{
	if (list->n == OPTIONS_MAX_INDEXES)
		return bq_error_set(err, BQ_ELIMIT, 0, "more than %u indexes", OPTIONS_MAX_INDEXES);
	if (dir.len == 0 || dir.len >= PATH_MAX)
		return bq_error_set(err, BQ_EUSAGE, 0, "an index needs a directory");
	for (size_t i = 0; i < name.len; i++)
		if (name.ptr[i] == ',' || (unsigned char)name.ptr[i] < 0x21)
			return bq_error_set(err, BQ_EUSAGE, 0, "an index's name has no blanks or commas");
	struct index_ref *item = &list->items[list->n];
	item->dir = make_absolute(dir);
	item->name = item->dir == NULL ? NULL :
		make_unique(list, name.len == 0 ? name_from_dir(item->dir) : strndup(name.ptr, name.len));
	if (item->name == NULL) {
		free(item->dir);
		item->dir = NULL;
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for the list of indexes");
	}
	list->n++;
	return BQ_OK;
}

void index_list_release(struct index_list *list)
{
	for (uint32_t i = 0; i < list->n; i++) {
		free(list->items[i].name);
		free(list->items[i].dir);
	}
	list->n = 0;
}

/* ---- the command line -------------------------------------------------- */

static int add_index(struct options *o, const char *value, struct bq_error *err)
{
	const char *eq = strchr(value, '='), *slash = strchr(value, '/');
	struct bq_span name = { NULL, 0 }, dir = bq_span_of(value);

	if (eq != NULL && (slash == NULL || eq < slash)) {
		name = bq_span_first(dir, (size_t)(eq - value));
		dir = bq_span_from(dir, name.len + 1);
		if (name.len == 0)
			return bq_error_set(err, BQ_EUSAGE, 0, "--index %s: the name is empty", value);
		for (uint32_t i = 0; i < o->indexes.n; i++)
			if (bq_span_eq(name, bq_span_of(o->indexes.items[i].name)))
				return bq_error_set(err, BQ_EUSAGE, 0, "--index %s: the name is given twice", value);
	}
	o->has_indexes = true;
	return index_list_add(&o->indexes, name, dir, err);
}

static int put_number(void *to, const struct row *row, const char *value, struct bq_error *err)
{
	char *end;
	int base = row->kind == KIND_MODE ? 8 : 10;

	errno = 0;
	unsigned long v = strtoul(value, &end, base);
	if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0 || v < row->min || v > row->max)
		return bq_error_set(err, BQ_EUSAGE, 0, base == 8 ? "--%s %s: an octal mode up to 0777" :
			"--%s %s: a number from %u to %u", row->flag, value, row->min, row->max);
	*(unsigned *)to = (unsigned)v;
	return BQ_OK;
}

/* A size: digits and K, M or G.  Nothing is kept yet, so it is checked only. */
static int check_size(const struct row *row, const char *value, struct bq_error *err)
{
	size_t digits = strspn(value, "0123456789");

	if (digits == 0 || digits > 12 || (value[digits] != '\0' && (strchr("KMG", value[digits]) == NULL ||
		value[digits + 1] != '\0')))
		return bq_error_set(err, BQ_EUSAGE, 0, "--%s %s: a size such as 64M", row->flag, value);
	return BQ_OK;
}

static int apply(struct options *o, const struct row *row, const char *value, struct bq_error *err)
{
	void *to = (char *)o + row->field;
	int level;

	switch (row->kind) {
	case KIND_INDEX: return add_index(o, value, err);
	case KIND_TEXT: *(const char **)to = value; return BQ_OK;
	case KIND_FLAG: *(bool *)to = true; return BQ_OK;
	case KIND_NUMBER:
	case KIND_MODE: return put_number(to, row, value, err);
	case KIND_SIZE: return check_size(row, value, err);
	case KIND_SOCKET:
		free(o->socket_path);
		o->socket_path = strdup(value);
		return o->socket_path == NULL ? bq_error_set(err, BQ_ENOMEM, 0, "no memory") : BQ_OK;
	case KIND_LOG:
		level = bq_log_level_parse(value);
		if (level < 0)
			return bq_error_set(err, BQ_EUSAGE, 0, "--log %s: err, warn, info or debug", value);
		o->log = (enum bq_log_level)level;
		return BQ_OK;
	default: return bq_error_set(err, BQ_EUSAGE, 0, "--%s is not in this version", row->flag);
	}
}

static const struct row *find_row(struct bq_span flag)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (bq_span_eq(flag, bq_span_of(rows[i].flag)))
			return &rows[i];
	return NULL;
}

/* One argument at argv[*i], with its value there or in the next. */
static int read_argument(struct options *o, int argc, char **argv, int *i, struct bq_error *err)
{
	const char *arg = argv[*i], *eq = strchr(arg, '=');
	size_t len = eq == NULL ? strlen(arg) : (size_t)(eq - arg);

	if (len < 3 || arg[0] != '-' || arg[1] != '-')
		return bq_error_set(err, BQ_EUSAGE, 0, "%s: no such argument; bqd --help lists them", arg);
	const struct row *row = find_row(bq_span_make(arg + 2, len - 2));
	if (row == NULL)
		return bq_error_set(err, BQ_EUSAGE, 0, "%s: no such option; bqd --help lists them", arg);
	if (row->argument == NULL)
		return eq == NULL ? apply(o, row, NULL, err) :
			bq_error_set(err, BQ_EUSAGE, 0, "--%s takes no value", row->flag);
	const char *value = eq != NULL ? eq + 1 : *i + 1 < argc ? argv[++*i] : NULL;
	if (value == NULL || *value == '\0')
		return bq_error_set(err, BQ_EUSAGE, 0, "--%s needs a value: %s", row->flag, row->argument);
	return apply(o, row, value, err);
}

/* "$NAME/tail" where the variable is an absolute path, else "$HOME/fallback/tail". */
static char *path_under(const char *variable, const char *fallback, const char *tail)
{
	const char *dir = getenv(variable), *home = getenv("HOME");
	char *path = NULL;
	int n = -1;

	if (dir != NULL && dir[0] == '/')
		n = asprintf(&path, "%s/%s", dir, tail);
	else if (fallback != NULL && home != NULL && home[0] == '/')
		n = asprintf(&path, "%s/%s/%s", home, fallback, tail);
	return n < 0 ? NULL : path;
}

static int choose_socket(struct options *o, struct bq_error *err)
{
	const char *env = getenv("BQ_SOCKET");

	if (o->is_stdio || o->is_systemd || o->socket_path != NULL)
		return BQ_OK;
	if (env != NULL && env[0] != '\0') {
		if (strncmp(env, "tcp:", 4) == 0)
			return bq_error_set(err, BQ_EUSAGE, 0, "BQ_SOCKET=%s: a daemon needs --listen for TCP", env);
		o->socket_path = strdup(env);
	} else {
		o->has_default_socket = true;
		o->socket_path = path_under("XDG_RUNTIME_DIR", NULL, "bq/bqd.sock");
		if (o->socket_path == NULL)
			o->socket_path = path_under("XDG_STATE_HOME", ".local/state", "bq/bqd.sock");
	}
	return o->socket_path != NULL ? BQ_OK :
		bq_error_set(err, BQ_EUSAGE, 0, "no place for a socket: give --socket PATH, or set HOME");
}

void options_init(struct options *o)
{
	memset(o, 0, sizeof *o);
	o->socket_mode = 0600;
	o->max_connections = BQP_MAX_CONNECTIONS;
	o->log = BQ_LOG_INFO;
	o->line_ms = BQP_LINE_SECONDS * 1000;
	o->stall_ms = BQP_STALL_SECONDS * 1000;
	o->drain_ms = 5000;
}

int options_parse(int argc, char **argv, struct options *o, struct bq_error *err)
{
	for (int i = 1; i < argc; i++) {
		int rc = read_argument(o, argc, argv, &i, err);
		if (rc != BQ_OK)
			return rc;
	}
	if (o->wants_help || o->wants_version)
		return BQ_OK;
	if (o->listen != NULL && o->auth_file == NULL)
		return bq_error_set(err, BQ_EUSAGE, 0, "--listen needs --auth-file: TCP tells nobody's name");
	if (o->is_stdio && (o->is_systemd || o->socket_path != NULL || o->listen != NULL))
		return bq_error_set(err, BQ_EUSAGE, 0, "--stdio serves one connection and no socket");
	if (o->is_systemd && o->socket_path != NULL)
		return bq_error_set(err, BQ_EUSAGE, 0, "--systemd and --socket exclude each other");
	o->config_path = path_under("XDG_CONFIG_HOME", ".config", "bq/config.ini");
	return choose_socket(o, err);
}

void options_release(struct options *o)
{
	index_list_release(&o->indexes);
	free(o->config_path);
	free(o->socket_path);
	o->config_path = o->socket_path = NULL;
}

void options_put_help(struct bq_buf *out)
{
	bq_buf_printf(out, "usage: bqd [OPTION]...\nServe indexes to bq and other clients (BQP/1).\n\n");
	for (size_t i = 0; i < N_ROWS; i++) {
		int n = (int)strlen(rows[i].flag) + (rows[i].argument == NULL ? 0 : 1 + (int)strlen(rows[i].argument));
		bq_buf_printf(out, "  --%s%s%s%*s %s\n", rows[i].flag, rows[i].argument == NULL ? "" : " ",
			rows[i].argument == NULL ? "" : rows[i].argument, n < 24 ? 24 - n : 1, "", rows[i].help);
	}
	bq_buf_printf(out, "\nSIGHUP reloads, SIGTERM finishes what is in flight and exits.\n");
}
