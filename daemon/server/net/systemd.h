/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The two small protocols of systemd, by hand: sockets passed from
 * descriptor 3 on, and datagrams to $NOTIFY_SOCKET.
 */
#ifndef SERVER_SYSTEMD_H
#define SERVER_SYSTEMD_H

#include <stdint.h>

/* The first descriptor passed. */
#define SYSTEMD_FIRST_FD 3

/* How many sockets were passed to this very process; they are close-on-exec
 * from here on and the variables are gone.  0 if none. */
unsigned systemd_take_fds(void);

/* Send `state`, e.g. "READY=1"; does nothing when nobody asked for it. */
void systemd_notify(const char *state);

/* How often, in ns, the watchdog wants to hear of us; 0: never. */
uint64_t systemd_watchdog_ns(void);

#endif
