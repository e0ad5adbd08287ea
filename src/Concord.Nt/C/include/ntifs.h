/* The routines that Concord has of <ntifs.h>, under their own names. */
#include "concord.h"
