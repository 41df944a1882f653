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
	for (size_t i = 0; i < len; i++) /* one event, one line, no control bytes */
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[len] = '\n';
	(void)fwrite(line, 1, len + 1, stderr);
}
