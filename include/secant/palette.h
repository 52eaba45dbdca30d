/*
 * One palette for everything that shows classes: overlays of pictures, clouds, legends. Fixed, so that a class keeps
 * its colour between runs and files, and made to be told apart by colour-blind readers.
 */
#ifndef SECANT_PALETTE_H
#define SECANT_PALETTE_H
#include <secant/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Colours that are all distinct under normal, protanope, deuteranope and tritanope vision; beyond them tints and shades
 * follow. */
enum { SECANT_PALETTE_COUNT = 24 };

/*
 * The colour of class `i` as sRGB bytes. 0 to 6: Okabe and Ito, Color Universal Design (2008), without black. 7 to 23:
 * each next colour is the one of the 15-step sRGB cube (OKLab lightness 0.28 to 0.95) whose smallest OKLab distance
 * (Ottosson 2020) to all before it and to black, white and mid-grey, taken over normal vision and the three
 * dichromacies of Machado, Oliveira and Fernandes (2009, severity 1), is largest. From 24 on the colours repeat, mixed
 * with 40 % white, then 40 % black, then both again at 65 %; from 120 on all over. Negative i (unlabelled) is mid-grey.
 * Thread-safe.
 */
SECANT_API void secant_palette(int i, uint8_t rgb[3]);

#ifdef __cplusplus
}
#endif
#endif
