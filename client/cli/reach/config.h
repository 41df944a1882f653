/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The configuration file: which indexes are recorded.
 *
 *   [index.notes]
 *   path = /home/me/.local/share/bq/notes
 *   source = /home/me/notes
 *   source = /home/me/journal
 */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include <bq/status.h>

#define CONFIG_MAX_INDEXES 256
#define CONFIG_MAX_SOURCES 256 /* of one index */
#define CONFIG_MAX_NAME    64  /* bytes of a name */

struct config_index {
	char *name, *path;
	char **sources;
	size_t n_sources;
};

/* **owned**: release with config_release(). */
struct config {
	struct config_index *indexes;
	size_t n_indexes;
};

/* Read `file`; one that does not exist is empty.  BQ_EFORMAT with the line,
 * BQ_ELIMIT, BQ_EIO. */
int config_read(const char *file, struct config *out, struct bq_error *err);

/* Give everything back; leaves it empty. */
void config_release(struct config *c);

/* The index of that name, or NULL; **borrowed** from `c`. */
const struct config_index *config_find(const struct config *c, const char *name);

/* Put `index` into `file` in place of a section of the same name, leaving
 * everything else as it is: written beside it, synced, renamed.  Creates the
 * file (0600) and its directory (0700).  BQ_EUSAGE for a path that the file
 * cannot hold. */
int config_record(const char *file, const struct config_index *index, struct bq_error *err);

/* A name for an index of `path`: its last part, bytes that would mean something
 * in a list or section as '-'. */
void config_name_of(const char *path, char out[CONFIG_MAX_NAME + 1]);

/* Whether a name may stand in a section, an @index list and NAME=PATH. */
bool config_name_check(const char *name);

#endif
