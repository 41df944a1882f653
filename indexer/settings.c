/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "segment/segment.h"

enum { MAX_STOPWORDS = 256 * 1024 };

#define DEFAULT_LANG "en"
#define DEFAULT_K1   0.9f
#define DEFAULT_B    0.4f

/* The words of --stopwords with single blanks between. */
static int read_stopwords(const char *path, struct bq_buf *out, struct bq_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	if (fd < 0)
		return bq_error_set(err, BQ_EUSAGE, 0, "%s: %s", path, strerror(errno));
	while (n > 0 && out->len <= MAX_STOPWORDS) {
		uint8_t *to = bq_buf_room(out, MAX_STOPWORDS + 1);
		n = to == NULL ? -1 : read(fd, to, MAX_STOPWORDS + 1);
		out->len += n > 0 ? (size_t)n : 0;
	}
	(void)close(fd);
	if (n < 0)
		return bq_error_set(err, BQ_EIO, 0, "%s: cannot read", path);
	if (out->len > MAX_STOPWORDS)
		return bq_error_set(err, BQ_ELIMIT, 0, "%s: more than %d bytes of stop words", path, MAX_STOPWORDS);
	for (size_t i = 0; i < out->len; i++)
		if (out->ptr[i] < 0x20)
			out->ptr[i] = ' ';
	return BQ_OK;
}

/* Language and stop words.  With another language its own stop words are meant,
 * not those that the index has. */
static int choose_text(struct settings *s, const struct options *o, struct bq_error *err)
{
	const char *lang = o->lang != NULL ? o->lang : s->ix != NULL ? s->ix->text.lang : DEFAULT_LANG;
	struct bq_text_config *text = &s->opts.text;
	int rc = BQ_OK;

	if (strlen(lang) >= BQ_LANG_MAX)
		return bq_error_set(err, BQ_EUSAGE, 0, "unknown language %.40s", lang);
	memcpy(text->lang, lang, strlen(lang) + 1);
	if (o->stopwords == NULL) {
		if (s->ix != NULL && strcmp(lang, s->ix->text.lang) == 0)
			text->stopwords = s->ix->text.stopwords;
		return BQ_OK;
	}
	if (strcmp(o->stopwords, "none") != 0)
		rc = read_stopwords(o->stopwords, &s->stopwords, err);
	text->stopwords = s->stopwords.len == 0 ? BQ_SPAN("") : bq_buf_span(&s->stopwords);
	return rc;
}

static float choose_number(double given, bool has_index, float indexed, float otherwise)
{
	if (!isnan(given))
		return (float)given;
	return has_index ? indexed : otherwise;
}

static bool keeps_no_text(const struct bq_index *ix)
{
	return ix != NULL && !ix->is_xapian && ix->n_leaves != 0 &&
		(segment_of(ix->leaves[0])->file.head.flags & CONTAINER_NO_STORE) != 0;
}

int settings_init(struct settings *s, const struct options *o, bool update, struct bq_index *like,
	struct bq_error *err)
{
	bool has_index;

	memset(s, 0, sizeof *s);
	s->ix = bq_index_ref(like);
	if (like == NULL && update)
		(void)bq_index_open(o->index, &s->ix, NULL);
	has_index = s->ix != NULL;
	s->opts.update = update;
	s->opts.k1 = choose_number(o->k1, has_index, has_index ? s->ix->k1 : 0, DEFAULT_K1);
	s->opts.b = choose_number(o->b, has_index, has_index ? s->ix->b : 0, DEFAULT_B);
	s->opts.pairs_percent = o->pairs_percent;
	s->opts.no_store = o->no_store || keeps_no_text(s->ix);
	return choose_text(s, o, err);
}

void settings_release(struct settings *s)
{
	bq_buf_release(&s->stopwords);
	bq_index_unref(s->ix);
	s->ix = NULL;
}
