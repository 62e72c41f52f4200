/* SPDX-License-Identifier: MIT */
/*
 * What a text must be before libfyaml sees it: of bounded size, UTF-8, without NUL. Internal to
 * yaml_parse().
 */
#ifndef PVMMIO_SIM_SCENARIO_YAML_TEXT_H
#define PVMMIO_SIM_SCENARIO_YAML_TEXT_H

#include "sim/scenario/diag.h"

/* 0, or -EINVAL with a message in diag. */
int yaml_check_text(const struct source *source, struct diag *diag);

/* Line and column of the byte at offset. */
struct text_pos yaml_offset_pos(const struct source *source, size_t offset);

#endif
