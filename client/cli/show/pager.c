/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/show/pager.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t pager;

/* None at a terminal that cannot do what pagers do: less would wait for a key
 * there, in an editor's window where there is none. */
static const char *choose(void)
{
	const char *own = getenv("BQ_PAGER"), *any = getenv("PAGER"), *term = getenv("TERM");
	bool is_dumb = term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0;

	if (own != NULL)
		return own;
	return is_dumb ? "" : any != NULL ? any : "less";
}

/* The pager's words are the user's own, so a shell reads them. */
static _Noreturn void become_pager(const char *command, int from)
{
	(void)setenv("LESS", "FIRX", 0);
	if (dup2(from, 0) == 0)
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

/* Whether the first word of `command` can be run at all: a pager that is not
 * installed must not swallow the answer. */
static int is_found(const char *command)
{
	char word[256], line[512];
	size_t n = strcspn(command, " \t");

	if (n == 0 || n >= sizeof word)
		return 0;
	memcpy(word, command, n);
	word[n] = '\0';
	if (strchr(word, '/') != NULL)
		return access(word, X_OK) == 0;
	for (const char *dir = getenv("PATH"); dir != NULL; dir = strchr(dir, ':')) {
		dir += *dir == ':';
		snprintf(line, sizeof line, "%.*s/%s", (int)strcspn(dir, ":"), dir, word);
		if (access(line, X_OK) == 0)
			return 1;
	}
	return 0;
}

void pager_start(void)
{
	const char *command = choose();
	int ends[2];

	if (strcmp(command, "cat") == 0 || !is_found(command) || pipe(ends) != 0)
		return;
	(void)fflush(stdout);
	pager = fork();
	if (pager == 0) {
		close(ends[1]);
		become_pager(command, ends[0]);
	}
	close(ends[0]);
	if (pager < 0 || dup2(ends[1], 1) != 1)
		pager = 0;
	close(ends[1]);
}

void pager_finish(void)
{
	if (pager <= 0)
		return;
	/* The pager owns the keyboard: an interrupt is meant for it. */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	(void)fflush(stdout);
	(void)dup2(null, STDOUT_FILENO);
	close(null);
	(void)waitpid(pager, NULL, 0);
	pager = 0;
}
