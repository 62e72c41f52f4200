// SPDX-License-Identifier: MIT
//
// Two bitmaps over all frames, used and head (first frame of a host allocation), say who has what;
// granules belong to VMs as wholes. The host allocates first fit from the bottom, VMs from the top,
// so neither breaks up the other's room.

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/machine/physmem_impl.h"

#define BITS_PER_WORD     64u
#define WORDS_PER_GRANULE (GRANULE_PAGES / BITS_PER_WORD)

// From here on a hole in the file is cheaper than clearing, and keeps the memory sparse.
#define PUNCH_PAGES 64u

struct physmem {
	int fd;
	uint8_t *view;
	uint64_t size_bytes;
	uint64_t *used;
	uint64_t *head;
	uint16_t *granule_owner; // a VM's, else PHYSMEM_OWNER_NONE
	uint64_t lowest_free;    // no free frame lies below
	uint64_t host_pages;
};

static uint64_t frame_count(const struct physmem *pm)
{
	return pm->size_bytes >> PAGE_SHIFT;
}

static bool bit(const uint64_t *map, uint64_t index)
{
	return map[index / BITS_PER_WORD] >> index % BITS_PER_WORD & 1;
}

static void set_bit(uint64_t *map, uint64_t index)
{
	map[index / BITS_PER_WORD] |= UINT64_C(1) << index % BITS_PER_WORD;
}

static void clear_bit(uint64_t *map, uint64_t index)
{
	map[index / BITS_PER_WORD] &= ~(UINT64_C(1) << index % BITS_PER_WORD);
}

// First index >= from whose bit is wanted (0 or 1), or end.
static uint64_t next_bit(const uint64_t *map, uint64_t from, uint64_t end, bool wanted)
{
	while (from < end) {
		uint64_t word = map[from / BITS_PER_WORD];

		word = (wanted ? word : ~word) >> from % BITS_PER_WORD;
		if (word) {
			from += (uint64_t)__builtin_ctzll(word);
			return from < end ? from : end;
		}
		from = (from / BITS_PER_WORD + 1) * BITS_PER_WORD;
	}
	return end;
}

static int map_file(struct physmem *pm)
{
	pm->fd = memfd_create("pvmmio-sim", MFD_CLOEXEC);
	if (pm->fd < 0)
		return -errno;
	if (ftruncate(pm->fd, (off_t)pm->size_bytes))
		return -errno;
	pm->view = mmap(NULL, pm->size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
			pm->fd, 0);
	if (pm->view == MAP_FAILED) {
		pm->view = NULL;
		return -errno;
	}
	return 0;
}

int physmem_create(struct physmem **out, uint64_t size_bytes)
{
	struct physmem *pm;
	uint64_t granules = size_bytes / GUEST_RAM_GRANULE;
	int ret = -ENOMEM;

	if (!size_bytes || size_bytes % GUEST_RAM_GRANULE || size_bytes > INT64_MAX)
		return -EINVAL;
	pm = calloc(1, sizeof(*pm));
	if (!pm)
		return -ENOMEM;
	pm->fd = -1;
	pm->size_bytes = size_bytes;
	pm->used = calloc(granules * WORDS_PER_GRANULE, sizeof(*pm->used));
	pm->head = calloc(granules * WORDS_PER_GRANULE, sizeof(*pm->head));
	pm->granule_owner = calloc(granules, sizeof(*pm->granule_owner));
	if (!pm->used || !pm->head || !pm->granule_owner)
		goto fail;
	ret = map_file(pm);
	if (ret)
		goto fail;
	// Frame 0 is nobody's for ever: a zero mfn is always a mistake.
	set_bit(pm->used, 0);
	pm->lowest_free = 1;
	*out = pm;
	return 0;
fail:
	physmem_destroy(pm);
	return ret;
}

void physmem_destroy(struct physmem *pm)
{
	if (!pm)
		return;
	for (uint64_t i = 0; pm->granule_owner && i < pm->size_bytes / GUEST_RAM_GRANULE; i++)
		assert(pm->granule_owner[i] == PHYSMEM_OWNER_NONE);
	if (pm->view)
		munmap(pm->view, pm->size_bytes);
	if (pm->fd >= 0)
		close(pm->fd);
	free(pm->granule_owner);
	free(pm->head);
	free(pm->used);
	free(pm);
}

int physmem_fd(const struct physmem *pm)
{
	return pm->fd;
}

uint64_t physmem_size_bytes(const struct physmem *pm)
{
	return pm->size_bytes;
}

void *physmem_at(const struct physmem *pm, uint64_t mpa, uint64_t len)
{
	if (mpa > pm->size_bytes || len > pm->size_bytes - mpa)
		return NULL;
	return pm->view + mpa;
}

unsigned physmem_owner(const struct physmem *pm, uint64_t mfn)
{
	unsigned owner;

	if (mfn == 0 || mfn >= frame_count(pm))
		return PHYSMEM_OWNER_NONE;
	owner = pm->granule_owner[mfn / GRANULE_PAGES];
	if (owner == PHYSMEM_OWNER_NONE && bit(pm->used, mfn))
		owner = PHYSMEM_OWNER_HOST;
	return owner;
}

// First of page_count free frames in a row, or frame_count().
static uint64_t find_free_run(const struct physmem *pm, uint64_t page_count)
{
	uint64_t end = frame_count(pm);
	uint64_t start = next_bit(pm->used, pm->lowest_free, end, false);

	while (start < end) {
		uint64_t limit = page_count <= end - start ? start + page_count : end;
		uint64_t stop = next_bit(pm->used, start, limit, true);

		if (stop - start == page_count)
			return start;
		start = next_bit(pm->used, stop, end, false);
	}
	return end;
}

static bool punch(const struct physmem *pm, uint64_t mpa, uint64_t len)
{
	return !fallocate(pm->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)mpa,
			  (off_t)len);
}

static void zero(struct physmem *pm, uint64_t mpa, uint64_t len)
{
	if (len < PUNCH_PAGES * PAGE_SIZE || !punch(pm, mpa, len))
		memset(pm->view + mpa, 0, len);
}

int physmem_alloc_pages(struct physmem *pm, uint64_t page_count, uint64_t *mfn_out)
{
	uint64_t mfn;

	assert(page_count > 0);
	mfn = find_free_run(pm, page_count);
	if (mfn == frame_count(pm))
		return -ENOMEM;
	for (uint64_t i = 0; i < page_count; i++)
		set_bit(pm->used, mfn + i);
	set_bit(pm->head, mfn);
	if (page_count == 1 || mfn == pm->lowest_free)
		pm->lowest_free = mfn + page_count;
	pm->host_pages += page_count;
	zero(pm, mfn << PAGE_SHIFT, page_count << PAGE_SHIFT);
	*mfn_out = mfn;
	return 0;
}

// Is the frame the second or a later one of a host allocation?
static bool is_tail(const struct physmem *pm, uint64_t mfn)
{
	return physmem_owner(pm, mfn) == PHYSMEM_OWNER_HOST && !bit(pm->head, mfn);
}

void physmem_free_pages(struct physmem *pm, uint64_t mfn, uint64_t page_count)
{
	assert(physmem_owner(pm, mfn) == PHYSMEM_OWNER_HOST && bit(pm->head, mfn));
	assert(page_count > 0 && page_count <= frame_count(pm) - mfn);
	for (uint64_t i = 1; i < page_count; i++)
		assert(is_tail(pm, mfn + i));
	assert(!is_tail(pm, mfn + page_count));

	clear_bit(pm->head, mfn);
	for (uint64_t i = 0; i < page_count; i++)
		clear_bit(pm->used, mfn + i);
	if (mfn < pm->lowest_free)
		pm->lowest_free = mfn;
	pm->host_pages -= page_count;
}

uint64_t physmem_host_pages(const struct physmem *pm)
{
	return pm->host_pages;
}

static bool granule_is_free(const struct physmem *pm, uint64_t granule)
{
	for (uint64_t i = 0; i < WORDS_PER_GRANULE; i++)
		if (pm->used[granule * WORDS_PER_GRANULE + i])
			return false;
	return true;
}

int physmem_take_granules(struct physmem *pm, unsigned owner, uint32_t count, uint32_t *granules)
{
	uint32_t found = 0;

	for (uint64_t i = pm->size_bytes / GUEST_RAM_GRANULE; i-- > 0 && found < count;)
		if (granule_is_free(pm, i))
			granules[found++] = (uint32_t)i;
	if (found < count)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		memset(pm->used + granules[i] * WORDS_PER_GRANULE, 0xff,
		       WORDS_PER_GRANULE * sizeof(*pm->used));
		pm->granule_owner[granules[i]] = (uint16_t)owner;
		zero(pm, granules[i] * GUEST_RAM_GRANULE, GUEST_RAM_GRANULE);
	}
	return 0;
}

void physmem_release_granules(struct physmem *pm, uint32_t count, const uint32_t *granules)
{
	for (uint32_t i = 0; i < count; i++) {
		uint64_t mfn = granules[i] * GRANULE_PAGES;

		assert(pm->granule_owner[granules[i]] != PHYSMEM_OWNER_NONE);
		pm->granule_owner[granules[i]] = PHYSMEM_OWNER_NONE;
		memset(pm->used + granules[i] * WORDS_PER_GRANULE, 0,
		       WORDS_PER_GRANULE * sizeof(*pm->used));
		if (mfn < pm->lowest_free)
			pm->lowest_free = mfn;
		punch(pm, granules[i] * GUEST_RAM_GRANULE, GUEST_RAM_GRANULE);
	}
}
