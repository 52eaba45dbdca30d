/* Which colour comes first. See colours.h. */
#include "model/colours.h"

void
model_turn_weights(exec_store *s, exec_slot *slot)
{
	const int64_t *d = slot->type.shape.dim, area = d[2] * d[3];
	if (slot->type.shape.rank != 4 || d[1] != 3)
		return;
	for (int64_t o = 0; o < d[0]; o++)
		for (int64_t k = 0; k < area; k++) {
			int64_t first = o * 3 * area + k, third = first + 2 * area;
			double v = exec_slot_get(s, slot, first);
			exec_slot_set(s, slot, first, exec_slot_get(s, slot, third));
			exec_slot_set(s, slot, third, v);
		}
}

bool
model_turn_colours(model_bundle *m)
{
	const nn_architecture *arch = nn_architecture_find(m->net.arch);
	if (!arch || !arch->whole || m->net.in_channels != 3)
		return false;
	for (int i = 0; i < m->store->n; i++) {
		exec_slot *slot = &m->store->slot[i];
		const int64_t *d = slot->type.shape.dim;
		if (slot->type.shape.rank != 4)
			continue;
		if (d[1] != 3) /* the first one in the network's order reads the picture */
			return false;
		model_turn_weights(m->store, slot);
		return true;
	}
	return false;
}
