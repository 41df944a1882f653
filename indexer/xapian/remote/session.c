/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Asking, and waiting for all answers at once.
 */
#include "xapian/remote/session.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "xapian/remote/number.h"

enum { NS_OF_MS = 1000000 };

struct session *session_new(struct cluster *c)
{
	struct session *s = calloc(1, sizeof *s + c->n * sizeof s->shards[0]);

	if (s == NULL)
		return NULL;
	s->cluster = c;
	s->n = c->n;
	s->is_new = true;
	for (uint32_t i = 0; i < s->n; i++)
		s->shards[i].line.fd = -1;
	return s;
}

void session_free(struct session *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		line_close(&s->shards[i].line);
	free(s);
}

void session_drop(struct session *s, uint32_t i)
{
	struct session_shard *shard = &s->shards[i];

	line_close(&shard->line);
	s->n_here -= shard->is_here;
	shard->is_here = shard->is_awaited = shard->is_old = false;
}

void session_ask(struct session *s, uint32_t i, enum line_request type, struct bq_span body, uint64_t until_ns)
{
	struct session_shard *shard = &s->shards[i];

	line_say(&shard->line, type, body);
	shard->is_awaited = true;
	shard->failure = SESSION_FINE;
	shard->why[0] = '\0';
	shard->asked_ns = cluster_now_ns();
	shard->until_ns = until_ns;
	shard->max_message = type == SAY_DOCUMENT ? LINE_MAX_DOCUMENT : LINE_MAX_OTHER;
}

/* ---- what fails ------------------------------------------------------------------- */

static void fail(struct session *s, uint32_t i, enum session_failure failure, const char *why)
{
	struct session_shard *shard = &s->shards[i];

	session_drop(s, i);
	shard->failure = failure;
	(void)snprintf(shard->why, sizeof shard->why, "%s", why);
}

static void fail_silent(struct session *s, uint32_t i)
{
	const struct session_shard *shard = &s->shards[i];
	char why[64];

	(void)snprintf(why, sizeof why, "no answer within %u ms",
		(unsigned)((shard->until_ns - shard->asked_ns + NS_OF_MS / 2) / NS_OF_MS));
	fail(s, i, SESSION_SILENT, why);
}

/* One line of what a server says. */
static void copy_line(char *to, size_t size, struct bq_span from)
{
	size_t n = from.len < size - 1 ? from.len : size - 1;

	for (size_t i = 0; i < n; i++)
		to[i] = from.ptr[i] >= ' ' && from.ptr[i] < 0x7f ? from.ptr[i] : '?';
	to[n] = '\0';
}

enum session_heard session_refuse(struct session *s, uint32_t i, const struct line_message *m)
{
	struct session_shard *shard = &s->shards[i];
	struct number_reader r = number_reader_of(m->body);
	uint8_t refusal = number_take_byte(&r);

	(void)number_take_string(&r); /* its own address */
	struct bq_span msg = number_take_string(&r);
	if (r.is_bad)
		return EAR_NONSENSE;
	shard->failure = SESSION_REFUSED;
	shard->refusal = refusal;
	copy_line(shard->why, sizeof shard->why, msg);
	return EAR_ALL;
}

/* ---- waiting ------------------------------------------------------------------------ */

/* The messages that are here of a shard that was moved. */
static void hear_messages(struct session *s, uint32_t i, session_ear ear, void *arg)
{
	struct session_shard *shard = &s->shards[i];
	struct line_message m;
	int rc = 0;

	while (shard->is_awaited && (rc = line_take(&shard->line, shard->max_message, &m)) > 0) {
		enum session_heard heard = ear(arg, i, &m);
		if (heard == EAR_NONSENSE) {
			fail(s, i, SESSION_NONSENSE, "says what no server of Xapian 1.4 says");
			return;
		}
		shard->is_awaited = heard == EAR_MORE;
	}
	if (rc < 0)
		fail(s, i, SESSION_NONSENSE, "claims a message that is too long");
	else if (shard->is_awaited && shard->line.ended != 0)
		fail(s, i, SESSION_BROKEN, strerror(shard->line.ended));
}

/* Whom to poll; until when.  Those whose time is over fail. */
static unsigned choose_awaited(struct session *s, struct pollfd *fds, uint32_t *at, uint64_t *until_ns)
{
	uint64_t now = cluster_now_ns();
	unsigned n = 0;

	*until_ns = UINT64_MAX;
	for (uint32_t i = 0; i < s->n; i++) {
		struct session_shard *shard = &s->shards[i];
		if (!shard->is_awaited)
			continue;
		if (now >= shard->until_ns) {
			fail_silent(s, i);
			continue;
		}
		*until_ns = shard->until_ns < *until_ns ? shard->until_ns : *until_ns;
		at[n] = i;
		fds[n++] = (struct pollfd){ .fd = shard->line.fd, .events = line_wants(&shard->line) };
	}
	return n;
}

static int milliseconds_until(uint64_t until_ns)
{
	uint64_t now = cluster_now_ns(), ms = until_ns <= now ? 0 : (until_ns - now + NS_OF_MS - 1) / NS_OF_MS;

	return ms < CLUSTER_LOOK_MS ? (int)ms : CLUSTER_LOOK_MS;
}

int session_hear(struct session *s, session_ear ear, void *arg, const atomic_bool *cancel)
{
	struct pollfd fds[BQ_REMOTE_MAX_SHARDS];
	uint32_t at[BQ_REMOTE_MAX_SHARDS];
	uint64_t until_ns;
	unsigned n;

	while ((n = choose_awaited(s, fds, at, &until_ns)) != 0) {
		if (cancel != NULL && atomic_load(cancel))
			return BQ_ECANCELLED;
		if (poll(fds, n, milliseconds_until(until_ns)) <= 0)
			continue;
		for (unsigned k = 0; k < n; k++) {
			if (fds[k].revents == 0)
				continue;
			line_move(&s->shards[at[k]].line, fds[k].revents);
			hear_messages(s, at[k], ear, arg);
		}
	}
	return BQ_OK;
}
