/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian/engine/engine.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "index/manifest.h"
#include "xapian/engine/naming.h"
#include "xapian/engine/record.h"
#include "xapian/engine/shard.h"

enum { ARENA_BYTES = 8 << 20, MAX_STUB = 64 * 1024, MAX_SHARDS = 256 };

/* How databases of others are scored. */
#define DEFAULT_K1 0.9f
#define DEFAULT_B  0.4f

/* What stands behind a bq_index of ours. */
struct engine {
	struct bq_index index; /* first */
	atomic_uint owners;
	struct bq_arena mem;
	struct manifest manifest; /* of databases that bqindex wrote */
	bool is_ours;
	struct bq_text *texts[MAX_SHARDS];
	struct bq_leaf *leaves[MAX_SHARDS];
	uint32_t n;
};

/* ---- which databases ---------------------------------------------------------- */

static bool exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

/* One of the files that a directory of databases has. */
static bool find_file(const char *dir, char path[PATH_MAX])
{
	static const char *const names[] = { NAMING_STUB, "iamglass", "iamchert", "iamhoney" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (snprintf(path, PATH_MAX, "%s/%s", dir, names[i]) < PATH_MAX && exists(path))
			return true;
	}
	return false;
}

bool engine_is_at(const char *dir)
{
	char path[PATH_MAX];

	return find_file(dir, path);
}

/* The file whose change means a new generation. */
static int find_version_file(const char *dir, char path[PATH_MAX], struct bq_error *err)
{
	struct stat st;

	if (find_file(dir, path))
		return BQ_OK;
	if (snprintf(path, PATH_MAX, "%s", dir) >= PATH_MAX || stat(dir, &st) != 0)
		return bq_error_set(err, BQ_ENOTFOUND, 0, "%.200s: %s", dir, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return bq_error_set(err, BQ_ENOTFOUND, 0, "%.200s: no Xapian database here", dir);
	return BQ_OK;
}

static bool is_stub(const char *path)
{
	size_t n = strlen(path), m = strlen(NAMING_STUB);

	return n > m && path[n - m - 1] == '/' && strcmp(path + n - m, NAMING_STUB) == 0;
}

static int read_stub(const char *path, char out[MAX_STUB + 1], struct bq_error *err)
{
	FILE *f = fopen(path, "re");
	size_t n = f == NULL ? 0 : fread(out, 1, MAX_STUB + 1, f);
	bool failed = f == NULL || ferror(f) != 0;

	if (failed)
		(void)bq_error_set(err, BQ_EIO, 0, "%.200s: %s", path, strerror(errno));
	if (f != NULL)
		(void)fclose(f);
	if (failed)
		return BQ_EIO;
	if (n > MAX_STUB)
		return bq_error_set(err, BQ_ELIMIT, 0, "%.200s: a stub of more than %d bytes", path, MAX_STUB);
	out[n] = '\0';
	return BQ_OK;
}

static int add_shard(struct engine *e, const char *path, struct bq_error *err)
{
	struct shard *s;

	if (e->n == MAX_SHARDS)
		return bq_error_set(err, BQ_ELIMIT, 0, "more than %d databases", MAX_SHARDS);
	int rc = shard_open(path, e->is_ours, &s, err);
	if (rc == BQ_OK) {
		s->leaf.number = e->n + 1;
		e->leaves[e->n++] = &s->leaf;
	}
	return rc;
}

/* One line of a stub: `auto PATH`, `glass PATH`, or PATH alone; relative to the
 * stub's directory. */
static int add_line(struct engine *e, const char *dir, char *line, struct bq_error *err)
{
	static const char *const kinds[] = { "auto ", "glass ", "chert " };
	char path[PATH_MAX];

	line[strcspn(line, "\r\n")] = '\0';
	if (line[0] == '\0' || line[0] == '#')
		return BQ_OK;
	if (strncmp(line, "remote ", 7) == 0 || strncmp(line, "inmemory", 8) == 0)
		return bq_error_set(err, BQ_EUSAGE, 0, "%.150s/%s: only databases on this machine can be served, not: %.40s", dir,
			NAMING_STUB, line);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strncmp(line, kinds[i], strlen(kinds[i])) == 0) {
			line += strlen(kinds[i]);
			break;
		}
	if (snprintf(path, sizeof path, "%s%s%s", line[0] == '/' ? "" : dir, line[0] == '/' ? "" : "/", line) >= PATH_MAX)
		return bq_error_set(err, BQ_ELIMIT, 0, "%.150s/%s: a path is too long", dir, NAMING_STUB);
	return add_shard(e, path, err);
}

/* ---- what they say of themselves -------------------------------------------------- */

static int fail_to_read(const char *path, const struct xapian_c_error *x, struct bq_error *err)
{
	int status = x->status == XAPIAN_C_ENOTFOUND ? BQ_ENOTFOUND : x->status == XAPIAN_C_ENOMEM ? BQ_ENOMEM : BQ_EIO;

	return bq_error_set(err, status, 0, "%.100s: %s: %.100s", path, x->type, x->msg);
}

/* The metadata that bqindex leaves; *out is empty in databases of others. */
static int read_manifest(struct engine *e, const char *path, struct bq_error *err)
{
	struct xapian_c_database *db;
	struct xapian_c_bytes text;
	struct xapian_c_error x;
	int rc = BQ_OK;

	if (xapian_c_database_open(path, XAPIAN_C_BACKEND_AUTO, &db, &x) < 0)
		return fail_to_read(path, &x, err);
	if (xapian_c_database_metadata(db, xapian_c_str(NAMING_MANIFEST_KEY), &text, &x) < 0)
		rc = fail_to_read(path, &x, err);
	else if (text.len != 0)
		rc = manifest_parse_as(NAMING_FORMAT, bq_span_make(text.ptr, text.len), &e->mem, &e->manifest, err);
	e->is_ours = rc == BQ_OK && text.len != 0;
	xapian_c_database_free(db);
	return rc;
}

static int open_shards(struct engine *e, const char *dir, struct bq_error *err)
{
	char version[PATH_MAX], *stub;
	int rc = find_version_file(dir, version, err);

	if (rc == BQ_OK)
		rc = read_manifest(e, dir, err);
	if (rc != BQ_OK || !is_stub(version))
		return rc == BQ_OK ? add_shard(e, dir, err) : rc;
	stub = malloc(MAX_STUB + 1);
	rc = stub == NULL ? bq_error_set(err, BQ_ENOMEM, 0, "%.200s: out of memory", dir) : read_stub(version, stub, err);
	for (char *line = stub, *next; rc == BQ_OK && line != NULL && *line != '\0'; line = next) {
		next = strchr(line, '\n');
		next = next == NULL ? NULL : next + 1;
		rc = add_line(e, dir, line, err);
	}
	free(stub);
	if (rc == BQ_OK && e->n == 0)
		rc = bq_error_set(err, BQ_EFORMAT, 0, "%.200s: the stub names no database", version);
	return rc;
}

/* ---- the index ---------------------------------------------------------------------- */

static bool has_stems(const struct engine *e)
{
	bool any = false;

	for (uint32_t i = 0; i < e->n; i++)
		any = any || shard_of(e->leaves[i])->has_stems;
	return any;
}

static void count_documents(struct engine *e)
{
	struct bq_index *ix = &e->index;

	for (uint32_t i = 0; i < e->n; i++) {
		ix->n_docs += e->leaves[i]->n_docs;
		ix->n_live += e->leaves[i]->n_docs - e->leaves[i]->n_dead;
		ix->n_tokens += e->leaves[i]->n_tokens;
	}
}

static void take_settings(struct engine *e)
{
	static const struct bq_span roots[] = { [RECORD_ADDRESSES] = BQ_SPAN_INIT(""), [RECORD_FILES] = BQ_SPAN_INIT("/") };
	const struct manifest *m = &e->manifest;
	struct bq_index *ix = &e->index;

	if (e->is_ours) {
		ix->gen = m->gen;
		ix->k1 = m->k1;
		ix->b = m->b;
		ix->avg_len = m->avg_len;
		ix->text = m->text;
		ix->n_sources = m->n_sources;
		ix->sources = m->sources;
		return;
	}
	ix->gen = 1;
	ix->k1 = DEFAULT_K1;
	ix->b = DEFAULT_B;
	ix->avg_len = ix->n_tokens == 0 ? 1 : (float)((double)ix->n_tokens / (double)ix->n_live);
	(void)snprintf(ix->text.lang, sizeof ix->text.lang, "%s", has_stems(e) ? "en" : "none");
	ix->n_sources = 2;
	ix->sources = roots;
}

/* An analyser for each shard: they are used under the shard's own lock. */
static int make_texts(struct engine *e, struct bq_error *err)
{
	int rc = BQ_OK;

	for (uint32_t i = 0; i < e->n && rc == BQ_OK; i++) {
		struct shard *s = shard_of(e->leaves[i]);
		rc = bq_text_new(&e->index.text, &e->texts[i], err);
		if (rc != BQ_OK)
			break;
		s->text = e->texts[i];
		e->index.text_id = bq_text_id(s->text);
		shard_set_ranking(s, e->index.k1, e->index.b, e->index.avg_len);
	}
	if (rc == BQ_OK && e->is_ours && e->index.text_id != e->manifest.text_id)
		rc = bq_error_set(err, BQ_EVERSION, 0, "analysed by another version of bq: build the index again");
	return rc;
}

static void free_engine(struct engine *e)
{
	for (uint32_t i = 0; i < e->n; i++) {
		shard_close(shard_of(e->leaves[i]));
		bq_text_free(e->texts[i]);
	}
	bq_arena_release(&e->mem);
	free(e);
}

int engine_open(const char *dir, struct bq_index **out, struct bq_error *err)
{
	struct engine *e = calloc(1, sizeof *e);
	const char *path = dir + strlen(ENGINE_SCHEME);

	*out = NULL;
	if (e == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "%.200s: out of memory", dir);
	bq_arena_init(&e->mem, ARENA_BYTES);
	atomic_init(&e->owners, 1);
	int rc = open_shards(e, path, err);
	if (rc == BQ_OK) {
		count_documents(e);
		take_settings(e);
		rc = make_texts(e, err);
	}
	e->index.is_xapian = true;
	e->index.n_leaves = e->n;
	e->index.leaves = e->leaves;
	e->index.dir = bq_arena_dup(&e->mem, bq_span_of(dir)).ptr;
	e->index.priv = e;
	if (rc == BQ_OK && e->mem.oom)
		rc = bq_error_set(err, BQ_ENOMEM, 0, "%.200s: out of memory", dir);
	if (rc == BQ_OK)
		*out = &e->index;
	else
		free_engine(e);
	return rc;
}

void engine_ref(struct bq_index *ix) { atomic_fetch_add(&((struct engine *)ix->priv)->owners, 1); }

void engine_unref(struct bq_index *ix)
{
	struct engine *e = ix->priv;

	if (atomic_fetch_sub(&e->owners, 1) == 1)
		free_engine(e);
}

int engine_stamp(const char *dir, struct bq_index_stamp *out, struct bq_error *err)
{
	char path[PATH_MAX];
	struct stat st;
	int rc = find_version_file(dir + strlen(ENGINE_SCHEME), path, err);

	memset(out, 0, sizeof *out);
	if (rc != BQ_OK)
		return rc;
	if (stat(path, &st) != 0)
		return bq_error_set(err, BQ_EIO, 0, "%.200s: %s", path, strerror(errno));
	out->device = st.st_dev;
	out->inode = st.st_ino;
	out->mtime_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
	out->bytes = (uint64_t)st.st_size;
	out->checksum = out->inode ^ out->mtime_ns; /* tells generations apart where ours have a checksum */
	return BQ_OK;
}
