/* Label pictures as planes of class indices. */
#ifndef DATA_LABELS_H
#define DATA_LABELS_H
#include <pthread.h>
#include <secant/codec.h>
#include "data/class_file.h"
#include "data/loader.h"

/* A plane has one uint16_t a pixel: the class (binary: 0 or 1; several bands at once: one bit each), or: */
enum { DATA_LABEL_IGNORE = 0xffff, DATA_LABEL_MOST_CLASSES = 0xfff0, DATA_LABEL_MOST_BANDS = 15 };

typedef enum data_label_mode {
	DATA_LABELS_BINARY,
	DATA_LABELS_INDEX,
	DATA_LABELS_PALETTE,
	DATA_LABELS_COLOURS
} data_label_mode;

/* The colours that indices had in the labels read so far (look.c): a palette that another program chose anew for every
 * picture makes its indices no classes. */
typedef struct data_palettes {
	pthread_mutex_t lock;
	int32_t colour[256]; /* 0xRRGGBB; -1: no pixel has had the index */
	char path[256][256]; /* the label that had it first, its last bytes */
} data_palettes;

/* How labels are read; immutable after data_label_rule_make. */
typedef struct data_label_rule {
	data_label_mode mode;
	bool bands; /* multilabel: one band a class */
	bool by_channels; /* auto: colours where the picture has them and the class file too, whatever mode says */
	bool automatic; /* nobody said which mode */
	bool scale; /* labels of another size than their picture are scaled to it by nearest */
	int threshold, ignore, classes;
	bool has_nodata; /* of the file that is read: a declared value that no class has is left out, as NaN is then */
	double nodata;
	int values; /* class indices run from 0 to values - 1: 2 for one class */
	char **names; /* of the classes, from the class file; NULL: none */
	int name_count;
	uint8_t (*colours)[3]; /* of the classes; NULL: none */
	data_class_line *line; /* of the class file, those to be ignored among them; NULL: none */
	int lines;
	bool ignores; /* the class file has lines to be ignored */
	data_palettes *palettes; /* where labels are looked at together; NULL: each by itself */
} data_label_rule;

/* Checks the options against classes and kind and reads the class file. *rule must be zeroed. */
secant_status data_label_rule_make(data_label_rule *rule, const secant_data_options *o, int classes,
	data_target_kind kind, secant_err *err) SECANT_NODISCARD;
/* Gives a rule without names these; copies. */
secant_status data_label_rule_names(data_label_rule *rule, char *const *names, int n, secant_err *err) SECANT_NODISCARD;
void data_label_rule_free(data_label_rule *rule);
/* How a label picture is to be decoded for data_labels_decode. */
secant_image_read_options data_labels_reading(const data_label_rule *rule);
/* The colours that an indexed label gives the classes, one each, where they tell the classes apart; NULL: it has none.
 * The caller frees them. */
uint8_t (*data_labels_palette(const data_label_rule *rule, const char *path))[3];
/* Are sides of a label, width x height, those of its picture, or may it be scaled to them? An error with a way out. */
secant_status data_labels_fit(bool scale, const char *label, int width, int height, const char *picture,
	int picture_width, int picture_height, secant_err *err) SECANT_NODISCARD;
/* Where pixel i of n lies among `from` pixels: the middle's, as every scaling of labels here has it. */
static inline int
data_labels_nearest(int i, int n, int from)
{
	return (int)((2 * (int64_t)i + 1) * from / (2 * (int64_t)n));
}
/* Reads a label file of width x height into `plane`. */
secant_status data_labels_read(const data_label_rule *rule, const char *path, int width, int height, uint16_t *plane,
	secant_err *err) SECANT_NODISCARD;
/* The same from a decoded picture, of which `info` says whether it has alpha and came from a JPEG or WebP, whose zeros
 * and ones may be noise. */
secant_status data_labels_decode(const data_label_rule *rule, const secant_image *im, const char *path,
	const secant_image_info *info, uint16_t *plane, secant_err *err) SECANT_NODISCARD;
/* Have the indices of this label the colours that they had in others? Thread-safe. */
secant_status data_palettes_agree(
	data_palettes *p, const secant_image *im, const char *path, secant_err *err) SECANT_NODISCARD;
#endif
