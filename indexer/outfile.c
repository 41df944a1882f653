/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outfile.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(const struct outfile *f, struct bq_error *err)
{
	return bq_error_set(err, BQ_EIO, 0, "%.160s: %s", f->path, strerror(errno));
}

int outfile_open(struct outfile *f, const char *path, struct bq_error *err)
{
	struct stat st;
	int n = snprintf(f->tmp, sizeof f->tmp, "%s.XXXXXX", path), fd;

	f->path = path;
	if (n < 0 || (size_t)n >= sizeof f->tmp)
		return bq_error_set(err, BQ_EUSAGE, 0, "%.160s: path too long", path);
	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return bq_error_set(err, BQ_EUSAGE, 0, "%.160s: there, and no regular file: refused", path);
	fd = mkstemp(f->tmp);
	if (fd < 0)
		return fail(f, err);
	f->stream = fdopen(fd, "w");
	if (f->stream != NULL)
		return BQ_OK;
	(void)fail(f, err);
	(void)close(fd);
	(void)unlink(f->tmp);
	return BQ_EIO;
}

int outfile_commit(struct outfile *f, struct bq_error *err)
{
	bool is_written = fflush(f->stream) == 0 && !ferror(f->stream) && fsync(fileno(f->stream)) == 0;
	int rc = is_written ? BQ_OK : fail(f, err);

	if (fclose(f->stream) != 0 && rc == BQ_OK)
		rc = fail(f, err);
	if (rc == BQ_OK && rename(f->tmp, f->path) != 0)
		rc = fail(f, err);
	if (rc != BQ_OK)
		(void)unlink(f->tmp);
	return rc;
}

int outfile_abort(struct outfile *f, struct bq_error *err)
{
	/* the write that failed set errno a moment ago, and nothing was called since */
	int rc = ferror(f->stream) ? fail(f, err) : BQ_OK;

	(void)fclose(f->stream);
	(void)unlink(f->tmp);
	return rc;
}
