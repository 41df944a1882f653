/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * notmuch's messages, whose documents have no data:
 *
 *   terms    Q<Message-ID>  Tmail  XFDIRENTRY<document of the directory>:<file>
 *   values   0 time, 3 subject
 *
 * A directory's data is its path below the one in which `.notmuch` lies.
 */
#ifndef ENGINE_MAIL_H
#define ENGINE_MAIL_H

#include "xapian/engine/shard.h"

/* If document `doc` is a message, fill in its id, title, time and file; what
 * they are lives in rd->mem.  Any other document stays as it is. */
int mail_head(struct shard *s, uint32_t doc, struct bq_doc_head *out, struct bq_read *rd);

#endif
