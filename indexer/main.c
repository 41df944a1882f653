/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bqindex: documents in, an index out; and what an index holds.
 */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>

#include <bq/log.h>

#include "options.h"

int main(int argc, char **argv)
{
	struct options o;
	int code;

	bq_log_open("bqindex", BQ_LOG_INFO);
	/* what is large goes back to the system when it is freed: --memory counts on it */
	(void)mallopt(M_MMAP_THRESHOLD, 256 << 10);
	/* a full disk and a closed pipe are errors of a call, not the end of the program */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	if (options_parse(argc, argv, &o, &code))
		code = o.verb->run(&o);
	options_release(&o);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		complain("standard output: cannot write");
		code = EXIT_FAILED;
	}
	return code;
}
