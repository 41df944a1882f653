/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The verbs of bqbench.  argv[0] is the verb itself; each returns the exit
 * code: 0; 1 if a query was refused or not answered; 2 after saying on standard
 * error what is wrong.
 */
#ifndef BENCH_VERB_H
#define BENCH_VERB_H

int verb_engine(char **argv);
int verb_serve(char **argv);
int verb_floor(char **argv);
int verb_making(char **argv);

#endif
