/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/safejson.h"

#include <pthread.h>
#include <stdlib.h>

static _Thread_local bool ran_out;

static void *take_note(size_t n)
{
	void *p = malloc(n);

	ran_out |= p == NULL;
	return p;
}

static void watch_jansson(void) { json_set_alloc_funcs(take_note, free); }

static void start(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, watch_jansson);
	ran_out = false;
}

json_t *safejson_load(struct bq_span bytes, size_t flags, json_error_t *why, bool *oom)
{
	start();
	json_t *v = json_loadb(bytes.ptr, bytes.len, flags, why);
	*oom = ran_out;
	if (!ran_out)
		return v;
	json_decref(v);
	return NULL;
}

char *safejson_dump(const json_t *v)
{
	start();
	char *text = json_dumps(v, JSON_COMPACT);
	if (!ran_out)
		return text;
	free(text);
	return NULL;
}
