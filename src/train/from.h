/* Which network a training goes on with. */
#ifndef TRAIN_FROM_H
#define TRAIN_FROM_H
#include <secant/train.h>

/* --from NETWORK, --from-network NETWORK: what the network decides (channels, normalisation, a fixed size) becomes
 * options; of a model of ours its architecture and weights too. Nothing changes where no network is named. */
secant_status train_take_network(secant_train_options *o, const secant_logger *log, secant_err *err) SECANT_NODISCARD;
#endif
