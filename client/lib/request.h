/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A request as its line.
 */
#ifndef LIB_REQUEST_H
#define LIB_REQUEST_H

#include <bq/client.h>

/* Write `req` with its LF into `buf` of `cap` bytes.  BQ_ELIMIT when it does
 * not fit, BQ_EUSAGE for an id or a value that cannot be sent. */
int request_format(const struct bq_client_request *req, char *buf, size_t cap, size_t *out_len, struct bq_error *err);

#endif
