// SPDX-License-Identifier: MIT
/*
 * The command streamer: where the next command is, what it is, who executes it.
 *
 * A command that its engine does not know hangs the engine; so does one whose length is not the
 * command's, or that runs past the ring's tail. Every command takes at least a nanosecond, so that
 * a batch that loops for ever lets time pass.
 */
#include <errno.h>

#include "hw-model/gen9_private.h"
#include "hw-model/regs/gen9_commands.h"

#define SHORTEST_COMMAND_PS PS_PER_NS
#define HEAD_WRAP_SHIFT     21

static enum gen9_space stream_space(const struct gen9_engine *engine)
{
	const struct gen9_stream *stream = &engine->stream;

	return stream->level ? stream->space[stream->level - 1u] : GEN9_SPACE_GGTT;
}

bool gen9_operand_space(const struct gen9_engine *engine, bool use_ggtt, enum gen9_space *space)
{
	*space = use_ggtt ? GEN9_SPACE_GGTT : stream_space(engine);
	return !use_ggtt || stream_space(engine) == GEN9_SPACE_GGTT;
}

uint64_t gen9_status_page_address(struct gen9_engine *engine, bool global, uint32_t byte)
{
	uint32_t page = global ? *gen9_engine_reg(engine, RING_HWS_PGA)
			       : (uint32_t)engine->descriptor;

	return (page & ~(uint32_t)PAGE_MASK) + (byte & (uint32_t)PAGE_MASK);
}

/* ---- position ---- */

static uint32_t ring_head(struct gen9_engine *engine)
{
	return *gen9_engine_reg(engine, RING_HEAD) & RING_HEAD_MASK;
}

static uint32_t ring_tail(struct gen9_engine *engine)
{
	return *gen9_engine_reg(engine, RING_TAIL) & RING_TAIL_MASK;
}

static uint32_t ring_bytes(struct gen9_engine *engine)
{
	return (*gen9_engine_reg(engine, RING_CTL) & RING_CTL_SIZE_MASK) + (uint32_t)PAGE_SIZE;
}

bool gen9_stream_at_end(struct gen9_engine *engine)
{
	return engine->stream.level == 0 && ring_head(engine) == ring_tail(engine);
}

static uint64_t ring_address(struct gen9_engine *engine, uint32_t head)
{
	return (*gen9_engine_reg(engine, RING_START) & ~(uint32_t)PAGE_MASK) +
	       (uint64_t)(head % ring_bytes(engine));
}

static uint64_t stream_address(struct gen9_engine *engine)
{
	unsigned level = engine->stream.level;

	return level ? engine->stream.batch[level - 1u] : ring_address(engine, ring_head(engine));
}

/* How many dwords lie between head and tail, around the ring's end. */
static uint32_t ring_dwords_left(struct gen9_engine *engine)
{
	uint32_t bytes = ring_bytes(engine);

	return (ring_tail(engine) + bytes - ring_head(engine)) % bytes / 4u;
}

/* Around its end the ring's head starts over and its upper bits count that. */
static void advance_ring(struct gen9_engine *engine, unsigned dwords)
{
	uint32_t *reg = gen9_engine_reg(engine, RING_HEAD);
	uint32_t head = ring_head(engine) + dwords * 4u;
	uint32_t wraps = *reg >> HEAD_WRAP_SHIFT;

	if (head >= ring_bytes(engine)) {
		head -= ring_bytes(engine);
		wraps++;
	}
	*reg = wraps << HEAD_WRAP_SHIFT | head;
}

static void advance(struct gen9_engine *engine, unsigned dwords)
{
	unsigned level = engine->stream.level;

	if (level)
		engine->stream.batch[level - 1u] += dwords * 4u;
	else
		advance_ring(engine, dwords);
}

/* ---- fetch ---- */

/* A ring is contiguous in the GGTT but for its end. */
static int fetch_ring(struct gen9_engine *engine, unsigned dwords)
{
	uint32_t to_end = (ring_bytes(engine) - ring_head(engine)) / 4u;
	unsigned first = dwords < to_end ? dwords : to_end;
	int rc = gen9_engine_read(engine, GEN9_SPACE_GGTT, stream_address(engine), engine->command,
				  first * 4u);

	if (!rc && first < dwords)
		rc = gen9_engine_read(engine, GEN9_SPACE_GGTT, ring_address(engine, 0),
				      &engine->command[first], (dwords - first) * 4u);
	return rc;
}

static int fetch(struct gen9_engine *engine, unsigned dwords)
{
	if (!engine->stream.level)
		return fetch_ring(engine, dwords);
	return gen9_engine_read(engine, stream_space(engine), stream_address(engine),
				engine->command, dwords * 4u);
}

/* ---- decode ---- */

static const struct gen9_command_info *find_render(const struct gen9_engine *engine,
						   uint32_t header)
{
	for (size_t i = 0; i < gen9_render_command_count; i++) {
		const struct gen9_render_command *row = &gen9_render_commands[i];

		if ((header & row->mask) == row->value && (row->info.engines & 1u << engine->id))
			return &row->info;
	}
	return NULL;
}

static const struct gen9_command_info *find_command(const struct gen9_engine *engine,
						    uint32_t header)
{
	const struct gen9_command_info *info;

	switch (CMD_CLIENT(header)) {
	case CMD_CLIENT_MI:
		info = &gen9_mi_commands[MI_OPCODE(header)];
		break;
	case CMD_CLIENT_BLT:
		info = &gen9_blt_commands[BLT_OPCODE(header)];
		break;
	case CMD_CLIENT_RENDER:
		return find_render(engine, header);
	default:
		return NULL;
	}
	return info->engines & 1u << engine->id ? info : NULL;
}

/* The command at the stream's position, all its dwords fetched if they are needed. */
static int fetch_command(struct gen9_engine *engine, const struct gen9_command_info **out)
{
	const struct gen9_command_info *info;
	unsigned dwords;
	int rc = fetch(engine, 1);

	if (rc)
		return rc;
	*gen9_engine_reg(engine, RING_IPEHR) = engine->command[0];
	info = find_command(engine, engine->command[0]);
	dwords = gen9_cmd_dwords(engine->command[0]);
	if (!info || (!engine->stream.level && dwords > ring_dwords_left(engine)) ||
	    (info->execute && (dwords < info->dwords_min || dwords > info->dwords_max)))
		return gen9_engine_hang(engine, engine->command_address);
	engine->command_dwords = dwords;
	*out = info;
	return info->execute && dwords > 1 ? fetch(engine, dwords) : 0;
}

static uint64_t command_ps(const struct gen9_engine *engine)
{
	uint64_t ps = gen9_param(engine, HW_COMMAND);

	return ps > SHORTEST_COMMAND_PS ? ps : SHORTEST_COMMAND_PS;
}

int gen9_command_step(struct gen9_engine *engine)
{
	const struct gen9_command_info *info = NULL;
	struct gen9_stream stream = engine->stream;
	uint32_t head = *gen9_engine_reg(engine, RING_HEAD);
	int rc;

	engine->command_address = stream_address(engine);
	*gen9_engine_reg(engine, RING_ACTHD) = (uint32_t)engine->command_address;
	*gen9_engine_reg(engine, RING_ACTHD_UDW) = (uint32_t)(engine->command_address >> 32);
	rc = fetch_command(engine, &info);
	if (!rc)
		rc = gen9_engine_spend(engine, command_ps(engine));
	if (rc)
		return rc;
	advance(engine, engine->command_dwords);
	rc = info->execute ? info->execute(engine, engine->command) : 0;
	if (rc == -EAGAIN) {
		engine->stream = stream;
		*gen9_engine_reg(engine, RING_HEAD) = head;
		return rc;
	}
	engine->repeats_since_ps = EXEC_NEVER;
	if (!rc) {
		engine->stats.commands++;
	}
	return rc;
}
