// SPDX-License-Identifier: MIT

#include "host/pv_display.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>

#include "host/display.h"
#include "host/mmio.h"
#include "host/pvmmio.h"
#include "host/vgpu.h"
#include "sim/abi/pvmmio.h"

#define ALWAYS 0u

// A word of the plane record and the register it goes to, where a flag says so.
struct replay {
	uint16_t word;
	bool scaler;  /* the register is the scaler's, else the plane's */
	uint32_t reg; /* of pipe A, plane 1 or scaler 1 */
	uint32_t flag;
};

#define WORD(field) (offsetof(struct pvmmio_plane_record, field) / 4)

// clang-format off
static const struct replay replays[] = {
	{ WORD(keyval),      false, PLANE_KEYVAL(0u, 1u),     PVMMIO_PLANE_KEY    },
	{ WORD(keymax),      false, PLANE_KEYMAX(0u, 1u),     PVMMIO_PLANE_KEY    },
	{ WORD(keymsk),      false, PLANE_KEYMSK(0u, 1u),     PVMMIO_PLANE_KEY    },
	{ WORD(offset),      false, PLANE_OFFSET(0u, 1u),     ALWAYS              },
	{ WORD(stride),      false, PLANE_STRIDE(0u, 1u),     ALWAYS              },
	{ WORD(size),        false, PLANE_SIZE(0u, 1u),       ALWAYS              },
	{ WORD(aux_dist),    false, PLANE_AUX_DIST(0u, 1u),   ALWAYS              },
	{ WORD(aux_offset),  false, PLANE_AUX_OFFSET(0u, 1u), ALWAYS              },
	{ WORD(ps_ctrl),     true,  PS_CTRL(0u, 0u),          PVMMIO_PLANE_SCALER },
	{ WORD(ps_pwr_gate), true,  PS_PWR_GATE(0u, 0u),      PVMMIO_PLANE_SCALER },
	{ WORD(ps_win_pos),  true,  PS_WIN_POS(0u, 0u),       PVMMIO_PLANE_SCALER },
	{ WORD(ps_win_sz),   true,  PS_WIN_SZ(0u, 0u),        PVMMIO_PLANE_SCALER },
	{ WORD(pos),         false, PLANE_POS(0u, 1u),        ALWAYS              },
	{ WORD(ctl),         false, PLANE_CTL(0u, 1u),        ALWAYS              },
};
// clang-format on

#define PLANE_WORDS     (sizeof(struct pvmmio_plane_record) / 4)
#define WATERMARK_WORDS (sizeof(struct pvmmio_watermark_record) / 4)
#define PLANE_FLAGS                                                                                \
	(PVMMIO_RECORD_FILLED | PVMMIO_PLANE_KEY | PVMMIO_PLANE_SCALER |                           \
	 PVMMIO_PLANE_SCALER_ID_MASK)

static unsigned scaler_of(const struct pvmmio_plane_record *record)
{
	return (record->flags & PVMMIO_PLANE_SCALER_ID_MASK) >> PVMMIO_PLANE_SCALER_ID_SHIFT;
}

static enum pvmmio_status check_plane(const struct pvmmio_plane_record *record, unsigned pipe,
				      unsigned plane)
{
	if (!(record->flags & PVMMIO_RECORD_FILLED))
		return PVMMIO_STATUS_EMPTY;
	if (record->flags & ~PLANE_FLAGS)
		return PVMMIO_STATUS_VALUE;
	if (!(record->flags & PVMMIO_PLANE_SCALER))
		return scaler_of(record) ? PVMMIO_STATUS_VALUE : PVMMIO_STATUS_OK;
	if (scaler_of(record) >= gen9_pipe_scalers(pipe) ||
	    (record->ps_ctrl & PS_CTRL_PLANE_MASK) != PS_CTRL_PLANE(plane))
		return PVMMIO_STATUS_VALUE;
	return PVMMIO_STATUS_OK;
}

static void apply(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	int ret;

	work_spend(vgpu->m, WORK_HANDLER, 1);
	ret = mmio_write_locked(vgpu, offset, value);
	assert(!ret && "what was checked is refused");
	(void)ret;
}

static int finish(struct vgpu *vgpu, enum pvmmio_record which, enum pvmmio_status status,
		  uint32_t doorbell)
{
	pvmmio_answer(vgpu, which, status);
	if (!status)
		return 0;
	vgpu_incident(vgpu, GVT_INCIDENT_DISPLAY_RECORD, doorbell);
	return -EINVAL;
}

int pv_display_plane(struct vgpu *vgpu, unsigned pipe, unsigned plane)
{
	union {
		struct pvmmio_plane_record record;
		uint32_t words[PLANE_WORDS];
	} copy;
	enum pvmmio_status status;

	pvmmio_take(vgpu, PVMMIO_RECORD_PLANE, copy.words);
	status = check_plane(&copy.record, pipe, plane);
	if (!status) {
		for (size_t i = 0; i < sizeof(replays) / sizeof(replays[0]); i++) {
			const struct replay *r = &replays[i];
			uint32_t offset = r->scaler ? GEN9_PS(pipe, scaler_of(&copy.record), r->reg)
						    : GEN9_PLANE(pipe, plane, r->reg);

			if (r->flag == ALWAYS || copy.record.flags & r->flag)
				apply(vgpu, offset, copy.words[r->word]);
		}
		vgpu->stats.plane_records++;
	}
	return finish(vgpu, PVMMIO_RECORD_PLANE, status, PLANE_SURF(pipe, plane));
}

int pv_display_watermark(struct vgpu *vgpu, unsigned pipe, unsigned plane)
{
	union {
		struct pvmmio_watermark_record record;
		uint32_t words[WATERMARK_WORDS];
	} copy;
	enum pvmmio_status status = PVMMIO_STATUS_OK;
	uint32_t max_level;

	pvmmio_take(vgpu, PVMMIO_RECORD_WATERMARK, copy.words);
	max_level = copy.record.max_level & ~PVMMIO_RECORD_FILLED;
	if (max_level == copy.record.max_level)
		status = PVMMIO_STATUS_EMPTY;
	else if (max_level >= GEN9_WM_LEVELS)
		status = PVMMIO_STATUS_VALUE;
	if (!status) {
		for (uint32_t level = 0; level <= max_level; level++)
			apply(vgpu, PLANE_WM(pipe, plane, level), copy.record.level[level]);
		apply(vgpu, PLANE_WM_TRANS(pipe, plane), copy.record.trans);
		apply(vgpu, PLANE_BUF_CFG(pipe, plane), copy.record.buf_cfg);
		vgpu->stats.watermark_records++;
	}
	return finish(vgpu, PVMMIO_RECORD_WATERMARK, status, PLANE_NV12_BUF_CFG(pipe, plane));
}
