/* PLY: what reading (ply.c) and writing (ply_write.c) share. */
#ifndef CODEC_CLOUD_PLY_H
#define CODEC_CLOUD_PLY_H
#include "codec/cloud/format.h"

/* "uchar", ...; "double" for the 64-bit integers, which PLY has not. */
const char *cloud_ply_type_name(secant_number type);
secant_status cloud_ply_create(secant_cloud_writer *w, secant_err *err);
secant_status cloud_ply_put(secant_cloud_writer *w, const secant_cloud *chunk, secant_err *err);
secant_status cloud_ply_finish(secant_cloud_writer *w, secant_err *err);
#endif
