/* SPDX-License-Identifier: MIT */
/*
 * Digest: 64 bits that tell one study from another (FNV-1a,
 * http://www.isthe.com/chongo/tech/comp/fnv/). Guards against mistakes, not against intent.
 */
#ifndef PVMMIO_SIM_STUDY_DIGEST_H
#define PVMMIO_SIM_STUDY_DIGEST_H

#include <stdint.h>

#define STUDY_DIGEST_BEGIN UINT64_C(0xcbf29ce484222325)

/* Add text and its end, so that {"ab"} and {"a", "b"} differ. */
static inline uint64_t study_digest_add(uint64_t digest, const char *text)
{
	do {
		digest = (digest ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	} while (*text++);
	return digest;
}

#endif
