// SPDX-License-Identifier: MIT
// The anchor: a register target behind a SystemC TLM-2.0 loosely-timed b_transport call. The
// initiator reuses one payload and keeps its local time, as the standard's LT coding style has it.

#include <cstdlib>
#include <cstring>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include "tests/bench/bench.h"

namespace
{

struct register_target : sc_core::sc_module {
	tlm_utils::simple_target_socket<register_target> socket;
	struct bench_device device;
	const sc_core::sc_time latency;

	explicit register_target(sc_core::sc_module_name name)
		: sc_module(name), socket("socket"), device(), latency(1, sc_core::SC_US)
	{
		socket.register_b_transport(this, &register_target::b_transport);
	}

	void b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &delay)
	{
		uint32_t value;

		if (trans.get_data_length() != sizeof(value) || trans.get_byte_enable_ptr() ||
		    trans.get_streaming_width() < sizeof(value)) {
			trans.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
			return;
		}
		if (trans.get_address() >= BENCH_REGISTERS * 4) {
			trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
			return;
		}
		if (trans.is_write()) {
			std::memcpy(&value, trans.get_data_ptr(), sizeof(value));
			bench_device_write(&device, trans.get_address(), value);
		} else {
			value = bench_device_read(&device, trans.get_address());
			std::memcpy(trans.get_data_ptr(), &value, sizeof(value));
		}
		delay += latency;
		trans.set_response_status(tlm::TLM_OK_RESPONSE);
	}
};

struct initiator : sc_core::sc_module {
	tlm_utils::simple_initiator_socket<initiator> socket;
	tlm::tlm_generic_payload trans;
	sc_core::sc_time local_time;

	explicit initiator(sc_core::sc_module_name name) : sc_module(name), socket("socket")
	{
	}

	uint32_t access(const struct bench_access &a)
	{
		uint32_t value = a.value;

		trans.set_command(a.is_write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
		trans.set_address(a.offset);
		trans.set_data_ptr(reinterpret_cast<unsigned char *>(&value));
		trans.set_data_length(sizeof(value));
		trans.set_streaming_width(sizeof(value));
		trans.set_byte_enable_ptr(nullptr);
		trans.set_dmi_allowed(false);
		trans.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
		socket->b_transport(trans, local_time);
		if (trans.is_response_error())
			std::abort();
		return value;
	}

	uint64_t run(const struct bench_stream &stream)
	{
		uint64_t sum = 0;

		for (uint64_t i = 0; i < stream.count; i++) {
			const struct bench_access &a = stream.accesses[i];
			uint32_t value = access(a);

			if (!a.is_write)
				sum = bench_checksum(sum, value);
		}
		return sum;
	}
};

struct tlm_bench {
	initiator from;
	register_target to;

	tlm_bench() : from("initiator"), to("registers")
	{
		from.socket.bind(to.socket);
		sc_core::sc_start(sc_core::SC_ZERO_TIME); // elaborates: sockets work from now on
	}
};

void *create()
{
	return new tlm_bench;
}

void destroy(void *self)
{
	delete static_cast<tlm_bench *>(self);
}

uint64_t run(void *self, const struct bench_stream *stream)
{
	struct tlm_bench *bench = static_cast<tlm_bench *>(self);
	uint64_t sum = 0;

	for (uint64_t r = 0; r < stream->repeat; r++)
		sum += bench->from.run(*stream);
	return sum;
}

} // namespace

const struct bench_competitor bench_tlm = { "SystemC TLM-2.0 b_transport", create, destroy, run };

int sc_main(int argc, char **argv)
{
	return bench_main(argc, argv);
}

int main(int argc, char **argv)
{
	setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
	return sc_core::sc_elab_and_sim(argc, argv);
}
