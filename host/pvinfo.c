// SPDX-License-Identifier: MIT

#include "host/pvinfo.h"

#include <errno.h>
#include <stddef.h>

#include "host/pvmmio.h"
#include "host/vgpu.h"
#include "sim/abi/pvinfo.h"

enum field_effect {
	FIELD_READ_ONLY, // a write is a mistake of the guest and dropped
	FIELD_STORED,
	FIELD_NOTIFY,
	FIELD_FAILSAFE,
	FIELD_PVMMIO,
};

struct pvinfo_field {
	uint16_t offset; // in the page
	uint16_t bytes;
	enum field_effect effect;
	const char *name;
};

static const struct pvinfo_field fields[] = {
	{PVINFO_MAGIC,               8,  FIELD_READ_ONLY, "PVINFO_MAGIC"             },
	{ PVINFO_VERSION_MAJOR,      4,  FIELD_READ_ONLY, "PVINFO_VERSION"           },
	{ PVINFO_VGT_ID,             4,  FIELD_READ_ONLY, "PVINFO_VGT_ID"            },
	{ PVINFO_VGT_CAPS,           4,  FIELD_READ_ONLY, "PVINFO_VGT_CAPS"          },
	{ PVINFO_LOW_GM_BASE,        4,  FIELD_READ_ONLY, "PVINFO_LOW_GM_BASE"       },
	{ PVINFO_LOW_GM_SIZE,        4,  FIELD_READ_ONLY, "PVINFO_LOW_GM_SIZE"       },
	{ PVINFO_HIGH_GM_BASE,       4,  FIELD_READ_ONLY, "PVINFO_HIGH_GM_BASE"      },
	{ PVINFO_HIGH_GM_SIZE,       4,  FIELD_READ_ONLY, "PVINFO_HIGH_GM_SIZE"      },
	{ PVINFO_FENCE_NUM,          4,  FIELD_READ_ONLY, "PVINFO_FENCE_NUM"         },
	{ PVINFO_DISPLAY_READY,      4,  FIELD_STORED,    "PVINFO_DISPLAY_READY"     },
	{ PVINFO_RSV5,               16, FIELD_FAILSAFE,  "PVINFO_RSV5"              },
	{ PVINFO_G2V_NOTIFY,         4,  FIELD_NOTIFY,    "PVINFO_G2V_NOTIFY"        },
	{ PVINFO_CURSOR_X_HOT,       4,  FIELD_STORED,    "PVINFO_CURSOR_X_HOT"      },
	{ PVINFO_CURSOR_Y_HOT,       4,  FIELD_STORED,    "PVINFO_CURSOR_Y_HOT"      },
	{ PVINFO_PDP_LO(0),          32, FIELD_STORED,    "PVINFO_PDP"               },
	{ PVINFO_CONTEXT_DESC_LO,    8,  FIELD_STORED,    "PVINFO_CONTEXT_DESC"      },
	{ PVINFO_ENABLE_PVMMIO,      4,  FIELD_PVMMIO,    "PVINFO_ENABLE_PVMMIO"     },
	{ PVINFO_SHARED_PAGE_GPA_LO, 4,  FIELD_PVMMIO,    "PVINFO_SHARED_PAGE_GPA_LO"},
	{ PVINFO_SHARED_PAGE_GPA_HI, 4,  FIELD_PVMMIO,    "PVINFO_SHARED_PAGE_GPA_HI"},
	{ PVINFO_CHECK_PENDING_IRQ,  4,  FIELD_PVMMIO,    "PVINFO_CHECK_PENDING_IRQ" },
	{ PVINFO_PV_MMIO,            4,  FIELD_READ_ONLY, "PVINFO_PV_MMIO"           },
};

static const struct pvinfo_field *field_at(uint32_t offset)
{
	if (offset < PVINFO_BASE)
		return NULL;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (offset - PVINFO_BASE - fields[i].offset < fields[i].bytes)
			return &fields[i];
	return NULL;
}

const char *pvinfo_register_name(uint32_t offset)
{
	const struct pvinfo_field *field = field_at(offset);

	return field ? field->name : NULL;
}

static void set(struct vgpu *vgpu, uint32_t field, uint32_t value)
{
	vreg_write(vgpu, PVINFO_BASE + field, value);
}

void pvinfo_populate(struct vgpu *vgpu)
{
	for (uint32_t offset = 0; offset < PVINFO_ENABLE_PVMMIO; offset += 4)
		set(vgpu, offset, 0);
	set(vgpu, PVINFO_MAGIC, (uint32_t)PVINFO_MAGIC_VALUE);
	set(vgpu, PVINFO_MAGIC + 4, (uint32_t)(PVINFO_MAGIC_VALUE >> 32));
	set(vgpu, PVINFO_VERSION_MAJOR, PVINFO_VERSION_MINOR_NOW << 16 | PVINFO_VERSION_MAJOR_NOW);
	set(vgpu, PVINFO_VGT_ID, vgpu->id);
	set(vgpu, PVINFO_VGT_CAPS,
	    VGT_CAPS_FULL_48BIT_PPGTT | VGT_CAPS_HWSP_EMULATION | VGT_CAPS_HUGE_GTT);
	set(vgpu, PVINFO_LOW_GM_BASE, (uint32_t)vgpu->ggtt.low.base);
	set(vgpu, PVINFO_LOW_GM_SIZE, (uint32_t)vgpu->ggtt.low.bytes);
	set(vgpu, PVINFO_HIGH_GM_BASE, (uint32_t)vgpu->ggtt.high.base);
	set(vgpu, PVINFO_HIGH_GM_SIZE, (uint32_t)vgpu->ggtt.high.bytes);
	set(vgpu, PVINFO_FENCE_NUM, vgpu->fence_count);
	set(vgpu, PVINFO_CURSOR_X_HOT, UINT32_MAX);
	set(vgpu, PVINFO_CURSOR_Y_HOT, UINT32_MAX);
}

int pvinfo_read(struct vgpu *vgpu, uint32_t offset, uint32_t *value)
{
	vgpu->pv_notified = true;
	*value = offset == PVINFO_BASE + PVINFO_PV_MMIO ? pvmmio_read_port(vgpu)
							: vreg_read(vgpu, offset);
	return 0;
}

static int refuse(struct vgpu *vgpu, uint32_t offset)
{
	vgpu_incident(vgpu, GVT_INCIDENT_PVINFO_WRITE, offset);
	return -EINVAL;
}

/*
 * The register gives no status; reading it gives back the last code, known or not. 1 is from before
 * PPGTT notifications and does nothing; contexts are told for nothing as well.
 */
static int notify(struct vgpu *vgpu, uint32_t offset, uint32_t code)
{
	vreg_write(vgpu, offset, code);
	if (code == 0 || code > G2V_GGTT_CLEAR)
		return refuse(vgpu, offset);
	vgpu->g2v_notifications++;
	if (code >= G2V_PPGTT_L3_CREATE && code <= G2V_PPGTT_L4_DESTROY)
		return ppgtt_notify(vgpu, code);
	return code >= G2V_PPGTT_L4_ALLOC ? pvmmio_notify(vgpu, code) : 0;
}

int pvinfo_write(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	const struct pvinfo_field *field = field_at(offset);

	switch (field ? field->effect : FIELD_READ_ONLY) {
	case FIELD_STORED:
		vreg_write(vgpu, offset, value);
		return 0;
	case FIELD_NOTIFY:
		return notify(vgpu, offset, value);
	case FIELD_PVMMIO:
		return pvmmio_write(vgpu, offset, value);
	case FIELD_FAILSAFE:
		refuse(vgpu, offset);
		vgpu_enter_failsafe(vgpu, GVT_FAILSAFE_RESOURCE);
		return 0;
	case FIELD_READ_ONLY:
		break;
	}
	return refuse(vgpu, offset);
}
