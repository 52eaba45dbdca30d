/*
 * Nothing but a home for the room's library: its code is the *.k.c files, compiled once for each instruction set.
 */
#include "kernels/kernels.h"

/* The width of a vector, in floats, that the best tables are made for: what callers pad scratch rows to. */
int secant_kernels_lanes(void);

int
secant_kernels_lanes(void)
{
	return secant_cpu_isa() >= SECANT_ISA_AVX512 ? 16 : secant_cpu_isa() == SECANT_ISA_AVX2 ? 8 : 4;
}
