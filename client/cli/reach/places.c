/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/reach/places.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/reach/files.h"
#include "cli/show/printer.h"

static bool fail_long(void)
{
	printer_complain("a path is longer than %d bytes", PATH_MAX - 1);
	return false;
}

/* The user's home, or NULL. */
static const char *home(void)
{
	const char *h = getenv("HOME");
	const struct passwd *pw = h != NULL && h[0] == '/' ? NULL : getpwuid(geteuid());

	if (h != NULL && h[0] == '/')
		return h;
	return pw == NULL ? NULL : pw->pw_dir;
}

/* $VAR, else ~/fallback, with "/bq" and `tail` behind it.  The rules say that a
 * relative path in the variable counts as none. */
static bool under(const char *var, const char *fallback, const char *tail, char out[PATH_MAX])
{
	const char *base = getenv(var);

	if (base != NULL && base[0] == '/')
		return files_format(out, PATH_MAX, "%s/bq%s", base, tail) || fail_long();
	base = home();
	if (base == NULL) {
		printer_complain("neither $%s nor $HOME is set", var);
		return false;
	}
	return files_format(out, PATH_MAX, "%s/%s/bq%s", base, fallback, tail) || fail_long();
}

bool places_config(char out[PATH_MAX]) { return under("XDG_CONFIG_HOME", ".config", "/config.ini", out); }
bool places_indexes(char out[PATH_MAX]) { return under("XDG_DATA_HOME", ".local/share", "", out); }

bool places_state(char out[PATH_MAX])
{
	struct bq_error err;

	if (!under("XDG_STATE_HOME", ".local/state", "", out))
		return false;
	if (files_make_dirs(out, &err) != BQ_OK) {
		printer_complain("%s", err.msg);
		return false;
	}
	if (!files_is_private_dir(out)) {
		printer_complain("%s must be a directory of yours that nobody else can enter: chmod 700 it", out);
		return false;
	}
	return true;
}

/* $XDG_RUNTIME_DIR/bq if the system gave us one of our own, where nobody else
 * can put things. */
static bool runtime_dir(char out[PATH_MAX])
{
	const char *base = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (base == NULL || base[0] != '/' || stat(base, &st) != 0)
		return false;
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022) != 0)
		return false;
	if (!files_format(out, PATH_MAX, "%s/bq", base))
		return false;
	if (mkdir(out, 0700) != 0 && errno != EEXIST)
		return false;
	return files_is_private_dir(out);
}

bool places_sockets(char out[PATH_MAX]) { return runtime_dir(out) || places_state(out); }

/* ---- programs ---------------------------------------------------------- */

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* DIR/name, where DIR may be followed by `between`. */
static bool try_dir(const char *dir, size_t len, const char *between, const char *name, char out[PATH_MAX])
{
	return len > 0 && files_format(out, PATH_MAX, "%.*s%s/%s", (int)len, dir, between, name) && is_program(out);
}

static bool beside_us(const char *name, const char *room, char out[PATH_MAX])
{
	char self[PATH_MAX], between[64];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	if (n <= 0)
		return false;
	self[n] = '\0';
	const char *slash = strrchr(self, '/');
	if (slash == NULL || !files_format(between, sizeof between, "/../%s", room))
		return false;
	return try_dir(self, (size_t)(slash - self), "", name, out) ||
		try_dir(self, (size_t)(slash - self), between, name, out);
}

static bool in_path(const char *name, char out[PATH_MAX])
{
	const char *path = getenv("PATH");

	while (path != NULL) {
		size_t n = strcspn(path, ":");
		if (path[0] == '/' && try_dir(path, n, "", name, out))
			return true;
		path = path[n] == ':' ? path + n + 1 : NULL;
	}
	return false;
}

bool places_program(const char *name, const char *room, char out[PATH_MAX])
{
	if (beside_us(name, room, out) || try_dir(BQ_BINDIR, strlen(BQ_BINDIR), "", name, out) || in_path(name, out))
		return true;
	printer_complain("%s is neither beside bq nor in %s nor in PATH", name, BQ_BINDIR);
	return false;
}

/* ---- showing ----------------------------------------------------------- */

const char *places_shown(const char *absolute)
{
	static char cwd[PATH_MAX];
	static size_t len;

	if (len == 0) {
		if (getcwd(cwd, sizeof cwd) == NULL || cwd[0] != '/')
			strcpy(cwd, "/");
		len = strlen(cwd);
	}
	if (len == 1 || strncmp(absolute, cwd, len) != 0 || absolute[len] != '/' || absolute[len + 1] == '\0' ||
		absolute[len + 1] == '-')
		return absolute;
	return absolute + len + 1;
}
