// SPDX-License-Identifier: MIT
//
// Stepping through rings and batches, and copying privileged batches.

#include "host/cmd_parser.h"

#include <errno.h>
#include <stdlib.h>

#include "host/cmd_table.h"
#include "host/gtt.h"
#include "host/vgpu.h"
#include "host/workload.h"
#include "hw-model/regs/gen9_commands.h"

#define BATCH_END_OPCODE   MI_OPCODE(MI_BATCH_BUFFER_END)
#define BATCH_START_OPCODE MI_OPCODE(MI_BATCH_BUFFER_START)

static int scan_batches(struct cmd_scan *parent, uint32_t *start, enum cmd_buffer level);

static int refuse(struct vgpu *vgpu, enum gvt_incident incident, uint64_t value, int error)
{
	vgpu_incident(vgpu, incident, value);
	return error;
}

// The command's row and length, if the engine may see it at all.
static int find_command(struct vgpu *vgpu, enum gen9_engine_id engine, uint32_t header,
			const struct cmd_info **info, unsigned *dwords)
{
	*info = cmd_lookup(header, engine);
	if (!*info)
		return refuse(vgpu, GVT_INCIDENT_COMMAND_UNKNOWN, header, -EBADRQC);
	*dwords = gen9_cmd_dwords(header);
	if (!cmd_length_is_valid(*info, header, *dwords))
		return refuse(vgpu, GVT_INCIDENT_COMMAND_LENGTH, header, -EFAULT);
	return 0;
}

// Audit scan's buffer from its start to its end, or to a batch's last command.
static int scan_buffer(struct cmd_scan *scan)
{
	while (scan->pos < scan->count && !scan->ended) {
		uint32_t *cmd = &scan->dwords[scan->pos];
		const struct cmd_info *info;
		unsigned dwords;
		int ret = find_command(scan->vgpu, scan->engine, *cmd, &info, &dwords);

		if (ret)
			return ret;
		if (dwords > scan->count - scan->pos)
			return refuse(scan->vgpu, GVT_INCIDENT_COMMAND_LENGTH, *cmd, -EFAULT);
		work_spend(scan->vgpu->m, WORK_SCAN_DWORD, dwords);
		ret = cmd_audit(scan, info, cmd, dwords);
		if (ret)
			return ret;
		scan->pos += dwords;
	}
	return 0;
}

// Does a batch end here, with nothing of it behind? A chained start replaces it for good.
static bool ends_batch(uint32_t header)
{
	if (CMD_CLIENT(header) != CMD_CLIENT_MI)
		return false;
	if (MI_OPCODE(header) == BATCH_END_OPCODE)
		return true;
	return MI_OPCODE(header) == BATCH_START_OPCODE && !(header & MI_BATCH_SECOND_LEVEL);
}

/*
 * Size of the batch at gma, by stepping through guest memory: one small read for each command, as
 * find_bb_size() does. The guest can change it meanwhile: whoever copies checks the end again.
 */
static int measure_batch(struct cmd_scan *parent, uint64_t gma, size_t *bytes_out)
{
	struct vgpu *vgpu = parent->vgpu;
	size_t bytes = 0;
	uint32_t header;

	do {
		const struct cmd_info *info;
		unsigned dwords;
		int ret;

		if (guest_read_gma(vgpu, gma + bytes, &header, sizeof(header)))
			return refuse(vgpu, GVT_INCIDENT_BATCH_ADDRESS, gma + bytes, -EFAULT);
		ret = find_command(vgpu, parent->engine, header, &info, &dwords);
		if (ret)
			return ret;
		bytes += 4 * (size_t)dwords;
		if (bytes > CMD_BATCH_LIMIT_BYTES)
			return refuse(vgpu, GVT_INCIDENT_BATCH_ADDRESS, gma, -EINVAL);
	} while (!ends_batch(header));
	*bytes_out = bytes;
	return 0;
}

static bool is_one_too_many(const struct workload *workload, uint64_t pages)
{
	return workload->batch_count >= CMD_BATCH_LIMIT ||
	       pages > (CMD_BATCHES_LIMIT_BYTES >> PAGE_SHIFT) - workload->batch_pages;
}

static bool is_too_early(const struct workload *workload, uint64_t pages)
{
	uint64_t ahead = pages;

	for (const struct workload *w = workload->vgpu->workloads; w; w = w->next_of_vgpu)
		ahead += w->running ? 0 : w->batch_pages;
	return !workload->running && ahead > CMD_AHEAD_LIMIT_BYTES >> PAGE_SHIFT;
}

// Copy the batch at gma into host pages, which the workload owns from now on.
static int copy_batch(struct cmd_scan *parent, uint64_t gma, size_t bytes, struct cmd_scan *batch)
{
	uint64_t pages = (bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;
	struct workload *workload = parent->workload;
	struct vgpu *vgpu = parent->vgpu;
	struct shadow_batch *shadow;
	int ret;

	if (is_one_too_many(workload, pages))
		return refuse(vgpu, GVT_INCIDENT_BATCH_ADDRESS, gma, -EINVAL);
	if (is_too_early(workload, pages))
		return -EDQUOT;
	shadow = calloc(1, sizeof(*shadow));
	if (!shadow)
		return -ENOMEM;
	shadow->next = workload->batches;
	workload->batches = shadow;
	ret = gvt_workload_alloc_pages(vgpu, &shadow->pages, pages);
	if (ret)
		return ret;
	workload->batch_count++;
	workload->batch_pages += pages;
	if (guest_read_gma(vgpu, gma, shadow->pages.cpu, bytes))
		return refuse(vgpu, GVT_INCIDENT_BATCH_ADDRESS, gma, -EFAULT);
	batch->dwords = (uint32_t *)shadow->pages.cpu;
	batch->count = bytes / 4;
	return 0;
}

// Where a batch start command points; patched to point at the copy.
static uint64_t start_address(const uint32_t *cmd)
{
	return (uint64_t)cmd[2] << 32 | (cmd[1] & ~3u);
}

static void patch_start(const struct workload *workload, uint32_t *cmd)
{
	cmd[1] = (uint32_t)workload->batches->pages.gma;
	cmd[2] = (uint32_t)(workload->batches->pages.gma >> 32);
}

// One batch: measure, copy, audit the copy, which must end where the measured one did.
static int scan_batch(struct cmd_scan *parent, uint32_t *start, struct cmd_scan *batch)
{
	uint64_t gma = start_address(start);
	size_t bytes;
	int ret;

	if (!gtt_in_share(parent->vgpu, gma, 4))
		return refuse(parent->vgpu, GVT_INCIDENT_BATCH_ADDRESS, gma, -EFAULT);
	ret = measure_batch(parent, gma, &bytes);
	if (!ret)
		ret = copy_batch(parent, gma, bytes, batch);
	if (ret)
		return ret;
	patch_start(parent->workload, start);
	ret = scan_buffer(batch);
	if (ret)
		return ret;
	if (!batch->ended || batch->pos != batch->count)
		return refuse(parent->vgpu, GVT_INCIDENT_COMMAND_LENGTH, gma, -EFAULT);
	return 0;
}

// The batch that start names, and those it is chained to.
static int scan_batches(struct cmd_scan *parent, uint32_t *start, enum cmd_buffer level)
{
	while (start) {
		struct cmd_scan batch = {
			.vgpu = parent->vgpu,
			.workload = parent->workload,
			.engine = parent->engine,
			.buffer = level,
		};
		int ret = scan_batch(parent, start, &batch);

		if (ret)
			return ret;
		start = batch.chain;
	}
	return 0;
}

int cmd_batch_end(struct cmd_scan *scan, const uint32_t *cmd)
{
	if (scan->buffer == CMD_RING || scan->buffer == CMD_INDIRECT)
		return refuse(scan->vgpu, GVT_INCIDENT_COMMAND_UNKNOWN, *cmd, -EBADRQC);
	scan->ended = true;
	return 0;
}

int cmd_batch_start(struct cmd_scan *scan, uint32_t *cmd)
{
	bool second_level = *cmd & MI_BATCH_SECOND_LEVEL;
	bool privileged = !(*cmd & MI_BATCH_PPGTT);

	if (scan->buffer == CMD_BATCH_SECOND_LEVEL || scan->buffer == CMD_INDIRECT ||
	    (scan->buffer == CMD_RING && second_level))
		return refuse(scan->vgpu, GVT_INCIDENT_COMMAND_LENGTH, *cmd, -EFAULT);
	if (scan->buffer == CMD_BATCH && !second_level) {
		scan->ended = true;
		scan->chain = privileged ? cmd : NULL;
		return 0;
	}
	if (!privileged)
		return 0;
	if (scan->buffer == CMD_RING)
		scan->workload->batch_count = 0;
	return scan_batches(scan, cmd, second_level ? CMD_BATCH_SECOND_LEVEL : CMD_BATCH);
}

int cmd_scan_ring(struct workload *workload, uint32_t *dwords, size_t count)
{
	struct cmd_scan scan = {
		.vgpu = workload->vgpu,
		.workload = workload,
		.engine = workload->engine,
		.buffer = CMD_RING,
		.dwords = dwords,
		.count = count,
	};

	return scan_buffer(&scan);
}

static int scan_indirect(struct workload *workload)
{
	struct vgpu *vgpu = workload->vgpu;
	struct cmd_scan scan = {
		.vgpu = vgpu,
		.workload = workload,
		.engine = workload->engine,
		.buffer = CMD_INDIRECT,
		.count = workload->indirect_bytes / 4,
	};
	int ret = gvt_workload_alloc_pages(vgpu, &workload->indirect, 1);

	if (ret)
		return ret;
	if (guest_read_gma(vgpu, workload->indirect_gma, workload->indirect.cpu,
			   workload->indirect_bytes))
		return refuse(vgpu, GVT_INCIDENT_BATCH_ADDRESS, workload->indirect_gma, -EFAULT);
	scan.dwords = (uint32_t *)workload->indirect.cpu;
	return scan_buffer(&scan);
}

// As if a ring had started it.
static int scan_per_context(struct workload *workload)
{
	uint32_t start[] = { MI_BATCH_BUFFER_START, workload->per_context_gma, 0 };
	struct cmd_scan parent = {
		.vgpu = workload->vgpu,
		.workload = workload,
		.engine = workload->engine,
		.buffer = CMD_RING,
	};
	struct cmd_scan batch = {
		.vgpu = workload->vgpu,
		.workload = workload,
		.engine = workload->engine,
		.buffer = CMD_BATCH,
	};
	int ret;

	workload->batch_count = 0;
	ret = scan_batch(&parent, start, &batch);
	// The batch itself, before those that it leads to.
	workload->per_context = workload->batches;
	while (workload->per_context && workload->per_context->pages.gma != start[1])
		workload->per_context = workload->per_context->next;
	return ret ? ret : scan_batches(&parent, batch.chain, CMD_BATCH);
}

int cmd_scan_work_arounds(struct workload *workload)
{
	int ret = workload->indirect_bytes ? scan_indirect(workload) : 0;

	if (!ret && workload->per_context_gma)
		ret = scan_per_context(workload);
	return ret;
}
