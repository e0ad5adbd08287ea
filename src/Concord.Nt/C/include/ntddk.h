/* The routines that Concord has of <ntddk.h>, under their own names. */
#include "concord.h"
