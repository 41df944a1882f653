/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A fuzz target without a fuzzer: `fuzz_x FILE|DIRECTORY..` runs it once over
 * each file, in the order of their names.
 */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "fuzz/fuzz.h"

enum { MAX_BYTES = 1 << 20 };

static unsigned n_run;

static int run_file(const char *path)
{
	static uint8_t bytes[MAX_BYTES];
	FILE *f = fopen(path, "rb");

	if (f == NULL) {
		(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 2;
	}
	size_t n = fread(bytes, 1, sizeof bytes, f);
	(void)fclose(f);
	(void)fprintf(stderr, "%s: %zu bytes\n", path, n);
	uint8_t *copy = fuzz_copy(bytes, n);
	(void)LLVMFuzzerTestOneInput(copy, n);
	free(copy);
	n_run++;
	return 0;
}

static int is_name(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int run_directory(const char *path)
{
	struct dirent **names;
	int n = scandir(path, &names, is_name, alphasort), rc = 0;

	if (n < 0) {
		(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 2;
	}
	for (int i = 0; i < n; i++) {
		char name[4096];
		(void)snprintf(name, sizeof name, "%s/%s", path, names[i]->d_name);
		rc |= run_file(name);
		free(names[i]);
	}
	free(names);
	return rc;
}

int main(int argc, char **argv)
{
	int rc = 0;

	for (int i = 1; i < argc; i++) {
		struct stat st;
		rc |= stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode) ? run_directory(argv[i]) : run_file(argv[i]);
	}
	if (n_run == 0) {
		(void)fprintf(stderr, "usage: %s FILE|DIRECTORY..\n", argv[0]);
		return 2;
	}
	return rc;
}
