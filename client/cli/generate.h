/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The manual page and the shells' completions, from the tables of cmdline.h.
 */
#ifndef CLI_GENERATE_H
#define CLI_GENERATE_H

#include <stdbool.h>
#include <stdio.h>

/* Write `what`, one of man, bash, zsh, fish; false if it is none of them. */
bool generate(const char *what, FILE *out);

#endif
