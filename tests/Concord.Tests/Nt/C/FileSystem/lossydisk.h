/* See lossydisk.c. */
#ifndef LOSSYDISK_H
#define LOSSYDISK_H

#include "cfsproc.h"

/* Power goes at the so manieth write or flush from now on; 0: never. */
void lossy_disk_arm(long calls, unsigned long long seed);

/* It goes at once; or, if that is sooner than what was set, at the so manieth call. Not if it was never to go. */
void lossy_disk_lose(void);
void lossy_disk_hurry(long calls);

#endif
