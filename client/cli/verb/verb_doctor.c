/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/verb/verb.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "cli/reach/files.h"
#include "cli/reach/places.h"
#include "cli/reach/reach.h"
#include "cli/show/printer.h"

/* One line of the report, with the reason if there is one; a bad one counts. */
static void report_why(unsigned *n_bad, bool ok, const char *what, const char *about, const char *why)
{
	struct printer p = { .out = stdout };

	printer_format(&p, PRINTER_PLAIN, "%-4s %s %s%s%s", ok ? "ok" : "BAD", what, about, why == NULL ? "" : ": ",
		why == NULL ? "" : why);
	printer_newline(&p);
	*n_bad += !ok;
}

static void report(unsigned *n_bad, bool ok, const char *what, const char *about)
{
	report_why(n_bad, ok, what, about, NULL);
}

static void check_programs(unsigned *n_bad)
{
	char path[PATH_MAX] = "";

	report(n_bad, places_program("bqd", "daemon", path), "daemon", path);
	path[0] = '\0';
	report(n_bad, places_program("bqindex", "indexer", path), "indexer", path);
}

/* Whether what is recorded is there, as far as can be told from here. */
static bool is_there(const char *index)
{
	static const char xapian[] = "xapian:", remote[] = "xapian+tcp:";
	char manifest[PATH_MAX];

	if (strncmp(index, remote, strlen(remote)) == 0)
		return true;
	if (strncmp(index, xapian, strlen(xapian)) == 0)
		return access(index + strlen(xapian), R_OK) == 0;
	return files_format(manifest, sizeof manifest, "%s/MANIFEST", index) && access(manifest, R_OK) == 0;
}

/* A path that must be readable; `ok` with errno says whether. */
static void report_path(unsigned *n_bad, bool ok, const char *what, const char *path)
{
	report_why(n_bad, ok, what, path, ok ? NULL : strerror(errno));
}

static void check_indexes(unsigned *n_bad, const struct config *c)
{
	for (size_t i = 0; i < c->n_indexes; i++) {
		const struct config_index *x = &c->indexes[i];
		report_path(n_bad, is_there(x->path), "index", x->path);
		for (size_t k = 0; k < x->n_sources; k++)
			report_path(n_bad, access(x->sources[k], R_OK) == 0, "source", x->sources[k]);
	}
	if (c->n_indexes == 0)
		report(n_bad, true, "index", "none is recorded yet: bq index DIR");
}

/* What the daemon cannot open, or found damaged. */
static void check_served(unsigned *n_bad, struct bq_client *c)
{
	struct bq_client_request req = BQ_CLIENT_REQUEST_INIT;
	struct bq_client_reply reply;
	struct bq_error err;

	req.verb = "INDEXES";
	if (bq_client_call(c, &req, 5000, &reply, &err) != BQ_OK) {
		report(n_bad, false, "daemon:", err.msg);
		return;
	}
	const json_t *indexes = json_object_get(reply.root, "indexes");
	for (size_t i = 0; i < json_array_size(indexes); i++) {
		const json_t *x = json_array_get(indexes, i);
		const char *why = json_string_value(json_object_get(x, "error"));
		const char *sums = json_string_value(json_object_get(x, "sums"));
		const char *dir = json_string_value(json_object_get(x, "dir"));
		if (why == NULL && sums != NULL && strncmp(sums, "damaged", strlen("damaged")) == 0)
			why = sums;
		if (why != NULL)
			report_why(n_bad, false, "served", dir == NULL ? "" : dir, why);
	}
	bq_client_reply_release(&reply);
}

static void check_daemon(unsigned *n_bad, struct reach *r)
{
	struct bq_client *c = NULL;
	char about[PATH_MAX + 64];
	int status = reach_open_running(r, &c);

	if (status == BQ_ENOTFOUND) {
		report(n_bad, true, "no daemon runs at", r->address);
		return;
	}
	if (status == BQ_OK) {
		struct bq_span v = bq_client_server_version(c);
		bool same = bq_span_eq(v, BQ_SPAN(BQ_VERSION_STRING));
		(void)files_format(about, sizeof about, "%s, version %.*s%s", r->address, (int)v.len, v.ptr,
			same ? "" : ", not " BQ_VERSION_STRING " as this bq: bq stop");
		report(n_bad, same, "daemon at", about);
		check_served(n_bad, c);
	} else {
		report(n_bad, false, "daemon at", r->address);
	}
	bq_client_close(c);
}

int verb_doctor(const struct cmdline *o)
{
	char path[PATH_MAX] = "";
	unsigned n_bad = 0;
	struct reach r;

	check_programs(&n_bad);
	report(&n_bad, places_state(path), "state", path);
	path[0] = '\0';
	report(&n_bad, places_sockets(path), "sockets", path);
	bool resolved = reach_init(&r, o);
	report(&n_bad, resolved, "configuration", o->config != NULL ? o->config : places_config(path) ? path : "");
	if (resolved) {
		check_indexes(&n_bad, &r.config);
		check_daemon(&n_bad, &r);
	}
	reach_release(&r);
	return n_bad == 0 ? 0 : 2;
}
