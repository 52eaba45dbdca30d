/*
 * Boundary F1: how well the edges of areas are met, whatever their size. After Csurka, Larlus, Perronnin: What is a
 * good evaluation measure for semantic segmentation? (BMVC 2013).
 */
#ifndef JUDGE_BOUNDARY_H
#define JUDGE_BOUNDARY_H
#include "base/mem.h"

typedef struct judge_boundary judge_boundary;

/* tolerance: pixels from 1 on; below 1 a share of the picture's diagonal (the paper's is 0.0075), but
 * at least one pixel. */
judge_boundary *judge_boundary_new(int classes, double tolerance, secant_err *err);
void judge_boundary_free(judge_boundary *b);
/* Two planes of a picture to fill, one byte a pixel: what is not the class (JUDGE_BEYOND), the class (JUDGE_WITHIN),
 * ignored (JUDGE_UNSEEN). */
enum { JUDGE_BEYOND, JUDGE_WITHIN, JUDGE_UNSEEN };
secant_status judge_boundary_planes(
	judge_boundary *b, int height, int width, uint8_t **predicted, uint8_t **label, secant_err *err) SECANT_NODISCARD;
/* Adds class k of the picture in the planes. */
void judge_boundary_add(judge_boundary *b, int k);
/* 2 P R / (P + R) of all pictures; 0 where only one side has boundaries, NAN where neither has. */
double judge_boundary_f1(const judge_boundary *b, int k);
#endif
