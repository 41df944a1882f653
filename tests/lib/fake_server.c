/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/fake_server.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static bool send_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

static bool send_line(int fd, const char *text)
{
	return send_all(fd, text, strlen(text)) && send_all(fd, "\n", 1);
}

/* A request line, byte by byte: the test's speed does not matter. */
static bool read_line(int fd, char *buf, size_t cap)
{
	size_t n = 0;
	char c;

	while (n + 1 < cap && recv(fd, &c, 1, 0) == 1 && c != '\n')
		buf[n++] = c;
	buf[n] = '\0';
	return n > 0;
}

static bool expect(int fd, const char *text)
{
	static char line[70000];

	if (!read_line(fd, line, sizeof line))
		return false;
	if (strstr(line, text) != NULL)
		return true;
	fprintf(stderr, "fake_server: wanted \"%s\" in: %s\n", text, line);
	(void)send_line(fd, "* BYE {\"code\":\"bad_request\",\"msg\":\"not what the script expects\"}");
	return false;
}

static bool fill(int fd, size_t n)
{
	char xs[4096];

	memset(xs, 'x', sizeof xs);
	for (; n > 0; n -= n < sizeof xs ? n : sizeof xs) {
		if (!send_all(fd, xs, n < sizeof xs ? n : sizeof xs))
			return false;
	}
	return true;
}

static bool pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	return nanosleep(&t, NULL) == 0;
}

static bool play_step(int fd, const char *step)
{
	char drop[256];

	if (strncmp(step, ">> ", 3) == 0)
		return send_all(fd, step + 3, strlen(step + 3));
	if (strncmp(step, "> ", 2) == 0)
		return send_line(fd, step + 2);
	if (step[0] == '<')
		return expect(fd, step[1] == ' ' ? step + 2 : "");
	if (strncmp(step, "fill ", 5) == 0)
		return fill(fd, strtoul(step + 5, NULL, 10));
	if (strncmp(step, "sleep ", 6) == 0)
		return pause_ms(strtol(step + 6, NULL, 10));
	if (strncmp(step, "flood ", 6) == 0) {
		while (send_line(fd, step + 6))
			continue;
		return false;
	}
	if (strcmp(step, "eof") == 0) {
		while (recv(fd, drop, sizeof drop, 0) > 0)
			continue;
		return true;
	}
	return false; /* "close" */
}

static _Noreturn void serve(int listener, const char *const *steps)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		if (fd < 0)
			_exit(1);
		for (size_t i = 0; steps[i] != NULL && play_step(fd, steps[i]); i++)
			continue;
		/* A hard close could drop what was sent: wait for the other side a little. */
		char drop[256];
		struct timeval brief = { 0, 300000 };
		(void)shutdown(fd, SHUT_WR);
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &brief, sizeof brief);
		while (recv(fd, drop, sizeof drop, 0) > 0)
			continue;
		close(fd);
	}
}

void fake_server_start(struct fake_server *s, const char *path, const char *const *steps)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof addr.sun_path || strlen(path) >= sizeof s->path) {
		fprintf(stderr, "fake_server: path too long: %s\n", path);
		exit(1);
	}
	strcpy(addr.sun_path, path);
	strcpy(s->path, path);
	(void)unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof addr) != 0 || listen(fd, 8) != 0)
		fail(path);
	(void)fflush(NULL);
	s->pid = fork();
	if (s->pid < 0)
		fail("fork");
	if (s->pid == 0)
		serve(fd, steps);
	close(fd);
}

void fake_server_stop(struct fake_server *s)
{
	(void)kill(s->pid, SIGKILL);
	(void)waitpid(s->pid, NULL, 0);
	(void)unlink(s->path);
}
