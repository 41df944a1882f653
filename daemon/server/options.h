/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the daemon was told: command line, environment, config file.
 */
#ifndef SERVER_OPTIONS_H
#define SERVER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/buf.h>
#include <bq/log.h>
#include <bq/span.h>
#include <bq/status.h>

#define OPTIONS_MAX_INDEXES 64u
#define OPTIONS_MAX_WORKERS 256u

/* Names and directories, each **owned**. */
struct index_list {
	struct index_ref {
		char *name, *dir;
	} items[OPTIONS_MAX_INDEXES];
	uint32_t n;
};

struct options {
	struct index_list indexes;  /* of --index */
	bool has_indexes;           /* one was given: the config file is not read */
	char *config_path;          /* NULL: no home to look in */
	char *socket_path;          /* NULL with --stdio or --systemd */
	bool has_default_socket;    /* nobody chose it: its directory may be made */
	unsigned socket_mode;       /* 0600 */
	const char *socket_group;   /* NULL: none; **borrowed** from argv, as are the next two */
	const char *listen;         /* HOST:PORT or NULL */
	const char *auth_file;
	unsigned workers;           /* 0: one a core */
	unsigned max_connections;
	unsigned idle_exit_seconds; /* 0: never */
	bool is_stdio, is_systemd;
	bool wants_help, wants_version;
	enum bq_log_level log;
	unsigned line_ms, stall_ms, drain_ms; /* not settable: shorter in tests */
};

/* Defaults of everything, before any argument. */
void options_init(struct options *o);

/* Free the indexes and paths; options that are only initialised have none. */
void options_release(struct options *o);

/* Read the command line and the environment.  BQ_EUSAGE with the reason. */
int options_parse(int argc, char **argv, struct options *o, struct bq_error *err);

/* What --help prints. */
void options_put_help(struct bq_buf *out);

/* Add an index: a relative `dir` becomes absolute, a name that is taken gets a
 * suffix, an empty one is made from the directory's.  BQ_EUSAGE, BQ_ELIMIT,
 * BQ_ENOMEM. */
int index_list_add(struct index_list *list, struct bq_span name, struct bq_span dir, struct bq_error *err);

/* Free the names and paths; the list is empty again. */
void index_list_release(struct index_list *list);

/* Add what the config file records: each [index.NAME] with its `path`.  A
 * missing file is an empty one.  BQ_EFORMAT with the line, BQ_EIO. */
int options_read_config(const char *path, struct index_list *list, struct bq_error *err);

#endif
