/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/verb.h"
int verb_batch(const struct cmdline *o) { return cmdline_misfit(o); }
int verb_bench_serve(const struct cmdline *o) { return cmdline_misfit(o); }
