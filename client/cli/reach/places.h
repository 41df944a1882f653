/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where things are: directories after the XDG base directory rules, sockets,
 * and the other programs of bq.  Every function says on standard error what is
 * wrong and returns false then.
 */
#ifndef CLI_PLACES_H
#define CLI_PLACES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* $XDG_CONFIG_HOME/bq/config.ini */
bool places_config(char out[PATH_MAX]);

/* $XDG_DATA_HOME/bq */
bool places_indexes(char out[PATH_MAX]);

/* $XDG_STATE_HOME/bq, made 0700 and checked to be ours and closed to others. */
bool places_state(char out[PATH_MAX]);

/* The directory of the daemon's sockets: $XDG_RUNTIME_DIR/bq, or the state
 * directory where that is not ours; never /tmp by itself. */
bool places_sockets(char out[PATH_MAX]);

/* The program `name` (bqd, bqindex): beside our own real path, in
 * ../ROOM, in the installed bindir, in PATH. */
bool places_program(const char *name, const char *room, char out[PATH_MAX]);

/* The path as printed: relative to the working directory when below it.
 * **borrowed** from `absolute`. */
const char *places_shown(const char *absolute);

#endif
