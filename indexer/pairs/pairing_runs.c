/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pairs/pairing_work.h"

#include <errno.h>

#include "pairs/runs.h"
#include "segment/segment.h"

/* All windows of text to runs. */
static int scan_all(struct pairing *p, const struct scan_part *part, struct runs *r)
{
	struct scan sc;
	int rc = scan_init(&sc, p->s, p->terms, p->n_words, part);

	while (rc == BQ_OK && (rc = scan_next(&sc)) == BQ_OK) {
		rc = runs_add(r, &sc);
		if (rc == BQ_OK)
			rc = pairing_check_stop(p, p->err);
	}
	if (rc == BQ_EFORMAT)
		*p->err = sc.read.error;
	scan_release(&sc);
	return rc == BQ_END ? BQ_OK : rc;
}

static int take_pairs(struct pairing *p, struct runs *r, struct lists *l)
{
	struct bq_buf list = BQ_BUF_INIT;
	uint32_t row = 0;
	int rc = BQ_OK;

	while (rc == BQ_OK && (rc = runs_next(r)) == BQ_OK) {
		struct waiting e = { .ttf = r->ttf, .df = r->df, .a = (uint16_t)r->a, .b = (uint16_t)r->b,
			.impact = UINT8_MAX };
		if (r->a != row) {
			kept_fit(&p->kept);
			row = r->a;
			rc = pairing_check_stop(p, p->err);
		}
		if (kept_rank(&p->kept, &e) >= p->kept.n_keep)
			continue;
		bq_buf_clear(&list);
		lists_put(l, &e, r->docs, r->tfs, &list);
		kept_take(&p->kept, &list);
	}
	bq_buf_release(&list);
	return rc == BQ_END ? BQ_OK : rc;
}

int pairing_runs(struct pairing *p)
{
	struct scan_part part;
	struct runs r = { .n_words = 0 };
	struct lists l;
	int rc = lists_init(&l, p->s) ? BQ_OK : BQ_ENOMEM, saved;

	spool_init(&r.file, p->job->dirfd, p->job->number);
	if (rc == BQ_OK)
		rc = runs_init(&r, p->n_words, p->s->leaf.n_docs, pairing_divide(p, 1, true, &part));
	if (rc == BQ_OK)
		rc = scan_all(p, &part, &r);
	if (rc == BQ_OK)
		rc = runs_finish(&r);
	if (rc == BQ_OK)
		rc = take_pairs(p, &r, &l);
	saved = errno;
	runs_release(&r);
	lists_release(&l);
	errno = saved;
	return rc;
}
