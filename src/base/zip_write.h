/*
 * Writes a zip archive of stored members to a base_writer, for .pth and .npz: as torch.save has them, each member's
 * data at a multiple of 64 bytes, no time stamps, zip64 where sizes ask for it. The same members give the same bytes.
 * (libzip, which reads archives here, cannot align.)
 */
#ifndef BASE_ZIP_WRITE_H
#define BASE_ZIP_WRITE_H
#include "base/file.h"
#include "base/mem.h"

typedef struct base_zip_writer {
	base_writer *w;
	uint64_t at; /* bytes written */
	uint64_t members;
	base_str directory; /* the central directory so far */
} base_zip_writer;

/* Errors of z->w are sticky and reported by its commit. */
void base_zip_add(base_zip_writer *z, const char *name, const void *data, uint64_t size);
/* Writes the directory and frees it; NOMEM when it did not fit in memory. */
secant_status base_zip_end(base_zip_writer *z, secant_err *err) SECANT_NODISCARD;
#endif
