/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The verbs of bqbench.  argv[0] is the verb itself; each returns the exit
 * code: 0; 1 if a query was refused or not answered; 2 after saying on standard
 * error what is wrong.
 */
#ifndef BENCH_VERB_H
#define BENCH_VERB_H

/* Time queries in process, or count what they touch. */
int verb_engine(char **argv);

/* Ask a daemon, or memcached, at a rate or as fast as it answers. */
int verb_serve(char **argv);

/* Time the kernels, and from them the least that each class of queries takes. */
int verb_floor(char **argv);

/* Find and time the dearest phrases of two words that no pair list answers. */
int verb_worst(char **argv);

/* Time the parts of building an index. */
int verb_making(char **argv);

#endif
