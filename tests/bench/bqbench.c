/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bqbench: how fast, and how fast could it be?  See README.md.
 */
#include <stdio.h>
#include <string.h>

#include "bench/args.h"
#include "bench/verb.h"

static const char usage[] =
	"usage: bqbench engine INDEX [--commands TOP_10,COUNT,..] [--runs 10] [--cpu | --cold] [--snippets]\n"
	"                     [--json] < queries\n"
	"       bqbench serve [--socket PATH | --memcached HOST:PORT] [--connections 8] [--rate R | --closed]\n"
	"                     [--seconds 10] [--limit 10] [--json] < queries\n"
	"       bqbench floor INDEX [--json]\n"
	"       bqbench worst INDEX [--runs 5] [--json]\n"
	"       bqbench making FILE [--json]\n"
	"\n"
	"engine  each query in process: median of the runs, bytes touched, floor of each class;\n"
	"        apart from that, with --snippets, what showing its hits takes; with --cold the\n"
	"        index's pages are dropped from memory before each timed query\n"
	"serve   queries against a daemon: an open loop of R requests a second, or a closed one\n"
	"floor   what the kernels cost on this machine, and the floor of each class of queries\n"
	"worst   the dearest phrases of two words that no pair list answers, beside (c_p + c_v) * T\n"
	"making  what the parts of a build cost on this machine, with the text of FILE\n"
	"\n"
	"commands: COUNT TOP_10 TOP_100 TOP_1000 TOP_10_COUNT TOP_100_COUNT\n"
	"A query is a line in the public search benchmark's forms, or {\"query\":\"..\"}.\n";

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(char **argv);
	} verbs[] = { { "engine", verb_engine }, { "serve", verb_serve }, { "floor", verb_floor },
		{ "worst", verb_worst }, { "making", verb_making } };

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		(void)fputs(usage, stdout);
		return 0;
	}
	for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(argv + 1);
	(void)fputs(usage, stderr);
	return 2;
}
