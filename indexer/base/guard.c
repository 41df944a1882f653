/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bq/guard.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

static _Thread_local struct bq_guard *innermost;
static struct sigaction before;

/* Async-signal-safe.  The jump leaves the handler for good, so the signals that
 * are blocked in it are let through first, as before the read. */
static void on_sigbus(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *at = context;
	struct bq_guard *g = innermost;

	if (g != NULL && info->si_code > 0 && g->covers(g->arg, info->si_addr)) {
		g->address = info->si_addr;
		(void)pthread_sigmask(SIG_SETMASK, &at->uc_sigmask, NULL);
		siglongjmp(g->place, 1);
	}
	(void)sigaction(sig, &before, NULL);
	if (info->si_code <= 0) /* sent by kill(): a read would be made again by itself */
		(void)raise(sig);
}

int bq_guard_install(struct bq_error *err)
{
	struct sigaction action = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO }, last;

	(void)sigemptyset(&action.sa_mask);
	if (sigaction(SIGBUS, &action, &last) != 0)
		return bq_error_set(err, BQ_EIO, 0, "sigaction: %s", strerror(errno));
	if ((last.sa_flags & SA_SIGINFO) == 0 || last.sa_sigaction != on_sigbus)
		before = last;
	return BQ_OK;
}

bool bq_guard_run(struct bq_guard *g, void (*run)(void *arg), void *arg)
{
	g->outer = innermost;
	if (sigsetjmp(g->place, 0) != 0) {
		innermost = g->outer;
		return false;
	}
	innermost = g;
	run(arg);
	innermost = g->outer;
	return true;
}
