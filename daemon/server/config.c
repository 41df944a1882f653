/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * config.ini as the daemon reads it: which indexes are recorded.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bq/ini.h>

#include "server/options.h"

enum { MAX_CONFIG_BYTES = 1 << 20 };

static int read_all(int fd, struct bq_buf *out)
{
	ssize_t n;

	do {
		uint8_t *to = bq_buf_room(out, 65536);
		if (to == NULL)
			return BQ_ENOMEM;
		n = read(fd, to, 65536);
		if (n > 0)
			out->len += (size_t)n;
	} while ((n > 0 && out->len <= MAX_CONFIG_BYTES) || (n < 0 && errno == EINTR));
	return n < 0 ? BQ_EIO : out->len > MAX_CONFIG_BYTES ? BQ_ELIMIT : BQ_OK;
}

static int add_indexes(const char *path, struct bq_span text, struct index_list *list, struct bq_error *err)
{
	static const struct bq_span prefix = BQ_SPAN_INIT("index.");
	struct bq_ini it = { .rest = text };
	struct bq_error why;
	int rc;

	while ((rc = bq_ini_next(&it)) == BQ_OK) {
		if (!bq_span_starts(it.section, prefix) || !bq_span_eq(it.key, BQ_SPAN("path")))
			continue;
		rc = index_list_add(list, bq_span_from(it.section, prefix.len), it.value, &why);
		if (rc != BQ_OK)
			return bq_error_set(err, rc, it.line, "%s line %u: %.150s", path, it.line, why.msg);
	}
	if (rc != BQ_END)
		return bq_error_set(err, BQ_EFORMAT, it.line, "%s line %u: not [section], key = value or comment", path,
			it.line);
	return BQ_OK;
}

int options_read_config(const char *path, struct index_list *list, struct bq_error *err)
{
	struct bq_buf text = BQ_BUF_INIT;
	struct stat st;
	int rc, fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (path == NULL || (fd < 0 && (errno == ENOENT || errno == ENOTDIR)))
		return BQ_OK;
	if (fd < 0)
		return bq_error_set(err, BQ_EIO, 0, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		rc = bq_error_set(err, BQ_EIO, 0, "%s: not a file", path);
	else if ((rc = read_all(fd, &text)) != BQ_OK)
		rc = bq_error_set(err, rc, 0, "%s: cannot be read, or is above 1 MiB", path);
	else
		rc = add_indexes(path, bq_buf_span(&text), list, err);
	(void)close(fd);
	bq_buf_release(&text);
	return rc;
}
