/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A file's text -> its title, as a range of the text.
 */
#ifndef SOURCE_TITLE_H
#define SOURCE_TITLE_H

#include <bq/span.h>

/* Bytes of a title that are shown.  A longer one is cut behind the character
 * that crosses this, so that it still shows that there was more. */
#define TITLE_MAX 1024u

/* The first line that is not blank, without the blanks around it; starts after
 * a byte order mark.  Empty if there is none.  **borrowed** from `text`. */
struct bq_span title_of_text(struct bq_span text);

/* The first heading (`# x` or underlined), not in fenced code or front matter;
 * without one as title_of_text(). */
struct bq_span title_of_markdown(struct bq_span text);

#endif
