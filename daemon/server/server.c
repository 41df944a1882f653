/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bq/guard.h>

#include "server/net/conn.h"
#include "server/net/conn_line.h"
#include "server/net/stdio.h"
#include "server/net/systemd.h"
#include "server/verb/command.h"

/* ---- jobs -------------------------------------------------------------- */

void server_submit_job(struct server *s, struct job *job)
{
	job->is_submitted = true;
	worker_pool_submit(s->pool, job);
}

bool server_withdraw_job(struct server *s, struct job *job)
{
	if (!worker_pool_withdraw(s->pool, job))
		return false;
	job->is_submitted = false;
	return true;
}

void server_drop_job(struct server *s, struct job *job)
{
	job->conn = NULL;
	if (job->is_submitted && !server_withdraw_job(s, job)) {
		atomic_store(&job->cancel, true); /* freed when it comes back */
		return;
	}
	if (job->state == JOB_LOADING)
		job_list_remove(&s->loading, job);
	job_free(job);
}

/* A job whose indexes are current: answer it or give it to a worker. */
static void dispatch(struct server *s, struct job *job)
{
	job->state = JOB_WAITING;
	if (job->command->answer != NULL) {
		job->command->answer(s, job);
		conn_finish_job(job->conn, job);
	} else if (job->command->prepare != NULL && !job->command->prepare(s, job)) {
		conn_line_put_fault(job);
		conn_finish_job(job->conn, job);
	} else {
		job->run = job->command->work;
		server_submit_job(s, job);
	}
}

void server_start_job(struct server *s, struct job *job)
{
	uint64_t epoch = 0;

	if ((job->command->flags & COMMAND_RELOAD) != 0)
		epoch = server_reload(s);
	else if ((job->command->flags & COMMAND_FRESH) != 0)
		epoch = live_check(&s->live, job->opts.index, job->received_ns);
	if (epoch == 0) {
		dispatch(s, job);
		return;
	}
	job->epoch = epoch;
	job->state = JOB_LOADING;
	job_list_push(&s->loading, job);
	server_begin_load(s);
}

/* ---- loading ----------------------------------------------------------- */

static enum job_step run_load(struct job *job, struct worker *w)
{
	(void)w;
	live_load_run(job->load);
	return JOB_DONE;
}

/* Go on with the jobs whose load is done; with all when nothing is left to
 * open, as when a new config no longer names what they waited for. */
static void wake_loading(struct server *s)
{
	bool waits = live_is_loading(&s->live) || live_is_wanted(&s->live);
	uint64_t epoch = waits ? s->live.epoch_done : UINT64_MAX;
	struct job *job = s->loading.head;

	while (job != NULL) {
		struct job *next = job->next;
		struct conn *c = job->conn;
		if (job->epoch <= epoch) {
			job_list_remove(&s->loading, job);
			dispatch(s, job);
			conn_settle(c); /* may free it, and with it jobs of this list */
			next = s->loading.head;
		}
		job = next;
	}
}

void server_begin_load(struct server *s)
{
	if (live_is_loading(&s->live) || !live_is_wanted(&s->live))
		return;
	struct job *job = job_new_internal(run_load);
	struct live_load *load = job == NULL ? NULL : live_load_begin(&s->live);
	if (load == NULL) {
		job_free(job);
		bq_log(BQ_LOG_ERR, "load error=\"no memory\"");
		return; /* it stays wanted: the tick tries again */
	}
	job->load = load;
	server_submit_job(s, job);
}

static void log_loads(struct server *s)
{
	for (uint32_t i = 0; i < s->live.n; i++) {
		const struct live_index *x = &s->live.items[i];
		if (x->error[0] == '\0')
			continue;
		s->stats.failed_reloads++;
		bq_log(BQ_LOG_WARN, "load index=%s kept_gen=%llu error=\"%s\"", x->name,
			x->current == NULL ? 0 : (unsigned long long)x->current->ix->gen, x->error);
	}
	bq_log(BQ_LOG_INFO, "loaded gen=%llu", (unsigned long long)live_gen_number(&s->live));
}

static void end_load(struct server *s, struct job *job)
{
	live_load_finish(&s->live, job->load, job_now_ns());
	job->load = NULL;
	job_free(job);
	s->stats.reloads++;
	log_loads(s);
	server_begin_load(s); /* something was published meanwhile */
	wake_loading(s);
}

/* The config's list into the live one.  A config that cannot be read changes
 * nothing. */
static void reread_config(struct server *s)
{
	struct index_list list = { .n = 0 };
	struct bq_error err;

	if (s->options->has_indexes)
		return;
	if (options_read_config(s->options->config_path, &list, &err) != BQ_OK)
		bq_log(BQ_LOG_WARN, "config error=\"%s\"", err.msg);
	else if (live_set(&s->live, &list) != BQ_OK)
		bq_log(BQ_LOG_ERR, "config error=\"no memory\"");
	index_list_release(&list);
}

uint64_t server_reload(struct server *s)
{
	reread_config(s);
	uint64_t epoch = live_want_all(&s->live);
	server_begin_load(s);
	return epoch;
}

/* ---- events ------------------------------------------------------------ */

/* The worker left it where it read a page that is gone; what it had written
 * holds. */
static void answer_hurt(struct job *job)
{
	char path[sizeof((struct bq_error *)0)->msg] = "a file of the index";

	upkeep_note_hurt(job, path, sizeof path);
	response_drop_line(&job->re);
	response_error(&job->re, REPLY_INTERNAL, -1, "%s: damaged or cut while open", path);
}

/* Send what a request's worker has written. */
static void take_reply(struct conn *c, struct job *job)
{
	if (job->step == JOB_HURT)
		answer_hurt(job);
	if (job->step == JOB_MORE)
		conn_take_piece(c, job);
	else
		conn_finish_job(c, job);
	conn_settle(c);
}

static void on_done(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	struct job_list done;
	struct job *job;

	(void)fd;
	(void)what;
	worker_pool_take_done(s->pool, &done);
	while ((job = job_list_pop(&done)) != NULL) {
		struct conn *c = job->conn;
		job->is_submitted = false;
		job->state = JOB_WAITING;
		if (job->load != NULL) {
			end_load(s, job);
		} else if (c == NULL) {
			job_free(job);
		} else {
			take_reply(c, job);
		}
	}
	upkeep_look(s);
}

static bool is_idle(const struct server *s, uint64_t now)
{
	if (s->options->idle_exit_seconds == 0 ||
		now - s->last_request_ns < (uint64_t)s->options->idle_exit_seconds * 1000000000u)
		return false;
	for (const struct conn *c = s->conns; c != NULL; c = c->next)
		if (c->n_jobs > 0 || c->waiting.n > 0)
			return false;
	return true;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	uint64_t now = job_now_ns();

	(void)fd;
	(void)what;
	live_expire(&s->live, now);
	upkeep_look(s);
	server_begin_load(s);
	wake_loading(s);
	systemd_notify("WATCHDOG=1");
	if (!s->is_draining && is_idle(s, now)) {
		bq_log(BQ_LOG_INFO, "exit reason=idle seconds=%u", s->options->idle_exit_seconds);
		server_drain(s);
	}
}

static void on_drain_end(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;

	(void)fd;
	(void)what;
	bq_log(BQ_LOG_WARN, "drain unanswered_connections=%u", s->n_conns);
	s->is_aborted = true;
	(void)event_base_loopbreak(s->base);
}

static void close_listeners(struct server *s)
{
	for (unsigned i = 0; i < s->n_listeners; i++)
		listener_free(s->listeners[i]);
	s->n_listeners = 0;
	socket_path_remove(&s->socket);
}

void server_drain(struct server *s)
{
	struct timeval tv = { (time_t)(s->options->drain_ms / 1000),
		(suseconds_t)(s->options->drain_ms % 1000) * 1000 };

	if (s->is_draining)
		return;
	s->is_draining = true;
	systemd_notify("STOPPING=1");
	close_listeners(s);
	(void)event_add(s->drain_event, &tv);
	for (struct conn *c = s->conns, *next; c != NULL; c = next) {
		next = c->next;
		conn_leave(c);
	}
	if (s->n_conns == 0)
		(void)event_base_loopbreak(s->base);
}

static void on_reload_signal(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)server_reload(arg);
}

static void on_stop_signal(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;

	(void)fd;
	(void)what;
	if (s->is_draining) {
		s->is_aborted = true;
		(void)event_base_loopbreak(s->base);
	} else {
		server_drain(s);
	}
}

/* ---- start and end ----------------------------------------------------- */

static int add_listener(struct server *s, int fd, enum conn_kind kind, struct bq_error *err)
{
	struct listener *l = listener_new(s, fd, kind);

	if (l == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a listener");
	s->listeners[s->n_listeners++] = l;
	return BQ_OK;
}

/* A socket systemd passed: what it is says how it is served. */
static int add_passed(struct server *s, int fd, struct bq_error *err)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof a;
	int listens = 0;
	socklen_t int_len = sizeof listens;

	if (getsockname(fd, (struct sockaddr *)&a, &len) != 0 ||
		getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &int_len) != 0 || listens == 0)
		return bq_error_set(err, BQ_EUSAGE, 0, "--systemd: descriptor %d is no listening socket", fd);
	if (a.ss_family != AF_UNIX && s->token_len == 0)
		return bq_error_set(err, BQ_EUSAGE, 0, "--systemd: a TCP socket needs --auth-file");
	return add_listener(s, fd, a.ss_family == AF_UNIX ? CONN_UNIX : CONN_TCP, err);
}

static int listen_all(struct server *s, struct bq_error *err)
{
	int fds[SERVER_MAX_LISTENERS / 2], fd, rc = BQ_OK;
	unsigned n = s->options->is_systemd ? systemd_take_fds() : 0;

	if (s->options->is_systemd && (n == 0 || n > SERVER_MAX_LISTENERS / 2))
		return bq_error_set(err, BQ_EUSAGE, 0, "--systemd: 1 to %u sockets must be passed",
			SERVER_MAX_LISTENERS / 2);
	for (unsigned i = 0; i < n && rc == BQ_OK; i++)
		rc = add_passed(s, SYSTEMD_FIRST_FD + (int)i, err);
	if (rc == BQ_OK && s->options->listen != NULL) {
		rc = listener_open_tcp(s->options->listen, fds, SERVER_MAX_LISTENERS / 2, &n, err);
		for (unsigned i = 0; i < (rc == BQ_OK ? n : 0); i++)
			if (add_listener(s, fds[i], CONN_TCP, err) != BQ_OK)
				rc = BQ_ENOMEM;
	}
	if (rc == BQ_OK && s->options->socket_path != NULL) {
		rc = socket_path_listen(&s->socket, s->options, &fd, err);
		if (rc == BQ_OK)
			rc = add_listener(s, fd, CONN_UNIX, err);
	}
	return rc;
}

/* Why an index that was asked for is not served: the reason names a file of it, or
 * not. */
static int fail_index(const struct live_index *x, struct bq_error *err)
{
	bool is_named = strncmp(x->error, x->dir, strlen(x->dir)) == 0;

	return bq_error_set(err, BQ_EIO, 0, "%s%s%s", is_named ? "" : x->dir, is_named ? "" : ": ", x->error);
}

/* Load everything before the first connection.  An index named on the command
 * line must open; one of the config may wait for better times. */
static int load_all(struct server *s, struct bq_error *err)
{
	struct index_list recorded = { .n = 0 };
	int rc = s->options->has_indexes ? live_set(&s->live, &s->options->indexes) :
		options_read_config(s->options->config_path, &recorded, err);

	if (rc == BQ_OK && !s->options->has_indexes)
		rc = live_set(&s->live, &recorded);
	index_list_release(&recorded);
	if (rc != BQ_OK)
		return rc == BQ_ENOMEM ? bq_error_set(err, rc, 0, "no memory for the list of indexes") : rc;
	struct live_load *load = live_load_begin(&s->live);
	if (load == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory to open the indexes");
	live_load_run(load);
	live_load_finish(&s->live, load, job_now_ns());
	for (uint32_t i = 0; i < s->live.n; i++) {
		const struct live_index *x = &s->live.items[i];
		if (x->current != NULL)
			continue;
		if (s->options->has_indexes)
			return fail_index(x, err);
		bq_log(BQ_LOG_WARN, "load index=%s error=\"%s\"", x->name, x->error);
	}
	return BQ_OK;
}

static struct event *add_signal(struct server *s, int number, event_callback_fn fn)
{
	struct event *e = evsignal_new(s->base, number, fn, s);

	if (e != NULL)
		(void)event_add(e, NULL);
	return e;
}

static int make_events(struct server *s, struct bq_error *err)
{
	uint64_t watchdog_ns = systemd_watchdog_ns();
	struct timeval tick = { 1, 0 };

	if (watchdog_ns > 0 && watchdog_ns / 2 < 1000000000u)
		tick = (struct timeval){ 0, (suseconds_t)(watchdog_ns / 2000) };
	s->done_event = event_new(s->base, worker_pool_fd(s->pool), EV_READ | EV_PERSIST, on_done, s);
	s->tick_event = event_new(s->base, -1, EV_PERSIST, on_tick, s);
	s->drain_event = evtimer_new(s->base, on_drain_end, s);
	s->sighup = add_signal(s, SIGHUP, on_reload_signal);
	s->sigterm = add_signal(s, SIGTERM, on_stop_signal);
	s->sigint = add_signal(s, SIGINT, on_stop_signal);
	if (s->done_event == NULL || s->tick_event == NULL || s->drain_event == NULL || s->sighup == NULL ||
		s->sigterm == NULL || s->sigint == NULL || event_add(s->done_event, NULL) != 0 ||
		event_add(s->tick_event, &tick) != 0)
		return bq_error_set(err, BQ_EIO, 0, "the event loop cannot be set up");
	return BQ_OK;
}

static int start(struct server *s, struct bq_error *err)
{
	const struct options *o = s->options;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	int rc = BQ_OK;

	s->max_connections = listener_fit_connections(o->max_connections);
	s->n_workers = o->workers > 0 ? o->workers : cores < 1 ? 1 : (unsigned)cores;
	if (o->auth_file != NULL)
		rc = listener_read_token(o->auth_file, s->token, sizeof s->token, &s->token_len, err);
	if (rc == BQ_OK)
		rc = bq_guard_install(err);
	if (rc == BQ_OK)
		rc = load_all(s, err);
	if (rc == BQ_OK)
		rc = worker_pool_start(s->n_workers < OPTIONS_MAX_WORKERS ? s->n_workers : OPTIONS_MAX_WORKERS,
			&s->pool, err);
	if (rc == BQ_OK && (s->base = event_base_new()) == NULL)
		rc = bq_error_set(err, BQ_EIO, 0, "no event loop");
	if (rc == BQ_OK)
		rc = make_events(s, err);
	if (rc == BQ_OK)
		rc = upkeep_start(s, err);
	return rc == BQ_OK ? listen_all(s, err) : rc;
}

/* Serve until the loop ends. */
static int serve(struct server *s, struct bq_error *err)
{
	struct stdio *io = NULL;
	int fd, rc = BQ_OK;

	if (s->options->is_stdio) {
		rc = stdio_open(&io, &fd, err);
		if (rc != BQ_OK)
			return rc;
		(void)evutil_make_socket_nonblocking(fd);
		if (conn_open(s, fd, CONN_UNIX, true) == NULL)
			rc = bq_error_set(err, BQ_ENOMEM, 0, "no memory for the connection");
	}
	if (rc == BQ_OK) {
		(void)fprintf(stderr, "bqd: ready socket=%s gen=%llu\n", s->socket.path == NULL ? "-" : s->socket.path,
			(unsigned long long)live_gen_number(&s->live));
		systemd_notify("READY=1");
		(void)event_base_dispatch(s->base);
	}
	while (s->conns != NULL) /* those the drain had no time for */
		conn_free(s->conns);
	stdio_join(io);
	return rc;
}

static void free_event(struct event *e)
{
	if (e != NULL)
		event_free(e);
}

static void release(struct server *s)
{
	close_listeners(s);
	upkeep_stop(s);
	worker_pool_stop(s->pool, job_free);
	free_event(s->done_event);
	free_event(s->tick_event);
	free_event(s->drain_event);
	free_event(s->sighup);
	free_event(s->sigterm);
	free_event(s->sigint);
	if (s->base != NULL)
		event_base_free(s->base);
	live_release(&s->live);
}

int server_run(const struct options *options, bool *was_answered, struct bq_error *err)
{
	struct server s = { .options = options, .socket = SOCKET_PATH_INIT };

	(void)signal(SIGPIPE, SIG_IGN);
	s.started_ns = s.last_request_ns = job_now_ns();
	int rc = start(&s, err);
	if (rc == BQ_OK)
		rc = serve(&s, err);
	*was_answered = !s.is_aborted;
	release(&s);
	return rc;
}
