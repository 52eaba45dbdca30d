/* Recipes by name: the JSON files of src/train/presets, which the build puts into the program. */
#ifndef SECANT_TRAIN_PRESET_H
#define SECANT_TRAIN_PRESET_H

typedef struct secant_preset_text {
	const char *name, *json;
} secant_preset_text;
extern const secant_preset_text secant_preset_texts[]; /* ends with a name of NULL; generated */
#endif
