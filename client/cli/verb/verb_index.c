/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bq index DIR...: bqindex builds, the configuration records, the daemon
 * reloads.
 */
#include "cli/verb/verb.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/reach/config.h"
#include "cli/reach/files.h"
#include "cli/reach/places.h"
#include "cli/reach/reach.h"
#include "cli/show/printer.h"

struct plan {
	char name[CONFIG_MAX_NAME + 1];
	char path[PATH_MAX];
	char *sources[CONFIG_MAX_SOURCES]; /* real paths */
	size_t n_sources;
};

/* A directory named twice is one: not another index, whose hits would come twice.
 * **takes** ownership of the path. */
static void add_source(struct plan *p, char *real)
{
	for (size_t i = 0; i < p->n_sources; i++) {
		if (strcmp(p->sources[i], real) == 0) {
			free(real);
			return;
		}
	}
	p->sources[p->n_sources++] = real;
}

static bool find_sources(const struct cmdline *o, struct plan *p)
{
	if (o->n_words > CONFIG_MAX_SOURCES) {
		printer_complain("more than %d directories in one index", CONFIG_MAX_SOURCES);
		return false;
	}
	for (size_t i = 0; i < o->n_words; i++) {
		char *real = realpath(o->words[i], NULL);
		if (real == NULL) {
			printer_complain("%s: %s", o->words[i], strerror(errno));
			(void)cmdline_misfit(o);
			return false;
		}
		add_source(p, real);
	}
	return true;
}

/* ---- names ------------------------------------------------------------- */

static bool has_sources(const struct config_index *x, const struct plan *p)
{
	if (x->n_sources != p->n_sources)
		return false;
	for (size_t i = 0; i < p->n_sources; i++) {
		if (strcmp(x->sources[i], p->sources[i]) != 0)
			return false;
	}
	return true;
}

static bool take_recorded(const struct config_index *x, struct plan *p)
{
	return files_format(p->name, sizeof p->name, "%s", x->name) &&
		files_format(p->path, sizeof p->path, "%s", x->path);
}

/* Whether a directory holds an index that our configuration does not know:
 * another's, not to be written over. */
static bool holds_index(const char *dir)
{
	char manifest[PATH_MAX];

	return files_format(manifest, sizeof manifest, "%s/MANIFEST", dir) && access(manifest, F_OK) == 0;
}

/* The name with a suffix if it is taken, and its path. */
static bool take_free(const struct config *c, struct plan *p, const char *wanted)
{
	char dir[PATH_MAX];

	if (!places_indexes(dir))
		return false;
	for (unsigned i = 1; i < 1000; i++) {
		char suffix[8] = "";
		if (i > 1)
			snprintf(suffix, sizeof suffix, "-%u", i);
		if (!files_format(p->name, sizeof p->name, "%s%s", wanted, suffix) ||
			!files_format(p->path, sizeof p->path, "%s/%s", dir, p->name))
			break;
		if (config_find(c, p->name) == NULL && !holds_index(p->path))
			return true;
	}
	printer_complain("no name is free for %s; give one: bq index -i NAME DIR", wanted);
	return false;
}

/* -i NAME decides; else the index that has these sources; else a new one named
 * after the first. */
static bool choose_name(const struct cmdline *o, const struct config *c, struct plan *p)
{
	char name[CONFIG_MAX_NAME + 1];
	const struct config_index *x = o->n_indexes == 0 ? NULL : config_find(c, o->indexes[0]);

	if (o->n_indexes > 1 || (o->n_indexes == 1 && !config_name_check(o->indexes[0]))) {
		printer_complain("bq index takes one -i NAME, a plain name of up to %d bytes", CONFIG_MAX_NAME);
		return false;
	}
	for (size_t i = 0; o->n_indexes == 0 && x == NULL && i < c->n_indexes; i++)
		x = has_sources(&c->indexes[i], p) ? &c->indexes[i] : NULL;
	if (x != NULL)
		return take_recorded(x, p);
	if (o->n_indexes == 0)
		config_name_of(p->sources[0], name);
	return take_free(c, p, o->n_indexes == 0 ? name : o->indexes[0]);
}

/* ---- building ---------------------------------------------------------- */

/* Run bqindex with our standard streams; its exit status, 2 if it did not end
 * by itself. */
static int run_bqindex(struct plan *p)
{
	char program[PATH_MAX];
	char *args[CONFIG_MAX_SOURCES + 5];
	char verb[] = "update", out[] = "-o";
	int ended = 0;

	if (!places_program("bqindex", "indexer", program))
		return 2;
	size_t n = 0;
	args[n++] = program;
	args[n++] = verb;
	args[n++] = out;
	args[n++] = p->path;
	memcpy(args + n, p->sources, p->n_sources * sizeof *args);
	args[n + p->n_sources] = NULL;
	pid_t pid = fork();
	if (pid == 0) {
		execv(program, args);
		_exit(127);
	}
	/* An interrupt is for bqindex, which leaves the old generation as it was; we report. */
	(void)signal(SIGINT, SIG_IGN);
	while (pid > 0 && waitpid(pid, &ended, 0) < 0 && errno == EINTR)
		continue;
	(void)signal(SIGINT, SIG_DFL);
	if (pid < 0 || !WIFEXITED(ended) || WEXITSTATUS(ended) == 127) {
		printer_complain("%s did not run to its end", program);
		return 2;
	}
	return WEXITSTATUS(ended);
}

static int build(struct plan *p)
{
	char *slash = strrchr(p->path, '/');
	struct bq_error err;
	int status = BQ_OK;

	*slash = '\0'; /* bqindex makes the last directory itself */
	if (p->path[0] != '\0')
		status = files_make_dirs(p->path, &err);
	*slash = '/';
	if (status == BQ_OK)
		return run_bqindex(p);
	printer_complain("%s", err.msg);
	return 2;
}

/* ---- recording --------------------------------------------------------- */

static bool record(const struct cmdline *o, struct plan *p)
{
	struct config_index x = { p->name, p->path, p->sources, p->n_sources };
	char file[PATH_MAX];
	struct bq_error err;

	if (o->no_config)
		return true;
	if (o->config == NULL && !places_config(file))
		return false;
	if (config_record(o->config != NULL ? o->config : file, &x, &err) == BQ_OK)
		return true;
	printer_complain("%s", err.msg);
	return false;
}

/* A daemon that runs learns of it now; without one there is nothing to say. */
static bool reload(struct reach *r)
{
	struct bq_client_request req = BQ_CLIENT_REQUEST_INIT;
	struct bq_client_reply reply = { .id = "" };
	struct bq_client *c = NULL;
	struct bq_error err;
	int status = reach_open_running(r, &c);

	if (status != BQ_OK)
		return status == BQ_ENOTFOUND;
	req.verb = "RELOAD";
	status = bq_client_call(c, &req, 60000, &reply, &err);
	if (status == BQ_OK && reply.kind == BQ_REPLY_ERR)
		status = bq_error_set(&err, BQ_EIO, 0, "%.*s", (int)reply.as.failure.msg.len, reply.as.failure.msg.ptr);
	if (status != BQ_OK)
		printer_complain("the daemon at %s did not reload: %s", r->address, err.msg);
	bq_client_reply_release(&reply);
	bq_client_close(c);
	return status == BQ_OK;
}

static int index_plan(const struct cmdline *o, struct reach *r, struct plan *p)
{
	int rc;

	if (!find_sources(o, p) || !choose_name(o, &r->config, p))
		return 2;
	rc = build(p);
	if (rc > 1)
		return 2;
	if (!record(o, p) || !reload(r))
		return 2;
	printer_complain("%s is indexed as %s; to search it alone: bq -i %s WORD...", p->sources[0], p->name, p->name);
	return rc;
}

int verb_index(const struct cmdline *o)
{
	struct cmdline all = *o;
	struct plan *p = calloc(1, sizeof *p);
	struct reach r;
	int rc = 2;

	/* -i names what is made here, not whom to ask. */
	all.n_indexes = 0;
	if (p == NULL)
		printer_complain("no memory");
	else if (reach_init(&r, &all))
		rc = index_plan(o, &r, p);
	if (p != NULL)
		reach_release(&r);
	for (size_t i = 0; p != NULL && i < p->n_sources; i++)
		free(p->sources[i]);
	free(p);
	return rc;
}
