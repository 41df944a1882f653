/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A server of a shard that plays what xapian-tcpsrv once said, as well or as badly
 * as it is told to.
 *
 *   test --> player, recording --> xapian-tcpsrv        once
 *   test --> player                                     then as often as it likes
 *
 * A request is answered with what was answered to the last of its type.
 */
#ifndef BQ_TESTS_SHARD_PLAYER_H
#define BQ_TESTS_SHARD_PLAYER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <bq/buf.h>

enum player_fault {
	PLAYER_HONEST,
	PLAYER_CLOSES,  /* before byte `at` of all that it says, then whenever it is connected to */
	PLAYER_STOPS,   /* there, and keeps the connection */
	PLAYER_PAUSES,  /* there, for `ms`: what a lost packet is for TCP */
	PLAYER_FLIPS,   /* byte `at` is another one: xor `mask` */
	PLAYER_CRUMBLES, /* says every byte by itself */
};

enum { PLAYER_TYPES = 32, PLAYER_LINKS = 16, PLAYER_PIECE = 1 << 16 };

struct shard_player {
	uint16_t port;      /* to connect to */
	int listener;
	pthread_t thread;
	atomic_bool is_ending;
	int behind;         /* the port of the server that is recorded; 0: none */
	struct bq_buf greeting, replies[PLAYER_TYPES]; /* by type of request */
	/* Set while nobody is connected: */
	enum player_fault fault;
	size_t at;
	unsigned ms;
	uint8_t mask;
	/* What became of it. */
	atomic_size_t said; /* bytes since player_set() */
	struct player_link { int fd, server; uint8_t type; bool is_new; } links[PLAYER_LINKS]; /* the thread's */
	uint8_t piece[PLAYER_PIECE];
};

/* Start to record what the server at `port` says.  Fails the test if it cannot. */
void player_start(struct shard_player *p, uint16_t port);

/* Play from now on. */
void player_play(struct shard_player *p);

/* With this fault from now on, once the connections there were are closed. */
void player_set(struct shard_player *p, enum player_fault fault, size_t at);

/* Bytes said since then. */
size_t player_said(struct shard_player *p);

/* Halt it, close its listener and free its replies. */
void player_end(struct shard_player *p);

#endif
