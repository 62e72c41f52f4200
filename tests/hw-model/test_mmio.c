// SPDX-License-Identifier: MIT
/* The register file and the GTT window: classes of access, sizes, hooks; PCI configuration. */
#include <string.h>

#include "tests/hw-model/rig.h"

#define ENGINE(engine, offset) (gen9_engines[engine].mmio_base + (offset))

static uint64_t read_sized(struct rig *rig, uint64_t offset, unsigned size_bytes)
{
	return bus_read(rig->m->host_bus, RIG_BAR0 + offset, size_bytes);
}

static void write_sized(struct rig *rig, uint64_t offset, unsigned size_bytes, uint64_t value)
{
	bus_write(rig->m->host_bus, RIG_BAR0 + offset, size_bytes, value);
}

static void test_reset_values(struct rig *rig)
{
	CHECK_EQ(rig, rig_read(rig, 0x44444), 0xffffffff); /* DE_PORT_IMR */
	CHECK_EQ(rig, rig_read(rig, 0x44448), 0);          /* DE_PORT_IIR */
	CHECK_EQ(rig, rig_read(rig, 0x64834), 0xffffffff); /* EDP_PSR_IMR */
	CHECK_EQ(rig, rig_read(rig, 0xa26c), 4);           /* 12 MHz timestamp */
	CHECK_EQ(rig, rig_read(rig, 0x9120), 1u << 25);    /* one slice */
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_VECS0, RING_CSB_PTR), 7);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_VECS0, RING_TAIL), 0);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_VECS0, RING_MI_MODE), MI_MODE_IDLE);
}

static void test_plain_registers(struct rig *rig)
{
	rig_write(rig, PAT_LO, 0x000a0907);
	CHECK_EQ(rig, rig_read(rig, PAT_LO), 0x000a0907);
	rig_write(rig, 0x151000, 0x1234); /* no table lists it: plain storage */
	CHECK_EQ(rig, rig_read(rig, 0x151000), 0x1234);
	CHECK_EQ(rig, rig_read(rig, 0x151004), 0);
}

static void test_read_only_and_write_only(struct rig *rig)
{
	uint32_t before = rig_read(rig, 0x9120);

	rig_write(rig, 0x9120, ~before);
	CHECK_EQ(rig, rig_read(rig, 0x9120), before);
	rig_write_engine(rig, GEN9_RCS0, RING_IPEHR, 1);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_RCS0, RING_IPEHR), 0);
	rig_write(rig, GFX_FLSH_CNTL, 1);
	CHECK_EQ(rig, rig_read(rig, GFX_FLSH_CNTL), 0);
	rig_write(rig, 0x4260, 1); /* TLB control clears itself */
	CHECK_EQ(rig, rig_read(rig, 0x4260), 0);
}

static void test_masked_register(struct rig *rig)
{
	rig_write_engine(rig, GEN9_BCS0, RING_INSTPM, 0x00ff00a5);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_BCS0, RING_INSTPM), 0xa5);
	rig_write_engine(rig, GEN9_BCS0, RING_INSTPM, 0xffff); /* no mask: nothing changes */
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_BCS0, RING_INSTPM), 0xa5);
	rig_write_engine(rig, GEN9_BCS0, RING_INSTPM, MASKED_DISABLE(0x5));
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_BCS0, RING_INSTPM), 0xa0);
	rig_write_engine(rig, GEN9_BCS0, RING_INSTPM, MASKED_ENABLE(0x8000));
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_BCS0, RING_INSTPM), 0x80a0);
}

static void test_status_pointer_read_field_is_software_s(struct rig *rig)
{
	struct rig_context ctx;

	rig_write_engine(rig, GEN9_BCS0, RING_CSB_PTR, MASKED_ENABLE(0x300));
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_BCS0, RING_CSB_PTR), 0x307);
	rig_context_init(&ctx, rig, GEN9_BCS0, 1);
	rig_submit(&ctx, NULL);
	rig_wait_idle(rig, GEN9_BCS0);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_BCS0, RING_CSB_PTR), 0x301);
}

static void test_write_one_to_clear(struct rig *rig)
{
	/* No event sets these, so only that a write of ones does not set them can be seen. */
	rig_write(rig, 0x64838, 0xffffffff);
	CHECK_EQ(rig, rig_read(rig, 0x64838), 0);
}

static void test_eight_byte_access_is_two(struct rig *rig)
{
	write_sized(rig, FENCE_LO(3), 8, 0x1122334455667788);
	CHECK_EQ(rig, rig_read(rig, FENCE_LO(3)), 0x55667788);
	CHECK_EQ(rig, rig_read(rig, FENCE_HI(3)), 0x11223344);
	CHECK_EQ(rig, read_sized(rig, FENCE_LO(3), 8), 0x1122334455667788);
}

static void test_small_accesses_touch_storage_only(struct rig *rig)
{
	rig_write(rig, PAT_HI, 0x3b2b1b0b);
	CHECK_EQ(rig, read_sized(rig, PAT_HI + 1, 1), 0x1b);
	CHECK_EQ(rig, read_sized(rig, PAT_HI + 2, 2), 0x3b2b);
	write_sized(rig, PAT_HI + 3, 1, 0xee);
	write_sized(rig, PAT_HI, 2, 0x1234);
	CHECK_EQ(rig, rig_read(rig, PAT_HI), 0xee2b1234);
	write_sized(rig, GDRST, 1, 1); /* no reset */
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_RCS0, RING_MODE), RING_MODE_RUN_LIST);
	CHECK_EQ(rig, rig_read(rig, GDRST), 0);
}

static void test_misaligned_access_is_ignored(struct rig *rig)
{
	rig_write(rig, PAT_LO, 0x11111111);
	rig_write(rig, PAT_HI, 0x22222222);
	write_sized(rig, PAT_LO + 2, 4, 0xffffffff);
	write_sized(rig, PAT_LO + 1, 2, 0xffff);
	write_sized(rig, PAT_HI, 8, 0xffffffffffffffff);
	CHECK_EQ(rig, rig_read(rig, PAT_LO), 0x11111111);
	CHECK_EQ(rig, rig_read(rig, PAT_HI), 0x22222222);
	CHECK_EQ(rig, read_sized(rig, PAT_LO + 2, 4), 0);
}

static void test_last_register(struct rig *rig)
{
	rig_write(rig, GEN9_MMIO_SIZE_BYTES - 4u, 0xabcd);
	CHECK_EQ(rig, rig_read(rig, GEN9_MMIO_SIZE_BYTES - 4u), 0xabcd);
	CHECK_EQ(rig, rig_read(rig, GEN9_MMIO_SIZE_BYTES), 0xffffffff); /* the hole */
}

static void test_latencies(struct rig *rig)
{
	uint64_t start_ps = rig_now(rig);

	(void)rig_read(rig, PAT_LO);
	CHECK_EQ(rig, rig_now(rig) - start_ps, rig_profile.value[HW_MMIO_READ]);
	start_ps = rig_now(rig);
	rig_write(rig, PAT_LO, 0);
	CHECK_EQ(rig, rig_now(rig) - start_ps, rig_profile.value[HW_MMIO_WRITE]);
}

static void test_timestamp(struct rig *rig)
{
	uint32_t first, second;

	first = rig_read_engine(rig, GEN9_RCS0, RING_TIMESTAMP);
	rig_sleep(rig, PS_PER_MS - rig_profile.value[HW_MMIO_READ]);
	second = rig_read_engine(rig, GEN9_RCS0, RING_TIMESTAMP);
	CHECK_EQ(rig, second - first, 12000);
	rig_sleep(rig, 400 * PS_PER_S);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_RCS0, RING_TIMESTAMP_UDW), 1);
	rig_sleep(rig, 6000 * PS_PER_S); /* 36 bits run over after 5726 s */
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_VCS0, RING_TIMESTAMP_UDW), 1);
}

static void test_forcewake(struct rig *rig)
{
	static const struct {
		uint32_t request, ack;
	} domains[] = {
		{0xa278,  0x0d84  },
                { 0xa270, 0x0d88  },
                { 0xa188, 0x130044}
	};

	for (size_t i = 0; i < 3; i++) {
		CHECK_EQ(rig, rig_read(rig, domains[i].ack), 0);
		rig_write(rig, domains[i].request, MASKED_ENABLE(1));
		CHECK_EQ(rig, rig_read(rig, domains[i].ack), 1);
		rig_write(rig, domains[i].request, MASKED_DISABLE(1));
		CHECK_EQ(rig, rig_read(rig, domains[i].ack), 0);
	}
}

static void test_pcode_is_never_busy(struct rig *rig)
{
	rig_write(rig, 0x138124, 0x80000006);
	CHECK_EQ(rig, rig_read(rig, 0x138124), 6);
}

static void test_gtt_window(struct rig *rig)
{
	uint64_t entry = GEN9_GTT_WINDOW + 5u * 8u;

	write_sized(rig, entry, 8, 0x0000123456789003);
	CHECK_EQ(rig, read_sized(rig, entry, 8), 0x0000123456789003);
	CHECK_EQ(rig, read_sized(rig, entry, 4), 0x56789003);
	CHECK_EQ(rig, read_sized(rig, entry + 4, 4), 0x1234);
	write_sized(rig, entry + 4, 4, 0x5678);
	CHECK_EQ(rig, read_sized(rig, entry, 8), 0x0000567856789003);
	write_sized(rig, entry, 4, 0);
	CHECK_EQ(rig, read_sized(rig, entry, 8), 0x0000567800000000);
	CHECK_EQ(rig, read_sized(rig, entry - 8, 8), 0);
	CHECK_EQ(rig, read_sized(rig, entry + 8, 8), 0);
	entry = GEN9_GTT_WINDOW + GEN9_GTT_WINDOW_BYTES - 8u;
	write_sized(rig, entry, 8, 0x77);
	CHECK_EQ(rig, read_sized(rig, entry, 8), 0x77);
	write_sized(rig, entry + 4, 8, 0xffff); /* misaligned */
	CHECK_EQ(rig, read_sized(rig, entry, 8), 0x77);
}

static uint32_t config_dword(const uint8_t *config, unsigned offset)
{
	uint32_t value;

	memcpy(&value, config + offset, sizeof(value));
	return value;
}

static void test_pci_configuration(struct rig *rig)
{
	uint8_t config[256];

	memset(config, 0xee, sizeof(config));
	gen9_gpu_pci_config(rig->gpu, RIG_BAR0, config, sizeof(config));
	CHECK_EQ(rig, config_dword(config, 0x00), 0x19128086);
	CHECK_EQ(rig, config_dword(config, 0x08) >> 8, 0x030000);
	CHECK_EQ(rig, config_dword(config, 0x10), (uint32_t)RIG_BAR0 | 4);
	CHECK_EQ(rig, config_dword(config, 0x14), RIG_BAR0 >> 32);
	CHECK_EQ(rig, config_dword(config, 0x18) & 0xf, 0xc);
	CHECK_EQ(rig, config_dword(config, 0x18) & ~0xfu, 0x10000000);
	CHECK_EQ(rig, config_dword(config, 0x50), 3 << 6);
	CHECK_EQ(rig, config_dword(config, 0xfc), 0);
	memset(config, 0xee, sizeof(config));
	gen9_gpu_pci_config(rig->gpu, RIG_BAR0, config, 0x12); /* cut in the middle of a BAR */
	CHECK_EQ(rig, config[0x11], 0);
	CHECK_EQ(rig, config[0x12], 0xee);
}

#define TESTS(T)                                                                                   \
	T(test_reset_values)                                                                       \
	T(test_plain_registers)                                                                    \
	T(test_read_only_and_write_only)                                                           \
	T(test_masked_register)                                                                    \
	T(test_status_pointer_read_field_is_software_s)                                            \
	T(test_write_one_to_clear)                                                                 \
	T(test_eight_byte_access_is_two)                                                           \
	T(test_small_accesses_touch_storage_only)                                                  \
	T(test_misaligned_access_is_ignored)                                                       \
	T(test_last_register)                                                                      \
	T(test_latencies)                                                                          \
	T(test_timestamp)                                                                          \
	T(test_forcewake)                                                                          \
	T(test_pcode_is_never_busy)                                                                \
	T(test_gtt_window)                                                                         \
	T(test_pci_configuration)

RIG_TEST_MAIN(TESTS)
