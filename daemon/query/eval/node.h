/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The exhaustive evaluator: a tree over the postings of one leaf, walked a
 * document at a time.  It prunes nothing and stays for ever as the truth that
 * faster evaluators are compared with.
 *
 *   NODE_TERM    one list                  cursor
 *   NODE_UNION   the words of a prefix     merged into arrays before the walk
 *   NODE_PHRASE  members in order          leapfrog, then positions
 *   NODE_BOOL    all of `must`, without such one of `should`, none of `not`
 *
 * `doc` is the current matching document; it only ever grows.
 */
#ifndef QUERY_NODE_H
#define QUERY_NODE_H

#include <bq/index.h>

#include "query/phrase/near.h"
#include "query/plan.h"

/* The evaluation of one leaf of an index. */
struct eval {
	struct bq_query *q;
	const struct plan_group *group;
	const struct plan_index *index;
	const struct bq_leaf *leaf;
	uint32_t leaf_no;    /* among those of the group */
	struct bq_read read; /* mem: the searcher's leaf_mem */
	struct watch *watch;
	bool counts_only;    /* nobody asks for points: once in a document is as good as any tf */
};

/* K of a document's length. */
static inline float node_k(const struct eval *ev, uint32_t doc)
{
	return bm25_k(&ev->index->bm25, ev->leaf->norms[doc]);
}

enum node_kind { NODE_NONE, NODE_TERM, NODE_UNION, NODE_PHRASE, NODE_BOOL };

/* Documents of a prefix, ascending, with the positions of all its words. */
struct node_union {
	uint32_t n, at;
	uint32_t *docs, *tfs;
	uint32_t *from;      /* positions[from[i] .. from[i] + tfs[i]) */
	uint32_t *positions; /* NULL if nobody needs them */
};

/* One word of a phrase. */
struct node_member {
	uint32_t list; /* of the phrase's lists */
	uint32_t at;   /* places behind the phrase's first word */
	uint32_t read; /* positions of that list that lie behind us */
};

/* Positions of one list in the current document. */
struct node_positions {
	const uint32_t *list;
	uint32_t n;
};

struct node {
	enum node_kind kind;
	bool is_started;
	uint32_t doc;
	uint64_t cost;         /* documents it may walk over */
	const struct ast *ast; /* the clause it stands for, NULL inside one */
	float weight;
	struct eval *ev;

	struct bq_cursor *cursor; /* TERM */
	struct node_union u;      /* UNION */

	/* PHRASE: must[] are its n_lists distinct lists, rarest first, behind
	 * them those that only restrict; BOOL: cheapest first */
	struct node **must, **should, **not;
	uint32_t n_must, n_should, n_not;

	struct node_member *members; /* PHRASE */
	uint32_t n_members;
	struct near_slot *slots; /* [n_members], NULL for words in their places */
	struct node_positions *positions; /* [n_lists] */
	uint32_t n_lists;
	uint32_t *joints;            /* of each list that only restricts: the member its pair begins with; NULL: no pairs */
	uint32_t tf;                 /* of the phrase in `doc` */
};

/* Make the tree of `a`, and weigh the query before its first one; it lives in ev->read.mem.  NULL when the arena is full
 * or a list is damaged, which is then in ev->read.error. */
struct node *node_build(struct eval *ev, const struct ast *a, enum ast_mode mode);

/* The first matching document >= target at or after the current one, or
 * BQ_DOC_END; that also when ev->watch stops the work. */
uint32_t node_seek(struct node *n, uint32_t target);

/* Whether `doc` matches, without looking for one that does: `doc` grows from
 * call to call.  Not to be mixed with node_seek() on the same tree. */
bool node_holds(struct node *n, uint32_t doc);

/* Go back before the first document. */
void node_rewind(struct node *n);

/* Points of the current document. */
uint32_t node_score(struct node *n);

/* union.c: merge the lists of `terms`.  False as node_build(). */
bool union_build(struct node *n, const struct plan_terms *terms, bool with_positions);

/* phrase.c: how often the phrase is in the current document of its lists. */
uint32_t phrase_starts(struct node *n);

#endif
