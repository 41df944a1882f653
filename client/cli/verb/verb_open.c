/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/verb/verb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/reach/files.h"
#include "cli/show/last.h"
#include "cli/show/printer.h"

static const char *choose_editor(void)
{
	const char *visual = getenv("VISUAL"), *editor = getenv("EDITOR");

	if (visual != NULL && visual[0] != '\0')
		return visual;
	return editor != NULL && editor[0] != '\0' ? editor : "vi";
}

/* The editor's words are the user's own, so a shell reads them; place and path
 * are arguments and never seen by it. */
static int run_editor(const char *editor, const char *path, uint64_t line)
{
	char command[1024], place[32];

	snprintf(place, sizeof place, "+%llu", (unsigned long long)line);
	if (!files_format(command, sizeof command, "exec %s \"$@\"", editor)) {
		printer_complain("the editor's command is longer than %zu bytes", sizeof command);
		return 2;
	}
	execl("/bin/sh", "sh", "-c", command, "sh", place, path, (char *)NULL);
	printer_complain("/bin/sh: %s", strerror(errno));
	return 2;
}

int verb_open(const struct cmdline *o)
{
	char *end, *path = NULL;
	uint64_t line, col;
	struct bq_error err;
	int rc = 2;

	errno = 0;
	unsigned long n = strtoul(o->words[0], &end, 10);
	if (o->words[0][0] < '0' || o->words[0][0] > '9' || *end != '\0' || errno != 0)
		return cmdline_misfit(o);
	if (last_get(n, &path, &line, &col, &err) != BQ_OK)
		printer_complain("%s", err.msg);
	else if (path[0] != '/')
		printer_complain("%s is no absolute path", path);
	else
		rc = run_editor(choose_editor(), path, line);
	free(path);
	return rc;
}
