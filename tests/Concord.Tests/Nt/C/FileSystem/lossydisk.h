/* See lossydisk.c. */
#ifndef LOSSYDISK_H
#define LOSSYDISK_H

#include "cfsproc.h"

/* Power goes at the so manieth write or flush from now on; 0: never. */
void lossy_disk_arm(long calls, unsigned long long seed);

/* Not if it was never to go: it goes at once; if that is sooner, at the so manieth call; or at a write of the range. */
void lossy_disk_lose(void);
void lossy_disk_hurry(long calls);
void lossy_disk_watch(long long from, long long to);

#endif
