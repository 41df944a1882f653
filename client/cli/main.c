/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bq: search your documents from the command line.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <bq/proto.h>

#include "cli/cmdline.h"
#include "cli/generate.h"
#include "cli/show/printer.h"
#include "cli/verb/verb.h"

static int run_search(const struct cmdline *o)
{
	if (o->n_words == 0 && o->raw == NULL) {
		cmdline_help(stderr);
		return 2;
	}
	return o->explain ? verb_explain(o) : verb_search(o);
}

static int run(const struct cmdline *o)
{
	static int (*const verbs[VERB_COUNT])(const struct cmdline *) = {
		[VERB_SEARCH] = run_search,
		[VERB_INDEX] = verb_index,
		[VERB_STATUS] = verb_status,
		[VERB_DOCTOR] = verb_doctor,
		[VERB_SUGGEST] = verb_suggest,
		[VERB_EXPLAIN] = verb_explain,
		[VERB_OPEN] = verb_open,
		[VERB_BATCH] = verb_batch,
		[VERB_BENCH_SERVE] = verb_bench_serve,
		[VERB_SERVE] = verb_serve,
		[VERB_STOP] = verb_stop,
	};

	if (o->show_help) {
		cmdline_help(stdout);
		return 0;
	}
	if (o->show_version) {
		printf("bq %s (BQP/%d)\n", BQ_VERSION_STRING, BQP_VERSION);
		return 0;
	}
	if (o->generate != NULL)
		return generate(o->generate, stdout) ? 0 : 2;
	return verbs[o->verb](o);
}

int main(int argc, char **argv)
{
	struct cmdline o;
	int rc;

	/* A reader that has seen enough ends us quietly, whatever our parent does with the signal. */
	(void)signal(SIGPIPE, SIG_DFL);
	rc = cmdline_parse(argc, argv, &o);
	if (rc == 0)
		rc = run(&o);
	cmdline_release(&o);
	/* Results that did not get out are an error: a full disk must not look like success. */
	if (fflush(stdout) != 0 || ferror(stdout) != 0) {
		printer_complain("writing the results: %s", strerror(errno));
		rc = 2;
	}
	return rc;
}
