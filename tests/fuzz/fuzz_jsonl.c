/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Any bytes as a file of JSON lines: documents and skipped lines, one a line
 * at most, in the order of the lines; a document's parts are UTF-8, its other
 * members a JSON object.
 */
#include <fcntl.h>
#include <unistd.h>

#include <jansson.h>

#include <bq/utf8.h>

#include "fuzz/fuzz.h"
#include "source/source.h"

static char path[256];

static void remove_file(void)
{
	(void)unlink(path);
}

static const char *make_file(const uint8_t *data, size_t size)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	if (path[0] == '\0') {
		(void)snprintf(path, sizeof path, "%s/bq-fuzz.XXXXXX.jsonl", dir == NULL ? "/tmp" : dir);
		fd = mkostemps(path, 6, O_CLOEXEC);
		(void)atexit(remove_file);
	} else {
		fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	}
	FUZZ_CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size && close(fd) == 0);
	return path;
}

static void check_document(const struct bq_doc_in *d)
{
	FUZZ_CHECK(bq_utf8_check(d->id) == d->id.len && bq_utf8_check(d->title) == d->title.len);
	FUZZ_CHECK(bq_utf8_check(d->text) == d->text.len);
	FUZZ_CHECK(!d->title_in_text || (d->title_off <= d->text.len && d->title.len <= d->text.len - d->title_off));
	if (d->fields.len == 0)
		return;
	json_t *o = json_loadb(d->fields.ptr, d->fields.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	FUZZ_CHECK(json_is_object(o));
	json_decref(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skips skips;
	struct source_opts opts = { .skips = &skips };
	struct source *s;
	struct bq_doc_in doc;
	uint64_t lines = 1, last = 0, n = 0;
	int rc;

	if (size > 1 << 16)
		return 0;
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	skips_init(&skips);
	FUZZ_CHECK(source_open(make_file(data, size), &opts, &s, NULL) == BQ_OK);
	while ((rc = source_next(s, &doc, NULL)) == BQ_OK) {
		FUZZ_CHECK(doc.file_line > last && doc.file_line <= lines);
		last = doc.file_line;
		n++;
		check_document(&doc);
	}
	FUZZ_CHECK(rc == BQ_END);
	FUZZ_CHECK(n + skips.n <= lines);
	source_close(s);
	skips_release(&skips);
	return 0;
}
