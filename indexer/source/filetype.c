/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/filetype.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct row {
	enum filetype type;
	const char *const *names; /* ends with NULL */
};

static const char *const text[] = { "txt", "text", "rst", "rest", "adoc", "asciidoc", "org", "tex", "bib", "log", "csv",
	"tsv", "json", "yaml", "yml", "toml", "ini", "cfg", "conf", "diff", "patch", "po", "srt", "vtt", "eml", "mbox",
	/* source code */
	"asm", "bash", "bat", "c", "cc", "clj", "cljs", "cmake", "cpp", "cs", "css", "cxx", "dart", "el", "erl", "ex",
	"exs", "f90", "fish", "fs", "go", "gradle", "groovy", "h", "hh", "hpp", "hs", "hxx", "inc", "ino", "java", "jl",
	"js", "jsx", "kt", "kts", "less", "lisp", "lua", "m", "mjs", "mk", "ml", "mli", "mm", "nim", "nix", "pas", "php",
	"pl", "pm", "proto", "ps1", "py", "pyi", "r", "rb", "rkt", "rs", "s", "sass", "scala", "scm", "scss", "sh", "sql",
	"svelte", "swift", "t", "tcl", "tf", "ts", "tsx", "v", "vhd", "vim", "vue", "y", "l", "zig", "zsh", NULL };
static const char *const markdown[] = { "md", "markdown", "mdown", "mkd", NULL };
static const char *const jsonl[] = { "jsonl", "ndjson", NULL };
static const char *const packed[] = { "bz2", "xz", "zip", "lz4", "br", "7z", NULL };

/* Files that have no extension. */
static const char *const plain[] = { "README", "LICENSE", "LICENCE", "COPYING", "AUTHORS", "CHANGES", "CHANGELOG",
	"CONTRIBUTING", "CREDITS", "HISTORY", "INSTALL", "MAINTAINERS", "NEWS", "NOTES", "NOTICE", "THANKS", "TODO",
	"Dockerfile", "Makefile", "GNUmakefile", "Kconfig", "Rakefile", "Gemfile", "Vagrantfile", NULL };

static const struct row by_extension[] = {
	{ FILETYPE_TEXT, text },
	{ FILETYPE_MARKDOWN, markdown },
	{ FILETYPE_JSONL, jsonl },
	{ FILETYPE_PACKED, packed },
};

static int is_in(const char *const *names, const char *s)
{
	for (; *names != NULL; names++)
		if (strcasecmp(*names, s) == 0)
			return 1;
	return 0;
}

/* The type of the first `len` bytes of `name`. */
static enum filetype type_of(const char *name, size_t len)
{
	char bare[NAME_MAX + 1];
	const char *dot;

	if (len > NAME_MAX)
		return FILETYPE_UNKNOWN;
	memcpy(bare, name, len);
	bare[len] = '\0';
	dot = strrchr(bare, '.');
	if (dot == NULL || dot == bare)
		return is_in(plain, bare) ? FILETYPE_TEXT : FILETYPE_UNKNOWN;
	for (size_t i = 0; i < sizeof by_extension / sizeof by_extension[0]; i++)
		if (is_in(by_extension[i].names, dot + 1))
			return by_extension[i].type;
	return FILETYPE_UNKNOWN;
}

enum filetype filetype_of(const char *name, enum packing *packing)
{
	const char *dot = strrchr(name, '.');
	enum filetype inner;

	*packing = PACKING_NONE;
	if (dot != NULL && strcasecmp(dot, ".gz") == 0)
		*packing = PACKING_GZIP;
	else if (dot != NULL && strcasecmp(dot, ".zst") == 0)
		*packing = PACKING_ZSTD;
	else
		return type_of(name, strlen(name));
	inner = type_of(name, (size_t)(dot - name));
	return inner == FILETYPE_PACKED ? FILETYPE_UNKNOWN : inner;
}
