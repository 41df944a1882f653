/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The analyser, open to the files of this directory.
 */
#ifndef TEXT_TEXT_H
#define TEXT_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/text.h>

#include "text/fold.h"
#include "text/lang.h"
#include "text/stem.h"
#include "text/stopwords.h"

/* Raised whenever the same text may give other words than before; it is part
 * of bq_text_id().  1: first. */
#define TEXT_VERSION 1

struct bq_text {
	const struct lang *lang;
	bool is_plain;     /* --lang none */
	struct fold *fold; /* scratch, of use only within one bq_tokens_next() */
	struct stem *stem;
	struct stopwords stopwords;
	uint64_t id;
};

#endif
