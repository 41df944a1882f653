/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bq/log.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *log_name = "bq";
static enum bq_log_level log_level = BQ_LOG_INFO;

void bq_log_open(const char *name, enum bq_log_level level)
{
	log_name = name;
	log_level = level;
}

int bq_log_level_parse(const char *word)
{
	static const char *const words[] = { "err", "warn", "info", "debug" };

	for (int i = 0; i < 4; i++)
		if (strcmp(word, words[i]) == 0)
			return i;
	return -1;
}

/* One event, one line, nothing a terminal would obey: C0, DEL, and C1 as UTF-8
 * (C2 80 .. C2 9F). */
static void hide_controls(char *line, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)line[i], before = i == 0 ? 0 : (unsigned char)line[i - 1];
		if (c < 0x20 || c == 0x7f || (before == 0xc2 && c >= 0x80 && c < 0xa0))
			line[i] = '?';
	}
}

void bq_log(enum bq_log_level level, const char *fmt, ...)
{
	char line[1024];
	va_list args;

	if (level > log_level)
		return;
	int at = snprintf(line, sizeof line, "%s: ", log_name);
	if (at < 0 || (size_t)at >= sizeof line)
		return;
	va_start(args, fmt);
	int n = vsnprintf(line + at, sizeof line - (size_t)at - 1, fmt, args);
	va_end(args);
	if (n < 0)
		return;
	size_t len = strlen(line);
	hide_controls(line, len);
	line[len] = '\n';
	(void)fwrite(line, 1, len + 1, stderr);
}
