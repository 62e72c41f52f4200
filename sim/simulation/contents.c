// SPDX-License-Identifier: MIT
#include "sim/simulation/contents.h"

#include "hw-model/gen9_display.h"

void contents_add(struct contents_result *contents, const void *bytes, size_t len)
{
	struct gen9_digest digest;

	gen9_digest_init(&digest);
	gen9_digest_add(&digest, &contents->digest, sizeof(contents->digest));
	gen9_digest_add(&digest, bytes, len);
	contents->digest = gen9_digest_value(&digest);
}
