/*
 * Convolutions in tiles and gradients of weights: what tests ask for.
 */
#ifndef EXEC_NATIVE_TILES_H
#define EXEC_NATIVE_TILES_H
#include <stdbool.h>

/* Take every layer that tiles can do, also where others are faster; and where the CPU has no AMX, by the model of its
 * tiles in C, thousands of times slower. Tests set it; nothing else writes it. */
extern bool exec_tiles_by_model;
#endif
