/* See lossydisk.c. */
#ifndef LOSSYDISK_H
#define LOSSYDISK_H

#include "cfsproc.h"

/* Power goes at the so manieth write or flush from now on; 0: never. */
void lossy_disk_arm(long calls, unsigned long long seed);

#endif
