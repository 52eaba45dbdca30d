/* Recipes by name: the JSON files of src/train/presets, which the build puts into the program. */
#ifndef TRAIN_PRESET_H
#define TRAIN_PRESET_H
#include <secant/train.h>

typedef struct train_preset_text {
	const char *name, *json;
} train_preset_text;
extern const train_preset_text train_preset_texts[]; /* ends with a name of NULL; generated */
/* An error where the preset's loss is for one class and there are several; it names the preset that fits. */
secant_status train_preset_fits(const secant_train_options *o, secant_err *err) SECANT_NODISCARD;
#endif
