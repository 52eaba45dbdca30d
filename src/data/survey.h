/*
 * What label pictures hold, looked at before anything is trained: values and colours as they are stored, from which
 * follows how many classes can be meant, and a reading of every label by the rule, which finds every mistake at once.
 */
#ifndef DATA_SURVEY_H
#define DATA_SURVEY_H
#include "data/samples.h"

enum { DATA_SURVEY_COLOURS = 64, DATA_SURVEY_VALUES = 65536, DATA_SURVEY_ERRORS = 8 };

/* The label pictures of a list as they are stored: pixels of each value (of one channel, or three equal ones), and of
 * each colour. */
typedef struct data_survey {
	int files, lossy, indexed, coloured; /* label pictures; of them JPEG or WebP, with a palette, with colours */
	int64_t *value; /* DATA_SURVEY_VALUES; owned */
	int64_t other; /* pixels of no whole number from 0 to 65535 */
	uint8_t colour[DATA_SURVEY_COLOURS][3];
	int64_t colour_pixels[DATA_SURVEY_COLOURS];
	int colours; /* DATA_SURVEY_COLOURS + 1: more */
	char first[256]; /* a file with more than two values or colours, else the first file */
} data_survey;
/* Reads every label picture of s once, by threads, and adds what it holds to *v (zeroed at first). Annotated data sets
 * have none. */
secant_status data_survey_labels(const data_samples *s, int threads, data_survey *v, secant_err *err) SECANT_NODISCARD;
void data_survey_free(data_survey *v);

/* What the labels can mean. */
typedef struct data_meaning {
	int classes; /* 1: foreground against background */
	int ignore; /* a value to be left out, -1: none */
	int threshold; /* of one class: foreground from this value; 0: the usual one */
	const char *labels; /* of --labels; static */
	char why[200]; /* "values 0 to 11" */
} data_meaning;
/* Refuses, with what was found and the options that decide, where nothing can be meant for certain. */
secant_status data_survey_meaning(const data_survey *v, data_meaning *out, secant_err *err) SECANT_NODISCARD;

/* Every label read by the rule of s. */
typedef struct data_labels_report {
	int labels, wrong; /* read; of them with an error */
	char error[DATA_SURVEY_ERRORS][500]; /* the first ones, in order of the list */
	int64_t *pixels; /* of each class (of one class: background, foreground), owned; and ... */
	int64_t ignored; /* ... left out */
	int classes; /* numbers in `pixels` */
	bool remembered; /* nothing has changed since it was looked at last */
} data_labels_report;
typedef void (*data_labels_tick)(void *user, int done, int all);
/* By threads; tick (may be NULL) is called by one thread at a time. What was found without an error is remembered in
 * the user's cache folder, by paths, sizes and times of the files and by the rule. CANCELLED when stop says so. */
secant_status data_labels_look(const data_samples *s, int threads, data_labels_tick tick, bool (*stop)(void *user),
	void *user, data_labels_report *out, secant_err *err) SECANT_NODISCARD;
void data_labels_report_free(data_labels_report *r);
#endif
