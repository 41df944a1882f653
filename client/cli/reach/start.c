/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * However many clients come first, one daemon starts:
 *
 *   lock SOCKET.lock
 *   connect            another client may have been faster
 *   fork               own session, only /dev/null and SOCKET.log open
 *   connect until it answers, dies, or 5 s have passed
 *   unlock
 *
 * bqd makes its socket appear only once it listens, so a connection is the
 * proof that it is ready.  A pipe that only fork and exec know tells a failed
 * exec from a started program.
 */
#include "cli/reach/start.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/clock.h"
#include "cli/reach/files.h"
#include "cli/reach/places.h"
#include "cli/show/printer.h"

#define READY_MS 5000
#define MAX_LOG  ((size_t)1 << 20)

/* ---- the child --------------------------------------------------------- */

/* In the child: nothing of ours stays with the daemon but what is named here.
 * Sends errno through the pipe if exec fails. */
static _Noreturn void become_daemon(char **args, int log_fd, int report_fd)
{
	int null_fd = open("/dev/null", O_RDWR), report = 3, errnum;
	sigset_t none;

	(void)setsid();
	(void)umask(077);
	(void)signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(log_fd, 1) < 0 || dup2(log_fd, 2) < 0)
		_exit(127);
	if (report_fd != report && dup2(report_fd, report) < 0)
		_exit(127);
	(void)close_range((unsigned)report + 1, ~0u, 0);
	(void)fcntl(report, F_SETFD, FD_CLOEXEC);
	if (chdir("/") == 0)
		execv(args[0], args);
	errnum = errno;
	(void)!write(report, &errnum, sizeof errnum);
	_exit(127);
}

/* Fork and exec; the child's id, or -1 after saying why. */
static pid_t spawn(char **args, int log_fd)
{
	int ends[2], errnum = 0;

	if (pipe2(ends, O_CLOEXEC) != 0) {
		printer_complain("pipe: %s", strerror(errno));
		return -1;
	}
	pid_t pid = fork();
	if (pid == 0)
		become_daemon(args, log_fd, ends[1]);
	close(ends[1]);
	if (pid < 0)
		printer_complain("fork: %s", strerror(errno));
	else if (read(ends[0], &errnum, sizeof errnum) == (ssize_t)sizeof errnum) {
		printer_complain("%s: %s", args[0], strerror(errnum));
		(void)waitpid(pid, NULL, 0);
		pid = -1;
	}
	close(ends[0]);
	return pid;
}

/* ---- waiting ----------------------------------------------------------- */

/* What the daemon said. */
static void repeat_log(const char *log)
{
	char *text = NULL;
	size_t len = 0;

	if (files_read(log, MAX_LOG, &text, &len, NULL) != BQ_OK)
		return;
	for (char *save = NULL, *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
		printer_complain("%s", line);
	free(text);
}

static int try_connect(const struct reach *r, struct bq_client **out, struct bq_error *err)
{
	struct bq_client_opts opts = { READY_MS, bq_span_of(r->token) };

	return bq_client_open(r->address, &opts, out, err);
}

/* Until the daemon `pid` answers; says why if it does not. */
static bool await_ready(const struct reach *r, pid_t pid, const char *log, struct bq_client **out)
{
	int64_t deadline = clock_now_ms() + READY_MS;
	struct timespec pause = { 0, 1000000 };
	struct bq_error err;
	int status;

	while ((status = try_connect(r, out, &err)) == BQ_ENOTFOUND) {
		if (waitpid(pid, NULL, WNOHANG) == pid) {
			printer_complain("bqd could not start; it said:");
			repeat_log(log);
			return false;
		}
		if (clock_now_ms() > deadline) {
			(void)kill(pid, SIGTERM);
			printer_complain("bqd did not get ready within %d s; its log: %s", READY_MS / 1000, log);
			repeat_log(log);
			return false;
		}
		(void)nanosleep(&pause, NULL);
		if (pause.tv_nsec < 16000000)
			pause.tv_nsec *= 2;
	}
	if (status != BQ_OK)
		printer_complain("%s", err.msg);
	return status == BQ_OK;
}

/* ---- all of it, under the lock ----------------------------------------- */

static bool start_locked(const struct reach *r, const char *log, struct bq_client **out)
{
	char program[PATH_MAX];

	if (!places_program("bqd", "daemon", program))
		return false;
	int log_fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (log_fd < 0) {
		printer_complain("%s: %s", log, strerror(errno));
		return false;
	}
	char **args = reach_args(r, program, true);
	pid_t pid = args == NULL ? -1 : spawn(args, log_fd);
	reach_free_args(args);
	close(log_fd);
	return pid > 0 && await_ready(r, pid, log, out);
}

bool start_daemon(const struct reach *r, struct bq_client **out)
{
	char lock[PATH_MAX], log[PATH_MAX];
	struct bq_error err;
	bool ok = false;

	if (!files_format(lock, sizeof lock, "%s.lock", r->address) ||
		!files_format(log, sizeof log, "%s.log", r->address))
		return false;
	int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) != 0) {
		printer_complain("%s: %s", lock, strerror(errno));
	} else {
		int status = try_connect(r, out, &err);
		if (status == BQ_ENOTFOUND)
			ok = start_locked(r, log, out);
		else if (status != BQ_OK)
			printer_complain("%s", err.msg);
		ok = ok || status == BQ_OK;
	}
	if (fd >= 0)
		close(fd);
	return ok;
}
