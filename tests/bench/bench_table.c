// SPDX-License-Identifier: MIT
// The least that a register access can be: a table of handlers, indexed by offset.

#include <stdlib.h>

#include "tests/bench/bench.h"

struct table_row {
	uint32_t (*read)(struct bench_device *device, uint64_t offset);
	void (*write)(struct bench_device *device, uint64_t offset, uint32_t value);
};

struct table {
	struct bench_device device;
	struct table_row rows[BENCH_REGISTERS];
};

static void *create(void)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		abort();
	for (int i = 0; i < BENCH_REGISTERS; i++)
		table->rows[i] = (struct table_row){ bench_device_read, bench_device_write };
	return table;
}

static void destroy(void *self)
{
	free(self);
}

static uint64_t run_once(struct table *table, const struct bench_stream *stream)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < stream->count; i++) {
		const struct bench_access *access = &stream->accesses[i];
		const struct table_row *row = &table->rows[access->offset / 4];

		if (access->is_write)
			row->write(&table->device, access->offset, access->value);
		else
			sum = bench_checksum(sum, row->read(&table->device, access->offset));
	}
	return sum;
}

static uint64_t run(void *self, const struct bench_stream *stream)
{
	struct table *table = self;
	uint64_t sum = 0;

	for (uint64_t r = 0; r < stream->repeat; r++)
		sum += run_once(table, stream);
	return sum;
}

const struct bench_competitor bench_table = {
	.name = "table dispatch",
	.create = create,
	.destroy = destroy,
	.run = run,
};
