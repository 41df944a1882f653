/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where shards are: `host:port,host:port`.
 */
#ifndef REMOTE_ADDRESS_H
#define REMOTE_ADDRESS_H

#include <netinet/in.h>

#include <bq/status.h>

enum { ADDRESS_TEXT = 96 };

struct address {
	char text[ADDRESS_TEXT];    /* as given */
	char host[INET_ADDRSTRLEN]; /* numbers: what Xapian is told */
	uint16_t port;
	struct sockaddr_in at;
};

/* Read up to `max` addresses and look their names up (blocks as long as the
 * resolver does).  BQ_EUSAGE for what is no list, BQ_EIO for a name nobody knows,
 * BQ_ELIMIT. */
int address_parse(const char *list, struct address *out, uint32_t max, uint32_t *n, struct bq_error *err);

#endif
