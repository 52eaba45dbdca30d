/* Published or own weights for the encoder of a training (encoder_start.c). */
#ifndef TRAIN_ENCODER_START_H
#define TRAIN_ENCODER_START_H
#include "hub/hub.h"
#include "train/trainer.h"

/* Finds or fetches what --encoder-weights names (found->path NULL: nothing is to be read) and settles --normalize auto.
 * hub_found_free in any case. */
secant_status train_find_encoder(train_trainer *s, hub_found *found, secant_err *err) SECANT_NODISCARD;
#endif
