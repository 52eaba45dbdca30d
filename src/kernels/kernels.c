/*
 * Nothing but a home for the room's library: its code is the *.k.c files, compiled once for each instruction set.
 */
#include "kernels/kernels.h"
