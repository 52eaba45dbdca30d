/* Models as folders of segmentation_models.pytorch (smp_folder.c). */
#ifndef APP_SMP_FOLDER_H
#define APP_SMP_FOLDER_H
#include <secant/base.h>

/* Is `out` meant as a folder: one that is there, or a name that ends in / or has no extension? */
bool app_is_smp_folder(const char *out);
/* Writes OUT/config.json and OUT/model.safetensors. UNSUPPORTED: a network that smp does not have. */
secant_status app_export_smp_folder(const char *model, const char *out, secant_err *err) SECANT_NODISCARD;
#endif
