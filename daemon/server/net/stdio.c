/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/stdio.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct stdio {
	int fd; /* our end of the pair */
	pthread_t output;
};

/* One read and its writes; false at the end or when the other side is gone. */
static bool carry(int from, int to)
{
	char bytes[8192];
	ssize_t n = read(from, bytes, sizeof bytes);

	if (n < 0 && errno == EINTR)
		return true;
	for (ssize_t done = 0, w; done < n; done += w) {
		w = write(to, bytes + done, (size_t)(n - done));
		if (w < 0 && errno == EINTR)
			w = 0;
		else if (w <= 0)
			return false;
	}
	return n > 0;
}

/* The end of input is the half-close of the connection.  This thread is never
 * joined: it may sit in read() for ever.  It has a descriptor of its own. */
static void *carry_input(void *arg)
{
	int fd = *(int *)arg;

	free(arg);
	while (carry(STDIN_FILENO, fd))
		;
	(void)shutdown(fd, SHUT_WR);
	(void)close(fd);
	return NULL;
}

static void *carry_output(void *arg)
{
	struct stdio *io = arg;

	while (carry(io->fd, STDOUT_FILENO))
		;
	(void)shutdown(io->fd, SHUT_RDWR); /* nobody reads: that cancels what runs */
	return NULL;
}

static int start(struct stdio *io)
{
	int *copy = malloc(sizeof *copy);
	pthread_t input;

	if (copy == NULL)
		return ENOMEM;
	*copy = dup(io->fd);
	int rc = *copy < 0 ? errno : pthread_create(&io->output, NULL, carry_output, io);
	if (rc != 0) {
		if (*copy >= 0)
			(void)close(*copy);
		free(copy);
		return rc;
	}
	rc = pthread_create(&input, NULL, carry_input, copy);
	if (rc == 0)
		return pthread_detach(input);
	(void)close(*copy);
	free(copy);
	(void)shutdown(io->fd, SHUT_RDWR);
	(void)pthread_join(io->output, NULL);
	return rc;
}

int stdio_open(struct stdio **out, int *fd, struct bq_error *err)
{
	struct stdio *io = calloc(1, sizeof *io);
	int pair[2];
	sigset_t all, before;

	if (io == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		free(io);
		return bq_error_set(err, BQ_EIO, 0, "--stdio: %s", strerror(errno));
	}
	io->fd = pair[1];
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = start(io);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0) {
		(void)close(pair[0]);
		(void)close(pair[1]);
		free(io);
		return bq_error_set(err, BQ_EIO, 0, "--stdio: %s", strerror(rc));
	}
	*fd = pair[0];
	*out = io;
	return BQ_OK;
}

void stdio_join(struct stdio *io)
{
	if (io == NULL)
		return;
	(void)pthread_join(io->output, NULL);
	(void)close(io->fd);
	free(io);
}
