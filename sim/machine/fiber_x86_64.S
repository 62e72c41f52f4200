/* SPDX-License-Identifier: MIT */
/*
 * Stack switch for the System V x86-64 calling convention: rbx, rbp and r12 to r15 are the callee's
 * to keep.
 */
#ifdef __x86_64__
	.text

/* void fiber_swap_stacks(void **save_sp, void *load_sp) */
	.globl	fiber_swap_stacks
	.hidden	fiber_swap_stacks
	.type	fiber_swap_stacks, @function
	.p2align 5
fiber_swap_stacks:
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	/*
	 * Not ret: the return predictor would expect the caller on the stack that was left. An
	 * indirect jump learns its few targets.
	 */
	popq	%rcx
	jmpq	*%rcx
	.size	fiber_swap_stacks, . - fiber_swap_stacks

/* Where a new fiber begins: r12 is its entry function, r13 the argument. */
	.globl	fiber_begin
	.hidden	fiber_begin
	.type	fiber_begin, @function
	.p2align 4
fiber_begin:
	.cfi_startproc
	.cfi_undefined rip
	movq	%r13, %rdi
	callq	*%r12
	ud2
	.cfi_endproc
	.size	fiber_begin, . - fiber_begin

#endif
	.section .note.GNU-stack, "", %progbits
