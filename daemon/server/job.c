/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/job.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/live_index.h"

static struct request_option *copy_options(const struct request *req)
{
	struct request_option *copy = malloc((req->n_options + 1) * sizeof *copy);

	if (copy != NULL && req->n_options > 0)
		memcpy(copy, req->options, req->n_options * sizeof *copy);
	return copy;
}

struct job *job_new(char *line, const struct request *req)
{
	struct job *job = calloc(1, sizeof *job);
	struct request_option *options = copy_options(req);

	if (job == NULL || options == NULL) {
		free(job);
		free(options);
		free(line);
		return NULL;
	}
	job->line = line;
	job->req = *req;
	job->req.options = options;
	job->received_ns = job_now_ns();
	bq_arena_init(&job->mem, JOB_MEM_BYTES);
	response_init(&job->re, &job->out, req->id);
	return job;
}

struct job *job_new_internal(enum job_step (*run)(struct job *, struct worker *))
{
	struct job *job = calloc(1, sizeof *job);

	if (job != NULL)
		job->run = run;
	return job;
}

bool job_add_gen(struct job *job, struct live_gen *g)
{
	size_t n = job->view.n + 1;
	struct live_gen **gens = realloc(job->gens, n * sizeof *gens);

	if (gens == NULL)
		return false;
	job->gens = gens;
	struct bq_index **indexes = realloc(job->view.indexes, n * sizeof *indexes);
	if (indexes == NULL)
		return false;
	job->view.indexes = indexes;
	live_gen_ref(g);
	gens[n - 1] = g;
	indexes[n - 1] = g->ix;
	job->view.n = (uint32_t)n;
	return true;
}

void job_free(struct job *job)
{
	if (job == NULL)
		return;
	live_load_free(job->load);
	live_close_dead(job->dead);
	for (uint32_t i = 0; i < job->view.n; i++)
		live_gen_unref(job->gens[i]);
	free(job->gens);
	free(job->view.indexes);
	free(job->req.options);
	free(job->line);
	bq_buf_release(&job->out);
	bq_arena_release(&job->mem);
	free(job);
}

void job_list_push(struct job_list *list, struct job *job)
{
	job->prev = list->tail;
	job->next = NULL;
	if (list->tail == NULL)
		list->head = job;
	else
		list->tail->next = job;
	list->tail = job;
	list->n++;
}

void job_list_remove(struct job_list *list, struct job *job)
{
	if (job->prev == NULL)
		list->head = job->next;
	else
		job->prev->next = job->next;
	if (job->next == NULL)
		list->tail = job->prev;
	else
		job->next->prev = job->prev;
	job->prev = job->next = NULL;
	list->n--;
}

struct job *job_list_pop(struct job_list *list)
{
	struct job *job = list->head;

	if (job != NULL)
		job_list_remove(list, job);
	return job;
}

uint64_t job_now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
