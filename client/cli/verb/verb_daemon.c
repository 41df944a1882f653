/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Verbs about the daemon itself: status, stop, serve.
 */
#include "cli/verb/verb.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/reach/places.h"
#include "cli/reach/reach.h"
#include "cli/show/printer.h"

/* ---- status ------------------------------------------------------------ */

/* `KEY SEP VALUE`: a string as it is, anything else as JSON. */
static void put_pair(struct printer *p, const char *key, const char *sep, const json_t *v)
{
	char *text = json_is_string(v) ? NULL : json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);

	printer_format(p, PRINTER_PLAIN, "%s%s%s", key, sep,
		json_is_string(v) ? json_string_value(v) : text == NULL ? "" : text);
	free(text);
}

/* An index: `  NAME: key value, key value`. */
static void put_index(struct printer *p, json_t *index)
{
	const char *name = json_string_value(json_object_get(index, "name")), *before = " ", *key;
	json_t *v;

	printer_format(p, PRINTER_PLAIN, "  %s:", name == NULL ? "" : name);
	json_object_foreach(index, key, v)
	{
		if (strcmp(key, "name") == 0)
			continue;
		printer_format(p, PRINTER_PLAIN, "%s", before);
		put_pair(p, key, " ", v);
		before = ", ";
	}
	printer_newline(p);
}

/* `key: value` for each member; behind a list's key a line for each element. */
static void put_members(struct printer *p, json_t *object)
{
	const char *key;
	json_t *v;

	json_object_foreach(object, key, v)
	{
		if (json_is_array(v))
			printer_format(p, PRINTER_PLAIN, "%s:", key);
		else
			put_pair(p, key, ": ", v);
		printer_newline(p);
		for (size_t i = 0; i < json_array_size(v); i++)
			put_index(p, json_array_get(v, i));
	}
}

static bool ask(struct bq_client *c, const char *verb, struct bq_client_reply *reply)
{
	struct bq_client_request req = BQ_CLIENT_REQUEST_INIT;
	struct bq_error err;

	req.verb = verb;
	if (bq_client_call(c, &req, 10000, reply, &err) != BQ_OK) {
		printer_complain("%s", err.msg);
		return false;
	}
	if (reply->kind == BQ_REPLY_ERR) {
		printer_complain("%.*s", (int)reply->as.failure.msg.len, reply->as.failure.msg.ptr);
		bq_client_reply_release(reply);
		return false;
	}
	return true;
}

static void put_recorded(struct printer *p, const struct config *c)
{
	for (size_t i = 0; i < c->n_indexes; i++) {
		printer_format(p, PRINTER_PLAIN, "recorded: %s %s", c->indexes[i].name, c->indexes[i].path);
		printer_newline(p);
	}
}

static int show_status(const struct cmdline *o, const struct reach *r, struct bq_client *c)
{
	struct printer p = { .out = stdout };
	struct bq_client_reply reply;

	if (!ask(c, "STATUS", &reply))
		return 2;
	if (o->as_json) {
		printer_json(&p, "\"kind\":\"OK\"", reply.object);
	} else {
		printer_format(&p, PRINTER_PLAIN, "socket: %s", r->address);
		printer_newline(&p);
		put_members(&p, reply.root);
		put_recorded(&p, &r->config);
	}
	bq_client_reply_release(&reply);
	return 0;
}

int verb_status(const struct cmdline *o)
{
	struct printer p = { .out = stdout };
	struct reach r;
	struct bq_client *c = NULL;
	int rc = 2, status;

	if (reach_init(&r, o)) {
		status = reach_open_running(&r, &c);
		if (status == BQ_OK) {
			rc = show_status(o, &r, c);
		} else if (status == BQ_ENOTFOUND) {
			printer_complain("no daemon at %s", r.address);
			put_recorded(&p, &r.config);
			rc = 1;
		}
	}
	bq_client_close(c);
	reach_release(&r);
	return rc;
}

/* ---- stop -------------------------------------------------------------- */

static int shut_down(const struct reach *r, struct bq_client *c)
{
	struct bq_client_reply reply;
	int status;

	if (!ask(c, "SHUTDOWN", &reply))
		return 2;
	bq_client_reply_release(&reply);
	/* It is gone when it has closed the connection. */
	while ((status = bq_client_next(c, 10000, &reply, NULL)) == BQ_OK)
		bq_client_reply_release(&reply);
	if (status == BQ_EDEADLINE) {
		printer_complain("the daemon at %s is still busy", r->address);
		return 2;
	}
	return 0;
}

int verb_stop(const struct cmdline *o)
{
	struct reach r;
	struct bq_client *c = NULL;
	int rc = 2, status;

	if (reach_init(&r, o)) {
		status = reach_open_running(&r, &c);
		if (status == BQ_OK)
			rc = shut_down(&r, c);
		else if (status == BQ_ENOTFOUND) {
			printer_complain("no daemon at %s", r.address);
			rc = 1;
		}
	}
	bq_client_close(c);
	reach_release(&r);
	return rc;
}

/* ---- serve ------------------------------------------------------------- */

int verb_serve(const struct cmdline *o)
{
	char program[PATH_MAX];
	struct reach r;

	if (!reach_init(&r, o)) {
		/* said */
	} else if (r.is_tcp) {
		printer_complain("bq serve wants the path of a socket; for TCP run bqd --listen");
	} else if (r.n_dirs == 0 && r.config.n_indexes == 0) {
		printer_complain("nothing is indexed yet; to index a directory: bq index DIR");
	} else if (places_program("bqd", "daemon", program)) {
		char **args = reach_args(&r, program, false);
		if (args != NULL)
			execv(program, args);
		printer_complain("%s: %s", program, strerror(errno));
		reach_free_args(args);
	}
	reach_release(&r);
	return 2;
}
