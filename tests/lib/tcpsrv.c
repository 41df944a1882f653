/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/tcpsrv.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_MS = 60000, PORTS = 20 };

/* Free a moment ago: another program may be faster than the server. */
static struct sockaddr_in find_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	(void)close(fd);
	return at;
}

static bool listens(const struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool does = connect(fd, (const struct sockaddr *)at, sizeof *at) == 0;

	(void)close(fd);
	return does;
}

static pid_t spawn(const char *database, const char *flag, unsigned port)
{
	char text[16];

	(void)snprintf(text, sizeof text, "%u", port);
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	(void)setsid();
	(void)dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO); /* it logs who leaves */
	(void)execlp("xapian-tcpsrv", "xapian-tcpsrv", "--interface", "127.0.0.1", "--port", text, "--quiet", database,
		flag, (char *)NULL);
	_exit(127);
}

pid_t tcpsrv_start(const char *database, const char *flag, uint16_t *port)
{
	for (int i = 0; i < PORTS; i++) {
		struct sockaddr_in at = find_port();
		pid_t pid = spawn(database, flag, ntohs(at.sin_port));
		bool is_there = true;

		assert_true(pid > 0);
		*port = ntohs(at.sin_port);
		for (int ms = 0; ms < PATIENCE_MS && is_there; ms += 10) {
			if (listens(&at) && waitpid(pid, NULL, WNOHANG) == 0)
				return pid;
			(void)usleep(10000);
			is_there = waitpid(pid, NULL, WNOHANG) == 0;
		}
		if (is_there)
			tcpsrv_end(pid);
	}
	fail_msg("xapian-tcpsrv (package xapian-tools) does not listen");
	return -1;
}

void tcpsrv_end(pid_t group)
{
	(void)kill(-group, SIGKILL);
	assert_int_equal(waitpid(group, NULL, 0), group);
}
