/* PCD: what reading (pcd.c) and writing (pcd_write.c) share. */
#ifndef CODEC_CLOUD_PCD_H
#define CODEC_CLOUD_PCD_H
#include "codec/cloud/format.h"

secant_status cloud_pcd_create(secant_cloud_writer *w, secant_err *err);
secant_status cloud_pcd_put(secant_cloud_writer *w, const secant_cloud *chunk, secant_err *err);
secant_status cloud_pcd_finish(secant_cloud_writer *w, secant_err *err);
void cloud_pcd_discard(void *state);
#endif
