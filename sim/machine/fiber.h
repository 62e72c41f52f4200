/* SPDX-License-Identifier: MIT */
/*
 * Fiber: a stack and a place on it to go on from. The mechanism under the executor's contexts; it
 * knows nothing of time or order.
 *
 * On x86-64 and aarch64 a switch is a dozen instructions (fiber_<arch>.S). It keeps what the
 * calling conventions say a callee keeps, except the floating point control words (mxcsr and x87
 * control word, FPCR): nothing in the simulator changes them. Elsewhere, or with FIBER_UCONTEXT
 * defined (-Dfiber=ucontext), swapcontext() does it, at two system calls a switch.
 *
 * Address and thread sanitizers and valgrind are told about stacks and switches.
 */
#ifndef PVMMIO_SIM_MACHINE_FIBER_H
#define PVMMIO_SIM_MACHINE_FIBER_H

#include <stddef.h>

#if !defined(FIBER_UCONTEXT) && !defined(__x86_64__) && !defined(__aarch64__)
#define FIBER_UCONTEXT 1
#endif

#ifdef FIBER_UCONTEXT
#include <ucontext.h>
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define FIBER_TSAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define FIBER_ASAN 1
#endif
#ifdef __SANITIZE_THREAD__
#define FIBER_TSAN 1
#endif

#ifdef FIBER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#endif

/* Instrumented frames are several times larger. */
#if defined(FIBER_ASAN) || defined(FIBER_TSAN)
#define FIBER_STACK_BYTES ((size_t)2 << 20)
#else
#define FIBER_STACK_BYTES ((size_t)256 << 10)
#endif

struct fiber {
#ifdef FIBER_UCONTEXT
	ucontext_t context;
#else
	void *sp; /* while it does not run: its registers lie here */
#endif
	void *stack; /* lowest usable byte, a guard page below it; NULL: the thread's own stack */
	unsigned valgrind_id;
#ifdef FIBER_ASAN
	void *fake_stack;
	const void *asan_bottom;
	size_t asan_bytes;
	struct fiber *resumed_by;
#endif
#ifdef FIBER_TSAN
	void *tsan_fiber;
#endif
};

typedef void (*fiber_entry_fn)(void *arg);

/* Map a stack for fiber, which is zeroed. 0, -ENOMEM. */
int fiber_alloc_stack(struct fiber *fiber);

/* Unmap the stack of a fiber that does not run. A fiber without one is allowed. */
void fiber_free_stack(struct fiber *fiber);

/* Give the stack of from, which never runs again, to the zeroed fiber to. */
void fiber_move_stack(struct fiber *to, struct fiber *from);

/*
 * Make the first switch to fiber, which has a stack, call entry(arg). entry must not return.
 * colour, any number, moves the first frame by some cache lines, so that the hot ends of many
 * stacks do not all compete for the same few sets of the cache.
 */
void fiber_prepare(struct fiber *fiber, fiber_entry_fn entry, void *arg, unsigned colour);

/* Make fiber, zeroed, stand for the calling thread's own stack. */
void fiber_init_thread(struct fiber *fiber);

/* First thing that an entry function calls. */
static inline void fiber_started(struct fiber *self);

/* Go on in to. Returns when somebody switches back to from, the running fiber. */
static inline void fiber_switch(struct fiber *from, struct fiber *to);

/* The same, but from is never switched to again. Does not return. */
_Noreturn static inline void fiber_switch_last(struct fiber *from, struct fiber *to);

/* ---- implementation of the inline functions ---- */

#ifndef FIBER_UCONTEXT
/* Push the callee-saved registers, put the stack pointer into *save_sp, pop those at load_sp. */
void fiber_swap_stacks(void **save_sp, void *load_sp);
#endif

static inline void fiber_arrived(struct fiber *self)
{
#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(self->fake_stack, &self->resumed_by->asan_bottom,
					&self->resumed_by->asan_bytes);
#else
	(void)self;
#endif
}

static inline void fiber_leave(struct fiber *from, struct fiber *to, int last)
{
#ifdef FIBER_ASAN
	to->resumed_by = from;
	__sanitizer_start_switch_fiber(last ? NULL : &from->fake_stack, to->asan_bottom,
				       to->asan_bytes);
#endif
#ifdef FIBER_TSAN
	__tsan_switch_to_fiber(to->tsan_fiber, 0);
#endif
#ifdef FIBER_UCONTEXT
	swapcontext(&from->context, &to->context);
#else
	fiber_swap_stacks(&from->sp, to->sp);
#endif
	(void)last;
}

static inline void fiber_started(struct fiber *self)
{
	fiber_arrived(self);
}

static inline void fiber_switch(struct fiber *from, struct fiber *to)
{
	fiber_leave(from, to, 0);
	fiber_arrived(from);
}

_Noreturn static inline void fiber_switch_last(struct fiber *from, struct fiber *to)
{
	fiber_leave(from, to, 1);
	__builtin_trap();
}

#endif
