/*
 * The whole way as one graph: the bytes of a picture in, the bytes of its mask out. Input "picture" (u8, as its
 * preparation wants it); outputs "probabilities" (f32, N x H x W x classes), "classes" (i32, N x H x W, -1: none) and
 * "mask" (u8, u16 beyond 255 classes: what predict writes). Results are in the size of what was looked at: where the
 * preparation stretches it, probabilities are scaled back, as predict does; fitted and cut pictures have the network's
 * size.
 */
#ifndef DEPLOY_OFFLINE_H
#define DEPLOY_OFFLINE_H
#include "deploy/network.h"
#include "deploy/preparation.h"

/* `network` has the input "input" and the output "probabilities"; it is only read. `picture`: the input's shape. NULL
 * and err on failure. */
graph_net *deploy_offline_graph(const graph_net *network, const deploy_deployed *d, const deploy_preparation *p,
	double threshold, const secant_shape *picture, secant_err *err);
#endif
