/* Brush strokes of Label Studio (label_studio_rle.c). */
#ifndef ANN_LABEL_STUDIO_H
#define ANN_LABEL_STUDIO_H
#include "annotations/format.h"

/* `count` pixels as 0 and 1, row by row; false: the bytes are of another size, or end early. */
bool ann_label_studio_decode(const uint8_t *bytes, size_t n, uint8_t *pixels, size_t count);
/* Numbers with commas between. */
void ann_label_studio_encode(base_str *t, const uint8_t *pixels, size_t count);
#endif
