/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/socket_path.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/options.h"

enum { BACKLOG = 128, MAX_PATH = sizeof((struct sockaddr_un *)0)->sun_path - 1 };

/* ---- the directory ----------------------------------------------------- */

/* Make `dir` (0700), and what is above it where nobody chose the place. */
static int make_directory(const char *dir, bool with_parents)
{
	char path[MAX_PATH + 1];

	if (mkdir(dir, 0700) == 0 || errno == EEXIST)
		return 0;
	if (errno != ENOENT || !with_parents || strlen(dir) >= sizeof path)
		return -1;
	memcpy(path, dir, strlen(dir) + 1);
	for (char *p = path + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			return -1;
		*p = '/';
	}
	return mkdir(dir, 0700) == 0 || errno == EEXIST ? 0 : -1;
}

/* Open the socket's directory, which nobody but its owner may rearrange. */
static int open_directory(const struct options *o, int *out, struct bq_error *err)
{
	char copy[MAX_PATH + 1];
	struct stat st;

	memcpy(copy, o->socket_path, strlen(o->socket_path) + 1);
	const char *dir = dirname(copy);
	if (make_directory(dir, o->has_default_socket) != 0)
		return bq_error_set(err, BQ_EIO, 0, "%s: cannot be made: %s", dir, strerror(errno));
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0) {
		int saved = errno;
		if (fd >= 0)
			(void)close(fd);
		return bq_error_set(err, BQ_EIO, 0, "%s: %s", dir, strerror(saved));
	}
	const char *why = NULL;
	if (st.st_uid != geteuid() && st.st_uid != 0)
		why = "belongs to somebody else";
	else if ((st.st_mode & S_IWOTH) != 0 && (st.st_mode & S_ISVTX) == 0)
		why = "may be written by anybody and is not sticky";
	else if (o->has_default_socket && (st.st_mode & 077) != 0)
		why = "must have mode 0700";
	if (why != NULL) {
		(void)close(fd);
		return bq_error_set(err, BQ_EUSAGE, 0, "%s: the socket's directory %s", dir, why);
	}
	*out = fd;
	return BQ_OK;
}

/* ---- the lock ---------------------------------------------------------- */

/* Whether `fd` is still the file of this name: its last owner may have removed
 * it between our open and our lock. */
static bool is_file_at(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* One that starts has no socket yet; one whose socket somebody removed never will
 * again, and no client can stop it. */
static int report_owner(const char *path, int fd, struct bq_error *err)
{
	char pid[24] = "";
	ssize_t n = pread(fd, pid, sizeof pid - 1, 0);

	pid[n < 0 ? 0 : n] = '\0';
	pid[strcspn(pid, "\n")] = '\0';
	if (access(path, F_OK) != 0)
		return bq_error_set(err, BQ_ELOCKED, 0,
			"%s: another daemon serves it (PID %s), and its socket is missing: if that lasts, kill %s", path,
			pid, pid);
	return bq_error_set(err, BQ_ELOCKED, 0, "%s: another daemon serves it (PID %s)", path, pid);
}

static int lock_path(struct socket_path *s, struct bq_error *err)
{
	for (;;) {
		int fd = open(s->pid_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0)
			return bq_error_set(err, BQ_EIO, 0, "%s: %s", s->pid_path, strerror(errno));
		if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
			int rc = report_owner(s->path, fd, err);
			(void)close(fd);
			return rc;
		}
		if (is_file_at(fd, s->pid_path)) {
			s->lock_fd = fd;
			break;
		}
		(void)close(fd);
	}
	if (ftruncate(s->lock_fd, 0) != 0 || dprintf(s->lock_fd, "%ld\n", (long)getpid()) < 0)
		return bq_error_set(err, BQ_EIO, 0, "%s: %s", s->pid_path, strerror(errno));
	return BQ_OK;
}

/* ---- the socket -------------------------------------------------------- */

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	(void)snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
	return a;
}

/* What is at the path must be a socket that nobody answers on, or nothing. */
static int check_stale(const char *path, struct bq_error *err)
{
	struct sockaddr_un a = address_of(path);
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno == ENOENT ? BQ_OK : bq_error_set(err, BQ_EIO, 0, "%s: %s", path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return bq_error_set(err, BQ_EUSAGE, 0, "%s: is there already and is no socket", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return bq_error_set(err, BQ_EIO, 0, "socket: %s", strerror(errno));
	int rc = connect(fd, (const struct sockaddr *)&a, sizeof a), why = errno;
	(void)close(fd);
	if (rc == 0 || why == EAGAIN)
		return bq_error_set(err, BQ_ELOCKED, 0, "%s: another daemon serves it", path);
	if (why != ECONNREFUSED && why != ENOENT)
		return bq_error_set(err, BQ_ELOCKED, 0, "%s: cannot tell whether it is served: %s", path,
			strerror(why));
	return BQ_OK;
}

static int give_to_group(int dir, const char *name, const char *group, struct bq_error *err)
{
	const struct group *g = getgrnam(group);

	if (g == NULL)
		return bq_error_set(err, BQ_EUSAGE, 0, "--socket-group %s: no such group", group);
	if (fchownat(dir, name, (uid_t)-1, g->gr_gid, AT_SYMLINK_NOFOLLOW) != 0)
		return bq_error_set(err, BQ_EUSAGE, 0, "--socket-group %s: %s", group, strerror(errno));
	return BQ_OK;
}

/* Bind under a name of our own in `dir`.  The mode is right from the start:
 * bind() obeys the umask. */
static int bind_temporary(int dir, const char *name, struct bq_error *err)
{
	char path[64];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return bq_error_set(err, BQ_EIO, 0, "socket: %s", strerror(errno));
	(void)unlinkat(dir, name, 0); /* of a daemon with our number that was killed just here */
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d/%s", dir, name);
	struct sockaddr_un a = address_of(path);
	mode_t before = umask(0177);
	int rc = bind(fd, (const struct sockaddr *)&a, sizeof a), why = errno;
	(void)umask(before);
	if (rc == 0)
		return fd;
	(void)close(fd);
	return bq_error_set(err, BQ_EIO, 0, "bind: %s", strerror(why));
}

/* Everything between the bound name and the served path. */
static int publish(struct socket_path *s, const struct options *o, int dir, const char *name, int fd,
	struct bq_error *err)
{
	const char *slash = strrchr(s->path, '/'), *base = slash == NULL ? s->path : slash + 1;
	struct stat st;

	if (o->socket_group != NULL && give_to_group(dir, name, o->socket_group, err) != BQ_OK)
		return err->status;
	if (fchmodat(dir, name, (mode_t)o->socket_mode, 0) != 0 || listen(fd, BACKLOG) != 0 ||
		fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return bq_error_set(err, BQ_EIO, 0, "%s: %s", s->path, strerror(errno));
	int rc = check_stale(s->path, err);
	if (rc != BQ_OK)
		return rc;
	if (renameat(dir, name, dir, base) != 0)
		return bq_error_set(err, BQ_EIO, 0, "%s: %s", s->path, strerror(errno));
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	s->is_bound = true;
	return BQ_OK;
}

static int listen_in(struct socket_path *s, const struct options *o, int dir, int *out, struct bq_error *err)
{
	char name[32];

	int rc = lock_path(s, err);
	if (rc != BQ_OK || (rc = check_stale(s->path, err)) != BQ_OK)
		return rc;
	(void)snprintf(name, sizeof name, ".bqd.%ld", (long)getpid());
	int fd = bind_temporary(dir, name, err);
	if (fd < 0)
		return fd;
	rc = publish(s, o, dir, name, fd, err);
	if (rc != BQ_OK) {
		(void)unlinkat(dir, name, 0);
		(void)close(fd);
		return rc;
	}
	*out = fd;
	return BQ_OK;
}

int socket_path_listen(struct socket_path *s, const struct options *o, int *fd, struct bq_error *err)
{
	struct bq_error why = { 0 };
	size_t len = strlen(o->socket_path);
	int dir;

	if (len > MAX_PATH)
		return bq_error_set(err, BQ_EUSAGE, 0,
			"%.120s..: a socket's path has at most %d bytes, this one has %zu",
			o->socket_path, MAX_PATH, len);
	if (len == 0 || o->socket_path[len - 1] == '/')
		return bq_error_set(err, BQ_EUSAGE, 0, "%s: not the path of a socket", o->socket_path);
	s->path = o->socket_path;
	if (asprintf(&s->pid_path, "%s.pid", s->path) < 0) {
		s->pid_path = NULL;
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory");
	}
	int rc = open_directory(o, &dir, &why);
	if (rc == BQ_OK) {
		rc = listen_in(s, o, dir, fd, &why);
		(void)close(dir);
	}
	if (rc == BQ_OK)
		return rc;
	socket_path_remove(s);
	return bq_error_set(err, rc, 0, "%s", why.msg);
}

void socket_path_remove(struct socket_path *s)
{
	struct stat st;

	if (s->is_bound && lstat(s->path, &st) == 0 && st.st_dev == s->dev && st.st_ino == s->ino)
		(void)unlink(s->path);
	if (s->lock_fd >= 0) { /* under the lock: see is_file_at() */
		(void)unlink(s->pid_path);
		(void)close(s->lock_fd);
	}
	free(s->pid_path);
	*s = (struct socket_path)SOCKET_PATH_INIT;
}
