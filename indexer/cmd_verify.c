/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bqindex verify: is every byte as it was written?
 */
#include <stdio.h>

#include <bq/index.h>

#include "options.h"

int cmd_verify(const struct options *o)
{
	struct bq_error err;
	int rc = bq_index_verify(o->index, &err);

	if (rc == BQ_OK) {
		(void)printf("%s: sound\n", o->index);
		return EXIT_DONE;
	}
	complain_of(o->index, err.msg);
	return rc == BQ_EFORMAT ? EXIT_DAMAGED : EXIT_FAILED;
}
