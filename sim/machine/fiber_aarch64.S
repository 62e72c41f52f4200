/* SPDX-License-Identifier: MIT */
/*
 * Stack switch for the AArch64 procedure call standard: x19 to x28, the frame pointer x29, the link
 * register x30 and the low halves of v8 to v15 are the callee's to keep.
 */
#ifdef __aarch64__
	.text

/* void fiber_swap_stacks(void **save_sp, void *load_sp) */
	.globl	fiber_swap_stacks
	.hidden	fiber_swap_stacks
	.type	fiber_swap_stacks, %function
	.p2align 5
fiber_swap_stacks:
	hint	#34			/* bti c */
	stp	x29, x30, [sp, #-160]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	stp	d8, d9, [sp, #96]
	stp	d10, d11, [sp, #112]
	stp	d12, d13, [sp, #128]
	stp	d14, d15, [sp, #144]
	mov	x9, sp
	str	x9, [x0]
	mov	sp, x1
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	d8, d9, [sp, #96]
	ldp	d10, d11, [sp, #112]
	ldp	d12, d13, [sp, #128]
	ldp	d14, d15, [sp, #144]
	ldp	x29, x30, [sp], #160
	ret
	.size	fiber_swap_stacks, . - fiber_swap_stacks

/* Where a new fiber begins: x19 is its entry function, x20 the argument. */
	.globl	fiber_begin
	.hidden	fiber_begin
	.type	fiber_begin, %function
	.p2align 4
fiber_begin:
	.cfi_startproc
	.cfi_undefined x30
	mov	x0, x20
	blr	x19
	brk	#1
	.cfi_endproc
	.size	fiber_begin, . - fiber_begin

#endif
	.section .note.GNU-stack, "", %progbits
