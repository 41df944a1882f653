/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/bqp_daemon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <bq/build.h>

#include "server/server.h"

void bqp_daemon_init(struct bqp_daemon *d)
{
	memset(d, 0, sizeof *d);
	tmpdir_init(&d->dir);
	d->index = tmpdir_path(&d->dir, "index");
	d->socket = tmpdir_path(&d->dir, "s");
	options_init(&d->options);
	d->options.has_indexes = true;
	d->options.socket_path = strdup(d->socket);
	d->options.workers = 2;
	d->options.log = BQ_LOG_ERR;
	bq_log_open("bqd", BQ_LOG_ERR);
}

static void add_text(struct bq_build *b, unsigned number, const char *text)
{
	char name[32];
	struct bq_error err;

	(void)snprintf(name, sizeof name, "doc%u.txt", number);
	struct bq_doc_in doc = {
		.path = bq_span_of(name),
		.text = bq_span_of(text),
		.at = BQ_AT_FILE,
		.mtime_us = INT64_MIN,
		.file_bytes = -1,
	};
	if (bq_build_add(b, &doc, &err) != BQ_OK)
		fail_msg("add: %s", err.msg);
}

void bqp_daemon_publish(struct bqp_daemon *d, const char *const *texts, unsigned n)
{
	struct bq_span root = bq_span_of(d->dir.path);
	struct bq_build_opts opts = {
		.text = { .lang = "en" }, .k1 = 0.9f, .b = 0.4f, .memory_bytes = 1u << 28, .n_sources = 1,
			.sources = &root };
	struct bq_build_report report;
	struct bq_build *b = NULL;
	struct bq_error err;

	if (bq_build_open(d->index, &opts, &b, &err) != BQ_OK)
		fail_msg("build: %s", err.msg);
	for (unsigned i = 0; i < n; i++)
		add_text(b, i, texts[i]);
	if (bq_build_commit(b, &report, &err) != BQ_OK)
		fail_msg("commit: %s", err.msg);
}

static void *run(void *arg)
{
	struct bqp_daemon *d = arg;

	d->rc = server_run(&d->options, &d->was_answered, &d->err);
	atomic_store(&d->has_ended, true);
	return NULL;
}

void bqp_daemon_start(struct bqp_daemon *d)
{
	struct stat st;

	if (stat(d->index, &st) == 0 && d->options.indexes.n == 0)
		assert_int_equal(index_list_add(&d->options.indexes, BQ_SPAN("test"), bq_span_of(d->index), &d->err),
			BQ_OK);
	atomic_store(&d->has_ended, false);
	assert_int_equal(pthread_create(&d->thread, NULL, run, d), 0);
	for (int ms = 0; ms < BQP_PATIENCE_MS && !atomic_load(&d->has_ended) && stat(d->socket, &st) != 0; ms += 10)
		(void)usleep(10000);
}

struct bqp_peer *bqp_daemon_connect(struct bqp_daemon *d)
{
	struct bqp_peer *p = bqp_peer_open(d->socket);

	(void)bqp_peer_expect(p, "* HELLO {");
	return p;
}

void bqp_daemon_join(struct bqp_daemon *d) { assert_int_equal(pthread_join(d->thread, NULL), 0); }

void bqp_daemon_stop(struct bqp_daemon *d)
{
	struct bqp_peer *p = bqp_daemon_connect(d);

	bqp_peer_say(p, "SHUTDOWN\n");
	(void)bqp_peer_expect(p, "#0 OK {");
	bqp_peer_close(p);
	bqp_daemon_join(d);
}

void bqp_daemon_release(struct bqp_daemon *d)
{
	options_release(&d->options);
	tmpdir_release(&d->dir);
	free(d->index);
	free(d->socket);
}

void bqp_daemon_end(struct bqp_daemon *d)
{
	bqp_daemon_stop(d);
	assert_int_equal(d->rc, BQ_OK);
	bqp_daemon_release(d);
}
