// SPDX-License-Identifier: MIT

#include "host/host_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/vgpu.h"
#include "hw-model/regs/gen9_commands.h"
#include "hw-model/regs/gen9_context.h"

#define CONTEXT_ID_BASE 0x1000u // above those of shadow contexts

struct host_buffer {
	struct hw_pages pages;
	struct host_buffer *next;
};

struct host_client {
	struct gvt *gvt;
	unsigned id;
	struct host_buffer *images[GEN9_ENGINE_COUNT]; // made on first use
	struct host_buffer *rings[GEN9_ENGINE_COUNT];
	struct host_buffer *buffers; // all of them
};

int host_client_create(struct host_client **out, struct gvt *gvt, unsigned id)
{
	struct host_client *client = calloc(1, sizeof(*client));

	if (!client)
		return -ENOMEM;
	client->gvt = gvt;
	client->id = id;
	*out = client;
	return 0;
}

void host_client_destroy(struct host_client *client)
{
	struct host_buffer *buffer;

	if (!client)
		return;
	while ((buffer = client->buffers)) {
		client->buffers = buffer->next;
		hw_pages_free(&client->gvt->hw, &buffer->pages);
		free(buffer);
	}
	free(client);
}

struct host_buffer *host_buffer_create(struct host_client *client, size_t size_bytes)
{
	struct hw *hw = &client->gvt->hw;
	struct host_buffer *buffer = calloc(1, sizeof(*buffer));

	if (!buffer)
		return NULL;
	if (hw_pages_alloc(hw, &buffer->pages, (size_bytes + PAGE_MASK) >> PAGE_SHIFT)) {
		free(buffer);
		return NULL;
	}
	buffer->next = client->buffers;
	client->buffers = buffer;
	hw_pages_bind(hw, &buffer->pages);
	return buffer;
}

void *host_buffer_cpu(const struct host_buffer *buffer)
{
	return buffer->pages.cpu;
}

uint64_t host_buffer_gma(const struct host_buffer *buffer)
{
	return buffer->pages.gma;
}

static void set_register(uint32_t *state, uint32_t index, uint32_t offset, uint32_t value)
{
	state[index] = offset;
	state[index + 1] = value;
}

// Registers of the image beside the ring's: what begins as zero.
static const struct {
	uint32_t index;
	uint32_t reg;
	bool rcs_only;
} image_zeroes[] = {
	{CTX_RING_HEAD,            RING_HEAD,            false},
	{ CTX_RING_TAIL,           RING_TAIL,            false},
	{ CTX_BB_ADDR_UDW,         RING_BB_ADDR_UDW,     false},
	{ CTX_BB_ADDR_LDW,         RING_BB_ADDR,         false},
	{ CTX_BB_STATE,            RING_BB_STATE,        false},
	{ CTX_SBB_ADDR_UDW,        RING_SBB_ADDR_UDW,    false},
	{ CTX_SBB_ADDR_LDW,        RING_SBB_ADDR,        false},
	{ CTX_SBB_STATE,           RING_SBB_STATE,       false},
	{ CTX_BB_PER_CTX_PTR,      RING_BB_PER_CTX_PTR,  true },
	{ CTX_INDIRECT_CTX,        RING_INDIRECT_CTX,    true },
	{ CTX_INDIRECT_CTX_OFFSET, RING_INDIRECT_OFFSET, true },
	{ CTX_TIMESTAMP,           RING_CTX_TIMESTAMP,   false},
	{ CTX_PDP3_UDW,            RING_PDP_UDW(3),      false},
	{ CTX_PDP3_UDW + 2,        RING_PDP_LDW(3),      false},
	{ CTX_PDP3_UDW + 4,        RING_PDP_UDW(2),      false},
	{ CTX_PDP3_UDW + 6,        RING_PDP_LDW(2),      false},
	{ CTX_PDP3_UDW + 8,        RING_PDP_UDW(1),      false},
	{ CTX_PDP3_UDW + 10,       RING_PDP_LDW(1),      false},
	{ CTX_PDP0_UDW,            RING_PDP_UDW(0),      false},
	{ CTX_PDP0_LDW,            RING_PDP_LDW(0),      false},
};

// A context that has not run yet: restore inhibited (Linux 4.19 execlists_init_reg_state()).
static void init_image(struct host_client *client, enum gen9_engine_id id)
{
	uint32_t *state = (uint32_t *)(client->images[id]->pages.cpu + LRC_STATE_PAGE * PAGE_SIZE);
	bool rcs = id == GEN9_RCS0;

	state[CTX_LRI_HEADER_0] = rcs ? CTX_LRI_HEADER_0_RCS : CTX_LRI_HEADER_0_OTHER;
	state[CTX_LRI_HEADER_1] = CTX_LRI_HEADER_1_VALUE;
	for (size_t i = 0; i < sizeof(image_zeroes) / sizeof(image_zeroes[0]); i++)
		if (rcs || !image_zeroes[i].rcs_only)
			set_register(state, image_zeroes[i].index,
				     engine_reg(id, image_zeroes[i].reg), 0);
	set_register(state, CTX_CONTEXT_CONTROL, engine_reg(id, RING_CONTEXT_CONTROL),
		     CTX_CTRL_FIRST_USE);
	set_register(state, CTX_RING_START, engine_reg(id, RING_START),
		     (uint32_t)client->rings[id]->pages.gma);
	set_register(state, CTX_RING_CTL, engine_reg(id, RING_CTL), RING_CTL_VALID);
	if (!rcs)
		return;
	state[CTX_LRI_HEADER_2] = CTX_LRI_HEADER_2_VALUE;
	set_register(state, CTX_R_PWR_CLK_STATE, R_PWR_CLK_STATE, 0);
}

static int make_context(struct host_client *client, enum gen9_engine_id id)
{
	if (client->rings[id])
		return 0;
	if (!client->images[id])
		client->images[id] =
			host_buffer_create(client, gen9_engines[id].context_pages * PAGE_SIZE);
	if (!client->images[id])
		return -ENOMEM;
	client->rings[id] = host_buffer_create(client, PAGE_SIZE);
	if (!client->rings[id])
		return -ENOMEM;
	init_image(client, id);
	return 0;
}

// The ring begins anew each time: there is one request in it.
static uint64_t fill_ring(struct host_client *client, enum gen9_engine_id id, uint64_t batch_gma)
{
	uint32_t *state = (uint32_t *)(client->images[id]->pages.cpu + LRC_STATE_PAGE * PAGE_SIZE);
	uint32_t *ring = (uint32_t *)client->rings[id]->pages.cpu;

	ring[0] = MI_BATCH_BUFFER_START;
	ring[1] = (uint32_t)batch_gma;
	ring[2] = (uint32_t)(batch_gma >> 32);
	ring[3] = MI_NOOP;
	set_register(state, CTX_RING_HEAD, engine_reg(id, RING_HEAD), 0);
	set_register(state, CTX_RING_TAIL, engine_reg(id, RING_TAIL), 16);
	return (uint64_t)(CONTEXT_ID_BASE + client->id * GEN9_ENGINE_COUNT + id)
		       << CTX_DESC_ID_SHIFT |
	       client->images[id]->pages.gma | CTX_DESC_MODE_LEGACY_32B << CTX_DESC_MODE_SHIFT |
	       CTX_DESC_PRIVILEGE | CTX_DESC_VALID;
}

int host_client_run(struct host_client *client, enum gen9_engine_id id,
		    const struct host_buffer *batch)
{
	struct sched_engine *engine = &client->gvt->sched.engines[id];
	uint64_t descriptor;
	int ret;

	hw_wait_ready(&client->gvt->hw);
	ret = make_context(client, id);
	if (ret)
		return ret;
	descriptor = fill_ring(client, id, batch->pages.gma);
	hw_engine_acquire(engine->hw);
	engine_take(engine, NULL);
	hw_engine_submit(engine->hw, descriptor);
	ret = hw_engine_wait(engine->hw);
	if (ret) {
		hw_engine_reset(engine->hw);
		engine_forget_owner(engine);
		init_image(client, id);
	}
	hw_engine_release(engine->hw);
	return ret;
}
