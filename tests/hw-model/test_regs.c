// SPDX-License-Identifier: MIT
/* The register and engine tables, names, and lengths of commands. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka.h wants those above it. */
#include <cmocka.h>

#include "hw-model/gen9_gpu.h"
#include "hw-model/regs/gen9_commands.h"
#include "hw-model/regs/gen9_display.h"
#include "hw-model/regs/gen9_regs.h"

static void assert_name(uint32_t offset, const char *expected)
{
	char name[48];

	gen9_reg_name(offset, name, sizeof(name));
	assert_string_equal(name, expected);
}

static void assert_sorted(const struct gen9_reg_info *table, size_t count, uint32_t limit)
{
	for (size_t i = 0; i < count; i++) {
		assert_true(table[i].offset % 4u == 0);
		assert_true(table[i].offset < limit);
		assert_true(table[i].name[0] != '\0');
		if (i)
			assert_true(table[i - 1].offset < table[i].offset);
	}
}

static void test_tables_are_sorted(void **state)
{
	assert_sorted(gen9_engine_regs, gen9_engine_reg_count, 0x1000);
	assert_sorted(gen9_global_regs, gen9_global_reg_count, GEN9_MMIO_SIZE_BYTES);
}

static void test_names_are_unique(void **state)
{
	for (size_t i = 0; i < gen9_global_reg_count; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(gen9_global_regs[i].name, gen9_global_regs[j].name);
	for (size_t i = 0; i < gen9_engine_reg_count; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(gen9_engine_regs[i].name, gen9_engine_regs[j].name);
}

static void test_names(void **state)
{
	assert_name(0x02230, "RCS0_ELSP");
	assert_name(0x22230, "BCS0_ELSP");
	assert_name(0x12230, "VCS0_ELSP");
	assert_name(0x1c230, "VCS1_ELSP");
	assert_name(0x1a230, "VECS0_ELSP");
	assert_name(0x02374, "RCS0_CSB_HI_0");
	assert_name(0x1a398, "VECS0_CSB_LO_5");
	assert_name(0x020c8, "RCS0_R_PWR_CLK_STATE");
	assert_name(0x44200, "MASTER_IRQ");
	assert_name(0x44318, "GT1_IIR");
	assert_name(0x44424, "DE_PIPE_C_IMR");
	assert_name(0x0c8f4, "RCS0_MOCS_61");
	assert_name(0x0cc00, "BCS0_MOCS_0");
	assert_name(0x0b098, "LNCFCMOCS_30");
	assert_name(0x1000fc, "FENCE_HI_31");
	assert_name(0x7019c, "PLANE_SURF_1_A");
	assert_name(0x7227c, "PLANE_BUF_CFG_1_C");
	assert_name(0x71284, "");
	assert_name(0x69180, "PS_CTRL_1_C");
}

/* The macros and the table agree, at the corners of each. */
static void test_display_names(void **state)
{
	/* clang-format off */
	static const struct {
		uint32_t offset;
		const char *name;
	} rows[] = {
		{ DE_PIPE_IIR(2), "DE_PIPE_C_IIR" },
		{ DE_PORT_IMR, "DE_PORT_IMR" },
		{ DE_MISC_IER, "DE_MISC_IER" },
		{ PCU_IIR, "PCU_IIR" },
		{ SDE_IER, "SDE_IER" },
		{ EDP_PSR_IIR, "EDP_PSR_IIR" },
		{ TRANS_HTOTAL(0), "HTOTAL_A" },
		{ TRANS_HBLANK(0), "HBLANK_A" },
		{ TRANS_HSYNC(0), "HSYNC_A" },
		{ TRANS_VTOTAL(2), "VTOTAL_C" },
		{ TRANS_VBLANK(1), "VBLANK_B" },
		{ TRANS_VSYNC(1), "VSYNC_B" },
		{ TRANS_VSYNCSHIFT(1), "VSYNCSHIFT_B" },
		{ PIPESRC(2), "PIPESRC_C" },
		{ TRANS_DDI_FUNC_CTL(1), "TRANS_DDI_FUNC_CTL_B" },
		{ PIPE_DATA_M1(0), "PIPE_DATA_M1_A" },
		{ PIPE_DATA_N1(1), "PIPE_DATA_N1_B" },
		{ PIPE_LINK_M1(2), "PIPE_LINK_M1_C" },
		{ PIPE_LINK_N1(0), "PIPE_LINK_N1_A" },
		{ PIPEDSL(1), "PIPEDSL_B" },
		{ PIPECONF(2), "PIPECONF_C" },
		{ PIPEMISC(0), "PIPEMISC_A" },
		{ PIPE_FRMCOUNT(1), "FRMCOUNT_B" },
		{ PIPE_FLIPCOUNT(2), "FLIPCOUNT_C" },
		{ WM_LINETIME(2), "WM_LINETIME_C" },
		{ PLANE_CTL(0, 1), "PLANE_CTL_1_A" },
		{ PLANE_STRIDE(0, 2), "PLANE_STRIDE_2_A" },
		{ PLANE_POS(0, 3), "PLANE_POS_3_A" },
		{ PLANE_SIZE(1, 1), "PLANE_SIZE_1_B" },
		{ PLANE_KEYVAL(1, 2), "PLANE_KEYVAL_2_B" },
		{ PLANE_KEYMSK(1, 3), "PLANE_KEYMSK_3_B" },
		{ PLANE_SURF(2, 1), "PLANE_SURF_1_C" },
		{ PLANE_KEYMAX(2, 2), "PLANE_KEYMAX_2_C" },
		{ PLANE_OFFSET(2, 3), "PLANE_OFFSET_3_C" },
		{ PLANE_SURFLIVE(0, 3), "PLANE_SURFLIVE_3_A" },
		{ PLANE_AUX_DIST(0, 3), "PLANE_AUX_DIST_3_A" },
		{ PLANE_AUX_OFFSET(1, 3), "PLANE_AUX_OFFSET_3_B" },
		{ PLANE_WM(0, 2, 0), "PLANE_WM_2_A_0" },
		{ PLANE_WM(2, 3, 7), "PLANE_WM_3_C_7" },
		{ PLANE_WM_TRANS(1, 1), "PLANE_WM_TRANS_1_B" },
		{ PLANE_NV12_BUF_CFG(0, 1), "PLANE_NV12_BUF_CFG_1_A" },
		{ PLANE_BUF_CFG(2, 3), "PLANE_BUF_CFG_3_C" },
		{ CURCNTR(0), "CURCNTR_A" },
		{ CURBASE(1), "CURBASE_B" },
		{ CURPOS(2), "CURPOS_C" },
		{ CUR_FBC_CTL(1), "CUR_FBC_CTL_B" },
		{ CURSURFLIVE(0), "CURSURFLIVE_A" },
		{ CUR_WM(1, 7), "CUR_WM_B_7" },
		{ CUR_WM_TRANS(0), "CUR_WM_TRANS_A" },
		{ CUR_BUF_CFG(2), "CUR_BUF_CFG_C" },
		{ PS_PWR_GATE(0, 0), "PS_PWR_GATE_1_A" },
		{ PS_WIN_POS(0, 1), "PS_WIN_POS_2_A" },
		{ PS_WIN_SZ(1, 0), "PS_WIN_SZ_1_B" },
		{ PS_CTRL(1, 1), "PS_CTRL_2_B" },
		{ PS_CTRL(2, 0), "PS_CTRL_1_C" },
		{ PS_VSCALE(0, 0), "PS_VSCALE_1_A" },
		{ PS_VPHASE(0, 1), "PS_VPHASE_2_A" },
		{ PS_HSCALE(1, 1), "PS_HSCALE_2_B" },
		{ PS_HPHASE(2, 0), "PS_HPHASE_1_C" },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_name(rows[i].offset, rows[i].name);
}

static void test_what_has_no_name(void **state)
{
	assert_name(0, "");
	assert_name(0x02fff, "");
	assert_name(0x02231, "");
	assert_name(0x145994, "");
	assert_name(0x14599c, "");
	assert_name(0xffffffff, "");
}

static void test_name_is_cut_to_the_buffer(void **state)
{
	char name[8] = "xxxxxxx";

	gen9_reg_name(0x02230, name, 0);
	assert_string_equal(name, "xxxxxxx");
	gen9_reg_name(0x02230, name, 1);
	assert_string_equal(name, "");
	gen9_reg_name(0x02230, name, 7);
	assert_string_equal(name, "RCS0_E");
}

static void test_engine_blocks(void **state)
{
	assert_int_equal(gen9_engine_at(0x02000), GEN9_RCS0);
	assert_int_equal(gen9_engine_at(0x02fff), GEN9_RCS0);
	assert_int_equal(gen9_engine_at(0x03000), -1);
	assert_int_equal(gen9_engine_at(0x01fff), -1);
	assert_int_equal(gen9_engine_at(0x1c800), GEN9_VCS1);
	assert_int_equal(gen9_engine_at(0x1a000), GEN9_VECS0);
	for (int i = 0; i < GEN9_ENGINE_COUNT; i++)
		assert_int_equal(gen9_engine_at(gen9_engines[i].mmio_base), i);
}

static void test_parameters_have_names(void **state)
{
	for (size_t i = 0; i < HW_PARAM_COUNT; i++) {
		assert_non_null(hw_params[i].name);
		assert_non_null(hw_params[i].doc);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(hw_params[i].name, hw_params[j].name);
	}
	assert_string_equal(hw_params[HW_CONTEXT_LOAD].name, "context.load");
	assert_string_equal(hw_params[HW_GPGPU_GROUP].name, "work.thread_group");
}

static void test_command_lengths(void **state)
{
	static const struct {
		uint32_t header;
		unsigned dwords;
	} rows[] = {
		{MI_NOOP,							 1    },
		{ MI_NOOP | MI_NOOP_WRITE_ID | 0x3fffff,                          1    },
		{ MI_USER_INTERRUPT,					      1    },
		{ MI_BATCH_BUFFER_END,					    1    },
		{ 0x07800000,						     1    }, /* opcode 0xf, the last of one dword */
		{ 0x08000000,						     2    }, /* opcode 0x10, the first with a length */
		{ 0x09000005,						     2    }, /* MI_LOAD_SCAN_LINES_INCL: whatever the field says */
		{ MI_STORE_DATA_IMM,					      4    },
		{ MI_STORE_DATA_IMM_QWORD,                                        5    },
		{ 0x100003ff,						     1025 }, /* ten bits of length */
		{ 0x10000c00,						     2    }, /* and no more */
		{ MI_LOAD_REGISTER_IMM(1),                                        3    },
		{ MI_LOAD_REGISTER_IMM(14),                                       29   },
		{ MI_FLUSH_DW | MI_FLUSH_DW_NOTIFY | MI_FLUSH_DW_INDEX,           4    },
		{ 0x130000c3,						     5    }, /* bits 7:6 of MI_FLUSH_DW are no length */
		{ MI_SEMAPHORE_WAIT | 1u << 15,                                   4    },
		{ MI_BATCH_BUFFER_START | MI_BATCH_PPGTT | MI_BATCH_SECOND_LEVEL, 3    },
		{ XY_COLOR_BLT | XY_BLT_WRITE_RGBA,                               7    },
		{ XY_SRC_COPY_BLT,						10   },
		{ XY_FAST_COPY_BLT,					       10   },
		{ PIPE_CONTROL,						   6    },
		{ CMD_3DPRIMITIVE,						7    },
		{ GPGPU_WALKER,						   15   },
		{ 0x71050f0d,						     15   }, /* GPGPU_WALKER: eight bits of length */
		{ 0x70000007,						     9    }, /* MEDIA_VFE_STATE */
		{ 0x7100ffff,						     65537},
		{ 0x61010011,						     19   }, /* STATE_BASE_ADDRESS */
		{ 0x69040302,						     1    }, /* PIPELINE_SELECT */
		{ 0x680b0001,						     1    }, /* 3DSTATE_VF_STATISTICS */
		{ 0x68000000,						     1    }, /* MFX_WAIT */
		{ 0x783907ff,						     2049 },
		{ 0x784601ff,						     513  },
		{ 0x791701ff,						     513  },
		{ 0x784801ff,						     257  }, /* the next opcode has eight bits */
		{ 0x72000fff,						     4097 },
		{ 0x74030fff,						     4097 }, /* VEB_DI_IECP */
		{ 0x20000000,						     0    },
		{ 0x80000000,						     0    },
		{ 0xffffffff,						     0    },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (gen9_cmd_dwords(rows[i].header) != rows[i].dwords)
			fail_msg("0x%08x has %u dwords, not %u", rows[i].header,
				 gen9_cmd_dwords(rows[i].header), rows[i].dwords);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables_are_sorted),
		cmocka_unit_test(test_names_are_unique),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_display_names),
		cmocka_unit_test(test_what_has_no_name),
		cmocka_unit_test(test_name_is_cut_to_the_buffer),
		cmocka_unit_test(test_engine_blocks),
		cmocka_unit_test(test_parameters_have_names),
		cmocka_unit_test(test_command_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
