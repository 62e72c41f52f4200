// SPDX-License-Identifier: MIT
#include "sim/report/report.h"

const char report_version[] = PVMMIO_SIM_VERSION;
