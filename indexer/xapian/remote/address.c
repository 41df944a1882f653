/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian/remote/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>

/* The number behind the colon, 0 if it is none. */
static uint16_t parse_port(const char *s)
{
	unsigned v = 0;

	for (; *s >= '0' && *s <= '9' && v <= UINT16_MAX; s++)
		v = 10 * v + (unsigned)(*s - '0');
	return *s == '\0' && v <= UINT16_MAX ? (uint16_t)v : 0;
}

/* Xapian 1.4 speaks IPv4 only. */
static int look_up(const char *name, struct address *a, struct bq_error *err)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found;
	int rc = getaddrinfo(name, NULL, &hints, &found);

	if (rc != 0)
		return bq_error_set(err, BQ_EIO, 0, "%.95s: %s", a->text, gai_strerror(rc));
	memcpy(&a->at, found->ai_addr, sizeof a->at);
	freeaddrinfo(found);
	a->at.sin_port = htons(a->port);
	(void)inet_ntop(AF_INET, &a->at.sin_addr, a->host, sizeof a->host);
	return BQ_OK;
}

static int parse_one(const char *text, size_t len, struct address *out, struct bq_error *err)
{
	char name[ADDRESS_TEXT];

	if (len >= sizeof out->text)
		return bq_error_set(err, BQ_EUSAGE, 0, "%.60s..: an address of more than %d bytes", text,
			ADDRESS_TEXT - 1);
	memset(out, 0, sizeof *out);
	memcpy(out->text, text, len);
	memcpy(name, out->text, sizeof name);
	char *colon = strrchr(name, ':');
	out->port = colon == NULL ? 0 : parse_port(colon + 1);
	if (out->port == 0 || colon == name || strchr(name, '/') != NULL || strchr(name, ':') != colon)
		return bq_error_set(err, BQ_EUSAGE, 0, "\"%s\": shards are given as host:port,host:port (IPv4)",
			out->text);
	*colon = '\0';
	return look_up(name, out, err);
}

static int check_new(const struct address *all, uint32_t n, struct bq_error *err)
{
	for (uint32_t i = 0; i < n; i++)
		if (all[i].at.sin_addr.s_addr == all[n].at.sin_addr.s_addr && all[i].port == all[n].port)
			return bq_error_set(err, BQ_EUSAGE, 0, "%s is given twice", all[n].text);
	return BQ_OK;
}

int address_parse(const char *list, struct address *out, uint32_t max, uint32_t *n, struct bq_error *err)
{
	int rc = BQ_OK;

	*n = 0;
	while (rc == BQ_OK) {
		size_t len = strcspn(list, ",");
		if (*n == max)
			return bq_error_set(err, BQ_ELIMIT, 0, "more than %u shards", max);
		rc = parse_one(list, len, &out[*n], err);
		if (rc == BQ_OK)
			rc = check_new(out, *n, err);
		++*n;
		if (list[len] == '\0')
			break;
		list += len + 1;
	}
	return rc;
}
