// SPDX-License-Identifier: MIT

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "sim/machine/physmem_impl.h"

// Every piece is a mapping and the system allows some 65000 (vm.max_map_count), so only the end of
// guest RAM, from where a guest's driver gets its pages, is broken up into fragments.
#define FRAGMENTED_END (UINT64_C(256) << 20)

struct guest_ram {
	struct physmem *pm;
	uint64_t size_bytes;
	uint8_t *guest_view;
	uint32_t granule_count;
	uint32_t *granules;     // as taken from pm, in descending order
	uint32_t *mpa_fragment; // by gpa / FRAGMENT_SIZE: mpa / FRAGMENT_SIZE
	uint32_t
		*gpa_fragment; // by the place in granules[] and in the granule: gpa / FRAGMENT_SIZE
};

// A piece of guest RAM on its way to a place: both in units of its size.
struct piece {
	uint32_t gpa_index;
	uint32_t mpa_index;
};

static bool is_fragmented(const struct guest_ram *ram, uint32_t granule)
{
	return granule % 4 == 3 &&
	       (ram->granule_count - granule) * GUEST_RAM_GRANULE <= FRAGMENTED_END;
}

static void swap_places(struct piece *a, struct piece *b)
{
	uint32_t mpa_index = a->mpa_index;

	a->mpa_index = b->mpa_index;
	b->mpa_index = mpa_index;
}

static void shuffle(struct piece *pieces, uint32_t count, struct rng *rng)
{
	for (uint32_t i = count; i > 1; i--)
		swap_places(&pieces[i - 1], &pieces[rng_below(rng, i)]);
}

/*
 * Leave no piece at a machine address equal to its guest address. Swapping with the neighbour is
 * always enough, as places differ: neither of the two can be where it was wanted before. A single
 * piece is a VM of one granule; its guest address is 0, and granule 0 is never taken.
 */
static void part_addresses(struct piece *pieces, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (pieces[i].gpa_index == pieces[i].mpa_index)
			swap_places(&pieces[i], &pieces[(i + 1) % count]);
	for (uint32_t i = 0; i < count; i++)
		assert(pieces[i].gpa_index != pieces[i].mpa_index);
}

static void place_granules(struct guest_ram *ram, struct piece *pieces, struct rng *rng)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < ram->granule_count; i++)
		pieces[i] = (struct piece){ i, ram->granules[i] };
	shuffle(pieces, ram->granule_count, rng);
	// The fragmented ones are for place_fragments(); it finds their granules in the table.
	for (uint32_t i = 0; i < ram->granule_count; i++) {
		struct piece piece = pieces[i];

		if (is_fragmented(ram, piece.gpa_index))
			ram->mpa_fragment[i * FRAGMENTS_PER_GRANULE] =
				piece.mpa_index * (uint32_t)FRAGMENTS_PER_GRANULE;
		else
			pieces[count++] = piece;
	}
	part_addresses(pieces, count);
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t j = 0; j < FRAGMENTS_PER_GRANULE; j++)
			ram->mpa_fragment[pieces[i].gpa_index * FRAGMENTS_PER_GRANULE + j] =
				pieces[i].mpa_index * (uint32_t)FRAGMENTS_PER_GRANULE + j;
}

static void place_fragments(struct guest_ram *ram, struct piece *pieces, struct rng *rng)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < ram->granule_count; i++) {
		uint32_t first = i * (uint32_t)FRAGMENTS_PER_GRANULE;

		if (!is_fragmented(ram, i))
			continue;
		for (uint32_t j = 0; j < FRAGMENTS_PER_GRANULE; j++)
			pieces[count++] = (struct piece){ first + j, ram->mpa_fragment[first] + j };
	}
	shuffle(pieces, count, rng);
	part_addresses(pieces, count);
	for (uint32_t i = 0; i < count; i++)
		ram->mpa_fragment[pieces[i].gpa_index] = pieces[i].mpa_index;
}

// Place of the host's granule in granules[], or granule_count.
static uint32_t granule_place(const struct guest_ram *ram, uint64_t granule)
{
	uint32_t low = 0;
	uint32_t high = ram->granule_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (ram->granules[middle] == granule)
			return middle;
		if (ram->granules[middle] > granule)
			low = middle + 1;
		else
			high = middle;
	}
	return ram->granule_count;
}

static void note_places(struct guest_ram *ram)
{
	for (uint32_t i = 0; i < ram->granule_count * FRAGMENTS_PER_GRANULE; i++) {
		uint32_t fragment = ram->mpa_fragment[i];
		uint32_t place = granule_place(ram, fragment / FRAGMENTS_PER_GRANULE);

		assert(place < ram->granule_count);
		ram->gpa_fragment[place * FRAGMENTS_PER_GRANULE +
				  fragment % FRAGMENTS_PER_GRANULE] = i;
	}
}

static int place(struct guest_ram *ram, struct rng *rng)
{
	struct piece *pieces = malloc(ram->granule_count * FRAGMENTS_PER_GRANULE * sizeof(*pieces));

	if (!pieces)
		return -ENOMEM;
	place_granules(ram, pieces, rng);
	place_fragments(ram, pieces, rng);
	note_places(ram);
	free(pieces);
	return 0;
}

static int map_piece(struct guest_ram *ram, uint64_t gpa, uint64_t len)
{
	off_t mpa = (off_t)(ram->mpa_fragment[gpa / FRAGMENT_SIZE] * FRAGMENT_SIZE);
	void *at = mmap(ram->guest_view + gpa, len, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_NORESERVE | MAP_FIXED, physmem_fd(ram->pm), mpa);

	return at == MAP_FAILED ? -errno : 0;
}

static int map_guest_view(struct guest_ram *ram)
{
	int ret = 0;

	ram->guest_view = mmap(NULL, ram->size_bytes, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ram->guest_view == MAP_FAILED) {
		ram->guest_view = NULL;
		return -errno;
	}
	for (uint64_t gpa = 0; gpa < ram->size_bytes && !ret;) {
		bool fragmented = is_fragmented(ram, (uint32_t)(gpa / GUEST_RAM_GRANULE));
		uint64_t len = fragmented ? FRAGMENT_SIZE : GUEST_RAM_GRANULE;

		ret = map_piece(ram, gpa, len);
		gpa += len;
	}
	return ret;
}

int guest_ram_create(struct guest_ram **out, struct physmem *pm, unsigned owner,
		     uint64_t size_bytes, struct rng *rng)
{
	struct guest_ram *ram;
	uint32_t count;
	int ret = -ENOMEM;

	if (owner < PHYSMEM_OWNER_VM0 || owner > PHYSMEM_OWNER_LIMIT || !size_bytes ||
	    size_bytes % GUEST_RAM_GRANULE)
		return -EINVAL;
	if (size_bytes > physmem_size_bytes(pm))
		return -ENOMEM;
	ram = calloc(1, sizeof(*ram));
	if (!ram)
		return -ENOMEM;
	ram->pm = pm;
	ram->size_bytes = size_bytes;
	count = (uint32_t)(size_bytes / GUEST_RAM_GRANULE);
	ram->granules = calloc(count, sizeof(*ram->granules));
	ram->mpa_fragment = calloc(count, FRAGMENTS_PER_GRANULE * sizeof(*ram->mpa_fragment));
	ram->gpa_fragment = calloc(count, FRAGMENTS_PER_GRANULE * sizeof(*ram->gpa_fragment));
	if (!ram->granules || !ram->mpa_fragment || !ram->gpa_fragment)
		goto fail;
	ret = physmem_take_granules(pm, owner, count, ram->granules);
	if (ret)
		goto fail;
	ram->granule_count = count;
	ret = place(ram, rng);
	if (ret)
		goto fail;
	ret = map_guest_view(ram);
	if (ret)
		goto fail;
	*out = ram;
	return 0;
fail:
	guest_ram_destroy(ram);
	return ret;
}

void guest_ram_destroy(struct guest_ram *ram)
{
	if (!ram)
		return;
	if (ram->guest_view)
		munmap(ram->guest_view, ram->size_bytes);
	if (ram->granule_count)
		physmem_release_granules(ram->pm, ram->granule_count, ram->granules);
	free(ram->gpa_fragment);
	free(ram->mpa_fragment);
	free(ram->granules);
	free(ram);
}

uint64_t guest_ram_size_bytes(const struct guest_ram *ram)
{
	return ram->size_bytes;
}

void *guest_ram_guest_view(const struct guest_ram *ram)
{
	return ram->guest_view;
}

int guest_ram_translate(const struct guest_ram *ram, uint64_t gfn, uint64_t *mfn_out)
{
	if (gfn >= ram->size_bytes >> PAGE_SHIFT)
		return -EFAULT;
	*mfn_out = ram->mpa_fragment[gfn / FRAGMENT_PAGES] * FRAGMENT_PAGES + gfn % FRAGMENT_PAGES;
	return 0;
}

int guest_ram_gfn_of(const struct guest_ram *ram, uint64_t mfn, uint64_t *gfn_out)
{
	uint32_t place = granule_place(ram, mfn / GRANULE_PAGES);
	uint64_t fragment;

	if (place == ram->granule_count)
		return -EFAULT;
	fragment = place * FRAGMENTS_PER_GRANULE + mfn % GRANULE_PAGES / FRAGMENT_PAGES;
	*gfn_out = ram->gpa_fragment[fragment] * FRAGMENT_PAGES + mfn % FRAGMENT_PAGES;
	return 0;
}

void *guest_ram_page(const struct guest_ram *ram, uint64_t gfn)
{
	uint64_t mfn;

	if (guest_ram_translate(ram, gfn, &mfn))
		return NULL;
	return physmem_at(ram->pm, mfn << PAGE_SHIFT, PAGE_SIZE);
}

static bool is_ram(const struct guest_ram *ram, uint64_t gpa, size_t len)
{
	return gpa <= ram->size_bytes && len <= ram->size_bytes - gpa;
}

// Within a page. What the guest writes as one aligned word is read as one, and the other way round.
static void copy_from_page(void *buf, const void *from, size_t len)
{
	if (len == sizeof(uint64_t) && (uintptr_t)from % sizeof(uint64_t) == 0) {
		uint64_t word = __atomic_load_n((const uint64_t *)from, __ATOMIC_RELAXED);

		memcpy(buf, &word, sizeof(word));
	} else if (len == sizeof(uint32_t) && (uintptr_t)from % sizeof(uint32_t) == 0) {
		uint32_t word = __atomic_load_n((const uint32_t *)from, __ATOMIC_RELAXED);

		memcpy(buf, &word, sizeof(word));
	} else {
		memcpy(buf, from, len);
	}
}

static void copy_to_page(void *to, const void *buf, size_t len)
{
	if (len == sizeof(uint64_t) && (uintptr_t)to % sizeof(uint64_t) == 0) {
		uint64_t word;

		memcpy(&word, buf, sizeof(word));
		__atomic_store_n((uint64_t *)to, word, __ATOMIC_RELAXED);
	} else if (len == sizeof(uint32_t) && (uintptr_t)to % sizeof(uint32_t) == 0) {
		uint32_t word;

		memcpy(&word, buf, sizeof(word));
		__atomic_store_n((uint32_t *)to, word, __ATOMIC_RELAXED);
	} else {
		memcpy(to, buf, len);
	}
}

// How much of len bytes from gpa on lies in gpa's page.
static size_t bytes_in_page(uint64_t gpa, size_t len)
{
	uint64_t rest = PAGE_SIZE - (gpa & PAGE_MASK);

	return len < rest ? len : (size_t)rest;
}

static uint8_t *host_address(const struct guest_ram *ram, uint64_t gpa)
{
	return (uint8_t *)guest_ram_page(ram, gpa >> PAGE_SHIFT) + (gpa & PAGE_MASK);
}

int guest_ram_read(const struct guest_ram *ram, uint64_t gpa, void *buf, size_t len)
{
	uint8_t *to = buf;

	if (!is_ram(ram, gpa, len))
		return -EFAULT;
	while (len) {
		size_t now = bytes_in_page(gpa, len);

		copy_from_page(to, host_address(ram, gpa), now);
		to += now;
		gpa += now;
		len -= now;
	}
	return 0;
}

int guest_ram_write(const struct guest_ram *ram, uint64_t gpa, const void *buf, size_t len)
{
	const uint8_t *from = buf;

	if (!is_ram(ram, gpa, len))
		return -EFAULT;
	while (len) {
		size_t now = bytes_in_page(gpa, len);

		copy_to_page(host_address(ram, gpa), from, now);
		from += now;
		gpa += now;
		len -= now;
	}
	return 0;
}
