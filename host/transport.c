// SPDX-License-Identifier: MIT
//
// The guest's accesses arrive here, one call for each exit, and go on as the path's row says.

#include "host/transport.h"

#include <stdio.h>

#include "host/mmio.h"
#include "host/pv_submission.h"
#include "host/pvinfo.h"
#include "host/vgpu.h"
#include "sim/abi/pvmmio.h"

// A way from the hypervisor to the mediator.
struct transport_path {
	const char *name;
	unsigned call_bytes; // the most that one call carries
};

/*
 * kvmgt.c of Linux 4.19 to 5.15: its fast path for 8-byte accesses to the GTT window tests the
 * wrong number and is never taken, so everything arrives in aligned calls of at most 4 bytes.
 */
static const struct transport_path kvmgt = { "kvmgt", 4 };

// The largest call that the path makes for what is left of an access: aligned, a power of two.
static unsigned call_size(const struct transport_path *path, uint64_t offset, unsigned left)
{
	unsigned size = path->call_bytes;

	while (size > left || offset % size)
		size /= 2;
	return size;
}

static int transport_read(struct vgpu *vgpu, uint64_t offset, unsigned size_bytes, uint64_t *value)
{
	unsigned done = 0;

	*value = 0;
	while (done < size_bytes) {
		unsigned size = call_size(&kvmgt, offset + done, size_bytes - done);
		uint64_t part;
		int ret = mmio_read(vgpu, offset + done, size, &part);

		if (ret)
			return ret;
		*value |= part << 8 * done;
		done += size;
	}
	return 0;
}

// An error ends the access, as it does in kvmgt: the rest is not delivered.
static int transport_write(struct vgpu *vgpu, uint64_t offset, unsigned size_bytes, uint64_t value)
{
	unsigned done = 0;

	while (done < size_bytes) {
		unsigned size = call_size(&kvmgt, offset + done, size_bytes - done);
		uint64_t part = value >> 8 * done;
		int ret;

		if (size < 8)
			part &= (UINT64_C(1) << 8 * size) - 1;
		ret = mmio_write(vgpu, offset + done, size, part);
		if (ret)
			return ret;
		done += size;
	}
	return 0;
}

static int registers_read(void *opaque, uint64_t offset, unsigned size_bytes, uint64_t *value)
{
	return transport_read(opaque, offset, size_bytes, value);
}

/*
 * With deferred doorbells the mediator has the hypervisor watch for them, address, size and value
 * (KVM_IOEVENTFD, with data match). What else is written there comes here as ever.
 */
static bool registers_is_event(void *opaque, uint64_t offset, unsigned size_bytes, uint64_t value)
{
	const struct vgpu *vgpu = opaque;
	int engine = gen9_engine_at((uint32_t)offset);

	return vgpu->deferred_doorbell && !vgpu->failsafe &&
	       vgpu->pvmmio_levels & PVMMIO_PV_SUBMISSION && engine >= 0 &&
	       offset == engine_reg((enum gen9_engine_id)engine, RING_ELSP) && size_bytes == 4 &&
	       value == PVMMIO_SUBMISSION_DOORBELL;
}

static int registers_write(void *opaque, uint64_t offset, unsigned size_bytes, uint64_t value)
{
	if (registers_is_event(opaque, offset, size_bytes, value)) {
		pv_submission_ring(opaque, (enum gen9_engine_id)gen9_engine_at((uint32_t)offset));
		return 0;
	}
	return transport_write(opaque, offset, size_bytes, value);
}

static void registers_name(void *opaque, uint64_t offset, char *buf, size_t len)
{
	const char *name = pvinfo_register_name((uint32_t)offset);

	if (name)
		snprintf(buf, len, "%s", name);
	else
		gen9_reg_name((uint32_t)offset, buf, len);
}

static int hole_read(void *opaque, uint64_t offset, unsigned size_bytes, uint64_t *value)
{
	return transport_read(opaque, GEN9_MMIO_SIZE_BYTES + offset, size_bytes, value);
}

static int hole_write(void *opaque, uint64_t offset, unsigned size_bytes, uint64_t value)
{
	return transport_write(opaque, GEN9_MMIO_SIZE_BYTES + offset, size_bytes, value);
}

static int gtt_window_read(void *opaque, uint64_t offset, unsigned size_bytes, uint64_t *value)
{
	return transport_read(opaque, GEN9_GTT_WINDOW + offset, size_bytes, value);
}

static int gtt_window_write(void *opaque, uint64_t offset, unsigned size_bytes, uint64_t value)
{
	return transport_write(opaque, GEN9_GTT_WINDOW + offset, size_bytes, value);
}

static const struct bus_region_ops registers_ops = {
	.read = registers_read,
	.write = registers_write,
	.is_event = registers_is_event,
	.register_name = registers_name,
};

static const struct bus_region_ops hole_ops = {
	.read = hole_read,
	.write = hole_write,
};

static const struct bus_region_ops gtt_window_ops = {
	.read = gtt_window_read,
	.write = gtt_window_write,
};

void transport_regions(struct vgpu *vgpu, uint64_t bar0)
{
	vgpu->registers = (struct bus_region){
		.name = "BAR0",
		.base = bar0,
		.size_bytes = GEN9_MMIO_SIZE_BYTES,
		.ops = &registers_ops,
		.opaque = vgpu,
		.backing = vgpu->vreg,
	};
	vgpu->hole = (struct bus_region){
		.name = "BAR0 hole",
		.base = bar0 + GEN9_MMIO_SIZE_BYTES,
		.size_bytes = GEN9_GTT_WINDOW - GEN9_MMIO_SIZE_BYTES,
		.ops = &hole_ops,
		.opaque = vgpu,
		.one_ledger_key = true,
	};
	vgpu->gtt_window = (struct bus_region){
		.name = "GGTT window",
		.base = bar0 + GEN9_GTT_WINDOW,
		.size_bytes = GEN9_GTT_WINDOW_BYTES,
		.ops = &gtt_window_ops,
		.opaque = vgpu,
		.one_ledger_key = true,
	};
}
