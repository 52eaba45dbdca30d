/*
 * Pictures worth learning from, made from nothing: a data set to try the program with, where no global threshold gets
 * far and a network does within minutes.
 */
#ifndef SECANT_DEMO_H
#define SECANT_DEMO_H
#include <secant/options.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct secant_demo {
	int pictures; /* in all; three quarters are for training, a sixth for validation, the rest for testing */
	secant_ints size; /* height and width */
	int seed;
	int kind; /* index into SECANT_DEMO_KINDS */
} secant_demo;
#define SECANT_DEMO_KINDS "cells|tiles"
SECANT_API extern const secant_opts secant_demo_options;

/*
 * Writes OUT/{train,val,test}/{images,labels}/KIND-000.png, labels 0 or 255. The same options give the same files.
 * `made` (nullable) is called after each picture with how many there are of how many; returning false ends the work
 * with SECANT_ERR_CANCELLED. An error where one of the three folders is there already, unless `overwrite`. Not on two
 * threads for one folder.
 */
SECANT_API secant_status secant_demo_write(const char *out, const secant_demo *options, bool overwrite,
	bool (*made)(void *user, int now, int total), void *user, secant_err *err) SECANT_NODISCARD;

#ifdef __cplusplus
}
#endif
#endif
