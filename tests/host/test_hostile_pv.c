// SPDX-License-Identifier: MIT
//
// Guests that misuse the table levels of pvmmio. Each row of the tables below is one trigger of a
// defect that published mediators had; the names are those of docs/protocol.md. What is refused is
// refused whole, is answered and reported, touches no other VM, and costs the guest nothing else.
//
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "pv.h"

#include "host/dma_map.h"
#include "host/pv_ppgtt.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PAGES(n)     ((n)*PAGE_SIZE)
#define NOWHERE      (UINT64_C(1) << 40) // no guest has RAM there
#define SPACE_BYTES  (UINT64_C(1) << 48)
#define NOTIFY       (PVINFO_BASE + PVINFO_G2V_NOTIFY)

#define OK            PVMMIO_STATUS_OK
#define REFUSED       PVMMIO_STATUS_REFUSED
#define UNKNOWN_ROOT  PVMMIO_STATUS_UNKNOWN_ROOT
#define RANGE         PVMMIO_STATUS_RANGE
#define NOT_ALLOCATED PVMMIO_STATUS_NOT_ALLOCATED
#define UNBACKED      PVMMIO_STATUS_UNBACKED
#define NO_MEMORY     PVMMIO_STATUS_NO_MEMORY

#define ALLOC  G2V_PPGTT_L4_ALLOC
#define CLEAR  G2V_PPGTT_L4_CLEAR
#define INSERT G2V_PPGTT_L4_INSERT

// What every guest has mapped when a test begins: two pages here, and two at the end of its GGTT.
#define KEPT_GMA (PD_SPAN - PAGE_SIZE)
// What rows of the table work on: eight pages allocated and in the guest's own tables.
#define ROW_GMA   (3 * PD_SPAN - 4 * PAGE_SIZE)
#define ROW_PAGES 8u

struct victim {
	struct rig_guest *guest;
	uint64_t root;
	uint64_t kept_gpa;
	uint64_t kept_ggtt;
	uint64_t row_gpa;
	uint64_t pinned;
};

static struct rig rig;
static struct victim victims[2];
static struct victim *const hostile = &victims[0];

static void prepare(struct victim *victim, struct rig_guest *guest)
{
	victim->guest = guest;
	victim->root = pv_space(guest);
	victim->kept_gpa = rig_alloc(guest, 2);
	pv_map(guest, victim->root, KEPT_GMA, victim->kept_gpa, 2);
	victim->kept_ggtt = guest->vgpu->ggtt.high.base + guest->vgpu->ggtt.high.bytes - PAGES(2);
	rig_bind_at(guest, victim->kept_ggtt, victim->kept_gpa, 2);
	assert_int_equal(pv_ggtt(guest, G2V_GGTT_INSERT, victim->kept_ggtt, PAGES(2)), OK);
	victim->row_gpa = rig_alloc(guest, ROW_PAGES);
	pv_fill(guest, victim->root, ROW_GMA, victim->row_gpa, ROW_PAGES, PTE_RW);
	assert_int_equal(pv_ppgtt(guest, ALLOC, victim->root, ROW_GMA, PAGES(ROW_PAGES)), OK);
	victim->pinned = dma_pinned_pages(guest->vgpu);
}

static int setup(void **state)
{
	pv_create(&rig, &(struct rig_options){ .vm_count = 2 },
		  PVMMIO_ELSP_SUBMIT | PVMMIO_PPGTT_UPDATE | PVMMIO_GGTT_UPDATE);
	for (unsigned i = 0; i < 2; i++)
		prepare(&victims[i], &rig.guests[i]);
	return 0;
}

static int teardown(void **state)
{
	pv_check(&rig);
	rig_destroy(&rig);
	return 0;
}

// Everything is as it was when the test began.
static void expect_untouched(const struct victim *victim)
{
	struct rig_guest *guest = victim->guest;

	assert_true(pv_is_mapped(guest, victim->root, KEPT_GMA, victim->kept_gpa, 2));
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(rig_host_pte(&rig, victim->kept_ggtt + PAGES(i)),
				 tables_mpa(guest, victim->kept_gpa + PAGES(i)) | PTE_RW);
	for (unsigned i = 0; i < ROW_PAGES; i++)
		assert_int_equal(pv_reach(guest, victim->root, ROW_GMA + PAGES(i), NULL),
				 NO_ADDRESS);
	assert_int_equal(dma_pinned_pages(guest->vgpu), victim->pinned);
	assert_false(rig_stats(guest).failsafe);
}

// The vGPU lives on: a good operation of each kind.
static void expect_alive(struct victim *victim)
{
	struct rig_guest *guest = victim->guest;
	uint64_t gma = 7 * PD_SPAN;

	pv_map(guest, victim->root, gma, victim->row_gpa, 3);
	assert_true(pv_is_mapped(guest, victim->root, gma, victim->row_gpa, 3));
	assert_int_equal(pv_ppgtt(guest, CLEAR, victim->root, gma, PAGES(3)), OK);
	assert_int_equal(pv_ggtt(guest, G2V_GGTT_INSERT, victim->kept_ggtt, PAGES(2)), OK);
}

static uint64_t incidents_of_others(void)
{
	return victims[1].guest->vm->incidents.count;
}

static void expect_harmless(void)
{
	pv_check(&rig);
	for (unsigned i = 0; i < 2; i++)
		expect_untouched(&victims[i]);
	assert_int_equal(incidents_of_others(), 0);
	for (unsigned i = 0; i < 2; i++)
		expect_alive(&victims[i]);
	pv_check(&rig);
}

/* ---- ranges and roots of PPGTT records ---- */

enum root {
	ROOT_OWN,
	ROOT_ZERO,
	ROOT_NOWHERE,
	ROOT_NEVER_CREATED, // a page of RAM
	ROOT_UNALIGNED,
	ROOT_HIGH_BITS,
	ROOT_COUNT,
};

static uint64_t root_address(enum root root)
{
	const uint64_t addresses[ROOT_COUNT] = {
		[ROOT_OWN] = hostile->root,
		[ROOT_ZERO] = 0,
		[ROOT_NOWHERE] = NOWHERE,
		[ROOT_NEVER_CREATED] = hostile->row_gpa,
		[ROOT_UNALIGNED] = hostile->root + 8,
		[ROOT_HIGH_BITS] = hostile->root | UINT64_C(1) << 60,
	};

	return addresses[root];
}

struct range_row {
	const char *id;
	uint32_t code;
	enum root root;
	uint64_t start;
	uint64_t length;
	uint32_t status;
};

// clang-format off
static const struct range_row range_rows[] = {
	{ "P2 alloc",          ALLOC,  ROOT_OWN,           0,                     (UINT64_C(1) << 44) + 4096, NO_MEMORY     },
	{ "P2 insert",         INSERT, ROOT_OWN,           0,                     (UINT64_C(1) << 44) + 4096, NOT_ALLOCATED },
	{ "P3 alloc",          ALLOC,  ROOT_OWN,           -PAGE_SIZE,            2 * PAGE_SIZE,              RANGE         },
	{ "P3 insert",         INSERT, ROOT_OWN,           -PAGE_SIZE,            2 * PAGE_SIZE,              RANGE         },
	{ "P3 clear",          CLEAR,  ROOT_OWN,           -PAGE_SIZE,            2 * PAGE_SIZE,              RANGE         },
	{ "P3 to zero",        CLEAR,  ROOT_OWN,           -PAGE_SIZE,            PAGE_SIZE,                  RANGE         },
	{ "P3 all",            CLEAR,  ROOT_OWN,           PAGE_SIZE,             -PAGE_SIZE,                 RANGE         },
	{ "P4 start",          INSERT, ROOT_OWN,           0x1ff800,              PAGE_SIZE,                  RANGE         },
	{ "P4 length",         INSERT, ROOT_OWN,           ROW_GMA,               0x800,                      RANGE         },
	{ "P4 alloc",          ALLOC,  ROOT_OWN,           ROW_GMA + 1,           PAGE_SIZE,                  RANGE         },
	{ "P4 clear",          CLEAR,  ROOT_OWN,           KEPT_GMA,              PAGE_SIZE + 1,              RANGE         },
	{ "P5 alloc",          ALLOC,  ROOT_OWN,           ROW_GMA,               0,                          RANGE         },
	{ "P5 insert",         INSERT, ROOT_OWN,           ROW_GMA,               0,                          RANGE         },
	{ "P5 clear",          CLEAR,  ROOT_OWN,           KEPT_GMA,              0,                          RANGE         },
	{ "P6 alloc",          ALLOC,  ROOT_OWN,           0,                     UINT64_C(1) << 39,          NO_MEMORY     },
	{ "P6 alloc all",      ALLOC,  ROOT_OWN,           0,                     SPACE_BYTES,                NO_MEMORY     },
	{ "P6 insert",         INSERT, ROOT_OWN,           0,                     UINT64_C(1) << 39,          NOT_ALLOCATED },
	{ "P9 above",          INSERT, ROOT_OWN,           SPACE_BYTES + ROW_GMA, PAGE_SIZE,                  RANGE         },
	{ "P9 at the end",     ALLOC,  ROOT_OWN,           SPACE_BYTES,           PAGE_SIZE,                  RANGE         },
	{ "P9 over the end",   ALLOC,  ROOT_OWN,           SPACE_BYTES - 4096,    2 * PAGE_SIZE,              RANGE         },
	{ "P9 clear",          CLEAR,  ROOT_OWN,           SPACE_BYTES + KEPT_GMA, PAGE_SIZE,                 RANGE         },
	{ "P9 too long",       CLEAR,  ROOT_OWN,           0,                     SPACE_BYTES + 4096,         RANGE         },
	{ "P9 sign extended",  CLEAR,  ROOT_OWN,           UINT64_C(0xffff800000000000), PAGE_SIZE,           RANGE         },
	{ "P12 zero",          ALLOC,  ROOT_ZERO,          ROW_GMA,               PAGE_SIZE,                  UNKNOWN_ROOT  },
	{ "P12 nowhere",       INSERT, ROOT_NOWHERE,       ROW_GMA,               PAGE_SIZE,                  UNKNOWN_ROOT  },
	{ "P12 never created", INSERT, ROOT_NEVER_CREATED, ROW_GMA,               PAGE_SIZE,                  UNKNOWN_ROOT  },
	{ "P12 unaligned",     CLEAR,  ROOT_UNALIGNED,     KEPT_GMA,              PAGE_SIZE,                  UNKNOWN_ROOT  },
	{ "P12 high bits",     CLEAR,  ROOT_HIGH_BITS,     KEPT_GMA,              PAGE_SIZE,                  UNKNOWN_ROOT  },
	{ "P18 none of it",    INSERT, ROOT_OWN,           9 * PD_SPAN,           PAGE_SIZE,                  NOT_ALLOCATED },
	{ "P18 part of it",    INSERT, ROOT_OWN,           ROW_GMA,               PAGES(ROW_PAGES + 1),       NOT_ALLOCATED },
	{ "P18 before it",     INSERT, ROOT_OWN,           ROW_GMA - PAGE_SIZE,   PAGES(ROW_PAGES),           NOT_ALLOCATED },
};
// clang-format on

static void ranges_and_roots(void **state)
{
	for (size_t i = 0; i < COUNT(range_rows); i++) {
		const struct range_row *row = &range_rows[i];
		enum gvt_incident incident = row->status == UNKNOWN_ROOT
						     ? GVT_INCIDENT_PPGTT_UNKNOWN_ROOT
						     : GVT_INCIDENT_PPGTT_RECORD;
		uint64_t before = rig_incidents(hostile->guest, incident);
		uint64_t tables = hostile->guest->vgpu->pv_tables;

		print_message("%s\n", row->id);
		assert_int_equal(pv_ppgtt(hostile->guest, row->code, root_address(row->root),
					  row->start, row->length),
				 row->status);
		assert_int_equal(rig_incidents(hostile->guest, incident), before + 1);
		assert_int_equal(hostile->guest->vgpu->pv_tables, tables);
		expect_harmless();
	}
}

/* ---- tables that cannot be walked ---- */

// An entry of the guest's for a page of the row, at a level, changed so that it must be refused.
struct walk_row {
	const char *id;
	unsigned page; // of the row; its border of page directories is between 3 and 4
	unsigned level;
	uint64_t clear_bits;
	uint64_t set_bits;
};

#define ALL_ADDRESS GEN8_PTE_ADDR_MASK

// clang-format off
static const struct walk_row walk_rows[] = {
	{ "P1 page table",            0, 1, ALL_ADDRESS,       NOWHERE                       },
	{ "P1 page directory",        7, 2, ALL_ADDRESS,       NOWHERE                       },
	{ "P1 pointer table",         0, 3, ALL_ADDRESS,       NOWHERE                       },
	{ "P1 just beyond RAM",       0, 1, ALL_ADDRESS,       RIG_MEMORY_BYTES              },
	{ "P1 device",                0, 1, ALL_ADDRESS,       RIG_GUEST_BAR0                },
	{ "P1 highest address",       0, 1, 0,                 ALL_ADDRESS                   },
	{ "P1 second page table",     4, 1, ALL_ADDRESS,       NOWHERE                       },
	{ "P7 page not present",      0, 0, GEN8_PTE_PRESENT,  0                             },
	{ "P7 last not present",      7, 0, GEN8_PTE_PRESENT,  0                             },
	{ "P7 table not present",     4, 1, GEN8_PTE_PRESENT,  0                             },
	{ "P7 directory not present", 7, 2, GEN8_PTE_PRESENT,  0                             },
	{ "P7 pointers not present",  0, 3, GEN8_PTE_PRESENT,  0                             },
	{ "P7, P20 page of 2 MiB",    4, 1, 0,                 PDE_2M                        },
	{ "P7, P20 table of 64 KiB",  4, 1, 0,                 PDE_64K                       },
	{ "P7 page of 1 GiB",         4, 2, 0,                 PDE_2M                        },
	{ "P10 page beyond RAM",      3, 0, ALL_ADDRESS,       RIG_MEMORY_BYTES              },
	{ "P10 page of a device",     3, 0, ALL_ADDRESS,       RIG_GUEST_BAR0 + GEN9_GTT_WINDOW },
	{ "P19 last page bad",        7, 0, ALL_ADDRESS,       NOWHERE                       },
};
// clang-format on

static void tables_that_cannot_be_walked(void **state)
{
	struct rig_guest *guest = hostile->guest;

	for (size_t i = 0; i < COUNT(walk_rows); i++) {
		const struct walk_row *row = &walk_rows[i];
		uint64_t *entry =
			pv_entry(guest, hostile->root, ROW_GMA + PAGES(row->page), row->level);
		uint64_t good = *entry;

		print_message("%s\n", row->id);
		*entry = (good & ~row->clear_bits) | row->set_bits;
		assert_int_equal(pv_ppgtt(guest, INSERT, hostile->root, ROW_GMA, PAGES(ROW_PAGES)),
				 UNBACKED);
		assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_RECORD), i + 1);
		*entry = good;
		expect_harmless();
	}
	assert_int_equal(pv_ppgtt(guest, INSERT, hostile->root, ROW_GMA, PAGES(ROW_PAGES)), OK);
	assert_true(pv_is_mapped(guest, hostile->root, ROW_GMA, hostile->row_gpa, ROW_PAGES));
}

// P19: what was mapped before the failure is what is mapped after it.
static void a_failed_insert_leaves_the_old_mapping(void **state)
{
	struct rig_guest *guest = hostile->guest;
	uint64_t other = rig_alloc(guest, ROW_PAGES);
	uint64_t pinned;

	assert_int_equal(pv_ppgtt(guest, INSERT, hostile->root, ROW_GMA, PAGES(ROW_PAGES)), OK);
	pinned = dma_pinned_pages(guest->vgpu);
	pv_fill(guest, hostile->root, ROW_GMA, other, ROW_PAGES, PTE_RW);
	*pv_entry(guest, hostile->root, ROW_GMA + PAGES(7), 0) = NOWHERE | PTE_RW;
	assert_int_equal(pv_ppgtt(guest, INSERT, hostile->root, ROW_GMA, PAGES(ROW_PAGES)),
			 UNBACKED);
	assert_true(pv_is_mapped(guest, hostile->root, ROW_GMA, hostile->row_gpa, ROW_PAGES));
	assert_int_equal(dma_pinned_pages(guest->vgpu), pinned);
}

// A directory that is its own table: every level of the walk finds what it can use, all of it RAM.
static void tables_that_lead_to_themselves(void **state)
{
	struct rig_guest *guest = hostile->guest;
	uint64_t *pml4 = rig_at(guest, hostile->root);

	pml4[5] = hostile->root | PTE_RW;
	assert_int_equal(pv_ppgtt(guest, ALLOC, hostile->root, 5ull << 39 | 5ull << 30 | 5ull << 21,
				  PT_SPAN),
			 OK);
	// Most entries of the PML4 are not present.
	assert_int_equal(pv_ppgtt(guest, INSERT, hostile->root,
				  5ull << 39 | 5ull << 30 | 5ull << 21, PT_SPAN),
			 UNBACKED);
	// The one of itself is, and the page it names is the guest's own.
	assert_int_equal(pv_ppgtt(guest, INSERT, hostile->root,
				  5ull << 39 | 5ull << 30 | 5ull << 21 | 5ull << 12, PAGE_SIZE),
			 OK);
	assert_int_equal(pv_reach(guest, hostile->root,
				  5ull << 39 | 5ull << 30 | 5ull << 21 | 5ull << 12, NULL),
			 tables_mpa(guest, hostile->root));
	assert_int_equal(pv_ppgtt(guest, CLEAR, hostile->root, 5ull << 39, PD_SPAN * 512), OK);
	pml4[5] = 0;
	expect_harmless();
}

/* ---- life of roots ---- */

// P12, P16: gone is gone, and going twice is noticed.
static void destroyed_roots(void **state)
{
	struct rig_guest *guest = hostile->guest;
	uint64_t root = pv_space(guest);

	pv_map(guest, root, 0, hostile->row_gpa, 4);
	tables_notify4(guest, G2V_PPGTT_L4_DESTROY, root);
	tables_notify4(guest, G2V_PPGTT_L4_DESTROY, root);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_ROOT), 1);
	assert_int_equal(pv_ppgtt(guest, INSERT, root, 0, PAGES(4)), UNKNOWN_ROOT);
	expect_harmless();
	// The same root again is a new space, which maps nothing.
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, root);
	assert_int_equal(pv_reach(guest, root, 0, NULL), NO_ADDRESS);
	assert_int_equal(pv_ppgtt(guest, INSERT, root, 0, PAGES(4)), NOT_ALLOCATED);
}

// P13, P14: roots of three levels do not exist at this level.
static void three_level_roots(void **state)
{
	struct rig_guest *guest = hostile->guest;
	const uint64_t roots[PPGTT_ROOTS] = { hostile->row_gpa, hostile->row_gpa + PAGES(1),
					      hostile->row_gpa + PAGES(2),
					      hostile->row_gpa + PAGES(3) };

	tables_notify(guest, G2V_PPGTT_L3_CREATE, roots);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_ROOT), 1);
	assert_null(tables_space(guest, roots[0]));
	assert_int_equal(pv_ppgtt(guest, ALLOC, roots[0], 0, PAGE_SIZE), UNKNOWN_ROOT);
	tables_notify(guest, G2V_PPGTT_L3_DESTROY, roots);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_ROOT), 2);
	expect_harmless();
}

// P15: more spaces than there may be.
static void spaces_without_end(void **state)
{
	struct rig_guest *guest = hostile->guest;
	uint64_t first = guest->next_gpa;
	unsigned before = guest->vgpu->space_count;

	for (uint64_t gpa = first; gpa < RIG_MEMORY_BYTES; gpa += PAGE_SIZE)
		tables_notify4(guest, G2V_PPGTT_L4_CREATE, gpa);
	assert_true(guest->vgpu->space_count > before + 1000);
	assert_true(guest->vgpu->pv_tables <=
		    RIG_MEMORY_BYTES / PAGE_SIZE / PV_PPGTT_PAGES_PER_TABLE + 512);
	pv_check(&rig);
	for (uint64_t gpa = first; gpa < RIG_MEMORY_BYTES; gpa += PAGE_SIZE)
		tables_notify4(guest, G2V_PPGTT_L4_DESTROY, gpa);
	assert_int_equal(guest->vgpu->space_count, before);
	expect_harmless();
}

/* ---- GGTT records ---- */

enum ggtt_base {
	BASE_ZERO,
	BASE_LOW, // start of the guest's mappable slice
	BASE_LOW_END,
	BASE_HIGH, // start of its hidden slice
	BASE_HIGH_END,
	BASE_HOST,  // the host's part
	BASE_OTHER, // the other VM's
	BASE_COUNT,
};

static uint64_t base_address(enum ggtt_base base)
{
	const struct vgpu *vgpu = hostile->guest->vgpu;
	const uint64_t addresses[BASE_COUNT] = {
		[BASE_ZERO] = 0,
		[BASE_LOW] = vgpu->ggtt.low.base,
		[BASE_LOW_END] = vgpu->ggtt.low.base + vgpu->ggtt.low.bytes,
		[BASE_HIGH] = vgpu->ggtt.high.base,
		[BASE_HIGH_END] = vgpu->ggtt.high.base + vgpu->ggtt.high.bytes,
		[BASE_HOST] = GGTT_HOST_HIGH_BASE,
		[BASE_OTHER] = victims[1].kept_ggtt,
	};

	return addresses[base];
}

struct ggtt_row {
	const char *id;
	enum ggtt_base base;
	uint64_t offset; // modulo 2^64
	uint64_t length;
};

// Each is refused for its range, as insert and as clear.
// clang-format off
static const struct ggtt_row ggtt_rows[] = {
	{ "G1 starts below",        BASE_LOW,      -PAGE_SIZE,      2 * PAGE_SIZE              },
	{ "G1 starts below, hidden", BASE_HIGH,    -PAGE_SIZE,      2 * PAGE_SIZE              },
	{ "G1 ends beyond",         BASE_LOW_END,  -PAGE_SIZE,      2 * PAGE_SIZE              },
	{ "G1 ends beyond, hidden", BASE_HIGH_END, -PAGE_SIZE,      2 * PAGE_SIZE              },
	{ "G1 both ends",           BASE_LOW,      -PAGE_SIZE,      RIG_APERTURE_BYTES + 8192  },
	{ "G1 slice to slice",      BASE_LOW_END,  -PAGE_SIZE,      1024 * MIB                 },
	{ "G2 empty",               BASE_HIGH,     0,               0                          },
	{ "G2 empty, elsewhere",    BASE_ZERO,     0,               0                          },
	{ "G5 entries for bytes",   BASE_HIGH,     0,               16                         },
	{ "G5 not a page",          BASE_HIGH,     0,               PAGE_SIZE - 1              },
	{ "G5 index for address",   BASE_ZERO,     0x28000,         PAGE_SIZE                  },
	{ "G5 in a page",           BASE_HIGH,     8,               PAGE_SIZE                  },
	{ "G7 host's part",         BASE_HOST,     0,               PAGE_SIZE                  },
	{ "G7 host's low part",     BASE_ZERO,     0,               PAGE_SIZE                  },
	{ "G7 another VM's",        BASE_OTHER,    0,               PAGE_SIZE                  },
	{ "G7 everything",          BASE_ZERO,     0,               GGTT_BYTES                 },
	{ "G7 beyond the GGTT",     BASE_ZERO,     GGTT_BYTES,      PAGE_SIZE                  },
	{ "G7 above 2^32",          BASE_HIGH,     UINT64_C(1) << 32, PAGE_SIZE                },
	{ "G8 all that 32 bits say", BASE_HIGH,    0,               UINT64_C(0xffffffff) << 12 },
	{ "G11 2^32 pages",         BASE_HIGH,     0,               UINT64_C(1) << 44          },
	{ "G11 2^20 pages",         BASE_HIGH,     0,               UINT64_C(1) << 32          },
	{ "G11 wraps",              BASE_HIGH,     PAGE_SIZE,       -PAGE_SIZE                 },
	{ "G11 near 2^64",          BASE_ZERO,     -PAGE_SIZE,      2 * PAGE_SIZE              },
};
// clang-format on

static void ggtt_ranges(void **state)
{
	static const uint32_t codes[] = { G2V_GGTT_INSERT, G2V_GGTT_CLEAR };

	for (size_t i = 0; i < COUNT(ggtt_rows); i++)
		for (unsigned c = 0; c < 2; c++) {
			const struct ggtt_row *row = &ggtt_rows[i];

			print_message("%s\n", row->id);
			assert_int_equal(pv_ggtt(hostile->guest, codes[c],
						 base_address(row->base) + row->offset,
						 row->length),
					 RANGE);
			assert_int_equal(rig_incidents(hostile->guest, GVT_INCIDENT_GGTT_RECORD),
					 2 * i + c + 1);
			expect_harmless();
		}
}

// G10: one entry among good ones. Nothing takes effect, no pin stays.
static void ggtt_entries_without_backing(void **state)
{
	static const uint64_t bad[] = { NOWHERE, RIG_MEMORY_BYTES, RIG_GUEST_BAR0,
					GEN8_PTE_ADDR_MASK };
	struct rig_guest *guest = hostile->guest;
	uint64_t gma = guest->vgpu->ggtt.low.base;

	rig_bind_at(guest, gma, hostile->row_gpa, ROW_PAGES);
	for (unsigned i = 0; i < COUNT(bad) * ROW_PAGES; i++) {
		uint64_t at = gma + PAGES(i % ROW_PAGES);

		rig_bind_at(guest, at, bad[i / ROW_PAGES], 1);
		assert_int_equal(pv_ggtt(guest, G2V_GGTT_INSERT, gma, PAGES(ROW_PAGES)), UNBACKED);
		assert_int_equal(rig_incidents(guest, GVT_INCIDENT_GGTT_RECORD), i + 1);
		for (unsigned k = 0; k < ROW_PAGES; k++)
			assert_false(rig_host_pte(&rig, gma + PAGES(k)) & GEN8_PTE_PRESENT);
		expect_harmless();
		rig_bind_at(guest, at, hostile->row_gpa + PAGES(i % ROW_PAGES), 1);
	}
	assert_int_equal(pv_ggtt(guest, G2V_GGTT_INSERT, gma, PAGES(ROW_PAGES)), OK);
}

// The same over entries that are in effect: they stay.
static void a_failed_ggtt_insert_leaves_the_old_entries(void **state)
{
	struct rig_guest *guest = hostile->guest;

	rig_bind_at(guest, hostile->kept_ggtt, hostile->row_gpa, 1);
	rig_bind_at(guest, hostile->kept_ggtt + PAGE_SIZE, NOWHERE, 1);
	assert_int_equal(pv_ggtt(guest, G2V_GGTT_INSERT, hostile->kept_ggtt, PAGES(2)), UNBACKED);
	expect_untouched(hostile);
	rig_bind_at(guest, hostile->kept_ggtt, hostile->kept_gpa, 2);
	expect_harmless();
}

// G13, G14: clearing what was never bound gives back nobody's pins.
static void clearing_what_was_never_bound(void **state)
{
	struct rig_guest *guest = hostile->guest;
	uint64_t gma = guest->vgpu->ggtt.low.base;

	// Entries that name pages which are pinned for others.
	rig_bind_at(guest, gma, hostile->kept_gpa, 2);
	assert_int_equal(pv_ggtt(guest, G2V_GGTT_CLEAR, gma, PAGES(2)), OK);
	assert_int_equal(pv_ppgtt(guest, CLEAR, hostile->root, ROW_GMA + PAGES(100), PAGES(100)),
			 OK);
	expect_harmless();
}

/* ---- negotiation ---- */

static void restart(uint32_t levels)
{
	rig_destroy(&rig);
	pv_create(&rig, &(struct rig_options){ .vm_count = 2 }, levels);
}

// N5: doorbells of levels that were not negotiated. Both records say so, no level does anything.
static void levels_that_were_not_negotiated(void **state)
{
	struct rig_guest *guest;

	restart(PVMMIO_ELSP_SUBMIT);
	guest = &rig.guests[0];
	for (uint32_t code = ALLOC; code <= INSERT; code++)
		assert_int_equal(pv_ppgtt(guest, code, pv_space(guest), 0, PAGE_SIZE), REFUSED);
	for (uint32_t code = G2V_GGTT_INSERT; code <= G2V_GGTT_CLEAR; code++)
		assert_int_equal(pv_ggtt(guest, code, guest->vgpu->ggtt.high.base, PAGE_SIZE),
				 REFUSED);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PVMMIO_NOTIFY), 5);
	// The window still traps.
	assert_int_equal(
		bus_attr_of(guest->vm->bus, (RIG_GUEST_BAR0 + GEN9_GTT_WINDOW +
					     8 * (guest->vgpu->ggtt.high.base >> PAGE_SHIFT)) >>
						    PAGE_SHIFT),
		BUS_TRAP);
	assert_int_equal(tables_space(guest, guest->vgpu->spaces->guest_root[0])->kind,
			 PPGTT_SHADOW);
}

// N5 without any page: there is nothing to answer in, and nothing is touched.
static void notifications_without_negotiation(void **state)
{
	struct pvmmio_page *page;
	struct rig_guest *guest;

	rig_destroy(&rig);
	rig_create(&rig, &(struct rig_options){ .vm_count = 2, .pvmmio_offered = PVMMIO_ALL });
	guest = &rig.guests[0];
	// The register of the page's address reads 0: that is no page of pvmmio's.
	page = rig_at(guest, 0);
	page->ppgtt.status = PV_NO_ANSWER;
	page->ggtt.status = PV_NO_ANSWER;
	for (uint32_t code = ALLOC; code <= G2V_GGTT_CLEAR; code++)
		rig_write32(guest, NOTIFY, code);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PVMMIO_NOTIFY), 5);
	assert_int_equal(page->ppgtt.status, PV_NO_ANSWER);
	assert_int_equal(page->ggtt.status, PV_NO_ANSWER);
}

// N1, N3: levels that come later, or were never offered, do not come.
static void levels_written_later(void **state)
{
	struct rig_guest *guest;

	restart(PVMMIO_ELSP_SUBMIT);
	guest = &rig.guests[0];
	rig_write32(guest, PVINFO_BASE + PVINFO_ENABLE_PVMMIO, PVMMIO_ALL);
	assert_int_equal(rig_read32(guest, PVINFO_BASE + PVINFO_ENABLE_PVMMIO), PVMMIO_ELSP_SUBMIT);
	assert_int_equal(pv_ppgtt(guest, ALLOC, 0, 0, PAGE_SIZE), REFUSED);
	assert_int_equal(pv_ggtt(guest, G2V_GGTT_CLEAR, 0, PAGE_SIZE), REFUSED);
}

// N4: a space is of one kind for its life.
static void spaces_from_before_the_level(void **state)
{
	struct rig_guest *guest;
	struct tables tables;
	uint64_t leaf;

	rig_destroy(&rig);
	rig_create(&rig, &(struct rig_options){ .vm_count = 2, .pvmmio_offered = PVMMIO_ALL });
	guest = &rig.guests[0];
	tables_create(&tables, guest);
	leaf = tables_new(guest);
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, tables.pml4);
	assert_int_equal(rig_negotiate(guest, rig_alloc(guest, 1), PVMMIO_PPGTT_UPDATE),
			 PVMMIO_PPGTT_UPDATE);
	for (uint32_t code = ALLOC; code <= INSERT; code++)
		assert_int_equal(pv_ppgtt(guest, code, tables.pml4, 0, PAGE_SIZE), UNKNOWN_ROOT);
	// It is shadowed as before.
	tables_fill(guest, leaf, 0, 1, tables.pd, PTE_RW);
	tables_store(guest, tables.pd, 8, leaf | PTE_RW);
	assert_int_equal(pv_reach(guest, tables.pml4, 0, NULL), tables_mpa(guest, tables.pd));
	pv_check(&rig);
	// Announced again it is the same space.
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, tables.pml4);
	assert_int_equal(tables_space(guest, tables.pml4)->kind, PPGTT_SHADOW);
}

// N8: a device that is gone stores nothing to the guest's page any more.
static void the_page_is_left_alone_after_the_device(void **state)
{
	struct pvmmio_page *page = pv_page(hostile->guest);

	vgpu_destroy(hostile->guest->vgpu);
	hostile->guest->vgpu = NULL;
	page->ppgtt.status = PV_NO_ANSWER;
	page->version = 0;
	rig_write32(hostile->guest, NOTIFY, ALLOC);
	assert_int_equal(page->ppgtt.status, PV_NO_ANSWER);
	assert_int_equal(page->version, 0);
	expect_untouched(&victims[1]);
}

// S4, G3: a flood is one line of the report.
static void floods_are_counted(void **state)
{
	struct rig_guest *guest = hostile->guest;
	size_t names = guest->vm->incidents.count;

	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(pv_ggtt(guest, G2V_GGTT_INSERT, i, i), RANGE);
		assert_int_equal(pv_ppgtt(guest, ALLOC, i, i, i), UNKNOWN_ROOT);
	}
	assert_int_equal(guest->vm->incidents.count, names + 2);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_GGTT_RECORD), 1000);
	expect_harmless();
}

/* ---- a second vCPU that changes what the mediator reads ---- */

struct race {
	uint64_t *words[8]; // in guest RAM
	uint64_t good[8];
	uint64_t bad[8];
	unsigned word_count;
	struct rig_guest *guest;
	uint32_t code;
	uint64_t seen[PVMMIO_STATUS_NO_MEMORY + 1]; // answers, by status
};

#define RACE_ROUNDS 300u

static void flip(void *arg)
{
	struct race *race = arg;
	struct vm *vm = race->guest->vm;
	uint64_t base = (uint64_t)guest_ram_guest_view(vm->ram);

	for (unsigned i = 0; i < 40 * RACE_ROUNDS; i++) {
		unsigned k = i / 2 % race->word_count;

		bus_write(vm->bus, (uint64_t)race->words[k] - base, 8,
			  i % 2 ? race->good[k] : race->bad[k]);
		vcpu_delay(vm->vcpus[1], 1700 + 130 * (i % 17));
	}
}

static void ring(struct rig_guest *guest, void *arg)
{
	struct race *race = arg;
	struct pvmmio_page *page = pv_page(guest);

	for (unsigned i = 0; i < RACE_ROUNDS; i++) {
		bool ggtt = race->code >= G2V_GGTT_INSERT;
		uint32_t *status = ggtt ? &page->ggtt.status : &page->ppgtt.status;

		*status = PV_NO_ANSWER;
		guest_store(guest, NOTIFY, 4, race->code);
		assert_true(*status <= PVMMIO_STATUS_NO_MEMORY);
		race->seen[*status]++;
	}
}

static void run_race(struct race *race)
{
	struct rig_guest *guest = race->guest;

	assert_int_equal(vcpu_start(guest->vm, 1, executor_time_ps(rig.m->ex), flip, race), 0);
	rig_run(guest, ring, race);
	pv_check(&rig);
}

static void add_word(struct race *race, uint64_t *word, uint64_t bad)
{
	unsigned k = race->word_count++;

	race->words[k] = word;
	race->good[k] = *word;
	race->bad[k] = bad;
}

static const struct cost_profile *slow(void)
{
	static const struct cost_profile costs = {
		.value = {
			[COST_EXIT_TRANSITION] = 1000,
			[COST_WORK_GUEST_READ] = 5000,
			[COST_WORK_GUEST_WRITE] = 1000,
			[COST_WORK_PV_WALK_ENTRY] = 700,
			[COST_WORK_PV_MAP_ENTRY] = 500,
		},
	};

	return &costs;
}

static void restart_slowly(void)
{
	rig_destroy(&rig);
	pv_create(&rig, &(struct rig_options){ .vm_count = 2, .costs = slow() },
		  PVMMIO_PPGTT_UPDATE | PVMMIO_GGTT_UPDATE);
	for (unsigned i = 0; i < 2; i++)
		prepare(&victims[i], &rig.guests[i]);
}

// R27: entries of every level change between the reads of a walk.
static void tables_that_change_during_the_walk(void **state)
{
	struct race race = { .code = INSERT };
	const uint64_t bad = tables_mpa(victims[1].guest, victims[1].kept_gpa);

	restart_slowly();
	race.guest = hostile->guest;
	for (unsigned level = 0; level < 4; level++)
		add_word(&race, pv_entry(race.guest, hostile->root, ROW_GMA, level),
			 (level % 2 ? NOWHERE : bad) | PTE_RW);
	pv_page(race.guest)->ppgtt = (struct pvmmio_ppgtt_record){
		.pdp = hostile->root, .start = ROW_GMA, .length_bytes = PAGES(ROW_PAGES)
	};
	run_race(&race);
	assert_true(race.seen[OK] > 10 && race.seen[UNBACKED] > 10);
	assert_int_equal(race.seen[OK] + race.seen[UNBACKED], RACE_ROUNDS);
}

// S5: the record changes. What was checked is what is used.
static void records_that_change_while_they_are_used(void **state)
{
	struct race race = { .code = INSERT };
	struct pvmmio_page *page;

	restart_slowly();
	race.guest = hostile->guest;
	page = pv_page(race.guest);
	page->ppgtt = (struct pvmmio_ppgtt_record){ .pdp = hostile->root,
						    .start = ROW_GMA,
						    .length_bytes = PAGES(ROW_PAGES) };
	add_word(&race, &page->ppgtt.pdp, hostile->kept_gpa);
	add_word(&race, &page->ppgtt.start, UINT64_C(0xfffffffffffff000));
	add_word(&race, &page->ppgtt.length_bytes, UINT64_C(1) << 47);
	run_race(&race);
	assert_true(race.seen[OK] > 10 && race.seen[RANGE] > 10 && race.seen[UNKNOWN_ROOT] > 10 &&
		    race.seen[NOT_ALLOCATED] > 10);
	assert_true(pv_is_mapped(race.guest, hostile->root, ROW_GMA, hostile->row_gpa, ROW_PAGES));
	assert_true(pv_is_mapped(race.guest, hostile->root, KEPT_GMA, hostile->kept_gpa, 2));
}

static void ggtt_records_that_change(void **state)
{
	struct race race = { .code = G2V_GGTT_INSERT };
	struct pvmmio_page *page;

	restart_slowly();
	race.guest = hostile->guest;
	page = pv_page(race.guest);
	page->ggtt = (struct pvmmio_ggtt_record){ .start = hostile->kept_ggtt,
						  .length_bytes = PAGES(2) };
	add_word(&race, &page->ggtt.start, victims[1].kept_ggtt);
	add_word(&race, &page->ggtt.length_bytes, GGTT_BYTES);
	run_race(&race);
	assert_true(race.seen[OK] > 10 && race.seen[RANGE] > 10);
	assert_int_equal(race.seen[OK] + race.seen[RANGE], RACE_ROUNDS);
	expect_untouched(&victims[1]);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(ranges_and_roots),
		TEST(tables_that_cannot_be_walked),
		TEST(a_failed_insert_leaves_the_old_mapping),
		TEST(tables_that_lead_to_themselves),
		TEST(destroyed_roots),
		TEST(three_level_roots),
		TEST(spaces_without_end),
		TEST(ggtt_ranges),
		TEST(ggtt_entries_without_backing),
		TEST(a_failed_ggtt_insert_leaves_the_old_entries),
		TEST(clearing_what_was_never_bound),
		TEST(levels_that_were_not_negotiated),
		TEST(notifications_without_negotiation),
		TEST(levels_written_later),
		TEST(spaces_from_before_the_level),
		TEST(the_page_is_left_alone_after_the_device),
		TEST(floods_are_counted),
		TEST(tables_that_change_during_the_walk),
		TEST(records_that_change_while_they_are_used),
		TEST(ggtt_records_that_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
