/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/generate.h"

#include <string.h>

#include <bq/proto.h>

#include "cli/cmdline.h"

/* Text for roff: a backslash and a leading dot or quote mean something there. */
static void put_roff(FILE *out, const char *s)
{
	for (const char *p = s; *p != '\0'; p++) {
		if (*p == '\\')
			fputs("\\e", out);
		else if (*p == '-')
			fputs("\\-", out);
		else if ((*p == '.' || *p == '\'') && p == s)
			fprintf(out, "\\&%c", *p);
		else
			putc(*p, out);
	}
}

static void put_man_row(FILE *out, const struct cmdline_row *r)
{
	fputs(".TP\n", out);
	if (r->letter != 0)
		fprintf(out, ".BR \\-%c \", \" \\-\\-", r->letter);
	else
		fputs(".BR \\-\\-", out);
	put_roff(out, r->name);
	if (r->metavar != NULL)
		fprintf(out, " =%s", r->metavar);
	putc('\n', out);
	put_roff(out, r->help);
	if (r->choices != NULL) {
		fputs(": ", out);
		put_roff(out, r->choices);
	}
	putc('\n', out);
}

static void put_man(FILE *out)
{
	struct cmdline_row r;
	struct cmdline_verb v;

	fprintf(out, ".\\\" Written by: bq --generate man\n.TH BQ 1 \"\" \"bq %s\"\n", BQ_VERSION_STRING);
	fputs(".SH NAME\nbq \\- full\\-text search in your own documents\n.SH SYNOPSIS\n", out);
	for (size_t i = 0; cmdline_verb_get(i, &v); i++) {
		fputs(".B bq\n", out);
		put_roff(out, v.usage);
		fputs("\n.br\n", out);
	}
	fputs(".SH EXAMPLES\n.nf\nbq index ~/docs\nbq \"biometric data sharing\"\nbq biometric NOT city\n"
	      "bq \\-e \\(aq\"data sharing\" OR (leak \\-rumour)\\(aq\n.fi\n",
		out);
	fputs(".SH WORDS\nAn argument with a double quote is in the query language; any other with white space is an\n"
	      "exact phrase; the rest are words or operators. Options are not bundled and may follow words;\n"
	      "after \\-\\- everything is query.\n.SH VERBS\n",
		out);
	for (size_t i = 0; cmdline_verb_get(i, &v); i++) {
		fputs(".TP\n.B bq ", out);
		put_roff(out, v.usage);
		putc('\n', out);
		put_roff(out, v.help);
		putc('\n', out);
	}
	fputs(".SH OPTIONS\n", out);
	for (size_t i = 0; cmdline_row_get(i, &r); i++)
		put_man_row(out, &r);
	fputs(".SH EXIT STATUS\n0 found, 1 nothing found, 2 an error or only part of the answer.\n"
	      ".SH OUTPUT\nA terminal gets a path line with the score and numbered lines with the matches marked; a pipe gets\n"
	      "PATH:LINE:COL:SCORE:TEXT, one line a document. Results are on standard output, the rest on standard\n"
	      "error. Control characters of documents are shown as \\ex1b or \\eu202e, never sent.\n"
	      ".SH ENVIRONMENT\nBQ_SOCKET, BQ_AUTOSTART (0: start no daemon), BQ_PAGER, PAGER, NO_COLOR, VISUAL, EDITOR,\n"
	      "XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME, XDG_RUNTIME_DIR.\n"
	      ".SH FILES\n$XDG_CONFIG_HOME/bq/config.ini records the indexes; they are in $XDG_DATA_HOME/bq.\n",
		out);
}

static void put_words(FILE *out)
{
	struct cmdline_verb v;

	for (size_t i = 0; cmdline_verb_get(i, &v); i++) {
		if (v.name != NULL)
			fprintf(out, "%s ", v.name);
	}
}

static void put_bash(FILE *out)
{
	struct cmdline_row r;

	fputs("# Written by: bq --generate bash\n_bq() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\tcase $prev in\n",
		out);
	for (size_t i = 0; cmdline_row_get(i, &r); i++) {
		if (r.choices == NULL)
			continue;
		fprintf(out, "\t--%s) COMPREPLY=($(compgen -W '", r.name);
		for (const char *c = r.choices; *c != '\0'; c++)
			putc(*c == '|' ? ' ' : *c, out);
		fputs("' -- \"$cur\")); return ;;\n", out);
	}
	fputs("\tindex|batch|--socket|--config|--auth-file|-i|--index) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n\tesac\n"
	      "\tif [[ $cur == -* ]]; then\n\t\tCOMPREPLY=($(compgen -W '",
		out);
	for (size_t i = 0; cmdline_row_get(i, &r); i++)
		fprintf(out, "--%s ", r.name);
	fputs("' -- \"$cur\"))\n\telif ((COMP_CWORD == 1)); then\n\t\tCOMPREPLY=($(compgen -W '", out);
	put_words(out);
	fputs("' -- \"$cur\"))\n\tfi\n}\ncomplete -o default -F _bq bq\n", out);
}

/* Between single quotes, a backslash before what is `special` there; no quote. */
static void put_quoted(FILE *out, const char *special, const char *s)
{
	for (; *s != '\0'; s++) {
		if (strchr(special, *s) != NULL)
			putc('\\', out);
		putc(*s == '\'' ? ' ' : *s, out);
	}
}

static void put_zsh(FILE *out)
{
	struct cmdline_row r;

	fputs("#compdef bq\n# Written by: bq --generate zsh\n_arguments -S \\\n", out);
	for (size_t i = 0; cmdline_row_get(i, &r); i++) {
		fprintf(out, "  '--%s%s[", r.name, r.metavar != NULL ? "=" : "");
		put_quoted(out, "[]:\\", r.help);
		putc(']', out);
		if (r.choices != NULL) {
			fprintf(out, ":%s:(", r.metavar);
			for (const char *c = r.choices; *c != '\0'; c++)
				putc(*c == '|' ? ' ' : *c, out);
			putc(')', out);
		} else if (r.metavar != NULL) {
			fprintf(out, ":%s:_files", r.metavar);
		}
		fputs("' \\\n", out);
	}
	fputs("  '1:verb or word:(", out);
	put_words(out);
	fputs(")' \\\n  '*:word:_files'\n", out);
}

static void put_fish(FILE *out)
{
	struct cmdline_row r;
	struct cmdline_verb v;

	fputs("# Written by: bq --generate fish\n", out);
	for (size_t i = 0; cmdline_verb_get(i, &v); i++) {
		if (v.name == NULL)
			continue;
		fprintf(out, "complete -c bq -n __fish_use_subcommand -a %s -d '", v.name);
		put_quoted(out, "\\", v.help);
		fputs("'\n", out);
	}
	for (size_t i = 0; cmdline_row_get(i, &r); i++) {
		fprintf(out, "complete -c bq -l %s", r.name);
		if (r.letter != 0)
			fprintf(out, " -s %c", r.letter);
		if (r.metavar != NULL)
			fputs(" -r", out);
		if (r.choices != NULL) {
			fputs(" -f -a '", out);
			for (const char *c = r.choices; *c != '\0'; c++)
				putc(*c == '|' ? ' ' : *c, out);
			putc('\'', out);
		}
		fputs(" -d '", out);
		put_quoted(out, "\\", r.help);
		fputs("'\n", out);
	}
}

bool generate(const char *what, FILE *out)
{
	static const struct {
		const char *name;
		void (*put)(FILE *);
	} kinds[] = { { "man", put_man }, { "bash", put_bash }, { "zsh", put_zsh }, { "fish", put_fish } };

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (strcmp(what, kinds[i].name) == 0) {
			kinds[i].put(out);
			return true;
		}
	}
	return false;
}
