/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stop.h"

#include <stddef.h>

volatile sig_atomic_t stop_signal;

static void note_signal(int sig)
{
	stop_signal = sig;
}

void stop_catch(void)
{
	struct sigaction a = { .sa_handler = note_signal, .sa_flags = (int)SA_RESETHAND };

	(void)sigaction(SIGINT, &a, NULL);
	(void)sigaction(SIGTERM, &a, NULL);
}
