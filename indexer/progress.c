/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"

enum { COLUMNS = 80 };

static const uint64_t second_ns = 1000000000, tty_ns = 200000000, line_ns = 2000000000;

void progress_init(struct progress *p, const char *when)
{
	memset(p, 0, sizeof *p);
	p->is_tty = isatty(STDERR_FILENO) == 1;
	p->is_on = strcmp(when, "always") == 0 || (p->is_tty && strcmp(when, "auto") == 0);
	p->start_ns = p->shown_ns = clock_now_ns();
}

void progress_expect(struct progress *p, uint64_t total)
{
	p->view.total = total;
	p->start_ns = p->shown_ns = clock_now_ns();
}

/* A file's name belongs on a line that is written over; in a log it is one of
 * many.  One write a line, so that lines of others do not get between. */
static void print_line(struct progress *p)
{
	char text[PROGRESS_LINE_MAX], line[PROGRESS_LINE_MAX + 8];
	struct winsize size = { 0 };

	p->view.columns = COLUMNS;
	if (p->is_tty && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0)
		p->view.columns = size.ws_col;
	if (!p->is_tty) {
		p->view.columns = PROGRESS_LINE_MAX;
		p->view.name = BQ_SPAN("");
	}
	progress_format(&p->view, text);
	(void)snprintf(line, sizeof line, p->is_tty ? "\r%s\033[K" : "%s\n", text);
	(void)fputs(line, stderr);
	(void)fflush(stderr);
}

void progress_show(struct progress *p, uint64_t documents, uint64_t bytes, struct bq_span name)
{
	struct progress_view *v = &p->view;
	uint64_t now = p->is_on ? clock_now_ns() : 0, since = now - p->shown_ns;

	v->documents = documents;
	if (!p->is_on || since < (p->is_tty ? tty_ns : line_ns))
		return;
	v->bytes = bytes;
	v->name = name;
	/* the first figures are those of cold caches: wait until they say something */
	if (v->bytes_per_s > 0)
		v->bytes_per_s = progress_rate(v->bytes_per_s, bytes - p->shown_bytes, (double)since / 1e9);
	else if (now - p->start_ns >= second_ns)
		v->bytes_per_s = progress_rate(0, bytes, (double)(now - p->start_ns) / 1e9);
	p->shown_ns = now;
	p->shown_bytes = bytes;
	print_line(p);
	v->name = BQ_SPAN("");
}

void progress_phase(struct progress *p, const char *phase)
{
	p->view.phase = phase;
	p->view.has_percent = false;
	if (p->is_on)
		print_line(p);
}

void progress_step(void *progress, const char *phase, uint64_t part, uint64_t whole)
{
	struct progress *p = progress;
	bool is_new = p->view.phase == NULL || strcmp(p->view.phase, phase) != 0;
	uint64_t now = p->is_on ? clock_now_ns() : 0;

	if (!p->is_on || (!is_new && now - p->shown_ns < (p->is_tty ? tty_ns : line_ns)))
		return;
	p->view.phase = phase;
	p->view.has_percent = whole != 0;
	p->view.percent = whole == 0 ? 0 : (unsigned)((double)part * 100 / (double)whole);
	p->shown_ns = now;
	print_line(p);
}

void progress_release(struct progress *p)
{
	if (p->is_on && p->is_tty)
		(void)fputs("\r\033[K", stderr);
	p->is_on = false;
}
