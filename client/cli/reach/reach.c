/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/reach/reach.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/reach/files.h"
#include "cli/reach/places.h"
#include "cli/reach/start.h"
#include "cli/show/printer.h"

/* FNV-1a, 64 bits: names a socket, guards nothing. */
static uint64_t hash_path(uint64_t h, const char *path)
{
	do {
		h = (h ^ (unsigned char)*path) * 0x100000001b3u;
	} while (*path++ != '\0');
	return h;
}

/* ---- which index ------------------------------------------------------- */

#define XAPIAN_SCHEME "xapian:"
#define REMOTE_SCHEME "xapian+tcp:"

static bool starts(const char *s, const char *with) { return strncmp(s, with, strlen(with)) == 0; }

static bool is_dir_form(const char *index)
{
	return starts(index, XAPIAN_SCHEME) || strchr(index, '/') != NULL || strcmp(index, ".") == 0 ||
		strcmp(index, "..") == 0;
}

/* The real path, behind the `xapian:` there may be; servers are where they are.
 * malloc'd; NULL with errno. */
static char *resolve(const char *dir)
{
	size_t scheme = starts(dir, XAPIAN_SCHEME) ? strlen(XAPIAN_SCHEME) : 0;
	char *real, *whole = NULL;

	if (starts(dir, REMOTE_SCHEME))
		return strdup(dir);
	real = realpath(dir + scheme, NULL);
	if (real == NULL || scheme == 0)
		return real;
	if (asprintf(&whole, XAPIAN_SCHEME "%s", real) < 0)
		whole = NULL;
	free(real);
	return whole;
}

static bool add_dir(struct reach *r, const char *dir)
{
	char *real = resolve(dir);

	if (real == NULL) {
		printer_complain("%s: %s", dir, strerror(errno));
		return false;
	}
	r->dirs[r->n_dirs++] = real;
	return true;
}

static void complain_unrecorded(const struct config *c, const char *name)
{
	printer_complain("no index named %s is recorded%s", name,
		c->n_indexes == 0 ? "; to make one: bq index DIR" : "; recorded:");
	for (size_t i = 0; i < c->n_indexes; i++)
		printer_complain("  %s  %s", c->indexes[i].name, c->indexes[i].path);
}

static bool append_name(struct reach *r, const char *name)
{
	char *longer = NULL;

	if (asprintf(&longer, "%s%s%s", r->names == NULL ? "" : r->names, r->names == NULL ? "" : ",", name) < 0)
		return false;
	free(r->names);
	r->names = longer;
	return true;
}

static bool add_name(struct reach *r, const char *name)
{
	if (r->is_override || config_find(&r->config, name) != NULL)
		return append_name(r, name);
	complain_unrecorded(&r->config, name);
	return false;
}

static bool choose_indexes(struct reach *r, const struct cmdline *o)
{
	r->dirs = calloc(o->n_indexes + 1, sizeof *r->dirs);
	for (size_t i = 0; i < o->n_indexes; i++) {
		if (is_dir_form(o->indexes[i]) != is_dir_form(o->indexes[0])) {
			printer_complain("-i takes recorded names or directories, not both");
			return false;
		}
		if (r->dirs == NULL ||
			!(is_dir_form(o->indexes[i]) ? add_dir(r, o->indexes[i]) : add_name(r, o->indexes[i])))
			return false;
	}
	return true;
}

/* ---- which socket ------------------------------------------------------ */

static bool choose_address(struct reach *r, const struct cmdline *o)
{
	const char *given = o->socket != NULL ? o->socket : getenv("BQ_SOCKET");
	char dir[PATH_MAX];

	r->is_override = given != NULL && given[0] != '\0';
	if (!r->is_override)
		return places_sockets(dir) && files_format(r->address, sizeof r->address, "%s/bqd.sock", dir);
	r->is_tcp = strncmp(given, "tcp:", 4) == 0;
	return files_format(r->address, sizeof r->address, "%s", given);
}

/* Directories have a daemon of their own. */
static bool readdress(struct reach *r)
{
	char *slash = strrchr(r->address, '/');
	uint64_t h = 0xcbf29ce484222325u;

	if (r->is_override || r->n_dirs == 0)
		return true;
	for (size_t i = 0; i < r->n_dirs; i++)
		h = hash_path(h, r->dirs[i]);
	size_t room = sizeof r->address - (size_t)(slash + 1 - r->address);
	return files_format(slash + 1, room, "i-%016llx.sock", (unsigned long long)h);
}

static bool read_config(struct reach *r, const struct cmdline *o)
{
	char file[PATH_MAX];
	struct bq_error err;

	r->wants_config = o->config != NULL || o->no_config;
	if (o->no_config)
		return true;
	if (o->config != NULL && o->verb != VERB_INDEX && access(o->config, F_OK) != 0) {
		printer_complain("%s: %s", o->config, strerror(errno));
		return false;
	}
	if (o->config == NULL && !places_config(file))
		return false;
	if (config_read(o->config != NULL ? o->config : file, &r->config, &err) == BQ_OK)
		return true;
	printer_complain("%s", err.msg);
	return false;
}

static bool read_token(struct reach *r, const char *file)
{
	struct bq_error err;
	size_t len = 0;

	if (file == NULL)
		return true;
	if (files_read(file, 4096, &r->token, &len, &err) != BQ_OK) {
		printer_complain("%s", err.msg);
		return false;
	}
	r->token[strcspn(r->token, "\r\n")] = '\0';
	return true;
}

bool reach_init(struct reach *r, const struct cmdline *o)
{
	memset(r, 0, sizeof *r);
	return read_config(r, o) && read_token(r, o->auth_file) && choose_address(r, o) && choose_indexes(r, o) &&
		readdress(r);
}

void reach_release(struct reach *r)
{
	for (size_t i = 0; i < r->n_dirs; i++)
		free(r->dirs[i]);
	free(r->dirs);
	free(r->names);
	free(r->token);
	config_release(&r->config);
	memset(r, 0, sizeof *r);
}

/* ---- the daemon's arguments -------------------------------------------- */

bool reach_may_start(const struct reach *r, const struct cmdline *o)
{
	const char *env = getenv("BQ_AUTOSTART");

	return !o->no_autostart && !r->is_tcp && (env == NULL || strcmp(env, "0") != 0);
}

/* Append a copy of the string; NULL in the list marks its end also when memory
 * is short, so the list is then just incomplete and bqd says so. */
static void add_arg(char **args, size_t *n, char *owned)
{
	if (owned != NULL)
		args[(*n)++] = owned;
}

char **reach_args(const struct reach *r, const char *program, bool idle_exit)
{
	size_t n = 0, n_recorded = r->n_dirs == 0 && r->wants_config ? r->config.n_indexes : 0;
	char **args = calloc(8 + 2 * (r->n_dirs + n_recorded), sizeof *args);
	char *pair;

	if (args == NULL)
		return NULL;
	add_arg(args, &n, strdup(program));
	add_arg(args, &n, strdup("--socket"));
	add_arg(args, &n, strdup(r->address));
	if (idle_exit) {
		add_arg(args, &n, strdup("--idle-exit"));
		add_arg(args, &n, strdup("1800"));
	}
	for (size_t i = 0; i < r->n_dirs; i++) {
		add_arg(args, &n, strdup("--index"));
		add_arg(args, &n, strdup(r->dirs[i]));
	}
	for (size_t i = 0; i < n_recorded; i++) {
		const struct config_index *x = &r->config.indexes[i];
		add_arg(args, &n, strdup("--index"));
		add_arg(args, &n, asprintf(&pair, "%s=%s", x->name, x->path) < 0 ? NULL : pair);
	}
	return args;
}

void reach_free_args(char **args)
{
	for (size_t i = 0; args != NULL && args[i] != NULL; i++)
		free(args[i]);
	free(args);
}

/* ---- connecting -------------------------------------------------------- */

static int connect_now(struct reach *r, struct bq_client **out, struct bq_error *err)
{
	struct bq_client_opts opts = { 0, bq_span_of(r->token) };

	return bq_client_open(r->address, &opts, out, err);
}

int reach_open_running(struct reach *r, struct bq_client **out)
{
	struct bq_error err;
	int status = connect_now(r, out, &err);

	if (status != BQ_OK && status != BQ_ENOTFOUND)
		printer_complain("%s", err.msg);
	return status;
}

/* The name under which the daemon serves `dir`: added to r->names. */
static bool name_served_dir(struct reach *r, const json_t *indexes, const char *dir)
{
	for (size_t i = 0; i < json_array_size(indexes); i++) {
		const json_t *x = json_array_get(indexes, i);
		const char *name = json_string_value(json_object_get(x, "name"));
		const char *path = json_string_value(json_object_get(x, "dir"));
		char *real = path == NULL ? NULL : resolve(path);
		bool same = real != NULL && strcmp(real, dir) == 0;
		free(real);
		if (same && name != NULL)
			return append_name(r, name);
	}
	printer_complain("the daemon at %s does not serve %s; stop it (bq stop) or start one that does", r->address,
		dir);
	return false;
}

/* Ask for the recorded indexes under the names they are served by: the daemon may
 * have been started with another configuration. */
static bool name_recorded(struct reach *r, const json_t *indexes)
{
	bool ok = true;

	for (size_t i = 0; i < r->config.n_indexes && ok; i++) {
		char *real = resolve(r->config.indexes[i].path);
		ok = name_served_dir(r, indexes, real != NULL ? real : r->config.indexes[i].path);
		free(real);
	}
	return ok;
}

/* A daemon that others started, asked for directories or for what a configuration
 * of the user's choice records: does it serve them? */
static bool check_served(struct reach *r, struct bq_client *c)
{
	bool by_config = r->wants_config && r->n_dirs == 0 && r->names == NULL && r->config.n_indexes > 0;
	struct bq_client_request req = BQ_CLIENT_REQUEST_INIT;
	struct bq_client_reply reply;
	struct bq_error err;
	bool ok = true;

	if (!by_config && (!r->is_override || r->n_dirs == 0))
		return true;
	req.verb = "INDEXES";
	if (bq_client_call(c, &req, 5000, &reply, &err) != BQ_OK) {
		printer_complain("%s", err.msg);
		return false;
	}
	const json_t *indexes = json_object_get(reply.root, "indexes");
	for (size_t i = 0; i < r->n_dirs && ok; i++)
		ok = name_served_dir(r, indexes, r->dirs[i]);
	if (by_config)
		ok = name_recorded(r, indexes);
	bq_client_reply_release(&reply);
	return ok;
}

/* Whether `name` is in the directory, or may be. */
static bool may_have(const char *real, const char *name)
{
	char path[PATH_MAX];

	return !files_format(path, sizeof path, "%s/%s", real, name) || access(path, F_OK) == 0 ||
		(errno != ENOENT && errno != ENOTDIR);
}

/* Whether a directory, named without a scheme, can be an index.  Xapian's, and one
 * that may not be looked into, are left to the daemon's words. */
static bool is_index(const char *real)
{
	static const char *const signs[] = { "MANIFEST", "XAPIANDB", "iamglass", "iamchert", "iamhoney" };

	if (strchr(real, '/') != real)
		return true;
	for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
		if (may_have(real, signs[i]))
			return true;
	return false;
}

/* Nothing listens there: start one, or say why not. */
static bool start(struct reach *r, const struct cmdline *o, struct bq_client **out, const struct bq_error *why)
{
	if (r->n_dirs == 0 && r->config.n_indexes == 0 && !r->is_tcp) {
		if (r->is_override)
			printer_complain("no daemon at %s, and no index is recorded; to make one: bq index DIR",
				r->address);
		else
			printer_complain("nothing is indexed yet; to index a directory: bq index DIR");
		return false;
	}
	for (size_t i = 0; i < r->n_dirs; i++) {
		if (!is_index(r->dirs[i])) {
			printer_complain("%s is no index (no MANIFEST); to index a directory: bq index DIR", r->dirs[i]);
			return false;
		}
	}
	if (!reach_may_start(r, o)) {
		printer_complain("no daemon: %s", why->msg);
		return false;
	}
	return start_daemon(r, out);
}

bool reach_open(struct reach *r, const struct cmdline *o, struct bq_client **out)
{
	struct bq_error err;
	int status = connect_now(r, out, &err);

	if (status == BQ_ENOTFOUND && !start(r, o, out, &err))
		return false;
	if (status != BQ_OK && status != BQ_ENOTFOUND) {
		printer_complain("%s", err.msg);
		return false;
	}
	if (check_served(r, *out))
		return true;
	bq_client_close(*out);
	*out = NULL;
	return false;
}
