// SPDX-License-Identifier: MIT
#include "tests/hw-model/display.h"

uint64_t display_start(struct rig *rig, unsigned pipe)
{
	rig_write(rig, TRANS_HTOTAL(pipe), TRANS_TIMING(MODE_WIDTH, MODE_HTOTAL));
	rig_write(rig, TRANS_VTOTAL(pipe), TRANS_TIMING(MODE_HEIGHT, MODE_VTOTAL));
	rig_write(rig, PIPE_LINK_M1(pipe), 1);
	rig_write(rig, PIPE_LINK_N1(pipe), 10);
	rig_write(rig, PIPECONF(pipe), PIPECONF_ENABLE);
	return rig_now(rig) - rig_profile.value[HW_MMIO_WRITE];
}

void display_unmask(struct rig *rig, unsigned pipe, uint32_t bits)
{
	rig_write(rig, DE_PIPE_IER(pipe), bits);
	rig_write(rig, DE_PIPE_IMR(pipe), ~bits);
}

void display_sleep_until(struct rig *rig, uint64_t ps)
{
	CHECK(rig, rig_now(rig) <= ps);
	rig_sleep(rig, ps - rig_now(rig));
}

static uint32_t pixel(uint32_t seed, uint32_t x, uint32_t y)
{
	return seed << 24 | y << 12 | x;
}

uint32_t display_surface(struct rig *rig, uint32_t seed)
{
	unsigned pages =
		(unsigned)((DISPLAY_STRIDE_BYTES * MODE_HEIGHT + PAGE_SIZE - 1) / PAGE_SIZE);
	uint32_t gma = rig_alloc(rig, pages);

	for (uint32_t y = 0; y < MODE_HEIGHT; y++)
		for (uint32_t x = 0; x < MODE_WIDTH; x++)
			rig_store(rig, gma + y * DISPLAY_STRIDE_BYTES + x * 4u, pixel(seed, x, y));
	return gma;
}

uint64_t display_digest(uint32_t seed)
{
	uint32_t row[MODE_WIDTH];
	struct gen9_digest digest;

	gen9_digest_init(&digest);
	for (uint32_t y = 0; y < MODE_HEIGHT; y++) {
		for (uint32_t x = 0; x < MODE_WIDTH; x++)
			row[x] = pixel(seed, x, y);
		gen9_digest_add(&digest, row, sizeof(row));
	}
	return gen9_digest_value(&digest);
}

void display_plane(struct rig *rig, unsigned pipe, unsigned plane)
{
	rig_write(rig, PLANE_OFFSET(pipe, plane), 0);
	rig_write(rig, PLANE_STRIDE(pipe, plane), DISPLAY_STRIDE_BYTES / 64u);
	rig_write(rig, PLANE_SIZE(pipe, plane), (MODE_HEIGHT - 1u) << 16 | (MODE_WIDTH - 1u));
	rig_write(rig, PLANE_POS(pipe, plane), 0);
	rig_write(rig, PLANE_CTL(pipe, plane), PLANE_CTL_ENABLE | PLANE_CTL_FORMAT_8888);
}

struct gen9_pipe_stats display_stats(const struct rig *rig, unsigned pipe)
{
	struct gen9_pipe_stats stats;

	gen9_gpu_pipe_stats(rig->gpu, pipe, &stats);
	return stats;
}

struct gen9_latch display_latch(const struct rig *rig, unsigned pipe, unsigned plane)
{
	struct gen9_latch latch;

	gen9_gpu_last_latch(rig->gpu, pipe, plane, &latch);
	return latch;
}
