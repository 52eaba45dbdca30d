/* The mask that a frame carries, as a picture: for those who want to see a result whatever element made it. */
#ifndef STREAM_MASKS_H
#define STREAM_MASKS_H
#include <secant/tensor.h>
#include "stream/frame.h"

/*
 * Classes of the i-th picture, one channel of u8 or u16, from the last list of masks that is there, else from tensors:
 * classes as INT32 N x H x W, else the largest of FLOAT32 scores (N x H x W x C where the last axis is the shortest,
 * else N x C x H x W). A dump in the frame's bytes is looked into. False: there is none; `why` says so.
 */
bool stream_mask_of(stream_frame *f, int i, secant_image *mask, char *why, size_t size);
#endif
