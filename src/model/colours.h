/*
 * Networks of MindSpore's model zoo are trained and exported on pictures that OpenCV has read: blue, green, red. Ours
 * see red, green, blue everywhere. At the border between both the first convolution's weights change places, so that
 * either side sees what it expects.
 */
#ifndef MODEL_COLOURS_H
#define MODEL_COLOURS_H
#include "model/model.h"

/* Exchanges the first and the third of three input channels of a convolution's weights; of other states nothing. */
void model_turn_weights(exec_store *s, exec_slot *slot);
/* The same in the convolution that reads the picture. False: the
 * network is none of the zoo's, or has not three channels, and nothing was done. */
bool model_turn_colours(model_bundle *m);
#endif
