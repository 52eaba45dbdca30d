/* Recipes by name: the JSON files of src/train/presets, which the build puts into the program. */
#ifndef TRAIN_PRESET_H
#define TRAIN_PRESET_H

typedef struct train_preset_text {
	const char *name, *json;
} train_preset_text;
extern const train_preset_text train_preset_texts[]; /* ends with a name of NULL; generated */
#endif
