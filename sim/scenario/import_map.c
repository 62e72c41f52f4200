// SPDX-License-Identifier: MIT
/* What listings say about parameters, and the profile that comes of it. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/import_costs.h"
#include "sim/scenario/units.h"

__extension__ typedef unsigned __int128 u128;

#define PS_PER_SECOND UINT64_C(1000000000000)

struct mapper {
	struct import_listing *listing;
	const struct import_options *options;
	struct import_param *params;
	uint64_t cpu_hz;
	FILE *notes;
};

static const char *name_of(enum cost_param param)
{
	return cost_params[param].name;
}

/* The row called name, the one with most samples if there are several; NULL: none. */
static struct import_figure *find(const struct mapper *m, const char *name)
{
	struct import_figure *found = NULL;

	for (size_t i = 0; i < m->listing->count; i++) {
		struct import_figure *figure = &m->listing->figures[i];

		if (strcmp(figure->name, name) == 0 && (!found || figure->samples > found->samples))
			found = figure;
	}
	return found;
}

static uint64_t in_ps(const struct mapper *m, uint64_t value)
{
	if (m->listing->kind == IMPORT_PERF)
		return value;
	if ((u128)value * PS_PER_SECOND / m->cpu_hz > UINT64_MAX)
		return UINT64_MAX;
	return (uint64_t)((u128)value * PS_PER_SECOND / m->cpu_hz);
}

/* Give the parameter its value, unless it is to be kept or no price is that long. */
static void __attribute__((format(printf, 6, 7)))
set(struct mapper *m, enum cost_param param, uint64_t value, uint64_t low, uint64_t high,
    const char *format, ...)
{
	struct import_param *out = &m->params[param];
	va_list args;

	if (m->options->keep[param]) {
		fprintf(m->notes, "%s: kept\n", name_of(param));
		return;
	}
	if (in_ps(m, high) > PARAM_TIME_MAX_PS) {
		fprintf(m->notes, "%s: not set: no price is longer than 1 s\n", name_of(param));
		return;
	}
	*out = (struct import_param){ .set = true, .value = value, .low = low, .high = high };
	va_start(args, format);
	vsnprintf(out->source, sizeof(out->source), format, args);
	va_end(args);
	fprintf(m->notes, "%s: %s\n", name_of(param), out->source);
}

static uint64_t less(uint64_t value, uint64_t part)
{
	return value > part ? value - part : 0;
}

/* ---- perf: from kvm_exit to kvm_entry, as the host sees it ---- */

static const struct {
	const char *name;
	enum cost_param param;
} perf_rows[] = {
	{"EXTERNAL_INTERRUPT", COST_DISPATCH_INTERRUPT},
	{ "INTR",              COST_DISPATCH_INTERRUPT},
	{ "MSR_WRITE",         COST_DISPATCH_EOI      },
	{ "APIC_ACCESS",       COST_DISPATCH_EOI      },
	{ "VMCALL",            COST_DISPATCH_HYPERCALL},
	{ "VMMCALL",           COST_DISPATCH_HYPERCALL},
};

// clang-format off
/* Why a row says nothing about any parameter. */
static const struct {
	const char *name, *why;
} unused_rows[] = {
	{ "HLT", "the vCPU sleeps in it" },
	{ "EPT_VIOLATION",
	  "memory touched first is in it, and stores to tracked pages are not told apart" },
	{ "NPF", "memory and MMIO are not told apart" },
	{ "MSR", "reads and writes are not told apart" },
	{ "UNKNOWN", "perf could not tell the reason" },
	{ "IO_INSTRUCTION", "port I/O is not simulated" },
	{ "inl_from_pmtimer", "a device's own work is in it" },
	{ "inl_from_qemu", "the rows of pci-mem are nearer to what is simulated" },
	{ "inl_from_kernel", "the rows of pci-mem are nearer to what is simulated" },
	{ "mmio-wildcard-eventfd:pci-mem", "it goes around the page walk and the emulator" },
	{ "portio-no-eventfd:pci-io", "port I/O is not simulated" },
	{ "portio-wildcard-eventfd:pci-io", "port I/O is not simulated" },
	{ "portio-datamatch-eventfd:pci-io", "port I/O is not simulated" },
	{ "ipi", "two vCPUs and several exits are in it" },
	{ "ipi+halt", "two vCPUs, several exits and a waiting loop are in it" },
};
// clang-format on

/* MMIO exits: the hypervisor's share is the base's, the rest is the way to the handler. */
static void map_perf_mmio(struct mapper *m)
{
	struct import_figure *mmio = find(m, "EPT_MISCONFIG");
	uint64_t dispatch = m->options->base->params[COST_DISPATCH_MMIO].value;

	if (!mmio)
		return;
	mmio->used = true;
	if (mmio->value <= dispatch) {
		fprintf(m->notes, "line %u: EPT_MISCONFIG is not used: no longer than %s of %s\n",
			mmio->line, name_of(COST_DISPATCH_MMIO), m->options->base->head.name);
		return;
	}
	set(m, COST_FORWARD_MMIO, mmio->value - dispatch, less(mmio->low, dispatch),
	    mmio->high - dispatch,
	    "EPT_MISCONFIG, mean of %" PRIu64 " in perf kvm stat, less %s; the handlers' own work "
	    "is in it",
	    mmio->samples, name_of(COST_DISPATCH_MMIO));
}

static void map_perf(struct mapper *m)
{
	map_perf_mmio(m);
	for (size_t i = 0; i < sizeof(perf_rows) / sizeof(perf_rows[0]); i++) {
		struct import_figure *figure = find(m, perf_rows[i].name);

		if (!figure || m->params[perf_rows[i].param].set)
			continue;
		figure->used = true;
		set(m, perf_rows[i].param, figure->value, figure->low, figure->high,
		    "%s, mean of %" PRIu64 " in perf kvm stat", figure->name, figure->samples);
	}
	fprintf(m->notes, "%s, %s: not in perf kvm stat, which looks from inside of the host\n",
		name_of(COST_EXIT_TRANSITION), name_of(COST_EXIT_REENTRY));
}

/* ---- vmexit: from the instruction to the next, as the guest sees it ---- */

/* An exit that does nothing, in two halves. */
static void map_light_exit(struct mapper *m)
{
	struct import_figure *vmcall = find(m, "vmcall"), *cpuid = find(m, "cpuid");
	struct import_figure *first = vmcall ? vmcall : cpuid;
	struct import_figure *second = vmcall && cpuid ? cpuid : first;
	uint64_t low, high;

	if (!first)
		return;
	first->used = second->used = true;
	low = first->value < second->value ? first->value : second->value;
	high = first->value < second->value ? second->value : first->value;
	set(m, COST_EXIT_TRANSITION, first->value / 2, low / 2, high / 2,
	    "half of %s, %" PRIu64 " cycles, kvm-unit-tests vmexit; even split assumed",
	    first->name, first->value);
	set(m, COST_EXIT_REENTRY, first->value - first->value / 2, low - low / 2, high - high / 2,
	    "the other half of %s; see exit.transition", first->name);
	set(m, COST_DISPATCH_HYPERCALL, 0, 0, high - low,
	    "contained in exit.transition and exit.reentry, which come from %s", first->name);
}

/* param is how much longer `longer` takes than `shorter`. false: one is missing. */
static bool map_difference(struct mapper *m, enum cost_param param, const char *longer,
			   const char *shorter)
{
	struct import_figure *l = find(m, longer), *s = find(m, shorter);

	if (!l || !s || m->params[param].set)
		return l && s;
	l->used = s->used = true;
	if (l->value <= s->value) {
		fprintf(m->notes, "%s: not set: %s does not take longer than %s\n", name_of(param),
			longer, shorter);
		return true;
	}
	set(m, param, l->value - s->value, l->value - s->value, l->value - s->value,
	    "%s, %" PRIu64 " cycles, less %s, %" PRIu64 ", kvm-unit-tests vmexit", longer, l->value,
	    shorter, s->value);
	return true;
}

static void map_vmexit(struct mapper *m)
{
	map_light_exit(m);
	/* An eventfd that compares data needs the walk and the emulator, and no user space. */
	map_difference(m, COST_DISPATCH_MMIO, "mmio-datamatch-eventfd:pci-mem", "vmcall");
	if (!map_difference(m, COST_FORWARD_MMIO, "mmio-no-eventfd:pci-mem",
			    "mmio-datamatch-eventfd:pci-mem"))
		map_difference(m, COST_FORWARD_MMIO, "inl_from_qemu", "inl_from_kernel");
	map_difference(m, COST_VCPU_WAKE, "self_ipi_sti_hlt", "self_ipi_sti_nop");
}

/* ---- both ---- */

static void say_unused(const struct mapper *m)
{
	for (size_t i = 0; i < m->listing->count; i++) {
		const struct import_figure *figure = &m->listing->figures[i];
		const struct import_figure *chosen = find(m, figure->name);
		const char *why = "no parameter is about it";

		if (figure->used)
			continue;
		for (size_t j = 0; j < sizeof(unused_rows) / sizeof(unused_rows[0]); j++) {
			if (strcmp(unused_rows[j].name, figure->name) == 0)
				why = unused_rows[j].why;
		}
		if (chosen->used)
			why = "another row of that name is used";
		fprintf(m->notes, "line %u: %s is not used: %s\n", figure->line, figure->name, why);
	}
}

/* Which parameters the listing said nothing about. */
static size_t say_kept(const struct mapper *m)
{
	size_t kept = 0;

	for (unsigned i = 0; i < COST_PARAM_COUNT; i++)
		kept += !m->params[i].set;
	fprintf(m->notes, "%zu of %d parameters are those of %s\n", kept, COST_PARAM_COUNT,
		m->options->base->head.name);
	return kept;
}

int import_map(struct import_listing *listing, const struct import_options *options,
	       struct import_param params[COST_PARAM_COUNT], FILE *notes, char *why)
{
	struct mapper m = {
		.listing = listing,
		.options = options,
		.params = params,
		.cpu_hz = options->cpu_hz ? options->cpu_hz : options->base->cpu_hz,
		.notes = notes,
	};

	memset(params, 0, COST_PARAM_COUNT * sizeof(*params));
	if (listing->kind == IMPORT_VMEXIT && !m.cpu_hz) {
		snprintf(why, IMPORT_WHY_BYTES, "its cycles are of a clock that must be given");
		return -EINVAL;
	}
	if (listing->kind == IMPORT_VMEXIT && !options->cpu_hz)
		fprintf(notes, "cpu_frequency: assumed as in %s\n", options->base->head.name);
	if (listing->kind == IMPORT_PERF)
		map_perf(&m);
	else
		map_vmexit(&m);
	say_unused(&m);
	if (say_kept(&m) < COST_PARAM_COUNT)
		return 0;
	snprintf(why, IMPORT_WHY_BYTES, "none of its rows says anything about a parameter");
	return -EINVAL;
}

/* ---- writing ---- */

/* A text between quotes. */
static void write_quoted(const char *text, FILE *out)
{
	fputc('"', out);
	for (const char *c = text; *c; c++) {
		if (*c == '"' || *c == '\\')
			fputc('\\', out);
		fputc((unsigned char)*c < ' ' ? ' ' : *c, out);
	}
	fputc('"', out);
}

static void write_imported(const struct import_param *param, const char *unit, FILE *out)
{
	fprintf(out, "    value: %" PRIu64 "%s\n", param->value, unit);
	if (param->low != param->high)
		fprintf(out, "    range: [%" PRIu64 "%s, %" PRIu64 "%s]\n", param->low, unit,
			param->high, unit);
	fputs("    source: ", out);
	write_quoted(param->source, out);
	fputc('\n', out);
}

static void write_kept(const struct profile *base, enum cost_param param, FILE *out)
{
	const struct param_ref ref = { PROFILE_COSTS, param };
	const struct profile_param *kept = &base->params[param];
	char value[UNITS_TEXT_BYTES], low[UNITS_TEXT_BYTES], high[UNITS_TEXT_BYTES];

	fprintf(out, "    value: %s\n", param_format(ref, kept->value, value));
	if (kept->low != kept->high)
		fprintf(out, "    range: [%s, %s]\n", param_format(ref, kept->low, low),
			param_format(ref, kept->high, high));
	fputs("    source: ", out);
	write_quoted(kept->source, out);
	fprintf(out, " # as %s\n", base->head.name);
}

static void write_head(const struct import_listing *listing, const struct import_options *options,
		       FILE *out)
{
	char clock[UNITS_TEXT_BYTES];

	fprintf(out, "# Imported from %s. What it says nothing about is as in %s.\n\n",
		listing->kind == IMPORT_PERF ? "perf kvm stat" : "vmexit of kvm-unit-tests",
		options->base->head.name);
	fprintf(out, "profile: %s\nkind: costs\ntitle: ", options->name);
	write_quoted(options->title, out);
	fputs("\n\n", out);
	if (listing->kind == IMPORT_PERF)
		return;
	units_format(options->cpu_hz ? options->cpu_hz : options->base->cpu_hz, QUANTITY_FREQUENCY,
		     clock);
	fprintf(out, "cpu_frequency:\n  value: %s\n  source: %s%s\n\n", clock,
		options->cpu_hz ? "given at the import" : "assumed, as in ",
		options->cpu_hz ? "" : options->base->head.name);
}

void import_write(const struct import_listing *listing, const struct import_options *options,
		  const struct import_param params[COST_PARAM_COUNT], FILE *out)
{
	write_head(listing, options, out);
	fputs("parameters:\n", out);
	for (unsigned i = 0; i < COST_PARAM_COUNT; i++) {
		fprintf(out, "  %s:\n", name_of(i));
		if (params[i].set)
			write_imported(&params[i], listing->kind == IMPORT_PERF ? "ps" : "cycles",
				       out);
		else
			write_kept(options->base, i, out);
	}
}
