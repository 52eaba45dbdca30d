/*
 * Boundary F1: how well the edges of areas are met, whatever their size. After Csurka, Larlus, Perronnin: What is a
 * good evaluation measure for semantic segmentation? (BMVC 2013).
 */
#ifndef SECANT_JUDGE_BOUNDARY_H
#define SECANT_JUDGE_BOUNDARY_H
#include "base/mem.h"

typedef struct secant_boundary secant_boundary;

/* tolerance: pixels from 1 on; below 1 a share of the picture's diagonal (the paper's is 0.0075), but
 * at least one pixel. */
secant_boundary *secant_boundary_new(int classes, double tolerance, secant_err *err);
void secant_boundary_free(secant_boundary *b);
/* Two planes of a picture to fill, one byte a pixel: what is not the class (SECANT_BEYOND), the class (SECANT_WITHIN),
 * ignored (SECANT_UNSEEN). */
enum { SECANT_BEYOND, SECANT_WITHIN, SECANT_UNSEEN };
secant_status secant_boundary_planes(
	secant_boundary *b, int height, int width, uint8_t **predicted, uint8_t **label, secant_err *err) SECANT_NODISCARD;
/* Adds class k of the picture in the planes. */
void secant_boundary_add(secant_boundary *b, int k);
/* 2 P R / (P + R) of all pictures; 0 where only one side has boundaries, NAN where neither has. */
double secant_boundary_f1(const secant_boundary *b, int k);
#endif
