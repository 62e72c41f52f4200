// SPDX-License-Identifier: MIT

#include "host/mmio.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/gtt.h"
#include "host/vgpu.h"

#define REGISTER_DWORDS (GEN9_MMIO_SIZE_BYTES / 4)

static void table_add(struct mmio_table *table, uint32_t offset, const struct mmio_row *row,
		      size_t number)
{
	assert(offset % 4 == 0);
	for (uint32_t i = 0; i < row->count; i++) {
		uint32_t dword = offset / 4 + i;

		assert(dword < REGISTER_DWORDS);
		assert(!table->row_of[dword]);
		table->row_of[dword] = (uint16_t)(number + 1);
	}
}

int mmio_table_init(struct mmio_table *table)
{
	table->row_of = calloc(REGISTER_DWORDS, sizeof(*table->row_of));
	if (!table->row_of)
		return -ENOMEM;
	assert(mmio_engine_row_count + mmio_global_row_count < UINT16_MAX);
	for (size_t i = 0; i < mmio_engine_row_count; i++)
		for (unsigned engine = 0; engine < GEN9_ENGINE_COUNT; engine++)
			table_add(table,
				  gen9_engines[engine].mmio_base + mmio_engine_rows[i].offset,
				  &mmio_engine_rows[i], i);
	for (size_t i = 0; i < mmio_global_row_count; i++)
		table_add(table, mmio_global_rows[i].offset, &mmio_global_rows[i],
			  mmio_engine_row_count + i);
	return 0;
}

void mmio_table_fini(struct mmio_table *table)
{
	free(table->row_of);
	table->row_of = NULL;
}

const struct mmio_row *mmio_row_at(const struct mmio_table *table, uint32_t offset)
{
	size_t number = table->row_of[offset / 4];

	if (!number)
		return NULL;
	number--;
	if (number < mmio_engine_row_count)
		return &mmio_engine_rows[number];
	return &mmio_global_rows[number - mmio_engine_row_count];
}

int mmio_read_locked(struct vgpu *vgpu, uint32_t offset, uint32_t *value)
{
	const struct mmio_row *row = mmio_row_at(&vgpu->gvt->mmio, offset);

	if (row && row->read)
		return row->read(vgpu, offset, value);
	*value = vreg_read(vgpu, offset);
	return 0;
}

int mmio_write_locked(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	const struct mmio_row *row = mmio_row_at(&vgpu->gvt->mmio, offset);
	unsigned flags = row ? row->flags : 0;

	if (flags & MMIO_RO)
		return 0;
	if (row && row->write)
		return row->write(vgpu, offset, value);
	if (flags & MMIO_MASKED)
		vreg_write_masked(vgpu, offset, value);
	else
		vreg_write(vgpu, offset, value);
	return 0;
}

static int part_write(struct vgpu *vgpu, uint32_t offset, unsigned size_bytes, uint32_t value)
{
	const struct mmio_row *row = mmio_row_at(&vgpu->gvt->mmio, offset & ~3u);
	unsigned flags = row ? row->flags : 0;
	unsigned shift = 8 * (offset & 3);
	uint32_t mask = ((1u << 8 * size_bytes) - 1) << shift;
	uint32_t rest = 0;

	if (flags & MMIO_WHOLE) {
		vgpu_incident(vgpu, GVT_INCIDENT_REGISTER_ACCESS, offset);
		return -EINVAL;
	}
	if (!(flags & (MMIO_MASKED | MMIO_W1C)))
		rest = vreg_read(vgpu, offset & ~3u) & ~mask;
	return mmio_write_locked(vgpu, offset & ~3u, rest | (value << shift & mask));
}

static int register_read(struct vgpu *vgpu, uint32_t offset, unsigned size_bytes, uint64_t *value)
{
	uint32_t dword = 0;
	uint32_t high = 0;
	int ret = mmio_read_locked(vgpu, offset & ~3u, &dword);

	if (size_bytes == 8 && !ret)
		ret = mmio_read_locked(vgpu, offset + 4, &high);
	if (ret)
		return ret;
	*value = (uint64_t)high << 32 | dword;
	*value >>= 8 * (offset & 3);
	if (size_bytes < 8)
		*value &= (UINT64_C(1) << 8 * size_bytes) - 1;
	return 0;
}

static int register_write(struct vgpu *vgpu, uint32_t offset, unsigned size_bytes, uint64_t value)
{
	int ret;

	if (size_bytes < 4)
		return part_write(vgpu, offset, size_bytes, (uint32_t)value);
	ret = mmio_write_locked(vgpu, offset, (uint32_t)value);
	if (size_bytes == 8 && !ret)
		ret = mmio_write_locked(vgpu, offset + 4, (uint32_t)(value >> 32));
	return ret;
}

/*
 * Registers and the GTT window, naturally aligned. Between them is a hole, where upstream performs
 * the access on guest physical memory of that address: a relic that is not reproduced.
 */
static bool access_is_valid(uint64_t offset, unsigned size_bytes)
{
	if (size_bytes == 0 || size_bytes > 8 || size_bytes & (size_bytes - 1))
		return false;
	if (offset % size_bytes)
		return false;
	if (offset >= GEN9_GTT_WINDOW)
		return size_bytes >= 4 &&
		       offset < (uint64_t)GEN9_GTT_WINDOW + GEN9_GTT_WINDOW_BYTES;
	return offset < GEN9_MMIO_SIZE_BYTES;
}

// Failsafe mode: no handlers, no lock, no hardware.
static void storage_read(struct vgpu *vgpu, uint64_t offset, unsigned size_bytes, uint64_t *value)
{
	if (offset >= GEN9_GTT_WINDOW)
		*value = gtt_view_read(vgpu, offset - GEN9_GTT_WINDOW, size_bytes);
	else
		memcpy(value, (uint8_t *)vgpu->vreg + offset, size_bytes);
}

static void storage_write(struct vgpu *vgpu, uint64_t offset, unsigned size_bytes, uint64_t value)
{
	if (offset >= GEN9_GTT_WINDOW)
		gtt_view_write(vgpu, offset - GEN9_GTT_WINDOW, size_bytes, value);
	else
		memcpy((uint8_t *)vgpu->vreg + offset, &value, size_bytes);
}

// With the lock held, or in failsafe mode.
static int perform_read(struct vgpu *vgpu, uint64_t offset, unsigned size_bytes, uint64_t *value)
{
	if (vgpu->failsafe)
		storage_read(vgpu, offset, size_bytes, value);
	else if (offset >= GEN9_GTT_WINDOW)
		*value = gtt_view_read(vgpu, offset - GEN9_GTT_WINDOW, size_bytes);
	else
		return register_read(vgpu, (uint32_t)offset, size_bytes, value);
	return 0;
}

static int perform_write(struct vgpu *vgpu, uint64_t offset, unsigned size_bytes, uint64_t value)
{
	if (vgpu->failsafe)
		storage_write(vgpu, offset, size_bytes, value);
	else if (offset >= GEN9_GTT_WINDOW)
		return gtt_write(vgpu, offset - GEN9_GTT_WINDOW, size_bytes, value);
	else
		return register_write(vgpu, (uint32_t)offset, size_bytes, value);
	return 0;
}

int mmio_read(struct vgpu *vgpu, uint64_t offset, unsigned size_bytes, uint64_t *value)
{
	struct machine *m = vgpu->m;
	int ret;

	*value = 0;
	work_spend(m, WORK_HANDLER, 1);
	if (!access_is_valid(offset, size_bytes)) {
		vgpu_incident(vgpu, GVT_INCIDENT_REGISTER_ACCESS, offset);
		return -EINVAL;
	}
	if (vgpu->failsafe)
		return perform_read(vgpu, offset, size_bytes, value);
	// Whoever holds the lock may put the vGPU in failsafe mode.
	sim_mutex_lock(m, &vgpu->lock);
	ret = perform_read(vgpu, offset, size_bytes, value);
	sim_mutex_unlock(m, &vgpu->lock);
	return ret;
}

int mmio_write(struct vgpu *vgpu, uint64_t offset, unsigned size_bytes, uint64_t value)
{
	struct machine *m = vgpu->m;
	int ret;

	work_spend(m, WORK_HANDLER, 1);
	if (!access_is_valid(offset, size_bytes)) {
		vgpu_incident(vgpu, GVT_INCIDENT_REGISTER_ACCESS, offset);
		return -EINVAL;
	}
	if (vgpu->failsafe)
		return perform_write(vgpu, offset, size_bytes, value);
	sim_mutex_lock(m, &vgpu->lock);
	ret = perform_write(vgpu, offset, size_bytes, value);
	sim_mutex_unlock(m, &vgpu->lock);
	return ret;
}
