/* SPDX-License-Identifier: MIT */
/*
 * The schema: one row per key of scenarios and profiles. Parsing, defaults, range checks,
 * suggestions, the effective configuration and the manual's tables all come from these rows.
 */
#ifndef PVMMIO_SIM_SCENARIO_SCHEMA_H
#define PVMMIO_SIM_SCENARIO_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/scenario/config.h"
#include "sim/scenario/nearest.h"

enum schema_section {
	SECTION_SCENARIO, /* top of a scenario file */
	SECTION_PLATFORM,
	SECTION_VM,
	SECTION_WORKLOAD,
	SECTION_WORKLOAD_FILE, /* what a workload file has beside the workload's own keys */
	SECTION_SUBMISSION,    /* what stands behind fill:, draw: and so on */
	SECTION_BIND,          /* behind bind: and unbind: */
	SECTION_DISPLAY,       /* a VM's */
	SECTION_SCREEN,        /* behind flip:, watermark: and vblank: */
	SECTION_VARIANT,
	SECTION_PROFILE,   /* top of a profile file */
	SECTION_PARAMETER, /* one of its parameters */
	SECTION_COUNT,
};

enum value_type {
	VALUE_NAME,      /* letters, digits, _ and -; char[CONFIG_NAME_BYTES] */
	VALUE_TEXT,      /* one line; char[SCHEMA_TEXT_BYTES] */
	VALUE_INTEGER,   /* uint32_t or uint64_t */
	VALUE_BYTES,     /* uint64_t */
	VALUE_TIME,      /* uint64_t, ps */
	VALUE_FREQUENCY, /* uint64_t, Hz */
	VALUE_BOOL,      /* true or false; bool */
	VALUE_CHOICE,    /* one name of a list; an enum, of the size of unsigned */
	VALUE_MODE,      /* struct display_mode */
	VALUE_LEVELS,    /* pvmmio levels; uint32_t */
	VALUE_FLAGS,     /* list of ways to misbehave; bool each */
	VALUE_OTHER,     /* lists and mappings: read by code of their own */
};

#define SCHEMA_TEXT_BYTES 128

struct schema_row {
	enum schema_section section;
	const char *key;
	enum value_type type;
	bool required;
	uint64_t min, max;                     /* numbers: allowed range, in base units */
	uint64_t multiple;                     /* numbers: must be a multiple of it; 0: of 1 */
	const char *(*choice)(unsigned index); /* VALUE_CHOICE: names; NULL ends them */
	const char *default_text;              /* as one would write it; NULL: none */
	const char *form; /* what is expected, for the manual; NULL: from the type */
	const char *doc;  /* one line */
	size_t offset;    /* of the field in its section's structure */
	size_t size;      /* of the field; 0: VALUE_OTHER */
};

/* Structures of the sections that no public header has. */
struct scenario_head {
	char name[CONFIG_NAME_BYTES]; /* "" when the file does not say */
	char title[SCHEMA_TEXT_BYTES];
	uint64_t seed;
};

struct platform_head {
	char hardware[SCHEMA_TEXT_BYTES];
	char costs[SCHEMA_TEXT_BYTES];
	uint32_t oos_pool_pages;
	enum vblank_source vblank;
	struct hang_config hang;
	struct host_config host;
};

struct variant_head {
	char name[CONFIG_NAME_BYTES];
};

struct workload_head {
	char name[CONFIG_NAME_BYTES];
	char title[SCHEMA_TEXT_BYTES];
};

struct profile_head {
	char name[CONFIG_NAME_BYTES];
	unsigned kind; /* enum profile_kind */
	char title[SCHEMA_TEXT_BYTES];
};

extern const struct schema_row schema_rows[];
extern const size_t schema_row_count;

/* "a VM", for messages. */
const char *schema_section_name(enum schema_section section);

/* The row of key, or NULL. */
const struct schema_row *schema_find(enum schema_section section, const char *key);

/* Offer all keys of section. */
void schema_offer(struct nearest *nearest, enum schema_section section);

#define STEP_KEY_LIMIT 8

/* Row of the table of steps: the word in front, what it takes, where it runs. */
struct step_info {
	const char *name;
	enum step_kind kind;
	enum {
		STEP_FORM_SUBMISSION,
		STEP_FORM_LIST,
		STEP_FORM_ALL,
		STEP_FORM_TIME,
		STEP_FORM_BIND,
		STEP_FORM_UNBIND,
		STEP_FORM_SCREEN,
	} form;
	unsigned engines;   /* submissions: mask of engines that can execute it */
	const char *engine; /* submissions: default of `engine`; NULL: must be said. STEP_FORM_ALL:
			       the word behind it */
	const char *doc;
	const char *keys[STEP_KEY_LIMIT]; /* what a mapping takes; NULL ends them */
};

extern const struct step_info step_infos[STEP_KIND_COUNT]; /* indexed by kind */

/* The step called name, or NULL. */
const struct step_info *step_info_find(const char *name);

/* The section whose rows its keys are; SECTION_COUNT when no mapping stands behind it. */
enum schema_section step_info_section(const struct step_info *info);

/* Does this kind of step take key? */
bool step_info_takes(const struct step_info *info, const char *key);

/* pvmmio levels, by bit number: "elsp_submit"; NULL ends the list. */
const char *schema_level_name(unsigned bit);
uint32_t schema_levels_implemented(void);

/* "elsp_submit, ppgtt_update" into buf: the implemented ones. Returns buf. */
const char *schema_list_levels(char *buf, size_t len);

/* What GVT-g calls a type of vGPU: sizes and weight of each one of it. */
struct vgpu_type {
	const char *name;
	uint64_t aperture_bytes;
	uint64_t hidden_bytes;
	uint32_t fences;
	uint32_t weight;
};

/* NULL after the last. */
const struct vgpu_type *vgpu_type(unsigned type);

/* Names of choices. */
const char *vm_mode_name(unsigned mode);
const char *vgpu_type_name(unsigned type);
const char *misuse_name(unsigned misuse);
const char *engine_name(unsigned engine);

/* Ways of a VM to misbehave: name and field. NULL ends the list. */
struct misbehaviour {
	const char *name;
	size_t offset; /* of a bool in struct vm_config */
	const char *doc;
};

const struct misbehaviour *schema_misbehaviour(unsigned index);

/* "16MiB to 16GiB, multiple of 2MiB" into buf; "" for rows without a range. Returns buf. */
const char *schema_range(const struct schema_row *row, char *buf, size_t len);

/* All keys, their types, ranges, defaults and meanings as a text for a terminal. */
void schema_write_text(FILE *out);

/* The tables inside docs/scenario.md and docs/profiles.md, which tests compare with these. */
void schema_write_scenario_markdown(FILE *out);
void schema_write_profile_markdown(FILE *out);

#endif
