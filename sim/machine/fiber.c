// SPDX-License-Identifier: MIT

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/machine/fiber.h"

#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif
#endif
#ifndef VALGRIND_STACK_REGISTER
#define VALGRIND_STACK_REGISTER(lowest, highest) 0
#define VALGRIND_STACK_DEREGISTER(id)            ((void)(id))
#define VALGRIND_MAKE_MEM_UNDEFINED(at, len)     ((void)(at), (void)(len))
#endif

#define COLOUR_BYTES 192u // three cache lines: more than the hot end of a waiting context's stack
#define COLOUR_COUNT 16u

static size_t guard_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

int fiber_alloc_stack(struct fiber *fiber)
{
	size_t guard = guard_bytes();
	char *base = mmap(NULL, guard + FIBER_STACK_BYTES, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

	if (base == MAP_FAILED)
		return -ENOMEM;
	if (mprotect(base + guard, FIBER_STACK_BYTES, PROT_READ | PROT_WRITE)) {
		munmap(base, guard + FIBER_STACK_BYTES);
		return -ENOMEM;
	}
	fiber->stack = base + guard;
	fiber->valgrind_id =
		VALGRIND_STACK_REGISTER(fiber->stack, (char *)fiber->stack + FIBER_STACK_BYTES);
	return 0;
}

// The checkers forget what ran on the stack: abandoned frames leave forbidden bytes behind.
static void forget_frames(struct fiber *fiber)
{
	(void)VALGRIND_MAKE_MEM_UNDEFINED(fiber->stack, FIBER_STACK_BYTES);
#ifdef FIBER_ASAN
	__asan_unpoison_memory_region(fiber->stack, FIBER_STACK_BYTES);
#endif
#ifdef FIBER_TSAN
	if (fiber->tsan_fiber)
		__tsan_destroy_fiber(fiber->tsan_fiber);
	fiber->tsan_fiber = NULL;
#endif
}

void fiber_free_stack(struct fiber *fiber)
{
	size_t guard = guard_bytes();

	if (!fiber->stack)
		return;
	forget_frames(fiber);
	VALGRIND_STACK_DEREGISTER(fiber->valgrind_id);
	munmap((char *)fiber->stack - guard, guard + FIBER_STACK_BYTES);
	fiber->stack = NULL;
}

void fiber_move_stack(struct fiber *to, struct fiber *from)
{
	assert(from->stack && !to->stack);
	forget_frames(from);
	to->stack = from->stack;
	to->valgrind_id = from->valgrind_id;
	from->stack = NULL;
}

#ifdef FIBER_UCONTEXT

// makecontext() hands on ints only: a pointer travels in halves.
static void begin(unsigned entry_high, unsigned entry_low, unsigned arg_high, unsigned arg_low)
{
	fiber_entry_fn entry = (fiber_entry_fn)(uintptr_t)((uint64_t)entry_high << 32 | entry_low);
	void *arg = (void *)(uintptr_t)((uint64_t)arg_high << 32 | arg_low);

	entry(arg);
	__builtin_trap();
}

static void prepare_stack(struct fiber *fiber, size_t bytes, fiber_entry_fn entry, void *arg)
{
	uint64_t entry_bits = (uintptr_t)entry;
	uint64_t arg_bits = (uintptr_t)arg;

	getcontext(&fiber->context);
	fiber->context.uc_stack.ss_sp = fiber->stack;
	fiber->context.uc_stack.ss_size = bytes;
	fiber->context.uc_link = NULL;
	makecontext(&fiber->context, (void (*)(void))begin, 4, (unsigned)(entry_bits >> 32),
		    (unsigned)entry_bits, (unsigned)(arg_bits >> 32), (unsigned)arg_bits);
}

#else

extern void fiber_begin(void); // fiber_<arch>.S

// Lay out what fiber_swap_stacks() pops. The stack is 16-byte aligned when fiber_begin is reached.
static void prepare_stack(struct fiber *fiber, size_t bytes, fiber_entry_fn entry, void *arg)
{
	uintptr_t *top = (uintptr_t *)((char *)fiber->stack + bytes);
#ifdef __x86_64__
	enum { R15, R14, R13, R12, RBX, RBP, RIP, PAD, WORDS = PAD + 2 };
	uintptr_t *frame = top - WORDS;

	memset(frame, 0, WORDS * sizeof(*frame));
	frame[R12] = (uintptr_t)entry;
	frame[R13] = (uintptr_t)arg;
	frame[RIP] = (uintptr_t)fiber_begin;
#else
	enum { X29, X30, X19, X20, WORDS = 20 };
	uintptr_t *frame = top - WORDS;

	memset(frame, 0, WORDS * sizeof(*frame));
	frame[X19] = (uintptr_t)entry;
	frame[X20] = (uintptr_t)arg;
	frame[X30] = (uintptr_t)fiber_begin;
#endif
	fiber->sp = frame;
}

#endif

void fiber_prepare(struct fiber *fiber, fiber_entry_fn entry, void *arg, unsigned colour)
{
	size_t bytes = FIBER_STACK_BYTES - colour % COLOUR_COUNT * COLOUR_BYTES;

	assert(fiber->stack);
	prepare_stack(fiber, bytes, entry, arg);
#ifdef FIBER_ASAN
	fiber->fake_stack = NULL;
	fiber->asan_bottom = fiber->stack;
	fiber->asan_bytes = FIBER_STACK_BYTES;
#endif
#ifdef FIBER_TSAN
	fiber->tsan_fiber = __tsan_create_fiber(0);
#endif
}

void fiber_init_thread(struct fiber *fiber)
{
	// The address sanitizer says where the thread's stack lies at the first switch away.
#ifdef FIBER_TSAN
	fiber->tsan_fiber = __tsan_get_current_fiber();
#else
	(void)fiber;
#endif
}
