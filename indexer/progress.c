/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { EVERY_NS = 200000000 };

uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void progress_init(struct progress *p, const char *when)
{
	p->is_tty = isatty(STDERR_FILENO) == 1;
	p->is_on = strcmp(when, "always") == 0 || (p->is_tty && strcmp(when, "auto") == 0);
	p->start_ns = p->shown_ns = now_ns();
}

void progress_show(struct progress *p, uint64_t documents, uint64_t bytes)
{
	uint64_t now = p->is_on ? now_ns() : 0;
	double mb = (double)bytes / 1e6;

	if (!p->is_on || now - p->shown_ns < EVERY_NS)
		return;
	p->shown_ns = now;
	(void)fprintf(stderr, "%s%" PRIu64 " documents, %.1f MB, %.1f MB/s%s", p->is_tty ? "\r\033[K" : "", documents, mb,
		mb / ((double)(now - p->start_ns) / 1e9), p->is_tty ? "" : "\n");
}

void progress_release(struct progress *p)
{
	if (p->is_on && p->is_tty)
		(void)fputs("\r\033[K", stderr);
	p->is_on = false;
}
