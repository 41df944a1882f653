/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Programs log, libraries return errors: only main.c files, the server and
 * the client's command line may include this.  One line an event, `key=value`
 * pairs, no trailing punctuation; control bytes are escaped on the way out.
 */
#ifndef BQ_LOG_H
#define BQ_LOG_H

enum bq_log_level {
	BQ_LOG_ERR,   /* someone must act */
	BQ_LOG_WARN,  /* degraded */
	BQ_LOG_INFO,  /* lifecycle */
	BQ_LOG_DEBUG, /* per request */
};

/* Write lines up to `level` to standard error, each starting with "NAME: ".
 * `name` is borrowed for the life of the program. */
void bq_log_open(const char *name, enum bq_log_level level);

/* The level named by `word` (err, warn, info, debug), or -1. */
int bq_log_level_parse(const char *word);

/* Write one line, cut at 1 KiB, if `level` is within the open one. */
void bq_log(enum bq_log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
